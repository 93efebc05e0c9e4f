"""Loading machine code: symbols, functions far away, libraries that live and die apart, forks and threads."""

from __future__ import annotations

import ctypes
import gc
import math
import os
import threading
from pathlib import Path

import pytest

from symdrop.backends.native.jit import compiler, elf_loader
from symdrop.backends.native.jit.compiler import CodeError, compile_object, host, load
from tests.backends.native.machine_code import DOUBLE, INTEGER, LINUX_X86, call, constant, loaded
from tests.helpers.processes import run_python

pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.fixture(params=["by hand", "by LLVM"])
def loader(request, monkeypatch):
    """Both ways to load an object: elsewhere than on Linux the second is the only one."""
    if request.param == "by LLVM":
        monkeypatch.setattr(elf_loader, "here", lambda: False)
    elif not LINUX_X86:
        pytest.skip("objects of this system are left to LLVM")


def test_constants_and_process_functions_are_reached(loader):
    """libm is found by name; a table of constants lies beside the code."""
    text = """
    @table = private unnamed_addr constant [3 x double] [double 1.0, double 10.0, double 100.0]
    declare double @sin(double)
    define double @run(double %x) {
      %i = fptosi double %x to i64
      %place = getelementptr [3 x double], ptr @table, i64 0, i64 %i
      %scale = load double, ptr %place
      %sine = call double @sin(double %x)
      %y = fmul double %scale, %sine
      ret double %y
    }
    """
    library = loaded(text)
    for x in (0.0, 1.0, 2.0):
        assert math.isclose(call(library, x, DOUBLE), 10**x * math.sin(x), rel_tol=1e-15)


def test_given_symbols_come_before_the_process(loader):
    """The runtime's functions and variables are handed over by address, whatever else has their name."""
    cosine = DOUBLE(lambda x: -x)
    variable = ctypes.c_double(5.0)
    text = """
    declare double @cos(double)
    @symdrop_variable = external global double
    define double @run(double %x) {
      %y = call double @cos(double %x)
      %v = load double, ptr @symdrop_variable
      %z = fadd double %y, %v
      ret double %z
    }
    """
    addresses = {"cos": ctypes.cast(cosine, ctypes.c_void_p).value, "symdrop_variable": ctypes.addressof(variable)}
    library = loaded(text, addresses)
    assert call(library, 2.0, DOUBLE) == 3.0


@pytest.mark.skipif(not LINUX_X86, reason="maps a page by hand and writes machine code into it")
def test_functions_far_away_are_reached(loader):
    """A call reaches 2 GB; the runtime and libm may lie anywhere in the address space."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    page = libc.mmap(0x10_0000_0000, 4096, 7, 0x22, -1, 0)  # read, write, execute; private, anonymous
    if page in (None, ctypes.c_void_p(-1).value):
        pytest.skip("this system maps no such page")
    ctypes.memmove(page, b"\x48\x8d\x04\x3f\xc3", 5)  # lea rax, [rdi + rdi]; ret
    text = """
    declare i64 @symdrop_twice(i64)
    define i64 @run(i64 %x) {
      %y = call i64 @symdrop_twice(i64 %x)
      %z = call i64 @symdrop_twice(i64 %y)
      ret i64 %z
    }
    """
    library = loaded(text, {"symdrop_twice": page})
    assert abs(library.address("run") - page) > 1 << 32
    assert call(library, 3) == 12
    libc.munmap(ctypes.c_void_p(page), ctypes.c_size_t(4096))


def test_libraries_are_worlds_of_their_own(loader):
    """Every compiled step exports `run` and keeps variables; two copies of one object are two steps."""
    code = compile_object(constant(100), host())
    first, again, other = load(code, {}), load(code, {}), loaded(constant(5000))
    runs = [INTEGER(library.address("run")) for library in (first, again, other)]
    assert [run(1) for run in runs] == [101, 101, 5001]
    assert [run(1) for run in runs] == [102, 102, 5002]
    assert first.address("run") == first.address("run") != again.address("run")


def test_one_object_calls_another(loader):
    """The kernels of a large step are compiled apart from what calls them; names inside of an object stay inside."""
    first = """
    define internal i64 @inside(i64 %x) noinline { ret i64 7 }
    define i64 @kernel(i64 %x) {
      %y = call i64 @inside(i64 %x)
      ret i64 %y
    }
    """
    second = """
    declare i64 @kernel(i64)
    define internal i64 @inside(i64 %x) noinline { ret i64 30 }
    define i64 @run(i64 %x) {
      %y = call i64 @kernel(i64 %x)
      %z = call i64 @inside(i64 %x)
      %sum = add i64 %y, %z
      ret i64 %sum
    }
    """
    library = compiler.load_objects(compiler.compile_objects([(first, host()), (second, host())]).codes, {})
    assert INTEGER(library.address("run"))(1) == 37 and INTEGER(library.address("kernel"))(1) == 7
    with pytest.raises(CodeError, match="kernel"):
        compiler.load_objects(compiler.compile_objects([(second, host())]).codes, {})


def test_missing_symbol_is_named_when_loading(loader):
    """A runtime function spelt wrongly should say so, and before anything runs."""
    text = """
    declare i64 @symdrop_mispelt(i64)
    define i64 @run(i64 %x) {
      %y = call i64 @symdrop_mispelt(i64 %x)
      ret i64 %y
    }
    """
    with pytest.raises(CodeError, match="symdrop_mispelt"):
        loaded(text)
    with pytest.raises(CodeError, match="'sprint'"):
        loaded(constant(1)).address("sprint")


@pytest.mark.parametrize("cut", [0, 10, 70, 500, -50])
def test_what_is_no_object_is_refused(cut, loader):
    """The cache checks its entries; this is the second line."""
    code = compile_object(constant(1), host())
    with pytest.raises(CodeError):
        load(code[:cut], {}).address("run")


def test_many_libraries_live_and_die_apart(loader):
    """Thousands of functions may come and go; the code of a dead one is returned, that of a living one stays."""

    def regions() -> int:
        maps = Path("/proc/self/maps")
        return len(maps.read_text().splitlines()) if maps.exists() else 0

    code = compile_object(constant(0), host())
    kept = [load(code, {}) for _ in range(10)]
    runs = [INTEGER(library.address("run")) for library in kept]
    before = regions()
    for _ in range(600):
        assert call(load(code, {}), 7) == 7
    gc.collect()
    assert regions() < before + 60
    assert [run(5) for run in runs] == [5] * 10


def test_threads_compile_load_and_run(loader):
    """Functions are compiled while others run, from any thread."""
    wrong = []

    def work(number: int) -> None:
        for i in range(8):
            if call(loaded(constant(1000 * number + i)), 1) != 1000 * number + i + 1:
                wrong.append((number, i))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.skipif(not os.path.exists("/proc/self") or os.name != "posix", reason="needs fork")
def test_child_of_a_fork_compiles():
    """multiprocessing forks while other threads compile; the child must not inherit LLVM locked."""
    code = """if True:
        import faulthandler, itertools, os, threading, warnings
        from symdrop.backends.native.jit.compiler import compile_object, host, load
        warnings.simplefilter("ignore")
        text = "define i64 @run(i64 %x) {{ %y = mul i64 %x, {}\\n ret i64 %y }}"
        stop = threading.Event()
        def work():
            for i in itertools.count():
                if stop.is_set(): break
                load(compile_object(text.format(i), host()), {}).address("run")
        thread = threading.Thread(target=work)
        thread.start()
        for i in range(20):
            child = os.fork()
            if not child:
                faulthandler.dump_traceback_later(100, exit=True)
                load(compile_object(text.format(-1 - i), host()), {}).address("run")
                os._exit(7)
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        stop.set()
        thread.join()
    """
    assert run_python(code).split() == ["7"] * 20


def test_a_filled_cache_needs_no_llvm():
    """Importing LLVM takes longer than all else that a process has to do which compiles nothing."""
    code = f"""if True:
        import ctypes, sys
        from symdrop.backends.native.jit import compiler
        code = compiler.compile_object({constant(40)!r}, compiler.host())
        library = compiler.load(code, {{}})
        print(ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(library.address("run"))(2), end=" ")
        print("llvmlite.binding" in sys.modules)
    """
    assert run_python(code) == "42 True\n"
    assert run_python(code) == ("42 False\n" if LINUX_X86 else "42 True\n")


def test_llvm_is_imported_at_first_use_only():
    """It takes as long to import as a tenth of a second's patience; a program on NumPy never needs it."""
    code = "import symdrop, symdrop.backends.native.jit.compiler, sys; print('llvmlite' in sys.modules)"
    assert run_python(code).strip() == "False"

"""Machine code: made for the right processor, loaded anywhere, kept apart, gone when nobody needs it.

The text is small and written by hand, so that a failure here is a failure of this one file.
"""

from __future__ import annotations

import ctypes
import dataclasses
import gc
import math
import os
import platform
import re
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import symdrop as sd
from symdrop.backends.native.jit import compiler, elf_loader, parallel
from symdrop.backends.native.jit import target as processor
from symdrop.backends.native.jit.compiler import CodeError, assembly, compile_object, host, load, target, verify
from symdrop.errors import ArgumentError

ROOT = Path(__file__).parents[3]
X86 = platform.machine().lower() in ("x86_64", "amd64")
LINUX_X86 = X86 and sys.platform == "linux"
PRESENT = compiler.LEVELS[: compiler.LEVELS.index(host().level) + 1]

INTEGER = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)
DOUBLE = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)
POINTERS = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)

# o = x * 3 + x, sixteen at once.
VECTORS = """
define void @run(ptr noalias %o, ptr noalias %x) nounwind {
  %a = load <16 x float>, ptr %x, align 4
  %b = call <16 x float> @llvm.fma.v16f32(<16 x float> %a, <16 x float> splat (float 3.0), <16 x float> %a)
  store <16 x float> %b, ptr %o, align 4
  ret void
}
declare <16 x float> @llvm.fma.v16f32(<16 x float>, <16 x float>, <16 x float>)
"""


def constant(value: int) -> str:
    """A step that returns a number, through a helper of its own and a variable of its own."""
    return f"""
@state = internal global i64 {value}
define internal i64 @kernel_0(i64 %x) noinline {{
  %old = load i64, ptr @state
  %new = add i64 %old, %x
  store i64 %new, ptr @state
  ret i64 %new
}}
define i64 @run(i64 %x) {{
  %y = call i64 @kernel_0(i64 %x)
  ret i64 %y
}}
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """Tests neither read nor fill the user's folder."""
    monkeypatch.setenv("SYMDROP_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def compilations(monkeypatch):
    """The texts that LLVM was really given."""
    texts = []
    emit = compiler._emit
    monkeypatch.setattr(compiler, "_emit", lambda text, *rest: (texts.append(text), emit(text, *rest))[1])
    return texts


def run_python(code: str) -> str:
    """What another process prints, in the same cache."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=300
    ).stdout


@pytest.fixture(params=["by hand", "by LLVM"])
def loader(request, monkeypatch):
    """Both ways to load an object: elsewhere than on Linux the second is the only one."""
    if request.param == "by LLVM":
        monkeypatch.setattr(elf_loader, "here", lambda: False)
    elif not LINUX_X86:
        pytest.skip("objects of this system are left to LLVM")


def loaded(text: str, symbols: dict[str, int] | None = None, **choices: object) -> compiler.Library:
    """Compiled for the host and loaded."""
    return load(compile_object(text, host(), **choices), symbols or {})


def call(library: compiler.Library, x: float, kind: type[ctypes._CFuncPtr] = INTEGER) -> float:
    """The result of its function `run`; the library lives as long as this call."""
    return kind(library.address("run"))(x)


# Targets.


def test_host_is_described_by_its_features():
    """Under a hypervisor the processor's name may promise what is masked off; the features decide."""
    here = host()
    assert here.vector_bits == {"avx512": 512, "avx2": 256, "scalar": 128}[here.level]
    if LINUX_X86:
        flags = re.search(r"^flags\s*:(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)[1].split()
        wide = {"avx512f", "avx512bw", "avx512dq", "avx512vl"} <= set(flags)
        assert here.level == ("avx512" if wide else "avx2" if {"avx2", "fma"} <= set(flags) else "scalar")
        assert here.fma == ("fma" in flags)
        assert ("+avx2" in here.features.split(",")) == ("avx2" in flags)


@pytest.mark.parametrize("level", PRESENT)
def test_every_level_computes_the_same(level):
    """One description of a loop serves every machine, so lower levels can be tried on a higher one."""
    library = load(compile_object(VECTORS, target(level)), {})
    x = np.linspace(-3, 3, 16, dtype=np.float32)
    out = np.empty_like(x)
    POINTERS(library.address("run"))(out.ctypes.data, x.ctypes.data)
    np.testing.assert_array_equal(out, (x.astype(np.float64) * 3 + x).astype(np.float32))  # exact before rounding


@pytest.mark.skipif(not X86, reason="names of x86 registers")
@pytest.mark.parametrize("level", PRESENT)
def test_code_uses_the_instructions_of_its_level_only(level):
    """An instruction the processor lacks ends the process, and no test on a better machine would show it."""
    code = assembly(VECTORS, target(level))
    # Above its level nothing; and at its level everything, or the width was asked for in vain.
    assert ("zmm" in code) == (level == "avx512")
    assert ("ymm" in code) == (level == "avx2")
    assert ("vfmadd" in code) == target(level).fma == (level != "scalar")
    assert level != "scalar" or not re.search(r"\tv[a-z]+\t", code)


@pytest.mark.skipif(host().level != "avx512", reason="needs 512-bit vectors")
def test_full_width_is_used_on_processors_that_prefer_half():
    """LLVM holds some processors to 256 bits unless told; what is copied must be as wide as what is computed."""
    text = """
    define void @run(ptr noalias %o, ptr noalias %x) {
      call void @llvm.memcpy.p0.p0.i64(ptr align 64 %o, ptr align 64 %x, i64 256, i1 false)
      ret void
    }
    declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
    """
    cautious = dataclasses.replace(host(), cpu="skylake-avx512")
    assert "zmm" in assembly(text, cautious)
    assert "zmm" not in assembly(text, dataclasses.replace(cautious, features=""))


def test_setting_chooses_the_level():
    """SYMDROP_FLAGS=target=avx2 must be enough to see what another machine would run."""
    assert target() is target("host") is host()
    assert target(host().level) is host()
    with sd.config.change(target="scalar"):
        assert target().level == "scalar"
    code = "from symdrop.backends.native.jit import compiler; print(compiler.target().level)"
    os.environ["SYMDROP_FLAGS"] = "target=scalar"
    try:
        assert run_python(code).strip() == "scalar"
    finally:
        del os.environ["SYMDROP_FLAGS"]


def test_level_the_machine_lacks_is_refused(monkeypatch):
    """Better an error at compile time than an illegal instruction in a call."""
    modest = dataclasses.replace(host(), level="avx2", vector_bits=256)
    monkeypatch.setattr(processor, "host", lambda: modest)
    with pytest.raises(ArgumentError, match="at most 'avx2'"):
        target("avx512")
    with pytest.raises(ArgumentError, match="expected one of host, avx512"):
        target("sse9")
    with pytest.raises(ArgumentError, match=r"config\.target"):
        sd.config.target = "sse9"


# Compiling.


def test_equal_text_compiles_once_per_process(compilations):
    """Thirty functions of one graph, or one compiled again in a loop, cost one compilation."""
    first = compile_object(VECTORS, host())
    assert compile_object(VECTORS, host()) == first
    assert len(compilations) == 1
    compile_object(VECTORS + "\n", host())
    compile_object(VECTORS, host(), optimise=True)
    compile_object(VECTORS, dataclasses.replace(host(), features=host().features + ",-sse4a" * X86))
    assert len(compilations) == 4 if X86 else 3, "text, effort and target each make another object"


def test_several_texts_compile_side_by_side(compilations, monkeypatch):
    """Each gets the object it would get alone, whoever compiles it; what is compiled already is not compiled again."""
    texts = [f"define i64 @run(i64 %x) {{ %y = add i64 %x, {4000 + i} ret i64 %y }}" for i in range(9)]
    compile_object(texts[3], host())
    codes, fresh = compiler.compile_objects([(text, host()) for text in texts + texts[:2]])
    assert sorted(compilations) == sorted(texts)
    assert fresh == len(texts) - 1, "one was compiled before, and two are there twice"
    assert [call(load(code, {}), 1) for code in codes] == [4001 + i for i in (*range(9), 0, 1)]
    monkeypatch.setattr(compiler.side_by_side.__globals__["os"], "cpu_count", lambda: None)
    other = "define i64 @run(i64 %x) { ret i64 77 }"
    assert compiler.compile_objects([(other, host())]).codes == [compile_object(other, host())]


def test_among_several_texts_the_refused_one_is_named():
    """An error in a helping thread is the caller's."""
    good, bad = "define i64 @a() { ret i64 1 }", "define i64 @b() { ret i64 %nothing }"
    with pytest.raises(compiler.CodeError, match="nothing"):
        compiler.compile_objects([(good, host()), (bad, host())])


def test_without_the_bindings_library_their_own_way_serves(monkeypatch, compilations):
    """Another version of the bindings may keep LLVM's functions elsewhere: then one thread at a time emits."""
    monkeypatch.setattr(parallel, "_library", lambda: None)
    text = "define i64 @run(i64 %x) { %y = mul i64 %x, 4242 ret i64 %y }"
    assert call(load(compile_object(text, host()), {}), 2) == 8484


def test_threads_wait_for_one_compilation(compilations):
    """Two threads that ask for the same object must not both pay for it."""
    text = "\n".join(f"define i64 @f{i}(i64 %x) {{ %y = mul i64 %x, {i}\n ret i64 %y }}" for i in range(50))
    found = []
    threads = [threading.Thread(target=lambda: found.append(compile_object(text, host()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(set(found)) == 1 and len(compilations) == 1


def test_next_process_compiles_nothing(tmp_path):
    """Nothing in the key or the object may belong to one process."""
    code = f"""if True:
        from symdrop.backends.native.jit import compiler
        compiler._emit = None if compiler.objects.current().place.exists() else compiler._emit
        print(len(compiler.compile_object({VECTORS!r}, compiler.host())))
    """
    assert run_python(code) == run_python(code)
    # The object, and what LLVM said of the processor.
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_damaged_object_is_compiled_again(tmp_path, compilations, monkeypatch):
    """From the disk, only whole entries."""
    good = compile_object(VECTORS, host())
    (file,) = (tmp_path / "cache").iterdir()
    file.write_bytes(file.read_bytes()[:-100])
    monkeypatch.setattr(compiler.objects, "current", lambda: compiler.objects.ObjectCache(tmp_path / "cache"))
    assert compile_object(VECTORS, host()) == good and len(compilations) == 2
    assert compile_object(VECTORS, host()) == good and len(compilations) == 2


def test_without_a_folder_compiling_works(monkeypatch, compilations):
    """The folder is a convenience."""
    monkeypatch.setenv("SYMDROP_CACHE", "off")
    text = constant(321)
    assert call(loaded(text), 1) == 322
    loaded(text)
    assert len(compilations) == 1


@pytest.mark.skipif(not X86, reason="names of x86 registers")
@pytest.mark.parametrize("optimise", [False, True])
def test_helpers_and_variables_cost_nothing(optimise):
    """Text may be written with small functions and variables in memory; the code has neither."""
    text = """
    define internal double @twice(double %x) alwaysinline {
      %place = alloca double
      store double %x, ptr %place
      %a = load double, ptr %place
      %b = load double, ptr %place
      %c = fadd double %a, %b
      ret double %c
    }
    define double @run(double %x) nounwind {
      %y = call double @twice(double %x)
      ret double %y
    }
    """
    code = assembly(text, host(), optimise=optimise)
    assert "call" not in code and "rsp" not in code
    assert call(loaded(text, optimise=optimise), 1.5, DOUBLE) == 3.0


@pytest.mark.skipif(not X86, reason="names of x86 registers")
def test_loops_are_not_vectorised_behind_our_back():
    """The order of a sum is part of its value, and the width of a loop is decided in one place only."""
    text = """
    define void @run(ptr noalias %o, ptr noalias %x, i64 %n) nounwind {
    entry:
      br label %loop
    loop:
      %i = phi i64 [0, %entry], [%next, %loop]
      %from = getelementptr float, ptr %x, i64 %i
      %to = getelementptr float, ptr %o, i64 %i
      %a = load float, ptr %from
      %b = fadd float %a, %a
      store float %b, ptr %to
      %next = add i64 %i, 1
      %more = icmp ult i64 %next, %n
      br i1 %more, label %loop, label %done
    done:
      ret void
    }
    """
    code = assembly(text, host(), optimise=True)
    assert "addss" in code and "addps" not in code


def test_not_a_number_stays_one():
    """No pass may assume that values are finite."""
    text = """
    define i64 @run(i64 %x) {
      %f = sitofp i64 %x to double
      %r = call double @llvm.sqrt.f64(double %f)
      %nan = fcmp uno double %r, %r
      %y = zext i1 %nan to i64
      ret i64 %y
    }
    declare double @llvm.sqrt.f64(double)
    """
    for optimise in (False, True):
        library = loaded(text, optimise=optimise)
        assert (call(library, -1), call(library, 4)) == (1, 0)


# Refused text.


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("define i32 @f() {\n  %a = add i32 1, 2.0\n  ret i32 %a\n}", 2, "floating point constant"),
        (
            "define i32 @f(i1 %c) {\n  br i1 %c, label %a, label %b\na:\n  %x = add i32 1, 2\n  br label %b\n"
            "b:\n  ret i32 %x\n}",
            7,
            "does not dominate",
        ),
        ("define void @f() {\n  call void @unknown()\n  ret void\n}", 2, "undefined value '@unknown'"),
    ],
    ids=["type", "dominance", "undeclared"],
)
def test_refused_text_names_its_line(text, line, what):
    """Whoever writes the emitter should see the line at once, not a crash in a later pass."""
    for refuse in (lambda: verify(text), lambda: compile_object(text, host()), lambda: assembly(text, host())):
        with pytest.raises(CodeError, match=what) as caught:
            refuse()
        assert f"> {line:5} | {text.splitlines()[line - 1]}" in str(caught.value)
    verify(constant(1))
    gc.collect()  # what an error's traceback held goes now, in whatever order


# Loading.


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

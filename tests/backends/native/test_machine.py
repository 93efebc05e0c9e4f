"""Machine code: made for the right processor, loaded anywhere, kept apart, gone when nobody needs it.

The text is small and written by hand, so that a failure here is a failure of this one file.
"""

from __future__ import annotations

import ctypes
import dataclasses
import gc
import os
import re
import threading
from pathlib import Path

import numpy as np
import pytest

import symdrop as sd
from symdrop.backends.native.jit import compiler, parallel
from symdrop.backends.native.jit import target as processor
from symdrop.backends.native.jit.compiler import CodeError, assembly, compile_object, host, load, target, verify
from symdrop.errors import ArgumentError
from tests.backends.native.machine_code import DOUBLE, LINUX_X86, X86, call, constant, loaded
from tests.helpers.processes import run_python

pytestmark = pytest.mark.usefixtures("own_cache")

PRESENT = compiler.LEVELS[: compiler.LEVELS.index(host().level) + 1]

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
    codes, fresh, _ = compiler.compile_objects([(text, host()) for text in texts + texts[:2]])
    assert sorted(compilations) == sorted(texts)
    assert fresh == len(texts) - 1, "one was compiled before, and two are there twice"
    assert [call(load(code, {}), 1) for code in codes] == [4001 + i for i in (*range(9), 0, 1)]
    monkeypatch.setattr(parallel, "usable_processors", lambda: 1)
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

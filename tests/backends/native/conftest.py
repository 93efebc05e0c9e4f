"""Full code, or quick code; a test's own cache, and what is compiled for it; step.py's step, compiled once a file."""

import pytest

from symdrop.backends.native.jit import compiler
from symdrop.backends.native.runtime import direct, library
from symdrop.config import config
from tests.backends.native.step import STEP, Pair, Step


@pytest.fixture(autouse=True)
def full_code():
    """Full code, which programs run for long, unless the environment says otherwise; its value tells if it does not."""
    unasked = config.origins()["tiered_compilation"] == "assigned"
    with config.change(**({"tiered_compilation": "full"} if unasked else {})):
        yield unasked


@pytest.fixture
def quick_code(full_code):
    """Quick code, in files that compile very many programs: it has the bits of full code (test_tiers.py).

    A step of .ci/run repeats these files with full code.
    """
    with config.change(**({"tiered_compilation": "quick"} if full_code else {})):
        yield


@pytest.fixture(scope="module")
def code():
    """STEP as machine code, in place of what a code generator makes."""
    names = [f"symdrop_{name}" for name in ("parallel", "enter", "share", "leave", "workers")]
    return compiler.load(compiler.compile_object(STEP, compiler.target()), library.symbols(compiler.target(), names))


@pytest.fixture(scope="module")
def step(code):
    """The step, called the long way."""
    return Step(code)


@pytest.fixture(params=[0, direct.SMALL_WORK], ids=["long way", "short way"])
def pair(step, request):
    """A function of the step and one of NumPy, by the way that Python takes and by the short one."""
    return Pair(step, small=request.param, threads=2)


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """Tests neither read nor fill the user's folder."""
    monkeypatch.setenv("SYMDROP_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def compilations(monkeypatch):
    """The texts that LLVM was really given, in order."""
    texts = []
    emit = compiler._emit
    monkeypatch.setattr(compiler, "_emit", lambda text, *rest: (texts.append(text), emit(text, *rest))[1])
    return texts

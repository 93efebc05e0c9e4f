"""What the package does where its surroundings lack something: LLVM, a home, a place to write, processors.

A user's machine is a container, a cluster's node or a service more often than a developer's desk. Each test starts a
process of its own, since what it takes away is looked at once a process.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from symdrop.backends.native.jit.target import OLDEST_BINDING
from tests.helpers.processes import ROOT, inherited

# Compiles two functions natively, or says why not, and prints their back ends and what they compute.
PROGRAM = """
import numpy as np
import symdrop as sd
import symdrop.tensor as T

x = T.matrix("x")
f = sd.function([x], T.tanh(x @ x.T).sum(), backend="native")
g = sd.function([x], T.exp(x).sum(), backend="native")
ones = np.ones((2, 3), "float32")
print(f.backend, g.backend, round(float(f(ones)), 2), round(float(g(ones)), 2))
"""
COMPUTED = ["3.98", "16.31"]


def run(program: str, **environment: str | None) -> subprocess.CompletedProcess[str]:
    """A program in a process with these environment variables, None for one that is not set."""
    wanted = inherited(PYTHONWARNINGS="always", **environment)
    return subprocess.run(
        [sys.executable, "-c", program],
        env={name: value for name, value in wanted.items() if value is not None},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def warned(process: subprocess.CompletedProcess[str]) -> list[str]:
    """The lines of stderr, of a process that did not fail; a warning of a program without a file is one line."""
    assert process.returncode == 0, process.stderr
    return process.stderr.splitlines()


@pytest.mark.parametrize(
    "broken",
    [
        "import sys; sys.modules['llvmlite'] = None",
        "import sys; sys.modules['llvmlite.binding'] = None",
        "import llvmlite; del llvmlite.__version__",
        "import llvmlite.binding as b; del b.create_context",
        "import llvmlite.binding as b\ndef no(): raise OSError('libLLVM.so: cannot open shared object file')\n"
        "b.initialize_native_target = no",
        "import llvmlite.binding as b\ndef no(text, context): raise RuntimeError('expected type\\nand more')\n"
        "b.parse_assembly = no",
    ],
    ids=["not installed", "no binding", "no version", "lacks a function", "no library", "refuses the text"],
)
def test_without_llvm_numpy_computes(broken, tmp_path):
    """An environment whose LLVM bindings are missing, broken or too old computes the same, and says so once."""
    process = run(broken + PROGRAM, SYMDROP_CACHE=str(tmp_path))
    (line,) = warned(process)
    assert line.startswith("<string>:") and "NumPy computes instead" in line and "newer" in line
    assert process.stdout.split() == ["numpy", "numpy", *COMPUTED]


def test_llvm_that_broke_after_the_cache_was_filled(tmp_path):
    """Code from the cache needs no LLVM and runs; what has to be compiled falls back, with one sentence."""
    place = str(tmp_path)
    first = PROGRAM.partition("g = ")[0]
    settings = {"SYMDROP_CACHE": place, "SYMDROP_FLAGS": "tiered_compilation=full"}
    assert not warned(run(first, **settings))
    process = run("import sys; sys.modules['llvmlite.binding'] = None" + PROGRAM, **settings)
    (line,) = warned(process)
    assert "llvmlite cannot be used" in line
    assert process.stdout.split() == ["native", "numpy", *COMPUTED]


def test_the_oldest_llvm_bindings_are_those_that_are_asked_for():
    """The sentence of the fallback and the requirement name one version."""
    assert f'"llvmlite>={OLDEST_BINDING}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


# Settings.

SETTINGS = "from symdrop.config import config; print(config.floatX)"


@pytest.mark.parametrize("home", [None, "", "relative", "/nonexistent", "/dev/null"])
def test_a_process_without_a_home_has_the_default_settings(home):
    """Services and containers have none, or one that is not there; importing must not depend on it."""
    # In a user namespace of its own a process has no entry among the users, so that only HOME says where home is.
    program = "import pwd\ndef no(uid): raise KeyError(uid)\npwd.getpwuid = no\n" + SETTINGS
    process = run(program, HOME=home, XDG_CONFIG_HOME=None, SYMDROP_CONFIG=None)
    assert not warned(process) and process.stdout == "float32\n"


@pytest.mark.skipif(os.name != "posix", reason="needs pipes and devices")
@pytest.mark.parametrize("kind", ["pipe", "folder", "endless", "huge", "deep", "binary"])
def test_settings_file_that_is_none(kind, tmp_path):
    """Whatever stands where the settings are expected, importing says so at once; it neither waits nor eats memory."""
    path = tmp_path / "symdrop.toml"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "endless":
        path.symlink_to("/dev/zero")
    elif kind == "huge":
        with path.open("wb") as file:
            file.truncate(1 << 40)
    else:
        path.write_bytes({"deep": b"floatX = " + b"[" * 20_000, "binary": b"\xff\xfe\0"}[kind])
    for named in ({"SYMDROP_CONFIG": str(path)}, {"XDG_CONFIG_HOME": str(tmp_path), "SYMDROP_CONFIG": None}):
        process = run(SETTINGS, **named)
        last = process.stderr.splitlines()[-1]
        assert process.returncode == 1 and last.startswith("symdrop.errors.ArgumentError") and str(path) in last


@pytest.mark.parametrize("value", ["0", "-1", "a", "1.5", "1e3", "²", "9" * 5000])
def test_nonsense_for_the_number_of_threads(value):
    """A wrong number is refused at import, in words that name the variable."""
    # Not every locale can write the superscript, but an environment may hold any bytes.
    process = run(SETTINGS, SYMDROP_NUM_THREADS=os.fsdecode(value.encode()))
    last = process.stderr.splitlines()[-1]
    assert process.returncode == 1 and "ArgumentError: SYMDROP_NUM_THREADS" in last and len(last) < 300


def test_an_empty_number_of_threads_is_none():
    """A variable that is set to nothing is one that is not set."""
    assert run(SETTINGS, SYMDROP_NUM_THREADS="").stdout == "float32\n"

"""What ``config.debug`` prints while a function is compiled, and what is kept of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T

WORDS = {
    "stages": "    rewritten: ",
    "rules": "    specialised, by chosen_branch: where(training, ",
    "kernels": "    kernels:",
    "llvm": "    llvm:",
    "time": "    time: user ",
}


def network(**options):
    """A test function in which a flag is chosen."""
    x = T.fmatrix("x")
    y = T.where(sd.training, T.exp(x), T.tanh(x)).sum()
    return sd.function([x], y, training=False, name="network", **options)


@pytest.mark.parametrize("shown", [("stages",), ("rules",), ("kernels", "llvm"), ("llvm", "time"), tuple(WORDS), ()])
@pytest.mark.parametrize("backend", ["native", "numpy"])
def test_what_is_asked_for_is_printed_and_nothing_else(shown, backend, capsys):
    """Each word has lines of its own, on stderr; with none there is no output at all."""
    with sd.config.change(debug=", ".join(shown)):
        assert sd.config.debug == ",".join(shown)
        network(backend=backend)
    assert sd.config.debug == ""
    out, err = capsys.readouterr()
    network(backend=backend)
    assert capsys.readouterr() == ("", "")
    assert out == ""
    assert err.startswith("network\n") if shown else err == ""
    for word, begin in WORDS.items():
        assert any(line.startswith(begin) for line in err.splitlines()) == (word in shown), word


def test_a_stage_is_printed_after_the_rules_that_led_to_it(capsys):
    """Small graphs are written out, so a stage can be read without another call."""
    with sd.config.change(debug="stages,rules"):
        network(backend="numpy")
    lines = capsys.readouterr().err.splitlines()
    rule = lines.index("    specialised, by chosen_branch: where(training, exp(x), tanh(x))  ->  tanh(x)")
    assert lines[rule + 1 :] == [
        "    specialised: 3 nodes (flags fixed, what no longer matters dropped)",
        "        inputs: x: float32[?, ?]",
        "        output 0 = sum(tanh(x), axis=(0, 1))",
        "    merged: 3 nodes (equal nodes made one)",
        "        inputs: x: float32[?, ?]",
        "        output 0 = sum(tanh(x), axis=(0, 1))",
        "    rewritten: 3 nodes (simplified, which is what runs)",
        "        inputs: x: float32[?, ?]",
        "        output 0 = sum(tanh(x), axis=(0, 1))",
    ]


def test_a_large_graph_is_counted_only(capsys):
    """A stage of a hundred thousand nodes is a line, too."""
    y = x = T.fvector("x")
    for _ in range(200):
        y = T.tanh(y)
    with sd.config.change(debug="stages"):
        sd.function([x], y, backend="numpy", name="deep")
    assert len(capsys.readouterr().err.splitlines()) == 6


def test_a_compilation_that_fails_has_shown_how_far_it_came(capsys):
    """What is printed comes at once, not at the end."""
    x = T.fmatrix("x")
    with sd.config.change(debug="stages"), pytest.raises(sd.errors.UnsetFlagError):
        sd.function([x], T.where(sd.training, x, 2 * x))
    assert "    gradient: " in capsys.readouterr().err


def test_what_the_cache_had_is_told(capsys, tmp_path, monkeypatch):
    """A program compiled before is found whole; without machine code there is nothing to find."""
    monkeypatch.setenv("SYMDROP_CACHE", str(tmp_path))
    x = T.fvector("x")
    for backend in ("native", "native", "numpy"):
        with sd.config.change(debug="time"):
            sd.function([x], T.exp(x) + 77, backend=backend)
    first, second, third = (line for line in capsys.readouterr().err.splitlines() if line.startswith("    cache: "))
    assert " of " in first and "pieces of code" in first
    assert second == "    cache: the whole program"
    assert third == "    cache: none is used"


def test_seconds_are_kept_of_every_stage():
    """They are there without ``debug``, too."""
    f = network()
    assert list(f.seconds) == [*f.stages, "program"]
    assert all(seconds >= 0 for seconds in f.seconds.values())
    assert f(np.zeros((2, 3), "float32")) == 0


@pytest.mark.parametrize("value", ["stage", "stages,tim", "stages;time", 3, ["stages"]])
def test_an_unknown_word_is_refused(value):
    """Nobody waits in vain for output that has another name."""
    with pytest.raises(sd.errors.ArgumentError, match="expected any of stages, rules, kernels, llvm, time"):
        sd.config.debug = value
    assert sd.config.debug == ""


def test_the_environment_names_what_is_shown():
    """``SYMDROP_DEBUG`` serves a script that cannot be changed."""

    def run(words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "SYMDROP_DEBUG": words, "PYTHONPATH": str(Path(__file__).parent.parent)}
        code = "import symdrop as sd; print(sd.config.debug)"
        command = [sys.executable, "-c", code]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)

    assert run(" time,stages ,").stdout == "time,stages\n"
    assert "SYMDROP_DEBUG = 'tme': expected any of" in run("tme").stderr

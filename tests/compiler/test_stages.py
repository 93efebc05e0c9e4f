"""What ``config.debug`` prints while a function is compiled, and what is kept of it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.op import evaluate
from symdrop.ops.numpy_maths import NUMPY

WORDS = {
    "stages": "    rewritten: ",
    "rules": r"    specialised, by chosen_branch: where\(training, ",
    "kernels": "    kernels:$",
    "llvm": "    llvm:",
    "time": "    time: user ",
}


@pytest.fixture(autouse=True)
def verified():
    """The settings are what is tested here: none is changed around a test."""


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
        assert any(re.match(begin, line) for line in err.splitlines()) == (word in shown), word


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
        "    merged: 3 nodes (common subexpressions eliminated)",
        "        inputs: x: float32[?, ?]",
        "        output 0 = sum(tanh(x), axis=(0, 1))",
        "    rewritten: 3 nodes (simplified, which is what runs)",
        "        inputs: x: float32[?, ?]",
        "        output 0 = sum(tanh(x), axis=(0, 1))",
        "    kernels: 2 kernels (fused loops and calls)",
        *("        " + line for line in network(backend="numpy").source().splitlines()),
    ]


LATER = ["user", "gradient", "specialised", "merged", "rewritten", "decomposed", "kernels"]


def softmax_step(**options):
    """A training step whose native program has other terms than the rewritten graph: no softmax, an adding product."""
    x, w = T.fmatrix("x"), sd.shared(np.ones((3, 2), "float32"), "w")
    y = T.nnet.softmax(x @ w)
    return sd.function([x], y, updates={w: w - 0.1 * (x.T @ y)}, name="step", backend="native", **options)


def names(graph):
    """The names of a graph's ops."""
    return {node.op.name for node in graph.nodes()}


def test_the_graph_that_kernels_are_made_of_is_a_stage():
    """A softmax is written out and an update adds to its product: both can be printed, walked and compared."""
    f = softmax_step()
    assert list(f.stages) == LATER
    decomposed = f.stages["decomposed"]
    assert "softmax" in names(f.stages["rewritten"]) and {"matmul", "exp", "max", "gemm"} <= names(decomposed)
    assert "softmax" not in names(decomposed)
    assert str(decomposed).splitlines()[0] == "inputs: x: float32[?, ?]", "states are no inputs, as in other stages"
    assert decomposed.labels == f.stages["rewritten"].labels
    assert decomposed is f.stages["decomposed"]
    assert sd.inspect.diff(f.stages["rewritten"], decomposed).startswith("- output 0 = softmax(x @ w)\n")
    values = f.arguments(np.ones((4, 3), "float32"))
    (expected, w), found = f.results(values), evaluate(decomposed, NUMPY, values)
    np.testing.assert_allclose(found[0], expected, rtol=1e-6)
    np.testing.assert_allclose(found[1], w, rtol=1e-6)


def test_the_last_stages_wait_until_they_are_looked_at(tmp_path, monkeypatch):
    """A program that the cache had whole is not lowered by listing its stages, only by reading them."""
    monkeypatch.setenv("SYMDROP_CACHE", str(tmp_path))
    first, second = softmax_step(), softmax_step()
    assert second._program.found == "the whole program"
    assert list(second.stages) == LATER and "kernels" in second.stages and len(second.stages) == len(LATER)
    assert "lowered" not in vars(second._program) and "_lowering" not in vars(second._program)
    assert list(second.stages["kernels"]) == list(first.stages["kernels"])
    assert str(second.stages["kernels"]) == first.source("kernels")
    assert str(second.stages["decomposed"]) == str(first.stages["decomposed"])


@pytest.mark.parametrize("name", ["decomposed", "kernel", None])
def test_a_stage_that_is_not_there_is_named(name):
    """The NumPy back end runs the rewritten graph, so it decomposes none; the error lists what there is."""
    f = network(backend="numpy")
    assert list(f.stages) == [*LATER[:5], "kernels"]
    with pytest.raises(KeyError, match="expected one of user, gradient, specialised, merged, rewritten, kernels"):
        f.stages[name]
    assert f.stages.get(name) is None and name not in f.stages


def test_why_knows_what_decomposition_made():
    """A node of the last graph leads to its output like any other, and what was dropped stays dropped."""
    f = softmax_step()
    (largest,) = (node for node in f.stages["decomposed"].nodes() if node.op.name == "max")
    told = sd.inspect.why(f, largest)
    assert " is computed:" in told and told.endswith("which is output 0")
    assert "is not in step" in sd.inspect.why(f, T.exp(T.fmatrix("y")))


def test_the_last_stages_are_printed_like_the_others(capsys):
    """With ``debug="stages"`` a compilation ends with the graph that kernels are made of, and the kernels."""
    with sd.config.change(debug="stages"):
        f = softmax_step()
    lines = [line[4:] for line in capsys.readouterr().err.splitlines()]
    begin = lines.index(f"decomposed: {len(f.stages['decomposed'])} nodes (in terms that kernels are made of)")
    graph = str(f.stages["decomposed"]).splitlines()
    assert lines[begin + 1 :][: len(graph)] == ["    " + line for line in graph]
    assert lines[begin + 1 + len(graph)] == "kernels: 3 kernels (fused loops and calls)"
    assert lines[begin + 2 + len(graph) :] == ["    " + line for line in f.source().splitlines()]


def test_a_large_graph_is_counted_only(capsys):
    """A stage of a hundred thousand nodes is a line, too."""
    y = x = T.fvector("x")
    for _ in range(200):
        y = T.tanh(y)
    with sd.config.change(debug="stages"):
        sd.function([x], y, backend="numpy", name="deep")
    assert len(capsys.readouterr().err.splitlines()) == 7


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
    assert list(f.seconds) == ["user", "gradient", "specialised", "merged", "rewritten", "program"]
    assert all(seconds >= 0 for seconds in f.seconds.values())
    assert f(np.zeros((2, 3), "float32")) == 0


@pytest.mark.parametrize("value", ["stage", "stages,tim", "stages;time", 3, ["stages"]])
def test_an_unknown_word_is_refused(value):
    """Nobody waits in vain for output that has another name."""
    with pytest.raises(sd.errors.ArgumentError, match="expected any of stages, rules, kernels, llvm, time, verify"):
        sd.config.debug = value
    assert sd.config.debug == ""


def test_the_environment_names_what_is_shown():
    """``SYMDROP_DEBUG`` serves a script that cannot be changed."""

    def run(words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "SYMDROP_DEBUG": words, "PYTHONPATH": str(Path(__file__).parents[2])}
        code = "import symdrop as sd; print(sd.config.debug)"
        command = [sys.executable, "-c", code]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)

    assert run(" time,stages ,").stdout == "time,stages\n"
    assert "SYMDROP_DEBUG = 'tme': expected any of" in run("tme").stderr


def test_what_decomposition_makes_keeps_the_lines_of_what_it_stands_for(tmp_path, monkeypatch):
    """A node of the last graph names the formula's line, not the one that compiled, or first looked at the stage."""
    monkeypatch.setenv("SYMDROP_CACHE", str(tmp_path))

    def formula(x):
        return T.nnet.softmax(x)[T.arange(x.shape[0]), 0] + T.logsumexp(x, axis=1)

    for _ in range(2):
        x = T.fmatrix("x")
        f = sd.function([x], formula(x), backend="native")
        made = [node for node in f.stages["decomposed"].nodes() if not node.is_leaf]
        assert "exp" in {node.op.name for node in made}
        assert {line.function for node in made for line in node.lines} == {"formula"}

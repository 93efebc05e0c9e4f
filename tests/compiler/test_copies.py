"""Copies of functions and shared variables: pickled, unpickled elsewhere, and deepcopied."""

import copy
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import symdrop as sd
import symdrop.tensor as T
from tests.compiler.states import state


def test_pickled_function():
    """A pickled function computes the same, has states of its own, and keeps names, keywords and options."""
    x, w = T.dscalar("x"), state(1.0)
    f = sd.function([x, sd.In(T.dscalar("rate"), value=2.0)], {"value": x * w}, updates={w: w + 1}, name="stepper",
                    on_unused_input="ignore")  # fmt: skip
    f(1.0)
    g = pickle.loads(pickle.dumps(f))
    assert g(10)["value"] == 20 and g(10)["value"] == 30
    assert w.get_value() == 2 and f(10)["value"] == 20
    assert g.name == "stepper"
    with pytest.raises(TypeError, match="stepper"):
        g(1, 2, 3)


def test_functions_pickled_together_share_their_states():
    """A train and a test function in one pickle still share one set of parameters afterwards."""
    x, w = T.dscalar("x"), state(1.0)
    pair = sd.function([x], updates={w: w + x}), sd.function([x], x * w)
    train, test, own = pickle.loads(pickle.dumps((*pair, w)))
    train(4)
    assert test(1) == 5 and own.get_value() == 5 and w.get_value() == 1
    train, test = copy.deepcopy(pair)
    train(1)
    assert test(1) == 2 and w.get_value() == 1


def test_deepcopy_of_a_shared_variable():
    """deepcopy makes an independent state; copying a function copies its states with it."""
    w = state([1.0, 2.0])
    twin = copy.deepcopy(w)
    twin.set_value([5.0, 6.0])
    assert w.get_value().tolist() == [1, 2] and twin.name == "w"
    f = sd.function([], updates={w: w * 2})
    g = copy.deepcopy(f)
    g()
    assert w.get_value().tolist() == [1, 2]


def test_pickled_in_another_process():
    """A pickle is read by a fresh process; randomness goes on where it stood."""
    stream = sd.RandomStream(seed=5)
    draw = stream.uniform(size=(3,), dtype="float64")
    f = sd.function([], draw)
    f()
    program = "import sys, pickle; f = pickle.load(sys.stdin.buffer); f(); print(f().tolist())"
    data = pickle.dumps(f)
    shown = subprocess.run([sys.executable, "-c", program], input=data, capture_output=True, check=True,
                           cwd=Path(sd.__file__).parents[1])  # fmt: skip
    f()
    assert eval(shown.stdout) == f().tolist()

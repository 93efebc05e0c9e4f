"""Summaries of models, recorded calls, and weights scaled to data."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError
from symdrop.nn.models.recorded import Recorder

rng = np.random.default_rng(0)


def network():
    """A network of images with dropout."""
    stream = sd.RandomStream(seed=1)
    return sd.nn.Sequential(
        sd.nn.Conv(1, 4, (3, 3), activation=T.nnet.relu, seed=0), sd.nn.Pool(2), sd.nn.Flatten(),
        sd.nn.Dropout(0.5, stream=stream), sd.nn.Dense(36, 10, seed=1), T.tanh,
    )  # fmt: skip


def test_a_summary_counts_numbers_and_operations():
    """By hand: two operations for every product and its sum, one for a bias, an activation, an element of a window."""
    found = sd.nn.summary(network(), np.zeros((2, 1, 8, 8), "float32"))
    rows = {row.path: row for row in found.rows}
    assert rows["0"].variables == {"W": (4, 1, 3, 3), "b": (4,)} and rows["0"].size == 40
    assert rows["0"].flops == 2 * 4 * 6 * 6 * (2 * 9 + 1 + 1)
    assert rows["4"].flops == 2 * 10 * (2 * 36 + 1) and rows[""].flops == 2 * 10 and rows["3"].flops == 0
    assert [row.output for row in found.rows[1:]] == ["(2, 4, 6, 6)", "(2, 4, 3, 3)", "(2, 36)", "(2, 36)", "(2, 10)"]
    assert found.trained == 40 + 370 and found.kept == 0
    assert found.flops == sum(row.flops for row in found.rows)


def test_what_a_summary_says_without_inputs():
    """Parameters alone, variables that stand in no layer, and statistics that are not trained."""
    model = {"norm": sd.nn.BatchNorm(3), "scale": sd.shared(np.ones((2, 2))), "layer": sd.nn.Dense(3, 2)}
    found = sd.nn.summary(model)
    assert [(row.path, row.size) for row in found.rows] == [("norm", 12), ("layer", 8), ("scale", 4)]
    assert (found.trained, found.kept, found.flops) == (6 + 4 + 8, 6, 0)
    assert not found.notes and "scale" in str(found)


def test_a_summary_of_unknown_sizes_and_cells():
    """They count as 1; a loop counts as often as its step is made; in notebooks it is a table."""
    model = sd.nn.Sequential(sd.nn.LSTM(3, 5, seed=0), sd.nn.Dense(5, 2, seed=0))
    found = sd.nn.summary(model, T.tensor("float32", (7, None, 3), name="x"))
    cell, dense = found.rows
    assert dense.output == "(7, ?, 2)" and dense.flops == 7 * 2 * (2 * 5 + 1)
    # W for all steps at once, then in every step U, two sums and what the gates compute.
    assert cell.flops == 7 * (20 * 7 + 2 * 5 * 20 + 20 + 5 * 9)
    assert str(found).endswith("sizes that are not known count as 1 in flops")
    html = found._repr_html_()
    assert html.startswith("<table>") and html.count("<tr>") == 4 and "&lt;LSTM" in html


def test_attention_is_counted():
    """By its products, two for every pair of places, and what the softmax takes."""
    layer = sd.nn.MultiHeadAttention(16, 4, seed=0)
    found = sd.nn.summary(layer, np.zeros((2, 9, 16), "float32")).rows[0].flops
    products, pairs = 2 * 2 * 2 * 9 * 9 * 16, 2 * 4 * 9 * 9
    assert products + 3 * pairs < found < products + 8 * pairs
    q = T.ftensor3("q")
    f = sd.function([q], T.nnet.attention(q, q, q), backend="numpy")
    assert sd.inspect.cost(f, sizes={"q": (8, 9, 4)}).rows[-1].flops > products


@dataclass(frozen=True, eq=False)
class Tied:
    """A layer of the user's that calls another one twice."""

    inner: Any

    def __call__(self, x):
        return self.inner(self.inner(x))


def test_recorded_calls():
    """In order and nested; the model itself and its parameters are as they were."""
    model = Tied(sd.nn.Dense(3, 3, seed=0))
    recorder, x = Recorder({"model": [model, T.tanh]}), T.fmatrix("x")
    y = recorder.model["model"][0](x)
    (call,) = recorder.calls
    assert (call.path, call.layer, call.output) == ("model.0", model, y)
    assert [(one.path, one.layer is model.inner) for one in call.inner] == [("model.0.inner", True)] * 2
    assert len(recorder.all_calls()) == 3 and type(model) is Tied
    assert sd.Graph([x], [y]).leaves("shared") == sd.Graph([x], [model(x)]).leaves("shared")
    assert sd.nn.summary(model, x[:, :3]).rows[-1].size == 12


def test_lsuv_brings_every_layer_to_variance_one():
    """Measured by NumPy, in front of the activations; the weights are orthogonal but for their length."""
    model, batch = network(), rng.normal(3, 2, (100, 1, 8, 8)).astype("float32")
    reached = sd.nn.lsuv(model, batch, seed=0)
    assert list(reached) == ["0.W", "4.W"] and all(abs(v - 1) < 0.01 for v in reached.values())
    x = T.ftensor4("x")
    before = T.nnet.conv(x, model[0].W) + model[0].b.dimshuffle(0, "x", "x")
    f = sd.function([x], [before, model[:5](x)], training=False, backend="numpy")
    for value in f(batch):
        assert abs(value.astype("float64").var() - 1) < 0.02
    W = model[4].W.get_value().astype("float64")
    np.testing.assert_allclose(W.T @ W / (W[:, 0] @ W[:, 0]), np.eye(10), atol=1e-5)


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda: sd.nn.summary(3), GraphTypeError, "a model is a layer"),
    (lambda: sd.nn.summary([sd.nn.Dense(2, 3)], T.matrix()), GraphTypeError, "is not called on inputs"),
    (lambda: sd.nn.summary(network(), T.ftensor4()), ArgumentError, r"of shape \(1, 1, 1, 1\); give example arrays"),
    (lambda: sd.nn.lsuv([1], np.ones(3)), GraphTypeError, "lsuv: a model is a layer that is called"),
    (lambda: sd.nn.lsuv(sd.nn.Flatten(), np.ones((3, 2))), ArgumentError, "calls no dense or convolutional layer"),
    (lambda: sd.nn.lsuv(sd.nn.Dense(2, 3), np.zeros((3, 2))), ArgumentError, r"Dense\(2, 3\) have variance 0"),
])  # fmt: skip
def test_wrong_arguments(call, error, says):
    """One sentence each."""
    with pytest.raises(error, match=says):
        call()

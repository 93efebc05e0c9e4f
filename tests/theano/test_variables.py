"""Theano's variables: truth, tags, types and attributes, here and not in the engine's vocabulary."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as engine
import symdrop.theano as theano
import symdrop.theano.tensor as T
from symdrop.theano.sandbox.rng_mrg import MRG_RandomStreams
from symdrop.theano.variable import Variable


def made_variables():
    """Variables by all the ways in which scripts make them."""
    x, W = T.matrix("x"), theano.shared(np.ones((3, 2)), "W")
    outputs, _ = theano.scan(lambda row: row * 2, sequences=x)
    draw = MRG_RandomStreams(3).binomial((3,), p=0.5)
    return {
        "input": x, "state": W, "constant": T.constant(1.0), "operator": x * 2, "method": x.sum(axis=0),
        "function": T.dot(x, W), "numbers alone": T.zeros((2, 3)), "loop": outputs, "draw": draw,
        "gradient": T.grad(outputs.sum(), x), "clone": theano.clone(x + 1, {x: x * 2}), "slice": x[:, 0],
        "softmax": T.nnet.softmax(x), "unpickled": pickle.loads(pickle.dumps(x + W.sum())),
    }  # fmt: skip


@pytest.mark.parametrize("way", made_variables())
def test_every_variable_is_true_has_a_tag_and_takes_attributes(way):
    """Scripts ask ``if self.bias:``, whatever made the bias, and write on variables what they know of them."""
    variable = made_variables()[way]
    assert isinstance(variable, Variable) and bool(variable) is True
    variable.tag.kind, variable.anything = "weight", 3
    assert (variable.tag.kind, variable.anything) == ("weight", 3)
    assert variable.type == variable.type and variable.type.broadcastable == variable.broadcastable
    like = variable.type("like")
    assert (like.name, like.dtype, like.ndim) == ("like", variable.dtype, variable.ndim)


def test_the_truth_of_a_comparison_is_refused():
    """As in Theano, since it would always be True."""
    x = T.scalar("x")
    for comparison in (x > 0, x < 1, x >= 0, x <= 1):
        with pytest.raises(TypeError, match="truth of the comparison"):
            bool(comparison)


def test_the_engines_variables_stay_strict_beside_them():
    """A vocabulary is the matter of the variables that come from it."""
    x = engine.matrix("x")
    assert type(x * 2) is sd.Node and type(T.tanh(engine.matrix("y")) + T.scalar("t")) is T.TensorVariable
    with pytest.raises(TypeError, match="truth of the symbolic value"):
        bool(x * 2)
    with pytest.raises(AttributeError, match="immutable"):
        (x * 2).anything = 3


def test_a_step_of_a_loop_is_given_theanos_variables():
    """``if state:`` stands in step functions too."""
    x = T.matrix("x")
    seen = []

    def step(row, state):
        seen.append((bool(row), bool(state)))
        return row + state

    sums, _ = theano.scan(step, sequences=x, outputs_info=T.zeros((2,)))
    assert seen == [(True, True)]
    assert theano.function([x], sums)(np.ones((3, 2))).tolist() == [[1, 1], [2, 2], [3, 3]]


def test_a_default_update_is_an_attribute_that_may_be_assigned():
    """``counter.default_update = counter + 1`` is how scripts count calls."""
    counter = theano.shared(0, "counter")
    counter.default_update = counter + 1
    f = theano.function([], counter * 10)
    assert [int(f()), int(f())] == [0, 10] and int(counter.get_value()) == 2


def test_types_are_equal_and_written_as_theanos():
    """A dtype and axes of size 1: other sizes that the engine knows make no other type, and are no part of the name."""
    known = T.constant(np.ones((3, 2))).type
    assert known == T.matrix().type and hash(known) == hash(T.matrix().type) and known != T.fmatrix().type
    assert T.row().type != T.matrix().type and known in {T.dmatrix().type}
    names = ["scalar", "vector", "matrix", "row", "col", "tensor3", "tensor4"]
    assert [repr(getattr(T, name)("x", dtype="float32").type) for name in names] == [
        f"TensorType(float32, {word})" for word in ("scalar", "vector", "matrix", "row", "col", "3D", "4D")
    ]
    assert repr(T.TensorType("int8", (True,))) == "TensorType(int8, (True,))"
    x, w = T.tensor4("x"), T.constant(np.ones((1, 2, 3, 3)))
    assert T.grad(T.nnet.conv2d(x, w).sum(), x).type == x.type

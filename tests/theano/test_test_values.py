"""Test values and tags: a wrong shape is found where it is written."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import symdrop as sd
import symdrop.theano as theano
import symdrop.theano.tensor as T
from symdrop.errors import ArgumentError
from symdrop.theano.settings import Config


@pytest.fixture
def test_values():
    """A function that sets theano.config.compute_test_value, which is set back afterwards."""
    yield lambda value: setattr(theano.config, "compute_test_value", value)
    theano.config.compute_test_value = "off"


@pytest.mark.parametrize("setting", ["ignore", "warn", "raise"])
def test_test_values_find_a_wrong_shape_where_it_is_written(setting, test_values):
    """As in Theano a wrong product is an error of the line that makes it, whatever the reaction to missing values."""
    test_values(setting)
    x = T.matrix("x")
    x.tag.test_value = np.random.rand(5, 20)
    W = theano.shared(np.random.rand(2, 10, 10), "W")
    columns = W.dimshuffle(2, 0, 1).flatten(2).T
    assert columns.tag.test_value.shape == (20, 10)
    h = T.nnet.sigmoid(T.dot(x, columns))
    assert h.tag.test_value.shape == (5, 10) and h.tag.test_value.dtype == "float64"
    with pytest.raises(ValueError, match="do not fit") as caught:
        T.dot(x, W.flatten(2))
    assert "test_test_values.py" in caught.value.__notes__[0]
    cost = T.sum(h**2)
    assert T.grad(cost, x).tag.test_value.shape == (5, 20)
    assert theano.function([x], cost)(np.ones((1, 20))) > 0


def test_test_values_in_scan(test_values):
    """Steps are tried as loops are made, and gradients through them."""
    test_values("raise")
    x, h0, W = T.matrix("x"), T.vector("h0"), theano.shared(np.ones((3, 3)), "W")
    x.tag.test_value, h0.tag.test_value = np.ones((4, 3)), np.zeros(3)
    states, _ = theano.scan(lambda x_t, h: T.tanh(x_t + T.dot(h, W)), sequences=x, outputs_info=h0)
    assert states.tag.test_value.shape == (4, 3)
    assert T.grad(states.sum(), W).tag.test_value.shape == (3, 3)
    with pytest.raises(ValueError, match="do not fit"):
        T.dot(states, T.ones((4, 3)))


def test_a_missing_test_value(test_values):
    """What is done about a variable without one is what the setting says; constants and states have values anyway."""
    x, y = T.ivector("x"), T.ivector("y")
    y.tag.test_value = [1, 2]
    assert not (y + 1).tag.known(), "off: nothing is computed"
    test_values("ignore")
    assert (y + 1).tag.test_value.tolist() == [2, 3] and not (x + y).tag.known()
    test_values("warn")
    with pytest.warns(UserWarning, match="Cannot compute test value: x has no tag.test_value"):
        z = x + y
    assert theano.function([x, y], z)([1], [1]).tolist() == [2]
    test_values("raise")
    with pytest.raises(ValueError, match=r"Cannot compute test value: x has no tag.test_value .*test_test_values\.py"):
        x + y
    with pytest.raises(AttributeError, match="the tag of x has no 'test_value'"):
        x.tag.test_value


def test_late_lowering_is_not_tried(test_values):
    """Code that comes from the cache is lowered when somebody looks at it; nobody wrote the nodes that this makes."""
    x, y = T.ivector("x"), T.ivector("y")
    for _ in range(2):
        late = theano.function([x, y], x * 3 + y)
    test_values("raise")
    with sd.config.change(guard="end"):
        assert late([1], [1]).tolist() == [4]
    assert "add" in late.kernels[-1]


def test_tags_hold_what_scripts_put_there(test_values):
    """Every constructor makes tagged variables; a test value fits its variable; tags go through pickles."""
    several = [T.matrix("x"), *T.fmatrices("a", "b"), *T.vectors(2), T.iscalar(), T.tensor4(), T.fmatrix(shape=(2, 3)),
               T.TensorType("int8", (False,))("t"), T.tensor("float32", (True, False))]  # fmt: skip
    for number, variable in enumerate(several):
        variable.tag.number = number
        assert pickle.loads(pickle.dumps(variable)).tag.number == number
    x = several[0]
    x.tag.test_value = [[1, 2]]
    assert x.tag.test_value.dtype == "float64"
    again = pickle.loads(pickle.dumps(T.exp(x) + x)).inputs[1]
    assert again.tag.test_value.tolist() == [[1, 2]] and again.tag.number == 0
    with pytest.raises(TypeError, match="must fit float64"):
        x.tag.test_value = [1, 2]
    with pytest.raises(AttributeError, match="immutable"):
        x.tag = None
    for value in ("pdb", True):
        with pytest.raises(ArgumentError, match="expected one of off, ignore, warn, raise"):
            test_values(value)
    with sd.config.change(compute_test_value="warn"):
        Config()
        assert sd.config.compute_test_value == "warn", "the default is nobody's wish"
        Config("compute_test_value=raise")
        assert sd.config.compute_test_value == "raise"

"""Functions of ``theano.tensor`` and its modules give the values and dtypes of Theano 1.0.5."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

import symdrop.theano as theano
import symdrop.theano.tensor as T

HERE = Path(__file__).parent
VALUES = json.loads((HERE / "functions.json").read_text("utf-8"))
MADE_BY = runpy.run_path(str(HERE / "functions_by_theano.py"))


def pairs(got, wanted):
    """Values beside Theano's, one by one where there are several."""
    return zip(got, wanted, strict=True) if isinstance(wanted[0], list) else [(got, wanted)]


@pytest.mark.parametrize("expression", VALUES)
def test_values_and_dtypes_are_theanos(expression):
    """Made by functions_by_theano.py, which says how."""
    for (dtype, value), (theirs, wanted) in pairs(MADE_BY["value"](T, expression), VALUES[expression]):
        assert dtype == theirs
        np.testing.assert_allclose(value, wanted, rtol=1e-12, atol=1e-14)


def test_lists_of_variables_stand_for_stacked_ones():
    """Scripts write T.sum([a, b]) and T.maximum([a, b], 1)."""
    a, b = T.vectors("ab")
    f = theano.function([a, b], [T.sum([a, b]), T.maximum([a, b], 1), T.mean([a, b], axis=0), T.sum([1, 2])])
    got = f([0, 1], [2, 3])
    assert [one.tolist() for one in got] == [6, [[1, 1], [2, 3]], [1, 2], 3]


def test_several_variables_at_once():
    """A letter is a name, and so is each argument; a number makes variables without names."""
    assert [one.name for one in T.matrices("xy")] == [one.name for one in T.dmatrices("x", "y")] == ["x", "y"]
    assert T.matrices("x").name == "x" and len(T.scalars(2)) == 2


def test_constructors_of_a_dtype_are_types():
    """Scripts compare x.type with T.dmatrix, and ask it for its dtype and values."""
    x = T.dmatrix("x")
    assert x.type == T.dmatrix == T.TensorType("float64", (False, False)) and T.dmatrix.dtype == "float64"
    assert isinstance(T.fvector, T.TensorType) and T.fvector.ndim == 1 and T.fvector.numpy_dtype == np.float32
    assert T.dmatrix.filter([[1]]).dtype == "float64" and T.dmatrix.is_valid_value(np.ones((1, 1)))
    assert T.dmatrix.convert_variable(T.fmatrix()) is None and T.dmatrix.convert_variable(x) is x
    assert T.dmatrix.clone(dtype="int8").dtype == "int8" and T.dmatrix.values_eq_approx(np.ones(2), np.ones(2) + 1e-12)
    with pytest.raises(TypeError):
        T.fmatrix.filter(np.ones((2, 2)))
    with pytest.raises(TypeError, match="Cannot convert Type"):
        T.dmatrix.filter_variable(T.vector())


def test_a_shape_is_a_vector_and_can_be_unpacked():
    """Both are written in scripts; T.prod(x.shape[1:]) above all."""
    x = T.tensor3("x")
    a, _, c = x.shape
    outputs = [x.shape.prod(), T.prod(x.shape[1:]), x.shape * 2, a + c, x.size, x.shape[0] / 2, T.shape(x)[-1]]
    got = theano.function([x], outputs)(np.zeros((2, 3, 4)))
    assert [one.tolist() for one in got] == [24, 12, [4, 6, 8], 6, 24, 1.0, 4]
    assert T.zeros_like(x).reshape(x.shape).ndim == x.reshape((x.shape[0], -1)).ndim + 1


def test_methods_take_theanos_arguments():
    """Values by Theano 1.0.5: norms are over all elements, rounding goes to even."""
    x = T.matrix("x")
    made = [
        x.norm(2), x.norm(1, axis=1), x.std(axis=0), x.var(axis=0, ddof=1), x.take([0, 1], axis=1), x.round(),
        x.round("half_away_from_zero"), x.conj(), x.real, x.imag, x.trace(), x.fill(3), x.sort(), x.argsort(),
        x.nonzero_values(), x.transfer("cpu"), x.astype("floatX"), x.cumsum(), x.diagonal(), x.any(axis=1),
        x.zeros_like("int32"), x.flatten(2), x.repeat(2), x.mean(axis=(0, 1), keepdims=True, dtype="float64"),
        x.sum(acc_dtype="float64"), x.ptp(axis=0), x.clip(0, 1), x.reshape((2, -1)), x.copy(), x.tanh(), x.T,
    ]  # fmt: skip
    value = np.array([[3.0, -4.5], [0.0, 1.0]])
    got = theano.function([x], made)(value)
    np.testing.assert_allclose(got[0], 5.5)
    np.testing.assert_allclose(got[1], [7.5, 1])
    np.testing.assert_allclose(got[2], value.std(axis=0))
    np.testing.assert_allclose(got[3], value.var(axis=0, ddof=1))
    assert got[5].tolist() == [[3, -4], [0, 1]] and got[6].tolist() == [[3, -5], [0, 1]]
    assert got[10] == 4 and got[11].tolist() == [[3, 3], [3, 3]] and got[14].tolist() == [3, -4.5, 1]
    assert got[17].tolist() == [3, -1.5, -1.5, -0.5] and got[19].tolist() == [True, True]
    assert got[26].tolist() == [[1, 0], [0, 1]]


def test_constants_are_known_and_variables_are_not():
    """Theano's functions ask get_scalar_constant_value, and catch its error."""
    assert T.get_scalar_constant_value(T.constant(3) * 2) == 6
    with pytest.raises(T.NotScalarConstantError):
        T.get_scalar_constant_value(T.scalar("x"))
    assert T.get_vector_length(T.matrix("x").shape) == 2


def test_theanos_variables_in_the_engines_files_keep_the_engines_rules():
    """Pullbacks multiply float32 by Python's numbers; under floatX float64 these must not widen them."""
    x = T.fvector("x")
    for cost in (T.nnet.softplus(x), T.nnet.hard_sigmoid(x), x.mean(), x.std(), T.log(T.nnet.sigmoid(x)), x**3):
        assert T.grad(cost.sum(), x).dtype == "float32"


def test_lists_and_variables_for_arguments():
    """A list is stacked by softmax as by others, and a variable for a dtype stands for its own, as in Theano."""
    v = T.fvector("v")
    f = theano.function([v], [T.nnet.softmax([v, 2 * v]), T.nnet.logsoftmax([v])])
    probabilities, logarithms = f(np.array([0.0, np.log(3.0)], "float32"))
    np.testing.assert_allclose(probabilities, [[0.25, 0.75], [0.1, 0.9]], rtol=1e-6)
    np.testing.assert_allclose(logarithms, np.log([[0.25, 0.75]]), rtol=1e-6)
    assert T.iscalar("i").zeros_like(v).dtype == "float32" and T.ones_like(T.iscalar("i"), v).dtype == "float32"

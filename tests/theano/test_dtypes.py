"""Dtypes of results: those of Theano 1.0.5, for all pairs of dtypes and numbers, and both values of floatX.

An update of a state is refused where its dtype is another, and scripts were written against these.
"""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

import symdrop.theano as theano
import symdrop.theano.tensor as T

HERE = Path(__file__).parent
TABLES = json.loads((HERE / "dtypes.json").read_text("utf-8"))
MADE_BY = runpy.run_path(str(HERE / "dtypes_by_theano.py"))


@pytest.fixture(params=["float64", "float32"])
def floatX(request):
    """Both values of the setting."""
    before, theano.config.floatX = theano.config.floatX, request.param
    yield request.param
    theano.config.floatX = before


def differences(got, wanted):
    """The places of two tables that differ, where Theano gives a result at all."""
    if isinstance(wanted, dict):
        return [f"{name}: {one}" for name in wanted for one in differences(got[name], wanted[name])]
    if isinstance(wanted, list):
        dtypes = MADE_BY["DTYPES"]
        return [f"{dtype}: {one}" for dtype, a, b in zip(dtypes, got, wanted, strict=True) for one in differences(a, b)]
    pairs = zip(got.split(), wanted.split(), strict=True)
    return [f"{a}, Theano {b} at {place}" for place, (a, b) in enumerate(pairs) if a != b and b != "--"]


def test_every_result_has_theanos_dtype(floatX):
    """Numbers are of the smallest dtype that holds them, sizes are int64, quotients of integers floatX."""
    assert differences(MADE_BY["table"](T), TABLES[floatX]) == []


def test_conditions_and_constants_stay_float32(floatX):
    """Lasagne's optimisers and a hundred scripts count on it; under float64 numbers with more digits widen."""
    x, wide = T.fmatrix("x"), "float32" if floatX == "float32" else "float64"
    assert ((x > 0) * 0.5).dtype == T.switch(x > 0, 1.0, 0.0).dtype == (1.0 - T.eq(x, x)).dtype == "float32"
    assert (T.constant(1) - 0.95).dtype == (T.bvector("i") * 0.1).dtype == (x * 0.1).dtype == wide
    assert (T.ivector("i") / 2).dtype == (T.bmatrix("b") / 2).dtype == floatX


def test_values_are_computed_in_the_dtype_of_the_result():
    """7 / 2 of bytes is 3.5, 100 + 100 of bytes wraps around, as arrays do."""
    i = T.bvector("i")
    f = theano.function([i], [i / 2, i + 100, i // 2, i * 0.5, i**2, -i % 3, T.mean(i), i.sum()])
    got = f(np.array([7, -7, 100], "int8"))
    bytes_ = np.array([7, -7, 100], "int8")
    wanted = [bytes_ / 2, bytes_ + np.int8(100), bytes_ // 2, bytes_ * 0.5, bytes_ * bytes_, -bytes_ % 3, 100 / 3, 100]
    for one, other in zip(got, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_numpys_arrays_and_numbers_keep_their_dtype():
    """np.float64(0.1) widens float32 where 0.1 does not; NumPy's functions give Theano's dtypes."""
    x, i = T.fvector("x"), T.ivector("i")
    assert (x * np.float64(0.5)).dtype == (np.float64(0.5) * x).dtype == "float64"
    assert (x * np.float32(0.1)).dtype == (np.ones(3, "float32") + x).dtype == np.exp(x).dtype == "float32"
    assert np.exp(i).dtype == np.sqrt(i).dtype == "float64" and np.exp(T.bvector("b")).dtype == "float32"


def test_gradients_have_the_dtype_of_the_variable(floatX):
    """Whatever the cost is computed in: so an update of float32 parameters stays float32."""
    W = theano.shared(np.ones((3, 2), "float32"), "W")
    x, y = T.fmatrix("x"), T.ivector("y")
    p = T.nnet.softmax(T.dot(x, W))
    cost = -T.mean(T.log(p)[T.arange(y.shape[0]), y]) + 0.5 * (W**2).sum() / y.shape[0]
    g = T.grad(cost, W)
    assert g.dtype == "float32"
    rate = np.float32(0.1)
    f = theano.function([x, y], cost, updates=[(W, W - rate * g)])
    f(np.ones((4, 3), "float32"), np.array([0, 1, 1, 0], "int32"))
    np.testing.assert_allclose(W.get_value(), np.full((3, 2), 1 - 0.1 * 0.25), rtol=1e-6)

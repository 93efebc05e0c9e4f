"""Precision at large arguments: values and gradients against mpmath."""

import mpmath
import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T

# Precision at large arguments.

POINTS = (-1000.0, -800.0, -100.0, -37.0, -1.0, -1e-5, 0.0, 1e-5, 0.5, 1.0, 30.0, 100.0, 700.0, 800.0, 1000.0)
mpmath.mp.dps = 50


def within(got, expected, largest, ulps=4):
    """Finite, and within ulps of max(1, |largest input|) of the reference."""
    got = np.asarray(got)
    assert np.isfinite(got).all(), got
    unit = np.spacing(np.asarray(max(1.0, abs(largest)), got.dtype)).astype("float64")
    assert abs(float(got) - float(expected)) <= ulps * unit, (got, expected, unit)


SCALAR = {
    "log(sigmoid(x))": (lambda x: T.log(T.sigmoid(x)), lambda v: -mpmath.log1p(mpmath.exp(-v))),
    "log(1 - sigmoid(x))": (lambda x: T.log(1 - T.sigmoid(x)), lambda v: -mpmath.log1p(mpmath.exp(v))),
    "log1p(-sigmoid(x))": (lambda x: T.log1p(-T.sigmoid(x)), lambda v: -mpmath.log1p(mpmath.exp(v))),
    "log1p(exp(x))": (lambda x: T.log1p(T.exp(x)), lambda v: mpmath.log1p(mpmath.exp(v))),
    "log(1 + exp(x))": (lambda x: T.log(1 + T.exp(x)), lambda v: mpmath.log1p(mpmath.exp(v))),
    "log(exp(x) + 1)": (lambda x: T.log(T.exp(x) + 1), lambda v: mpmath.log1p(mpmath.exp(v))),
    "log(1 + exp(-x))": (lambda x: T.log(1 + T.exp(-x)), lambda v: mpmath.log1p(mpmath.exp(-v))),
    "1 / (1 + exp(-x))": (lambda x: 1 / (1 + T.exp(-x)), lambda v: 1 / (1 + mpmath.exp(-v))),
    "1 / (1 + exp(x))": (lambda x: 1 / (1 + T.exp(x)), lambda v: 1 / (1 + mpmath.exp(v))),
    "exp(x) / (1 + exp(x))": (lambda x: T.exp(x) / (1 + T.exp(x)), lambda v: 1 / (1 + mpmath.exp(-v))),
    "log(1 / (1 + exp(-x)))": (lambda x: T.log(1 / (1 + T.exp(-x))), lambda v: -mpmath.log1p(mpmath.exp(-v))),
    "1 - sigmoid(x)": (lambda x: 1 - T.sigmoid(x), lambda v: 1 / (1 + mpmath.exp(v))),
    "log(exp(x))": (lambda x: T.log(T.exp(x)), lambda v: v),
    "softplus(x)": (lambda x: T.softplus(x), lambda v: mpmath.log1p(mpmath.exp(v))),
    "sigmoid(x)": (lambda x: T.sigmoid(x), lambda v: 1 / (1 + mpmath.exp(-v))),
    "binary_crossentropy(sigmoid(x), 0.25)": (
        lambda x: T.nnet.binary_crossentropy(T.sigmoid(x), 0.25),
        lambda v: mpmath.log1p(mpmath.exp(v)) - v / 4,
    ),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", SCALAR)
def test_stable_functions_of_one_number(name, dtype):
    """Values and gradients are finite at +-1000 and within 4 ulp of the reference, on scalars and on vectors."""
    build, reference = SCALAR[name]
    x, s = T.tensor(dtype, (None,), "x"), T.tensor(dtype, (), "s")
    y, z = build(x), build(s)
    f = sd.function([x], [y, sd.grad(y.sum(), x)])
    g = sd.function([s], [z, sd.grad(z, s)])
    points = np.array(POINTS, dtype)
    values, slopes = f(points)
    for i, point in enumerate(points):
        v = mpmath.mpf(float(point))
        slope = mpmath.diff(reference, v, h=mpmath.mpf(10) ** -15)
        for value, found in ((values[i], slopes[i]), g(point)):
            within(value, reference(v), point)
            within(found, slope, point)


ROWS = [
    [1000.0, 0.0, -1000.0], [-1000.0, -1000.0, -999.0], [800.0, 800.0, 799.5], [0.1, 0.2, 0.3], [-1e3, 1e3, 1e3],
    [1e-3, -1e-3, 0.0], [30.0, -30.0, 5.0], [700.0, 710.0, 720.0],
]  # fmt: skip


def mp_log_softmax(row):
    values = [mpmath.mpf(float(v)) for v in row]
    top = max(values)
    total = top + mpmath.log(sum(mpmath.exp(v - top) for v in values))
    return [v - total for v in values]


VECTOR = {
    "log(softmax(x))[0]": (lambda x: T.log(T.nnet.softmax(x))[:, 0], lambda l: l[0], lambda p, j: (j == 0) - p[j]),
    "log(exp(x) / sum)": (
        lambda x: T.log(T.exp(x) / T.exp(x).sum(axis=1, keepdims=True))[:, 0],
        lambda l: l[0],
        lambda p, j: (j == 0) - p[j],
    ),
    "exp(x) / sum": (
        lambda x: (T.exp(x) / T.exp(x).sum(axis=-1, keepdims=True))[:, 2],
        lambda l: mpmath.exp(l[2]),
        lambda p, j: p[2] * ((j == 2) - p[j]),
    ),
    "exp(x) / sum, by dimshuffle": (
        lambda x: (T.exp(x) / T.exp(x).sum(axis=1).dimshuffle(0, "x"))[:, 2],
        lambda l: mpmath.exp(l[2]),
        lambda p, j: p[2] * ((j == 2) - p[j]),
    ),
    "log(sum(exp(x))) - x[1]": (
        lambda x: T.log(T.exp(x).sum(axis=1)) - x[:, 1],
        lambda l: -l[1],
        lambda p, j: p[j] - (j == 1),
    ),
    "categorical_crossentropy, index": (
        lambda x: T.nnet.categorical_crossentropy(T.nnet.softmax(x), T.zeros_like(x[:, 0], dtype="int64") + 1),
        lambda l: -l[1],
        lambda p, j: p[j] - (j == 1),
    ),
    "categorical_crossentropy, one-hot": (
        lambda x: T.nnet.categorical_crossentropy(T.nnet.softmax(x), T.zeros_like(x) + np.array([0, 1, 0], "int8")),
        lambda l: -l[1],
        lambda p, j: p[j] - (j == 1),
    ),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", VECTOR)
def test_stable_functions_of_rows(name, dtype):
    """Softmax and its logarithm, written in any of the usual ways, are finite and precise at +-1000."""
    build, reference, derivative = VECTOR[name]
    x = T.tensor(dtype, (None, None), "x")
    y = build(x)
    assert y.dtype == dtype
    rows = np.array(ROWS, dtype)
    values, slopes = sd.function([x], [y, sd.grad(y.sum(), x)])(rows)
    for i, row in enumerate(rows):
        logs = mp_log_softmax(row)
        p = [mpmath.exp(v) for v in logs]
        largest = max(abs(float(v)) for v in row)
        within(values[i], reference(logs), largest)
        for j in range(3):
            within(slopes[i, j], derivative(p, j), largest)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_negative_log_likelihood(dtype):
    """-mean(log(softmax(x))[arange(n), y]), the line of every tutorial, stays finite with its gradient."""
    x, y = T.tensor(dtype, (None, None), "x"), T.ivector("y")
    for p in (T.nnet.softmax(x), T.exp(x) / T.exp(x).sum(axis=1, keepdims=True)):
        for picked in (T.log(p)[T.arange(y.shape[0]), y], T.log(p[T.arange(y.shape[0]), y])):
            cost = -T.mean(picked)
            value, slope = sd.function([x, y], [cost, sd.grad(cost, x)])(np.array(ROWS, dtype), [1] * len(ROWS))
            logs = [mp_log_softmax(row) for row in np.array(ROWS, dtype)]
            within(value, -sum(row[1] for row in logs) / len(ROWS), 1000)
            for i, row in enumerate(logs):
                for j in range(3):
                    within(slope[i, j], (mpmath.exp(row[j]) - (j == 1)) / len(ROWS), 1000)


def test_stability_survives_second_derivatives():
    """The Hessian of a stable cost is finite at +-1000, too."""
    x = T.dvector("x")
    for cost in (
        -T.log(T.nnet.softmax(x))[0],
        T.log(T.exp(x).sum()),
        T.log(T.sigmoid(x)).sum(),
        T.nnet.binary_crossentropy(T.sigmoid(x), 1.0).sum(),
    ):
        found = sd.hessian(cost, x).eval({x: [1000.0, -1000.0, 999.0]})
        assert np.isfinite(found).all()

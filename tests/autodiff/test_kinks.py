"""Kinks and integers: the derivative where there are several, or none."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import (
    DisconnectedInputError,
)
from tests.autodiff.slopes import slope_at


@pytest.mark.parametrize(("build", "at", "expected"), [
    (lambda x: abs(x), 0.0, 0.0),
    (lambda x: T.nnet.relu(x), 0.0, 0.0),
    (lambda x: T.relu(x), 0.0, 0.0),
    (lambda x: T.maximum(x, 0), 0.0, 1.0),
    (lambda x: T.minimum(x, 0), 0.0, 1.0),
    (lambda x: T.maximum(0, x), 0.0, 0.0),
    (lambda x: T.clip(x, 0, 1), 0.0, 1.0),
    (lambda x: T.clip(x, 0, 1), 1.0, 1.0),
    (lambda x: T.clip(x, 0, 1), 1.5, 0.0),
    (lambda x: T.switch(x > 0, x, 0.0), 0.0, 0.0),
    (lambda x: x**2, 0.0, 0.0),
    (lambda x: x**1, 0.0, 1.0),
    (lambda x: x**0, 0.0, None),
    (lambda x: T.sqr(x), 0.0, 0.0),
])  # fmt: skip
def test_ties(build, at, expected):
    """The documented choice of a derivative at a kink."""
    x = T.dscalar("x")
    if expected is None:
        with pytest.raises(DisconnectedInputError):
            sd.grad(build(x), x)
        return
    assert sd.grad(build(x), x).eval({x: at}) == expected
    both = sd.function([x], [sd.grad(build(x), x), build(x)])
    assert both(at)[0] == expected


def test_ties_of_extrema():
    """Every one of several equal maxima receives the gradient, as in Theano."""
    assert slope_at(lambda x: x.max(), [1.0, 3.0, 3.0]).tolist() == [0, 1, 1]
    assert slope_at(lambda x: x.min(), [1.0, 1.0, 3.0]).tolist() == [1, 1, 0]
    assert slope_at(lambda x: x.max(axis=0), [[1.0, 2.0], [1.0, 0.0]]).tolist() == [[1, 1], [1, 0]]


def test_integer_inputs():
    """A float cost has float gradients with respect to integers; the gradient of an integer cast is float."""
    i = T.ivector("i")
    slope = sd.grad((2.0 * i).sum(), i)
    assert slope.dtype == "float32" and slope.eval({i: [1, 5]}).tolist() == [2, 2]
    x = T.fvector("x")
    j = T.cast(x, "int32")
    assert sd.grad((j * 0.5).sum(), j).eval({x: [1.5]}).tolist() == [0.5]
    with pytest.raises(DisconnectedInputError):
        sd.grad((j * 0.5).sum(), x)


def test_gradient_at_zero_of_a_power():
    """x ** y at 0: the limits, not NaN."""
    x, y = T.dscalar("x"), T.dscalar("y")
    gx, gy = sd.function([x, y], sd.grad(x**y, [x, y]))(0.0, 2.0)
    assert (gx, gy) == (0, 0)
    assert sd.function([x, y], sd.grad(x**y, x))(0.0, 1.0) == 1


def test_a_branch_not_taken_leaves_no_nan():
    """where(x > 0, log(x), 0) at x = 0: the infinite slope of the branch not taken does not leak."""
    x = T.dvector("x")
    slope = sd.grad(T.where(x > 0, T.log(T.where(x > 0, x, 1.0)), 0.0).sum(), x)
    assert slope.eval({x: [0.0, 2.0]}).tolist() == [0, 0.5]


@pytest.mark.parametrize("dtype", ["int8", "int32", "int64", "uint8"])
def test_gradients_with_respect_to_integers_are_those_of_floats(dtype):
    """As if the integers were numbers in between: casts between integers pass, and no slope overflows its dtype."""
    values = {"n": np.array([4, 2, 3]), "m": np.array([3, 2, 4])}
    formulas = [
        lambda n, m: (n * 1.0).sum() + T.cumsum(n).sum(),
        lambda n, m: (n**m).sum() * 1.0,
        lambda n, m: (n * m).sum() * 0.5,
        lambda n, m: T.prod(n) * 1.0,
        lambda n, m: T.sqr(n).sum() * 1.0,
        lambda n, m: (n / m).sum(),
        lambda n, m: T.exp(n).sum(),
        lambda n, m: (n + T.cumsum(n)).sum() * 1.0,
        lambda n, m: T.mean(n * n),
        lambda n, m: T.maximum(n, m).sum() * 2.0,
        lambda n, m: (n * n * n * n).sum() * 1.0,
        lambda n, m: T.where(n > m, n * m, n).sum() * 1.0,
        lambda n, m: T.dot(n, m) * 1.0,
        lambda n, m: (n[::-1] * m)[T.constant([0, 2])].sum() * 1.0,
        lambda n, m: T.concatenate([n, n * n]).sum() * 1.0,
    ]
    results = []
    for kind, backend in ((dtype, None), ("float64", "numpy")):
        n, m = T.tensor(kind, (None,), "n"), T.tensor(kind, (None,), "m")
        outputs = []
        for cost in (formula(n, m) for formula in formulas):
            outputs += [sd.grad(cost, n), sd.Rop(cost, n, np.array([1.0, 2.0, 3.0], cost.dtype))]
        results.append(sd.function([n, m], outputs, backend=backend)(*(values[v].astype(kind) for v in ("n", "m"))))
    for a, b in zip(*results, strict=True):
        assert a.dtype.kind == "f"
        np.testing.assert_allclose(a, b, rtol=1e-5)


def test_what_is_cut_off_has_no_slope():
    """From floats to integers and back: no gradient and no tangent, in reverse and forward mode."""
    x = T.dvector("x")
    cost = (T.cast(T.cast(x, "int32"), "float64") * 2).sum() + x.sum()
    assert sd.grad(cost, x).eval({x: [1.5, 2.5]}).tolist() == [1, 1]
    assert sd.Rop(cost, x, np.array([1.5, 2.0])).eval({x: [1.5, 2.5]}) == 3.5

"""Formulas whose parts overflow, underflow or cancel: against mpmath and SciPy."""

import mpmath
import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from tests.rewrite.stability.samples import ALLOWED, BACKENDS, LE, LSE, ROWS, L, S, normalised, sigmoid

# Functions of one number whose parts overflow, underflow or cancel: the formula, mpmath's, and where it is defined.
EVERYWHERE, ABOVE, BELOW = (-np.inf, np.inf), (0, np.inf), (-np.inf, 0)
softplus = T.nnet.softplus


def logistic(v):
    return 1 / (1 + mpmath.exp(-v))


FORMULAS = {
    "softplus": (lambda x: T.log(softplus(x)), lambda v: mpmath.log(mpmath.log1p(mpmath.exp(v))), EVERYWHERE),
    "inverse softplus": (lambda x: T.log(T.exp(x) - 1), lambda v: mpmath.log(mpmath.expm1(v)), ABOVE),
    "expm1": (lambda x: T.log(T.expm1(x)[::-1])[::-1], lambda v: mpmath.log(mpmath.expm1(v)), ABOVE),
    "1 - exp": (lambda x: T.log(1 - T.exp(x)), lambda v: mpmath.log(-mpmath.expm1(v)), BELOW),
    "log1p of -exp": (lambda x: T.log1p(-T.exp(x)), lambda v: mpmath.log(-mpmath.expm1(v)), BELOW),
    "-expm1": (lambda x: T.log(-T.expm1(x)), lambda v: mpmath.log(-mpmath.expm1(v)), BELOW),
    "cosh": (lambda x: T.log(T.cosh(x)), lambda v: mpmath.log(mpmath.cosh(v)), EVERYWHERE),
    "sinh": (lambda x: T.log(T.sinh(x)), lambda v: mpmath.log(mpmath.sinh(v)), ABOVE),
    "cosh written out": (
        lambda x: T.log((T.exp(x) + T.exp(-x)) / 2), lambda v: mpmath.log(mpmath.cosh(v)), EVERYWHERE,
    ),
    "a class without logit": (
        lambda x: T.log(T.exp(x) + T.exp(-x) + 1),
        lambda v: mpmath.log(mpmath.exp(v) + mpmath.exp(-v) + 1), EVERYWHERE,
    ),
    "log1p of a sum": (
        lambda x: T.log1p(T.stack([T.exp(x), T.exp(2 * x)]).sum(0)),
        lambda v: mpmath.log(1 + mpmath.exp(v) + mpmath.exp(2 * v)), EVERYWHERE,
    ),
    "3 + exp": (lambda x: T.log(3 + T.exp(x)), lambda v: mpmath.log(3 + mpmath.exp(v)), EVERYWHERE),
    "mixture": (
        lambda x: T.log(0.25 * sigmoid(x) + 0.5 * sigmoid(2 * x)),
        lambda v: mpmath.log(logistic(v) / 4 + logistic(2 * v) / 2), EVERYWHERE,
    ),
    "largest": (
        lambda x: T.log(T.stack([sigmoid(x), sigmoid(x - 1)]).max(0)), lambda v: mpmath.log(logistic(v)), EVERYWHERE,
    ),
    "larger": (
        lambda x: T.log(T.maximum(sigmoid(x), sigmoid(x - 1))), lambda v: mpmath.log(logistic(v)), EVERYWHERE,
    ),
    "limited": (lambda x: T.log(T.clip(sigmoid(x), 0, 1)), lambda v: mpmath.log(logistic(v)), EVERYWHERE),
    "complement, limited": (
        lambda x: T.log(1 - T.minimum(sigmoid(x), 1.0)), lambda v: mpmath.log(logistic(-v)), EVERYWHERE,
    ),
    "absolute": (lambda x: T.log(abs(1 - sigmoid(x))), lambda v: mpmath.log(logistic(-v)), EVERYWHERE),
    "plus zero": (lambda x: T.log((1.0 - sigmoid(x)) + 0.0), lambda v: mpmath.log(logistic(-v)), EVERYWHERE),
    "1 - half": (lambda x: T.log(1 - 0.5 * sigmoid(x)), lambda v: mpmath.log(1 - logistic(v) / 2), EVERYWHERE),
    "1 - exp(log p)": (lambda x: T.log(1 - T.exp(-softplus(x))), lambda v: mpmath.log(logistic(v)), EVERYWHERE),
    "tanh, as sigmoid": (lambda x: T.log(0.5 * T.tanh(x / 2) + 0.5), lambda v: mpmath.log(logistic(v)), EVERYWHERE),
    "tanh, as complement": (
        lambda x: T.log(1 - (1 + T.tanh(x / 2)) / 2), lambda v: mpmath.log(logistic(-v)), EVERYWHERE,
    ),
    "tanh written out": (
        lambda x: (T.exp(x) - T.exp(-x)) / (T.exp(x) + T.exp(-x)), mpmath.tanh, EVERYWHERE,
    ),
    "tanh from exp(2x)": (lambda x: (T.exp(2 * x) - 1) / (T.exp(2 * x) + 1), mpmath.tanh, EVERYWHERE),
    "tanh from exp(-2x)": (lambda x: (1 - T.exp(-2 * x)) / (1 + T.exp(-2 * x)), mpmath.tanh, EVERYWHERE),
    "tanh from sigmoid": (lambda x: 2 / (1 + T.exp(-2 * x)) - 1, mpmath.tanh, EVERYWHERE),
    "swish": (lambda x: x / (1 + T.exp(-x)), lambda v: v * logistic(v), EVERYWHERE),
    "arctanh": (lambda x: T.arctanh(T.tanh(x)), lambda v: v, EVERYWHERE),
    "exp2": (lambda x: T.log2(T.exp2(2 * x)), lambda v: 2 * v, EVERYWHERE),
    "one of a softmax": (lambda x: T.exp(x) / (T.exp(x) + T.exp(2 * x)), lambda v: logistic(-v), EVERYWHERE),
    "times a reciprocal": (
        lambda x: T.exp(x) * (1 / (T.exp(x) + T.exp(2 * x)))[::-1][::-1], lambda v: logistic(-v), EVERYWHERE,
    ),
    "ratio": (lambda x: sigmoid(x) / sigmoid(x - 1), lambda v: logistic(v) / logistic(v - 1), EVERYWHERE),
}  # fmt: skip
AT = np.array([-2000.0, -750.0, -100.0, -39.5, -17.0, -0.7, -0.69, -1e-9, 1e-9, 1e-3, 3.0, 17.0, 38.0, 90.0, 800.0])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", FORMULAS)
def test_formulas_that_overflow_or_cancel(name, backend):
    """Values and three derivatives (reverse, forward, second) against differences in 160 digits.

    A second difference of numbers below 1e4 in steps of 1e-40 loses at most 1e-75 to rounding and to the step.
    """
    formula, exact, (low, high) = FORMULAS[name]
    for dtype, tolerance in (("float64", 1e-9), ("float32", 1e-4)):
        at = AT.astype(dtype)
        at = at[(at > low) & (at < high)]
        x = T.vector("x", dtype=dtype)
        value = formula(x)
        slope = sd.grad(value.sum(), x)
        again = sd.grad(slope.sum(), x, disconnected_inputs="ignore")
        outputs = [value, slope, sd.jvp(value, x, T.ones_like(x)), again]
        found = sd.function([x], outputs, backend=backend)(at)
        with mpmath.workdps(160):
            step = mpmath.mpf(10) ** -40
            points = [[exact(mpmath.mpf(float(v)) + k * step) for k in (-1, 0, 1)] for v in at]
            first = [float((after - before) / (2 * step)) for before, _, after in points]
            second = [float((after - 2 * at + before) / step**2) for before, at, after in points]
            expected = [[float(at) for _, at, _ in points], first, first, second]
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)


ROW_FORMULAS = {
    "one over all": (lambda x: T.exp(x)[:, 0] / T.exp(x).sum(1), lambda x: np.exp(L(x))[:, 0]),
    "renormalised": (lambda x: sigmoid(x) / sigmoid(x).sum(1, keepdims=True), lambda x: np.exp(L(LE(x)))),
    "masked, renormalised": (
        lambda x: normalised(S(x) * ALLOWED, lambda e: e.sum(1, keepdims=True)),
        lambda x: np.where(ALLOWED, np.exp(L(np.where(ALLOWED, x, -np.inf))), 0),
    ),
    "by a product": (lambda x: T.exp(x) * (1 / T.exp(x).sum(1, keepdims=True)), lambda x: np.exp(L(x))),
    "columns": (lambda x: T.exp(x)[1] / T.exp(x).sum(0), lambda x: np.exp(x - LSE(x, axis=0))[1]),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", ROW_FORMULAS)
def test_quotients_of_what_overflows(name, backend):
    """a / b is computed in the log domain where both may overflow or round to 0, gradients too."""
    formula, exact = ROW_FORMULAS[name]
    x = T.dmatrix("x")
    value = formula(x)
    found, slope = sd.function([x], [value, sd.grad((value**2).sum(), x)], backend=backend)(ROWS)
    np.testing.assert_allclose(found, exact(ROWS), rtol=1e-9, atol=1e-300)
    assert np.isfinite(slope).all()


def test_quotients_that_do_not_overflow_stay():
    """What has a better logarithm only for its digits is no reason to compute a quotient by exp and log."""
    d = T.dmatrix("d")
    weights = 1 / (1 + d**2)
    names = {node.op.name for node in sd.function([d], weights / weights.sum()).stages["rewritten"].nodes()}
    assert not names & {"exp", "log", "log1p", "logsumexp"}


def test_limits_that_are_meant_stay():
    """A limit below 1 and above 0 is the user's: the cost stops there, and so does its gradient."""
    x = T.dvector("x")
    cost = T.log(T.clip(sigmoid(x), 1e-7, 1 - 1e-7))
    value, slope = sd.function([x], [cost, sd.grad(cost.sum(), x)])([-1000.0, 0.0])
    np.testing.assert_allclose(value, [np.log(1e-7), np.log(0.5)])
    np.testing.assert_allclose(slope, [0, 0.5])

"""Implicit gradients: slopes of draws beside mpmath's derivatives of distribution functions, and of expectations."""

import mpmath
import numpy as np
import pytest
from scipy import special

import symdrop as sd
import symdrop.tensor as T
from symdrop.ops.sampling.circular import von_mises_slope
from symdrop.ops.sampling.gamma import log_gamma_slope


def exact_gamma_slope(a, log_x):
    """-(dF/da) / (density * x), by central differences of 50 digits in the tail where x lies."""
    with mpmath.workdps(50):
        shape, x = mpmath.mpf(a), mpmath.e ** mpmath.mpf(log_x)
        h = shape * mpmath.mpf(10) ** -15
        ends = [[0, x]] if x < shape else [[x, mpmath.inf]]
        low, high = (mpmath.gammainc(shape + s * h, *ends[0], regularized=True) for s in (-1, 1))
        moved = (high - low) / (2 * h) * (1 if x < shape else -1)
        return float(-moved / (x**shape * mpmath.e**-x / mpmath.gamma(shape)))


@pytest.mark.parametrize("a", [1e-3, 0.03, 0.3, 0.999, 1.0, 1.7, 10.0, 300.0, 1e4])
def test_gamma_slopes_have_thirteen_digits(a):
    """From far in one tail to far in the other, where series and quadrature meet too."""
    logs = []
    for p in (1e-6, 0.01, 0.3, 0.6, 0.9, 0.999, 1 - 1e-9):
        x = special.gammaincinv(a, p)
        logs.append(np.log(x) if x > 1e-300 else (np.log(p) + special.gammaln(a + 1)) / a)
    logs += [-1e-9, 1e-9, np.log(a)]
    found = log_gamma_slope(np.full(len(logs), a), np.array(logs)).eval()
    np.testing.assert_allclose(found, [exact_gamma_slope(a, log_x) for log_x in logs], rtol=1e-12)


@pytest.mark.parametrize("kappa", [0.01, 0.5, 2.0, 10.0, 500.0, 1e5])
def test_von_mises_slopes(kappa):
    """Beside mpmath's integral of the derivative of the density."""
    angles = np.array([-3.1, -1.0, -0.1, -0.001, 0.02, 1.5]) / np.sqrt(max(kappa, 1.0))

    def exact(angle):
        k, end = mpmath.mpf(kappa), mpmath.mpf(-abs(angle))
        mean = mpmath.besseli(1, k) / mpmath.besseli(0, k)
        near = [end - c / mpmath.sqrt(k) for c in (10, 3, 1)]
        points = [-mpmath.pi, *(point for point in near if point > -mpmath.pi), end]
        value = mpmath.quad(
            lambda t: mpmath.exp(k * (mpmath.cos(t) - mpmath.cos(end))) * (mpmath.cos(t) - mean), points
        )
        return float(value if angle > 0 else -value)

    found = von_mises_slope(np.full(len(angles), kappa), angles).eval()
    np.testing.assert_allclose(found, [exact(angle) for angle in angles], rtol=1e-9, atol=1e-14)


def test_slopes_of_expectations():
    """The mean of slopes is the slope of the mean, which has a formula for each of these laws."""
    a, b, size = T.dscalar("a"), T.dscalar("b"), (200_000,)
    stream = sd.RandomStream(seed=40)
    for draw, inputs, values, expected in (
        (stream.gamma(shape=a, scale=b, size=size) ** 2, [a, b], (2.5, 3.0), [9 * (2 * 2.5 + 1), 2 * 3 * 2.5 * 3.5]),
        (T.log(stream.gamma(shape=a, size=size)), [a], (0.3,), [special.polygamma(1, 0.3)]),
        (stream.chisquare(df=a, size=size) ** 2, [a], (4.0,), [2 * 4.0 + 2]),
        (stream.beta(a=a, b=b, size=size), [a, b], (2.0, 3.0), [3 / 25, -2 / 25]),
        (stream.beta(a=a, b=b, size=size), [a, b], (0.05, 0.1), [0.1 / 0.15**2, -0.05 / 0.15**2]),
        (T.log(abs(stream.student_t(df=a, size=size))), [a], (5.0,),
         [0.5 / 5.0 - special.polygamma(1, 2.5) / 4]),
        (stream.f(dfnum=a, dfden=b, size=size), [a, b], (5.0, 9.0), [0, -2 / 49]),
        (T.cos(stream.von_mises(kappa=a, size=size)), [a], (2.0,),
         [1 - special.i1(2) / special.i0(2) / 2 - (special.i1(2) / special.i0(2)) ** 2]),
    ):  # fmt: skip
        f = sd.function(inputs, sd.grad(draw.mean(), inputs))
        np.testing.assert_allclose(f(*values), expected, rtol=0.03, atol=2e-3)


def test_slopes_of_probabilities_sum_to_zero():
    """What one category gains the others lose; the mean of a category moves as alpha / sum(alpha) does."""
    alpha = T.dvector("alpha")
    p = sd.RandomStream(seed=41).dirichlet(alpha=alpha, size=(100_000,))
    given = np.array([0.2, 1.0, 3.0])
    weights = np.array([1.0, 0.0, 0.0])
    f = sd.function([alpha], [sd.grad(p.sum(), alpha), sd.grad((p * weights).sum(axis=1).mean(), alpha)])
    nothing, slopes = f(given)
    total = given.sum()
    np.testing.assert_allclose(nothing, 0, atol=1e-9)
    np.testing.assert_allclose(slopes, [(total - 0.2) / total**2, *[-0.2 / total**2] * 2], rtol=0.03)


def test_slopes_of_covariances():
    """The mean of a Wishart matrix is df * scale; slopes by both, and of a normal vector's square."""
    df, scale = T.dscalar("df"), T.dmatrix("scale")
    given = np.array([[2.0, 0.5], [0.5, 1.0]])
    W = sd.RandomStream(seed=42).wishart(df=df, scale=scale, size=(50_000,))
    f = sd.function([df, scale], [sd.grad(W[:, 0, 0].mean(), df), sd.grad(W[:, 0, 0].mean(), scale)])
    by_df, by_scale = f(4.5, given)
    np.testing.assert_allclose(by_df, 2.0, rtol=0.03)
    np.testing.assert_allclose(by_scale, [[4.5, 0], [0, 0]], atol=0.15)


def test_a_slope_of_a_slope_is_refused():
    """Second derivatives by the shape are not known; the error names what is not."""
    a = T.dscalar("a")
    x = sd.RandomStream(seed=1).gamma(shape=a)
    with pytest.raises(sd.errors.NotDifferentiableError, match="log_gamma_slope"):
        sd.grad(sd.grad(x, a), a)


def test_the_forward_pass_computes_no_slope():
    """Slopes cost more than draws, and are computed only where a gradient was asked for."""
    a = T.dscalar("a")
    f = sd.function([a], sd.RandomStream(seed=1).gamma(shape=a, size=(3,)))
    assert not any("slope" in node.op.name for node in f.stages["rewritten"].nodes())

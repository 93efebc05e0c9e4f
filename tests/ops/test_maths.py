"""Functions as native formulas: how far they are from the truth, and what they make of inf, NaN, zeros and denormals.

float32 is compared with NumPy and scipy in float64, float64 with mpmath. An ulp is the distance from the exact result's
float to the next. tests/benchmarks/ulp.py measures the same over far more values, and the speed.
"""

from __future__ import annotations

import functools

import mpmath
import numpy as np
import pytest
import scipy.special

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends.native.jit import compiler

LEVELS = compiler.LEVELS[: compiler.LEVELS.index(compiler.host().level) + 1]


def rsqrt(x):
    return 1 / np.sqrt(x)


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


# The expression and its value in float64. All hold 2.5 ulp in float32.
FLOAT32 = {
    "exp": (T.exp, np.exp),
    "exp2": (T.exp2, np.exp2),
    "expm1": (T.expm1, np.expm1),
    "log": (T.log, np.log),
    "log2": (T.log2, np.log2),
    "log10": (T.log10, np.log10),
    "log1p": (T.log1p, np.log1p),
    "tanh": (T.tanh, np.tanh),
    "sigmoid": (T.nnet.sigmoid, scipy.special.expit),
    "softplus": (T.nnet.softplus, softplus),
    "erf": (T.erf, scipy.special.erf),
    "sin": (T.sin, np.sin),
    "cos": (T.cos, np.cos),
    "sqrt": (T.sqrt, np.sqrt),
    "rsqrt": (lambda x: 1 / T.sqrt(x), rsqrt),
}
# The expression, its value in mpmath, and from where to where it is interesting. All hold 2 ulp in float64, but for
# sigmoid: 1 / (1 + exp(-x)) makes 2.5 near -53 log 2 even of exact exponentials.
FLOAT64 = {
    "exp": (T.exp, mpmath.exp, -750, 712),
    "exp2": (T.exp2, lambda x: mpmath.power(2, x), -1080, 1026),
    "expm1": (T.expm1, mpmath.expm1, -40, 40),
    "log": (T.log, mpmath.log, 0, 10),
    "log2": (T.log2, lambda x: mpmath.log(x, 2), 0, 10),
    "log10": (T.log10, mpmath.log10, 0, 10),
    "log1p": (T.log1p, mpmath.log1p, -1, 10),
    "tanh": (T.tanh, mpmath.tanh, -22, 22),
    "sigmoid": (T.nnet.sigmoid, lambda x: 1 / (1 + mpmath.exp(-x)), -700, 700),
    "softplus": (T.nnet.softplus, lambda x: mpmath.log1p(mpmath.exp(x)), -700, 40),
    "sin": (T.sin, mpmath.sin, -1e5, 1e5),
    "cos": (T.cos, mpmath.cos, -1e5, 1e5),
}

# Where reductions change over, results are nearly 0, nearly denormal or nearly infinite.
HARD = np.array(
    [0.1733, 0.3466, 0.3535, 0.4142, 0.55, 0.7071, 0.7854, 0.95, 1, 1.0397, 1.4142, 1.5708, 2, 2.3562, 3.1416, 4, 9.01,
     16.6, 86.6, 87.34, 88.72, 103.97, 126, 149, 355 / 2, 1e4, 2**17, 2**24, 2.0**126, 2.0**-126]
)  # fmt: skip
SPECIAL = [0.0, np.inf, np.nan, 1.0, 2.0, 0.5, 100.0, 1000.0, "tiny", "denormal", "max"]


def special(dtype):
    """Values that no formula gives by itself, of both signs."""
    info = np.finfo(dtype)
    named = {"tiny": info.tiny, "denormal": info.smallest_subnormal, "max": info.max}
    values = np.array([named.get(value, value) for value in SPECIAL], dtype)
    return np.concatenate([values, -values])


def bit_patterns(step):
    """Every so-manieth of all float32, infinities and NaN included; denser around the hard points."""
    every = np.arange(0, 2**32, step, dtype=np.uint64).astype(np.uint32).view(np.float32)
    near = (HARD.astype(np.float32).view(np.int32)[:, None] + np.arange(-300, 300)).view(np.float32).ravel()
    return np.concatenate([every, near, -near, special(np.float32)])


@functools.cache
def compiled(expression, dtype, level, arguments=1):
    variables = [T.tensor(dtype=dtype, shape=(None,)) for _ in range(arguments)]
    with sd.config.change(target=level):
        f = sd.function(variables, expression(*variables), backend="native")
    assert f.backend == "native" and not any("fallback" in str(kernel) for kernel in f.kernels)
    return f


def ulps32(got, exact):
    """The distance of float32 results from exact ones given in float64, in ulps; inf where one alone is NaN."""
    exponent = np.frexp(np.where(np.isfinite(exact), exact, 0))[1] - 1
    ulp = np.ldexp(1.0, np.clip(exponent, -126, 127) - 23)
    # What is past the largest number counts as the next one would.
    beyond = 2.0**128
    error = np.abs(np.clip(got.astype(np.float64), -beyond, beyond) - np.clip(exact, -beyond, beyond)) / ulp
    return np.where(np.isnan(got) & np.isnan(exact), 0, np.where(np.isnan(error), np.inf, error))


def ulps64(got, exact):
    """The distance of a float64 from an exact mpmath number, in ulps."""
    if exact == 0 or mpmath.isinf(exact):
        return 0.0 if got == exact else np.inf
    if np.isinf(got):
        got = mpmath.ldexp(np.sign(got), 1024)
    exponent = max(mpmath.frexp(exact)[1] - 1, -1022)
    return float(abs(mpmath.mpf(got) - exact) / mpmath.ldexp(1, exponent - 52))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", FLOAT32)
def test_float32_error(name, level):
    """Rounding of results may not depend on luck: all of float32 is sampled, with and without a fused multiply-add."""
    expression, exact = FLOAT32[name]
    x = bit_patterns(3989)
    if name == "sigmoid":
        # 1 / (1 + exp(-x)), the definition, is 0 as soon as exp(-x) is infinite.
        x = x[~(x < -88)]
    got = compiled(expression, "float32", level)(x)
    with np.errstate(all="ignore"):
        error = ulps32(got, exact(x.astype(np.float64)))
    worst = np.argmax(error)
    assert error[worst] <= 2.5, f"{error[worst]:.2f} ulp at {x[worst]!r}"


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", FLOAT64)
def test_float64_error(name, level):
    """Within 2 units in the last place of mpmath's values, 2.5 for sigmoid, at every level of instructions."""
    expression, exact, low, high = FLOAT64[name]
    rng = np.random.default_rng(1)
    near = (HARD.view(np.int64)[:, None] + rng.integers(-(2**40), 2**40, (len(HARD), 8))).view(np.float64).ravel()
    x = np.concatenate([rng.uniform(low, high, 300), rng.uniform(max(low, -2), 2, 300), near, -near])
    x = x[(x > low) & (x < high)]
    got = compiled(expression, "float64", level)(x)
    with mpmath.workdps(40):
        error = [ulps64(y, exact(mpmath.mpf(value))) for y, value in zip(got, x, strict=True)]
    worst = np.argmax(error)
    assert error[worst] <= (2.5 if name == "sigmoid" else 2), f"{error[worst]:.2f} ulp at {x[worst]!r}"


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FLOAT32)
def test_special_values_are_those_of_numpy(name, dtype, level):
    """NaN, infinities and zeros where NumPy has them, with the same sign."""
    expression, reference = FLOAT32[name]
    x = special(dtype)
    got = compiled(expression, dtype, level)(x)
    with np.errstate(all="ignore"):
        if name == "sigmoid":
            wanted = 1 / (1 + np.exp(-x))
        else:
            wanted = reference(x)
    assert got.dtype == wanted.dtype
    np.testing.assert_array_equal(np.isnan(got), np.isnan(wanted))
    extreme = np.isinf(wanted) | (wanted == 0)
    np.testing.assert_array_equal(got[extreme], wanted[extreme])
    known = ~np.isnan(wanted)
    np.testing.assert_array_equal(np.signbit(got[known]), np.signbit(wanted[known]))
    np.testing.assert_allclose(got[known], wanted[known], rtol=4 * np.finfo(dtype).eps, atol=0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_exact_results(dtype):
    """What is a number of few digits comes out as that number, so that code written for it keeps working."""
    info = np.finfo(dtype)
    powers = np.arange(info.minexp - info.nmant, info.maxexp).astype(dtype)
    numbers = np.ldexp(np.ones((), dtype), powers.astype(int))
    np.testing.assert_array_equal(compiled(T.exp2, dtype, "host")(powers), numbers)
    np.testing.assert_array_equal(compiled(T.log2, dtype, "host")(numbers), powers)
    decimals = np.arange(11 if dtype == "float32" else 23).astype(dtype)
    tens = np.array([10**k for k in range(len(decimals))], dtype)
    np.testing.assert_array_equal(compiled(T.log10, dtype, "host")(tens), decimals)
    for expression, x, y in [
        (T.exp, 0, 1),
        (T.log, 1, 0),
        (T.log1p, 0, 0),
        (T.cos, 0, 1),
        (T.tanh, 30, 1),
        (T.erf, 9, 1),
    ]:
        assert compiled(expression, dtype, "host")(np.full(1, x, dtype)) == y


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_long_waves(dtype, level):
    """sin and cos of large numbers, and of those nearest to a zero, take other ways: a few of them among small ones."""
    rng = np.random.default_rng(2)
    x = rng.uniform(-10, 10, 1000).astype(dtype)
    large = rng.integers(0, len(x), 40)
    x[large] = np.ldexp(rng.uniform(-1, 1, 40), rng.integers(15, 128, 40))
    x[::10] = rng.integers(-80_000, 80_000, 100) * (np.pi / 2)
    for expression, exact in [(T.sin, mpmath.sin), (T.cos, mpmath.cos)]:
        got = compiled(expression, dtype, level)(x)
        with mpmath.workdps(80):
            wanted = [exact(mpmath.mpf(float(value))) for value in x]
            if dtype == "float32":
                assert ulps32(got, np.array(wanted, np.float64)).max() <= 2.5
            else:
                assert max(map(ulps64, got, wanted)) <= 2


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("expression", [T.exp, T.tanh, T.log, T.sin, T.erf, T.ndtri], ids=lambda op: op.__name__)
def test_neighbours_do_not_matter(expression, level):
    """A value is the same to the last bit wherever it stands: in a full vector, in the masked rest, alone."""
    x = np.random.default_rng(3).uniform(0, 1, 150).astype(np.float32)
    f = compiled(expression, "float32", level)
    whole = f(x)
    for start, stop in [(0, 1), (0, 31), (1, 34), (5, 70), (149, 150)]:
        np.testing.assert_array_equal(f(x[start:stop]), whole[start:stop])


def power(a, b):
    return a**b


@pytest.mark.parametrize("level", LEVELS)
def test_power_error(level):
    """float32 powers are within 2.5 units in the last place of NumPy's in float64, wherever the result lies."""
    rng = np.random.default_rng(4)
    n = 20_000
    base = rng.integers(0, 0x7F800000, n).astype(np.uint32).view(np.float32)
    base[: n // 4] = rng.uniform(0.5, 2, n // 4)
    # Results from 0 to inf, all binary exponents alike.
    exponent = (rng.uniform(-152, 130, n) / np.log2(base.astype(np.float64))).astype(np.float32)
    base[: n // 8] *= -1
    exponent[: n // 8] = rng.integers(-40, 40, n // 8)
    got = compiled(power, "float32", level, 2)(base, exponent)
    with np.errstate(all="ignore"):
        exact = np.power(base.astype(np.float64), exponent.astype(np.float64))
    assert ulps32(got, exact).max() <= 2.5


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_power_of_special_values(dtype, level):
    """x**0 and 1**x are 1 even of NaN; signs of zeros and infinities follow odd whole exponents."""
    numbers = [0, 1, 2, 3, 0.5, 1.5, 7, np.inf, np.nan, 2.0**22 + 0.5, 2.0**23 + 1, 2.0**24 - 1, 1e10, 1e30, 1e-30]
    values = np.array([*numbers, *(-x for x in numbers)], dtype)
    a, b = (grid.ravel() for grid in np.meshgrid(values, values))
    with np.errstate(all="ignore"):
        wanted = np.power(a, b)
    got = compiled(power, dtype, level, 2)(a, b)
    np.testing.assert_allclose(got, wanted, rtol=3e-7)
    known = ~np.isnan(wanted)
    np.testing.assert_array_equal(np.signbit(got[known]), np.signbit(wanted[known]))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("exponent", [0, 1, 2, 3, 4, -1, -2, 0.5, -0.5, 2.5])
def test_power_of_a_constant(exponent, dtype):
    """Where the exponent is a constant a product may do; infinities and signed zeros stay as they are."""
    x = special(dtype)
    with np.errstate(all="ignore"):
        wanted = np.power(x, np.asarray(exponent, dtype))
    got = compiled(functools.partial(power, b=exponent), dtype, "host")(x)
    np.testing.assert_allclose(got, wanted, rtol=8 * np.finfo(dtype).eps)
    known = ~np.isnan(wanted)
    np.testing.assert_array_equal(np.signbit(got[known]), np.signbit(wanted[known]))


@pytest.mark.parametrize("level", LEVELS)
def test_ndtri(level):
    """The inverse distribution function of a normal agrees with SciPy's and, in float64, with mpmath's ncdf."""
    rng = np.random.default_rng(5)
    small = np.exp(-rng.uniform(0, 100, 20_000))
    p = np.concatenate([rng.uniform(0, 1, 20_000), small, 1 - small]).astype(np.float32)
    got = compiled(T.ndtri, "float32", level)(p)
    np.testing.assert_allclose(got, scipy.special.ndtri(p.astype(np.float64)), rtol=5e-7)
    # In float64 the error is what the distribution function, which mpmath has, makes of the result.
    small = np.exp(-rng.uniform(0, 740, 100))
    p = np.concatenate([rng.uniform(0, 1, 100), small, 0.5 + rng.uniform(-1e-3, 1e-3, 20)])
    got = compiled(T.ndtri, "float64", level)(p)
    with mpmath.workdps(40):
        for z, exact in zip(map(mpmath.mpf, got), map(mpmath.mpf, p), strict=True):
            assert abs(mpmath.ncdf(z) - exact) <= 4e-15 * abs(z) * mpmath.npdf(z)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_ndtri_of_special_values(dtype):
    x = special(dtype)
    np.testing.assert_allclose(compiled(T.ndtri, dtype, "host")(x), scipy.special.ndtri(x), rtol=5e-7)

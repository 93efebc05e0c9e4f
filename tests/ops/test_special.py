"""Special functions: native code gives SciPy's own bits, edges are SciPy's, and unknown derivatives are told."""

import mpmath
import numpy as np
import pytest
import scipy.special

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, NotDifferentiableError
from symdrop.lower.vectorize.special_functions import address
from symdrop.ops.numpy_maths import SPECIAL

EDGES = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 1e-300, 1e300, -3.5])
# One operand each, and two.
SINGLE = (
    "gamma",
    "gammaln",
    "digamma",
    "erfinv",
    "erfcinv",
    "erfcx",
    "log_ndtr",
    "expi",
    "spence",
    "i0",
    "i1e",
    "j0",
    "j1",
)
DOUBLE = ("beta", "betaln", "gammainc", "gammaincc", "iv", "kv")


@pytest.mark.parametrize("name", SINGLE)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_native_code_calls_what_scipy_calls(name, dtype):
    """In float64 the C function is the same, so the bits are; float32 is computed in it, and rounded once."""
    x = T.tensor(dtype, (None,))
    f = sd.function([x], getattr(T, name)(x))
    assert not any("fallback" in kernel for kernel in f.kernels), f.kernels
    with np.errstate(all="ignore"):
        values = np.concatenate([np.linspace(-3, 4, 101), EDGES]).astype(dtype)
        expected = getattr(scipy.special, name)(values)
    np.testing.assert_allclose(f(values), expected, rtol=0 if dtype == "float64" else 2.5e-7)


@pytest.mark.parametrize("name", DOUBLE)
def test_native_code_calls_what_scipy_calls_with_two_operands(name):
    """The same for pairs of edges."""
    a, b = T.dvectors("a", "b")
    f = sd.function([a, b], getattr(T, name)(a, b))
    assert not any("fallback" in kernel for kernel in f.kernels), f.kernels
    first, second = (grid.ravel() for grid in np.meshgrid(EDGES, EDGES))
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(f(first, second), getattr(scipy.special, name)(first, second))


@pytest.mark.parametrize("name", ["logaddexp", "logaddexp2", "hypot", "xlogy", "xlog1py", "rel_entr", "kl_div", "entr"])
def test_formulas_have_the_edges_of_numpy_and_scipy(name):
    """Infinities, zeros of both signs and NaN in all pairs."""
    expected = getattr(np, name, None) or getattr(scipy.special, name)
    arity = 1 if name == "entr" else 2
    grids = [grid.ravel() for grid in np.meshgrid(*[EDGES] * arity)]
    variables = T.dvectors(arity) if arity > 1 else [T.dvector()]
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(
            sd.function(variables, getattr(T, name)(*variables))(*grids), expected(*grids), rtol=1e-14
        )


def test_every_special_function_is_scipys_and_most_are_native():
    """The table says how many operands each takes; of few there is no C function to call."""
    assert all(callable(getattr(scipy.special, name)) for name in SPECIAL)
    assert [name for name in SPECIAL if address(name) is None] == ["zeta"]


def test_log1mexp_is_precise_at_both_ends():
    """Where exp(-x) is near 1 and where it is tiny; the reference has 50 digits."""
    values = np.array([1e-300, 1e-10, 0.1, 0.69, 0.7, 3.0, 40.0, 700.0])
    with mpmath.workdps(400):
        expected = [float(mpmath.log(1 - mpmath.exp(-mpmath.mpf(float(v))))) for v in values]
    x = T.dvector()
    np.testing.assert_allclose(sd.function([x], T.log1mexp(x))(values), expected, rtol=4e-16)


def test_sinc_is_smooth_at_zero():
    """Its curvature there is -pi^2 / 3, which no difference of its parts would give."""
    x = T.dscalar()
    slope = sd.grad(T.sinc(x), x)
    f = sd.function([x], [T.sinc(x), slope, sd.grad(slope, x)])
    np.testing.assert_allclose(f(0.0), [1, 0, -(np.pi**2) / 3], rtol=1e-12)
    np.testing.assert_allclose(f(1e-2)[2], f(0.0)[2], rtol=1e-3)


@pytest.mark.parametrize("backend", ["numpy", "native"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sinc_vanishes_at_integers(dtype, backend):
    """pi rounded to float32 and multiplied by 3 is no half turn: NumPy gives -2.5e-9 there (seed 795938854)."""
    values = np.array([*range(-5, 6), 0.5, -0.25, 2.75, 1000.5, 1e6 + 0.25], dtype)
    x = T.vector(dtype=dtype)
    found = sd.function([x], T.sinc(x), backend=backend)(values)
    exact = [float(mpmath.sincpi(float(v))) for v in values]
    np.testing.assert_allclose(
        found, np.where(values == np.rint(values), values == 0, exact), rtol=2e-6 if dtype == "float32" else 4e-15
    )


def test_spence_is_smooth_at_one():
    """Its slope there is -1 and its curvature 1/2, where both formulas are 0 / 0."""
    x = T.dscalar()
    slope = sd.grad(T.spence(x), x)
    f = sd.function([x], [T.spence(x), slope, sd.grad(slope, x)])
    np.testing.assert_allclose(f(1.0), [0, -1, 0.5], rtol=1e-12)
    np.testing.assert_allclose(f(1.001)[2], 0.5, atol=1e-3)


@pytest.mark.parametrize(("call", "operand"), [
    (lambda a, x: T.gammainc(a, x), 0), (lambda a, x: T.iv(a, x), 0), (lambda a, x: T.zeta(a, x), 0),
])  # fmt: skip
def test_a_derivative_that_nobody_wrote_down_is_an_error(call, operand):
    """It is told which operand, and the others have theirs; held constant, nothing is asked of it."""
    given = T.dvectors("a", "x")
    cost = call(*given).sum()
    with pytest.raises(NotDifferentiableError, match=r"no derivative is known of .* by its operand 'a'"):
        sd.grad(cost, given[operand])
    sd.grad(cost, given[1 - operand])
    sd.grad(call(sd.disconnected_grad(given[0] * 2), given[1]).sum(), given[1])


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda: T.polygamma(T.iscalar(), 1.0), GraphTypeError, "order of polygamma is a Python integer"),
    (lambda: T.polygamma(-1, 1.0), ArgumentError, "at least 0"),
    (lambda: T.multigammaln(3.0, 0), ArgumentError, "at least 1"),
    (lambda: T.ldexp(1.0, 0.5), GraphTypeError, "integers as exponents"),
    (lambda: T.gcd(1.5, 2), GraphTypeError, "not defined for float"),
])  # fmt: skip
def test_bad_arguments(call, error, says):
    """An order or a dimension is a number of the program; exponents and divisors are integers."""
    with pytest.raises(error, match=says):
        call()


def test_parts_of_floats_go_together_again():
    """frexp and ldexp, modf and a sum, on edges too."""
    x = T.dvector()
    mantissa, exponent = T.frexp(x)
    fraction, whole = T.modf(x)
    values = np.array([0.0, -0.0, 1.0, -2.5, 1e300, 5e-324, np.inf, -np.inf, np.nan])
    f = sd.function([x], [mantissa, exponent, T.ldexp(mantissa, exponent), fraction, whole])
    made = f(values)
    for one, expected in zip(made, (*np.frexp(values), values, *np.modf(values)), strict=True):
        np.testing.assert_array_equal(one, expected)
        np.testing.assert_array_equal(np.signbit(one), np.signbit(expected))


@pytest.mark.parametrize(("name", "arguments"), [
    ("exp1", ([0.1, 1.0, 5.0],)), ("dawsn", ([-2.0, 0.1, 3.0],)),
    ("owens_t", ([-1.0, 0.5], [2.0, -0.3])), ("hyp1f1", ([0.5, 2.0], [1.5, 1.0], [-3.0, 0.7])),
    ("hyp2f1", ([0.5, 1.0], [1.5, 2.0], [2.5, 3.0], [0.3, -0.7])), ("jv", ([0.5, 2.0], [1.0, 3.0])),
    ("ive", ([0.5, 2.0], [1.0, 30.0])), ("kve", ([0.5, 2.0], [1.0, 30.0])), ("gammaincinv", ([0.5, 3.0], [0.1, 0.9])),
    ("gammainccinv", ([0.5, 3.0], [0.1, 0.9])), ("betaincinv", ([0.5, 3.0], [2.0, 1.5], [0.1, 0.9])),
])  # fmt: skip
def test_integrals_and_inverses_are_scipys(name, arguments):
    """Values of SciPy's; slopes, where there are some, of differences."""
    values = [np.asarray(one) for one in arguments]
    variables = [T.dvector() for _ in values]
    made = getattr(T, name)(*variables)
    np.testing.assert_allclose(sd.function(variables, made)(*values), getattr(scipy.special, name)(*values), rtol=1e-14)
    *held, last = values
    sd.verify_grad(lambda x: getattr(T, name)(*held, x), [last], rng=np.random.default_rng(0))


@pytest.mark.parametrize(("ours", "theirs"), [
    *((lambda x, n=n: T.expn(n, x), lambda x, n=n: scipy.special.expn(n, x)) for n in (0, 1, 2, 5)),
    *((lambda x, i=i: T.sici(x)[i], lambda x, i=i: scipy.special.sici(x)[i]) for i in (0, 1)),
    *((lambda x, i=i: T.fresnel(x)[i], lambda x, i=i: scipy.special.fresnel(x)[i]) for i in (0, 1)),
    (lambda x: T.kn(2, x), lambda x: scipy.special.kn(2, x)), (lambda x: T.jn(2, x), lambda x: scipy.special.jn(2, x)),
    (lambda x: T.bessel_jn(x, v=2), lambda x: np.stack([scipy.special.jn(v, x) for v in range(3)])),
])  # fmt: skip
def test_functions_of_an_order_or_with_two_values_are_scipys(ours, theirs):
    """Values of SciPy's, in float32 too, and slopes of the first and second order of differences."""
    x, values = T.dvector(), np.array([0.2, 1.0, 4.0])
    np.testing.assert_allclose(sd.function([x], ours(x))(values), theirs(values), rtol=1e-14)
    z = T.fvector()
    single = sd.function([z], ours(z))(values.astype("float32"))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, theirs(values), rtol=3e-6)
    sd.verify_grad(ours, [values], rng=np.random.default_rng(0))
    sd.verify_grad(lambda x: sd.grad(T.sum(ours(x)), x), [values], rng=np.random.default_rng(0))


def test_sine_integral_at_0():
    """Its slope there is 1."""
    x = T.dscalar()
    value, slope = sd.function([x], [T.sici(x)[0], sd.grad(T.sici(x)[0], x)])(0.0)
    assert value == 0 and slope == 1


@pytest.mark.parametrize("call", [lambda: T.expn(-1, 1.0), lambda: T.bessel_jn(1.0, v=-1)])
def test_orders_below_0_are_refused(call):
    with pytest.raises(ArgumentError, match="0 or more, not -1"):
        call()

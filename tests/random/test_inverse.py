"""Distributions of floats, above all those by inversion: laws, places of elements, slopes, ends, bad parameters."""

import numpy as np
import pytest
from scipy import stats

import symdrop as sd
import symdrop.tensor as T
from symdrop.graph import toposort
from tests.random.laws import CONTINUOUS, IMPLICIT
from tests.random.samples import SEED, sample, words

FLOATS = {**CONTINUOUS, **IMPLICIT}
INVERTED = sorted(CONTINUOUS.keys() - {"truncated_normal", "lognormal"})


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", sorted(FLOATS))
def test_the_law(name, dtype):
    """Samples pass the test of Kolmogorov and Smirnov against SciPy's distribution function; float16 as it rounds."""
    parameters, law = FLOATS[name]
    x = sample(getattr(sd.RandomStream(seed=22), name)(**parameters, size=(100_000,), dtype=dtype))
    assert x.dtype == dtype and np.isfinite(x).all()
    assert stats.kstest(x.astype(float), law.cdf).pvalue > 0.001


@pytest.mark.parametrize("name", sorted(FLOATS))
def test_float16_is_drawn_as_float32(name):
    """Short floats are rounded once, at the end."""
    draws = [
        getattr(sd.RandomStream(seed=22), name)(**FLOATS[name].parameters, size=(1000,), dtype=dtype)
        for dtype in ("float16", "float32")
    ]
    short, long = (sample(draw) for draw in draws)
    np.testing.assert_array_equal(short, long.astype("float16"))


@pytest.mark.parametrize("backend", ["native", "numpy"])
@pytest.mark.parametrize("name", INVERTED)
def test_elements_stand_at_the_quantiles_of_their_words(name, backend):
    """The contract in docs/randomness.md, by SciPy's inverse distribution functions."""
    parameters, law = CONTINUOUS[name]
    draw = getattr(sd.RandomStream(seed=SEED), name)(**parameters, size=(500,), dtype="float64")
    place = ((words((500,), 64) >> np.uint64(11)).astype(float) + 0.5) * 2.0**-53
    np.testing.assert_allclose(sd.function([], draw, backend=backend)(), law.ppf(place), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", sorted(CONTINUOUS))
def test_gradients_flow_to_every_parameter(name):
    """A draw's slope is how it moves when a parameter does, at the same words: central differences say so."""
    parameters, _ = CONTINUOUS[name]
    variables = {key: T.dscalar(key) for key in parameters}
    draw = getattr(sd.RandomStream(seed=5), name)(**variables, size=(40,))
    weights = np.linspace(1, 2, 40)
    cost = (draw * weights).sum()
    inputs = list(variables.values())
    value = sd.function(inputs, cost, no_default_updates=True)
    slopes = sd.function(inputs, sd.grad(cost, inputs), no_default_updates=True, on_unused_input="ignore")(
        *parameters.values()
    )
    for index, slope in enumerate(slopes):
        lower, upper = ([v + (i == index) * h for i, v in enumerate(parameters.values())] for h in (-1e-6, 1e-6))
        assert np.isclose(slope, (value(*upper) - value(*lower)) / 2e-6, rtol=1e-5, atol=1e-5), list(parameters)[index]


@pytest.mark.parametrize("name", sorted(FLOATS))
def test_parameters_stretch_to_the_size(name):
    """Arrays of parameters meet the axes of the size from the last on; without a size their shape is it."""
    parameters, _ = FLOATS[name]
    vectors = {key: np.full(3, value) for key, value in parameters.items()}
    method = getattr(sd.RandomStream(seed=5), name)
    wide = method(**vectors, size=(4, 3), site="a")
    scalars = method(**parameters, size=(4, 3), site="a", dtype="float64")
    rows = sd.function([], [wide, scalars, method(**vectors)])()
    assert rows[0].dtype == "float64" and rows[2].shape == (3,)
    np.testing.assert_allclose(rows[0], rows[1], rtol=1e-12)


def test_both_ends_of_the_words_give_finite_values():
    """The smallest and the largest word: the tails are equally long, and no logarithm is taken of 0."""
    for name in INVERTED:
        parameters, law = CONTINUOUS[name]
        for dtype, digits in (("float32", 24), ("float64", 53)):
            draw = getattr(sd.RandomStream(seed=1), name)(**parameters, size=(2,), dtype=dtype)
            u = next(node for node in toposort([draw]) if node.op.name == "uniform")
            ends = np.array([0, 1 - 2.0**-digits], dtype)
            found = sd.function([], draw, givens={u: ends}, no_default_updates=True)()
            expected = [law.ppf(2.0 ** -(digits + 1)), law.isf(2.0 ** -(digits + 1))]
            np.testing.assert_allclose(found, expected, rtol=1e-4, err_msg=name)


def test_truncation_far_in_a_tail():
    """30 standard deviations out, where probabilities are 1e-197, values keep the law of the tail."""
    for sign in (1, -1):
        low, high = sorted((30.0 * sign, 32.0 * sign))
        x = sample(sd.RandomStream(seed=3).truncated_normal(low=low, high=high, size=(20_000,), dtype="float64"))
        assert stats.kstest(x, stats.truncnorm(low, high).cdf).pvalue > 0.001
    one_sided = sample(sd.RandomStream(seed=3).truncated_normal(low=1.0, high=np.inf, size=(20_000,), dtype="float64"))
    assert stats.kstest(one_sided, stats.truncnorm(1, np.inf).cdf).pvalue > 0.001


def test_an_infinite_bound_has_no_slope():
    """Draws cut on one side move with the mean and the standard deviation as differences say, and no NaN comes back."""
    mean, std = T.dscalar("mean"), T.dscalar("std")
    x = sd.RandomStream(seed=3).truncated_normal(low=0.5, high=np.inf, mean=mean, std=std, size=(30,))
    f = sd.function([mean, std], [x.sum(), *sd.grad(x.sum(), [mean, std])], no_default_updates=True)
    _, *slopes = f(0.3, 1.2)
    for index, slope in enumerate(slopes):
        ends = [f(0.3 + h * (index == 0), 1.2 + h * (index == 1))[0] for h in (1e-6, -1e-6)]
        np.testing.assert_allclose(slope, (ends[0] - ends[1]) / 2e-6, rtol=1e-5)


def test_a_triangle_whose_peak_is_an_end():
    """Slopes stay finite there: the root that is not taken is not of 0."""
    mode = T.dscalar("mode")
    for end, law in ((0.0, stats.triang(0, 0, 2)), (2.0, stats.triang(1, 0, 2))):
        draw = sd.RandomStream(seed=4).triangular(left=0.0, mode=mode, right=2.0, size=(5000,))
        x, slope = sd.function([mode], [draw, sd.grad(draw.sum(), mode)])(end)
        assert stats.kstest(x, law.cdf).pvalue > 0.001 and np.isfinite(slope)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda s: s.exponential(scale=-1, size=2), "the scale .* is -1.*not 0 or more"),
        (lambda s: s.laplace(scale=[1.0, np.nan]), "the scale .* is nan at position 1"),
        (lambda s: s.logistic(scale=-1, size=2), "the scale"),
        (lambda s: s.cauchy(scale=-1, size=2), "the scale"),
        (lambda s: s.gumbel(scale=-1, size=2), "the scale"),
        (lambda s: s.rayleigh(scale=-1, size=2), "the scale"),
        (lambda s: s.lognormal(sigma=-1, size=2), "standard deviation"),
        (lambda s: s.weibull(a=0, size=2), "the shape a .* is 0.*above 0"),
        (lambda s: s.pareto(a=np.inf, size=2), "the exponent a .* is inf"),
        (lambda s: s.triangular(left=0, mode=3, right=2, size=2), "is 2.* right of 3"),
        (lambda s: s.triangular(left=0, mode=0, right=0, size=2), "greater than low"),
        (lambda s: s.truncated_normal(low=2, high=1, size=2), "greater than low"),
        (lambda s: s.truncated_normal(low=0, high=1, std=0, size=2), "standard deviation .* above 0"),
        (lambda s: s.exponential(size=2, dtype="int64"), "a float dtype is needed"),
    ],
)  # fmt: skip
def test_parameters_outside_their_domain_are_refused(draw, message):
    """What is constant is refused where it is written, with the value and its place."""
    with pytest.raises((ValueError, TypeError), match=message):
        draw(sd.RandomStream(seed=1))


@pytest.mark.parametrize("backend", ["native", "numpy"])
def test_symbolic_parameters_are_refused_in_the_call(backend):
    """What is symbolic is refused when the function is called, and the stream stays where it is."""
    s, a, b = T.dscalar("s"), T.dvector("a"), T.dscalar("b")
    for inputs, draw, good, bad, message in (
        ([s], lambda r: r.exponential(scale=s, size=3), (1.0,), (-1.0,), "the scale 's'.* is -1"),
        ([a], lambda r: r.weibull(a=a), ([1, 2],), ([1, 0],), r"the shape a 'a'.* is 0\.0 at position 1"),
        ([s], lambda r: r.triangular(left=0, mode=s, right=2, size=3), (1.0,), (3.0,), "right of 's'"),
        ([s, b], lambda r: r.truncated_normal(low=s, high=b, size=3), (0, 1), (1, 0), "greater than low"),
    ):
        stream = sd.RandomStream(seed=1)
        f = sd.function(inputs, draw(stream), backend=backend)
        f(*good)
        with pytest.raises(ValueError, match=message):
            f(*bad)
        assert stream.step == 1

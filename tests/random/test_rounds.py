"""Draws in rounds: laws, independence of elements from each other, and the words of every round."""

import math

import numpy as np
import pytest
from scipy import special, stats

import symdrop as sd
import symdrop.tensor as T
from symdrop.ops.threefry import threefry2x32
from tests.random.laws import COUNTS, IMPLICIT
from tests.random.samples import SEED, sample, words

IN_ROUNDS = {**IMPLICIT, **{name: law for name, law in COUNTS.items() if name != "geometric"}}


def counts_fit(x, law):
    """The p-value of a chi-square test of counts; what is expected less than 8 times is one category."""
    values = np.arange(x.min(), x.max() + 1)
    expected, observed = law.pmf(values) * len(x), np.bincount(x - x.min(), minlength=len(values))
    often = expected > 8
    expected = np.append(expected[often], max(len(x) - expected[often].sum(), 1e-9))
    observed = np.append(observed[often], len(x) - observed[often].sum())
    if expected[-1] < 5:
        assert observed[-1] < 30
        expected, observed = expected[:-1] * (observed[:-1].sum() / expected[:-1].sum()), observed[:-1]
    return stats.chisquare(observed, expected).pvalue


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_counts_have_their_law(name):
    """Counts pass a chi-square test against SciPy's probabilities, and are int64 (binomials floatX, as they were)."""
    parameters, law = COUNTS[name]
    x = sample(getattr(sd.RandomStream(seed=31), name)(**parameters, size=(60_000,)))
    assert x.dtype == ("float32" if name == "binomial" else "int64")
    assert counts_fit(x.astype("int64"), law) > 0.001


@pytest.mark.parametrize("mean", [1e-3, 0.5, 9.99, 10.0, 30.0, 1e4])
def test_poisson_on_both_sides_of_the_search(mean):
    """Means below 10 are searched, others rejected: both have the law at the border and far from it."""
    assert counts_fit(sample(sd.RandomStream(seed=32).poisson(lam=mean, size=(60_000,))), stats.poisson(mean)) > 0.001


@pytest.mark.parametrize(
    ("n", "p"), [(0, 0.5), (1, 0.3), (20, 0.49), (21, 0.49), (50, 0.9), (2000, 0.4), (10**9, 1e-8)]
)
def test_binomial_of_symbolic_trials(n, p):
    """Trials may be a variable: mirrored where p is above a half, searched where few are expected."""
    trials, chance = T.lscalar("n"), T.dscalar("p")
    draw = sd.RandomStream(seed=33).binomial(n=trials, p=chance, size=(60_000,), dtype="int64")
    x = sd.function([trials, chance], draw)(n, p)
    assert counts_fit(x, stats.binom(n, p)) > 0.001 if n else (x == 0).all()
    sure = sd.function([trials, chance], draw)
    assert (sure(n, 1.0) == n).all() and (sure(n, 0.0) == 0).all()


@pytest.mark.parametrize(
    "urn", [(5, 8, 6), (8, 5, 9), (50, 90, 70), (90, 50, 120), (12, 12, 12), (1000, 5, 500), (3, 0, 2)]
)
def test_urns_of_every_shape(urn):
    """Rarer or commoner kinds, less or more than half taken, small samples and large ones."""
    good, bad, taken = urn
    x = sample(sd.RandomStream(seed=34).hypergeometric(ngood=good, nbad=bad, nsample=taken, size=(60_000,)))
    assert counts_fit(x, stats.hypergeom(good + bad, good, taken)) > 0.001 if bad else (x == taken).all()


@pytest.mark.parametrize("shape", [0.01, 0.3, 1.0, 40.0, 1e6])
def test_gamma_of_small_and_large_shapes(shape):
    """Logarithms keep the law where values are below all floats."""
    from symdrop.ops.sampling.gamma import log_gamma_draw

    log_x = np.asarray(log_gamma_draw(words((60_000,), 64), shape, dtype="float64").eval())

    def below(at):
        # For x near 0 the distribution function is x**a / (a * Gamma(a)).
        tiny = np.exp(shape * np.minimum(at, -600) - special.gammaln(shape + 1))
        return np.where(at < -600, tiny, special.gammainc(shape, np.exp(at)))

    assert np.isfinite(log_x).all() and stats.kstest(log_x, below).pvalue > 0.001


@pytest.mark.parametrize("kappa", [0.0, 0.01, 1.0, 50.0, 1e5, 1e9])
def test_von_mises_of_every_concentration(kappa):
    """From the uniform law to a normal one."""
    x = sample(sd.RandomStream(seed=35).von_mises(kappa=kappa, size=(60_000,), dtype="float64"))
    narrow = stats.vonmises(kappa) if kappa < 1e6 else stats.norm(0, kappa**-0.5)
    law = narrow if kappa else stats.uniform(-np.pi, 2 * np.pi)
    assert stats.kstest(x, law.cdf).pvalue > 0.001


def test_angles_are_wrapped():
    """A mean direction of several turns is the same direction."""
    angles = [
        sd.RandomStream(seed=36).von_mises(mu=mu, kappa=2.0, size=(500,), dtype="float64")
        for mu in (1.0, 1 + 8 * np.pi)
    ]
    first, second = map(sample, angles)
    np.testing.assert_allclose(first, second, atol=1e-12)
    assert np.abs(first).max() <= np.pi and (first < -2).any()


def test_the_contract_by_hand():
    """A gamma and a Poisson draw from the words of docs/randomness.md: the element's word is the key of its rounds."""

    def uniform(word, round_number, number):
        high, low = threefry2x32(word >> 32, word & 0xFFFFFFFF, round_number, number)
        return (((high << 32 | low) >> 11) + 0.5) * 2.0**-53

    def gamma(word, shape):
        d = (shape + 1 if shape < 1 else shape) - 1 / 3
        for r in range(100):
            z = float(special.ndtri(uniform(word, r, 0)))
            v = (1 + z / math.sqrt(9 * d)) ** 3
            if v > 0 and math.log(uniform(word, r, 1)) < z * z / 2 + d * (1 - v + math.log(v)):
                return d * v * (uniform(word, r, 2) ** (1 / shape) if shape < 1 else 1)
        raise AssertionError

    keys = words((1, 200), 64)[0].tolist()
    for shape in (0.4, 1.5):
        drawn = sample(sd.RandomStream(seed=SEED).gamma(shape=shape, size=(200,), dtype="float64"))
        np.testing.assert_allclose(drawn, [gamma(key, shape) for key in keys], rtol=1e-11)
    found = sample(sd.RandomStream(seed=SEED).poisson(lam=4.0, size=(200,)))
    assert found.tolist() == [int(stats.poisson(4.0).ppf(uniform(key, 0, 0))) for key in keys]


@pytest.mark.parametrize("name", sorted(IN_ROUNDS))
def test_an_element_depends_on_its_own_word_alone(name):
    """A longer draw begins with the shorter one, both back ends have its bits, and an axis more changes nothing."""
    parameters, _ = IN_ROUNDS[name]
    shapes = ((30,), (20_000,), (30, 1))
    draws = [getattr(sd.RandomStream(seed=3), name)(**parameters, size=size) for size in shapes]
    short, long, column = (sd.function([], draw)() for draw in draws)
    several = name in ("beta", "student_t", "f", "negative_binomial")
    # Two words for an element: the second ones come after all the first ones.
    assert several or (short == long[:30]).all()
    assert (short == column[:, 0]).all()
    assert (
        sd.function([], getattr(sd.RandomStream(seed=3), name)(**parameters, size=(30,)), backend="numpy")() == short
    ).all()


def test_rounds_of_one_element_change_no_other():
    """Parameters that take many rounds in some elements leave the others as they are."""
    shape = np.full(50, 3.0)
    other = shape.copy()
    other[::2] = 0.01
    one, two = (sample(sd.RandomStream(seed=8).gamma(shape=given)) for given in (shape, other))
    assert (one[1::2] == two[1::2]).all() and (one[::2] != two[::2]).all()


def test_vmap_gives_every_example_its_parameters():
    """Examples of one draw share its words; their parameters are their own."""
    rates = T.dvector("rates")
    stream = sd.RandomStream(seed=9)
    rows = sd.vmap(lambda rate: stream.gamma(shape=rate, size=(4,), site="g"), randomness="same")(rates)
    given = [0.5, 2.0, 9.0]
    values = sd.function([rates], rows)(given)
    for rate, row in zip(given, values, strict=True):
        np.testing.assert_array_equal(
            row, sample(sd.RandomStream(seed=9).gamma(shape=np.float64(rate), size=(4,), site="g", dtype="float64"))
        )


def test_replay():
    """A past value of a draw in rounds, from its step."""
    stream = sd.RandomStream(seed=10)
    draw = stream.poisson(lam=20.0, size=(5,))
    f = sd.function([], draw)
    past = [f() for _ in range(3)]
    assert (stream.replay(draw, step=1) == past[1]).all() and (past[0] != past[1]).any()


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda s: s.gamma(shape=0, size=2), "the shape .* is 0.*above 0"),
        (lambda s: s.gamma(shape=1, scale=-1, size=2), "the scale"),
        (lambda s: s.beta(a=1, b=[1.0, -2.0]), r"the shape b .* is -2\.0 at position 1"),
        (lambda s: s.chisquare(df=np.nan, size=2), "degrees of freedom"),
        (lambda s: s.student_t(df=-1, size=2), "degrees of freedom"),
        (lambda s: s.f(dfnum=1, dfden=0, size=2), "degrees of freedom"),
        (lambda s: s.dirichlet(alpha=[1.0, 0.0]), "the concentration .* is 0"),
        (lambda s: s.dirichlet(alpha=1.0), "concentrations of several categories"),
        (lambda s: s.von_mises(kappa=-1, size=2), "the concentration"),
        (lambda s: s.poisson(lam=-1, size=2), r"the mean .* is -1"),
        (lambda s: s.poisson(lam=1e30, size=2), r"the mean"),
        (lambda s: s.geometric(p=0, size=2), "the probability .* above 0"),
        (lambda s: s.geometric(p=1.5, size=2), "not a probability"),
        (lambda s: s.negative_binomial(n=0, p=0.5, size=2), "number of successes"),
        (lambda s: s.hypergeometric(ngood=3, nbad=4, nsample=8, size=2), r"nsample is 8.*ngood \+ nbad"),
        (lambda s: s.hypergeometric(ngood=-3, nbad=4, nsample=0, size=2), "ngood .* is -3"),
        (lambda s: s.hypergeometric(ngood=3.0, nbad=4, nsample=0, size=2), "integers"),
        (lambda s: s.zipf(a=1.0, size=2), "a - 1"),
        (lambda s: s.binomial(n=[3, -1], p=0.5), "number of trials.* is -1 at position 1"),
    ],
)  # fmt: skip
def test_parameters_outside_their_domain_are_refused(draw, message):
    """What is constant is refused where it is written, with the value and its place."""
    with pytest.raises((ValueError, TypeError), match=message):
        draw(sd.RandomStream(seed=1))


def test_symbolic_parameters_are_refused_in_the_call():
    """What is symbolic is refused when the function is called, and the stream stays where it is."""
    a = T.dscalar("a")
    for draw, good, bad, message in (
        (lambda r: r.gamma(shape=a, size=3), 1.0, -1.0, "the shape 'a'"),
        (lambda r: r.poisson(lam=a, size=3), 1.0, np.nan, "the mean 'a'"),
        (lambda r: r.dirichlet(alpha=T.stack([a, a])), 1.0, 0.0, "the concentration"),
        (lambda r: r.zipf(a=a, size=3), 2.0, 1.0, "a - 1"),
    ):
        stream = sd.RandomStream(seed=1)
        f = sd.function([a], draw(stream))
        f(good)
        with pytest.raises(ValueError, match=message):
            f(bad)
        assert stream.step == 1


def test_no_gradient_passes_a_count():
    """To ask how a count moves with a parameter is an error, unless the count is held constant."""
    a = T.dscalar("a")
    stream = sd.RandomStream(seed=1)
    for draw in (
        stream.poisson(lam=a, size=(3,), dtype="float64"),
        stream.negative_binomial(n=a, p=0.5, size=(3,), dtype="float64"),
        stream.zipf(a=a, size=(3,), dtype="float64"),
    ):
        with pytest.raises(sd.errors.NotDifferentiableError, match=r"_draw has no gradient.*test_rounds\.py"):
            sd.grad((a * draw).sum(), a)
        held = sd.function([a], [sd.grad((a * sd.disconnected_grad(draw)).sum(), a), draw.sum()])
        slope, total = held(1.5)
        assert slope == total

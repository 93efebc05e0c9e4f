"""Values of every distribution: bits from the words of a stream, moments, and frequencies."""

import numpy as np
import pytest
from scipy import special, stats

import symdrop as sd
import symdrop.tensor as T
from symdrop.graph import toposort
from tests.random.samples import SEED, sample, words

# The contract, distribution by distribution.


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.999, 1.0])
def test_bernoulli_bits(p):
    """An element is true where its word lies below p times 2**32."""
    got = sample(sd.RandomStream(seed=SEED).bernoulli(p=p, size=(5, 7), dtype="bool"))
    threshold = int(np.float32(p) * 2.0**32)
    assert got.dtype == bool
    assert (got == (words((5, 7), 32).astype(np.uint64) < threshold)).all()


def test_bernoulli_of_an_array_of_probabilities():
    p = np.array([[0.0, 1.0, 0.5]], np.float32)
    got = sample(sd.RandomStream(seed=SEED).bernoulli(p=p, size=(200, 3)))
    assert not got[:, 0].any() and got[:, 1].all() and 60 < got[:, 2].sum() < 140
    assert sample(sd.RandomStream(seed=1).bernoulli(p=p)).shape == (1, 3)


def test_masks_have_floatX():
    assert sd.RandomStream(seed=1).bernoulli(p=0.5, size=3).dtype == "float32"
    with sd.config.change(floatX="float64"):
        assert sd.RandomStream(seed=1).binomial(p=0.5, size=3).dtype == "float64"


def test_binomial_of_one_trial_is_bernoulli():
    one = sample(sd.RandomStream(seed=SEED).binomial(n=1, p=0.3, size=(4, 5)))
    assert (one == sample(sd.RandomStream(seed=SEED).bernoulli(p=0.3, size=(4, 5)))).all()


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
def test_counts_fit_their_dtype(dtype):
    """As many successes as trials must fit into the dtype of the counts, which would wrap around otherwise."""
    stream = sd.RandomStream(seed=1)
    most = np.iinfo(dtype).max
    assert stream.binomial(n=most, p=1.0, size=(2,), dtype=dtype).eval().tolist() == [most, most]
    assert stream.multinomial(n=most, pvals=[1.0, 0.0], dtype=dtype).eval().tolist() == [most, 0]
    with pytest.raises(sd.errors.ArgumentError, match=f"counted in {dtype}"):
        stream.binomial(n=most + 1, size=(2,), dtype=dtype)
    with pytest.raises(sd.errors.ArgumentError, match=f"counted in {dtype}"):
        stream.multinomial(n=most + 1, pvals=[0.5, 0.5], dtype=dtype)


def test_binomial_sums_trials():
    got = sample(sd.RandomStream(seed=SEED).binomial(n=10, p=0.3, size=(4,), dtype="int64"))
    trials = words((10, 4), 32).astype(np.uint64) < int(np.float32(0.3) * 2.0**32)
    assert got.dtype == np.int64 and (got == trials.sum(axis=0)).all()
    assert (sample(sd.RandomStream(seed=SEED).binomial(n=0, p=0.3, size=(4,))) == 0).all()


def test_uniform_bits():
    """The upper bits of a word, as a fraction: 24 in float32, 53 in float64."""
    single = sample(sd.RandomStream(seed=SEED).uniform(size=(9,), dtype="float32"))
    assert (single == (words((9,), 32) >> 8).astype(np.float64) / 2**24).all()
    double = sample(sd.RandomStream(seed=SEED).uniform(size=(9,), dtype="float64"))
    assert (double == (words((9,), 64) >> 11) / 2**53).all()


def test_normal_is_the_inverse_distribution_function():
    single = sample(sd.RandomStream(seed=SEED).normal(size=(999,), dtype="float32"))
    expected = special.ndtri(((words((999,), 32) >> 8) + 0.5) / 2**24)
    np.testing.assert_allclose(single, expected, rtol=1e-6)
    double = sample(sd.RandomStream(seed=SEED).normal(size=(999,), dtype="float64"))
    np.testing.assert_allclose(double, special.ndtri((words((999,), 64) >> 11) / 2**53 + 2.0**-54), rtol=1e-9)


def test_normal_stays_finite_at_both_ends():
    from symdrop.ops.numpy_maths import NUMPY
    from symdrop.ops.random import standard_normal

    ends = standard_normal.formula(NUMPY, np.array([0, 2**32 - 1], np.uint32), ndim=1, dtype="float32")
    assert ends[0] == -ends[1] and 5 < ends[1] < 6
    ends = standard_normal.formula(NUMPY, np.array([0, 2**64 - 1], np.uint64), ndim=1, dtype="float64")
    assert ends[0] == -ends[1] and 8 < ends[1] < 9


@pytest.mark.parametrize("low, high", [(0, 10), (-5, 3), (-(2**63), 2**63 - 1), (2**62, 2**63 - 1), (7, 8)])
def test_integers_of_the_whole_range(low, high):
    got = sample(sd.RandomStream(seed=SEED).integers(low=low, high=high, size=(50,)))
    assert got.tolist() == [low + int(word) % (high - low) for word in words((50,), 64)]


def test_integers_up_to_one_bound():
    assert set(sample(sd.RandomStream(seed=1).integers(low=3, size=(100,), dtype="int32")).tolist()) == {0, 1, 2}


def test_permutation_sorts_words():
    got = sample(sd.RandomStream(seed=SEED).permutation(n=20))
    assert (got == np.argsort(words((20,), 64), kind="stable")).all()
    many = sample(sd.RandomStream(seed=SEED).permutation(n=6, size=(50,)))
    assert (np.sort(many, axis=1) == np.arange(6)).all() and len({tuple(row) for row in many}) > 30
    rows = np.arange(12.0).reshape(6, 2)
    assert sorted(sample(sd.RandomStream(seed=1).permutation(x=rows))[:, 0].tolist()) == [0, 2, 4, 6, 8, 10]


def test_choice():
    """Choices with weights and without replacement take what they may, about as often as they should."""
    items = np.array([10.0, 20.0, 30.0])
    assert set(sample(sd.RandomStream(seed=1).choice(a=items, size=(100,))).tolist()) == {10, 20, 30}
    weighted = sample(sd.RandomStream(seed=1).choice(a=3, size=(2000,), p=np.array([0.0, 0.25, 0.75])))
    assert (weighted != 0).all() and abs((weighted == 2).mean() - 0.75) < 0.04
    some = sample(sd.RandomStream(seed=1).choice(a=5, size=5, replace=False))
    assert sorted(some.tolist()) == [0, 1, 2, 3, 4]
    favoured = sample(sd.RandomStream(seed=1).choice(a=4, size=2, p=np.array([0.5, 0.0, 0.5, 0.0]), replace=False))
    assert sorted(favoured.tolist()) == [0, 2]


def test_multinomial():
    """Counts add up to n in every row, and are about n times their probability."""
    pvals = np.array([[0.2, 0.8, 0.0], [0.0, 0.0, 1.0]])
    counts = sample(sd.RandomStream(seed=1).multinomial(n=500, pvals=pvals))
    assert counts.shape == (2, 3) and (counts.sum(axis=1) == 500).all()
    assert counts[1].tolist() == [0, 0, 500] and abs(counts[0, 1] - 400) < 40
    assert sample(sd.RandomStream(seed=1).multinomial(pvals=np.array([0.5, 0.5]), size=(7,))).shape == (7, 2)


# Statistics, with fixed seeds: these numbers never change.


@pytest.mark.parametrize("p", [0.05, 0.5, 0.8])
def test_mask_frequencies_pass_chi_square(p):
    mask = sample(sd.RandomStream(seed=20).bernoulli(p=p, size=(400, 250)))
    for axis in (0, 1):
        n, observed = mask.shape[axis], mask.sum(axis=axis)
        statistic = ((observed - n * p) ** 2 / (n * p * (1 - p))).sum()
        assert 0.001 < stats.chi2.sf(statistic, len(observed)) < 0.999


def test_pairs_of_neighbours_are_independent():
    mask = sample(sd.RandomStream(seed=21).bernoulli(p=0.5, size=(2**17,), dtype="bool"))
    for distance in (1, 2, 3, 16):
        table = np.histogram2d(mask[:-distance], mask[distance:], bins=2)[0]
        assert stats.chi2_contingency(table, correction=False).pvalue > 0.001


def test_moments():
    """Samples pass the tests of Kolmogorov and Smirnov, and dice that of chi-square."""
    n = 200_000
    u = sample(sd.RandomStream(seed=22).uniform(size=(n,)))
    z = sample(sd.RandomStream(seed=22).normal(size=(n,)))
    assert 0 <= u.min() and u.max() < 1
    assert stats.kstest(u.astype(float), "uniform").pvalue > 0.001
    assert stats.kstest(z.astype(float), "norm").pvalue > 0.001
    dice = sample(sd.RandomStream(seed=22).integers(low=1, high=7, size=(n,)))
    assert stats.chisquare(np.bincount(dice)[1:]).pvalue > 0.001


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(("low", "high"), [(0, 1), (1, 2), (-1, 1), (1000, 1001), (0.0, 0.1), (5, 5)])
def test_uniform_numbers_stay_below_high(dtype, low, high):
    """[low, high) for every dtype: no rounding makes 1.0 of a number below 1; in float16 1 of 4,096 became it."""
    stream = sd.RandomStream(seed=1)
    x = sample(stream.uniform(low=low, high=high, size=(200_000,), dtype=dtype))
    assert x.dtype == dtype and (x >= np.asarray(low, dtype)).all()
    assert (x < np.asarray(high, dtype)).all() or low == high
    if (low, high) == (0, 1):
        assert stats.kstest(x.astype("float64") + (2**-12 if dtype == "float16" else 0), "uniform").pvalue > 1e-4
        assert abs(x.astype("float64").mean() - 0.5) < 0.003


def test_the_largest_words_stay_below_high():
    """All words at their largest: what is drawn is still below high, whatever the bounds round to."""
    largest = {"float32": 1 - 2.0**-24, "float64": 1 - 2.0**-53, "float16": 1 - 2.0**-11}
    for dtype, u in largest.items():
        assert np.asarray(u, dtype) < 1
        low, high = T.tensor(dtype, (), "low"), T.tensor(dtype, (), "high")
        drawn = sd.RandomStream(seed=1).uniform(low=low, high=high, size=(3,))
        words = next(node for node in toposort([drawn]) if node.op.name == "uniform")
        f = sd.function([low, high], drawn, givens={words: np.full(3, u, words.dtype)}, no_default_updates=True)
        for a, b in ((1, 2), (0, 1), (-2, 3), (0.1, 0.2), (1024, 1025)):
            found = f(np.asarray(a, dtype), np.asarray(b, dtype))
            assert (found < np.asarray(b, dtype)).all() and (found >= np.asarray(a, dtype)).all(), (dtype, a, b)

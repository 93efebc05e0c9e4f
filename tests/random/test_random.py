"""Streams: the values of every distribution, sites, steps, state and replay."""

import copy
import math
import pickle
import subprocess
import sys

import numpy as np
import pytest
from scipy import special, stats

import symdrop as sd
import symdrop.tensor as T
from symdrop.graph import toposort
from symdrop.ops.threefry import random_words, threefry2x32
from symdrop.random.arguments import site_words

SEED = 0x0123456789ABCDEF


def words(shape, bits, seed=SEED, site=(0, 0), step=0):
    """The words of a draw, straight from the contract in docs/randomness.md."""
    key = threefry2x32(seed >> 32, seed & 0xFFFFFFFF, *site)
    return random_words(np.array(key, np.uint32), step, shape, bits)


def sample(draw, calls=1):
    f = sd.function([], draw)
    values = [f() for _ in range(calls)]
    return values[0] if calls == 1 else np.array(values)


# The contract, distribution by distribution.


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.999, 1.0])
def test_bernoulli_bits(p):
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
    items = np.array([10.0, 20.0, 30.0])
    assert set(sample(sd.RandomStream(seed=1).choice(a=items, size=(100,))).tolist()) == {10, 20, 30}
    weighted = sample(sd.RandomStream(seed=1).choice(a=3, size=(2000,), p=np.array([0.0, 0.25, 0.75])))
    assert (weighted != 0).all() and abs((weighted == 2).mean() - 0.75) < 0.04
    some = sample(sd.RandomStream(seed=1).choice(a=5, size=5, replace=False))
    assert sorted(some.tolist()) == [0, 1, 2, 3, 4]
    favoured = sample(sd.RandomStream(seed=1).choice(a=4, size=2, p=np.array([0.5, 0.0, 0.5, 0.0]), replace=False))
    assert sorted(favoured.tolist()) == [0, 2]


def test_multinomial():
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
    n = 200_000
    u = sample(sd.RandomStream(seed=22).uniform(size=(n,)))
    z = sample(sd.RandomStream(seed=22).normal(size=(n,)))
    assert 0 <= u.min() and u.max() < 1
    assert stats.kstest(u.astype(float), "uniform").pvalue > 0.001
    assert stats.kstest(z.astype(float), "norm").pvalue > 0.001
    dice = sample(sd.RandomStream(seed=22).integers(low=1, high=7, size=(n,)))
    assert stats.chisquare(np.bincount(dice)[1:]).pvalue > 0.001


def test_sites_and_steps_never_share_bits():
    stream = sd.RandomStream(seed=23)
    sites = [stream.bernoulli(p=0.5, size=(4096,)) for _ in range(4)]
    sites += [stream.bernoulli(p=0.5, size=(4096,), site=name) for name in ("a", "b")]
    f = sd.function([], sites)
    rows = np.array([f() for _ in range(4)]).reshape(24, 4096)
    correlation = np.corrcoef(rows) - np.eye(24)
    assert np.abs(correlation).max() < 5 / math.sqrt(4096)


# Sites.


def test_sites_are_numbered_in_the_order_of_building():
    stream = sd.RandomStream(seed=SEED)
    draws = [stream.integers(low=0, high=2**63 - 1, size=(3,)) for _ in range(3)]
    for number, draw in enumerate(draws):
        expected = words((3,), 64, site=(0, number)) % np.uint64(2**63 - 1)
        assert (sample(draw) == expected).all()
        stream.reseed(SEED)


def test_an_unused_draw_changes_no_other():
    def second(use_first):
        stream = sd.RandomStream(seed=4)
        first, second = stream.uniform(size=(3,)), stream.uniform(size=(3,))
        return sd.function([], [first, second] if use_first else second)()

    assert (second(True)[1] == second(False)).all()


def test_a_given_site_takes_no_number():
    plain, named = sd.RandomStream(seed=4), sd.RandomStream(seed=4)
    named.uniform(size=(3,), site="extra")
    named.uniform(size=(3,), site=17)
    assert (sample(plain.uniform(size=(3,))) == sample(named.uniform(size=(3,)))).all()


def test_building_a_named_site_again_repeats_its_bits():
    stream = sd.RandomStream(seed=4)
    first, again = (stream.uniform(size=(3,), site="noise") for _ in range(2))
    a, b = sd.function([], [first, again])()
    assert (a == b).all()


def test_a_failed_call_takes_no_site():
    stream = sd.RandomStream(seed=4)
    with pytest.raises(sd.errors.ArgumentError):
        stream.bernoulli(p=2.0, size=(3,))
    with pytest.raises(sd.errors.ArgumentError):
        stream.uniform(size=(-3,))
    assert stream.get_state()["next_site"] == 0


def test_names_never_meet_numbers():
    assert all(site_words(name)[0] >> 31 for name in ("", "a", "hidden", "é"))
    assert site_words("a").tolist() != site_words("b").tolist()
    assert site_words(2**32 - 1).tolist() == [0, 2**32 - 1]


# Steps and state.


def test_a_function_advances_the_stream_once_per_call():
    stream = sd.RandomStream(seed=5)
    f = sd.function([], [stream.uniform(size=(2,)), stream.normal(size=(2,))])
    f()
    f()
    assert stream.step == 2 and len(f.updates) == 1
    still = sd.function([], stream.uniform(size=(2,), site=0), no_default_updates=True)
    assert (still() == still()).all() and stream.step == 2


def test_an_explicit_update_overrides_the_default():
    stream = sd.RandomStream(seed=5)
    draw = stream.uniform(size=(2,))
    default = sd.function([], draw)
    ((step, _),) = default.updates.items()
    by_ten = sd.function([], draw, updates={step: step + 10})
    by_ten()
    assert stream.step == 10


def test_state_is_saved_restored_and_reseeded():
    stream = sd.RandomStream(seed=6)
    f = sd.function([], stream.uniform(size=(3,)))
    f()
    state = stream.get_state()
    assert state == {"seed": 6, "step": 1, "next_site": 1}
    after = [f() for _ in range(3)]
    stream.set_state(state)
    assert all((f() == value).all() for value in after)
    stream.reseed(6)
    f()
    assert (f() == after[0]).all()
    stream.reseed(7)
    assert stream.seed == 7 and not (f() == after[0]).any()


@pytest.mark.parametrize(
    "state", [{}, {"seed": 1, "step": -1, "next_site": 0}, {"seed": 1, "step": 0, "next_site": -1}]
)
def test_a_bad_state_changes_nothing(state):
    stream = sd.RandomStream(seed=6)
    before = stream.get_state()
    with pytest.raises(sd.errors.ArgumentError):
        stream.set_state(state)
    assert stream.get_state() == before


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda stream: pickle.loads(pickle.dumps(stream))])
def test_copies_keep_their_own_state(clone):
    stream = sd.RandomStream(seed=8, name="noise")
    f = sd.function([], stream.uniform(size=(3,)))
    f()
    twin = clone(stream)
    assert twin.get_state() == stream.get_state() and twin.name == "noise"
    g = sd.function([], twin.uniform(size=(3,), site=0))
    assert (f() == g()).all() and twin.step == stream.step == 2
    g()
    assert twin.step == 3 and stream.step == 2


def test_a_seed_from_the_system_is_shown():
    first, second = sd.RandomStream(), sd.RandomStream()
    assert first.seed != second.seed and str(first.seed) in repr(first)


def test_ten_thousand_calls_repeat_in_another_process():
    script = (
        "import hashlib, numpy as np, symdrop as sd\n"
        "stream = sd.RandomStream(seed=99)\n"
        "draws = [stream.bernoulli(p=0.3, size=(7,)), stream.integers(low=0, high=100, size=(3,)),\n"
        "         stream.permutation(n=5)]\n"
        "f = sd.function([], draws)\n"
        "digest = hashlib.sha256()\n"
        "for _ in range(10_000):\n"
        "    for value in f():\n"
        "        digest.update(np.ascontiguousarray(value).tobytes())\n"
        "print(digest.hexdigest())\n"
    )
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    printed = []
    exec(script.replace("print(", "printed.append("), {"printed": printed})
    assert other.stdout.strip() == printed[0]


# Replay.


def test_replay_is_the_call():
    stream = sd.RandomStream(seed=10)
    x = T.vector("x")
    noisy = x * stream.normal(size=x.shape) + stream.uniform(size=x.shape)
    f = sd.function([x], noisy)
    value = np.arange(5, dtype=np.float32)
    past = [f(value) for _ in range(4)]
    for step in (3, 0, 2):
        np.testing.assert_allclose(stream.replay(noisy, step=step, inputs={x: value}), past[step], rtol=1e-6)
    assert stream.step == 4


def test_replay_takes_flags():
    stream = sd.RandomStream(seed=10)
    y = T.where(sd.training, stream.uniform(size=(3,)), 0)
    assert (stream.replay(y, step=0, inputs={sd.flag("training"): False}) == 0).all()
    assert (stream.replay(y, step=0, inputs={sd.training: True}) != 0).all()


def test_replay_refuses():
    stream, other = sd.RandomStream(seed=10), sd.RandomStream(seed=11)
    x = T.vector("x")
    draw = stream.uniform(size=x.shape)
    with pytest.raises(sd.errors.ArgumentError, match="no draw of"):
        other.replay(draw, step=0, inputs={x: [1.0]})
    with pytest.raises(sd.errors.MissingInputError, match="'x'"):
        stream.replay(draw, step=0)
    for step in (-1, 2**32):
        with pytest.raises(sd.errors.ArgumentError, match="step"):
            stream.replay(draw, step=step, inputs={x: [1.0]})
    with pytest.raises(sd.errors.ArgumentError, match="loop"):
        stream.replay(draw, step=0, loop_index=(1,), inputs={x: [1.0]})


# Sizes.


def test_sizes_may_be_symbolic():
    x, n, shape = T.matrix("x"), T.iscalar("n"), T.tensor("int64", (2,), "shape")
    stream = sd.RandomStream(seed=12)
    draws = [stream.uniform(size=size) for size in (x.shape, n, (n, 3), shape, (), 4)]
    f = sd.function([x, n, shape], draws)
    values = f(np.zeros((2, 5), np.float32), 6, [3, 1])
    assert [value.shape for value in values] == [(2, 5), (6,), (6, 3), (3, 1), (), (4,)]


def test_the_shape_defaults_to_that_of_the_parameters():
    mean = T.matrix("mean")
    stream = sd.RandomStream(seed=12)
    f = sd.function([mean], [stream.normal(mean=mean, std=np.float32([1, 2, 3])), stream.uniform()])
    drawn, scalar = f(np.zeros((4, 3), np.float32))
    assert drawn.shape == (4, 3) and scalar.shape == ()


def test_a_shape_that_cannot_be_known_is_refused():
    stream = sd.RandomStream(seed=12)
    with pytest.raises(sd.errors.ShapeError, match=r"'sizes'.*test_random\.py"):
        stream.bernoulli(p=0.5, size=T.lvector("sizes"))
    with pytest.raises(sd.errors.ShapeError, match="'wide'"):
        stream.bernoulli(p=0.5, size=(T.scalar("wide"),))
    with pytest.raises(sd.errors.GraphTypeError, match="size"):
        stream.bernoulli(p=0.5, size=(2.5,))
    with pytest.raises(sd.errors.ShapeError):
        stream.bernoulli(p=np.float32([0.1, 0.2]), size=(3,))


# Errors and gradients.


@pytest.mark.parametrize("seed", [1.5, "1", True, np.float64(3), [1]])
def test_a_seed_that_is_not_an_integer_is_refused(seed):
    with pytest.raises(sd.errors.GraphTypeError, match="seed"):
        sd.RandomStream(seed=seed)


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_out_of_range_is_refused(seed):
    with pytest.raises(sd.errors.ArgumentError, match="seed"):
        sd.RandomStream(seed=seed)


def test_numpy_integers_are_seeds():
    assert sd.RandomStream(seed=np.uint64(2**64 - 1)).seed == 2**64 - 1


@pytest.mark.parametrize("p", [-0.1, 1.5, math.nan])
def test_a_constant_p_outside_is_refused_while_building(p):
    with pytest.raises(sd.errors.ArgumentError, match=r"probability.*test_random\.py"):
        sd.RandomStream(seed=1).bernoulli(p=p, size=(3,))


@pytest.mark.parametrize("p", [-0.1, 1.5, math.nan])
def test_a_symbolic_p_outside_is_refused_at_the_call(p):
    rate = T.scalar("rate")
    stream = sd.RandomStream(seed=1)
    f = sd.function([rate], stream.bernoulli(p=rate, size=(3,)))
    with pytest.raises(sd.errors.ArgumentError, match="'rate'"):
        f(p)
    assert stream.step == 0
    f(1.0)
    assert stream.step == 1


def test_other_bad_parameters():
    stream = sd.RandomStream(seed=1)
    for bad in (
        lambda: stream.integers(low=3, high=3, size=(2,)),
        lambda: stream.multinomial(pvals=np.array([0.5, 0.6])),
        lambda: stream.choice(a=3, size=4, replace=False),
        lambda: stream.permutation(),
        lambda: stream.binomial(n=-1, p=0.5, size=(2,)),
    ):
        with pytest.raises(sd.errors.ArgumentError):
            bad()
    for bad in (
        lambda: stream.integers(low=0.5, high=3, size=(2,)),
        lambda: stream.uniform(size=(2,), dtype="int64"),
        lambda: stream.binomial(n=2.0, p=0.5, size=(2,)),
    ):
        with pytest.raises(sd.errors.GraphTypeError):
            bad()
    low = T.lscalar("low")
    f = sd.function([low], stream.integers(low=low, high=5, size=(2,)))
    with pytest.raises(sd.errors.ArgumentError, match="low"):
        f(5)


def test_gradients_flow_to_location_and_scale():
    mean, std, low, high = (T.dscalar(name) for name in ("mean", "std", "low", "high"))
    stream = sd.RandomStream(seed=13)
    z = stream.normal(mean=mean, std=std, size=(50,), site="z")
    u = stream.uniform(low=low, high=high, size=(50,), site="u")
    gradients = sd.grad(z.sum() + u.sum(), [mean, std, low, high])
    f = sd.function([mean, std, low, high], [*gradients, z, u])
    *slopes, drawn, flat = f(1.0, 2.0, -1.0, 3.0)
    np.testing.assert_allclose(slopes[:2], [50, ((drawn - 1) / 2).sum()], rtol=1e-9)
    share = ((flat + 1) / 4).sum()
    np.testing.assert_allclose(slopes[2:], [50 - share, share], rtol=1e-9)


def test_masks_are_constants_for_gradients():
    p = T.dscalar("p")
    mask = sd.RandomStream(seed=13).bernoulli(p=p, size=(5,), dtype="float64")
    gradient = sd.grad(mask.sum(), p, disconnected_inputs="ignore")
    assert sd.function([p], gradient, on_unused_input="ignore")(0.5) == 0


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


BACK_ENDS = pytest.mark.parametrize("backend", ["native", "numpy"])


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda s: s.normal(std=-1, size=2), "standard deviation .* is -1.*not 0 or more"),
        (lambda s: s.normal(std=np.nan, size=2), "standard deviation .* is nan"),
        (lambda s: s.normal(std=[1.0, -0.5]), r"is -0\.5 at position 1"),
        (lambda s: s.uniform(low=1, high=0, size=2), "high is 0.*, which is not low or more"),
        (lambda s: s.uniform(low=np.nan, size=2), "high is 1.*low or more"),
        (lambda s: s.uniform(high=np.nan, size=2), "high is nan"),
        (lambda s: s.uniform(high=np.inf, size=2), "high is inf, .*finitely far"),
        (lambda s: s.uniform(low=-3e38, high=3e38, size=2), "finitely far"),
        (lambda s: s.uniform(low=[0.0, 2.0], high=1.0), "high is 1.0 at position 1, .*low or more"),
        (lambda s: s.integers(low=3, high=3, size=2), "high is 3, which is not greater than low: low is 3"),
        (lambda s: s.integers(low=[0, 5], high=[1, 4]), "high is 4 at position 1"),
        (lambda s: s.integers(high=0, size=2), "high is 0, which is not greater than low"),
        (lambda s: s.bernoulli(p=np.nan, size=2), "not a probability"),
        (lambda s: s.binomial(n=-1, p=0.5, size=2), "a number of trials lies in"),
        (lambda s: s.multinomial(pvals=[0.5, 0.6]), "does not sum to 1"),
        (lambda s: s.multinomial(pvals=[np.nan, 1.0]), "not a probability"),
        (lambda s: s.choice(a=3, p=[1, 0, 0], size=2, replace=False), "cannot choose 2 .* only 1 probabilities"),
        (lambda s: s.choice(a=3, p=[0.5, 0.5], size=2), "p has 2 probabilities for 3 elements"),
        (lambda s: s.choice(a=3, p=[0.5, 0.5], size=1, replace=False), "p has 2 probabilities for 3 elements"),
        (lambda s: s.choice(a=3, size=4, replace=False), "cannot choose 4 of 3"),
    ],
)  # fmt: skip
def test_parameters_outside_their_domain_are_refused(draw, words):
    """A distribution that does not exist is refused where it is written; the error names the value and its place."""
    with pytest.raises(ValueError, match=words):
        draw(sd.RandomStream(seed=1))


@BACK_ENDS
def test_parameters_outside_their_domain_are_refused_in_the_call(backend):
    """The same for parameters that only a call knows; the stream stays where it is."""
    s, a, b = T.dscalar("s"), T.dvector("a"), T.dvector("b")
    i, p, k = T.lvector("i"), T.dvector("p"), T.lscalar("k")
    for inputs, draw, good, bad, words in (
        ([s], lambda r: r.normal(std=s, size=3), (1.0,), (-1.0,), "standard deviation 's' .* is -1"),
        ([s], lambda r: r.normal(std=s, size=3), (0.0,), (np.nan,), "standard deviation 's' .* is nan"),
        ([a], lambda r: r.normal(std=a), ([1, 2],), ([1, -2],), r"is -2\.0 at position 1"),
        ([a, b], lambda r: r.uniform(low=a, high=b), ([1, 2], [1, 3]), ([1, 4], [1, 3]), r"high, 'b' .* is 3\.0 at"),
        ([a], lambda r: r.uniform(high=a), ([1, 2],), ([1, np.nan],), "is nan at position 1"),
        ([i], lambda r: r.integers(high=i), ([1, 2],), ([1, 0],), "is 0 at position 1, which is not greater than low"),
        ([p], lambda r: r.multinomial(pvals=p), ([0.5, 0.5],), ([0.5, 0.6],), "does not sum to 1"),
        ([p], lambda r: r.choice(a=3, p=p, size=2, replace=False), ([0.9, 0.1, 0],), ([1, 0, 0],), "above 0"),
        ([p], lambda r: r.choice(a=3, p=p, size=2), ([0.5, 0.5, 0],), ([0.5, 0.5],), "one probability is needed for"),
        ([k], lambda r: r.choice(a=k, size=2, replace=False), (2,), (1,), "items chosen without replacement"),
        ([k], lambda r: r.choice(a=3, p=[0.5, 0.5, 0], size=k, replace=False), (2,), (3,), "probability above 0"),
    ):  # fmt: skip
        stream = sd.RandomStream(seed=1)
        f = sd.function(inputs, draw(stream), backend=backend)
        f(*good)
        with pytest.raises(ValueError, match=words):
            f(*bad)
        f(*good)
        assert stream.step == 2


def test_elements_of_probability_zero_are_never_chosen():
    """Without replacement the others come first, in the proportions that their probabilities say."""
    p = np.array([0.0, 0.7, 0.0, 0.3])
    draw = sd.RandomStream(seed=1).choice(a=4, p=p, size=2, replace=False)
    found = sample(draw, 2000)
    assert set(found.ravel().tolist()) == {1, 3} and (np.sort(found) == [1, 3]).all()
    assert abs((found[:, 0] == 1).mean() - 0.7) < 0.05

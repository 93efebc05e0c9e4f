"""Streams: sites, steps, state, copies and replay."""

import copy
import math
import pickle

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.random.arguments import site_words
from tests.helpers.processes import run_python
from tests.random.samples import SEED, sample, words


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
    other = run_python(script)
    printed = []
    exec(script.replace("print(", "printed.append("), {"printed": printed})
    assert other.strip() == printed[0]


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
    """Another stream's draw, missing inputs, steps out of range and a loop's index where there is no loop."""
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

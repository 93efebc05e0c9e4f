"""Randomness in loops: the position is part of what a draw is a formula of."""

import itertools

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError
from symdrop.ops.threefry import fold_in, random_words

STREAM_KEY = np.array([0, 1234], np.uint32)


def stream_of(seed=1234):
    return sd.RandomStream(seed=seed)


def noise(stream, size=(3,), **options):
    return stream.uniform(size=size, dtype="float64", **options)


def by_hand(positions, step=0, site=0, size=(3,)):
    """A uniform draw from what docs/randomness.md says: the site, then every position, folded into the stream's key."""
    key = fold_in(STREAM_KEY, np.array([0, site], np.uint32))
    for position in positions:
        key = fold_in(key, np.array([position >> 32, position % 2**32], np.uint32))
    return (random_words(key, step, size, 64) >> np.uint64(11)).astype("float64") * 2.0**-53


def all_different(arrays):
    """No two of several random arrays share an element."""
    values = np.concatenate([np.ravel(array) for array in arrays])
    return len(np.unique(values)) == values.size


@pytest.mark.parametrize("passed", [True, False])
def test_every_step_and_every_call_draws_anew(passed):
    """Theano's silent overlap, steps a, b, c and then b, c, d, cannot happen, whether updates are passed or not."""
    stream = stream_of()
    draws, updates = sd.scan(lambda: noise(stream), n_steps=4)
    f = sd.function([], draws, updates=updates if passed else None)
    calls = [f() for _ in range(3)]
    assert all_different(calls) and stream.step == 3
    assert len(f.updates) == 1
    stream.reseed(1234)
    assert all((f() == call).all() for call in calls)
    for step, call in enumerate(calls):
        assert (call == [by_hand([i], step) for i in range(4)]).all()


def test_draws_of_two_steps_of_one_program_do_not_meet():
    """Two draws in one step, draws in two loops, and a draw outside are different things."""
    stream = stream_of()
    (a, b), first = sd.scan(lambda: (noise(stream), noise(stream)), n_steps=3)
    d = noise(stream)
    e, third = sd.scan(lambda: noise(stream), n_steps=3)
    f = sd.function([], [a, b, d, e], updates=first + third)
    got = [*f(), *f()]
    assert all_different(got) and stream.step == 2


def test_updates_of_two_loops_on_one_stream():
    """``updates1 + updates2`` do not collide: a stream moves on by one step per call, however many draws it has."""
    stream = stream_of()
    a, first = sd.scan(lambda: noise(stream), n_steps=3)
    b, second = sd.scan(lambda: noise(stream), n_steps=5)
    updates = first + second
    assert len(first) == len(second) == len(updates) == 1
    f = sd.function([], [a, b], updates=updates)
    assert all_different([*f(), *f()]) and stream.step == 2
    g = sd.function([], b, updates=first + second)
    g()
    assert stream.step == 3


def test_loops_with_updates_of_their_own_beside_streams():
    """What the step updates and what the stream needs stand side by side."""
    stream, total = stream_of(), sd.shared(np.float64(0), name="total")

    def step():
        draw = noise(stream, ())
        return draw, {total: total + draw}

    draws, updates = sd.scan(step, n_steps=3)
    assert set(updates) >= {total} and len(updates) == 2
    f = sd.function([], draws, updates=updates)
    assert np.isclose(f().sum() + f().sum(), total.get_value())


@pytest.mark.parametrize("where", ["update", "until"])
def test_draws_that_no_output_shows(where):
    """A stream that only an update or the end of a loop draws from moves on too."""
    stream, total = stream_of(), sd.shared(np.float64(0), name="total")

    def step():
        draw = noise(stream, ())
        return (total, {total: total + draw}) if where == "update" else (T.constant(1), sd.until(draw < 0.5))

    made, updates = sd.scan(step, n_steps=50)
    assert len([state for state in updates if state is not total]) == 1
    f = sd.function([], made, updates=updates)
    results = []
    for _ in range(4):
        shape = f().shape
        results.append(shape if where == "until" else float(total.get_value()))
    assert stream.step == 4 and len(set(results)) > 1


def test_one_draw_for_all_steps():
    """A draw made outside is one draw, whether the step captures it or is given it; Theano drew a captured one anew at
    every step, without a word."""
    stream = stream_of()
    mask = noise(stream)
    captured, _ = sd.scan(lambda: mask * 1, n_steps=3)
    given, _ = sd.scan(lambda m: m * 1, non_sequences=mask, n_steps=3)
    f = sd.function([], [mask, captured, given])
    first, second = f(), f()
    for mask_value, *loops in (first, second):
        assert all((loop == mask_value).all() for loop in loops)
    assert all_different([first[0], second[0]])


def test_nested_loops_fold_the_outermost_position_first():
    """The layout of the bits is a promise, so it is written out by hand here."""
    stream = stream_of()
    kept = []

    def inner():
        kept.append(noise(stream))
        return kept[-1]

    draws, _ = sd.scan(lambda: sd.scan(inner, n_steps=3)[0], n_steps=2)
    value = sd.function([], draws)()
    assert value.shape == (2, 3, 3) and all_different([value])
    for i, j in itertools.product(range(2), range(3)):
        assert (value[i, j] == by_hand([i, j])).all()
        assert (stream.replay(kept[0], step=0, loop_index=(i, j)) == value[i, j]).all()
    assert (value[0, 1] != value[1, 0]).all()


def test_a_draw_of_the_outer_step_used_inside():
    """It is one for all steps of the inner loop, and folds the outer position alone."""
    stream = stream_of()

    def outer():
        mask = noise(stream)
        return sd.scan(lambda: mask + noise(stream), n_steps=2)[0] - mask

    _, updates = sd.scan(outer, n_steps=2)
    assert len(updates) == 1
    stream = stream_of()
    kept = []

    def outer_kept():
        kept.append(noise(stream))
        return sd.scan(lambda: kept[0] * 1, n_steps=2)[0]

    value = sd.function([], sd.scan(outer_kept, n_steps=2)[0])()
    assert (value == [[by_hand([i])] * 2 for i in range(2)]).all()
    assert (stream.replay(kept[0], step=0, loop_index=(1,)) == value[1, 0]).all()


def test_iterations_are_counted_forwards():
    """go_backwards turns the sequences round, not the numbers of the iterations."""
    stream, x = stream_of(), T.dvector("x")
    draws, _ = sd.scan(lambda v: (noise(stream), v), x, go_backwards=True)
    drawn, order = sd.function([x], draws)([1.0, 2.0, 3.0])
    assert order.tolist() == [3, 2, 1]
    assert (drawn == [by_hand([i]) for i in range(3)]).all()


def test_taps_and_a_longer_loop_change_no_draw():
    """Iteration i is iteration i, wherever its elements stand and however many follow."""
    stream, x, n = stream_of(), T.dvector("x"), T.iscalar("n")
    draws, _ = sd.scan(lambda a, b: noise(stream) + 0 * a * b, {"input": x, "taps": [-2, 0]}, n_steps=n)
    f = sd.function([x, n], draws, no_default_updates=True)
    long = f(np.ones(9), 7)
    assert (long == [by_hand([i]) for i in range(7)]).all()
    assert (f(np.ones(9), 3) == long[:3]).all()


def test_named_sites():
    """A named draw in a loop folds its name and then the position."""
    stream = stream_of()
    a, _ = sd.scan(lambda: noise(stream, site="mask"), n_steps=3)
    b, _ = sd.scan(lambda: noise(stream, site="mask"), n_steps=5)
    outside = noise(stream, site="mask")
    short, long, single = sd.function([], [a, b, outside])()
    assert (short == long[:3]).all() and all_different([long, single])
    assert stream.get_state()["next_site"] == 0


def test_building_a_loop_takes_one_site_per_draw():
    """However many steps it makes."""
    stream = stream_of()
    sd.scan(lambda: noise(stream) + noise(stream), n_steps=100)
    assert stream.get_state()["next_site"] == 2


# Gradients.


def test_the_gradient_sees_the_same_mask():
    """The derivative of sum(mask * x) is the mask, at every step of the loop and of the program."""
    stream, x = stream_of(), T.dmatrix("x")
    (kept, masks), _ = sd.scan(
        lambda row: [mask := stream.bernoulli(p=0.5, size=(4,), dtype="float64"), mask * row][::-1], x
    )
    f = sd.function([x], [masks, sd.grad(kept.sum(), x)])
    calls = [f(np.ones((6, 4))) for _ in range(3)]
    for mask, slope in calls:
        assert (mask == slope).all() and 0 < mask.sum() < mask.size
    assert not (calls[0][0] == calls[1][0]).all()


@pytest.mark.parametrize("options", [{}, {"checkpoint_every": 2}], ids=["plain", "checkpoints"])
def test_the_gradient_through_states_sees_the_same_mask(options):
    """A product of masks along the loop, computed again on the way back and not kept."""
    stream, s = stream_of(), T.dvector("s")
    (states, masks), _ = sd.scan(
        lambda h: [h * (mask := stream.uniform(size=(3,), dtype="float64")), mask], outputs_info=[s, None], n_steps=5,
        **options,
    )  # fmt: skip
    drawn, slope, last = sd.function([s], [masks, sd.grad(states[-1].sum(), s), states[-1]])([1.0, 2.0, 3.0])
    np.testing.assert_allclose(slope, drawn.prod(axis=0), rtol=1e-12)
    np.testing.assert_allclose(last, drawn.prod(axis=0) * [1, 2, 3], rtol=1e-12)


def test_gradients_flow_to_location_and_scale():
    """As outside of loops."""
    stream, std = stream_of(), T.dscalar("std")
    values, _ = sd.scan(lambda: stream.normal(mean=1.0, std=std, size=(2,), dtype="float64"), n_steps=3)
    drawn, slope = sd.function([std], [values, sd.grad(values.sum(), std)])(2.0)
    assert np.isclose(slope, ((drawn - 1) / 2).sum())


# Dropout.


def test_dropout_in_a_loop_needs_no_ceremony():
    """A mask per step and call while training."""
    stream, x = stream_of(), T.dmatrix("x")
    h, _ = sd.scan(lambda row: sd.dropout(row, p=0.5, stream=stream), x)
    ones = np.ones((5, 20))
    train = sd.function([x], h, training=True)
    first, second = train(ones), train(ones)
    assert set(np.unique(first)) == {0, 2} and not (first == second).all()
    assert len({tuple(row) for row in [*first, *second]}) == 10
    assert stream.step == 2
    replayed = stream.replay(h, step=1, inputs={x: ones, sd.training: True})
    assert (replayed == second).all()


def test_no_dropout_while_testing():
    """With training=False nothing is drawn and no stream moves, even if the loop's updates are passed."""
    stream, x = stream_of(), T.dmatrix("x")
    h, updates = sd.scan(lambda row: sd.dropout(row, p=0.5, stream=stream), x)
    test = sd.function([x], h, updates=updates, training=False)
    assert (test(np.ones((5, 20))) == 1).all()
    assert stream.step == 0 and not test.updates and "bernoulli" not in str(test.stages["rewritten"])


def test_one_mask_for_all_steps():
    """Gal and Ghahramani's recurrent dropout: draw outside, use inside."""
    stream, x = stream_of(), T.dmatrix("x")
    keep = sd.dropout(T.ones((20,), "float64"), p=0.5, stream=stream)
    h, _ = sd.scan(lambda row: row * keep, x)
    masks = sd.function([x], h, training=True)(np.ones((4, 20)))
    assert (masks == masks[0]).all() and set(np.unique(masks)) == {0, 2}


# Replay.


def test_replay_of_a_whole_loop():
    """The loop is an expression like others; its positions need not be given."""
    stream, x = stream_of(), T.dvector("x")
    h, _ = sd.scan(lambda v, s: s + v * noise(stream, ()), x, T.zeros((), "float64"))
    f = sd.function([x], h)
    seen = [f([1.0, 2.0]) for _ in range(3)]
    assert (stream.replay(h, step=1, inputs={x: [1.0, 2.0]}) == seen[1]).all()


@pytest.mark.parametrize("loop_index", [(), (1, 2)])
def test_replay_wants_one_position_per_loop(loop_index):
    """A draw inside one loop is many draws; which one is meant must be said."""
    stream, kept = stream_of(), []
    sd.scan(lambda: kept.append(noise(stream)) or kept[0], n_steps=3)
    with pytest.raises(ArgumentError, match=r"inside 1 loops.*test_scan_random"):
        stream.replay(kept[0], step=0, loop_index=loop_index)


def test_every_distribution_in_a_loop():
    """What is composed of draws, permutations and choices too, folds the position."""
    stream = stream_of()
    kinds = {
        "bernoulli": lambda: stream.bernoulli(size=(40,)),
        "binomial": lambda: stream.binomial(n=5, size=(40,)),
        "normal": lambda: stream.normal(size=(2,)),
        "integers": lambda: stream.integers(low=0, high=1000, size=(20,)),
        "choice": lambda: stream.choice(a=1000, size=(20,)),
        "permutation": lambda: stream.permutation(n=40),
        "multinomial": lambda: stream.multinomial(n=100, pvals=np.full(10, 0.1)),
    }
    for name, draw in kinds.items():
        rows = sd.function([], sd.scan(draw, n_steps=3)[0])()
        assert len({row.tobytes() for row in rows}) == 3, name


@pytest.mark.parametrize("count", [2, 7])
def test_choices_by_rows_are_native(count):
    """A policy draws its action in every step of a loop: nothing falls back, and the choices are the reference's."""
    logits = T.fmatrix("logits")

    def step(h, stream):
        chosen = stream.choice(a=count, p=T.nnet.softmax(h))
        return h + T.nnet.log_softmax(h)[T.arange(h.shape[0]), chosen][:, None]

    found = {}
    for backend in ("native", "numpy"):
        stream = sd.RandomStream(seed=3)
        states, _ = sd.scan(lambda h, stream=stream: step(h, stream), outputs_info=logits, n_steps=4)
        slope = sd.grad(states.sum(), logits)
        f = sd.function([logits], [states, slope], backend=backend)
        assert backend == "numpy" or not [kernel for kernel in f.kernels if "fallback" in kernel]
        found[backend] = f(np.random.default_rng(0).normal(size=(50, count)).astype("f"))
    for native, reference in zip(found["native"], found["numpy"], strict=True):
        np.testing.assert_allclose(native, reference, rtol=2e-5, atol=2e-5)

"""Checkpoints and truncated gradients: fewer states kept, and the same numbers."""

import tracemalloc

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError
from tests.autodiff.recurrences import COSTS, RNG, STEPS, recurrence, same, variables

# Truncated gradients.


@pytest.mark.parametrize("truncate", [0, 1, 2, 4, 5, 100])
@pytest.mark.parametrize("cost", ["last state", "all states"])
def test_truncate_gradient(truncate, cost):
    """The way back makes that many steps from the end of the loop: what came before is held constant."""
    x, w, s, values = variables()
    loop, _ = sd.scan(recurrence, x, s, w, truncate_gradient=truncate)
    states, state = [], s
    for k in range(STEPS):
        within = k >= STEPS - truncate
        state = recurrence(x[k], state, w)
        states.append(state if within else sd.disconnected_grad(state))
        state = states[-1]
    by_hand = sd.grad(COSTS[cost](states), [x, w, s], disconnected_inputs="ignore")
    got = sd.grad(COSTS[cost](loop), [x, w, s])
    same(got, by_hand, values)


# Checkpoints.


@pytest.mark.parametrize("every", [1, 2, 3, 5, 8])
def test_checkpoints_change_no_gradient(every):
    """Fewer states are kept, and the rest is computed again; the rows need be no multiple, and the loop may be
    shorter than one chunk. Machine code is made for one cost of each."""
    x, w, s, values = variables()
    plain, _ = sd.scan(recurrence, x, s, w)
    loop, _ = sd.scan(recurrence, x, s, w, checkpoint_every=every)
    for number, cost in enumerate(COSTS.values()):
        backend = "native" if number == every % len(COSTS) else "numpy"
        same(
            [loop, *sd.grad(cost(loop), [x, w, s])], [plain, *sd.grad(cost(plain), [x, w, s])], values, backend=backend
        )


@pytest.mark.parametrize("rows", [0, 1, 2, 6])
@pytest.mark.parametrize("go_backwards", [False, True])
def test_checkpoints_of_any_number_of_rows(rows, go_backwards):
    """Sequences of a size known only at run time, none included."""
    x, w, s, values = variables()
    values[x] = RNG.normal(size=(rows, 3))
    options = {"go_backwards": go_backwards}
    plain, _ = sd.scan(recurrence, x, s, w, **options)
    loop, _ = sd.scan(recurrence, x, s, w, checkpoint_every=2, **options)
    same([loop, *sd.grad(loop.sum(), [x, w, s])], [plain, *sd.grad(plain.sum(), [x, w, s])], values)


def test_checkpoints_with_taps_and_several_outputs():
    """Chunks hand on the histories of taps, and stack what is not fed back."""
    x, s, a = T.dvector("x"), T.dvector("s"), T.dscalar("a")
    values = {x: RNG.normal(size=7), s: RNG.normal(size=2), a: 0.8}

    def loop(**options):
        (h, r), _ = sd.scan(
            lambda last, now, s_2, s_1: (T.sin(a * s_2 + last * s_1), now * s_1),
            {"input": x, "taps": [-1, 0]}, [{"initial": s, "taps": [-2, -1]}, None], **options,
        )  # fmt: skip
        return [h, r, *sd.grad((h**2).sum() + r.sum(), [x, s, a])]

    same(loop(checkpoint_every=4), loop(), values)


def test_checkpoints_have_second_derivatives():
    """Chunks are loops of loops; nothing else."""
    x, w, s, values = variables()

    def seconds(**options):
        loop, _ = sd.scan(recurrence, x, s, w, **options)
        return sd.grad((sd.grad((loop**2).sum(), w) ** 2).sum(), [x, w, s])

    same(seconds(checkpoint_every=2), seconds(), values, rtol=1e-9)


def test_checkpoints_draw_the_same_masks():
    """Draws are formulas of the position, so what is computed again is the same to the bit."""
    x, w, s, values = variables()

    def loop(**options):
        stream = sd.RandomStream(seed=3)
        h, _ = sd.scan(lambda row, h: sd.dropout(T.tanh(row + h @ w), 0.4, stream=stream), x, s, **options)
        masks, _ = sd.scan(lambda row, h: stream.bernoulli(p=0.5, size=(3,)) + 0 * h, x, s, **options)
        f = sd.function([x, w, s], [h, *sd.grad((h**2).sum(), [x, w, s]), masks], training=True)
        return [f(*values.values()) for _ in range(2)]

    for plain, chunked in zip(loop(), loop(checkpoint_every=2), strict=True):
        for one, other in zip(plain, chunked, strict=True):
            np.testing.assert_allclose(other, one, rtol=1e-11, atol=1e-14)
        assert (plain[-1] == chunked[-1]).all()


def peak(f, *values):
    """The most bytes that a call holds at one time, by what NumPy asks of Python."""
    f(*values)
    tracemalloc.start()
    try:
        f(*values)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_checkpoints_need_less_memory():
    """400 steps of a state of 1000 numbers: in chunks of 20, states are held for 20 + 20 steps instead of 400."""
    start, a = T.dvector("start"), T.dscalar("a")

    def gradient(**options):
        def step(s):
            for _ in range(4):
                s = T.sin(a * s)
            return s

        last, _ = sd.reduce(lambda k, s: step(s), T.arange(400), start, **options)
        return sd.function([start, a], sd.grad(last.sum(), a), backend="numpy")

    values = np.linspace(0, 1, 1000), 0.9
    plain, chunked = gradient(), gradient(checkpoint_every=20)
    assert np.isclose(plain(*values), chunked(*values), rtol=1e-10)
    assert peak(chunked, *values) < peak(plain, *values) / 3


@pytest.mark.parametrize("every", [0, -1, 2.0, True, "all"])
def test_bad_checkpoints(every):
    """The number of steps of a chunk is a positive integer."""
    with pytest.raises(ArgumentError, match="checkpoint_every"):
        sd.scan(lambda v: v, T.dvector("x"), checkpoint_every=every)


@pytest.mark.parametrize("other", ["until", "truncate"])
def test_checkpoints_go_with_neither_until_nor_truncation(other):
    """Said while building, not found out by a wrong gradient."""
    step = (lambda v: (v, sd.until(v > 1))) if other == "until" else (lambda v: v)
    options = {"truncate_gradient": 2} if other == "truncate" else {}
    with pytest.raises(ArgumentError, match="goes with neither until nor truncate_gradient"):
        sd.scan(step, T.dvector("x"), checkpoint_every=2, **options)

"""Loops and branches in native code: the whole loop is one call, and gives what the NumPy back end gives."""

import random

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ShapeError, SymdropError
from tests.helpers.native import TARGETS, both, holding

pytestmark = pytest.mark.usefixtures("quick_code")


def fallbacks(f):
    return [kernel for kernel in f.kernels if kernel.startswith("fallback")]


def agree(functions, *values, stream=None, tolerance=1e-12, may_fall_back=False):
    """Equal results of both back ends, the native one without any help of NumPy's."""
    results = []
    for f in functions:
        if stream is not None:
            stream.reseed(5)
        made = f(*values)
        results.append(made if isinstance(made, list) else [made])
    native, numpy = results
    assert may_fall_back or not fallbacks(functions[0])
    for a, b in zip(native, numpy, strict=True):
        assert a.shape == b.shape and a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * max(1, np.abs(b).max(initial=0)))


def gru(stream, hidden, locked=False, p=0.5):
    """A recurrent layer whose weights are dropped at every step, or once for all."""
    rng = np.random.default_rng(1)
    U, W = (sd.shared(rng.standard_normal((hidden, 3 * hidden)) * 0.3, name=name) for name in "UW")
    x, first = T.dmatrix("x"), T.dvector("first")
    mask = sd.dropout(U, p=p, stream=stream)

    def step(x_t, h):
        u = h @ (mask if locked else sd.dropout(U, p=p, stream=stream))
        a = x_t @ W
        r, z = T.nnet.sigmoid(a[:hidden] + u[:hidden]), T.nnet.sigmoid(a[hidden : 2 * hidden] + u[hidden : 2 * hidden])
        return z * h + (1 - z) * T.tanh(a[2 * hidden :] + r * u[2 * hidden :])

    h, _ = sd.scan(step, x, first)
    return x, first, h, [U, W]


@pytest.mark.parametrize(("target", "locked"), [*((target, False) for target in TARGETS), ("host", True)])
def test_a_recurrent_layer_forward_and_back_is_one_call(target, locked):
    """Dropout inside of the step and outside, its gradient, on every kind of machine."""
    stream = sd.RandomStream(seed=5)
    x, first, h, parameters = gru(stream, 5, locked)
    loss = (h * h).sum()
    with holding(target):
        functions = both([x, first], [loss, *sd.grad(loss, [x, first, *parameters])], training=True)
    rng = np.random.default_rng(0)
    for steps in (1, 2, 7):
        agree(functions, rng.standard_normal((steps, 5)), rng.standard_normal(5), stream=stream)


def test_one_compile_serves_every_length():
    """Short sequences and long ones, none among them, and nothing is compiled anew."""
    stream = sd.RandomStream(seed=5)
    x, first, h, parameters = gru(stream, 3)
    functions = both([x, first], [h, *sd.grad((h * h).sum(), parameters)], training=True)
    rng = np.random.default_rng(0)
    for steps in (0, 1, 2, 3, 4, 5, 8, 13, 21, 34, 59):
        agree(functions, rng.standard_normal((steps, 3)), rng.standard_normal(3), stream=stream)
    assert functions[0].compile_count == 1 and functions[0].backend == "native"


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_share_the_kernels_of_a_step(threads):
    """However many run a loop, the bits are the same: states are large enough for a team."""
    stream = sd.RandomStream(seed=5)
    x, first, h, parameters = gru(stream, 70)
    rng = np.random.default_rng(0)
    values = rng.standard_normal((6, 70)), rng.standard_normal(70)
    results = []
    for count in (1, threads):
        with sd.config.change(threads=count):
            f = sd.function([x, first], [h, *sd.grad((h * h).sum(), parameters)], training=True, backend="native")
            stream.reseed(5)
            results.append(f(*values))
    for a, b in zip(*results, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("side", ["start", "end"])
def test_loops_stay_within_their_memory(side):
    """Rows of sequences and stacks, states and partial sums, each against a protected page."""
    stream = sd.RandomStream(seed=5)
    x, first, h, parameters = gru(stream, 5)
    with sd.config.change(guard=side, threads=3):
        functions = both([x, first], [h, *sd.grad((h * h).sum(), [x, *parameters])], training=True)
        rng = np.random.default_rng(0)
        for steps in (0, 1, 4):
            agree(functions, rng.standard_normal((steps, 5)), rng.standard_normal(5), stream=stream)


def test_taps_backwards_and_several_states():
    """States that older states follow, sequences read at three places and from the end, integers beside floats."""
    x, first = T.dmatrix("x"), T.dmatrix("first")

    def step(before, now, after, older, old, count):
        new = T.tanh(old - 0.5 * older + before * now - after)
        return new, count + T.cast(new.sum() > 0, "int64")

    (h, counts), _ = sd.scan(
        step,
        sequences={"input": x, "taps": [-1, 0, 1]},
        outputs_info=[{"initial": first, "taps": [-2, -1]}, T.constant(0)],
        go_backwards=True,
    )
    functions = both([x, first], [h, counts, *sd.grad((h * h).sum(), [x, first])])
    rng = np.random.default_rng(0)
    for rows in (3, 4, 9):
        agree(functions, rng.standard_normal((rows, 3)), rng.standard_normal((2, 3)))


def test_loops_in_loops():
    """An inner loop along the elements of an outer one's, its gradient, and draws that fold both positions."""
    stream = sd.RandomStream(seed=5)
    x = T.dmatrix("x")

    def outer(row, h):
        inner, _ = sd.scan(
            lambda v, a: T.tanh(a + v * h.sum() * stream.uniform(size=(), dtype="float64")),
            row,
            T.constant(0.1, dtype="float64"),
        )
        return h * 0.9 + inner

    h, _ = sd.scan(outer, x, T.zeros((4,), "float64"))
    functions = both([x], [h, sd.grad((h * h).sum(), x)])
    rng = np.random.default_rng(0)
    for rows in (0, 1, 3):
        agree(functions, rng.standard_normal((rows, 4)), stream=stream)


@pytest.mark.parametrize("every", [1, 2, 5])
def test_chunks(every):
    """A loop of loops, whose inner one is a little shorter in the end."""
    stream = sd.RandomStream(seed=5)
    x, W = T.dmatrix("x"), sd.shared(np.eye(3) * 0.5, name="W")

    def step(x_t, h):
        return T.tanh(x_t + h @ sd.dropout(W, p=0.5, stream=stream))

    h, _ = sd.scan(step, x, T.zeros((3,), "float64"), checkpoint_every=every)
    functions = both([x], [h, *sd.grad((h * h).sum(), [x, W])], training=True)
    rng = np.random.default_rng(0)
    for rows in (1, 4, 5):
        agree(functions, rng.standard_normal((rows, 3)), stream=stream)


def test_a_loop_that_ends_by_itself():
    """Both back ends make the same steps; only cutting the stack to its length is left to NumPy."""
    x = T.dscalar("x")
    h, _ = sd.scan(lambda v: (v * 2, sd.until(v * 2 > 20)), outputs_info=x, n_steps=50)
    functions = both([x], [h, sd.grad(h.sum(), x)])
    for value in (1.0, 30.0, 1e-9, 0.0):
        agree(functions, value, may_fall_back=True)
    assert all("subtensor" in line or "inc_subtensor" in line for line in fallbacks(functions[0]))


def test_a_state_updated_in_a_loop():
    """A shared variable that every step reads and writes, in place where that is possible."""
    x = T.dvector("x")
    w = sd.shared(np.array([1.0, 2.0]), name="w")
    out, updates = sd.scan(lambda x_t: (w.sum() * x_t, {w: w * x_t + 1}), x)
    results = []
    for backend in ("native", "numpy"):
        w.set_value(np.array([1.0, 2.0]))
        f = sd.function([x], out, updates=updates, backend=backend)
        results.append((f([0.5, -1.0, 2.0]), f([1.0]), w.get_value()))
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-14)


def test_refused_values_leave_states_alone():
    """A row that is not there is found inside of the loop; by then nothing has been changed."""
    E, x = sd.shared(np.arange(6.0).reshape(3, 2), name="E"), T.ivector("x")
    h, _ = sd.scan(lambda i, h: h + E[i], x, T.zeros((2,), "float64"))
    f = sd.function([x], h, updates={E: E + 1}, backend="native")
    before = E.get_value()
    with pytest.raises(IndexError):
        f(np.array([0, 3], "int32"))
    np.testing.assert_array_equal(E.get_value(), before)
    np.testing.assert_array_equal(f(np.array([1, 1], "int32")), [[2.0, 3.0], [4.0, 6.0]])


def test_sizes_that_do_not_fit_are_refused():
    """As the NumPy back end does: a shorter sequence, a negative number of steps, states that change their shape."""
    x, y, n = T.dvector("x"), T.dvector("y"), T.iscalar("n")
    sums, _ = sd.scan(lambda a, b: a * b, [x, y])
    for f in both([x, y], sums):
        with pytest.raises(ShapeError):
            f([1.0, 2.0], [1.0])
    powers, _ = sd.scan(lambda a, p: a * p, x, T.constant(1.0, dtype="float64"), n_steps=n)
    for f in both([x, n], powers):
        for steps in (-1, 3):
            with pytest.raises(ValueError):
                f([1.0, 2.0], steps)
        np.testing.assert_array_equal(f([2.0, 3.0], 2), [2.0, 6.0])
    grown, _ = sd.scan(lambda s: T.concatenate([s, s]), outputs_info=x, n_steps=2)
    for f in both([x], grown[-1]):
        with pytest.raises(SymdropError):
            f([1.0])


def test_only_the_chosen_branch_runs():
    """In native code too: the index of the other branch may be out of range."""
    x, i, c = T.dmatrix("x"), T.iscalar("i"), T.iscalar("c")
    chosen = sd.ifelse(T.eq(c, 1), T.exp(x[i]) * 2, x.sum(axis=0))
    functions = both([x, i, c], [chosen, sd.grad(chosen.sum(), x)])
    value = np.arange(6.0).reshape(3, 2) / 7
    agree(functions, value, 1, 1)
    agree(functions, value, 9, 0)
    with pytest.raises(IndexError):
        functions[0](value, 9, 1)


def test_branches_in_loops_and_loops_in_branches():
    """Each inside the other, with draws, forward and back."""
    stream = sd.RandomStream(seed=5)
    x, c = T.dmatrix("x"), T.iscalar("c")
    W = sd.shared(np.random.default_rng(0).standard_normal((3, 3)), name="W")

    def step(x_t, h):
        return sd.ifelse(T.gt(x_t[0], 0), T.tanh(x_t @ W + h), T.exp(-h * h) @ sd.dropout(W, p=0.5, stream=stream))

    h, _ = sd.scan(step, x, T.zeros((3,), "float64"))
    chosen = sd.ifelse(c, h.sum(), (x @ W).sum())
    functions = both([x, c], [chosen, *sd.grad(chosen, [x, W])], training=True)
    rng = np.random.default_rng(0)
    for choice in (0, 1):
        agree(functions, rng.standard_normal((5, 3)), choice, stream=stream)


def test_masks_of_weights_are_never_stored():
    """A vector times a dropped matrix is a sum in which the mask is computed; no kernel stores the masked matrix."""
    stream = sd.RandomStream(seed=5)
    x, first, h, parameters = gru(stream, 8)
    f = sd.function([x, first], sd.grad((h * h).sum(), parameters), training=True, backend="native")
    step = f._program.pieces[0].lowered.module
    stored = {buffer.name for buffer in step.arena.buffers if len(buffer.sizes) == 2}
    assert "bernoulli" in f.source("kernels") and not any("where" in name or "bernoulli" in name for name in stored)


class Maker:
    """Random step functions: expressions of a sequence's element, two states and captured values."""

    def __init__(self, seed):
        self.choose = random.Random(seed)
        rng = np.random.default_rng(seed)
        self.stream = sd.RandomStream(seed=5)
        self.n = self.choose.choice([1, 2, 5, 17])
        self.W = sd.shared(rng.standard_normal((self.n, self.n)) * 0.4, name="W")
        self.E = sd.shared(rng.standard_normal((4, self.n)), name="E")
        self.x, self.i, self.h, self.c = T.dmatrix("x"), T.lvector("i"), T.dvector("h"), T.dmatrix("c")
        self.arguments = [self.x, self.i, self.h, self.c]

    def values(self, rows):
        rng = np.random.default_rng(rows)
        return [
            rng.standard_normal((rows, self.n)),
            rng.integers(-4, 4, rows),
            rng.standard_normal(self.n),
            rng.standard_normal((3, self.n)),
        ]

    def vector(self, known, depth):
        pick, some = self.choose.randrange(12 if depth else 1), lambda: self.vector(known, depth - 1)
        if pick < 2:
            return self.choose.choice(known)
        if pick == 2:
            return T.tanh(some()) * 0.7
        if pick == 3:
            return some() * T.nnet.sigmoid(some())
        if pick == 4:
            return some() - some()
        if pick == 5:
            return T.tanh(some() @ self.W)
        if pick == 6:
            return some() * T.tanh(some().sum())
        if pick == 7:
            return sd.dropout(some(), p=0.4, stream=self.stream)
        if pick == 8:
            return T.tanh(some()) @ sd.dropout(self.W, p=0.4, stream=self.stream)
        if pick == 9:
            return T.nnet.softmax(some())
        if pick == 10:
            return T.concatenate([some()[1:], some()[:1]])
        return (T.tanh(self.c) * some()).sum(axis=0) * 0.3

    def scan(self):
        def step(x_t, i_t, h, s):
            known = [x_t, h, s, self.E[i_t], self.c[0]]
            a, b = self.vector(known, 3), self.vector(known, 2)
            return T.tanh(a + 0.1 * h), T.tanh(b), (a * b).sum()

        return sd.scan(step, [self.x, self.i], [self.h, 0.5 * self.h, None])[0]


@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(6, 24))])
def test_random_steps(seed):
    """Whatever a step computes, forward and back, with whatever threads."""
    maker = Maker(seed)
    h, s, sums = maker.scan()
    loss = (h * h).sum() + s[-1:].sum() + (sums * sums).sum()
    wrt = [maker.x, maker.h, maker.c, maker.W, maker.E]
    grads = sd.grad(loss, wrt, disconnected_inputs="ignore")
    with sd.config.change(threads=1 + seed % 3, guard=("off", "end")[seed % 2]):
        functions = both(maker.arguments, [h, s, sums, *grads], training=True, on_unused_input="ignore")
        for rows in (0, 1, 6):
            agree(functions, *maker.values(rows), stream=maker.stream, tolerance=1e-9)

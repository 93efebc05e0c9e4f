"""States written over their old values: whatever reads an old value gets the old value.

Random updates of several states that read one another, tried natively against NumPy alone.
The rule is argued in docs/decisions/0018-when-a-state-may-be-overwritten.md.
"""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T


def put(base, index, part):
    """NumPy's base[index] = part, in a copy."""
    base = base.copy()
    base[index] = part
    return base


def added(base, index, part):
    """A copy with the part added at the index, as often as a place is named."""
    base = base.copy()
    np.add.at(base, index, part)
    return base


class Draw:
    """Random expressions over matrices and vectors, each as a symbolic value and as what NumPy makes of it."""

    def __init__(self, rng, n, matrices, vectors):
        self.rng, self.n, self.matrices, self.vectors = rng, n, matrices, vectors

    def one_of(self, pairs):
        return pairs[self.rng.integers(len(pairs))]

    def index(self):
        return self.rng.integers(-self.n, self.n, self.n) if self.rng.random() < 0.5 else self.rng.permutation(self.n)

    def cut(self):
        """A slice, forwards or backwards, and how many elements it takes."""
        start, stop = sorted(int(i) for i in self.rng.integers(0, self.n + 1, 2))
        cut = slice(start, stop) if self.rng.random() < 0.5 else slice(stop - 1, start - 1 if start else None, -1)
        return (cut if stop > start else slice(0, 0)), stop - start

    def matrix(self, depth):
        """A square matrix."""
        if not depth:
            return self.one_of(self.matrices)
        (a, x), (b, y) = self.matrix(self.rng.integers(depth)), self.matrix(self.rng.integers(depth))
        (u, v), (i, (cut, count)) = self.vector(self.rng.integers(depth)), (self.index(), self.cut())
        shorter = slice(0, count)

        ways = [
            lambda: (a.T, x.T),
            lambda: (a[::-1], x[::-1]),
            lambda: (a[:, ::-1], x[:, ::-1]),
            lambda: (a[i], x[i]),
            lambda: (a[:, i], x[:, i]),
            lambda: (a @ b, x @ y),
            lambda: (a + 0.5 * (b @ a), x + 0.5 * (y @ x)),
            lambda: (0.5 * a - b.T @ a, 0.5 * x - y.T @ x),
            lambda: (a[0, 0] * a + b[0, -1] * (b @ b), x[0, 0] * x + y[0, -1] * (y @ y)),
            lambda: (a.T + a @ b, x.T + x @ y),
            lambda: (a + b, x + y),
            lambda: (T.tanh(a) * b.T, np.tanh(x) * y.T),
            lambda: (a * u, x * v),
            lambda: (a * u.dimshuffle(0, "x"), x * v[:, None]),
            lambda: (a - a.sum(axis=0), x - x.sum(axis=0)),
            lambda: (a / (1 + T.abs(a).max(axis=1, keepdims=True)), x / (1 + np.abs(x).max(axis=1, keepdims=True))),
            lambda: (T.where(T.gt(a, b), a, b.T), np.where(x > y, x, y.T)),
            lambda: (T.concatenate([a[1:], b[:1]]), np.concatenate([x[1:], y[:1]])),
            lambda: (a.T.reshape((-1,))[::-1].reshape((self.n, self.n)), x.T.reshape(-1)[::-1].reshape(x.shape)),
            lambda: (T.set_subtensor(a[::-1], b), y[::-1]),
            lambda: (T.set_subtensor(a[cut], b[shorter]), put(x, cut, y[shorter])),
            lambda: (T.inc_subtensor(a[cut], b[shorter]), added(x, cut, y[shorter])),
            lambda: (T.inc_subtensor(a[i], b), added(x, i, y)),
            lambda: (T.inc_subtensor(a[i], u), added(x, i, v)),
            lambda: (T.set_subtensor(a[:, cut], b[:, shorter]), put(x, (slice(None), cut), y[:, shorter])),
        ]  # fmt: skip
        return self.one_of(ways)()

    def vector(self, depth):
        """A vector as long as the matrices."""
        if not depth:
            return self.one_of(self.vectors)
        (a, x), (b, y) = self.vector(self.rng.integers(depth)), self.vector(self.rng.integers(depth))
        (m, w), (i, (cut, count)) = self.matrix(self.rng.integers(depth)), (self.index(), self.cut())

        ways = [
            lambda: (a[::-1], x[::-1]),
            lambda: (a[i], x[i]),
            lambda: (m @ a, w @ x),
            lambda: (a @ m, x @ w),
            lambda: (m[0] + m[:, -1], w[0] + w[:, -1]),
            lambda: (m.sum(axis=1) * a, w.sum(axis=1) * x),
            lambda: (a + b * a.sum(), x + y * x.sum()),
            lambda: (a * b[0] - b, x * y[0] - y),
            lambda: (T.concatenate([a[1:], b[:1]]), np.concatenate([x[1:], y[:1]])),
            lambda: (T.set_subtensor(a[::-1], b), y[::-1]),
            lambda: (T.set_subtensor(a[cut], b[:count]), put(x, cut, y[:count])),
            lambda: (T.inc_subtensor(a[i], b), added(x, i, y)),
            lambda: (T.inc_subtensor(T.set_subtensor(a[cut], 2.0)[i], b[i]), added(put(x, cut, 2.0), i, y[i])),
        ]  # fmt: skip
        return self.one_of(ways)()


def seeds(count):
    """A quarter of the seeds in every run of the suite, the others among the slow tests."""
    return [pytest.param(seed, marks=[pytest.mark.slow] if seed >= count // 4 else []) for seed in range(count)]


def started(rng, n):
    """Values of two matrices and two vectors."""
    return [rng.uniform(-0.5, 0.5, size) for size in ((n, n), (n, n), (n,), (n,))]


def close(made, expected):
    for a, b in zip(made, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("seed", seeds(60))
def test_random_updates_of_states(seed):
    """Up to four states at once, new values and old ones returned too; four updates in a function, called twice."""
    rng = np.random.default_rng(seed)
    n = int(rng.choice([1, 2, 3, 5, 17]))
    values = started(rng, n)
    states = [sd.shared(value, name=name) for value, name in zip(values, "MNuv", strict=True)]
    for state in states:
        assert state.type.shape == (1,) * state.ndim if n == 1 else (None,) * state.ndim
    picked = rng.integers(3, size=4)
    for call in range(2):
        pairs = list(zip(states, values, strict=True))
        draw = Draw(np.random.default_rng(seed + 1000), n, pairs[:2], pairs[2:])
        new = [(draw.matrix if k < 2 else draw.vector)(3) for k in range(4)]
        if seed % 5 == 0:
            # The states change places.
            new = [pairs[1], new[0], pairs[3], new[3]]
        outputs = [pairs[k] if picked[k] == 1 else new[k] for k in range(4) if picked[k]]
        if not call:
            updates = dict(zip(states, (one for one, _ in new), strict=True))
            # A function that is made with guards has no short way, which would go round them.
            with sd.config.change(guard="end"):
                f = sd.function([], [one for one, _ in outputs], updates=updates, backend="native")
        with sd.config.change(guard="end" if call else "off", threads=1 + seed % 2):
            made = f()
        close(made, [value for _, value in outputs])
        values = [np.array(value) for _, value in new]
        close([state.get_value() for state in states], values)


@pytest.mark.parametrize("seed", seeds(40))
def test_random_states_of_loops(seed):
    """What a step makes of the states before it, written over them; their old values are stacked."""
    rng = np.random.default_rng(seed)
    n = int(rng.choice([1, 2, 3, 5, 9]))
    values = started(rng, n)
    inputs = [T.dmatrix("M"), T.dmatrix("N"), T.dvector("u"), T.dvector("v")]

    def step(states):
        draw = Draw(np.random.default_rng(seed + 2000), n, states[:2], states[2:])
        new = [(draw.matrix if k < 2 else draw.vector)(3) for k in range(4)]
        return [states[1], new[0], *new[2:]] if seed % 4 == 0 else new

    def symbolic(*states):
        pairs = [(state, np.zeros((n,) * state.ndim)) for state in states]
        return [*(T.specify_shape(a, (n,) * a.ndim) for a, _ in step(pairs)), states[0] * 1.0, states[2]]

    loops, _ = sd.scan(
        symbolic, outputs_info=[*(T.specify_shape(x, (n,) * x.ndim) for x in inputs), None, None], n_steps=3
    )
    with sd.config.change(guard="end"):
        f = sd.function(inputs, loops, backend="native")
    now, rows = values, []
    for _ in range(3):
        new = [np.array(value) for _, value in step([(T.zeros(value.shape), value) for value in now])]
        rows.append([*new, now[0], now[2]])
        now = new
    for guard in ("off", "end"):
        with sd.config.change(guard=guard):
            close(f(*values), [np.array(row) for row in zip(*rows, strict=True)])


def updated(start, update, backend="native"):
    """The values of states after one update."""
    states = [sd.shared(np.array(value, "float64")) for value in start]
    sd.function([], [], updates=dict(zip(states, update(*states), strict=True)), backend=backend)()
    return [state.get_value().tolist() for state in states]


def test_a_state_scattered_into_itself():
    """The parts of what is changed in place may be the old value; the old value was taken for the place alone."""
    start = [[1.0, 2.0, 3.0]]
    assert updated(start, lambda w: [T.set_subtensor(w[::-1], w)]) == [[3, 2, 1]]
    assert updated(start, lambda w: [T.inc_subtensor(w[::-1], w)]) == [[4, 4, 4]]
    assert updated(start, lambda w: [T.set_subtensor(w[np.array([2, 0, 1])], w)]) == [[2, 3, 1]]
    assert updated([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], lambda w, v: [T.set_subtensor(v[::-1], w), v]) == [
        [3, 2, 1],
        [4, 5, 6],
    ]


def test_a_product_scaled_by_an_element_of_the_state_it_is_added_to():
    """Every thread reads the factors of a product; none may read them from what another has written."""
    w = [[2.0, 0.5], [0.25, 1.0]]
    expected = np.array(w) * w[0][0] + w[1][1] * (np.ones((2, 2)) @ np.eye(2))
    a, b = T.constant(np.ones((2, 2))), T.constant(np.eye(2))
    (made,) = updated([w], lambda w: [w[0, 0] * w + w[1, 1] * (a @ b)])
    np.testing.assert_allclose(made, expected)


OVER_AN_AXIS = {
    "variance": lambda e, axis: T.var(e, axis=axis),
    "centred": lambda e, axis: T.exp(e - e.mean(axis=axis, keepdims=True)),
    "softmax": lambda e, axis: T.nnet.softmax(e, axis=axis),
    "logarithm of sums": lambda e, axis: T.logsumexp(e, axis=axis),
    "above the mean": lambda e, axis: T.gt(e, e.mean(axis=axis, keepdims=True)).sum(axis=axis),
}
SHAPES = [(52, 3), (7, 8), (3, 17), (2, 5, 9), (0, 3)]


@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize("over", OVER_AN_AXIS)
def test_several_passes_over_a_new_value(over, axis):
    """What later passes read is what the first has stored; computed again it would be made of the overwritten state."""
    rng = np.random.default_rng(0)
    for shape in [*SHAPES, (1, 4) if axis == 0 else (4, 1)]:
        first, scale = rng.uniform(-2, 2, shape), rng.uniform(0.5, 1, shape[-1])
        results = []
        for backend in ("numpy", "native"):
            W, s = sd.shared(first), sd.shared(scale)
            new = {W: T.tanh(W) * s, s: T.sqr(s) - 0.125}
            outputs = [OVER_AN_AXIS[over](new[W] + new[s], axis), OVER_AN_AXIS[over](T.sin(new[W]), axis)]
            f = sd.function([], outputs, updates=new, backend=backend)
            with np.errstate(all="ignore"):
                results.append([*f(), W.get_value(), *f(), W.get_value(), s.get_value()])
        for a, b in zip(*results, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_products_are_still_added_in_place():
    """Momentum is one call of the library over the old momentum, and nothing is laid aside."""
    x, g = T.dmatrix("x"), T.dmatrix("g")
    V = sd.shared(np.ones((3, 2)), name="V")
    step = sd.function([x, g], [], updates={V: 0.9 * V - 0.1 * (x.T @ g)}, backend="native")
    assert step.kernels == ["product V"]
    E, rows = sd.shared(np.ones((9, 2)), name="E"), T.lvector("rows")
    step = sd.function([rows], [], updates={E: T.inc_subtensor(E[rows], 1.0)}, backend="native")
    assert step.kernels == ["position", "inc_subtensor E"]


def test_a_single_element_is_written_by_one_thread():
    """Joined over the state that it is computed from, an element was written once by each thread."""
    M = T.dmatrix("M")

    def step(s):
        return T.specify_shape(T.concatenate([T.tanh(s)[1:], (s * 0.5)[:1]]), (1, 1))

    states, _ = sd.scan(step, outputs_info=[T.specify_shape(M, (1, 1))], n_steps=3)
    for threads in (1, 2, 3):
        with sd.config.change(guard="end", threads=threads):
            made = sd.function([M], states, backend="native")(np.full((1, 1), 8.0))
        assert made.ravel().tolist() == [4.0, 2.0, 1.0]

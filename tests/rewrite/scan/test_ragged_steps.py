"""Loops whose steps compute values of other sizes each time: what is chosen by a mask makes no stack."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T

BACKENDS = pytest.mark.parametrize("backend", ["native", "numpy"])


@BACKENDS
def test_products_stay_in_the_loop(backend):
    """A product of as many elements as are positive in this step is not moved behind the loop."""
    start = np.array([[0, 1], [2, 2]], "int16")
    s = T.wmatrix()

    def step(row, p):
        chosen = p[T.nonzero(p > 0)]
        return p.T @ p, T.inner(chosen, chosen)

    f = sd.function([s], sd.scan(step, sequences=[s], outputs_info=[s, None])[0][1], backend=backend)
    assert f(start).tolist() == [1 + 4 + 4, 4 * 4 + 4 * 4 + 4 * 4 + 5 * 5]


@BACKENDS
@pytest.mark.parametrize("options", [{}, {"checkpoint_every": 2}, {"go_backwards": True}], ids=str)
def test_gradients(backend, options):
    """The rows of each step's own mask, multiplied by weights: gradients are those of differences."""
    rng = np.random.default_rng(0)
    rows, weights, start = rng.normal(size=(4, 6, 3)), rng.normal(size=(3, 2)), np.zeros(2)
    x, W, h0 = T.dtensor3(), T.dmatrix(), T.dvector()

    def step(m, x_t, h, W, chosen):
        z = m.tanh(chosen @ W + h)
        return m.tanh(h + z.sum(0)), m.sum(z**2) + m.sum(z.T @ chosen)

    def cost_of(W):
        total, h = 0.0, start
        for x_t in rows[::-1] if "go_backwards" in options else rows:
            h, more = step(np, x_t, h, W, x_t[x_t[:, 0] > 0])
            total += more
        return total + h.sum()

    (states, costs), _ = sd.scan(
        lambda x_t, h: step(T, x_t, h, W, x_t[T.nonzero(x_t[:, 0] > 0)]),
        sequences=x, outputs_info=[h0, None], **options,
    )  # fmt: skip
    cost = costs.sum() + states[-1].sum()
    f = sd.function([x, W, h0], [cost, *sd.grad(cost, [W, x, h0])], backend=backend)
    value, slope, for_rows, _ = f(rows, weights, start)
    np.testing.assert_allclose(value, cost_of(weights))
    moves = [np.eye(6)[k].reshape(3, 2) * 1e-6 for k in range(6)]
    differences = [(cost_of(weights + move) - cost_of(weights - move)) / 2e-6 for move in moves]
    np.testing.assert_allclose(slope.reshape(-1), differences, rtol=1e-5, atol=1e-7)
    assert (for_rows[rows[:, :, 0] <= 0] == 0).all() and (for_rows[rows[:, :, 0] > 0] != 0).all()


@BACKENDS
@pytest.mark.parametrize("loop", [lambda row, k: sd.scan(row, k)[0], lambda row, k: sd.vmap(row)(k)])
def test_steps_of_different_sizes_are_named(backend, loop):
    """NumPy's word about arrays that do not stack says neither which steps differ nor how."""
    k = T.ivector("k")
    f = sd.function([k], loop(T.arange, k), backend=backend)
    np.testing.assert_array_equal(f([2, 2]), [[0, 1], [0, 1]])
    with pytest.raises(sd.errors.ShapeError, match=r"step 0 is \(2,\) and that of step 2 is \(3,\)"):
        f([2, 2, 3])


@BACKENDS
@pytest.mark.parametrize("sides", [
    lambda x, y: (x, y), lambda x, y: (T.sin(x), T.cos(y)), lambda x, y: (x, x[1:]), lambda x, y: (x * 2, y[::-1]),
])  # fmt: skip
@pytest.mark.parametrize("nested", [False, True])
def test_the_size_alone_of_choices_of_different_sizes(backend, sides, nested):
    """Nothing is declared of values that a loop stacks for their size alone: nobody would check it."""
    k, x, y = T.ivector("k"), T.dvector("x"), T.dvector("y")

    def step(i):
        return sd.ifelse(T.gt(i, 1), *sides(x, y))

    rows = sd.map((lambda i: sd.map(lambda j: step(i + 0 * j), k)[0]) if nested else step, k)[0]
    f = sd.function([k, x, y], rows.shape[-1], backend=backend, on_unused_input="ignore")
    a, b = np.ones(3), np.ones(2)
    assert f([2, 2], a, b) == 3 and f([0, 1], a, b) == 2
    with pytest.raises(sd.errors.ShapeError):
        f([2, 0], a, b)

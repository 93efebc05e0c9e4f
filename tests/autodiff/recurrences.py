"""A recurrence as a loop and written out by hand, and that both give the same."""

import numpy as np

import symdrop as sd
import symdrop.tensor as T

RNG = np.random.default_rng(7)
STEPS = 5
X, W, S = RNG.normal(size=(STEPS, 3)), RNG.normal(size=(3, 3)) / 2, RNG.normal(size=3)


def run(outputs, values, backend=None):
    return sd.function(list(values), outputs, on_unused_input="ignore", backend=backend)(*values.values())


def same(got, expected, values, rtol=1e-11, backend=None):
    """Two lists of expressions have equal values; NumPy computes the second, which is quicker to compile."""
    a, b = run([*got], values, backend), run([*expected], values, backend="numpy")
    for one, other in zip(a, b, strict=True):
        assert one.shape == other.shape and one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=rtol, atol=1e-13)


def variables():
    """A sequence, a matrix and an initial state, and values for them."""
    x, w, s = T.dmatrix("x"), T.dmatrix("w"), T.dvector("s")
    return x, w, s, {x: X, w: W, s: S}


def recurrence(row, state, w):
    return T.tanh(row + state @ w)


COSTS = {
    "last state": lambda h: (h[-1] ** 2).sum(),
    "all states": lambda h: (T.stack(list(h)) if isinstance(h, list) else h).sum(),
    "first state": lambda h: T.exp(h[0]).sum(),
    "products of states": lambda h: (h[1] * h[3]).sum() + h[2][0],
}

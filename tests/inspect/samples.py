"""Functions of every kind that printers print."""

from __future__ import annotations

import numpy as np

import symdrop as sd
import symdrop.tensor as T


def dropout_network():
    """A network with dropout: a cost, its weights, and its input."""
    x = T.matrix("x")
    w = sd.shared(np.full((3, 4), 0.5, "float32"), name="w")
    hidden = sd.dropout(T.tanh(x @ w), 0.5, stream=sd.RandomStream(seed=1))
    return x, w, hidden, (hidden**2).mean()


def with_updates(training=True):
    x, w, _, loss = dropout_network()
    return sd.function([x], loss, updates={w: w - 0.1 * sd.grad(loss, w)}, training=training)


def with_loop():
    x, w = T.vector("x"), T.scalar("w")
    sums, _ = sd.scan(lambda row, state: T.tanh(state * w + row), sequences=[x], outputs_info=[T.zeros(())])
    return x, w, (sums**2).sum()


def loop_function():
    x, w, cost = with_loop()
    return sd.function([x, w], [cost, sd.grad(cost, w)])


def branch_function():
    x, c = T.vector("x"), T.scalar("c")
    return sd.function([x, c], sd.ifelse(c > 0, T.exp(x).sum(), T.tanh(x).sum()))


def chain(length):
    y = x = T.vector("x")
    for _ in range(length):
        y = T.tanh(y)
    return x, y


def chained(length, times=None):
    """A function of a chain, by NumPy, whose back end compiles long ones quickly."""
    x, y = chain(length)
    return sd.function([x], y if times is None else y * times, backend="numpy")


ROWS = np.linspace(-1, 1, 6, dtype="float32").reshape(2, 3)
FUNCTIONS = {
    "updates": (with_updates, (ROWS,)),
    "test": (lambda: with_updates(False), (ROWS,)),
    "loop": (loop_function, (ROWS[0], np.float32(0.5))),
    "branch": (branch_function, (ROWS[0], np.float32(0.5))),
}

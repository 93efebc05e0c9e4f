"""The small graphs whose prints are kept; a file of its own, since its line numbers are among what is printed."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import symdrop as sd
import symdrop.tensor as T


class Case(NamedTuple):
    """A function and what the printers are asked about it."""

    f: Any
    loss: Any
    wrt: Any
    node: Any
    arguments: tuple[Any, ...]


def formula() -> Case:
    x, w = T.fvector("x"), sd.shared(np.ones(3, "float32"), name="w")
    y = T.exp(w * x)
    loss = (T.log(y) * y).sum()
    f = sd.function([x], [loss, sd.grad(loss, w)], name="formula", backend="native")
    return Case(f, loss, w, y, (np.ones(3, "float32"),))


def network(training: bool) -> Case:
    x, t = T.fmatrix("x"), T.fmatrix("t")
    w1 = sd.shared(np.full((4, 3), 0.5, "float32"), name="w1")
    w2 = sd.shared(np.full((3, 2), 0.5, "float32"), name="w2")
    h = sd.dropout(T.nnet.relu(x @ w1), 0.5, stream=sd.RandomStream(seed=1))
    loss = T.mean((T.tanh(h @ w2) - t) ** 2)
    g1, g2 = sd.grad(loss, [w1, w2])
    updates = {w1: w1 - 0.1 * g1, w2: w2 - 0.1 * g2} if training else None
    mask = next(node for node in sd.graph.toposort([h]) if node.op.name == "bernoulli")
    f = sd.function([x, t], loss, updates=updates, training=training, name="network", backend="native")
    return Case(f, loss, w1, mask, (np.ones((5, 4), "float32"), np.ones((5, 2), "float32")))


def network_train() -> Case:
    return network(training=True)


def network_test() -> Case:
    return network(training=False)


def loop() -> Case:
    x, a = T.fvector("x"), T.fscalar("a")
    states, _ = sd.scan(lambda x_t, s: T.tanh(a * s + x_t), x, T.zeros(()))
    loss = (states**2).sum()
    f = sd.function([x, a], [loss, sd.grad(loss, a)], name="loop", backend="native")
    return Case(f, loss, a, states, (np.ones(6, "float32"), np.float32(0.5)))


def choice() -> Case:
    x, c = T.fvector("x"), T.fscalar("c")
    y = sd.ifelse(c > 0, T.exp(c * x).sum(), T.tanh(x).sum())
    f = sd.function([x, c], [y, sd.grad(y, x)], name="choice", backend="native")
    return Case(f, y, x, y, (np.ones(4, "float32"), np.float32(2)))


CASES = (formula, network_train, network_test, loop, choice)

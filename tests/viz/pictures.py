"""Things to draw, and what their pictures hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import symdrop as sd
import symdrop.tensor as T

DOCS = Path(__file__).parents[2] / "docs"

NASTY = 'a "quoted" \\N <b>&amp;</b>\n]]></svg> αβ \x00\x1b \ud800 {x|y}'


def network():
    """A cost with dropout, its input and its weights."""
    x = T.matrix("x")
    w = sd.shared(np.full((3, 4), 0.5, "float32"), name="w")
    return x, w, (sd.dropout(T.tanh(x @ w), 0.5, stream=sd.RandomStream(seed=1)) ** 2).mean()


def step(training=True):
    x, w, loss = network()
    return sd.function([x], loss, updates={w: w - 0.1 * sd.grad(loss, w)}, training=training)


def loop():
    x, w = T.matrix("x"), sd.shared(np.ones((3, 3), "float32"), name="w")
    stream = sd.RandomStream(1)
    rows, _ = sd.scan(lambda row, h: sd.dropout(T.tanh(row @ w + h), 0.5, stream=stream), x, T.zeros((3,)))
    loss = (rows**2).sum()
    return sd.function([x], loss, updates={w: w - 0.1 * sd.grad(loss, w)}, training=True)


def loops_in_branches():
    x, c = T.vector("x"), T.scalar("c")

    def total(power):
        return sd.scan(lambda row, s: s + row**power, sequences=x, outputs_info=T.zeros(()))[0][-1]

    return sd.function([x, c], sd.ifelse(c > 0, total(2), T.tanh(total(3))))


def chain(length):
    y = T.vector("x")
    for _ in range(length):
        y = T.tanh(y)
    return y


def nasty():
    x = T.vector(NASTY)
    y = T.exp(x)
    y.name = NASTY
    start = T.zeros(())
    start.name = NASTY
    (blank, wide), _ = sd.scan(lambda row, a, b: (a + row, b * row), x, [start, T.ones(())])
    blank.name, wide.name = "  ", "名前" * 10
    return sd.function([x], {NASTY: y + 1, "b": blank * 2, "w": wide * 2}, name=NASTY)


THINGS = {
    "expression": lambda: network()[2],
    "leaf": lambda: T.vector("x"),
    "list": lambda: [network()[2], T.exp(T.vector("v"))],
    "step": step,
    "test": lambda: step(False),
    "loop": loop,
    "branch": loops_in_branches,
    "nasty": nasty,
    "constant": lambda: T.constant(np.ones((5, 5), "float32")) + 1,
    "nothing": lambda: sd.function([], None),
    "large": lambda: chain(500),
}

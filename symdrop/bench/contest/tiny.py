"""TINY: a training step so small that all of its time is the cost of calling.

The 3-4-1 network of sigmoids that learns exclusive or in A. Trask's "Hinton's Dropout in
3 Lines of Python" (2015): four examples, float64, hidden units dropped with probability
0.2, half the squared error, full-batch gradient descent with rate 0.5; one call per step.

Read next: mlp.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

import symdrop as sd
import symdrop.tensor as T

from . import training
from .entry import Array, Contestant, Draft, Work, entries, library, one_number

RATE, HIDDEN, P = 0.5, 4, 0.2
DESCENT = {"rate": RATE, "momentum": 0.0}


def data() -> tuple[Array, Array, Array, Array]:
    """The examples, the answers, and the weights to start from."""
    x = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]], float)
    y = np.array([[0, 1, 1, 0]], float).T
    rng = np.random.default_rng(1)
    return x, y, 2 * rng.random((3, HIDDEN)) - 1, 2 * rng.random((HIDDEN, 1)) - 1


def with_symdrop(dropping: bool, small: bool) -> Draft:
    examples, answers, start_0, start_1 = data()
    x, y = T.dmatrix("x"), T.dmatrix("y")
    W0, W1 = sd.shared(start_0, name="W0"), sd.shared(start_1, name="W1")
    h = T.nnet.sigmoid(x @ W0)
    if dropping:
        h = sd.dropout(h, p=P, stream=sd.RandomStream(seed=3))
    loss = 0.5 * ((T.nnet.sigmoid(h @ W1) - y) ** 2).sum()
    return training.with_symdrop([x, y], [examples, answers], loss, [W0, W1], **DESCENT)


def with_numpy(dropping: bool, small: bool) -> Draft:
    x, y, W0, W1 = data()
    rng = np.random.default_rng(5)
    h, slope, kept, masked, d_h = (np.empty((4, HIDDEN)) for _ in range(5))
    o, error, d_o = (np.empty((4, 1)) for _ in range(3))
    g0, g1, keep = np.empty_like(W0), np.empty_like(W1), np.empty((4, HIDDEN), bool)

    def sigmoid(a: Array) -> None:
        np.negative(a, out=a)
        np.exp(a, out=a)
        np.add(a, 1, out=a)
        np.reciprocal(a, out=a)

    def step(x: Array, y: Array) -> Any:
        sigmoid(np.matmul(x, W0, out=h))
        if dropping:
            np.greater_equal(rng.random(out=kept), P, out=keep)
            np.multiply(keep, 1 / (1 - P), out=kept)
            np.multiply(h, kept, out=masked)
        else:
            np.copyto(masked, h)
        sigmoid(np.matmul(masked, W1, out=o))
        np.subtract(o, y, out=error)
        np.subtract(1, o, out=d_o)
        np.multiply(d_o, o, out=d_o)
        np.multiply(d_o, error, out=d_o)
        # The slope is h * (1 - h) * kept, and h * kept is at hand.
        np.subtract(1, h, out=slope)
        np.multiply(slope, masked, out=slope)
        np.matmul(d_o, W1.T, out=d_h)
        np.multiply(d_h, slope, out=d_h)
        for W, g, a, d in ((W1, g1, masked, d_o), (W0, g0, x, d_h)):
            np.matmul(a.T, d, out=g)
            np.multiply(g, RATE, out=g)
            np.subtract(W, g, out=W)
        return 0.5 * np.vdot(error, error)

    return lambda: Contestant(step, (x, y), one_number)


def with_jax(dropping: bool, small: bool) -> Draft:
    jax = library("jax")
    jax.config.update("jax_enable_x64", True)
    x, y, *weights = data()

    def loss(weights: Any, key: Any, x: Any, y: Any) -> Any:
        h = jax.nn.sigmoid(x @ weights[0])
        if dropping:
            h = training.jax_drop(key, h, P)
        return 0.5 * ((jax.nn.sigmoid(h @ weights[1]) - y) ** 2).sum()

    return training.with_jax(loss, [x, y], weights, **DESCENT)


def with_torch(dropping: bool, small: bool, compiled: bool = False) -> Draft:
    torch = library("torch")
    x, y, *start = data()

    def loss(weights: Any, x: Any, y: Any) -> Any:
        h = torch.nn.functional.dropout(torch.sigmoid(x @ weights[0]), P, dropping)
        return 0.5 * ((torch.sigmoid(h @ weights[1]) - y) ** 2).sum()

    return training.with_torch(loss, [x, y], start, compiled, **DESCENT)


TINY = Work(
    name="TINY",
    entries=entries(with_symdrop, with_numpy, with_jax, with_torch),
    drops=True,
    plain=False,
    steps=10,
    tolerance=1e-9,
)

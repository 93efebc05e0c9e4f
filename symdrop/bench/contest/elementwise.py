"""ELEMWISE: exponentials and logarithms of many numbers, without dropout.

The gradient of sum(tanh(x) * sigmoid(y) + exp(-x * x) * log1p(y * y)) with respect to x
and y, each 4 Mi float32 values.

Read next: gru_by_hand.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

import symdrop as sd
import symdrop.tensor as T

from .entry import Array, Contestant, Draft, Work, entries, jax_draft, library, symdrop_draft, torch_draft


def data(small: bool) -> tuple[Array, Array]:
    """The values of x and y."""
    rng, n = np.random.default_rng(5), 2**14 if small else 2**22
    return rng.standard_normal(n, dtype="float32"), rng.standard_normal(n, dtype="float32")


def sums(gradients: Any) -> list[float]:
    """Of both gradients the sum of magnitudes and the share that is positive: plain sums nearly cancel."""
    found = []
    for values in map(np.asarray, gradients):
        found += [float(np.abs(values).sum(dtype="float64")), np.count_nonzero(values > 0) / values.size]
    return found


def with_symdrop(dropping: bool, small: bool) -> Draft:
    x, y = T.fvector("x"), T.fvector("y")
    cost = (T.tanh(x) * T.nnet.sigmoid(y) + T.exp(-x * x) * T.log1p(y * y)).sum()
    gradients = sd.grad(cost, [x, y])
    return symdrop_draft(lambda: sd.function([x, y], gradients), data(small), sums)


def with_numpy(dropping: bool, small: bool) -> Draft:
    values = data(small)
    t, s, e, square, by_x, by_y = (np.empty_like(values[0]) for _ in range(6))

    def step(x: Array, y: Array) -> tuple[Array, Array]:
        np.tanh(x, out=t)
        # s = 1 / (1 + exp(-y))
        np.exp(np.negative(y, out=s), out=s)
        np.reciprocal(np.add(s, 1, out=s), out=s)
        np.exp(np.multiply(np.negative(x, out=e), x, out=e), out=e)
        np.multiply(y, y, out=square)
        # by_x = (1 - t * t) * s - 2 * x * e * log1p(y * y)
        np.multiply(np.log1p(square, out=by_x), e, out=by_x)
        np.multiply(np.multiply(by_x, x, out=by_x), 2, out=by_x)
        np.subtract(1, np.multiply(t, t, out=by_y), out=by_y)
        np.subtract(np.multiply(by_y, s, out=by_y), by_x, out=by_x)
        # by_y = t * s * (1 - s) + e * 2 * y / (1 + y * y)
        np.multiply(np.multiply(e, y, out=e), 2, out=e)
        np.divide(e, np.add(square, 1, out=square), out=e)
        np.multiply(t, s, out=t)
        np.multiply(t, np.subtract(1, s, out=s), out=t)
        return by_x, np.add(t, e, out=by_y)

    return lambda: Contestant(step, values, sums)


def with_jax(dropping: bool, small: bool) -> Draft:
    jax = library("jax")

    def cost(x: Any, y: Any) -> Any:
        m = jax.numpy
        return (m.tanh(x) * jax.nn.sigmoid(y) + m.exp(-x * x) * m.log1p(y * y)).sum()

    return jax_draft(jax.grad(cost, (0, 1)), data(small), sums)


def with_torch(dropping: bool, small: bool, compiled: bool = False) -> Draft:
    torch = library("torch")

    def cost(x: Any, y: Any) -> Any:
        return (torch.tanh(x) * torch.sigmoid(y) + torch.exp(-x * x) * torch.log1p(y * y)).sum()

    return torch_draft(cost, data(small), sums, compiled, gradient=True)


ELEMWISE = Work(name="ELEMWISE", entries=entries(with_symdrop, with_numpy, with_jax, with_torch))

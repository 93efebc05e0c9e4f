"""ELEMWISE: exponentials and logarithms of many numbers, without dropout.

The gradient of sum(tanh(x) * sigmoid(y) + exp(-x * x) * log1p(y * y)) with respect to x
and y, each 4 Mi float32 values.

Read next: gru.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

import symdrop as sd
import symdrop.tensor as T

from .entry import Array, Contestant, Draft, Work, library


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

    def compile() -> Contestant:
        f = sd.function([x, y], gradients)
        return Contestant(f, data(small), sums, about={"back end": f.backend}, settle=f.wait)

    return compile


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

    gradients = jax.jit(jax.grad(cost, (0, 1)))
    return lambda: Contestant(gradients, tuple(jax.device_put(data(small))), sums, jax.block_until_ready)


def with_torch(dropping: bool, small: bool, compiled: bool = False) -> Draft:
    torch = library("torch")
    x, y = (torch.from_numpy(values).requires_grad_() for values in data(small))

    def cost(x: Any, y: Any) -> Any:
        return (torch.tanh(x) * torch.sigmoid(y) + torch.exp(-x * x) * torch.log1p(y * y)).sum()

    def compile() -> Contestant:
        f = torch.compile(cost) if compiled else cost
        return Contestant(lambda x, y: torch.autograd.grad(f(x, y), (x, y)), (x, y), sums)

    return compile


def with_compiled_torch(dropping: bool, small: bool) -> Draft:
    return with_torch(dropping, small, compiled=True)


ELEMWISE = Work(
    name="ELEMWISE",
    entries={
        "symdrop": with_symdrop,
        "numpy": with_numpy,
        "jax": with_jax,
        "torch": with_torch,
        "torch.compile": with_compiled_torch,
    },
    drops=False,
    plain=True,
    steps=1,
    tolerance=1e-4,
    rough=0,
)

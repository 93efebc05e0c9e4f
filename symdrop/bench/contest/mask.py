"""MASK: little arithmetic on many numbers, half of which are dropped.

y = dropout(relu(x)) with p = 0.5 on 4096 x 4096 float32 values, and the gradient of
sum(y * y) with respect to x. A plain copy of the same bytes, 64 MiB read and 64 MiB
written into memory that is already there, stands beside it as the measure of memory.

Read next: elementwise.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

import symdrop as sd
import symdrop.tensor as T

from .entry import Array, Contestant, Draft, Work, entries, library, symdrop_draft, torch_draft
from .training import jax_drop

P = 0.5


def data(small: bool) -> Array:
    """The values of x."""
    n = 256 if small else 4096
    return np.random.default_rng(4).standard_normal((n, n), dtype="float32")


def sums(gradient: Any) -> list[float]:
    """The gradient's sum, and the share of it that is not zero."""
    values = np.asarray(gradient)
    return [float(values.sum(dtype="float64")), np.count_nonzero(values) / values.size]


def with_symdrop(dropping: bool, small: bool) -> Draft:
    x = T.fmatrix("x")
    y = T.nnet.relu(x)
    if dropping:
        y = sd.dropout(y, p=P, stream=sd.RandomStream(seed=3))
    gradient = sd.grad((y * y).sum(), x)
    return symdrop_draft(lambda: sd.function([x], gradient, training=True), [data(small)], sums)


def with_numpy(dropping: bool, small: bool) -> Draft:
    values = data(small)
    rng, scale = np.random.default_rng(5), np.float32(1 / (1 - P))
    y, mask, gradient, keep = np.empty_like(values), np.empty_like(values), np.empty_like(values), values > 0

    def step(x: Array) -> Array:
        np.maximum(x, 0, out=y)
        if dropping:
            np.greater_equal(rng.random(dtype="float32", out=mask), np.float32(P), out=keep)
            np.multiply(keep, scale, out=mask)
            np.multiply(y, mask, out=y)
        # The derivative of relu is 1 wherever y is not 0 already.
        np.multiply(y, 2, out=gradient)
        if dropping:
            np.multiply(gradient, mask, out=gradient)
        return gradient

    return lambda: Contestant(step, (values,), sums)


def copying(dropping: bool, small: bool) -> Draft:
    """NumPy's copy, which runs on one thread."""
    values = data(small)
    copy = np.zeros_like(values)

    def step(x: Array) -> None:
        np.copyto(copy, x)

    return lambda: Contestant(step, (values,), lambda _: [])


def with_jax(dropping: bool, small: bool) -> Draft:
    jax = library("jax")

    def loss(x: Any, key: Any) -> Any:
        y = jax.nn.relu(x)
        if dropping:
            y = jax_drop(key, y, P)
        return (y * y).sum()

    def train(x: Any, key: Any) -> Any:
        key, now = jax.random.split(key)
        return jax.grad(loss)(x, now), key

    compiled, key = jax.jit(train, donate_argnums=1), jax.random.key(0)

    def step(x: Any) -> Any:
        nonlocal key
        gradient, key = compiled(x, key)
        return gradient

    return lambda: Contestant(step, (jax.device_put(data(small)),), sums, jax.block_until_ready)


def with_torch(dropping: bool, small: bool, compiled: bool = False) -> Draft:
    torch = library("torch")
    torch.manual_seed(0)

    def loss(x: Any) -> Any:
        return torch.nn.functional.dropout(torch.relu(x), P, dropping).square().sum()

    return torch_draft(loss, [data(small)], lambda found: sums(found[0]), compiled, gradient=True)


MASK = Work(
    name="MASK",
    entries=entries(with_symdrop, with_numpy, with_jax, with_torch, copy=copying),
    drops=True,
    plain=False,
    steps=2,
    rough=0.05,
)

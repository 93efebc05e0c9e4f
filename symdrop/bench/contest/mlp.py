"""MLP: a training step that is mostly products of matrices.

A 784-1024-1024-10 network of relu units, batch 128, float32; dropout with probability 0.2
on the input and 0.5 on both hidden layers; softmax with cross-entropy; stochastic gradient
descent with momentum 0.9 and rate 0.01. Run with and without dropout, so that what
dropout itself costs is known.

Read next: mask.py
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

import symdrop as sd
import symdrop.tensor as T

from .entry import Array, Contestant, Draft, Work, library, one_number

RATE, MOMENTUM, P = 0.01, 0.9, (0.2, 0.5, 0.5)


class Sizes(NamedTuple):
    """The examples of a batch, and the units of each layer, input and output included."""

    batch: int
    layers: tuple[int, ...]


FULL, SMALL = Sizes(128, (784, 1024, 1024, 10)), Sizes(32, (49, 64, 64, 10))


def data(sizes: Sizes) -> tuple[Array, Array, list[Array]]:
    """Examples, labels, and the parameters to start from: W1, b1, W2, b2, ..."""
    rng = np.random.default_rng(2)
    x = rng.random((sizes.batch, sizes.layers[0]), dtype="float32")
    y = rng.integers(0, sizes.layers[-1], sizes.batch)
    parameters: list[Array] = []
    for inputs, units in pairwise(sizes.layers):
        scale = np.float32(np.sqrt(2 / inputs))
        parameters += [rng.standard_normal((inputs, units), dtype="float32") * scale, np.zeros(units, "float32")]
    return x, y, parameters


def symbolic(sizes: Sizes, dropping: bool) -> Draft:
    """The work as a graph of symdrop."""
    examples, labels, start = data(sizes)
    x, y = T.fmatrix("x"), T.ivector("y")
    parameters = [sd.shared(value) for value in start]
    speeds = [sd.shared(np.zeros_like(value)) for value in start]
    stream = sd.RandomStream(seed=3)
    h: Any = x
    for W, b, p in zip(parameters[::2], parameters[1::2], P, strict=True):
        if h is not x:
            h = T.nnet.relu(h)
        if dropping:
            h = sd.dropout(h, p=p, stream=stream)
        h = h @ W + b
    loss = T.nnet.categorical_crossentropy(T.nnet.softmax(h), y).mean()
    updates: dict[Any, Any] = {}
    for value, speed, slope in zip(parameters, speeds, sd.grad(loss, parameters), strict=True):
        updates[speed] = MOMENTUM * speed - RATE * slope
        updates[value] = value + updates[speed]

    def compile() -> Contestant:
        train = sd.function([x, y], loss, updates=updates, training=True)
        arguments = examples, labels.astype("int32")
        return Contestant(train, arguments, one_number, about={"back end": train.backend}, settle=train.wait)

    return compile


def by_hand(sizes: Sizes, dropping: bool) -> Draft:
    """The work in NumPy, written with care: buffers are made once, parameters change in place."""
    x, y, parameters = data(sizes)
    Ws, bs = parameters[::2], parameters[1::2]
    speeds, slopes = [np.zeros_like(p) for p in parameters], [np.empty_like(p) for p in parameters]
    layers = len(Ws)
    # What enters a layer, the derivative of the loss by it, and the mask that was on it.
    enters = [np.empty((sizes.batch, units), "float32") for units in sizes.layers]
    back, masks = [np.empty_like(a) for a in enters], [np.empty_like(a) for a in enters]
    keeps = [np.empty(a.shape, bool) for a in enters]
    rng, rows = np.random.default_rng(5), np.arange(sizes.batch)

    def drop(a: Array, layer: int, out: Array) -> None:
        mask, keep, p = masks[layer], keeps[layer], P[layer]
        np.greater_equal(rng.random(dtype="float32", out=mask), np.float32(p), out=keep)
        np.multiply(keep, np.float32(1 / (1 - p)), out=mask)
        np.multiply(a, mask, out=out)

    def step(x: Array, y: Array) -> Any:
        a = x
        for i in range(layers):
            if dropping:
                drop(a, i, out=enters[i])
                a = enters[i]
            z = enters[i + 1]
            np.matmul(a, Ws[i], out=z)
            np.add(z, bs[i], out=z)
            a = np.maximum(z, 0, out=z) if i + 1 < layers else z
        a -= a.max(1, keepdims=True)
        d = np.exp(a, out=back[-1])
        totals = d.sum(1, keepdims=True)
        loss = (np.log(totals[:, 0]) - a[rows, y]).mean()
        d /= totals
        d[rows, y] -= 1
        d /= np.float32(sizes.batch)
        for i in reversed(range(layers)):
            entered = enters[i] if i or dropping else x
            np.matmul(entered.T, d, out=slopes[2 * i])
            np.sum(d, 0, out=slopes[2 * i + 1])
            if i:
                d = np.matmul(d, Ws[i].T, out=back[i])
                # Units that were dropped are 0, as those are that relu cut off.
                np.multiply(d, np.greater(enters[i], 0, out=keeps[i]), out=d)
                if dropping:
                    np.multiply(d, np.float32(1 / (1 - P[i])), out=d)
        for value, speed, slope in zip(parameters, speeds, slopes, strict=True):
            np.multiply(speed, np.float32(MOMENTUM), out=speed)
            np.multiply(slope, np.float32(RATE), out=slope)
            np.subtract(speed, slope, out=speed)
            np.add(value, speed, out=value)
        return loss

    return lambda: Contestant(step, (x, y), one_number)


def with_symdrop(dropping: bool, small: bool) -> Draft:
    return symbolic(SMALL if small else FULL, dropping)


def with_numpy(dropping: bool, small: bool) -> Draft:
    return by_hand(SMALL if small else FULL, dropping)


def with_jax(dropping: bool, small: bool) -> Draft:
    jax = library("jax")
    x, y, parameters = data(SMALL if small else FULL)

    def loss(parameters: Sequence[Any], key: Any, x: Any, y: Any) -> Any:
        h, keys = x, jax.random.split(key, len(P))
        for i, p in enumerate(P):
            if i:
                h = jax.nn.relu(h)
            if dropping:
                h = jax.numpy.where(jax.random.bernoulli(keys[i], 1 - p, h.shape), h / (1 - p), 0)
            h = h @ parameters[2 * i] + parameters[2 * i + 1]
        return -jax.numpy.take_along_axis(jax.nn.log_softmax(h), y[:, None], 1).mean()

    def train(parameters: Any, speeds: Any, key: Any, x: Any, y: Any) -> Any:
        key, now = jax.random.split(key)
        value, slopes = jax.value_and_grad(loss)(parameters, now, x, y)
        speeds = [MOMENTUM * v - RATE * g for v, g in zip(speeds, slopes, strict=True)]
        return value, [p + v for p, v in zip(parameters, speeds, strict=True)], speeds, key

    compiled = jax.jit(train, donate_argnums=(0, 1, 2))
    state = jax.device_put((parameters, [np.zeros_like(p) for p in parameters], jax.random.key(0)))

    def step(x: Any, y: Any) -> Any:
        nonlocal state
        value, *rest = compiled(*state, x, y)
        state = tuple(rest)
        return value

    return lambda: Contestant(step, tuple(jax.device_put((x, y))), one_number, jax.block_until_ready)


def with_torch(dropping: bool, small: bool, compiled: bool = False) -> Draft:
    torch = library("torch")
    examples, labels, start = data(SMALL if small else FULL)
    parameters = [torch.from_numpy(value).requires_grad_() for value in start]
    optimizer = torch.optim.SGD(parameters, lr=RATE, momentum=MOMENTUM, fused=True)
    torch.manual_seed(0)

    def loss(h: Any, y: Any) -> Any:
        for i, p in enumerate(P):
            if i:
                h = torch.relu(h)
            h = torch.nn.functional.dropout(h, p, dropping)
            h = torch.addmm(parameters[2 * i + 1], h, parameters[2 * i])
        return torch.nn.functional.cross_entropy(h, y)

    def compile() -> Contestant:
        cost = torch.compile(loss) if compiled else loss

        def step(x: Any, y: Any) -> Any:
            optimizer.zero_grad(set_to_none=True)
            value = cost(x, y)
            value.backward()
            optimizer.step()
            return value.detach()

        return Contestant(step, (torch.from_numpy(examples), torch.from_numpy(labels)), one_number)

    return compile


def with_compiled_torch(dropping: bool, small: bool) -> Draft:
    return with_torch(dropping, small, compiled=True)


MLP = Work(
    name="MLP",
    entries={
        "symdrop": with_symdrop,
        "numpy": with_numpy,
        "jax": with_jax,
        "torch": with_torch,
        "torch.compile": with_compiled_torch,
    },
    drops=True,
    plain=True,
    steps=10,
    tolerance=1e-4,
    rough=0.2,
)

"""MLP: a training step that is mostly products of matrices.

A 784-1024-1024-10 network of relu units, batch 128, float32; dropout with probability 0.2
on the input and 0.5 on both hidden layers; softmax with cross-entropy; stochastic gradient
descent with momentum 0.9 and rate 0.01 (training.py). Run with and without dropout, so that what
dropout itself costs is known.

Read next: mask.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

import symdrop as sd
import symdrop.tensor as T

from . import training
from .entry import Array, Draft, Work, entries, library

P = (0.2, 0.5, 0.5)

# The probabilities of dropping before every layer; None for no dropout.
Rates = Sequence[float] | None


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
    loss = loss_of(x, y, parameters, P if dropping else None)
    return training.with_symdrop([x, y], [examples, labels.astype("int32")], loss, parameters)


def loss_of(x: sd.Node, y: sd.Node, parameters: Sequence[Any], rates: Rates) -> sd.Node:
    """The loss of a batch as a graph of symdrop."""
    stream = sd.RandomStream(seed=3)
    h: Any = x
    for i, (W, b) in enumerate(zip(parameters[::2], parameters[1::2], strict=True)):
        if i:
            h = T.nnet.relu(h)
        if rates:
            h = sd.dropout(h, p=rates[i], stream=stream)
        h = h @ W + b
    return T.nnet.categorical_crossentropy(T.nnet.softmax(h), y).mean()


def by_hand(sizes: Sizes, dropping: bool) -> Draft:
    """The work in NumPy, written with care: buffers are made once, parameters change in place."""
    x, y, parameters = data(sizes)
    return training.with_numpy(slopes_by_hand(sizes, parameters, P if dropping else None), [x, y], parameters)


def slopes_by_hand(sizes: Sizes, parameters: Sequence[Array], rates: Rates) -> Callable[..., tuple[Any, list[Array]]]:
    """The loss of a batch in NumPy and its derivatives by the parameters, which are written over by the next call."""
    Ws, bs = parameters[::2], parameters[1::2]
    slopes = [np.empty_like(p) for p in parameters]
    layers = len(Ws)
    # What enters a layer, the derivative of the loss by it, and the mask that was on it.
    enters = [np.empty((sizes.batch, units), "float32") for units in sizes.layers]
    back, masks = [np.empty_like(a) for a in enters], [np.empty_like(a) for a in enters]
    keeps = [np.empty(a.shape, bool) for a in enters]
    rng = np.random.default_rng(5)

    def drop(a: Array, layer: int, p: float, out: Array) -> None:
        mask, keep = masks[layer], keeps[layer]
        np.greater_equal(rng.random(dtype="float32", out=mask), np.float32(p), out=keep)
        np.multiply(keep, np.float32(1 / (1 - p)), out=mask)
        np.multiply(a, mask, out=out)

    def slopes_of(x: Array, y: Array) -> tuple[Any, list[Array]]:
        a = x
        for i in range(layers):
            if rates:
                drop(a, i, rates[i], out=enters[i])
                a = enters[i]
            z = enters[i + 1]
            np.matmul(a, Ws[i], out=z)
            np.add(z, bs[i], out=z)
            a = np.maximum(z, 0, out=z) if i + 1 < layers else z
        loss, d = training.softmax_crossentropy(a, y)
        for i in reversed(range(layers)):
            entered = enters[i] if i or rates else x
            np.matmul(entered.T, d, out=slopes[2 * i])
            np.sum(d, 0, out=slopes[2 * i + 1])
            if i:
                d = np.matmul(d, Ws[i].T, out=back[i])
                # Units that were dropped are 0, as those are that relu cut off.
                np.multiply(d, np.greater(enters[i], 0, out=keeps[i]), out=d)
                if rates:
                    np.multiply(d, np.float32(1 / (1 - rates[i])), out=d)
        return loss, slopes

    return slopes_of


def with_symdrop(dropping: bool, small: bool) -> Draft:
    return symbolic(SMALL if small else FULL, dropping)


def with_numpy(dropping: bool, small: bool) -> Draft:
    return by_hand(SMALL if small else FULL, dropping)


def with_jax(dropping: bool, small: bool) -> Draft:
    x, y, parameters = data(SMALL if small else FULL)
    return training.with_jax(jax_loss(P if dropping else None), [x, y], parameters)


def jax_loss(rates: Rates) -> Callable[..., Any]:
    """The loss of a batch in jax: a function of the parameters, a key, and the batch."""
    jax = library("jax")

    def loss(parameters: Sequence[Any], key: Any, x: Any, y: Any) -> Any:
        h, keys = x, jax.random.split(key, len(parameters))
        for i in range(len(parameters) // 2):
            if i:
                h = jax.nn.relu(h)
            if rates:
                h = training.jax_drop(keys[i], h, rates[i])
            h = h @ parameters[2 * i] + parameters[2 * i + 1]
        return -jax.numpy.take_along_axis(jax.nn.log_softmax(h), y[:, None], 1).mean()

    return loss


def with_torch(dropping: bool, small: bool, compiled: bool = False) -> Draft:
    x, y, start = data(SMALL if small else FULL)
    return training.with_torch(torch_loss(P if dropping else None), [x, y], start, compiled)


def torch_loss(rates: Rates) -> Callable[..., Any]:
    """The loss of a batch in torch: a function of the parameters and the batch."""
    torch = library("torch")

    def loss(parameters: Sequence[Any], h: Any, y: Any) -> Any:
        for i in range(len(parameters) // 2):
            if i:
                h = torch.relu(h)
            if rates:
                h = torch.nn.functional.dropout(h, rates[i], True)
            h = torch.addmm(parameters[2 * i + 1], h, parameters[2 * i])
        return torch.nn.functional.cross_entropy(h, y)

    return loss


MLP = Work(
    name="MLP",
    entries=entries(with_symdrop, with_numpy, with_jax, with_torch),
    drops=True,
    steps=10,
)

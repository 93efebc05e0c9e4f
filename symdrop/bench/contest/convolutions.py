"""Convolutions, each alone: of 16 images of 64 channels and 56 x 56, float32, as large as the input.

CONV-DEPTHWISE has a filter of 3 x 3 for every channel, CONV-1X1 64 filters of one pixel, CONV-3X3 64 filters of 3 x 3.
The convolution alone, and, called GRADIENT, the derivatives of sum(y * y) / 2 by input and filters, where y is the
convolution.

Read next: products.py
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

import symdrop as sd
import symdrop.tensor as T

from .elementwise import sums
from .entry import Array, Contestant, Draft, Work, entries, jax_draft, library, symdrop_draft, torch_draft


class Layer(NamedTuple):
    """The taps of a filter along each axis, and whether every channel has a filter of its own."""

    taps: int
    depthwise: bool


LAYERS = {"CONV-DEPTHWISE": Layer(3, True), "CONV-1X1": Layer(1, False), "CONV-3X3": Layer(3, False)}
# Images, channels, rows and columns.
FULL, SMALL = (16, 64, 56, 56), (2, 4, 6, 6)


def data(layer: Layer, small: bool) -> tuple[Array, Array]:
    """Images and filters."""
    rng, shape = np.random.default_rng(4), SMALL if small else FULL
    inputs = 1 if layer.depthwise else shape[1]
    filters = (shape[1], inputs, layer.taps, layer.taps)
    scale = np.float32((inputs * layer.taps**2) ** -0.5)
    return rng.standard_normal(shape, dtype="float32"), rng.standard_normal(filters, dtype="float32") * scale


def of_one(result: Any) -> Sequence[float]:
    """The numbers by which a convolution is compared."""
    return sums([result])


def with_symdrop(layer: Layer, gradient: bool, dropping: bool, small: bool) -> Draft:
    x, w = T.ftensor4("x"), T.ftensor4("w")
    shape = (SMALL if small else FULL)[1]
    images, filters = data(layer, small)
    if layer.depthwise:
        w = T.tensor("float32", (shape, 1, None, None), name="w")
    y = T.nnet.conv(x, w, padding="same", groups=shape if layer.depthwise else 1)
    outputs = sd.grad((y * y).sum() / 2, [x, w]) if gradient else y
    values = sums if gradient else of_one
    return symdrop_draft(lambda: sd.function([x, w], outputs), [images, filters], values)


def with_numpy(layer: Layer, gradient: bool, dropping: bool, small: bool) -> Draft:
    """Windows multiplied by filters; the derivative by the input is a convolution of y by the turned filters."""
    edge, (n, channels, rows, columns) = layer.taps // 2, SMALL if small else FULL

    def windows(x: Array) -> Array:
        padded = np.pad(x, ((0, 0), (0, 0), (edge, edge), (edge, edge)))
        return np.lib.stride_tricks.sliding_window_view(padded, (layer.taps, layer.taps), axis=(2, 3))

    def matrix(x: Array) -> Array:
        """The windows of all channels around every pixel."""
        return windows(x).transpose(0, 2, 3, 1, 4, 5).reshape(n * rows * columns, -1)

    def forward(x: Array, w: Array) -> Array:
        if layer.depthwise:
            made: Array = np.einsum("ncijab,cab->ncij", windows(x), w[:, 0])
            return made
        return (matrix(x) @ w.reshape(channels, -1).T).reshape(n, rows, columns, -1).transpose(0, 3, 1, 2)

    def backward(x: Array, w: Array) -> tuple[Array, Array]:
        y, turned = forward(x, w), w[:, :, ::-1, ::-1]
        to_x = forward(y, turned if layer.depthwise else np.ascontiguousarray(turned.swapaxes(0, 1)))
        if layer.depthwise:
            return to_x, np.einsum("ncijab,ncij->cab", windows(x), y)[:, None]
        return to_x, (y.transpose(1, 0, 2, 3).reshape(channels, -1) @ matrix(x)).reshape(w.shape)

    step, values = (backward, sums) if gradient else (forward, of_one)
    return lambda: Contestant(step, data(layer, small), values)


def with_jax(layer: Layer, gradient: bool, dropping: bool, small: bool) -> Draft:
    jax = library("jax")
    groups = (SMALL if small else FULL)[1] if layer.depthwise else 1

    def forward(x: Any, w: Any) -> Any:
        return jax.lax.conv_general_dilated(x, w, (1, 1), "SAME", feature_group_count=groups)

    def loss(x: Any, w: Any) -> Any:
        return (forward(x, w) ** 2).sum() / 2

    step, values = (jax.grad(loss, (0, 1)), sums) if gradient else (forward, of_one)
    return jax_draft(step, data(layer, small), values)


def with_torch(layer: Layer, gradient: bool, dropping: bool, small: bool, compiled: bool = False) -> Draft:
    torch = library("torch")
    groups = (SMALL if small else FULL)[1] if layer.depthwise else 1

    def forward(x: Any, w: Any) -> Any:
        return torch.nn.functional.conv2d(x, w, padding="same", groups=groups)

    def loss(x: Any, w: Any) -> Any:
        return forward(x, w).square().sum() / 2

    f, values = (loss, sums) if gradient else (forward, of_one)
    return torch_draft(f, data(layer, small), values, compiled, gradient)


def work(name: str, layer: Layer, gradient: bool) -> Work:
    """A convolution, or its gradient."""
    found = (partial(entry, layer, gradient) for entry in (with_symdrop, with_numpy, with_jax, with_torch))
    return Work(name=f"{name}-GRADIENT" if gradient else name, entries=entries(*found))


CONVOLUTIONS = [work(name, layer, gradient) for name, layer in LAYERS.items() for gradient in (False, True)]

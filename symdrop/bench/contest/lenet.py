"""LENET: a training step of a small convolutional network.

Images of 28 x 28, batch 64, float32: 20 filters of 5 x 5, relu, the largest of every 2 x 2; 50 filters of 5 x 5, relu,
the largest of every 2 x 2; 500 units of relu, dropout 0.5, 10 scores; softmax with cross-entropy; momentum.

Source of the network: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document
recognition", Proceedings of the IEEE 1998, with relu units and the numbers of filters of later tutorials.

Read next: transformer.py
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import symdrop as sd
import symdrop.tensor as T

from . import training
from .entry import Array, Draft, Work, entries, library

TAPS, WINDOW, CLASSES, P = 5, 2, 10, 0.5


class Sizes(NamedTuple):
    """Images of a batch, their rows and columns, filters of both convolutions, and units of the layer behind them."""

    batch: int
    side: int
    filters: tuple[int, int]
    units: int

    @property
    def features(self) -> int:
        """The numbers that the convolutions make of an image."""
        side = self.side
        for _ in self.filters:
            side = (side - TAPS + 1) // WINDOW
        return self.filters[1] * side * side


FULL, SMALL = Sizes(64, 28, (20, 50), 500), Sizes(8, 16, (4, 6), 12)


def data(sizes: Sizes) -> tuple[Array, Array, list[Array]]:
    """Images, labels, and the parameters to start from: W1, b1, W2, b2, ..."""
    rng = np.random.default_rng(2)
    x = rng.random((sizes.batch, 1, sizes.side, sizes.side), dtype="float32")
    y = rng.integers(0, CLASSES, sizes.batch)
    first, second = sizes.filters
    filters = (first, 1, TAPS, TAPS), (second, first, TAPS, TAPS)
    matrices = (sizes.features, sizes.units), (sizes.units, CLASSES)
    parameters: list[Array] = []
    for shape, inputs, outputs in (
        *((shape, int(np.prod(shape[1:])), shape[0]) for shape in filters),
        *((shape, *shape) for shape in matrices),
    ):
        W = rng.standard_normal(shape, dtype="float32") * np.float32(np.sqrt(2 / inputs))
        parameters += [W, np.zeros(outputs, "float32")]
    return x, y, parameters


def with_symdrop(dropping: bool, small: bool) -> Draft:
    images, labels, start = data(SMALL if small else FULL)
    x, y = T.ftensor4("x"), T.ivector("y")
    parameters = W1, b1, W2, b2, W3, b3, W4, b4 = [sd.shared(value) for value in start]

    def convolved(h: Any, W: Any, b: Any) -> Any:
        return T.nnet.pool(T.nnet.relu(T.nnet.conv(h, W) + b.dimshuffle("x", 0, "x", "x")), WINDOW)

    h = T.nnet.relu(convolved(convolved(x, W1, b1), W2, b2).flatten(2) @ W3 + b3)
    if dropping:
        h = sd.dropout(h, p=P, stream=sd.RandomStream(seed=3))
    loss = T.nnet.softmax_crossentropy(h @ W4 + b4, y).mean()
    return training.with_symdrop([x, y], [images, labels.astype("int32")], loss, parameters)


class _Convolved:
    """A convolution, relu and pooling by hand, channels last: windows laid out as a matrix, and the way back."""

    def __init__(self, x: Array, W: Array, b: Array) -> None:
        self.x, self.W = x, W.reshape(len(W), -1)
        windows = np.lib.stride_tricks.sliding_window_view(x, (TAPS, TAPS), axis=(1, 2))
        self.sizes = windows.shape[:3]
        self.windows = windows.reshape(-1, self.W.shape[1])
        z = self.windows @ self.W.T
        z += b
        # The four elements of every window of the pooling, the first one first.
        four = np.stack([part for _, part in self._parts(z.reshape(*self.sizes, -1))])
        self.first = four.argmax(0)
        self.out = np.maximum(four.max(0), 0)

    @staticmethod
    def _parts(z: Array) -> list[tuple[int, Array]]:
        starts = [(a, b) for a in range(WINDOW) for b in range(WINDOW)]
        return [(k, z[:, a::WINDOW, b::WINDOW]) for k, (a, b) in enumerate(starts)]

    def slopes(self, g: Array, to_input: bool) -> tuple[Array, Array, Array | None]:
        """The derivatives by filters, biases and, where it is asked for, the input."""
        g = g * (self.out > 0)
        d = np.empty((*self.sizes, len(self.W)), "float32")
        for k, part in self._parts(d):
            np.multiply(g, self.first == k, out=part)
        d = d.reshape(-1, len(self.W))
        to_x = None
        if to_input:
            back = (d @ self.W).reshape(*self.sizes, -1, TAPS, TAPS)
            to_x = np.zeros_like(self.x)
            rows, columns = self.sizes[1:]
            for a in range(TAPS):
                for b in range(TAPS):
                    to_x[:, a : a + rows, b : b + columns] += back[..., a, b]
        return d.T @ self.windows, d.sum(0), to_x


def with_numpy(dropping: bool, small: bool) -> Draft:
    images, labels, parameters = data(SMALL if small else FULL)
    W1, b1, W2, b2, W3, b3, W4, b4 = parameters
    rng = np.random.default_rng(5)

    def slopes_of(x: Array, y: Array) -> tuple[Any, list[Array]]:
        one = _Convolved(x.transpose(0, 2, 3, 1), W1, b1)
        two = _Convolved(one.out, W2, b2)
        flat = two.out.transpose(0, 3, 1, 2).reshape(len(x), -1)
        h = np.maximum(flat @ W3 + b3, 0)
        if dropping:
            mask = training.mask_of(rng, P, h.shape)
            h *= mask
        loss, d = training.softmax_crossentropy(h @ W4 + b4, y)
        to_W4, to_b4, g = h.T @ d, d.sum(0), d @ W4.T
        g *= h > 0
        if dropping:
            g *= mask
        to_W3, to_b3, g = flat.T @ g, g.sum(0), g @ W3.T
        _, rows, columns, filters = two.out.shape
        to_W2, to_b2, back = two.slopes(g.reshape(-1, filters, rows, columns).transpose(0, 2, 3, 1), to_input=True)
        assert back is not None
        to_W1, to_b1, _ = one.slopes(back, to_input=False)
        return loss, [to_W1.reshape(W1.shape), to_b1, to_W2.reshape(W2.shape), to_b2, to_W3, to_b3, to_W4, to_b4]

    return training.with_numpy(slopes_of, [images, labels], parameters)


def with_jax(dropping: bool, small: bool) -> Draft:
    jax = library("jax")
    images, labels, start = data(SMALL if small else FULL)

    def convolved(h: Any, W: Any, b: Any) -> Any:
        h = jax.nn.relu(jax.lax.conv(h, W, (1, 1), "VALID") + b[:, None, None])
        window = (1, 1, WINDOW, WINDOW)
        return jax.lax.reduce_window(h, -jax.numpy.inf, jax.lax.max, window, window, "VALID")

    def loss(parameters: Any, key: Any, x: Any, y: Any) -> Any:
        W1, b1, W2, b2, W3, b3, W4, b4 = parameters
        h = convolved(convolved(x, W1, b1), W2, b2)
        h = jax.nn.relu(h.reshape(len(h), -1) @ W3 + b3)
        if dropping:
            h = training.jax_drop(key, h, P)
        return -jax.numpy.take_along_axis(jax.nn.log_softmax(h @ W4 + b4), y[:, None], 1).mean()

    return training.with_jax(loss, [images, labels], start)


def with_torch(dropping: bool, small: bool, compiled: bool = False) -> Draft:
    torch = library("torch")
    images, labels, start = data(SMALL if small else FULL)
    functional = torch.nn.functional

    def loss(parameters: Any, x: Any, y: Any) -> Any:
        W1, b1, W2, b2, W3, b3, W4, b4 = parameters
        h = functional.max_pool2d(torch.relu(functional.conv2d(x, W1, b1)), WINDOW)
        h = functional.max_pool2d(torch.relu(functional.conv2d(h, W2, b2)), WINDOW)
        h = torch.relu(torch.addmm(b3, h.flatten(1), W3))
        h = functional.dropout(h, P, dropping)
        return functional.cross_entropy(torch.addmm(b4, h, W4), y)

    return training.with_torch(loss, [images, labels], start, compiled)


LENET = Work(
    name="LENET",
    entries=entries(with_symdrop, with_numpy, with_jax, with_torch),
    drops=True,
    steps=10,
)

"""TRANSFORMER: a training step of one transformer block.

16 sequences of 128 vectors of 256 numbers, 4 heads, float32. Layer normalisation, attention, and the sum with what came
in; layer normalisation, two layers with 1024 units of relu between them, and the sum; dropout 0.1 on the weights of
attention and on both results before they are added. The mean square of the distance from a target; momentum.

Source: A. Vaswani et al., "Attention is all you need", NIPS 2017, normalised before each part as in R. Xiong et al.,
"On layer normalization in the transformer architecture", ICML 2020.

Read next: convolutions.py
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import symdrop as sd
import symdrop.tensor as T

from . import training
from .entry import Array, Draft, Work, entries, library

P, EPSILON = 0.1, 1e-5


class Sizes(NamedTuple):
    """Sequences of a batch, their length, the width of a vector, and heads."""

    batch: int
    length: int
    width: int
    heads: int


FULL, SMALL = Sizes(16, 128, 256, 4), Sizes(2, 6, 8, 2)


def data(sizes: Sizes) -> tuple[Array, Array, list[Array]]:
    """Sequences, targets, and the parameters to start from: of a normalisation and two layers, twice."""
    rng, width = np.random.default_rng(2), sizes.width
    x, y = (rng.standard_normal((sizes.batch, sizes.length, width), dtype="float32") for _ in range(2))
    parameters: list[Array] = []
    for middle, inputs in ((3 * width, width), (4 * width, 4 * width)):
        parameters += [np.ones(width, "float32"), np.zeros(width, "float32")]
        for shape in ((width, middle), (inputs, width)):
            W = rng.standard_normal(shape, dtype="float32") * np.float32(shape[0] ** -0.5)
            parameters += [W, np.zeros(shape[1], "float32")]
    return x, y, parameters


def with_symdrop(dropping: bool, small: bool) -> Draft:
    sizes = SMALL if small else FULL
    batch, target, start = data(sizes)
    x, y = T.ftensor3("x"), T.ftensor3("y")
    parameters = g1, c1, W1, b1, W2, b2, g2, c2, W3, b3, W4, b4 = [sd.shared(value) for value in start]
    stream, p = sd.RandomStream(seed=3), P if dropping else 0.0

    def norm(x: Any, g: Any, c: Any) -> Any:
        centred = x - x.mean(axis=-1, keepdims=True)
        return centred / T.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPSILON) * g + c

    def drop(x: Any) -> Any:
        return sd.dropout(x, p=p, stream=stream) if dropping else x

    per_head = (x.shape[0], x.shape[1], 3, sizes.heads, sizes.width // sizes.heads)
    split = (norm(x, g1, c1) @ W1 + b1).reshape(per_head).dimshuffle(2, 0, 3, 1, 4)
    seen = T.nnet.attention(split[0], split[1], split[2], dropout=p, stream=stream)
    h = x + drop(seen.dimshuffle(0, 2, 1, 3).reshape(x.shape) @ W2 + b2)
    out = h + drop(T.nnet.relu(norm(h, g2, c2) @ W3 + b3) @ W4 + b4)
    return training.with_symdrop([x, y], [batch, target], ((out - y) ** 2).mean(), parameters)


class _Norm:
    """Layer normalisation by hand, and the way back."""

    def __init__(self, x: Array, g: Array, c: Array) -> None:
        centred = x - x.mean(-1, keepdims=True)
        self.g, self.inverse = g, 1 / np.sqrt((centred * centred).mean(-1, keepdims=True) + np.float32(EPSILON))
        self.normal = centred * self.inverse
        self.out = self.normal * g + c

    def slopes(self, d: Array) -> tuple[Array, Array, Array]:
        """The derivatives by the factors, the summands, and the input."""
        to_normal = d * self.g
        along = (to_normal * self.normal).mean(-1, keepdims=True)
        to_x = (to_normal - to_normal.mean(-1, keepdims=True) - self.normal * along) * self.inverse
        return _sum(d * self.normal), _sum(d), to_x


class _Attention:
    """Attention by hand, and the way back; weights are multiplied by a mask, or by 1."""

    def __init__(self, q: Array, k: Array, v: Array, mask: Any) -> None:
        self.q, self.k, self.v, self.mask, self.scale = q, k, v, mask, np.float32(q.shape[-1] ** -0.5)
        scores = q @ k.swapaxes(-1, -2) * self.scale
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        self.weights, self.kept = weights, weights * mask
        self.out = self.kept @ v

    def slopes(self, d: Array) -> Array:
        """The derivatives by queries, keys and values, along a first axis."""
        to_weights = d @ self.v.swapaxes(-1, -2) * self.mask
        to_weights -= (to_weights * self.weights).sum(-1, keepdims=True)
        to_scores = to_weights * self.weights * self.scale
        made: Array = np.stack(
            [to_scores @ self.k, to_scores.swapaxes(-1, -2) @ self.q, self.kept.swapaxes(-1, -2) @ d]
        )
        return made


def _sum(d: Array) -> Any:
    """The sum over all vectors."""
    return d.reshape(-1, d.shape[-1]).sum(0)


def _product(x: Array, d: Array) -> Any:
    """The derivative by a matrix that multiplied the vectors x."""
    return x.reshape(-1, x.shape[-1]).T @ d.reshape(-1, d.shape[-1])


def with_numpy(dropping: bool, small: bool) -> Draft:
    sizes = SMALL if small else FULL
    batch, target, parameters = data(sizes)
    g1, c1, W1, b1, W2, b2, g2, c2, W3, b3, W4, b4 = parameters
    rng = np.random.default_rng(5)
    n, length, width, heads = sizes
    per_head = (n, length, 3, heads, width // heads)

    def mask(*shape: int) -> Any:
        return training.mask_of(rng, P, shape) if dropping else np.float32(1)

    def slopes_of(x: Array, y: Array) -> tuple[Any, list[Array]]:
        one = _Norm(x, g1, c1)
        q, k, v = (one.out @ W1 + b1).reshape(per_head).transpose(2, 0, 3, 1, 4)
        attention = _Attention(q, k, v, mask(n, heads, length, length))
        joined = attention.out.transpose(0, 2, 1, 3).reshape(x.shape)
        kept_one, kept_two = mask(*x.shape), mask(*x.shape)
        h = x + (joined @ W2 + b2) * kept_one
        two = _Norm(h, g2, c2)
        units = np.maximum(two.out @ W3 + b3, 0)
        distance = h + (units @ W4 + b4) * kept_two - y
        d = distance * np.float32(2 / x.size)

        e = d * kept_two
        to_units = e @ W4.T * (units > 0)
        to_g2, to_c2, to_h = two.slopes(to_units @ W3.T)
        later = [to_g2, to_c2, _product(two.out, to_units), _sum(to_units), _product(units, e), _sum(e)]
        e = (d + to_h) * kept_one
        back = attention.slopes((e @ W2.T).reshape(n, length, heads, -1).transpose(0, 2, 1, 3))
        to_split = back.transpose(1, 3, 0, 2, 4).reshape(n, length, 3 * width)
        to_g1, to_c1, _ = one.slopes(to_split @ W1.T)
        sooner = [to_g1, to_c1, _product(one.out, to_split), _sum(to_split), _product(joined, e), _sum(e)]
        return (distance * distance).mean(), [*sooner, *later]

    return training.with_numpy(slopes_of, [batch, target], parameters)


def with_jax(dropping: bool, small: bool) -> Draft:
    jax, sizes = library("jax"), SMALL if small else FULL
    batch, target, start = data(sizes)
    per_head = (sizes.batch, sizes.length, 3, sizes.heads, sizes.width // sizes.heads)

    def norm(x: Any, g: Any, c: Any) -> Any:
        centred = x - x.mean(-1, keepdims=True)
        return centred * jax.lax.rsqrt((centred**2).mean(-1, keepdims=True) + EPSILON) * g + c

    def drop(key: Any, x: Any) -> Any:
        return training.jax_drop(key, x, P) if dropping else x

    def loss(parameters: Any, key: Any, x: Any, y: Any) -> Any:
        g1, c1, W1, b1, W2, b2, g2, c2, W3, b3, W4, b4 = parameters
        keys = jax.random.split(key, 3)
        q, k, v = (norm(x, g1, c1) @ W1 + b1).reshape(per_head).transpose(2, 0, 3, 1, 4)
        scores = q @ k.swapaxes(-1, -2) * q.shape[-1] ** -0.5
        seen = drop(keys[0], jax.nn.softmax(scores)) @ v
        h = x + drop(keys[1], seen.transpose(0, 2, 1, 3).reshape(x.shape) @ W2 + b2)
        out = h + drop(keys[2], jax.nn.relu(norm(h, g2, c2) @ W3 + b3) @ W4 + b4)
        return ((out - y) ** 2).mean()

    return training.with_jax(loss, [batch, target], start)


def with_torch(dropping: bool, small: bool, compiled: bool = False) -> Draft:
    torch, sizes = library("torch"), SMALL if small else FULL
    batch, target, start = data(sizes)
    per_head = (sizes.batch, sizes.length, 3, sizes.heads, sizes.width // sizes.heads)
    functional, p = torch.nn.functional, P if dropping else 0.0

    def loss(parameters: Any, x: Any, y: Any) -> Any:
        g1, c1, W1, b1, W2, b2, g2, c2, W3, b3, W4, b4 = parameters
        below = functional.layer_norm(x, (sizes.width,), g1, c1, EPSILON)
        q, k, v = (below @ W1 + b1).view(per_head).permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(q, k, v, dropout_p=p)
        joined = seen.transpose(1, 2).reshape(x.shape)
        h = x + functional.dropout(joined @ W2 + b2, p)
        below = functional.layer_norm(h, (sizes.width,), g2, c2, EPSILON)
        out = h + functional.dropout(torch.relu(below @ W3 + b3) @ W4 + b4, p)
        return functional.mse_loss(out, y)

    return training.with_torch(loss, [batch, target], start, compiled)


TRANSFORMER = Work(
    name="TRANSFORMER",
    entries=entries(with_symdrop, with_numpy, with_jax, with_torch),
    drops=True,
    steps=10,
)

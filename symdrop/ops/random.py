"""Draws: random values as formulas over uniformly random words.

A draw's inputs are a key, a step, the sizes of its shape and the parameters of its
distribution; its value is a pure function of these. A mask does not depend smoothly on
anything, so the gradient of every draw is a structural zero; distributions with a location
and a scale are compositions (``mean + std * standard_normal``), whose gradients flow.

Read next: branches.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..errors import ArgumentError, GraphTypeError
from ..graph import Node
from ..op import ZERO, Size, Sizes, draw, stretch, structured
from ..types import TensorType, is_float, is_integer
from .checks import require
from .cumulative import cumsum
from .logic import cast, ge, le


@structured(inline=True)
def fold_in(m: Any, key: Any, data: Any) -> Any:
    """The key that belongs to ``data`` (two uint32, the high one first) under ``key`` (two uint32)."""
    return m.fold_in(key, data)


@fold_in.infer
def fold_in_type(key: Node, data: Node) -> TensorType:
    for node in (key, data):
        if node.dtype != "uint32" or node.ndim != 1:
            raise GraphTypeError(f"a key and what is folded into it are two words of dtype uint32, not {node.type}")
    return TensorType("uint32", (2,))


@fold_in.pullback
def fold_in_pullback(g: Any, y: Any, key: Any, data: Any) -> Any:
    return ZERO


@fold_in.samples
def fold_in_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield (np.array([1, 2], np.uint32), np.array([0, 3], np.uint32)), {}


@structured(inline=True)
def loop_words(m: Any, position: Any) -> Any:
    """A loop's position as the two words that are folded into a key, the high one first."""
    number = int(position)
    return np.array([number >> 32, number & 0xFFFFFFFF], np.uint32)


@loop_words.infer
def loop_words_type(position: Node) -> TensorType:
    if position.ndim or not is_integer(position.dtype):
        raise GraphTypeError(f"a loop's position is an integer scalar, not {position.type}")
    return TensorType("uint32", (2,))


@loop_words.pullback
def loop_words_pullback(g: Any, y: Any, position: Any) -> Any:
    return ZERO


@loop_words.samples
def loop_words_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield (np.int64(2**32 + 5),), {}


@draw(bits={"bool": 32}, parameters=("float32",))
def bernoulli(m: Any, words: Any, p: Any, *, ndim: int, dtype: str) -> Any:
    """Truth values that are true with probability p, rounded to float32 and to a multiple of 2**-32."""
    threshold = m.cast(m.where(p < 1, p, 0) * 2.0**32, "uint32")
    return (words < threshold) | (p >= 1)


@draw(bits={"float32": 32, "float64": 64})
def uniform(m: Any, words: Any, *, ndim: int, dtype: str) -> Any:
    """Multiples of 2**-24 (float32) or 2**-53 (float64) in [0, 1), all equally likely."""
    digits, excess = (24, 8) if dtype == "float32" else (53, 11)
    return m.cast(words >> excess, dtype) * 2.0**-digits


@draw(bits={"float32": 32, "float64": 64})
def standard_normal(m: Any, words: Any, *, ndim: int, dtype: str) -> Any:
    """Normal values of mean 0 and standard deviation 1: where the distribution function is (k + 1/2) * 2**-digits.

    k are the top 24 (float32) or 53 (float64) bits of the word.
    """
    digits, excess = (24, 8) if dtype == "float32" else (53, 11)
    k = words >> excess
    lower = k < 2 ** (digits - 1)
    # k + 1/2 needs one digit more than the dtype has, except in the lower half; the upper half is its mirror image.
    mirrored = m.where(lower, k, (2**digits - 1) - k)
    z = m.ndtri((m.cast(mirrored, dtype) + 0.5) * 2.0**-digits)
    return m.where(lower, z, -z)


@draw(bits={"int64": 64}, parameters=("int64", "int64"))
def integers(m: Any, words: Any, low: Any, high: Any, *, ndim: int, dtype: str) -> Any:
    """Integers n in low <= n < high: low + word % (high - low); no probability is off by more than 2**-64."""
    # Modulo 2**64, so that any two int64 bounds have the right distance.
    first = m.cast(low, "uint64")
    return m.cast(first + words % (m.cast(high, "uint64") - first), "int64")


@draw(bits={"uint32": 32, "uint64": 64})
def random_bits(m: Any, words: Any, *, ndim: int, dtype: str) -> Any:
    """The uniformly random words themselves."""
    return words


@bernoulli.pullback
@uniform.pullback
@standard_normal.pullback
@integers.pullback
@random_bits.pullback
def draw_pullback(g: Any, y: Any, *inputs: Any, ndim: int, dtype: str) -> Any:
    return ZERO


# Tests try every op on its samples: key, step and sizes, then the parameters.
_PLACE = (np.array([1, 2], np.uint32), np.asarray(7), 2, 3)


@uniform.samples
@standard_normal.samples
def _float_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield _PLACE, {"ndim": 2, "dtype": "float32"}
    yield _PLACE, {"ndim": 2, "dtype": "float64"}


@random_bits.samples
def _bits_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield _PLACE, {"ndim": 2, "dtype": "uint32"}
    yield _PLACE, {"ndim": 2, "dtype": "uint64"}


@bernoulli.samples
def _bernoulli_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield (*_PLACE, np.asarray(0.3, np.float32)), {"ndim": 2, "dtype": "bool"}
    yield (*_PLACE, rng.uniform(0, 1, (2, 3)).astype(np.float32)), {"ndim": 2, "dtype": "bool"}


@integers.samples
def _integers_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield (*_PLACE, np.asarray(-3), np.asarray(5)), {"ndim": 2, "dtype": "int64"}


@structured
def choose(m: Any, u: Any, p: Any) -> Any:
    """The category that holds u in [0, 1) when category k takes a share p[..., k] of that interval, in order."""
    totals = m.cumsum(m.cast(p, "float64"), axis=-1)
    bounds = totals[..., :-1] / totals[..., -1:]
    if p.ndim == 1:
        return m.cast(m.searchsorted(bounds, u, side="right"), "int64")
    return m.sum(u[..., None] >= bounds, axis=-1)


@choose.infer
def choose_type(u: Node, p: Node) -> TensorType:
    if not is_float(u.dtype) or not is_float(p.dtype) or p.ndim not in (1, u.ndim + 1):
        raise GraphTypeError(f"expected probabilities p[k], or p[..., k] for every element of {u.type}, not {p.type}")
    return TensorType("int64", u.type.shape)


@choose.pullback
def choose_pullback(g: Any, y: Any, u: Any, p: Any) -> Any:
    return ZERO


@choose.sizes
def choose_sizes(sizes: Sizes, u: Node, p: Node) -> Sequence[Size | None]:
    return sizes(u)


@choose.decomposition
def choose_decomposition(sizes: Sizes, y: Node, u: Node, p: Node) -> Node | None:
    """How many of a row's bounds u has reached: its running totals but the last, as shares of that."""
    if p.ndim == 1:
        return None
    totals = cumsum(cast(p, dtype="float64"), axis=u.ndim, reverse=False)
    bounds = totals[..., :-1] / totals[..., -1:]
    return ge(*stretch([u.dimshuffle(*range(u.ndim), "x"), bounds])).sum(axis=-1)


@choose.samples
def choose_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield (rng.uniform(0, 1, (2, 3)), np.array([0.2, 0.5, 0.3])), {}
    yield (rng.uniform(0, 1, 2), np.array([[0.2, 0.8], [1, 0]])), {}


# Not declared linear, though the values are: a tangent is no probability.
@structured(aliases=True, asserts=True, hidden=True, axis_params=("axis",))
def check_probability(m: Any, p: Any, *, label: str, axis: int | None) -> Any:
    """p itself, which must lie in [0, 1] and, along ``axis`` (unless None), sum to 1."""
    inside = (p >= 0) & (p <= 1)
    if not m.all(inside):
        raise ArgumentError(f"{label} is {m.extract(~inside, p)[0]}, which is not a probability in [0, 1]")
    if axis is not None and not m.all(m.absolute(m.sum(m.cast(p, "float64"), axis=axis) - 1) <= 1e-5):
        raise ArgumentError(f"{label} does not sum to 1 along axis {axis}")
    return p


@check_probability.infer
def check_type(p: Node, *, label: str, axis: int | None) -> TensorType:
    return p.type


@check_probability.pullback
def check_pullback(g: Any, y: Any, x: Any, *others: Any, **params: Any) -> Any:
    return g


@check_probability.sizes
def check_sizes(sizes: Sizes, x: Node, *others: Node, **params: Any) -> Sequence[Size | None]:
    return sizes(x)


@check_probability.decomposition
def check_decomposition(sizes: Sizes, y: Node, p: Node, *, label: str, axis: int | None) -> Node | None:
    """That every number is a probability, and that a row's sum is 1, are asked apart."""
    if axis is None:
        return None
    each = check_probability(p, label=label, axis=None)
    off = cast(p, dtype="float64").sum(axis=axis, keepdims=True) - 1
    _, inside = stretch([p, le(abs(off), 1e-5)])
    return require(each, inside, label=label, domain=f"part of a sum of 1 along axis {axis}", error="argument")


@check_probability.samples
def check_probability_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield (rng.uniform(0.1, 0.9, (2, 3)).astype(dtype),), {"label": "p", "axis": None}

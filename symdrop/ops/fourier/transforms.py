"""Discrete Fourier transforms along one axis, by NumPy's pocketfft, not divided by the number of points.

A complex number is a pair of real ones along a last axis of size 2, real part and imaginary part. In real numbers each
transform is linear, and so its transpose is the pullback: that of the complex one is the inverse one; those of the two
between real values and half of a symmetric spectrum are each other, but for the numbers in its middle, which stand for
two each.

Read next: ../selection/__init__.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import GraphTypeError, IndexingError, ShapeError
from ...graph import Node
from ...op import Size, Sizes, Structured, as_node, constant_scalar, convert
from ...types import TensorType, float_dtype
from ..creation import arange
from ..logic import eq, where

Array = np.ndarray[Any, Any]


class Transform(Structured):
    """A transform of floats along its parameter ``axis``, which is counted from the front.

    Args:
        of_pairs: whether the last axis of its operand holds real and imaginary parts.
    """

    def __init__(self, formula: Any, *, of_pairs: bool, **declared: Any) -> None:
        self.of_pairs = of_pairs
        super().__init__(formula, linear_in=(0,), axis_params=("axis",), **declared)

    def prepare(self, inputs: list[Node], params: Mapping[str, Any]) -> Sequence[Node]:
        x, *sizes = super().prepare(inputs, params)
        if self.of_pairs and (not x.ndim or x.type.shape[-1] not in (2, None)):
            raise GraphTypeError(f"it takes pairs, whose last axis holds real and imaginary parts, not {x.type}")
        if not 0 <= params["axis"] < x.ndim - self.of_pairs:
            raise IndexingError(f"there is no axis {params['axis']} of points in {x.type}")
        return [convert(x, float_dtype(x.dtype)), *sizes]


def _complex(m: Any, pairs: Array) -> Array:
    """The complex numbers that pairs are, without a copy."""
    if pairs.shape[-1] != 2:
        raise ShapeError(f"pairs have a last axis of size 2, not {pairs.shape[-1]}")
    kind = m.complex128 if pairs.dtype == m.float64 else m.complex64
    made: Array = m.ascontiguousarray(pairs).view(kind)[..., 0]
    return made


def _pairs(m: Any, numbers: Array) -> Array:
    """The pairs that complex numbers are, without a copy."""
    made: Array = m.ascontiguousarray(numbers).view(numbers.real.dtype).reshape((*numbers.shape, 2))
    return made


def _check(points: int) -> None:
    if points < 1:
        raise ShapeError("a transform has at least one point")


def _rfft(m: Any, x: Any, *, axis: int) -> Any:
    """The spectrum of real values along an axis as pairs: of n points the first n // 2 + 1 numbers."""
    _check(x.shape[axis])
    return _pairs(m, m.fft.rfft(x, axis=axis))


rfft = Transform(_rfft, name="rfft", of_pairs=False)


@rfft.infer
def rfft_type(x: Node, *, axis: int) -> TensorType:
    shape = list(x.type.shape)
    points = shape[axis]
    shape[axis] = None if points is None else points // 2 + 1
    return TensorType(x.dtype, (*shape, 2))


@rfft.sizes
def rfft_sizes(sizes: Sizes, x: Node, *, axis: int) -> Sequence[Size | None]:
    made = list(sizes(x))
    return (*made[:axis], made[axis] // 2 + 1, *made[axis + 1 :], 2)


@rfft.pullback
def rfft_pullback(g: Any, y: Node, x: Node, *, axis: int) -> Any:
    points = x.shape[axis]
    return irfft(g * _middle(g, points, axis, 0.5), points, axis=axis)


def _middle(spectrum: Node, points: Size, axis: int, factor: float) -> Node:
    """A factor for the numbers of half a spectrum that stand for two each, and 1 for the first, and an even last."""
    places = arange(0, spectrum.shape[axis], 1, dtype="int64")
    weight = where(eq(places, 0), 1.0, where(eq(2 * places, as_node(points)), 1.0, factor))
    pattern = ["x"] * axis + [0] + ["x"] * (spectrum.ndim - 1 - axis)
    made: Node = convert(weight, spectrum.dtype).dimshuffle(*pattern)
    return made


@rfft.samples
def rfft_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for shape, axis in (((5,), 0), ((4,), 0), ((1,), 0), ((3, 2), 0), ((2, 3, 4), 1), ((0, 3), 1)):
        yield (rng.uniform(-2, 2, shape).astype(dtype),), {"axis": axis}


def _irfft(m: Any, y: Any, n: Any, *, axis: int) -> Any:
    """The n real values along an axis whose spectrum, of n // 2 + 1 pairs, is given, times n."""
    points = int(n)
    _check(points)
    if y.shape[axis] != points // 2 + 1:
        raise ShapeError(f"{points} real values have {points // 2 + 1} pairs, not {y.shape[axis]}")
    return m.ascontiguousarray(m.fft.irfft(_complex(m, y), points, axis=axis, norm="forward"))


irfft = Transform(_irfft, name="irfft", of_pairs=True, sizes=slice(1, 2))


@irfft.infer
def irfft_type(y: Node, n: Node, *, axis: int) -> TensorType:
    shape, points = list(y.type.shape[:-1]), constant_scalar(n)
    if None not in (points, shape[axis]) and shape[axis] != points // 2 + 1:
        raise ShapeError(f"{points} real values have {points // 2 + 1} pairs, not {shape[axis]}")
    shape[axis] = points
    return TensorType(y.dtype, tuple(shape))


@irfft.sizes
def irfft_sizes(sizes: Sizes, y: Node, n: Node, *, axis: int) -> Sequence[Size | None]:
    made = list(sizes(y))
    return (*made[:axis], n, *made[axis + 1 : -1])


@irfft.pullback
def irfft_pullback(g: Any, y: Node, pairs: Node, n: Node, *, axis: int) -> Any:
    made = rfft(g, axis=axis)
    return made * _middle(made, n, axis, 2.0)


@irfft.samples
def irfft_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for shape, n, axis in (((3, 2), 5, 0), ((3, 2), 4, 0), ((1, 2), 1, 0), ((3, 2, 2), 3, 1), ((2, 3, 4, 2), 5, 1)):
        yield (rng.uniform(-2, 2, shape).astype(dtype), n), {"axis": axis}


def _fft(m: Any, y: Any, *, axis: int, inverse: bool) -> Any:
    """The spectrum of pairs along an axis; of the inverse one the values, times their number."""
    _check(y.shape[axis])
    numbers = _complex(m, y)
    return _pairs(m, m.fft.ifft(numbers, axis=axis, norm="forward") if inverse else m.fft.fft(numbers, axis=axis))


fft = Transform(_fft, name="fft", of_pairs=True)


@fft.infer
def fft_type(y: Node, *, axis: int, inverse: bool) -> TensorType:
    return TensorType(y.dtype, (*y.type.shape[:-1], 2))


@fft.sizes
def fft_sizes(sizes: Sizes, y: Node, *, axis: int, inverse: bool) -> Sequence[Size | None]:
    return (*sizes(y)[:-1], 2)


@fft.pullback
def fft_pullback(g: Any, y: Node, pairs: Node, *, axis: int, inverse: bool) -> Any:
    return fft(g, axis=axis, inverse=not inverse)


@fft.samples
def fft_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for shape, axis in (((5, 2), 0), ((1, 2), 0), ((3, 4, 2), 0), ((3, 4, 2), 1), ((0, 3, 2), 1)):
        for inverse in (False, True):
            yield (rng.uniform(-2, 2, shape).astype(dtype),), {"axis": axis, "inverse": inverse}

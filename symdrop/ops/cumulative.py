"""Ops that carry a value along an axis: cumulative sums, and linear recurrences.

A linear recurrence run backwards is the pullback of one run forwards, so this one op is
differentiable as often as one likes. Cumulative products are a recurrence too, which
makes gradients of products exact where factors are zero.

Read next: reduce.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..graph import Node
from ..op import Size, Sizes, Structured, convert, stretch
from ..types import TensorType, accumulator_dtype, broadcast_shapes, promote


class PrefixScan(Structured):
    """An op that carries a value along the axis ``axis``, backwards if ``reverse``, and gives it at every element.

    Attributes:
        inclusive: True if the value at an element is that after its step; else it is that before.
    """

    inclusive = True

    def first(self, node: Node) -> Any:
        """The value before the first step."""
        return 0

    def step(self, m: Any, h: Any, *elements: Any) -> Any:
        """The value after a step: a formula of the value before it, and of the operands' elements."""
        return h + elements[0]


def _cumsum(m: Any, x: Any, *, axis: int, reverse: bool) -> Any:
    """Sums of the elements up to each one along an axis; reversed, of those from each one on."""
    if reverse:
        return m.flip(m.cumsum(m.flip(x, axis), axis=axis), axis)
    return m.cumsum(x, axis=axis)


cumsum = PrefixScan(_cumsum, name="cumsum", linear_in=(0,), axis_params=("axis",))


@cumsum.infer
def cumsum_type(x: Node, *, axis: int, reverse: bool) -> TensorType:
    return TensorType(accumulator_dtype(x.dtype), x.type.shape)


@cumsum.sizes
def cumsum_sizes(sizes: Sizes, x: Node, *, axis: int, reverse: bool) -> Sequence[Size | None]:
    return sizes(x)


@cumsum.pullback
def cumsum_pullback(g: Any, y: Node, x: Node, *, axis: int, reverse: bool) -> Any:
    return cumsum(g, axis=axis, reverse=not reverse)


class Recurrence(PrefixScan):
    """An op on the coefficients a and b of a linear recurrence, made alike in dtype and shape."""

    inclusive = False

    def first(self, node: Node) -> Any:
        """The value before the first step."""
        return node.params["start"]

    def step(self, m: Any, h: Any, *elements: Any) -> Any:
        """The recurrence itself."""
        a, b = elements
        return a * h + b

    def prepare(self, inputs: list[Node], params: Mapping[str, Any]) -> Sequence[Node]:
        dtype = promote(node.type for node in inputs)
        return stretch([convert(node, dtype) for node in inputs])


def _recurrence(m: Any, a: Any, b: Any, *, start: int, axis: int, reverse: bool) -> Any:
    """The values that h has before each step h <- a[i] * h + b[i] along an axis; the first is ``start``."""
    a, b = (m.moveaxis(coefficient, axis, 0) for coefficient in m.broadcast_arrays(a, b))
    if reverse:
        a, b = a[::-1], b[::-1]
    h = m.full_like(a, start)
    for i in range(1, len(h)):
        h[i] = a[i - 1] * h[i - 1] + b[i - 1]
    return m.moveaxis(h[::-1] if reverse else h, 0, axis)


recurrence = Recurrence(_recurrence, name="recurrence", axis_params=("axis",))


@recurrence.infer
def recurrence_type(a: Node, b: Node, *, start: int, axis: int, reverse: bool) -> TensorType:
    return TensorType(a.dtype, broadcast_shapes([a.type.shape, b.type.shape]))


@recurrence.sizes
def recurrence_sizes(sizes: Sizes, a: Node, b: Node, **params: Any) -> Sequence[Size | None]:
    return sizes(a if a.ndim else b)


@recurrence.pullback
def recurrence_pullback(g: Any, h: Node, a: Node, b: Node, *, start: int, axis: int, reverse: bool) -> Any:
    # What each step's result is worth: it is used as the next value of h, and by the step after that.
    worth = recurrence(a, g, start=0, axis=axis, reverse=not reverse)
    return worth * h, worth


@cumsum.samples
def cumsum_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for shape, axis, reverse in (((4,), 0, False), ((2, 3), 1, True), ((2, 3), 0, False), ((2, 0), 1, True)):
        yield (rng.uniform(0, 3, shape).astype(dtype),), {"axis": axis, "reverse": reverse}


@recurrence.samples
def recurrence_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for (a,), where in cumsum_samples(rng, dtype):
        b = rng.uniform(0, 3, a.shape).astype(dtype)
        yield (a, b), {"start": 1, **where}
        yield (a, b), {"start": 0, **where}

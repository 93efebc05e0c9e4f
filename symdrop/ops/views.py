"""Views: rearranging without computing, and the sizes of things.

Read next: barriers.py
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..errors import GraphTypeError, ShapeError
from ..graph import Node
from ..op import (
    ZERO,
    Batched,
    BatchedResult,
    Guard,
    IndexSpace,
    InOrder,
    KnownSizes,
    Size,
    SizeOf,
    Sizes,
    Style,
    Text,
    checked_shape,
    constant_scalar,
    view,
)
from ..types import TensorType
from .arithmetic import add
from .lengths import may_be_negative, reshaped_sizes, resolved

Pattern = tuple[int | str, ...]
Index = tuple[Any, ...]


def _dim(m: Any, x: Any, *, axis: int) -> Any:
    """The size of one axis, as an integer scalar; like Python's own integers it is weak."""
    return np.asarray(x.shape[axis])


dim = SizeOf(_dim, name="dim", inline=True)


@dim.infer
def dim_type(x: Node, *, axis: int) -> TensorType:
    return TensorType("int64", (), weak=True)


@dim.pullback
def dim_pullback(g: Any, y: Node, x: Node, *, axis: int) -> Any:
    return ZERO


@dim.notation
def dim_notation(style: Style, node: Any, x: Text) -> Text:
    return style.size(x, node.params["axis"])


@dim.samples
def dim_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield (rng.uniform(-2, 2, (2, 3)).astype(dtype),), {"axis": 1}


@view(sizes=slice(1, None), stretches=True, keeps_all=True, hidden=True)
def broadcast(m: Any, x: Any, *sizes: Any, axes: tuple[int, ...], ndim: int) -> Any:
    """x repeated to the given sizes along ``axes`` of the result; these are new on the left, or have size 1 in x."""
    shape = [1] * (ndim - x.ndim) + list(x.shape)
    for axis, size in zip(axes, sizes, strict=True):
        shape[axis] = int(size)
    return m.broadcast_to(x, checked_shape(shape))


@broadcast.infer
def broadcast_type(x: Node, *sizes: Node, axes: tuple[int, ...], ndim: int) -> TensorType:
    missing = ndim - x.ndim
    shape = [1] * missing + list(x.type.shape)
    for axis, size in zip(axes, sizes, strict=True):
        if axis >= missing and shape[axis] != 1:
            raise ShapeError(f"axis {axis} of size {shape[axis]} cannot stretch; only size 1 does")
        shape[axis] = constant_scalar(size)
    return TensorType(x.dtype, tuple(shape), x.type.weak)


@broadcast.pullback
def broadcast_pullback(g: Any, y: Node, x: Node, *sizes: Node, axes: tuple[int, ...], ndim: int) -> Any:
    summed = g.sum(axis=axes)
    kept = iter(range(ndim - len(axes)))
    return summed.dimshuffle(*("x" if axis in axes else next(kept) for axis in range(ndim - x.ndim, ndim)))


# A rule of its own: a repeated value stays one that rewrites know as such.
@broadcast.batching
def broadcast_batching(
    rows: Node, y: Node, x: Batched, *sizes: Batched, axes: tuple[int, ...], ndim: int
) -> BatchedResult:
    if any(size.batched for size in sizes):
        return None
    missing = ndim - (x.value.ndim - 1)
    value = dimshuffle(x.value, pattern=(0, *("x",) * missing, *range(1, x.value.ndim))) if missing else x.value
    return broadcast(value, *(size.value for size in sizes), axes=tuple(axis + 1 for axis in axes), ndim=ndim + 1)


@broadcast.sizes
def broadcast_sizes(sizes: Sizes, x: Node, *given: Node, axes: tuple[int, ...], ndim: int) -> Sequence[Size | None]:
    result: list[Size | None] = [None] * (ndim - x.ndim) + list(sizes(x))
    for axis, size in zip(axes, given, strict=True):
        result[axis] = size
    return result


@broadcast.indexing_map
def broadcast_map(i: IndexSpace, at: Index, x: Node, *sizes: Node, axes: tuple[int, ...], ndim: int) -> Index:
    missing = ndim - x.ndim
    return tuple(0 if missing + axis in axes else at[missing + axis] for axis in range(x.ndim))


@broadcast.samples
def broadcast_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield (rng.uniform(-2, 2, (1, 3)).astype(dtype), 4), {"axes": (0,), "ndim": 2}
    yield (rng.uniform(-2, 2, (3,)).astype(dtype), 2), {"axes": (0,), "ndim": 2}
    yield (rng.uniform(-2, 2, ()).astype(dtype), 2, 0), {"axes": (0, 1), "ndim": 2}


def filled(scalar: Any, sizes: Sequence[Size]) -> Any:
    """A scalar repeated over a shape; itself if there are no axes."""
    return broadcast(scalar, *sizes, axes=tuple(range(len(sizes))), ndim=len(sizes)) if sizes else scalar


def stacked(operand: Batched, rows: Node) -> Node:
    """An operand's values of all examples along a first axis, repeated where it is not batched."""
    value, batched = operand
    return value if batched else broadcast(value, rows, axes=(0,), ndim=value.ndim + 1)


@view(keeps_all=True, inline=True)
def dimshuffle(m: Any, x: Any, *, pattern: Pattern) -> Any:
    """x with its axes in another order, axes of size 1 inserted at each "x", and axes of size 1 dropped."""
    kept = [axis for axis in pattern if axis != "x"]
    dropped = [axis for axis in range(x.ndim) if axis not in kept]
    x = x.transpose((*kept, *dropped))
    if len(kept) == len(pattern) == x.ndim:
        return x
    return x.reshape(tuple(1 if axis == "x" else x.shape[kept.index(axis)] for axis in pattern))


@dimshuffle.infer
def dimshuffle_type(x: Node, *, pattern: Pattern) -> TensorType:
    kept = [axis for axis in pattern if isinstance(axis, int)]
    if len(set(kept)) < len(kept) or any(axis >= x.ndim for axis in kept):
        raise GraphTypeError(f"pattern {pattern} names an axis twice or beyond the {x.ndim} of the input")
    for axis, size in enumerate(x.type.shape):
        if axis not in kept and size != 1:
            raise ShapeError(f"axis {axis} of size {'?' if size is None else size} cannot be dropped; it must be 1")
    shape = tuple(x.type.shape[axis] if isinstance(axis, int) else 1 for axis in pattern)
    return TensorType(x.dtype, shape, x.type.weak)


@dimshuffle.pullback
def dimshuffle_pullback(g: Any, y: Node, x: Node, *, pattern: Pattern) -> Any:
    return dimshuffle(g, pattern=tuple(pattern.index(axis) if axis in pattern else "x" for axis in range(x.ndim)))


# A rule of its own: axes that change places stay a dimshuffle, which products read in place.
@dimshuffle.batching
def dimshuffle_batching(rows: Node, y: Node, x: Batched, *, pattern: Pattern) -> BatchedResult:
    return dimshuffle(x.value, pattern=(0, *(axis + 1 if isinstance(axis, int) else axis for axis in pattern)))


@dimshuffle.sizes
def dimshuffle_sizes(sizes: Sizes, x: Node, *, pattern: Pattern) -> Sequence[Size | None]:
    own = sizes(x)
    return [own[axis] if isinstance(axis, int) else 1 for axis in pattern]


@dimshuffle.indexing_map
def dimshuffle_map(i: IndexSpace, at: Index, x: Node, *, pattern: Pattern) -> Index:
    return tuple(at[pattern.index(axis)] if axis in pattern else 0 for axis in range(x.ndim))


def _shifted(pattern: Sequence[int | str]) -> list[int | str]:
    return [axis + 1 if isinstance(axis, int) else axis for axis in pattern]


@dimshuffle.notation
def dimshuffle_notation(style: Style, node: Any, x: Text) -> Text:
    pattern, ndim = node.params["pattern"], node.inputs[0].ndim
    kept = tuple(axis for axis in pattern if axis != "x")
    if kept != tuple(range(ndim)):
        return (
            style.transposed(x) if pattern == (1, 0) else style.method(x, "dimshuffle", [*map(Text, map(str, pattern))])
        )
    # New axes on the left stretch by themselves, as broadcasts do.
    on_the_left = pattern == ("x",) * (len(pattern) - ndim) + kept
    return x if on_the_left else style.expanded(x, ", ".join("None" if axis == "x" else ":" for axis in pattern))


@dimshuffle.samples
def dimshuffle_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield (rng.uniform(-2, 2, (2, 3)).astype(dtype),), {"pattern": (1, "x", 0)}
    yield (rng.uniform(-2, 2, (2, 1)).astype(dtype),), {"pattern": (0,)}


def pattern_of(node: Node) -> Pattern | None:
    """The axes of a node's input by those of the node, if its axes only change places; None for any other node."""
    return node.params["pattern"] if node.op is dimshuffle else None


def exchanges(node: Node) -> bool:
    """True if a node is the transpose of a matrix."""
    return pattern_of(node) == (1, 0)


@view(sizes=slice(1, None), keeps_all=True)
def reshape(m: Any, x: Any, *sizes: Any) -> Any:
    """The elements of x in C order in another shape; one size may be -1, meaning what is left."""
    shape = [int(size) for size in sizes]
    if min(shape, default=0) < -1 or shape.count(-1) > 1:
        raise ShapeError(f"sizes {tuple(shape)} are not a shape; at most one may be -1, and no other is negative")
    known = math.prod(size for size in shape if size != -1)
    if x.size != known and not (-1 in shape and known and x.size % known == 0):
        raise ShapeError(f"{x.size} elements of shape {x.shape} do not fill shape {tuple(shape)}")
    return m.reshape(x, tuple(shape))


@reshape.notation
def reshape_notation(style: Style, node: Any, x: Text, *sizes: Text) -> Text:
    return style.method(x, "reshape", sizes)


@reshape.infer
def reshape_type(x: Node, *sizes: Node) -> TensorType:
    shape = [constant_scalar(size) for size in sizes]
    if any(size is not None and size < -1 for size in shape) or shape.count(-1) > 1:
        raise ShapeError(f"sizes {tuple(shape)} are not a shape; at most one may be -1, and no other is negative")
    total = None if None in x.type.shape else math.prod(size for size in x.type.shape if size is not None)
    known = math.prod(size for size in shape if size not in (None, -1))
    if total is not None and None not in shape:
        if -1 in shape and known and total % known == 0:
            shape[shape.index(-1)] = total // known
        elif known != total:
            raise ShapeError(f"{total} elements of shape {x.type.shape} do not fill shape {tuple(shape)}")
    return TensorType(x.dtype, tuple(None if size == -1 else size for size in shape), x.type.weak)


@reshape.guards
def reshape_guards(sizes: Sizes, y: Node, x: Node, *given: Node) -> Iterator[Guard]:
    own, made = tuple(sizes(x)), tuple(sizes(y))
    if sorted(map(str, own)) != sorted(map(str, made)):
        yield Guard("equal", own, made)
    if all(constant_scalar(size) != -1 and not may_be_negative(size) for size in given):
        return
    # A size that is less than -1 stands for nothing; of one that stands for what is left no other size is 0.
    at_least = [add(size, 1) for size in given if may_be_negative(size) and constant_scalar(size) is None]
    yield Guard("least", (*(size for size in made if isinstance(size, Node)), *at_least))
    if any(constant_scalar(size) == -1 for size in given):
        yield from (Guard("some", (n,)) for n, size in zip(made, given, strict=True) if constant_scalar(size) != -1)


@reshape.pullback
def reshape_pullback(g: Any, y: Node, x: Node, *sizes: Node) -> Any:
    return g.reshape(x.shape)


# A rule of its own: the examples' axis joins no other, so that C order is that of each example.
@reshape.batching
def reshape_batching(rows: Node, y: Node, x: Batched, *given: Batched) -> BatchedResult:
    if any(size.batched for size in given):
        return None
    known = KnownSizes()
    # What -1 stands for is said, since nothing can be told from no elements.
    found = reshaped_sizes(known(x.value)[1:], [resolved(size.value, known) for size in given])
    sizes = (own.value if size is None else size for size, own in zip(found, given, strict=True))
    return reshape(x.value, rows, *sizes)


@reshape.sizes
def reshape_sizes(sizes: Sizes, x: Node, *given: Node) -> Sequence[Size | None]:
    return reshaped_sizes(sizes(x), [resolved(size, sizes) for size in given])


@reshape.indexing_map
def reshape_map(i: IndexSpace, at: Index, x: Node, *sizes: Node) -> InOrder:
    return i.reshaped(x, at)


@reshape.samples
def reshape_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield (rng.uniform(-2, 2, (2, 3)).astype(dtype), 3, -1), {}
    yield (rng.uniform(-2, 2, (4,)).astype(dtype), 2, 2), {}
    yield (rng.uniform(-2, 2, (0, 3)).astype(dtype), 0, 5), {}

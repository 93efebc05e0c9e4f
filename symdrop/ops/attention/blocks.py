"""Blocks: parts of a value at places that are computed in the call, with sizes known before.

A slice is clipped to the axis, so only its bounds tell its size; a block lies inside by construction, and its size is
said. Blocks of one size that cover an axis overlap where the axis is no multiple of them: the last one ends where the
axis does. All begin at even places.

Read next: formulas.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

import numpy as np

from ...errors import GraphTypeError
from ...graph import Node
from ...op import (
    Elementwise,
    Guard,
    IndexSpace,
    Owner,
    Size,
    Sizes,
    View,
    as_node,
    constant_scalar,
    equal,
    map_owner,
    read_map,
    structured,
    view,
)  # fmt: skip
from ...types import TensorType
from ..arithmetic import add, floor_div, maximum, minimum, mod
from ..barriers import structural_zeros_like
from ..creation import arange
from ..scatter import Scatter, inc_subtensor
from ..views import broadcast, dimshuffle

Axes = tuple[int, ...]


# A draw computes the words of two neighbours at once, if it is known to begin at an even place.
UNIT = 2


@view(sizes=slice(1, None))
def block(m: Any, x: Any, *parts: Any, axes: Axes) -> Any:
    """The part of x that has, along each of some axes, a size and a place: all places, halved, then all sizes."""
    index = [slice(None)] * x.ndim
    for axis, half, size in zip(axes, parts[: len(axes)], parts[len(axes) :], strict=True):
        start = UNIT * half
        if not 0 <= start <= start + size <= x.shape[axis]:
            raise IndexError(f"{size} elements from {start} on do not lie within axis {axis} of size {x.shape[axis]}")
        index[axis] = slice(int(start), int(start + size))
    return x[tuple(index)]


@block.infer
def block_type(x: Node, *parts: Node, axes: Axes) -> TensorType:
    if len(parts) != 2 * len(axes):
        raise GraphTypeError(f"expected a place and a size for each of the axes {axes}, not {len(parts)} values")
    shape = list(x.type.shape)
    for axis, size in zip(axes, parts[len(axes) :], strict=True):
        shape[axis] = constant_scalar(size)
    return TensorType(x.dtype, tuple(shape))


@block.sizes
def block_sizes(sizes: Sizes, x: Node, *parts: Node, axes: Axes) -> Sequence[Size | None]:
    found: list[Size | None] = list(sizes(x))
    for axis, size in zip(axes, parts[len(axes) :], strict=True):
        found[axis] = size
    return found


@block.indexing_map
def block_map(i: IndexSpace, at: tuple[Any, ...], x: Node, *parts: Node, axes: Axes) -> tuple[Any, ...]:
    index = list(at)
    for axis, half in zip(axes, parts, strict=False):
        index[axis] = UNIT * i.number(half) + at[axis]
    return tuple(index)


@block.pullback
def block_pullback(g: Any, y: Node, x: Node, *parts: Node, axes: Axes) -> Any:
    entries = tuple("i:i:" if axis in axes else "::" for axis in range(x.ndim))
    bounds: list[Node] = []
    for _, half, size in sorted(zip(axes, parts, parts[len(axes) :], strict=False), key=itemgetter(0)):
        bounds += [UNIT * half, UNIT * half + size]
    return inc_subtensor(structural_zeros_like(x), g, *bounds, entries=entries)


@block.samples
def block_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    x = rng.uniform(-2, 2, (4, 3)).astype(dtype)
    yield (x, 1, 2), {"axes": (0,)}
    yield (x, 0, 1, 3, 1), {"axes": (1, 0)}
    yield (x, 2, 0), {"axes": (0,)}


class BlockSum(Scatter):
    """An op ``(x, value, *places)``: x with a value added to a block of it, whose sizes are those of the value."""

    def written(self, node: Node) -> Owner:
        x, _, *places = node.inputs
        return Owner(block, (x, *places), {"axes": node.params["axes"]})

    def infer_type(self, inputs: Sequence[Node], params: Mapping[str, Any]) -> TensorType:
        x, value, *places = inputs
        if value.ndim != x.ndim or len(places) != len(params["axes"]):
            raise GraphTypeError(
                f"expected as many axes as {x.type} has, not {value.type}, and a place for each of {params['axes']}"
            )
        return TensorType(x.dtype, x.type.shape)

    def _value_fits(self, sizes: Sizes, y: Node, x: Node, value: Node, *places: Node, **params: Any) -> Iterator[Guard]:
        pairs = enumerate(zip(sizes(x), sizes(value), strict=True))
        yield from (equal(a, b) for axis, (a, b) in pairs if axis not in params["axes"])


def _add_block(m: Any, x: Any, value: Any, *halves: Any, axes: Axes, entries: tuple[str, ...] = ()) -> Any:
    """x with a value added to a part of it: along some axes at a place, halved, and of the value's size."""
    index = [slice(None)] * x.ndim
    for axis, half in zip(axes, halves, strict=True):
        start, size = UNIT * int(half), value.shape[axis]
        if not 0 <= start <= start + size <= x.shape[axis]:
            raise IndexError(f"{size} elements from {start} on do not lie within axis {axis} of size {x.shape[axis]}")
        index[axis] = slice(start, start + size)
    result = m.array(x, order="C")
    result[tuple(index)] += value
    return result


add_block = BlockSum(_add_block, name="add_block", combines=add, jointly_linear_in=(0, 1), axis_params=("axes",))


@add_block.pullback
def add_block_pullback(
    g: Any, y: Node, x: Node, value: Node, *halves: Node, axes: Axes, entries: tuple[str, ...] = ()
) -> Any:
    return g, block(g, *halves, *(value.shape[axis] for axis in axes), axes=axes)


@add_block.samples
def add_block_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    x = rng.uniform(-2, 2, (4, 3)).astype(dtype)
    yield (x, x[:2], 1), {"axes": (0,), "entries": ()}
    yield (x, x[:3, :1], 1, 0), {"axes": (1, 0), "entries": ()}


@structured(linear_in=(0,), moves=(0,))
def joined_blocks(m: Any, x: Any, number: Any, place: Any, *, axis: int) -> Any:
    """Blocks along the first axis of x as one axis: of element r, its block and its place there are given."""
    return m.moveaxis(m.moveaxis(x, axis + 1, 1)[number, place], 0, axis)


@joined_blocks.infer
def joined_blocks_type(x: Node, number: Node, place: Node, *, axis: int) -> TensorType:
    shape = list(x.type.shape[1:])
    shape[axis] = number.type.shape[0]
    return TensorType(x.dtype, tuple(shape))


@joined_blocks.sizes
def joined_blocks_sizes(sizes: Sizes, x: Node, number: Node, place: Node, *, axis: int) -> Sequence[Size | None]:
    found = list(sizes(x)[1:])
    found[axis] = sizes(number)[0]
    return found


@joined_blocks.indexing_map
def joined_blocks_map(
    i: IndexSpace, at: tuple[Any, ...], x: Node, number: Node, place: Node, *, axis: int
) -> tuple[Any, ...]:
    row = (at[axis],)
    return (i.element(number, row), *at[:axis], i.element(place, row), *at[axis + 1 :])


@joined_blocks.pullback
def joined_blocks_pullback(g: Any, y: Node, x: Node, number: Node, place: Node, *, axis: int) -> Any:
    # Index arrays apart from each other stand in front of all other axes.
    moved = g.dimshuffle(axis, *(k for k in range(g.ndim) if k != axis))
    return inc_subtensor(structural_zeros_like(x), moved, number, place, entries=("a", *("::",) * axis, "a"))


@joined_blocks.samples
def joined_blocks_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    x = rng.uniform(-2, 2, (2, 3, 2)).astype(dtype)
    yield (x, np.array([0, 0, 1, 1]), np.array([0, 1, 1, 2])), {"axis": 0}
    yield (x, np.array([0, 0, 1]), np.array([0, 1, 1])), {"axis": 1}


# Along an axis: half of the place at which a block begins, and its size.
Spans = Mapping[int, tuple[Node, Size]]
# Formulas that are deeper are computed as a whole.
_DEEPEST = 100


def block_of_formula(x: Node, spans: Spans, sizes: Sizes) -> Node:
    """A block of a value, of which no more is computed: elementwise ops and views of the blocks of their operands.

    Args:
        x: the value.
        spans: for the axes along which it is a part, which.
        sizes: gives the sizes of nodes.
    """
    made: dict[Any, Node] = {}

    def part(x: Node, spans: Spans, depth: int) -> Node:
        key = x, tuple(sorted((axis, id(half)) for axis, (half, _) in spans.items()))
        if key not in made:
            made[key] = compute(x, spans, depth)
        return made[key]

    def compute(x: Node, spans: Spans, depth: int) -> Node:
        if not spans:
            return x
        if depth and isinstance(x.op, Elementwise):
            return Node.apply(x.op, [part(y, spans, depth - 1) if y.ndim else y for y in x.inputs], x.params)
        axes = _moved_axes(x, sizes) if depth else None
        if axes is None:
            halves, lengths = zip(*spans.values(), strict=True)
            whole: Node = block(x, *halves, *lengths, axes=tuple(spans))
            return whole
        source = part(x.inputs[0], {axes[axis]: span for axis, span in spans.items() if axis in axes}, depth - 1)
        moved: Node = dimshuffle(source, pattern=tuple(axes.get(axis, "x") for axis in range(x.ndim)))
        new = tuple(axis for axis in range(x.ndim) if axis not in axes)
        lengths = tuple(spans[axis][1] if axis in spans else sizes(x)[axis] for axis in new)
        return broadcast(moved, *lengths, axes=new, ndim=x.ndim) if new else moved

    return part(x, spans, _DEEPEST)


def _moved_axes(x: Node, sizes: Sizes) -> dict[int, int] | None:
    """For axes of a view those of its input, whole; None if it is another view, or one that refuses sizes."""
    owner = map_owner(x)
    if owner is None or not isinstance(x.op, View) or x.op.guards_rule is not None:
        return None
    read = read_map(owner, x, sizes)
    if read is None or read.indices is None or read.in_order:
        return None
    if not all(index.bare is not None or index.is_zero for index in read.indices):
        return None
    return {index.bare: axis for axis, index in enumerate(read.indices) if index.bare is not None}


class Blocks:
    """Blocks of one size that cover an axis.

    Args:
        length: the size of the axis.
        longest: the most elements that a block has, but for one or two.

    Attributes:
        count: how many blocks there are, one at least.
        step: how far apart they begin, an even number; the last one may begin earlier.
        extra: 1 if the length is odd, else 0.
        size: their size, as odd as the length, so that the last one begins at an even place.
        fits: whether they are known not to overlap.
    """

    def __init__(self, length: Size, longest: int) -> None:
        self.length = length
        self.count: Size
        self.step: Size
        self.size: Size
        self.extra: Size
        if isinstance(length, int):
            self.count = max(-(-length // longest), 1)
            self.step = -(-length // self.count // UNIT) * UNIT
            self.extra = length % UNIT
            self.size = min(self.step + self.extra, length)
            self.fits = self.count * self.step == length
        else:
            self.count = maximum(floor_div(length + (longest - 1), longest), 1)
            self.step = floor_div(floor_div(length + (self.count - 1), self.count) + (UNIT - 1), UNIT) * UNIT
            self.extra = mod(length, UNIT)
            self.size = minimum(self.step + self.extra, length)
            self.fits = False

    def half(self, number: Node) -> Node:
        """Half of the place at which a block begins."""
        made: Node = number * floor_div(self.step, UNIT)
        return made if self.fits else minimum(made, floor_div(as_node(self.length) - self.size, UNIT))

    def first_new(self, number: Node) -> Node:
        """The first index in a block that is in no block before."""
        made: Node = number * self.step + minimum(number, 1) * self.extra
        return made

    def of(self, index: Node) -> Node:
        """The number of the first block with an index."""
        made: Node = floor_div(maximum(index - self.extra, 0), maximum(self.step, 1))
        return made

    def positions(self, number: Node) -> Node:
        """The indices of a block's elements."""
        made: Node = UNIT * self.half(number) + arange(0, self.size, 1, dtype="int64")
        return made

    def joined(self, blocks: Node, axis: int) -> Node:
        """The axis, from the blocks along a first axis."""
        index = arange(0, self.length, 1, dtype="int64")
        number = self.of(index)
        return joined_blocks(blocks, number, index - UNIT * self.half(number), axis=axis)

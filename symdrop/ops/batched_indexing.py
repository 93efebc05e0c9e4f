"""Batching rules of indexing: reading and writing at positions, for all examples at once.

What is indexed gets a leading axis. An index that all examples share comes one axis later; an
index of their own reads rows beside it, as NumPy's index arrays do:

    x[i] for every (x, i)      is      xs[arange(rows), is]

The axes that index arrays yield may come to stand elsewhere by that (``_joint_axis``), so what is
read, and what is written, is transposed.

That is a rule of its own, not derived from the indexing map, so that reading stays a gather, whose pullback is the
scatter that adds; and a scatter reads nowhere.

Source: the batching rule of a gather, J. Bradbury et al., "JAX: composable transformations of
Python+NumPy programs" (2018).

Read next: batching.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..graph import Node
from ..op import Batched, BatchedResult, Constant, as_node
from .combined_scatter import max_subtensor, min_subtensor, mul_subtensor
from .creation import arange
from .indexing import Entries, IndexedAxes, at, gather, indexed_axes, subtensor
from .join import specify_shape
from .scatter import inc_subtensor, set_subtensor
from .views import dimshuffle, stacked


class _Index(NamedTuple):
    """An index into what has a leading axis of examples, or yields one.

    Attributes:
        entries, parts: the index.
        order: the axes of what it reads, in the order of one example's behind the examples' axis.
    """

    entries: Entries
    parts: list[Node]
    order: tuple[int, ...]


@subtensor.batching
@gather.batching
def reading_batching(rows: Node, y: Node, x: Batched, *parts: Batched, entries: Entries) -> BatchedResult:
    index = _batched_index(rows, y, x.batched, parts, entries, y.inputs[1:])
    if index is None:
        return None
    read = at(x.value, index.parts, index.entries)
    return read if _in_order(index.order) else dimshuffle(read, pattern=index.order)


@set_subtensor.batching
@inc_subtensor.batching
@mul_subtensor.batching
@max_subtensor.batching
@min_subtensor.batching
def writing_batching(
    rows: Node, y: Node, x: Batched, value: Batched, *parts: Batched, entries: Entries
) -> BatchedResult:
    index = _batched_index(rows, at(y.inputs[0], y.inputs[2:], entries), True, parts, entries, y.inputs[2:])
    if index is None:
        return None
    values = stacked(value, rows)
    if not _in_order(index.order):
        values = dimshuffle(values, pattern=tuple(map(index.order.index, range(values.ndim))))
    return Node.apply(y.op, [stacked(x, rows), values, *index.parts], {"entries": index.entries})


def _in_order(order: Sequence[int]) -> bool:
    return tuple(order) == tuple(range(len(order)))


def _batched_index(
    rows: Node, read: Node, x_batched: bool, parts: Sequence[Batched], entries: Entries, own: Sequence[Node]
) -> _Index | None:
    """The index for all examples, or None for masks, bounds of slices, and ellipses that differ from one to another.

    Args:
        rows: the number of examples.
        read: the node that reads at the index in one example.
        x_batched: tells that what is indexed has a leading axis of examples.
        parts: the inputs of the index.
        entries: its entries.
        own: its inputs in one example.
    """
    indexed = indexed_axes(entries, own)
    before = _joint_axis(indexed)
    if not any(part.batched for part in parts):
        # All examples share the index.
        shared = indexed_axes(("::", *entries), own)
        joint = _joint_axis(shared)
        width = 0 if before is None else _joint_ndim(indexed)
        order = _order(read.ndim, width, before or 0, 0 if joint is None else joint, examples_are_joint=False)
        return _Index(("::", *entries), [part.value for part in parts], order)
    if "..." in entries or any(one.parts and one.parts[0].dtype == "bool" for one in indexed):
        return None
    width = max((part.ndim for one in indexed if one.entry == "a" for part in one.parts), default=0)
    made_entries: list[str] = ["a"] if x_batched else []
    made: list[Node] = [_beside(positions(rows), width, 1)] if x_batched else []
    given = iter(parts)
    for one in indexed:
        values = [next(given) for _ in one.parts]
        if one.entry in ("i", "a") and values[0].batched:
            made_entries.append("a")
            made.append(_beside(values[0].value, width, values[0].value.ndim))
            continue
        if any(value.batched for value in values):
            return None
        made_entries.append(one.entry)
        made += [value.value for value in values]
    joint = _joint_axis(indexed_axes(tuple(made_entries), made))
    assert joint is not None
    order = _order(read.ndim, width, before or 0, joint, examples_are_joint=True)
    return _Index(tuple(made_entries), made, order)


def _beside(index: Node, width: int, ndim: int) -> Node:
    """An index array with an axis of examples, its other axes aligned on the right with those of others."""
    missing = 1 + width - ndim
    pattern = (0, *("x",) * missing, *range(1, ndim))
    return dimshuffle(index, pattern=pattern) if missing else index


def _joint_axis(indexed: Sequence[IndexedAxes]) -> int | None:
    """The axis at which what index arrays yield begins: 0 if something stands between them, None without any."""
    if not any(one.entry == "a" for one in indexed):
        return None
    numbers = [k for k, one in enumerate(indexed) if one.entry in ("i", "a")]
    if numbers[-1] - numbers[0] >= len(numbers):
        return 0
    return sum(one.entry != "..." for one in indexed[: numbers[0]])


def _joint_ndim(indexed: Sequence[IndexedAxes]) -> int:
    """The number of axes that index arrays yield together; a mask yields one."""
    return max(1 if part.dtype == "bool" else part.ndim for one in indexed if one.entry == "a" for part in one.parts)


def _order(ndim: int, width: int, before: int, joint: int, examples_are_joint: bool) -> tuple[int, ...]:
    """The axes of what is read for all examples: first theirs, then those of one example in their own order.

    Args:
        ndim: axes of what one example reads.
        width: how many of them index arrays yield.
        before: the axis at which these begin in one example.
        joint: the axis at which they begin for all examples.
        examples_are_joint: tells that the first of them is that of the examples; otherwise it is a slice's, in front.
    """
    axes = list(range(ndim + 1))
    block = axes[joint : joint + width + examples_are_joint]
    rest = [axis for axis in axes if axis not in block]
    examples = block.pop(0) if examples_are_joint else rest.pop(0)
    return (examples, *rest[:before], *block, *rest[before:])


def positions(rows: Node) -> Node:
    """The numbers of all examples, 0, 1, ..., rows - 1."""
    made = arange(0, rows, 1, dtype="int64")
    if isinstance(rows, Constant):
        return made
    return specify_shape(made, as_node(rows), axes=(0,))

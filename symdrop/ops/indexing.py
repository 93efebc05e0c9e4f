"""Indexing: reading elements at positions that may be symbolic.

An index is a tuple of *entries*, one word each, in the op's parameter ``entries``; what an
entry needs beyond its kind are inputs of the node, in order::

    "i"       an integer scalar: the axis disappears
    "::"      a slice; every "i" in it is an integer scalar: "i:i:" is x[a:b], "::i" is x[::c]
    "x"       a new axis of size 1
    "..."     nothing: an Ellipsis for no axes (all have entries), which still keeps arrays beside it apart
    "a"       an array of integers, or a mask: truth values that stand for as many axes as the mask has

Axes beyond the last entry are taken whole. An index without "a" moves nothing and is a
view, ``subtensor``; one with "a" copies and is ``gather``. Which axes result is NumPy's
rule, written once, in ``indexed_sizes``.

Read next: join.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import GraphTypeError, IndexingError, ShapeError, shown
from ..graph import Node
from ..op import ZERO, Guard, IndexSpace, Size, Sizes, Style, Text, constant_scalar, equal, lookup, structured, view
from ..types import TensorType, is_integer
from .barriers import structural_zeros_like
from .index_notation import index_text
from .lengths import follows, resolved, slice_length, stretched_length

Entries = tuple[str, ...]
MaybeSizes = Sequence[Size | None]


class IndexedAxes(NamedTuple):
    """An entry of an index, the first axis of x that it indexes, and the inputs that belong to it."""

    entry: str
    axis: int
    parts: tuple[Node, ...]


def indexed_axes(entries: Entries, parts: Sequence[Node]) -> list[IndexedAxes]:
    """The entries with their axes and inputs."""
    indexed = []
    axis = 0
    given = iter(parts)
    for entry in entries:
        own = tuple(next(given) for _ in range(_inputs_of(entry)))
        indexed.append(IndexedAxes(entry, axis, own))
        axis += axes_of(entry, own)
    return indexed


def _inputs_of(entry: str) -> int:
    return 1 if entry == "a" else entry.count("i")


def axes_of(entry: str, parts: Sequence[Node]) -> int:
    """How many axes of x an entry stands for."""
    if entry == "a" and parts[0].dtype == "bool":
        return parts[0].ndim
    return 0 if entry in ("x", "...") else 1


def numpy_index(entries: Entries, parts: Sequence[Any]) -> tuple[Any, ...]:
    """The index as NumPy takes it, from the values of the inputs."""
    given = iter(parts)
    index: list[Any] = []
    for entry in entries:
        if entry == "x":
            index.append(None)
        elif entry == "i":
            index.append(int(next(given)))
        elif entry == "a":
            index.append(next(given))
        elif entry == "...":
            index.append(...)
        else:
            index.append(slice(*(int(next(given)) if bound else None for bound in entry.split(":"))))
    # With an Ellipsis a single element, too, is an array.
    return tuple(index) if "..." in entries else (*index, ...)


def indexed_sizes(
    entries: Entries,
    parts: Sequence[Node],
    own: MaybeSizes,
    size_of: Callable[[Node], MaybeSizes],
    computed: bool = True,
) -> list[Size | None]:
    """The sizes of x[index], None where only running can tell.

    Args:
        entries: the index.
        parts: the inputs that belong to it.
        own: the sizes of x.
        size_of: gives the sizes of an input.
        computed: whether sizes may be computed from others; otherwise these are None too.
    """
    indexed = indexed_axes(entries, parts)
    advanced = "a" in entries
    before: list[Size | None] = []
    joint: list[MaybeSizes] = []
    position, last = 0, -1
    for number, (entry, axis, inputs) in enumerate(indexed):
        if entry == "a" or (entry == "i" and advanced):
            # Index arrays (and integers beside them) broadcast; the axes they yield stand where the first of them
            # stood, but in front of all others if something stands in between.
            if not joint:
                position = len(before)
            elif last != number - 1:
                position = 0
            last = number
            joint.append((None,) if inputs[0].dtype == "bool" else size_of(inputs[0]))
        elif entry == "x":
            before.append(1)
        elif entry not in ("i", "..."):
            before.append(_sliced_size(own[axis], entry, inputs, size_of if computed else None))
    used = sum(axes_of(entry, inputs) for entry, _, inputs in indexed)
    return [*before[:position], *_joint_sizes(joint, computed), *before[position:], *own[used:]]


def _sliced_size(size: Size | None, entry: str, inputs: Sequence[Node], size_of: Any) -> Size | None:
    start, stop, step = bounds = _bounds(entry, inputs)
    if isinstance(size, int):
        known = [constant_scalar(bound) if isinstance(bound, Node) else None for bound in bounds]
        if all(bound is None or value is not None for bound, value in zip(bounds, known, strict=True)):
            return len(range(*slice(*known).indices(size)))
    by = 1 if step is None else constant_scalar(step)
    if size is None or not by or size_of is None or not follows((start, stop)):
        return size if start is None and stop is None and by in (1, -1) else None
    first, last = (bound if bound is None else resolved(bound, size_of) for bound in (start, stop))
    return slice_length(size, first, last, int(by))


def _bounds(entry: str, inputs: Sequence[Node]) -> list[Node | None]:
    given = iter(inputs)
    return [next(given) if bound else None for bound in entry.split(":")]


def _joint_sizes(shapes: Sequence[MaybeSizes], computed: bool) -> list[Size | None]:
    """The sizes of index arrays side by side; of two that nobody knows one may turn out to be 1, and stretch."""
    ndim = max((len(shape) for shape in shapes), default=0)
    result: list[Size | None] = []
    for axis in range(-ndim, 0):
        sizes = [*dict.fromkeys(shape[axis] for shape in shapes if len(shape) >= -axis and shape[axis] != 1)]
        known = {size for size in sizes if isinstance(size, int)}
        if len(known) > 1:
            raise ShapeError(f"index arrays of sizes {' and '.join(map(str, sorted(known)))} do not broadcast together")
        symbolic = [size for size in sizes if isinstance(size, Node)]
        if known or not sizes:
            result.append(known.pop() if known else 1)
        elif len(symbolic) < len(sizes) or (len(sizes) > 1 and not computed):
            result.append(None)
        else:
            result.append(stretched_length(symbolic))
    return result


def indexed_type(x: Node, parts: Sequence[Node], entries: Entries) -> TensorType:
    """The type of x[index].

    Raises:
        GraphTypeError: if an input cannot be an index.
        IndexingError: if the index has too many entries, or is out of range where that is known.
    """
    if x.items is not None:
        raise GraphTypeError(f"a value of type {x.type} cannot be indexed; choose one of its items first")
    shape = x.type.shape
    used = 0
    for entry, axis, inputs in indexed_axes(entries, parts):
        used += axes_of(entry, inputs)
        if used > len(shape):
            raise IndexingError(f"too many indices: {x.type} has {len(shape)} axes, {used} are indexed")
        _check(entry, axis, inputs, shape)
    sizes = indexed_sizes(entries, parts, shape, lambda part: part.type.shape, computed=False)
    return TensorType(x.dtype, tuple(size if isinstance(size, int) else None for size in sizes))


def _check(entry: str, axis: int, inputs: Sequence[Node], shape: Sequence[int | None]) -> None:
    for part in inputs:
        mask = entry == "a" and part.dtype == "bool"
        if not (is_integer(part.dtype) or mask):
            raise GraphTypeError(f"an index into axis {axis} is of dtype {part.dtype}; indices are integers or masks")
        if (part.ndim == 0) is (entry == "a"):
            raise GraphTypeError(f"an index into axis {axis} is of type {part.type}, which is no entry {shown(entry)}")
        if mask:
            for offset, (size, own) in enumerate(zip(part.type.shape, shape[axis:], strict=False)):
                if None not in (size, own) and size != own:
                    raise IndexingError(f"a mask of size {size} does not fit axis {axis + offset} of size {own}")
    size = shape[axis] if axis < len(shape) else None
    if entry == "i" and size is not None:
        position = constant_scalar(inputs[0])
        if position is not None and not -size <= position < size:
            raise IndexingError(f"index {position} is out of range for axis {axis} of size {size}")
    if entry.endswith("i") and entry != "i" and constant_scalar(inputs[-1]) == 0:
        raise IndexingError(f"the step of the slice of axis {axis} is 0")


@view(bounded=True)
def subtensor(m: Any, x: Any, *parts: Any, entries: Entries) -> Any:
    """x[index] for an index of integers, slices and new axes."""
    return x[numpy_index(entries, parts)]


@structured(linear_in=(0,), moves=(0,))
def gather(m: Any, x: Any, *parts: Any, entries: Entries) -> Any:
    """x[index] for an index with arrays of integers or masks."""
    return x[numpy_index(entries, parts)]


@subtensor.infer
@gather.infer
def indexing_type(x: Node, *parts: Node, entries: Entries) -> TensorType:
    return indexed_type(x, parts, entries)


@subtensor.notation
@gather.notation
def indexing_notation(style: Style, node: Any, x: Text, *parts: Text) -> Text:
    return style.indexed(x, index_text(node.params["entries"], parts))


@subtensor.sizes
@gather.sizes
def indexing_sizes(sizes: Sizes, x: Node, *parts: Node, entries: Entries) -> Sequence[Size | None]:
    return indexed_sizes(entries, parts, sizes(x), sizes)


@gather.guards
def gather_guards(sizes: Sizes, y: Node, x: Node, *parts: Node, entries: Entries) -> Iterator[Guard]:
    """Index arrays stand side by side; only an axis known to be 1 stretches."""
    arrays = [one.parts[0] for one in indexed_axes(entries, parts) if one.entry == "a"]
    ndim = max((array.ndim for array in arrays), default=0)
    for axis in range(-ndim, 0):
        wide = [size for size in (sizes(array)[axis] for array in arrays if array.ndim >= -axis) if size != 1]
        yield from (equal(wide[0], size) for size in wide[1:])


def joint_axes(entries: Entries, parts: Sequence[Node]) -> range:
    """The axes of an indexed part that stand for index arrays, side by side where the first of them stood or in front.

    Args:
        entries: the index.
        parts: the inputs that belong to it.
    """
    indexed = indexed_axes(entries, parts)
    if "a" not in entries:
        return range(0)
    ndim = max(1 if inputs[0].dtype == "bool" else inputs[0].ndim for entry, _, inputs in indexed if entry == "a")
    numbers = [n for n, (entry, _, _) in enumerate(indexed) if entry in ("a", "i")]
    together = numbers == list(range(numbers[0], numbers[-1] + 1))
    before = sum(1 for entry, _, _ in indexed[: numbers[0]] if entry not in ("i", "...")) if together else 0
    return range(before, before + ndim)


@subtensor.indexing_map
@gather.indexing_map
def indexing_map(i: IndexSpace, at: tuple[Any, ...], x: Node, *parts: Node, entries: Entries) -> tuple[Any, ...] | None:
    if any(part.dtype == "bool" for part in parts):
        # Where a mask is true only its values say.
        return None
    joint = joint_axes(entries, parts)
    others = iter((*at[: joint.start], *at[joint.stop :]))
    sizes = i.sizes(x)
    found: list[Any] = []
    for entry, axis, inputs in indexed_axes(entries, parts):
        if entry in ("a", "i"):
            (index,) = inputs
            found.append(i.position(index, at[joint.stop - index.ndim : joint.stop], x, axis))
        elif entry == "x":
            next(others)
        elif entry != "...":
            start, _, step = (None if bound is None else i.number(bound) for bound in _bounds(entry, inputs))
            by = 1 if step is None else step
            found.append(_first(i, start, sizes[axis], by) + by * next(others))
    return (*found, *others)


def _first(i: IndexSpace, start: Any, size: Any, step: Any) -> Any:
    """The index of the first element of x[start::step], as Python counts."""
    if start is None:
        return i.where(step > 0, 0, size - 1)
    first = i.where(start < 0, start + size, start)
    low, high = i.where(step > 0, 0, -1), i.where(step > 0, size, size - 1)
    return i.where(first < low, low, i.where(first > high, high, first))


@subtensor.pullback
@gather.pullback
def indexing_pullback(g: Any, y: Node, x: Node, *parts: Node, entries: Entries) -> Any:
    return lookup("inc_subtensor")(structural_zeros_like(x), g, *parts, entries=entries)


@structured
def position(m: Any, index: Any, size: Any) -> Any:
    """Indices counted from the front: negative ones count from the end of an axis of ``size``."""
    wrong = (index < -size) | (index >= size)
    if m.any(wrong):
        raise IndexingError(f"index {m.extract(wrong, index)[0]} is out of range for an axis of size {int(size)}")
    return m.where(index < 0, m.cast(index, "int64") + size, m.cast(index, "int64"))


@position.infer
def position_type(index: Node, size: Node) -> TensorType:
    if not is_integer(index.dtype) or not is_integer(size.dtype) or size.ndim:
        raise GraphTypeError(f"expected integers and the size of an axis, not {index.type} and {size.type}")
    return TensorType("int64", index.type.shape)


@position.sizes
def position_sizes(sizes: Sizes, index: Node, size: Node) -> Sequence[Size | None]:
    return sizes(index)


@position.pullback
def position_pullback(g: Any, y: Node, index: Node, size: Node) -> Any:
    return ZERO


@position.samples
def position_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield (np.array([[0, -1], [2, -3]]), 3), {}
    yield (np.zeros(0, np.uint8), 0), {}


# Reading may fail: an index may be out of range.
INDEXING = (subtensor, gather)


def in_range(index: Node) -> bool:
    """True if integers are counted from the front, and were refused where they are out of range."""
    return index.op is position


def at(x: Node, parts: Sequence[Node], entries: Entries) -> Node:
    """x[index], as a view where it can be one."""
    return (gather if "a" in entries else subtensor)(x, *parts, entries=entries)


@subtensor.samples
def subtensor_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    x = rng.uniform(-2, 2, (3, 4)).astype(dtype)
    yield (x, 1), {"entries": ("i",)}
    yield (x, -1, 3), {"entries": ("i", "i::")}
    yield (x, 2, 0, -1), {"entries": ("::", "x", "i:i:i")}
    yield (x, -2, 9), {"entries": ("i:i:",)}
    yield (x, 2, 2), {"entries": ("i:i:",)}
    yield (x[:1], 0, 2), {"entries": ("i", "::i")}
    yield (x[:, :0], 1), {"entries": ("::i",)}


@gather.samples
def gather_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    x = rng.uniform(-2, 2, (3, 4, 2)).astype(dtype)
    rows = np.array([0, 2, 2, -1])
    yield (x, rows), {"entries": ("a",)}
    yield (x[:, :, 0], np.array([[0, 1], [2, 0]]), np.array([3, -4])), {"entries": ("a", "a")}
    yield (x, 1, rows), {"entries": ("i", "a")}
    yield (x, np.array([1, 0]), 0), {"entries": ("a", "::", "i")}
    yield (x, 1, np.array([1, 1]), np.array([0, 1])), {"entries": ("i::", "x", "a", "a")}
    yield (x, x[:, :, 0] > 0), {"entries": ("a",)}
    yield (x, np.array([True, False, True]), np.array([3, 3])), {"entries": ("a", "a")}
    yield (x, np.zeros(0, np.int64)), {"entries": ("a",)}
    yield (x[:1], np.zeros(3, np.int32)), {"entries": ("a",)}

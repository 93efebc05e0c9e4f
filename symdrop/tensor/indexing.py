"""Indexing as NumPy has it, and changed copies of a tensor.

``x[index]`` takes integers, slices, ``None``, ``...``, arrays of integers and masks;
integers, bounds and arrays may be symbolic. The front end writes an index as the entries
that ops/indexing.py describes.

Read next: creation.py
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..binding import public
from ..errors import GraphTypeError, IndexingError, ShapeError, here, shown
from ..graph import Node, describe
from ..op import Constant, as_node, refuse_python_bool
from ..ops.creation import nonzero as nonzero_op
from ..ops.indexing import INDEXING, Entries, at, axes_of, indexed_axes
from ..ops.join import item
from ..ops.scatter import Scatter
from ..ops.scatter import inc_subtensor as inc_op
from ..ops.scatter import set_subtensor as set_op
from ..types import is_integer
from .arguments import one_axis
from .joining import stack
from .shaping import stretch_to


class _Entry(NamedTuple):
    entry: str
    parts: tuple[Node, ...] = ()


_WHOLE = _Entry("::")
_NONE = _Entry("...")


@public
def getitem(x: Any, index: Any) -> Node:
    """The elements of x at an index, with NumPy's rules: what ``x[index]`` calls.

    Args:
        x: a tensor of any dtype with at least as many axes as are indexed.
        index: an integer, slice, ``None``, ``...``, array of integers, mask, or a tuple of these; integers, bounds of
            slices and arrays may be symbolic. An unknown size stays unknown where it depends on values.

    Returns:
        A view for integers, slices and new axes; a copy if there are arrays or masks.

    Raises:
        GraphTypeError: for floats and other things that cannot index.
        IndexingError: for too many indices, or an index known to be out of range; when running, an IndexError.

    Example:
        >>> import symdrop.tensor as T
        >>> x, i = T.matrix("x"), T.iscalar("i")
        >>> T.getitem(x, (slice(i, None), None)).eval({x: [[1, 2], [3, 4]], i: 1}).tolist()
        [[[3.0, 4.0]]]
    """
    node = as_node(x)
    entries, parts = index_entries(node, index)
    check_constants(node, entries, parts)
    return at(node, parts, entries)


def index_entries(node: Node, index: Any) -> tuple[Entries, list[Node]]:
    """An index of a tensor as ops/indexing.py has it: its entries, and the inputs that belong to them."""
    given = index if isinstance(index, tuple) else (index,)
    listed = [... if one is Ellipsis else _entry(one) for one in given]
    used = sum(axes_of(one.entry, one.parts) for one in listed if isinstance(one, _Entry))
    if listed.count(...) > 1:
        raise IndexingError(f"an index holds at most one Ellipsis (...){here()}")
    if used > node.ndim:
        raise IndexingError(f"too many indices: {describe(node)} has {node.ndim} axes, {used} are indexed{here()}")
    if ... in listed:
        place = listed.index(...)
        listed[place : place + 1] = [_WHOLE] * (node.ndim - used) or [_NONE]
    arrays = any(isinstance(one, _Entry) and one.entry == "a" for one in listed)
    entries = [one for one in listed if isinstance(one, _Entry) and (arrays or one is not _NONE)]
    while entries and entries[-1] == _WHOLE and _NONE not in entries:
        entries.pop()
    return tuple(one.entry for one in entries), [part for one in entries for part in one.parts]


def check_constants(x: Node, entries: Entries, parts: Sequence[Node]) -> None:
    """Refuse constant arrays with positions outside of an axis of known size; NumPy lets them be where none is read."""
    arrays = [one for one in indexed_axes(entries, parts) if one.entry == "a"]
    if any(0 in one.parts[0].type.shape for one in arrays):
        return
    for _, axis, (part,) in arrays:
        size = x.type.shape[axis]
        if size is None or not isinstance(part, Constant) or part.dtype == "bool":
            continue
        for extreme in (part.value.min(), part.value.max()):
            if not -size <= extreme < size:
                raise IndexingError(
                    f"index {extreme} is out of range for axis {axis} of size {size} of {describe(x)}{here()}"
                )


def _entry(one: Any) -> _Entry:
    if one is None:
        return _Entry("x")
    if isinstance(one, slice):
        bounds = [None if bound is None else _bound(bound) for bound in (one.start, one.stop, one.step)]
        word = ":".join("" if bound is None else "i" for bound in bounds)
        return _Entry(word, tuple(bound for bound in bounds if bound is not None))
    part = _index_node(one)
    if part.dtype == "bool" and part.ndim == 0:
        raise GraphTypeError(f"the truth value {shown(one)} cannot index; write T.where(condition, a, b){here()}")
    if not (is_integer(part.dtype) or part.dtype == "bool"):
        raise GraphTypeError(f"{_shown(one)} cannot index: it is of dtype {part.dtype}; convert it to integers{here()}")
    return _Entry("a" if part.ndim else "i", (part,))


def _index_node(one: Any) -> Node:
    if isinstance(one, list | tuple):
        if any(isinstance(member, Node) for member in one):
            return stack(one)
        if len(one) == 0:
            return as_node(np.zeros(0, np.int64))
    return as_node(one)


def _bound(bound: Any) -> Node:
    if not isinstance(bound, Node):
        refuse_python_bool(bound)
        try:
            bound = operator.index(bound)
        except TypeError:
            raise GraphTypeError(f"the bounds of a slice are integers or None, not {shown(bound)}{here()}") from None
    node = as_node(bound)
    if node.ndim or not is_integer(node.dtype):
        raise GraphTypeError(f"the bounds of a slice are integer scalars, not {describe(node)}{here()}")
    return node


def _shown(one: Any) -> str:
    return describe(one) if isinstance(one, Node) else shown(one)


@public
def take(x: Any, indices: Any, axis: int | None = None) -> Node:
    """The elements of x at integer positions along an axis.

    Args:
        x: a tensor of any dtype.
        indices: integers of any shape; negative ones count from the end, repetitions are fine.
        axis: which axis they count along; None means the flattened tensor.

    Returns:
        A tensor with the axes of ``indices`` in place of the axis.

    Raises:
        GraphTypeError: if the indices are not integers.
        IndexingError: if there is no such axis; when running, an IndexError for a position outside x.

    Example:
        >>> import symdrop.tensor as T
        >>> T.take(T.constant([[1, 2], [3, 4]]), [1, 1, 0], axis=0).eval().tolist()
        [[3, 4], [3, 4], [1, 2]]
    """
    node = as_node(x)
    part = _index_node(indices)
    if not is_integer(part.dtype):
        raise GraphTypeError(f"positions are integers, not {_shown(indices)} of dtype {part.dtype}{here()}")
    if axis is None:
        return getitem(node.flatten(), part)
    return getitem(node, (slice(None),) * one_axis(axis, node.ndim) + (part,))


@public
def set_subtensor(x: Node, value: Any) -> Node:
    """A copy of a tensor in which an indexed part has another value.

    Args:
        x: an indexing expression such as ``y[1:3]`` or ``y[rows]``.
        value: what to put there; cast to the dtype of y and broadcast to the shape of ``y[1:3]``.

    Returns:
        y with the part replaced, of y's dtype and shape (for ``y[0][1]``: the changed ``y[0]``). Where an index
        repeats, the last value stays.

    Raises:
        GraphTypeError: if x is not an indexing expression.
        ShapeError: if the value does not fit the part.

    Example:
        >>> import symdrop.tensor as T
        >>> y = T.vector("y")
        >>> T.set_subtensor(y[1:], 0).eval({y: [1, 2, 3]}).tolist()
        [1.0, 0.0, 0.0]
    """
    return _scatter(set_op, x, value)


@public
def inc_subtensor(x: Node, value: Any) -> Node:
    """A copy of a tensor in which an indexed part is increased.

    Args:
        x: an indexing expression such as ``y[1:3]`` or ``y[rows]``.
        value: what to add there; cast to the dtype of y and broadcast to the shape of ``y[1:3]``.

    Returns:
        y with the value added, of y's dtype and shape. Where an index repeats, all its values are added.

    Raises:
        GraphTypeError: if x is not an indexing expression.
        ShapeError: if the value does not fit the part.

    Example:
        >>> import symdrop.tensor as T
        >>> y = T.vector("y")
        >>> T.inc_subtensor(y[[0, 0]], [10, 20]).eval({y: [1, 2]}).tolist()
        [31.0, 2.0]
    """
    return _scatter(inc_op, x, value)


def _scatter(op: Scatter, part: Any, value: Any) -> Node:
    if not isinstance(part, Node) or part.op not in INDEXING:
        raise GraphTypeError(
            f"{op.name} takes an indexing expression such as y[1:3] as its first argument, not {_shown(part)}{here()}"
        )
    target, *parts = part.inputs
    return scattered(op, target, part.params["entries"], parts, value)


def scattered(op: Scatter, target: Node, entries: Entries, parts: Sequence[Node], value: Any) -> Node:
    """A scatter of a value that is stretched to the indexed part."""
    part = at(target, parts, entries)
    given = as_node(value)
    if given.ndim > part.ndim:
        raise ShapeError(f"{describe(given)} has more axes than the indexed part {describe(part)}{here()}")
    return op(target, stretch_to(given, part.shape), *parts, entries=entries)


@public
def nonzero(x: Any) -> tuple[Node, ...]:
    """The indices of the elements that are not zero, as an index: ``x[T.nonzero(x > 0)]``.

    Args:
        x: a tensor of any dtype with at least one axis.

    Returns:
        For every axis an int64 vector of positions, in C order.

    Raises:
        GraphTypeError: if x is a scalar.

    Example:
        >>> import symdrop.tensor as T
        >>> [i.eval().tolist() for i in T.nonzero(T.constant([[0, 1], [2, 0]]))]
        [[0, 1], [1, 0]]
    """
    node = as_node(x)
    found = nonzero_op(node)
    return tuple(item(found, index=axis) for axis in range(node.ndim))


__all__ = ["getitem", "inc_subtensor", "nonzero", "set_subtensor", "take"]

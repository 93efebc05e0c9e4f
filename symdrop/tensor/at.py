"""Changed copies as ``x.at[index]`` writes them: set, add, multiply, ..., and reading what may lie outside.

``x.at[i].add(v)`` is ``T.inc_subtensor(x[i], v)``. Positions outside of an axis are errors, unless a mode says that
they are moved to its ends ("clip") or belong to nothing ("fill", or "drop").

Read next: sorting.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from ..binding import public
from ..errors import ArgumentError, GraphTypeError, here, shown
from ..graph import Node, describe
from ..op import as_node, convert
from ..ops.combined_scatter import max_subtensor, min_subtensor, mul_subtensor
from ..ops.indexing import Entries, at, indexed_axes, joint_axes
from ..ops.scatter import Scatter, inc_subtensor, set_subtensor
from ..types import is_integer
from .axes import dimshuffle
from .creation import ones_like, zeros
from .elementwise import bitwise_and, clip, ge, lt, neg, power, true_div, where
from .indexing import check_constants, index_entries, scattered
from .joining import concatenate

_MODES = {"raise": "raise", "promise_in_bounds": "raise", "clip": "clip", "fill": "fill", "drop": "fill"}


class At:
    """The value of ``x.at``, to be indexed."""

    def __init__(self, x: Any) -> None:
        self._x = as_node(x)

    @public
    def __getitem__(self, index: Any) -> IndexedPart:
        """The part of x at an index, to be read or changed in a copy."""
        return IndexedPart(self._x, index)

    def __repr__(self) -> str:
        return f"{describe(self._x)}.at"


class _Target(NamedTuple):
    """A tensor and an index whose positions all exist.

    Attributes:
        x, entries, parts: the tensor, and the index as ops/indexing.py has it.
        inside: whether positions were inside of x, along the axes that index arrays yield; None if all are.
        axis: the axis that has one more row, for what was outside; None without.
    """

    x: Node
    entries: Entries
    parts: list[Node]
    inside: Node | None = None
    axis: int | None = None


class IndexedPart:
    """A part of a tensor, ``x.at[index]``: its methods give it, or a copy of x in which it is changed.

    Where an index repeats, all its values take part in ``add``, ``multiply``, ``max``, ..., one after the other; of
    ``set`` the last one stays. Values are cast to x's dtype and broadcast to the shape of x[index].

    The argument ``mode`` of each says what a position outside of its axis means: "raise" (and None), an error; "clip",
    that the nearest one is meant; "drop" or "fill", that nothing is changed there, and a fill value is read.
    """

    def __init__(self, x: Node, index: Any) -> None:
        self._x = x
        self._index = index

    @public
    def get(self, mode: str | None = None, fill_value: Any = None) -> Node:
        """x[index].

        Args:
            mode: the meaning of positions outside, as above.
            fill_value: what is read there in mode "fill"; by default NaN, of integers the least (without a sign the
                largest) value, of truth values True.

        Returns:
            A tensor of x's dtype.

        Raises:
            ArgumentError: for an unknown mode.
            IndexingError: as ``x[index]``.

        Example:
            >>> import symdrop.tensor as T
            >>> T.constant([1, 2, 3]).at[[0, 7]].get(mode="fill", fill_value=0).eval().tolist()
            [1, 0]
        """
        target = self._target(mode, pads=False)
        read = at(target.x, target.parts, target.entries)
        if target.inside is None:
            return read
        fill = _fill_value(self._x.dtype) if fill_value is None else fill_value
        stop = joint_axes(target.entries, target.parts).stop
        before, behind = stop - target.inside.ndim, read.ndim - stop
        pattern = [*["x"] * before, *range(target.inside.ndim), *["x"] * behind]
        inside = dimshuffle(target.inside, pattern) if target.inside.ndim else target.inside
        return where(inside, read, convert(as_node(fill), self._x.dtype))

    @public
    def set(self, value: Any, mode: str | None = None) -> Node:
        """A copy of x with x[index] replaced."""
        return self._changed(set_subtensor, value, mode)

    @public
    def add(self, value: Any, mode: str | None = None) -> Node:
        """A copy of x with a value added to x[index]."""
        return self._changed(inc_subtensor, value, mode)

    @public
    def subtract(self, value: Any, mode: str | None = None) -> Node:
        """A copy of x with a value subtracted from x[index]."""
        return self._changed(inc_subtensor, neg(value), mode)

    @public
    def multiply(self, value: Any, mode: str | None = None) -> Node:
        """A copy of x with x[index] multiplied by a value; third derivatives are right where no factor is 0."""
        return self._changed(mul_subtensor, value, mode)

    @public
    def divide(self, value: Any, mode: str | None = None) -> Node:
        """A copy of x with x[index] divided by a value: by the product of all values for an element."""
        return true_div(self._x, IndexedPart(ones_like(self._x), self._index).multiply(value, mode))

    mul, div = multiply, divide

    @public
    def power(self, value: Any, mode: str | None = None) -> Node:
        """A copy of x with x[index] raised to a power: to the product of all values for an element."""
        return power(self._x, IndexedPart(ones_like(self._x), self._index).multiply(value, mode))

    @public
    def max(self, value: Any, mode: str | None = None) -> Node:
        """A copy of x with the larger of x[index] and a value; equal ones share the gradient evenly."""
        return self._changed(max_subtensor, value, mode)

    @public
    def min(self, value: Any, mode: str | None = None) -> Node:
        """A copy of x with the smaller of x[index] and a value; equal ones share the gradient evenly."""
        return self._changed(min_subtensor, value, mode)

    @public
    def apply(self, function: Callable[[Node], Any], mode: str | None = None) -> Node:
        """A copy of x with a function of x[index] in its place, once where an index repeats.

        Args:
            function: of a tensor, which gives one of the same shape.
            mode: the meaning of positions outside, as above.

        Returns:
            A tensor of x's dtype and shape.

        Raises:
            GraphTypeError: if it is no function.

        Example:
            >>> import symdrop.tensor as T
            >>> T.constant([1.0, 4.0]).at[1].apply(T.sqrt).eval().tolist()
            [1.0, 2.0]
        """
        if isinstance(function, Node) or not callable(function):
            raise GraphTypeError(f"apply takes a function of x[index], not {shown(function)}{here()}")
        target = self._target(mode, pads=True)
        return self._written(set_subtensor, target, function(at(target.x, target.parts, target.entries)))

    def __repr__(self) -> str:
        return f"{describe(self._x)}.at[{shown(self._index)}]"

    def _changed(self, op: Scatter, value: Any, mode: str | None) -> Node:
        return self._written(op, self._target(mode, pads=True), value)

    def _written(self, op: Scatter, target: _Target, value: Any) -> Node:
        made = scattered(op, target.x, target.entries, target.parts, value)
        if target.axis is None:
            return made
        return made[(*(slice(None),) * target.axis, slice(None, self._x.shape[target.axis]))]

    def _target(self, mode: str | None, pads: bool) -> _Target:
        """The index with its positions inside of x.

        Args:
            mode: what the user gave.
            pads: whether what is outside belongs to one more row; otherwise it is read somewhere.
        """
        word = _mode(mode)
        entries, parts = index_entries(self._x, self._index)
        if word == "raise":
            check_constants(self._x, entries, parts)
            return _Target(self._x, entries, parts)
        positions = _positions(self._x, entries, parts)
        if word == "clip":
            moved = {k: clip(one.counted, 0, one.size - 1) for k, one in positions.items()}
            return _Target(self._x, entries, _replaced(parts, moved))
        if not positions:
            return _Target(self._x, entries, parts)
        inside = reduce(bitwise_and, (one.inside for one in positions.values()))
        moved = {k: where(one.inside, one.counted, 0) for k, one in positions.items()}
        if not pads:
            return _Target(self._x, entries, _replaced(parts, moved), inside)
        # What is outside along any axis goes to one more row of the first of them.
        first, one = next(iter(positions.items()))
        moved[first] = where(inside, one.counted, one.size)
        sizes = [1 if axis == one.axis else size for axis, size in enumerate(self._x.shape)]
        padded = concatenate([self._x, zeros(sizes, self._x.dtype)], one.axis)
        return _Target(padded, _as_arrays(entries, parts, moved), _replaced(parts, moved), None, one.axis)


class _Position(NamedTuple):
    """Positions along an axis: counted from the front, and whether they are inside of it."""

    axis: int
    size: Any
    counted: Node
    inside: Node


def _mode(mode: Any) -> str:
    word = _MODES.get("raise" if mode is None else mode) if mode is None or isinstance(mode, str) else None
    if word is None:
        raise ArgumentError(f"a mode is one of {', '.join(map(repr, _MODES))}, not {shown(mode)}{here()}")
    return word


def _positions(x: Node, entries: Entries, parts: Sequence[Node]) -> dict[int, _Position]:
    """The positions of an index, by the number of their part."""
    found: dict[int, _Position] = {}
    number = 0
    for entry, axis, inputs in indexed_axes(entries, parts):
        if entry in ("i", "a") and inputs[0].dtype != "bool":
            size, index = x.shape[axis], convert(inputs[0], "int64")
            counted = where(lt(index, 0), index + size, index)
            found[number] = _Position(axis, size, counted, bitwise_and(ge(counted, 0), lt(counted, size)))
        number += len(inputs)
    return found


def _replaced(parts: Sequence[Node], moved: Mapping[int, Node]) -> list[Node]:
    return [moved.get(k, part) for k, part in enumerate(parts)]


def _as_arrays(entries: Entries, parts: Sequence[Node], moved: Mapping[int, Node]) -> Entries:
    """The entries in which a single position that has become an array is one."""
    made = []
    number = 0
    for entry, _, inputs in indexed_axes(entries, parts):
        made.append("a" if entry == "i" and moved[number].ndim else entry)
        number += len(inputs)
    return tuple(made)


def _fill_value(dtype: str) -> Any:
    if dtype == "bool":
        return np.bool_(True)
    if is_integer(dtype):
        bounds = np.iinfo(dtype)
        return bounds.min if bounds.min else bounds.max
    return np.nan

"""Access analysis: the values that a node reads at every point of a space, and at which coordinates.

A *root* is a node whose value is stored. Between roots everything is computed in place,
and this file follows those computations down to the roots and leaves they end at, keeping
track of how the coordinates change on the way: ``(0, 1)`` is the point itself, ``(1,)`` its
second coordinate, None a coordinate that is 0, NON_AFFINE any other.

Read next: product_operands.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ...graph import Node
from ...op import Affine, Draw, Elementwise, ReadMap, Size, bodies, constant_scalar
from ...ops.creation import counts_axis
from ...ops.indexing import in_range
from ..ir.frame import FrameLayout, without_ones
from ..vectorize.elemental import Axes, lowering

NON_AFFINE = -1


@dataclass(slots=True)
class AccessSet:
    """The reads of a computation over a space.

    Attributes:
        at: for every root or leaf the coordinates at which it is read.
        inline: the nodes computed in place.
        flat: whether every node has the space's own shape or is a single number, so that C order is all that counts.
        may_fail: whether a run-time check may fail while computing.
        places: the coordinates at which anything is computed or read.
        linear: False where a value depends on single coordinates, and not on linear indices of what it reads alone.
    """

    at: dict[Node, set[Axes]] = field(default_factory=dict)
    inline: set[Node] = field(default_factory=set)
    flat: bool = True
    may_fail: bool = False
    places: set[Axes] = field(default_factory=set)
    linear: bool = True

    def joins(self, axes: Sequence[int]) -> bool:
        """True if neighbouring axes of the space could be one: whatever has one of them ends with all, in order."""
        run = tuple(axes)
        return (
            self.linear
            and bool(self.places)
            and all(NON_AFFINE not in at and (at[-len(run) :] == run or not {*at} & {*run}) for at in self.places)
        )

    def add(
        self, memory: FrameLayout, source: Node, axes: Axes, space: Sequence[Size], is_root: Callable[[Node], bool]
    ) -> None:
        """Note what reading a value at ``axes`` of every point of ``space`` reads: itself if it is stored."""
        if is_root(source) and not source.is_leaf:
            self.at.setdefault(source, set()).add(axes)
            self.places.add(axes)
            return
        found = find_accesses(memory, source, axes, space, is_root)
        for other, accesses in found.at.items():
            self.at.setdefault(other, set()).update(accesses)
        self.inline |= found.inline
        self.places |= found.places
        self.linear = self.linear and found.linear
        self.may_fail = self.may_fail or found.may_fail


def find_accesses(
    memory: FrameLayout, node: Node, axes: Axes, space: Sequence[Size], is_root: Callable[[Node], bool]
) -> AccessSet:
    """The reads of computing ``node`` at ``axes`` of every point of ``space``."""
    found = AccessSet()
    full = without_ones(space)
    seen: set[tuple[Node, Axes]] = set()
    pending: list[tuple[Node, Axes, bool]] = [(node, axes, True)]
    while pending:
        current, where, is_first = pending.pop()
        if (current, where) in seen:
            continue
        seen.add((current, where))
        # Most nodes are met on the way to many values.
        known = memory.derived.get(current)
        if known is None:
            known = memory.derived[current] = _facts(memory, current)
        if known.is_number:
            continue
        found.places.add(where)
        # A key, of which single words are read, has no part in the space.
        if known.sizes and known.sizes != full and any(axis is not None for axis in where):
            found.flat = False
        if not current.inputs or (is_root(current) and not is_first):
            found.at.setdefault(current, set()).add(where)
            continue
        found.inline.add(current)
        found.linear = found.linear and known.linear
        found.may_fail = found.may_fail or known.may_fail
        found.flat = found.flat and known.keeps_order
        if known.operands is None:
            pending.extend((source, at, False) for source, at in _steps(memory, current, where))
        else:
            pending += [(source, where if is_full else (), False) for source, is_full in known.operands]
    return found


class _Facts(NamedTuple):
    """All that does not depend on where a node is read.

    Attributes:
        is_number: whether it is a constant number.
        sizes: its sizes, but for those that are 1.
        may_fail: whether a run-time check of it may fail.
        keeps_order: False for a view whose elements have another order than the input's.
        linear: whether it is computed from its inputs and from linear indices alone.
        operands: of an elementwise node the inputs, and whether each is read at the node's own coordinates.
    """

    is_number: bool
    sizes: tuple[Size, ...]
    may_fail: bool
    keeps_order: bool
    linear: bool
    operands: Sequence[tuple[Node, bool]] | None


def _facts(memory: FrameLayout, node: Node) -> _Facts:
    if constant_scalar(node) is not None:
        return _Facts(True, (), False, True, True, ())
    sizes = without_ones(memory.sizes(node)) if node.items is None else ()
    if not node.inputs:
        return _Facts(False, sizes, False, True, True, ())
    read = memory.read_map(node)
    in_order = read is None or node.ndim <= 1 or _is_flat(memory, node, read)
    operands = None
    if read is None and isinstance(node.op, Elementwise):
        operands = [(source, source.ndim == node.ndim) for source in node.inputs]
    linear = not read.padded if read is not None else not node.ndim or isinstance(node.op, Elementwise | Draw)
    return _Facts(False, sizes, may_fail(memory, node), in_order, linear, operands)


def _is_flat(memory: FrameLayout, node: Node, read: ReadMap) -> bool:
    """True if C order of the value is that of the input, or all that is read is one element."""
    own = memory.sizes(read.source)
    return not without_ones(own) or read.keeps_order(own, memory.sizes(node))


def may_fail(memory: FrameLayout, node: Node) -> bool:
    """True if a run-time check of a node may fail: an index out of range, a draw's step, a probability."""
    if isinstance(node.op, Draw):
        return not memory.is_known_before(node.inputs[1])
    if bodies(node):
        return any(may_fail(memory, inner) for body in bodies(node).values() for inner in body.nodes())
    read = memory.read_map(node)
    if read is None:
        own = lowering(node)
        return own is not None and own.may_fail
    return any(not _is_inside(memory, index, size) for index, size in read.positions)


def _is_inside(memory: FrameLayout, index: Node, size: Size) -> bool:
    """True if indices are known to be in the range of an axis."""
    if in_range(index) or counts_axis(index, size, memory.sizes):
        return True
    number = constant_scalar(index)
    return number is not None and isinstance(size, int) and -size <= number < size


def _steps(memory: FrameLayout, node: Node, at: Axes) -> list[tuple[Node, Axes]]:
    """The inputs whose values a node's value at some coordinates is computed from, and their coordinates."""
    read = memory.read_map(node)
    if read is not None:
        others = [(part, (NON_AFFINE,) * part.ndim) for part in read.others]
        return [(read.source, _axes_read(memory, read, at)), *others]
    if isinstance(node.op, Draw):
        parameters = node.inputs[2 + node.params["ndim"] :]
        return [
            (node.inputs[0], (None,)),
            (node.inputs[1], ()),
            *((source, at if source.ndim else ()) for source in parameters),
        ]
    own = lowering(node)
    if own is not None:
        return list(own.reads(node, at))
    return [(source, (NON_AFFINE,) * source.ndim) for source in node.inputs if source.items is None]


def _axes_read(memory: FrameLayout, read: ReadMap, at: Axes) -> Axes:
    """The coordinates at which a view reads its input."""
    sizes = memory.sizes(read.source)
    if read.indices is None:
        return (NON_AFFINE,) * len(sizes)
    return tuple(None if size == 1 else _axis(index, at) for index, size in zip(read.indices, sizes, strict=True))


def _axis(index: Affine, at: Axes) -> int | None:
    if index.bare is not None:
        return at[index.bare]
    return None if index.is_zero else NON_AFFINE


def is_identity(axes: Axes, expected: Sequence[int], sizes: Sequence[Size]) -> bool:
    """True if coordinates are those expected, None standing for any where the size is 1."""
    return len(axes) == len(expected) and all(
        axis == wanted or (size == 1 and axis != NON_AFFINE)
        for axis, wanted, size in zip(axes, expected, sizes, strict=True)
    )

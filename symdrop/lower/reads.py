"""Access analysis: the values that a node reads at every point of a space, and at which coordinates.

A *root* is a node whose value is stored. Between roots everything is computed in place,
and this file follows those computations down to the roots and leaves they end at, keeping
track of how the coordinates change on the way: ``(0, 1)`` is the point itself, ``(1,)`` its
second coordinate, None a coordinate that is 0, ELSEWHERE any other.

Read next: placed.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..graph import Node
from ..op import Draw, Elementwise, Size, bodies, constant_scalar
from ..ops.indexing import place
from .memory import Memory, without_ones
from .points import is_refusing

ELSEWHERE = -1
Axes = tuple[int | None, ...]


@dataclass(slots=True)
class Reads:
    """The reads of a computation over a space.

    Attributes:
        at: for every root or leaf the coordinates at which it is read.
        inline: the nodes computed in place.
        flat: whether every node has the space's own shape or is a single number, so that C order is all that counts.
        refuses: whether some value may be refused while computing.
    """

    at: dict[Node, set[Axes]] = field(default_factory=dict)
    inline: set[Node] = field(default_factory=set)
    flat: bool = True
    refuses: bool = False

    def add(
        self, memory: Memory, source: Node, axes: Axes, space: Sequence[Size], is_root: Callable[[Node], bool]
    ) -> None:
        """Note what reading a value at ``axes`` of every point of ``space`` reads: itself if it is stored."""
        if is_root(source) and not source.is_leaf:
            self.at.setdefault(source, set()).add(axes)
            return
        found = reads(memory, source, axes, space, is_root)
        for other, places in found.at.items():
            self.at.setdefault(other, set()).update(places)
        self.inline |= found.inline
        self.refuses = self.refuses or found.refuses


def reads(memory: Memory, node: Node, axes: Axes, space: Sequence[Size], is_root: Callable[[Node], bool]) -> Reads:
    """The reads of computing ``node`` at ``axes`` of every point of ``space``."""
    found = Reads()
    full = without_ones(space)
    seen: set[tuple[Node, Axes]] = set()
    pending: list[tuple[Node, Axes, bool]] = [(node, axes, True)]
    while pending:
        current, where, is_first = pending.pop()
        if (current, where) in seen or constant_scalar(current) is not None:
            continue
        seen.add((current, where))
        own = without_ones(memory.sizes(current)) if current.items is None else ()
        # A key, of which single words are read, has no part in the space.
        if own and own != full and any(axis is not None for axis in where):
            found.flat = False
        if current.is_leaf or (is_root(current) and not is_first):
            found.at.setdefault(current, set()).add(where)
            continue
        found.inline.add(current)
        found.refuses = found.refuses or may_refuse(memory, current)
        pending.extend((source, at, False) for source, at in _steps(memory, current, where))
        if current.op.name in _NOT_FLAT and current.ndim > 1:
            found.flat = False
        if current.op.name == "dimshuffle" and not _in_order(current):
            found.flat = False
    return found


def may_refuse(memory: Memory, node: Node) -> bool:
    """True if computing a node may find a value that it must not have."""
    if isinstance(node.op, Draw):
        return not memory.is_known_before(node.inputs[1])
    if bodies(node):
        return any(may_refuse(memory, inner) for body in bodies(node).values() for inner in body.nodes())
    if node.op.name not in ("gather", "subtensor"):
        return is_refusing(node.op.name)
    sizes = node.inputs[0].type.shape
    return any(
        entry in ("a", "i") and part.op.name not in ("position", "arange") and not _is_inside(part, sizes[axis])
        for entry, axis, parts in place(node.params["entries"], node.inputs[1:])
        for part in parts
    )


def _is_inside(index: Node, size: int | None) -> bool:
    """True if an index is known to be in range."""
    number = constant_scalar(index)
    return number is not None and size is not None and -size <= number < size


_NOT_FLAT = frozenset(("subtensor", "gather", "item"))


def _in_order(node: Node) -> bool:
    kept = [axis for axis in node.params["pattern"] if axis != "x"]
    moved = [axis for axis in kept if node.inputs[0].type.shape[axis] != 1]
    return moved == sorted(moved)


def _steps(memory: Memory, node: Node, at: Axes) -> list[tuple[Node, Axes]]:
    """The inputs whose values a node's value at some coordinates is computed from, and their coordinates."""
    name = node.op.name
    if isinstance(node.op, Elementwise) or name in ("require", "check_probability", "specify_shape"):
        operands = node.inputs[:1] if name == "specify_shape" else node.inputs
        return [(source, at if source.ndim == node.ndim else ()) for source in operands]
    if isinstance(node.op, Draw):
        parameters = node.inputs[2 + node.params["ndim"] :]
        return [
            (node.inputs[0], (None,)),
            (node.inputs[1], ()),
            *((source, at if source.ndim else ()) for source in parameters),
        ]
    if name == "broadcast":
        source = node.inputs[0]
        behind = at[node.ndim - source.ndim :]
        sizes = memory.sizes(source)
        return [(source, tuple(None if size == 1 else axis for size, axis in zip(sizes, behind, strict=True)))]
    if name == "dimshuffle":
        pattern, source = node.params["pattern"], node.inputs[0]
        return [(source, tuple(at[pattern.index(k)] if k in pattern else None for k in range(source.ndim)))]
    if name == "arange":
        return [(source, ()) for source in (node.inputs[0], node.inputs[2])]
    if name == "position":
        return [(node.inputs[0], at), (node.inputs[1], ())]
    if name == "loop_words":
        return [(node.inputs[0], ())]
    if name == "fold_in":
        return [(source, (None,)) for source in node.inputs]
    if name == "dim":
        return []
    if name == "item":
        node = node.inputs[0]
    # Views and gathers that go elsewhere; sizes and bounds are scalars.
    return [(source, (ELSEWHERE,) * source.ndim) for source in node.inputs if not _is_size(node, source)]


def _is_size(node: Node, source: Node) -> bool:
    return node.op.name == "reshape" and source is not node.inputs[0]


def is_identity(axes: Axes, expected: Sequence[int], sizes: Sequence[Size]) -> bool:
    """True if coordinates are those expected, None standing for any where the size is 1."""
    return len(axes) == len(expected) and all(
        axis == wanted or (size == 1 and axis != ELSEWHERE)
        for axis, wanted, size in zip(axes, expected, sizes, strict=True)
    )

"""Joins: what is scattered into zeros, part by part until these are covered, is the concatenation of the parts.

The gradient of a projection that was cut into queries, keys and values, or into the gates of a cell, arrives in parts.
Every part scattered is a pass over the whole; a concatenation writes each element once. It comes after all other rules,
for what is scattered into a sum or a state (sparse_updates.py) needs no value of its own.

Read next: structural_zeros.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ...graph import Node
from ...op import Size, Sizes, constant_scalar
from ...ops.indexing import indexed_axes, indexed_sizes
from ...ops.join import concatenate, with_sizes
from ...ops.lengths import resolved
from ...ops.scatter import inc_subtensor
from ..core.predicates import is_structural_zero
from ..core.rewrite_rule import node_rewrite_rule

# Of a longer chain every node would be looked at from all that follow it.
_MOST_PARTS = 32

# Where a part begins or ends: an int, a symbolic number, or None for the ends of the axis.
Bound = Any


class _Part(NamedTuple):
    """A value scattered into a part of one axis."""

    axis: int
    start: Bound
    stop: Bound
    value: Node


@node_rewrite_rule(inc_subtensor)
def join_of_parts(node: Node, sizes: Sizes) -> Node | None:
    """Disjoint parts of an axis, scattered into zeros until they cover it, are joined."""
    chain = _chain(node)
    parts = [part for one in chain if (part := _part(one, sizes)) is not None]
    same = len(parts) == len(chain) and len({part.axis for part in parts}) == 1
    ordered = _in_order(parts) if same else None
    if ordered is None:
        return None
    axis = ordered[0].axis
    joined = concatenate(*(part.value for part in ordered), axis=axis) if len(ordered) > 1 else ordered[0].value
    return with_sizes(joined, sizes(node), sizes)


def _chain(node: Node) -> list[Node]:
    """The scatters into structural zeros that end with a node; none if it is another value that they begin with."""
    found: list[Node] = []
    while node.op is inc_subtensor and len(found) < _MOST_PARTS:
        found.append(node)
        node = node.inputs[0]
    return found if is_structural_zero(node) else []


def _part(node: Node, sizes: Sizes) -> _Part | None:
    """The contiguous part of one axis that a scatter adds to, and its value; None if it is another index."""
    x, value, *parts = node.inputs
    entries = node.params["entries"]
    chosen = [one for one in indexed_axes(entries, parts) if one.entry != "::"]
    if len(chosen) != 1 or value.dtype != node.dtype:
        return None
    ((entry, axis, bounds),) = chosen
    size = sizes(x)[axis]
    value = with_sizes(value, indexed_sizes(entries, parts, sizes(x), sizes), sizes)
    if entry == "i":
        start = _bound(bounds[0], size, sizes)
        if not isinstance(start, int) or start < 0:
            return None
        alone = value.dimshuffle(*range(axis), "x", *range(axis, value.ndim))
        return _Part(axis, start or None, None if start + 1 == size else start + 1, alone)
    if entry not in ("i:i:", "i::", ":i:"):
        return None
    start, stop = bounds if len(bounds) == 2 else (bounds[0], None) if entry == "i::" else (None, bounds[0])
    start, stop = _bound(start, size, sizes), _bound(stop, size, sizes)
    return _Part(axis, None if start == 0 else start, None if stop is size or stop == size else stop, value)


def _bound(bound: Node | None, size: Size, sizes: Sizes) -> Bound:
    """A bound of an axis: an int where it is known, not negative where the size is known too."""
    known = None if bound is None else constant_scalar(bound)
    if bound is None or known is None:
        return bound if bound is None else resolved(bound, sizes)
    if not isinstance(size, int):
        return int(known)
    return min(max(int(known) + (size if known < 0 else 0), 0), size)


def _in_order(parts: Sequence[_Part]) -> list[_Part] | None:
    """Parts that cover an axis, none of them twice, from its start to its end; None if they do not."""
    by_start = {part.start: part for part in parts}
    found: list[_Part] = []
    start: Bound = None
    while start in by_start and len(found) < len(parts):
        found.append(by_start[start])
        start = found[-1].stop
    whole = len(found) == len(parts) and start is None
    return found if whole and _ascend([part.stop for part in found[:-1]]) else None


def _ascend(cuts: Sequence[Bound]) -> bool:
    """True if an axis of any size is cut in this order: a single cut, or numbers counted from one of its ends."""
    if len(cuts) < 2:
        return None not in cuts
    return all(isinstance(cut, int) for cut in cuts) and sorted(cuts) == cuts and (cuts[0] >= 0 or cuts[-1] < 0)


JOINS = (join_of_parts,)

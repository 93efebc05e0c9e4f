"""Values put together: joined ones, and copies of which a part is set or added to.

Their parts are written into one buffer, each by a loop over the part; so a value that is
changed in a few rows costs these rows, if it may be overwritten. Which rows, and what goes
there, lies in memory before: by then every index is known to be in range, and nothing that
is read can be overwritten.

Read next: fuse.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..graph import Node
from .memory import Memory
from .reads import ELSEWHERE, Axes, Reads, reads

CHANGED = frozenset(("set_subtensor", "inc_subtensor"))
PLACED = CHANGED | {"concatenate"}


def stored_before(node: Node) -> Iterator[Node]:
    """What must lie in memory before such a value is written."""
    if node.op.name in CHANGED:
        _, value, *parts = node.inputs
        if not _repeats_leaf(value):
            yield value
        yield from (part for part in parts if part.op.name == "position")


def _repeats_leaf(value: Node) -> bool:
    while value.op.name in ("broadcast", "dimshuffle"):
        value = value.inputs[0]
    return value.is_leaf


def placed_reads(memory: Memory, node: Node, is_root: Callable[[Node], bool]) -> Reads:
    """What writing such a value reads: what it starts from at the points themselves, its parts anywhere."""
    made = Reads(flat=False)
    for position, source in enumerate(node.inputs):
        starts = node.op.name in CHANGED and position == 0
        axes: Axes = tuple(range(source.ndim)) if starts else (ELSEWHERE,) * source.ndim
        if is_root(source) and not source.is_leaf:
            made.at.setdefault(source, set()).add(axes)
            continue
        found = reads(memory, source, axes, memory.sizes(source), is_root)
        for other, places in found.at.items():
            made.at.setdefault(other, set()).update(places)
        made.inline |= found.inline
        made.refuses = made.refuses or found.refuses
    return made

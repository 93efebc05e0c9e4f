"""Values put together: joined ones, and copies of which a part is set or added to.

Their parts are written into one buffer, each by a loop over the part; so a value that is
changed in a few rows costs these rows, if it may be overwritten. Which rows, and what goes
there, lies in memory before: by then every index is known to be in range, and nothing that
is read can be overwritten.

Read next: fuse.py
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from ..graph import Graph, Node
from .memory import Memory
from .reads import ELSEWHERE, Reads

CHANGED = frozenset(("set_subtensor", "inc_subtensor"))
PLACED = CHANGED | {"concatenate"}


def stored_before(node: Node) -> Iterator[Node]:
    """The nodes that must lie in memory before such a value is written."""
    if node.op.name in CHANGED:
        _, value, *parts = node.inputs
        if not _repeats_leaf(value):
            yield value
        yield from (part for part in parts if part.op.name == "position")


def _repeats_leaf(value: Node) -> bool:
    while value.op.name in ("broadcast", "dimshuffle"):
        value = value.inputs[0]
    return value.is_leaf


def links(graph: Graph) -> set[Node]:
    """Changed values that nobody needs but the next change: they are changed again where they are."""
    uses: Counter[Node] = Counter(graph.outputs)
    for node in graph.nodes():
        for position, source in enumerate(node.inputs):
            uses[source] += 1 if position == 0 and node.op.name in CHANGED else 2
    return {
        node for node, count in uses.items() if node.op.name in CHANGED and count == 1 and node not in graph.outputs
    }


def chain(node: Node, is_link: Callable[[Node], bool]) -> list[Node]:
    """The changes that lead to a value, the first one first; or the joined value alone."""
    found = [node]
    while found[-1].op.name in CHANGED and is_link(found[-1].inputs[0]):
        found.append(found[-1].inputs[0])
    return found[::-1]


def placed_reads(memory: Memory, changes: Sequence[Node], is_root: Callable[[Node], bool]) -> Reads:
    """The reads of writing such a value: what it starts from at the points themselves, its parts anywhere.

    What it starts from may be a part as well; then it is read in both ways.
    """
    made = Reads(flat=False)
    for number, node in enumerate(changes):
        starts = node.op.name in CHANGED
        if starts and number == 0:
            base = node.inputs[0]
            made.add(memory, base, tuple(range(base.ndim)), memory.sizes(base), is_root)
        for source in node.inputs[int(starts) :]:
            made.add(memory, source, (ELSEWHERE,) * source.ndim, memory.sizes(source), is_root)
    return made

"""In-place update chains: joined values, and copies of which a part is set or added to.

Their parts are written into one buffer, each by a loop over the part; so a value that is
changed in a few rows costs these rows, if it may be overwritten. Which rows, and what goes
there, lies in memory before: by then every index is known to be in range, and nothing that
is read can be overwritten.

Source: P. Hudak and A. Bloss, "The aggregate update problem in functional programming systems",
POPL 1985.

Read next: joined_parts.py
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from ...graph import Graph, Node
from ...ops.cumulative import PrefixScan
from ...ops.indexing import in_range
from ...ops.join import Concatenate
from ...ops.literals import rearranged
from ...ops.scatter import Scatter
from ..ir.frame import FrameLayout
from .access_analysis import NON_AFFINE, AccessSet


def is_update(node: Node) -> bool:
    """True for a scatter: a copy of a value of which a part is set or added to."""
    return isinstance(node.op, Scatter)


def is_piecewise(node: Node) -> bool:
    """True if a value's parts are written into one buffer, each by a loop of its own."""
    return is_update(node) or isinstance(node.op, Concatenate | PrefixScan)


def stored_before(node: Node) -> Iterator[Node]:
    """The operands of a piecewise value that must lie in memory before it is written."""
    if is_update(node):
        _, value, *parts = node.inputs
        if not _repeats_leaf(value):
            yield value
        yield from (part for part in parts if in_range(part))


def _repeats_leaf(value: Node) -> bool:
    return rearranged(value).is_leaf


def chained_updates(graph: Graph) -> set[Node]:
    """The intermediate values of an update chain with a single use, the next update: these are updated in place."""
    uses: Counter[Node] = Counter(graph.outputs)
    for node in graph.nodes():
        for position, source in enumerate(node.inputs):
            uses[source] += 1 if position == 0 and is_update(node) else 2
    return {node for node, count in uses.items() if is_update(node) and count == 1 and node not in graph.outputs}


def update_chain(node: Node, is_link: Callable[[Node], bool]) -> list[Node]:
    """The chain of scatters that ends in a value, the first one first; a concatenation alone."""
    found = [node]
    while is_update(found[-1]) and is_link(found[-1].inputs[0]):
        found.append(found[-1].inputs[0])
    return found[::-1]


def piecewise_accesses(memory: FrameLayout, changes: Sequence[Node], is_root: Callable[[Node], bool]) -> AccessSet:
    """The reads of a piecewise value: what it starts from at the points themselves, its parts anywhere.

    What it starts from may be a part as well; then it is read in both ways.
    """
    made = AccessSet(flat=False)
    for number, node in enumerate(changes):
        starts = is_update(node)
        if starts and number == 0:
            base = node.inputs[0]
            made.add(memory, base, tuple(range(base.ndim)), memory.sizes(base), is_root)
        for source in node.inputs[int(starts) :]:
            made.add(memory, source, (NON_AFFINE,) * source.ndim, memory.sizes(source), is_root)
    return made


def computed_by_parts(
    memory: FrameLayout, node: Node, reads: AccessSet, is_root: Callable[[Node], bool]
) -> Sequence[set[Node]]:
    """The nodes computed in place by each loop nest of a stored value: of a concatenation one for each operand.

    Args:
        memory: knows sizes.
        node: the value.
        reads: its reads.
        is_root: true of the nodes that are stored.
    """
    if not isinstance(node.op, Concatenate):
        return [reads.inline]
    found = []
    for source in node.inputs:
        part = AccessSet()
        part.add(memory, source, (NON_AFFINE,) * source.ndim, memory.sizes(source), is_root)
        found.append(part.inline)
    return found

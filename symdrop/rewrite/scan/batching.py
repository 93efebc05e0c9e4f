"""Batching of a scan's body: its nodes' values for all steps, from the sequences or from what the loop stacks.

A node of the body is *loop-invariant* if no input of it varies from step to step, and
*state-independent* if it depends on neither states nor draws: then its values for all
steps are computed before the loop, by the batching rules of ops.

Source: vectorisation by distributing loops, R. Allen and K. Kennedy, "Automatic translation of
FORTRAN programs to vector form", ACM TOPLAS 9(4), 1987.

Read next: code_motion.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ...graph import Node, rebuild, substitution, toposort
from ...op import INPUT, Batched, Constant, KnownSizes, as_node, constant_scalar, is_choice, is_dim
from ...ops.batched_indexing import positions
from ...ops.batching import batch
from ...ops.control_dependence import EVERYWHERE, conditions
from ...ops.indexing import INDEXING, gather, subtensor
from ...ops.join import concatenate, specify_shape
from ...ops.linalg import matmul
from ...ops.nnet import log_softmax, softmax
from ...ops.regions import Regions
from ...ops.scan import Loop
from ...types import TensorType
from .parts import ScanParts, visits_all

# Worth the memory of all steps: what fuses, and what is much quicker for many at once.
_LAID_OUT_KINDS = frozenset(("elementwise", "reduction", "view"))
_LAID_OUT = frozenset((concatenate, gather, log_softmax, matmul, softmax))


class ScanBatcher:
    """The values of a body's nodes, as nodes around the loop.

    Args:
        loop: the loop.

    Attributes:
        everywhere: whether every row is visited. Otherwise only what the loop stacks is zero where it was not.
        invariant, state_independent: sets of nodes of the body.
        stacks: what the loop must stack, and what stands for the stacks until it does.
    """

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.everywhere = visits_all(loop)
        self.invariant: set[Node] = set()
        self.state_independent: set[Node] = {loop.position, *loop.slices}
        self.stacks: dict[Node, Node] = {}
        self._known = KnownSizes()
        self._outside = KnownSizes()
        self._hoisted: dict[Node, Node] = dict(zip(loop.inner, loop.captured, strict=True))
        self._vectorized: dict[Node, Node | None] = {}
        # Values that vary and are larger than all their inputs, such as broadcasts: never laid out for all steps.
        self._expanded: set[Node] = set()
        for node in loop.body.nodes():
            self._classify(node)
        self._regions = Regions(loop.body.outputs).region if any(is_choice(node) for node in loop.body.nodes()) else {}

    def is_lazy(self, node: Node) -> bool:
        """True if some steps may do without a node: outside it would be computed for them as well."""
        region = self._regions.get(node, EVERYWHERE)
        return not self.invariant.issuperset(conditions(region))

    def _classify(self, node: Node) -> None:
        if is_dim(node):
            size = self.loop.outside(self._known(node.inputs[0])[node.params["axis"]])
            if size is not None:
                self._hoisted[node] = as_node(size)
        if node in self._hoisted or isinstance(node, Constant):
            self.invariant.add(node)
            return
        if not node.inputs:
            return
        changing = [source for source in node.inputs if source not in self.invariant]
        if not changing:
            self.invariant.add(node)
            return
        if (
            node.op.kind != "draw"
            and node.items is None
            and all(source in self.state_independent for source in changing)
        ):
            self.state_independent.add(node)
        if node.op.stretches or (
            (node.op.kind == "elementwise" or node.op.keeps_all)
            and all(source in self._expanded for source in changing)
        ):
            self._expanded.add(node)

    def hoisted(self, node: Node) -> Node:
        """The value of a loop-invariant node, outside the loop."""
        known = self._hoisted
        for one in toposort([node], stop=known.__contains__):
            if one not in known:
                known[one] = rebuild(one, [known[source] for source in one.inputs])
        return known[node]

    def vectorized(self, node: Node) -> Node | None:
        """The values of a state-independent node from the sequences, or None if that is not known how."""
        if node not in self.state_independent:
            return None
        known = self._vectorized
        for one in toposort([node], stop=lambda one: one in known or one in self.invariant):
            if one not in known and one not in self.invariant:
                known[one] = self._leaf(one) if one.is_leaf else self._vectorize(one)
        return known[node]

    def _leaf(self, leaf: Node) -> Node:
        loop = self.loop
        if leaf is loop.position:
            return positions(loop.rows)
        at = loop.slices.index(leaf)
        sequence, offset = loop.sequences[at], loop.node.params["offsets"][at]
        if offset == 0 and self._outside(sequence)[0] == self._outside.canonical(loop.rows):
            return sequence
        part = subtensor(sequence, offset, loop.rows + offset, entries=("i:i:",))
        return self.with_rows(part)

    def with_rows(self, node: Node) -> Node:
        """A node with a row per step, known to be so."""
        if self._outside(node)[0] == self._outside.canonical(self.loop.rows):
            return node
        return specify_shape(node, self.loop.rows, axes=(0,), label="a row for every step")

    def _vectorize(self, node: Node) -> Node | None:
        if node.op in INDEXING and not self.everywhere:
            return None
        return self.step(node, lambda source: self._vectorized[source])

    def step(self, node: Node, value: Callable[[Node], Node | None]) -> Node | None:
        """A node for all steps from the ``value`` of what changes among its inputs; None if there is no way."""
        if not (node.op.kind in _LAID_OUT_KINDS or node.op in _LAID_OUT):
            return None
        operands = []
        for source in node.inputs:
            changes = source not in self.invariant
            if changes and source in self._expanded and node.op.kind not in ("elementwise", "view"):
                return None
            found = value(source) if changes else self.hoisted(source)
            if found is None:
                return None
            operands.append(Batched(found, changes))
        made = batch(node, self.loop.rows, operands)
        return made if isinstance(made, Node) else None

    def sizes(self, node: Node) -> list[Node] | None:
        """The sizes of a node of the body, outside."""
        sizes = [self.loop.outside(size) for size in self._known(node)]
        found = [as_node(size) for size in sizes if size is not None]
        return found if len(found) == len(sizes) else None

    def value(self, node: Node) -> Node | None:
        """The values of a node that changes: from the sequences, or stacked by the loop.

        None if that is not known how: rows that may be larger in one step than in another make no stack.
        """
        if self.everywhere and (node.is_leaf or node.op in INDEXING):
            # Formulas are rather stacked: the loop computes them anyway, or is dissolved as a whole.
            found = self.vectorized(node)
            if found is not None:
                return found
        if node.op.keeps_all and node not in self.stacks:
            # What it is a view of takes less room, or as much.
            found = self.step(node, self.value)
            if found is not None:
                return found
        if node not in self.stacks:
            if self.sizes(node) is None:
                return None
            rows = constant_scalar(self.loop.rows)
            self.stacks[node] = Node(INPUT, (), TensorType(node.dtype, (rows, *node.type.shape)), None, node.name)
        return self.stacks[node]


def with_stacks(parts: ScanParts, batcher: ScanBatcher, nodes: Iterable[Node]) -> tuple[Loop, list[Node]]:
    """The loop that stacks what was asked for too, and nodes around it that read these stacks."""
    first = len(parts.stacked)
    parts.stacked += batcher.stacks
    loop = parts.make()
    stacks = {leaf: loop.stack(first + k) for k, leaf in enumerate(batcher.stacks.values())}
    outputs = list(nodes)
    new = substitution(outputs, stacks)
    return loop, [new[output] for output in outputs]

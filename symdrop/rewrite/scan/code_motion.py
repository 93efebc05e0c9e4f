"""Code motion for scans: invariant work is hoisted; work without states is done for all steps at once.

A step of a recurrent network multiplies x_t by a matrix that is the same in every step.
All these products are one product of taller matrices, which takes a fraction of the time.

Source: loop-invariant code motion, A. Aho, M. Lam, R. Sethi and J. Ullman, "Compilers", 2nd
ed., 2006, section 9.1.7; products for all steps at once: J. Appleyard, T. Kocisky and P.
Blunsom, "Optimizing performance of recurrent neural networks on GPUs", arXiv:1604.01946, 2016.

Read next: totals.py
"""

from __future__ import annotations

from ...graph import Node, toposort
from ...op import INPUT, Contraction, is_dim
from ...ops.indexing import INDEXING
from ...ops.lengths import placeholder
from ...ops.literals import rearranged
from ...ops.scan import Loop
from ...ops.zero_flow import zeros_given
from ...types import TensorType, is_integer
from ..core.predicates import as_literal
from .batching import ScanBatcher, with_stacks
from .parts import Captured, Replacements, ScanParts, ScanSequence, loop_pass, positions, replacements_of


@loop_pass
def hoist_loop_invariants(loop: Loop, used: frozenset[int]) -> Replacements | None:
    """Loop-invariant code motion: what is the same in every step is computed once."""
    batcher = ScanBatcher(loop)
    moved = {node: placeholder(node) for node in _worth_hoisting(loop, batcher)}
    if not moved:
        return None
    parts = ScanParts(loop)
    parts.captured += [Captured(leaf, batcher.hoisted(node)) for node, leaf in moved.items()]
    parts.replace(moved)
    return parts.values(used, positions(range(len(loop.states))), positions(range(len(loop.stacked))))


def _worth_hoisting(loop: Loop, batcher: ScanBatcher) -> list[Node]:
    """The loop-invariant nodes worth hoisting, the last of every chain."""
    invariant = batcher.invariant
    # What repeats a constant is known for what it is only inside.
    found = {node: None for node in loop.body.outputs if node in invariant and not as_literal(node).is_leaf}
    varying = [node for node in loop.body.nodes() if node not in invariant]
    ends = [source for node in varying for source in node.inputs if source in invariant]
    for node in toposort(ends, stop=lambda node: not _is_cheap(node)):
        if node in invariant and not node.is_leaf and not _is_cheap(node) and node.items is None:
            found[node] = None
    return [node for node in found if not batcher.is_lazy(node)]


def _is_cheap(node: Node) -> bool:
    """True for what is cheaper to do again than to carry in; and where it is seen, sizes are known to be equal."""
    size = node.ndim == 0 and is_integer(node.dtype) and node.op.kind == "elementwise" if node.items is None else False
    return size or is_dim(node) or rearranged(node) is not node


@loop_pass
def push_out_sequence_products(loop: Loop, used: frozenset[int]) -> Replacements | None:
    """Products, and elements of tables, that depend on no state are computed for all steps at once."""
    batcher = ScanBatcher(loop)
    independent = [
        n
        for n in loop.body.nodes()
        if n in batcher.state_independent and _is_expensive(n, batcher) and not batcher.is_lazy(n)
    ]
    expensive = [node for node in independent if batcher.vectorized(node) is not None]
    if not expensive:
        return None
    behind = set(toposort(expensive, stop=lambda node: node not in batcher.state_independent))
    has_expensive: set[Node] = set()
    for node in toposort(expensive):
        if node in expensive or any(source in has_expensive for source in node.inputs):
            has_expensive.add(node)
    outputs = set(loop.body.outputs)
    users = {source for node in loop.body.nodes() if node not in behind for source in node.inputs} | outputs
    moved: dict[Node, Node] = {}
    parts = ScanParts(loop)
    for node in toposort(expensive):
        if node in has_expensive and node in users:
            whole = batcher.vectorized(node)
            if whole is not None:
                moved[node] = Node(INPUT, (), TensorType(node.dtype, whole.type.shape[1:]), None, node.name)
                parts.sequences.append(ScanSequence(moved[node], batcher.with_rows(whole), 0))
    parts.replace(moved)
    return parts.values(used, positions(range(len(loop.states))), positions(range(len(loop.stacked))))


def _is_expensive(node: Node, batcher: ScanBatcher) -> bool:
    if isinstance(node.op, Contraction):
        return True
    # An element of a table, by an index that changes.
    return node.op in INDEXING and node.inputs[0] in batcher.invariant


@loop_pass
def sink_output_products(loop: Loop, used: frozenset[int]) -> Replacements | None:
    """Products that no state depends on are computed for all steps at once from what the loop stacks."""
    ends = [*loop.new_states, *([] if loop.stop is None else [loop.stop])]
    needed = set(toposort(ends))
    chosen = [k for k, output in enumerate(loop.stacked) if output not in needed and _has_product(output, needed)]
    if not chosen:
        return None
    batcher = ScanBatcher(loop)
    behind = _Behind(batcher, needed)
    made: dict[int, Node] = {}
    for k in chosen:
        value = behind.value(loop.stacked[k])
        if value is not None and _right_everywhere(batcher, value):
            made[k] = value
    if not made:
        return None
    # What was asked for on behalf of others only need not be stacked.
    read = set(toposort(made.values()))
    batcher.stacks = {node: leaf for node, leaf in batcher.stacks.items() if leaf in read}
    kept = [k for k in range(len(loop.stacked)) if k not in made]
    parts = ScanParts(loop)
    parts.stacked = [loop.stacked[k] for k in kept]
    new, values = with_stacks(parts, batcher, made.values())
    count = len(loop.states)
    found = replacements_of(new, loop, used, positions(range(count)), positions(kept))
    found.update((count + k, value) for k, value in zip(made, values, strict=True) if count + k in used)
    return found


def _has_product(output: Node, needed: set[Node]) -> bool:
    nodes = toposort([output], stop=needed.__contains__)
    return any(_is_product(node) and node not in needed for node in nodes)


def _is_product(node: Node) -> bool:
    return isinstance(node.op, Contraction)


def _right_everywhere(batcher: ScanBatcher, value: Node) -> bool:
    """True if rows never visited are zeros: there are none, or zeros become zeros."""
    return batcher.everywhere or value in zeros_given([value], batcher.stacks.values())


class _Behind:
    """Nodes that only outputs depend on, computed behind the loop from the stacked operands of their first product."""

    def __init__(self, batcher: ScanBatcher, needed: set[Node]) -> None:
        self._batcher = batcher
        self._needed = needed
        self._with_product: set[Node] = set()
        self._made: dict[Node, Node | None] = {}

    def value(self, output: Node) -> Node | None:
        """The output for all steps, or None if it would have to be stacked itself."""
        nodes = toposort([output], stop=self._needed.__contains__)
        for node in nodes:
            if node in self._needed or node in self._batcher.invariant or node in self._made:
                continue
            if _is_product(node) or any(source in self._with_product for source in node.inputs):
                self._with_product.add(node)
                self._made[node] = self._batcher.step(node, self._operand)
        return self._made.get(output)

    def _operand(self, node: Node) -> Node | None:
        made = self._made.get(node)
        return self._batcher.value(node) if made is None else made


@loop_pass
def vectorize_map(loop: Loop, used: frozenset[int]) -> Replacements | None:
    """Vectorisation of a map: a loop without states becomes operations on all steps at once."""
    batcher = ScanBatcher(loop)
    if loop.states or not batcher.everywhere:
        return None
    found: dict[int, Node] = {}
    for k in sorted(used):
        value = batcher.vectorized(loop.stacked[k])
        if value is None:
            return None
        found[k] = value
    return found


CODE_MOTION = (hoist_loop_invariants, push_out_sequence_products, sink_output_products, vectorize_map)

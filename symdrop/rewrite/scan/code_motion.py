"""Code motion for scans: invariant work is hoisted; work without states is done for all steps at once.

A step of a recurrent network multiplies x_t by a matrix that is the same in every step.
All these products are one product of taller matrices, which takes a fraction of the time.

Source: loop-invariant code motion, A. Aho, M. Lam, R. Sethi and J. Ullman, "Compilers", 2nd
ed., 2006, section 9.1.7; products for all steps at once: J. Appleyard, T. Kocisky and P.
Blunsom, "Optimizing performance of recurrent neural networks on GPUs", arXiv:1604.01946, 2016.

Read next: push_out_reductions.py
"""

from __future__ import annotations

from ...graph import Node, toposort
from ...op import INPUT, Contraction, is_dim
from ...ops.indexing import INDEXING
from ...ops.literals import rearranged
from ...ops.scan import Loop
from ...ops.zero_flow import nothing_if
from ...types import TensorType, is_integer
from ..core.predicates import as_literal
from .batching import Lift, with_stacks
from .parts import Captured, Parts, Sequence_, Values, loop_rule, places, values_of


@loop_rule
def steady_work(loop: Loop, used: frozenset[int]) -> Values | None:
    """Loop-invariant code motion: what is the same in every step is computed once."""
    lift = Lift(loop)
    moved = {node: Node(INPUT, (), node.type, None, node.name) for node in _dear_and_steady(loop, lift)}
    if not moved:
        return None
    parts = Parts(loop)
    parts.captured += [Captured(leaf, lift.fixed(node)) for node, leaf in moved.items()]
    parts.replace(moved)
    return parts.values(used, places(range(len(loop.states))), places(range(len(loop.stacked))))


def _dear_and_steady(loop: Loop, lift: Lift) -> list[Node]:
    """The steady nodes that are worth moving, the last of every chain."""
    steady = lift.steady
    # What repeats a constant is known for what it is only inside.
    found = {node: None for node in loop.body.outputs if node in steady and not as_literal(node).is_leaf}
    ends = [source for node in loop.body.nodes() if node not in steady for source in node.inputs if source in steady]
    for node in toposort(ends, stop=lambda node: not _is_cheap(node)):
        if node in steady and not node.is_leaf and not _is_cheap(node) and node.items is None:
            found[node] = None
    return [node for node in found if not lift.is_lazy(node)]


def _is_cheap(node: Node) -> bool:
    """True for what is cheaper to do again than to carry in; and where it is seen, sizes are known to be equal."""
    size = node.ndim == 0 and is_integer(node.dtype) and node.op.kind == "elementwise" if node.items is None else False
    return size or is_dim(node) or rearranged(node) is not node


@loop_rule
def products_before(loop: Loop, used: frozenset[int]) -> Values | None:
    """Products, and elements of tables, that depend on no state are computed for all steps at once."""
    lift = Lift(loop)
    free = [n for n in loop.body.nodes() if n in lift.free and _is_dear(n, lift) and not lift.is_lazy(n)]
    dear = [node for node in free if lift.direct(node) is not None]
    if not dear:
        return None
    behind = set(toposort(dear, stop=lambda node: node not in lift.free))
    has_dear: set[Node] = set()
    for node in toposort(dear):
        if node in dear or any(source in has_dear for source in node.inputs):
            has_dear.add(node)
    outputs = set(loop.body.outputs)
    users = {source for node in loop.body.nodes() if node not in behind for source in node.inputs} | outputs
    moved: dict[Node, Node] = {}
    parts = Parts(loop)
    for node in toposort(dear):
        if node in has_dear and node in users:
            whole = lift.direct(node)
            if whole is not None:
                moved[node] = Node(INPUT, (), TensorType(node.dtype, whole.type.shape[1:]), None, node.name)
                parts.sequences.append(Sequence_(moved[node], lift.with_rows(whole), 0))
    parts.replace(moved)
    return parts.values(used, places(range(len(loop.states))), places(range(len(loop.stacked))))


def _is_dear(node: Node, lift: Lift) -> bool:
    if isinstance(node.op, Contraction):
        return True
    # An element of a table, by an index that changes.
    return node.op in INDEXING and node.inputs[0] in lift.steady


@loop_rule
def products_behind(loop: Loop, used: frozenset[int]) -> Values | None:
    """Products that no state depends on are computed for all steps at once from what the loop stacks."""
    ends = [*loop.new_states, *([] if loop.stop is None else [loop.stop])]
    needed = set(toposort(ends))
    chosen = [k for k, output in enumerate(loop.stacked) if output not in needed and _has_product(output, needed)]
    if not chosen:
        return None
    lift = Lift(loop)
    behind = _Behind(lift, needed)
    made: dict[int, Node] = {}
    for k in chosen:
        value = behind.value(loop.stacked[k])
        if value is not None and _right_everywhere(lift, value):
            made[k] = value
    if not made:
        return None
    # What was asked for on behalf of others only need not be stacked.
    read = set(toposort(made.values()))
    lift.stacks = {node: leaf for node, leaf in lift.stacks.items() if leaf in read}
    kept = [k for k in range(len(loop.stacked)) if k not in made]
    parts = Parts(loop)
    parts.stacked = [loop.stacked[k] for k in kept]
    new, values = with_stacks(parts, lift, made.values())
    count = len(loop.states)
    found = values_of(new, loop, used, places(range(count)), places(kept))
    found.update((count + k, value) for k, value in zip(made, values, strict=True) if count + k in used)
    return found


def _has_product(output: Node, needed: set[Node]) -> bool:
    nodes = toposort([output], stop=needed.__contains__)
    return any(_is_product(node) and node not in needed for node in nodes)


def _is_product(node: Node) -> bool:
    return isinstance(node.op, Contraction)


def _right_everywhere(lift: Lift, value: Node) -> bool:
    """True if rows never visited are zeros: there are none, or zeros become zeros."""
    return lift.everywhere or value in nothing_if([value], lift.stacks.values())


class _Behind:
    """Nodes that no state depends on, computed from the stacks of what comes before their first product."""

    def __init__(self, lift: Lift, needed: set[Node]) -> None:
        self._lift = lift
        self._needed = needed
        self._with_product: set[Node] = set()
        self._made: dict[Node, Node | None] = {}

    def value(self, output: Node) -> Node | None:
        """The output for all steps, or None if it would have to be stacked itself."""
        nodes = toposort([output], stop=self._needed.__contains__)
        for node in nodes:
            if node in self._needed or node in self._lift.steady or node in self._made:
                continue
            if _is_product(node) or any(source in self._with_product for source in node.inputs):
                self._with_product.add(node)
                self._made[node] = self._lift.step(node, self._operand)
        return self._made.get(output)

    def _operand(self, node: Node) -> Node | None:
        made = self._made.get(node)
        return self._lift.value(node) if made is None else made


@loop_rule
def all_at_once(loop: Loop, used: frozenset[int]) -> Values | None:
    """A loop without states whose steps are known all at once is none."""
    lift = Lift(loop)
    if loop.states or not lift.everywhere:
        return None
    found: dict[int, Node] = {}
    for k in sorted(used):
        value = lift.direct(loop.stacked[k])
        if value is None:
            return None
        found[k] = value
    return found


MOTION = (steady_work, products_before, products_behind, all_at_once)

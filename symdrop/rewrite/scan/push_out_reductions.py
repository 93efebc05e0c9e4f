"""Sums over the steps of a loop: products that are only added up are one product behind the loop.

The gradient of a weight is a sum over steps of products that every step would add to a
matrix as large as the weight. The sum over steps and the sum inside a product are one:

    sum over t of A[t].T @ B[t]  =  A.T @ B,  the rows of all A[t] and of all B[t] standing below each other

and what is scattered into zeros step by step is scattered at once. Rows that were never
visited are zeros where the loop stacks them, so they add nothing.

Source: J. Appleyard, T. Kocisky and P. Blunsom, "Optimizing performance of recurrent neural
networks on GPUs", arXiv:1604.01946, 2016.

Read next: lazy_conditionals.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ...graph import Graph, Node, toposort
from ...op import INPUT, as_node, is_dim
from ...ops.arithmetic import add, mul, neg, sub
from ...ops.indexing import place
from ...ops.join import concatenate
from ...ops.linalg import matmul, transposed
from ...ops.scan import Loop
from ...ops.scatter import inc_subtensor
from ...ops.views import dimshuffle, exchanges, pattern_of, reshape
from ...syntax import Operation
from ..core.predicates import is_nothing, nothing_of
from .batching import Lift, with_stacks
from .parts import Captured, Parts, Values, loop_rule, places, values_of

_DTYPES = ("float32", "float64")


class Term(NamedTuple):
    """A term of a sum: a node, added or subtracted; for ``scattered`` the value of the op that scatters it."""

    node: Node
    negative: bool
    scattered: Node | None = None


@loop_rule
def products_summed(loop: Loop, used: frozenset[int]) -> Values | None:
    """Products added up step by step are one product behind the loop."""
    lift = Lift(loop)
    totals = Totals(lift)
    users = _users(loop.body)
    behind: dict[int, list[tuple[Node, bool]]] = {}
    remaining: dict[int, list[Term]] = {}
    for k in range(len(loop.states)):
        terms = _terms(loop, k, users)
        movable = [(term, totals.of_term(term)) for term in terms or ()]
        if any(total is not None for _, total in movable):
            behind[k] = [(total, term.negative) for term, total in movable if total is not None]
            remaining[k] = [term for term, total in movable if total is None]
    if not behind:
        return None
    parts = Parts(loop)
    dropped = {k for k in behind if not remaining[k]}
    for k, terms in remaining.items():
        parts.states[k] = parts.states[k]._replace(new=_sum(loop.states[k], terms))
    _size_from_outside(parts, lift, dropped)
    kept = [k for k in range(len(loop.states)) if k not in dropped]
    parts.states = [parts.states[k] for k in kept]
    flat = [total for several in behind.values() for total, _ in several]
    new, values = with_stacks(parts, lift, flat)
    found = values_of(new, loop, used, places(kept), places(range(len(loop.stacked))))
    totals_left = iter(values)
    for k, several in behind.items():
        value = loop.initial[k] if k in dropped else new.last_state(places(kept)[k])
        for _, negative in several:
            value = (sub if negative else add)(value, next(totals_left))
        if k in used:
            found[k] = value
    return found


def _sum(state: Node, terms: list[Term]) -> Node:
    value = state
    for term in terms:
        if term.scattered is not None:
            value = Node.apply(term.scattered.op, [value, *term.scattered.inputs[1:]], term.scattered.params)
        else:
            value = (sub if term.negative else add)(value, term.node)
    return value


def _size_from_outside(parts: Parts, lift: Lift, dropped: set[int]) -> None:
    """The sizes of states that are dropped, where the body still asks for them, are captured."""
    leaves = {parts.states[k].leaf for k in dropped}
    outputs = [output for k, output in enumerate(parts.outputs) if k not in dropped]
    sizes: dict[Node, Node] = {}
    for node in toposort([*outputs, *lift.stacks]):
        if is_dim(node) and node.inputs[0] in leaves:
            sizes[node] = Node(INPUT, (), node.type, None, "size")
            parts.captured.append(Captured(sizes[node], lift.fixed(node)))
    if sizes:
        new = parts.replace(sizes)
        lift.stacks = {new.get(node, node): stack for node, stack in lift.stacks.items()}


def _terms(loop: Loop, k: int, users: Mapping[Node, list[Node]]) -> list[Term] | None:
    """The terms added to a state in every step, if nothing else is done with it."""
    state, new = loop.states[k], loop.new_states[k]
    if state.dtype not in _DTYPES:
        return None
    terms: list[Term] = []
    chain: set[Node] = set()
    node, found = new, False
    # Along the sum to the state; what branches off are terms.
    while not found:
        chain.add(node)
        following = None if node is state else _next_in_sum(node, state, terms)
        if following is None:
            if node is not state:
                return None
            found = True
        else:
            node = following
    outputs = [output for i, output in enumerate(loop.body.outputs) if i != k]
    if any(output in chain for output in outputs):
        return None
    for node in chain:
        if any(user not in chain and not is_dim(user) for user in users.get(node, ())):
            return None
    return _flat(terms)


def _users(body: Graph) -> dict[Node, list[Node]]:
    """For the nodes of a body those that use them."""
    found: dict[Node, list[Node]] = {}
    for user in body.nodes():
        for source in user.inputs:
            found.setdefault(source, []).append(user)
    return found


def _next_in_sum(node: Node, state: Node, terms: list[Term]) -> Node | None:
    """The operand of a sum that contains the state; the others are noted as terms."""
    if node.op in (add, sub):
        first, second = node.inputs
        if node.ndim != first.ndim or node.ndim != second.ndim:
            return None
        if state in set(toposort([first])):
            terms.append(Term(second, node.op is sub))
            return first
        if node.op is add:
            terms.append(Term(first, False))
            return second
        return None
    if node.op is inc_subtensor:
        terms.append(Term(node.inputs[1], False, node))
        return node.inputs[0]
    return None


def _flat(terms: list[Term]) -> list[Term]:
    """The terms, those that are sums themselves taken apart."""
    found: list[Term] = []
    stack = list(reversed(terms))
    while stack:
        term = stack.pop()
        node = term.node
        if term.scattered is None and node.op in (add, sub) and all(s.ndim == node.ndim for s in node.inputs):
            first, second = node.inputs
            stack += [Term(second, term.negative != (node.op is sub)), Term(first, term.negative)]
        elif term.scattered is None and node.op is inc_subtensor and not is_nothing(node.inputs[0]):
            if term.negative:
                found.append(term)
                continue
            stack += [Term(node.inputs[1], False, node), Term(node.inputs[0], False)]
        elif term.scattered is None and is_nothing(node):
            continue
        else:
            found.append(term)
    return found


class Totals:
    """Sums of a node's values over all steps made.

    Args:
        lift: the loop's values for all steps.
    """

    def __init__(self, lift: Lift) -> None:
        self.lift = lift

    def of_term(self, term: Term) -> Node | None:
        """The total of a term, or None if it stays in the loop."""
        if term.scattered is None:
            return self(term.node)
        scattered = term.scattered
        return self._scattered(scattered, scattered.inputs[0])

    def __call__(self, node: Node) -> Node | None:
        """The total of a node, or None if there is no product in it to gain by."""
        if node in self.lift.steady:
            return None
        rule = _TOTALS.get(node.op) or (Totals._same_op if node.op.keeps_all else None)
        return None if rule is None else rule(self, node)

    def _product(self, node: Node) -> Node | None:
        a, b = node.inputs
        lift = self.lift
        if a.ndim > 2 or b.ndim > 2:
            return None
        if a in lift.steady:
            total = self(b)
            return None if total is None else matmul(lift.fixed(a), total)
        if b in lift.steady:
            total = self(a)
            return None if total is None else matmul(total, lift.fixed(b))
        first, second = self._joined(a, a.ndim - 1), self._joined(b, 0)
        return None if first is None or second is None else matmul(first, second)

    def _joined(self, node: Node, axis: int) -> Node | None:
        """All values of a vector or matrix, those of all steps along the axis summed over."""
        if exchanges(node):
            # As rows nothing need be moved.
            rows = self._joined(node.inputs[0], 1 - axis)
            return None if rows is None else transposed(rows)
        values = self.lift.value(node)
        return None if values is None else _rows_joined(values, axis)

    def _outer(self, node: Node) -> Node | None:
        """The total of an outer product of vectors; of another product with what does not change."""
        lift = self.lift
        first, second = node.inputs
        column, row = _vector(first, (0, "x")), _vector(second, ("x", 0))
        if column is None or row is None:
            column, row = _vector(second, (0, "x")), _vector(first, ("x", 0))
        if column is not None and row is not None and column not in lift.steady and row not in lift.steady:
            columns, rows = lift.value(column), lift.value(row)
            return None if columns is None or rows is None else matmul(dimshuffle(columns, pattern=(1, 0)), rows)
        for fixed, changing in ((first, second), (second, first)):
            if fixed in lift.steady:
                total = self(changing)
                return None if total is None else Node.apply(node.op, [lift.fixed(fixed), total], node.params)
        return None

    def _same_op(self, node: Node) -> Node | None:
        """An op that is linear in its only input that changes, the first."""
        if any(source not in self.lift.steady for source in node.inputs[1:]):
            return None
        total = self(node.inputs[0])
        if total is None:
            return None
        return Node.apply(node.op, [total, *map(self.lift.fixed, node.inputs[1:])], node.params)

    def _sum(self, node: Node) -> Node | None:
        """A sum of what has totals: all of them, or none."""
        totals = [self(source) if not is_nothing(source) else None for source in node.inputs]
        if any(total is None and not is_nothing(source) for total, source in zip(totals, node.inputs, strict=True)):
            return None
        fixed = [
            total if total is not None else self.lift.fixed(source)
            for total, source in zip(totals, node.inputs, strict=True)
        ]
        return Node.apply(node.op, fixed, node.params)

    def _scatter(self, node: Node) -> Node | None:
        return self._scattered(node, node.inputs[0]) if is_nothing(node.inputs[0]) else None

    def _scattered(self, node: Node, like: Node) -> Node | None:
        """The sum over steps of what is scattered into something of the sizes of ``like``, scattered into zeros at
        once."""
        lift = self.lift
        _, value, *parts = node.inputs
        sizes = lift.sizes(like)
        if sizes is None or value in lift.steady:
            return None
        zeros = nothing_of(node.dtype, sizes)
        if all(part in lift.steady for part in parts):
            total = self(value)
            return None if total is None else Node.apply(node.op, [zeros, total, *map(lift.fixed, parts)], node.params)
        return self._at_all_positions(node, zeros)

    def _at_all_positions(self, node: Node, zeros: Node) -> Node | None:
        _, value, *parts = node.inputs
        entries = node.params["entries"]
        placed = [one for one in place(entries, parts) if one.parts]
        if len(placed) != 1 or placed[0].entry not in ("i", "a") or placed[0].parts[0].dtype == "bool":
            return None
        if any(entry not in ("::", "i", "a") for entry in entries):
            return None
        at = entries.index(placed[0].entry)
        values, index = self.lift.value(value), self.lift.value(parts[0])
        if values is None or index is None:
            return None
        # The steps' axis to where the index stands.
        order = (*range(1, at + 1), 0, *range(at + 1, values.ndim))
        values = dimshuffle(values, pattern=order) if at else values
        return Node.apply(node.op, [zeros, values, index], {"entries": ("::",) * at + ("a",)})


def _vector(node: Node, pattern: tuple[int | str, ...]) -> Node | None:
    """The vector that a node stretches along one axis, standing along the other as the pattern says."""
    if node.op.stretches:
        node = node.inputs[0]
        if node.ndim == 1 and pattern == ("x", 0):
            return node
    if pattern_of(node) == pattern and node.inputs[0].ndim == 1:
        return node.inputs[0]
    return None


def _rows_joined(stack: Node, axis: int) -> Node:
    """Steps and the axis summed over, counted without the steps', as one axis."""
    sizes = list(stack.shape)
    made: Node
    if stack.ndim == 2:
        made = reshape(stack, _times(sizes[0], sizes[1]))
    elif axis == 0:
        made = reshape(stack, _times(sizes[0], sizes[1]), sizes[2])
    else:
        made = reshape(dimshuffle(stack, pattern=(1, 0, 2)), sizes[1], _times(sizes[0], sizes[2]))
    return made


def _times(a: object, b: object) -> Node:
    return as_node(a) * as_node(b)


_TOTALS: Mapping[Operation, Callable[[Totals, Node], Node | None]] = {
    matmul: Totals._product,
    mul: Totals._outer,
    neg: Totals._same_op,
    add: Totals._sum,
    sub: Totals._sum,
    concatenate: Totals._sum,
    inc_subtensor: Totals._scatter,
}

SUMS = (products_summed,)

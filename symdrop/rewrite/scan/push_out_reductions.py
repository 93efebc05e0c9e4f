"""Reductions pushed out of scans: products that a loop only adds up are one product behind it.

The gradient of a weight is a sum over steps of products that every step would add to a
matrix as large as the weight. The sum over steps and the sum inside a product are one:

    sum over t of A[t].T @ B[t]  =  A.T @ B,  the rows of all A[t] and of all B[t] standing below each other

and what is scattered into zeros step by step is scattered at once. Rows that were never
visited are zeros where the loop stacks them, so they add nothing.

Source: J. Appleyard, T. Kocisky and P. Blunsom, "Optimizing performance of recurrent neural
networks on GPUs", arXiv:1604.01946, 2016.

Read next: zero_separation.py
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ...graph import Graph, Node, toposort
from ...op import is_dim
from ...ops.arithmetic import add, sub
from ...ops.lengths import placeholder
from ...ops.scan import Loop
from ...ops.scatter import is_scatter_add
from ..core.predicates import is_structural_zero
from .batching import ScanBatcher, with_stacks
from .parts import Captured, Replacements, ScanParts, loop_pass, positions, replacements_of
from .totals import Totals

_DTYPES = ("float32", "float64")


class Addend(NamedTuple):
    """A term of a sum: a node, added or subtracted; for ``scattered`` the value of the op that scatters it."""

    node: Node
    negative: bool
    scattered: Node | None = None


@loop_pass
def push_out_reductions(loop: Loop, used: frozenset[int]) -> Replacements | None:
    """Products added up step by step are one product behind the loop."""
    batcher = ScanBatcher(loop)
    totals = Totals(batcher)
    users = _users(loop.body)
    behind: dict[int, list[tuple[Node, bool]]] = {}
    remaining: dict[int, list[Addend]] = {}
    for k in range(len(loop.states)):
        terms = _terms(loop, k, users)
        movable = [(term, _total(totals, term)) for term in terms or ()]
        if any(total is not None for _, total in movable):
            behind[k] = [(total, term.negative) for term, total in movable if total is not None]
            remaining[k] = [term for term, total in movable if total is None]
    if not behind:
        return None
    parts = ScanParts(loop)
    dropped = {k for k in behind if not remaining[k]}
    for k, terms in remaining.items():
        parts.states[k] = parts.states[k]._replace(new=_sum(loop.states[k], terms))
    _size_from_outside(parts, batcher, dropped)
    kept = [k for k in range(len(loop.states)) if k not in dropped]
    parts.states = [parts.states[k] for k in kept]
    flat = [total for several in behind.values() for total, _ in several]
    new, values = with_stacks(parts, batcher, flat)
    found = replacements_of(new, loop, used, positions(kept), positions(range(len(loop.stacked))))
    totals_left = iter(values)
    for k, several in behind.items():
        value = loop.initial[k] if k in dropped else new.last_state(positions(kept)[k])
        for _, negative in several:
            value = (sub if negative else add)(value, next(totals_left))
        if k in used:
            found[k] = value
    return found


def _size_from_outside(parts: ScanParts, batcher: ScanBatcher, dropped: set[int]) -> None:
    """The sizes of states that are dropped, where the body still asks for them, are captured."""
    leaves = {parts.states[k].leaf for k in dropped}
    outputs = [output for k, output in enumerate(parts.outputs) if k not in dropped]
    sizes: dict[Node, Node] = {}
    for node in toposort([*outputs, *batcher.stacks]):
        if is_dim(node) and node.inputs[0] in leaves:
            sizes[node] = placeholder(node, "size")
            parts.captured.append(Captured(sizes[node], batcher.hoisted(node)))
    if sizes:
        new = parts.replace(sizes)
        batcher.stacks = {new.get(node, node): stack for node, stack in batcher.stacks.items()}


def _total(totals: Totals, term: Addend) -> Node | None:
    """The total of a term, or None if it stays in the loop."""
    if term.scattered is None:
        return totals(term.node)
    return totals.scattered(term.scattered, term.scattered.inputs[0])


def _terms(loop: Loop, k: int, users: Mapping[Node, list[Node]]) -> list[Addend] | None:
    """The terms added to a state in every step, if nothing else is done with it."""
    state, new = loop.states[k], loop.new_states[k]
    if state.dtype not in _DTYPES:
        return None
    terms: list[Addend] = []
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


def _next_in_sum(node: Node, state: Node, terms: list[Addend]) -> Node | None:
    """The operand of a sum that contains the state; the others are noted as terms."""
    if node.op in (add, sub):
        first, second = node.inputs
        if node.ndim != first.ndim or node.ndim != second.ndim:
            return None
        if state in set(toposort([first])):
            terms.append(Addend(second, node.op is sub))
            return first
        if node.op is add:
            terms.append(Addend(first, False))
            return second
        return None
    if is_scatter_add(node):
        terms.append(Addend(node.inputs[1], False, node))
        return node.inputs[0]
    return None


def _flat(terms: list[Addend]) -> list[Addend]:
    """The terms, those that are sums themselves taken apart."""
    found: list[Addend] = []
    stack = list(reversed(terms))
    while stack:
        term = stack.pop()
        node = term.node
        if term.scattered is None and node.op in (add, sub) and all(s.ndim == node.ndim for s in node.inputs):
            first, second = node.inputs
            stack += [Addend(second, term.negative != (node.op is sub)), Addend(first, term.negative)]
        elif term.scattered is None and is_scatter_add(node) and not is_structural_zero(node.inputs[0]):
            if term.negative:
                found.append(term)
                continue
            stack += [Addend(node.inputs[1], False, node), Addend(node.inputs[0], False)]
        elif term.scattered is None and is_structural_zero(node):
            continue
        else:
            found.append(term)
    return found


def _sum(state: Node, terms: list[Addend]) -> Node:
    value = state
    for term in terms:
        if term.scattered is not None:
            value = Node.apply(term.scattered.op, [value, *term.scattered.inputs[1:]], term.scattered.params)
        else:
            value = (sub if term.negative else add)(value, term.node)
    return value


PUSH_OUT_REDUCTIONS = (push_out_reductions,)

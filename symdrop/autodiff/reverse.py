"""Reverse accumulation: the gradient as more nodes of the same graph.

Walk the nodes from the cost back to what is differentiated. Each node hands its cotangent
to its pullback, which hands one to every input; where several arrive, they add up. That
is all, but for one care: where a stability rule knows a better formula for a node (log of
a softmax, say), the cotangent is pulled through that formula instead. The user's nodes
stay what they are; only the way back is better.

Read next: gradient.py
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial, reduce
from operator import add
from typing import NamedTuple

from ..graph import Node, Origin, adopt, toposort
from ..op import LONGEST, ZERO, Control, Cotangent, KnownSizes, constant_scalar, convert, is_item
from ..ops.branches import ifelse
from ..ops.join import refine_shape, specify_shape
from ..rewrite import STABLE, RuleSet, Sinker
from ..types import cotangent_dtype, is_float

_STABLE = RuleSet(STABLE)


class Step(NamedTuple):
    """One node met on the walk back.

    Attributes:
        node: where the walk stands.
        arrived: what came from the users of its value; empty for a node of several values.
        cotangent: their sum, one per value where the node has several.
        rule: what hands it on: a pullback, or the stability rule whose better formula takes it over; "" for none.
        handed: which nodes receive what.
        inside: for an op with a body, the walk back through its body.
    """

    node: Node
    arrived: tuple[Node, ...]
    cotangent: Node | tuple[Cotangent, ...]
    rule: str
    handed: tuple[tuple[Node, Node], ...]
    inside: tuple[Step, ...] = ()


def pull_back(
    cotangents: Mapping[Node, Node],
    wrt: Collection[Node],
    constant: Collection[Node] = (),
    watch: Callable[[Step], None] | None = None,
) -> dict[Node, Node]:
    """The cotangents of ``wrt`` from cotangents of other nodes.

    Args:
        cotangents: a cotangent for every output, of the output's shape.
        wrt: the nodes whose cotangents are wanted.
        constant: nodes through which nothing is pulled back.
        watch: called for every node that has a cotangent, in the order of the walk.

    Returns:
        The cotangents that are not structurally zero.

    Source: Griewank and Walther, "Evaluating Derivatives", 2nd ed., SIAM 2008, chapter 3 (reverse mode).
    """
    walk = _Walk(wrt, constant, cotangents)
    adjoint: dict[Node, list[Node]] = {node: [g] for node, g in cotangents.items()}
    parts: dict[Node, dict[int, list[Node]]] = {}
    found: dict[Node, Node] = {}
    for node in reversed(walk.order):
        g: Node | tuple[Cotangent, ...] | None
        arrived = adjoint.pop(node, [])
        if node.items is None:
            g = _total(walk.as_large(arrived, node), node)
        else:
            g = _collect(parts.pop(node, {}), len(node.items))
        if g is None:
            continue
        rule = ""
        handed: list[tuple[Node, Node]] = []
        inside: list[Step] = []
        if isinstance(g, Node) and node in walk.wrt:
            found[node] = g
        if node in walk.better:
            assert isinstance(g, Node)
            better = walk.better[node]
            rule = walk.rules[node]
            handed.append((better, g))
        elif is_item(node):
            assert isinstance(g, Node)
            rule = "item"
            handed.append((node.inputs[0], g))
            parts.setdefault(node.inputs[0], {}).setdefault(node.params["index"], []).append(g)
        elif node.inputs and node in walk.active and node not in walk.constant:
            rule = f"{node.op.name}_pullback"
            for source, pulled in zip(node.inputs, _pull(node, g, inside if watch else None), strict=True):
                if isinstance(pulled, Node) and source in walk.active:
                    handed.append((source, pulled))
        if not is_item(node) or node in walk.better:
            for source, pulled in handed:
                adjoint.setdefault(source, []).append(pulled)
        if watch:
            watch(Step(node, tuple(arrived), g, rule, tuple(handed), tuple(inside)))
    return found


class _Walk:
    """The order of the walk, the nodes on it that matter, and the better formulas of some of them."""

    def __init__(self, wrt: Collection[Node], constant: Collection[Node], outputs: Collection[Node]) -> None:
        self.wrt = frozenset(wrt)
        self.constant = frozenset(constant)
        self.active: set[Node] = set()
        self.better: dict[Node, Node] = {}
        self.rules: dict[Node, str] = {}
        self.order: list[Node] = []
        # What lies behind a constant is out of sight for the rules as well.
        self._existing = frozenset(toposort(outputs, stop=self.constant.__contains__))
        self._barriers = self.wrt | self.constant | frozenset(outputs)
        self._sizes = KnownSizes(LONGEST)
        self._sink = Sinker(_STABLE, self._sizes, self._equal)
        self._visit(outputs)
        self._chooses = any(node.op is ifelse for node in self.order)

    def _visit(self, outputs: Collection[Node]) -> None:
        done: set[Node] = set()
        stack = [(output, False) for output in reversed(list(outputs))]
        while stack:
            node, ready = stack.pop()
            if ready:
                self._settle(node, stack)
            elif node not in done:
                done.add(node)
                stack.append((node, True))
                if node not in self.constant:
                    stack.extend((source, False) for source in reversed(node.inputs) if source not in done)

    def _settle(self, node: Node, stack: list[tuple[Node, bool]]) -> None:
        better = self.better.get(node)
        if better is None:
            if node in self.wrt or (node not in self.constant and any(s in self.active for s in node.inputs)):
                self.active.add(node)
                better = self._improve(node)
        elif better in self.active:
            self.order.append(node)
            return
        if better is None:
            self.order.append(node)
        else:
            # The better formula comes before the node in the order, so that it is met later on the way back.
            stack.append((node, True))
            stack.append((better, False))

    def as_large(self, arrived: list[Node], node: Node) -> list[Node]:
        """The accumulated cotangent of a node, declared to be as large as the node where that is not seen.

        A branch not taken sends back zeros as large as its value would be; if sizes do not fit there, that is another
        size than that of what gets them.
        """
        if not self._chooses or (len(arrived) < 2 and node not in self.wrt):
            return arrived
        return [self._as_large(g, node) if g.ndim == node.ndim else g for g in arrived]

    def _as_large(self, g: Node, node: Node) -> Node:
        pairs = list(zip(self._sizes(g), self._sizes(node), strict=True))
        unseen = {axis: size for axis, (own, size) in enumerate(pairs) if own is not size and own != size}
        if not unseen:
            return g
        made: Node = specify_shape(g, *unseen.values(), axes=tuple(unseen), label="a gradient is as large as its value")
        adopt(made, {g, *unseen.values()}.__contains__, node.lines, Origin("as large as its value", node))
        return made

    def _improve(self, node: Node) -> Node | None:
        if not any(source in self.active for source in node.inputs):
            return None
        fired = _STABLE.first(node, self._sizes, self._equal) or self._sink(node)
        if fired is None:
            return None
        rule, better, _ = fired
        adopt(better, self._existing.__contains__, node.lines, Origin(rule.name, node))
        self.better[node] = better
        self.rules[node] = rule.name
        return better

    def _equal(self, node: Node) -> Sequence[Node]:
        if node in self._barriers:
            return ()
        better = self.better.get(node)
        return (node,) if better is None else (node, better)


def _pull(node: Node, g: Node | tuple[Cotangent, ...], inside: list[Step] | None = None) -> tuple[Cotangent, ...]:
    """The cotangents of a node's inputs; the walk through a body is noted in ``inside``."""
    if isinstance(g, Node) and not is_float(node.dtype):
        g = convert(g, cotangent_dtype(node.dtype))
    if isinstance(node.op, Control):
        pulled = node.op.pull_control(node, g, pull_back if inside is None else partial(_noted, inside))
    else:
        pulled = node.op.pull(node, g)
    old = {node, *node.inputs, *(part for part in (g if isinstance(g, tuple) else (g,)) if isinstance(part, Node))}
    for cotangent in pulled:
        if isinstance(cotangent, Node):
            adopt(cotangent, old.__contains__, node.lines, Origin(f"{node.op.name}_pullback", node))
    return pulled


def _noted(steps: list[Step], cotangents: Mapping[Node, Node], wrt: Collection[Node]) -> dict[Node, Node]:
    """``pull_back``, recorded for ``explain``; of several walks through one body the last is the one that counts."""
    steps.clear()
    return pull_back(cotangents, wrt, watch=steps.append)


def _total(contributions: list[Node], node: Node) -> Node | None:
    """The sum of what arrived at a node, in the node's own float dtype and rank, and with its known sizes."""
    if not contributions:
        return None
    total = reduce(add, contributions)
    if is_float(node.dtype) and total.dtype != node.dtype:
        total = convert(total, node.dtype)
    if total.ndim > node.ndim and constant_scalar(node) is not None:
        # Literals stand unstretched in elementwise formulas.
        total = total.sum()
    if total.ndim == node.ndim:
        # A pullback may know less than the node: of x[:, None] @ y the rows of y, of which there must be one.
        total = refine_shape(total, node.type.shape)
    if total is not contributions[0]:
        adopt(total, set(contributions).__contains__, node.lines, Origin("sum of contributions", node))
    return total


def _collect(arrived: dict[int, list[Node]], count: int) -> tuple[Cotangent, ...] | None:
    """The cotangents of a node with several outputs, ZERO for those nobody used."""
    if not arrived:
        return None
    return tuple(reduce(add, arrived[index]) if index in arrived else ZERO for index in range(count))

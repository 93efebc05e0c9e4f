"""Linearization: the order in which derivatives are carried, and the formulas they are carried through.

Stability is part of the meaning: where a stability rule knows a better formula for a node
(the logarithm of a softmax, say), derivatives go through that formula instead. The user's
nodes stay what they are. So the linearization is a list of nodes, inputs first, in which
a better formula comes before the node that it replaces: forward mode reads the list from
the front, reverse mode from the back (Griewank and Walther, "Evaluating Derivatives", 2nd
ed., SIAM 2008, section 2.2, call it the evaluation trace).

Read next: accumulation.py
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..graph import Node, Origin, toposort
from ..op import LONGEST, KnownSizes
from ..op.provenance import adopt
from ..ops.barriers import disconnected_grad
from ..rewrite import STABLE, MovementSinking, RewriteRuleSet

_STABLE = RewriteRuleSet(STABLE)


class Linearization:
    """The nodes behind some outputs, inputs first, with better formulas for some of them.

    Args:
        outputs: the nodes that are differentiated.
        wrt: the nodes with respect to which.
        constant: nodes that nothing is differentiated through, and that no rule looks behind.
        opaque: further nodes that no rule looks behind, because derivatives are given there.

    Attributes:
        order: the nodes; a better formula comes before the node that it replaces.
        active: those that depend on ``wrt``, by a way on which nothing is held constant.
        better: the better formulas, by what they replace.
        rules: the names of the stability rules that found them.
        sizes: the known sizes.
    """

    def __init__(
        self,
        outputs: Collection[Node],
        wrt: Collection[Node],
        constant: Collection[Node] = (),
        opaque: Collection[Node] = (),
    ) -> None:
        self.wrt = frozenset(wrt)
        self.constant = frozenset(constant)
        self.order: list[Node] = []
        self.active: set[Node] = set()
        self.better: dict[Node, Node] = {}
        self.rules: dict[Node, str] = {}
        self.sizes = KnownSizes(LONGEST)
        self._opaque = self.wrt | self.constant | frozenset(opaque)
        self._existing = frozenset(toposort(outputs, stop=self.constant.__contains__))
        self._sink = MovementSinking(_STABLE, self.sizes, self._alternatives)
        self._visit(outputs)

    def _visit(self, outputs: Collection[Node]) -> None:
        """Put the nodes in order, depth first; a node stands in the stack again until all that it needs is placed."""
        done: set[Node] = set()
        stack = [(output, False) for output in reversed(list(outputs))]
        while stack:
            node, ready = stack.pop()
            if ready:
                better = self._replacement(node)
                if better is None or better in done:
                    self.order.append(node)
                else:
                    stack += (node, True), (better, False)
            elif node not in done:
                done.add(node)
                stack.append((node, True))
                if node not in self.constant:
                    stack.extend((source, False) for source in reversed(node.inputs) if source not in done)

    def _replacement(self, node: Node) -> Node | None:
        """The better formula of a node whose inputs are placed; it is looked for once."""
        if node not in self.better:
            held = node in self.constant or node.op is disconnected_grad
            depends = not held and not self.active.isdisjoint(node.inputs)
            if depends or node in self.wrt:
                self.active.add(node)
            if depends:
                self._improve(node)
        return self.better.get(node)

    def _improve(self, node: Node) -> None:
        fired = _STABLE.first(node, self.sizes, self._alternatives) or self._sink(node)
        if fired is not None:
            adopt(fired.node, self._existing.__contains__, node.lines, Origin(fired.rule.name, node))
            self.better[node], self.rules[node] = fired.node, fired.rule.name

    def _alternatives(self, node: Node) -> Sequence[Node]:
        """The nodes of equal value that a pattern may match instead of a node; none where it may not look."""
        if node in self._opaque:
            return ()
        return (node, self.better[node]) if node in self.better else (node,)

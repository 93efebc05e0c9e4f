"""The rewriter: rewrite rules are applied to a graph until none fires (a fixpoint), in time linear in its size.

Nodes are visited inputs first. A replacement is itself visited, so that what one rule
leaves another may take up; the results are remembered, equal nodes being one node.

Source: term rewriting to a normal form, F. Baader and T. Nipkow, "Term Rewriting and All That",
1998.

Read next: gemm.py
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ..errors import SymdropError
from ..graph import Graph, Node
from ..op import LONGEST, KnownSizes, check_replacement
from ..op.provenance import adopt
from .core.cse import ValueTable
from .core.predicates import as_sized
from .core.refinement import refined
from .core.rewrite_rule import Firing, RewriteRuleSet
from .core.subgraphs import in_subgraphs
from .stability.sinking import MovementSinking

# A chain of firings at one node longer than this means that rules undo each other.
_LONGEST_CHAIN = 1000


class RewriteLoopError(SymdropError, RuntimeError):
    """Rules that undo each other."""


class Rewriter:
    """One rewriting of nodes by a set of rules.

    Args:
        rules: what to apply.
        cse: whether common subexpressions are eliminated on the way.
        facts: leaves that have become known, and what they are.
        sunk: nodes that the sinking rules have been tried at, and in which no function can be sunk further.
    """

    def __init__(
        self,
        rules: RewriteRuleSet,
        cse: bool = True,
        facts: Mapping[Node, Node] | None = None,
        sunk: Collection[Node] = (),
    ) -> None:
        self.rules = rules
        self.sizes = KnownSizes(LONGEST)
        self.firings: list[Firing] = []
        self._sink = MovementSinking(rules.sinking, self.sizes) if rules.sinking else None
        self._sunk = sunk
        self._intern = ValueTable() if cse else None
        self._result: dict[Node, Node] = dict(facts or {})
        self._forward: dict[Node, Node] = {}
        self._steps: dict[Node, int] = {}

    def __call__(self, root: Node) -> Node:
        """The node that stands for a node."""
        self.visit([root])
        return self._result[root]

    def graph(self, graph: Graph) -> tuple[Graph, dict[Node, Node]]:
        """The graph with every node replaced by the one that stands for it, and these."""
        self.visit(graph.nodes())
        return graph.with_outputs([self._result[output] for output in graph.outputs]), self._result

    def visit(self, nodes: Sequence[Node]) -> None:
        """Find the nodes that stand for some nodes, which come inputs first."""
        result = self._result
        stack = [*reversed(nodes)]
        while stack:
            node = stack[-1]
            if node in result:
                stack.pop()
                continue
            pending = [source for source in node.inputs if source not in result]
            if pending:
                stack.extend(reversed(pending))
                continue
            following = self._forward.get(node)
            if following is None:
                following = self._step(node)
                if following is not node:
                    self._forward[node] = following
            if following is node:
                result[node] = node
            elif following in result:
                result[node] = result[following]
            else:
                steps = self._steps[following] = self._steps.get(node, 0) + 1
                if steps > _LONGEST_CHAIN:
                    rules = {firing.rule for firing in self.firings[-_LONGEST_CHAIN:]}
                    raise RewriteLoopError(f"rules undo each other at {node!r}: {', '.join(sorted(rules))}")
                stack.append(following)

    def _step(self, node: Node) -> Node:
        result = self._result
        current = refined(node, tuple([result[source] for source in node.inputs]))
        if current.op.kind == "control":
            current = in_subgraphs(current, self._rewritten, self.firings)
        if self._intern:
            current = self._intern(current)
        if current is not node:
            if current in result or current in self._forward or current.op.kind == "control":
                return current
            # Its inputs are final, so its own step is taken at once.
            following = self._replaced(current)
            known = result if following is current else self._forward
            known[current] = following
            return following
        return self._replaced(node)

    def _replaced(self, current: Node) -> Node:
        """The replacement of a node with final inputs by the first rule that fires; the node itself if none does."""
        if current in self._sunk:
            fired = self.rules.others.first(current, self.sizes)
        else:
            fired = self.rules.first(current, self.sizes)
            if fired is None and self._sink is not None:
                fired = self._sink(current)
        if fired is None:
            return current
        rule, replacement, _ = fired
        replacement = as_sized(replacement, current)
        check_replacement(replacement, current, f"rule {rule.name}")
        adopt(replacement, self._result.__contains__, current.lines, current.origin)
        self.firings.append(Firing(rule.name, current, replacement))
        return replacement

    def _rewritten(self, body: Graph) -> tuple[Graph, list[Firing]]:
        """A body rewritten by itself, its outputs known to have the sizes that they had."""
        inner = Rewriter(self.rules, self._intern is not None)
        outputs = [as_sized(inner(output), output) for output in body.outputs]
        return (body, []) if tuple(outputs) == body.outputs else (body.with_outputs(outputs), inner.firings)


def rewrite(
    graph: Graph,
    rules: RewriteRuleSet,
    cse: bool = True,
    facts: Mapping[Node, Node] | None = None,
    sunk: Collection[Node] = (),
) -> tuple[Graph, list[Firing]]:
    """The graph with rules applied until none fires, and the log of firings; the rest as of ``Rewriter``."""
    rewriter = Rewriter(rules, cse, facts, sunk)
    return rewriter.graph(graph)[0], rewriter.firings

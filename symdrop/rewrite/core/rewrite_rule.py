"""Rewrite rules: named replacements of one node by another of equal value.

A rule of a pattern (``rewrite_rule``) and one that looks at nodes itself (``node_rewrite_rule``) are tried alike.

Source: rewrite patterns and pattern sets as in MLIR, C. Lattner et al., arXiv:2002.11054, 2020.

Read next: cse.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ...errors import GraphTypeError, here, shown
from ...graph import Graph, Node
from ...op import LONGEST, KnownSizes, Sizes, lookup
from ...syntax import Operation, Term, hooks
from .pattern import Alternatives, Bound, OpTest, Pattern, Variable, itself
from .predicates import full, literal_value, may_be_literal

# Of each side of a firing when it is printed.
_WIDTH = 72


class Firing(NamedTuple):
    """One application of a rewrite rule."""

    rule: str
    before: Node
    after: Node

    def __str__(self) -> str:
        before, after = (hooks["formula"](node, width=_WIDTH) for node in (self.before, self.after))
        return f"{self.rule}: {before}  ->  {after}"


@dataclass(frozen=True, slots=True)
class RewriteRule:
    """A rewrite rule: a named replacement of a node.

    Attributes:
        name: the name of the function that builds the replacement; it is what the log of firings shows.
        summary: the first line of its documentation.
        roots: the ops at which it may fire; empty for all.
        suits: true of the ops at which it may fire, beside ``roots``; None for all.
        needs: tests of ops; some input of the node must have an op that passes, for every test, or it cannot fire.
        needs_of_all: a test of ops; every input of the node must have one that passes; None for all.
        pattern: what it replaces, or None for rules that look at the node themselves.
        build: for a pattern, called with what its variables stand for; otherwise with the node and the sizes.
            None means that the rule does not apply.
    """

    name: str
    summary: str
    roots: tuple[Operation, ...]
    suits: OpTest | None
    needs: tuple[OpTest, ...]
    needs_of_all: OpTest | None
    pattern: Pattern | None
    build: Callable[..., Node | None]

    def is_rooted_at(self, op: Operation) -> bool:
        """True if the rule may fire at some node of an op."""
        return (not self.roots or op in self.roots) and (self.suits is None or self.suits(op))

    def may_fire_above(self, input_ops: Sequence[Operation]) -> bool:
        """True if the rule may fire at a node whose inputs have these ops, if at one of the node's op at all."""
        if self.needs_of_all is not None and not all(map(self.needs_of_all, input_ops)):
            return False
        return all(any(map(need, input_ops)) for need in self.needs)

    def __call__(self, node: Node, sizes: Sizes, alternatives: Alternatives = itself) -> Fired | None:
        """The replacement of a node, or None if the rule does not apply."""
        if self.pattern is None:
            made = self.build(node, sizes)
            return None if made is None else Fired(self, made, {})
        for bound in self.pattern.match_root(node, {}, alternatives):
            replacement = self.build(**bound)
            if replacement is not None:
                return Fired(self, replacement, bound)
        return None

    @property
    def is_elementwise(self) -> bool:
        """True if the pattern consists of elementwise ops alone."""
        return self.pattern is not None and self.pattern.is_elementwise

    def __str__(self) -> str:
        return f"{self.name}: {self.summary if self.pattern is None else self.pattern}"


class Fired(NamedTuple):
    """The replacement that a rule makes of a node.

    Attributes:
        rule: the rule.
        node: the replacement.
        bound: what the variables of its pattern stand for.
    """

    rule: RewriteRule
    node: Node
    bound: Bound


def rewrite_rule(pattern: Term) -> Callable[[Callable[..., Any]], RewriteRule]:
    """Declare the rewrite rule of a pattern: what replaces it.

    Args:
        pattern: an expression over ``Variable``s.

    Raises:
        GraphTypeError: if it is none.

    Example:
        >>> from symdrop.ops.functions import exp, log
        >>> from symdrop.rewrite import Variable, rewrite_rule
        >>> x = Variable("x")
        >>> @rewrite_rule(log(exp(x)))
        ... def log_of_exp(x):
        ...     "The logarithm undoes the exponential."
        ...     return x
        >>> print(log_of_exp)
        log_of_exp: log(exp(x))
    """
    if not isinstance(pattern, Pattern):
        raise GraphTypeError(f"rewrite_rule: a pattern is an expression over Variables, not {shown(pattern)}{here()}")
    needs = tuple(one.may_be for one in pattern.inputs if not isinstance(one, Variable))
    return lambda build: RewriteRule(build.__name__, _summary(build), (pattern.op,), None, needs, None, pattern, build)


def node_rewrite_rule(
    *roots: Operation | str,
    suits: OpTest | None = None,
    some_input: OpTest | None = None,
    every_input: OpTest | None = None,
) -> Callable[[Callable[[Node, Sizes], Node | None]], RewriteRule]:
    """Declare a rewrite rule that looks at nodes itself.

    Args:
        *roots: the ops at which it may fire, or their names; none for all.
        suits: true of the ops at which it may fire, by what they declare.
        some_input: true of the ops of which some input must have one.
        every_input: true of the ops of which every input must have one. All three save looking elsewhere.

    Raises:
        ArgumentError: if no op has such a name.
    """
    ops = tuple(lookup(root) if isinstance(root, str) else root for root in roots)
    needs = () if some_input is None else (some_input,)
    return lambda build: RewriteRule(build.__name__, _summary(build), ops, suits, needs, every_input, None, build)


def _summary(build: Callable[..., Any]) -> str:
    return (build.__doc__ or "").strip()


class RewriteRuleSet:
    """Rewrite rules in order of priority.

    Args:
        rules: the rules.
        sinking: those of them whose functions are pushed through data movement; see sinking.py.

    Attributes:
        rules: the rules.
        sinking: a set of the latter, or None.
        others: a set of those that are not among them.
        interior: the ops that patterns have below their roots.
    """

    def __init__(self, rules: Iterable[RewriteRule], sinking: Iterable[RewriteRule] = ()) -> None:
        self.rules = tuple(rules)
        chosen = tuple(sinking)
        self.sinking = RewriteRuleSet(chosen) if chosen else None
        known = set(map(id, chosen))
        self.others = RewriteRuleSet([one for one in self.rules if id(one) not in known]) if chosen else self
        # The patterns of more than one op, each with those below its root, by the op at this.
        self._deep: dict[Operation, list[tuple[Pattern, frozenset[Operation]]]] = {}
        for pattern in (one.pattern for one in self.rules if one.pattern is not None):
            below = frozenset(pattern.interior_ops())
            if below:
                self._deep.setdefault(pattern.op, []).append((pattern, below))
        self.interior = frozenset().union(*(below for deep in self._deep.values() for _, below in deep))
        # Of those that may stand at a node without numbers among its inputs, as most nodes are.
        self._without_numbers = {
            op: self._wanted(op, lambda one: one.may_have([None] * len(one.inputs))) for op in self._deep
        }
        # Which rules to try, by the op of a node, and by those of its inputs too: few combinations occur in a process.
        self._rooted: dict[Operation, Sequence[RewriteRule]] = {}
        self._at: dict[tuple[Operation, ...], Sequence[RewriteRule]] = {}

    def at(self, op: Operation, *input_ops: Operation) -> Sequence[RewriteRule]:
        """The rules that may fire at a node of an op whose inputs have these ops, in order."""
        key = op, *input_ops
        found = self._at.get(key)
        if found is None:
            rooted = self.rooted_at(op)
            found = self._at[key] = [one for one in rooted if one.may_fire_above(input_ops)]
        return found

    def rooted_at(self, op: Operation) -> Sequence[RewriteRule]:
        """The rules that may fire at a node of an op, in order."""
        found = self._rooted.get(op)
        if found is None:
            found = self._rooted[op] = [one for one in self.rules if one.is_rooted_at(op)]
        return found

    def wanted(self, op: Operation, inputs: Iterable[Node] | None = None) -> frozenset[Operation]:
        """The ops that patterns with this op for a root have below it; if inputs are given, of patterns whose numbers
        stand where these have them."""
        if op not in self._deep:
            return frozenset()
        if inputs is None:
            return self._wanted(op, lambda one: True)
        numbers = [literal_value(x) if may_be_literal(x.op) else None for x in inputs]
        if all(number is None for number in numbers):
            return self._without_numbers[op]
        return self._wanted(op, lambda one: one.may_have(numbers))

    def _wanted(self, op: Operation, fits: Callable[[Pattern], bool]) -> frozenset[Operation]:
        return frozenset().union(*(below for one, below in self._deep.get(op, ()) if fits(one)))

    def fire_in(self, graph: Graph) -> bool:
        """True if one of the rules fires for some node of a graph as it is."""
        nodes, sizes = graph.nodes(), KnownSizes(LONGEST)
        rooted = {op for op in {node.op for node in nodes} if self.rooted_at(op)}
        return any(self.first(node, sizes) is not None for node in nodes if node.op in rooted)

    def first(self, node: Node, sizes: Sizes, alternatives: Alternatives = itself) -> Fired | None:
        """The replacement by the first rule that fires for the node."""
        if not self.rooted_at(node.op):
            return None
        inputs = node.inputs if alternatives is itself else _with_alternatives(node.inputs, alternatives)
        for candidate in self.at(node.op, *[source.op for source in inputs]):
            fired = candidate(node, sizes, alternatives)
            if fired is None:
                continue
            replacement: Node | None = fired.node
            if node.items is None and fired.node.ndim < node.ndim:
                # A literal stands for its value in every element.
                replacement = full(fired.node, node, sizes)
            if replacement is not None and replacement is not node:
                return fired._replace(node=replacement)
        return None


def _with_alternatives(nodes: Sequence[Node], alternatives: Alternatives) -> Sequence[Node]:
    return [equal for node in nodes for equal in (node, *alternatives(node))]

"""Rules: named replacements of one node by another of equal value.

Read next: merge.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..graph import Node
from ..op import Sizes
from .known import full
from .pattern import Alternatives, Pattern, itself


class Firing(NamedTuple):
    """One use of a rule."""

    rule: str
    before: Node
    after: Node

    def __str__(self) -> str:
        return f"{self.rule}: {self.before}  ->  {self.after}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A named replacement.

    Attributes:
        name: the name of the function that builds the replacement; it is what the log of firings shows.
        summary: the first line of its documentation.
        roots: names of the ops at which it may fire; empty for all.
        pattern: what it replaces, or None for rules that look at the node themselves.
        build: for a pattern, called with what its variables stand for; otherwise with the node and the sizes.
            None means that the rule does not apply.
    """

    name: str
    summary: str
    roots: tuple[str, ...]
    pattern: Pattern | None
    build: Callable[..., Node | None]

    def __call__(self, node: Node, sizes: Sizes, alternatives: Alternatives = itself) -> Node | None:
        """The replacement of a node, or None."""
        if self.pattern is None:
            return self.build(node, sizes)
        for bound in self.pattern.match_root(node, {}, alternatives):
            replacement = self.build(**bound)
            if replacement is not None:
                return replacement
        return None

    def __str__(self) -> str:
        return f"{self.name}: {self.pattern or self.summary}"


def rule(pattern: Pattern) -> Callable[[Callable[..., Any]], Rule]:
    """Declare what a pattern is replaced by.

    Args:
        pattern: an expression over ``Variable``s.

    Example:
        >>> from symdrop.ops.functions import exp, log
        >>> from symdrop.rewrite import Variable, rule
        >>> x = Variable("x")
        >>> @rule(log(exp(x)))
        ... def log_of_exp(x):
        ...     "The logarithm undoes the exponential."
        ...     return x
        >>> print(log_of_exp)
        log_of_exp: log(exp(x))
    """
    return lambda build: Rule(build.__name__, (build.__doc__ or "").strip(), pattern.root_ops(), pattern, build)


def node_rule(*roots: str) -> Callable[[Callable[[Node, Sizes], Node | None]], Rule]:
    """Declare a rule that looks at nodes of the ops ``roots`` (all ops if none) itself."""
    return lambda build: Rule(build.__name__, (build.__doc__ or "").strip(), roots, None, build)


class RuleSet:
    """Rules in order of priority, indexed by the op at which they may fire."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self._everywhere = [(i, r) for i, r in enumerate(self.rules) if not r.roots]
        self._at: dict[str, Sequence[Rule]] = {}

    def at(self, op_name: str) -> Sequence[Rule]:
        """The rules that may fire at nodes of an op, in order."""
        found = self._at.get(op_name)
        if found is None:
            here = [(i, r) for i, r in enumerate(self.rules) if op_name in r.roots]
            found = self._at[op_name] = [r for _, r in sorted(here + self._everywhere, key=lambda pair: pair[0])]
        return found

    def first(self, node: Node, sizes: Sizes, alternatives: Alternatives = itself) -> tuple[Rule, Node] | None:
        """The first rule that replaces the node, with the replacement."""
        for candidate in self.at(node.op.name):
            replacement = candidate(node, sizes, alternatives)
            if replacement is not None and replacement.ndim < node.ndim:
                # A literal stands for its value in every element.
                replacement = full(replacement, node, sizes)
            if replacement is not None and replacement is not node:
                return candidate, replacement
        return None

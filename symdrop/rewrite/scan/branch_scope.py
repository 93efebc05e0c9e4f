"""Scopes: the graph of one side of a branch while it is being built, and what stands in it for the values around it.

Read next: lazy_conditionals.py
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from ...graph import Node, rebuild
from ...op import Constant, is_dim
from ...ops.control_dependence import Either, Region, is_size
from ...ops.lengths import placeholder
from ...ops.views import broadcast, dimshuffle
from ...types import Shape


class Scope:
    """A graph that is being built: what the old nodes are in it.

    Args:
        portable: nodes of the old graph that can be computed anywhere.
        zeros: ``zeros(node, scope, shape)`` are the zeros that stand for a node that is not computed.
        outer: the scope around it, or None.
        held: the sides of conditions that are known in it.
        captured: for nodes of the scope around it what stands for them; shared by both sides of a branch.
        absent: what the other side of the branch computes.
    """

    def __init__(
        self,
        portable: Collection[Node],
        zeros: Callable[[Node, Scope, Shape], Node],
        outer: Scope | None,
        held: Mapping[Node | Either, int],
        captured: dict[Node, Node],
        absent: Collection[Node] = (),
    ) -> None:
        self.portable = portable
        self.zeros = zeros
        self.outer = outer
        self.held = held
        self.captured = captured
        self.absent = absent
        self.new: dict[Node, Node] = {}
        # Whether all of several outcomes are as given.
        self.guards: dict[Region, Node] = {}

    def has(self, node: Node) -> bool:
        """True if a node's value is computed here, or around here."""
        scope: Scope | None = self
        while scope is not None:
            if node in scope.new:
                return True
            scope = scope.outer
        return node.is_leaf

    def __call__(self, node: Node) -> Node:
        """The node that stands for an old node here."""
        if node in self.new or isinstance(node, Constant):
            return self.new.get(node, node)
        if node in self.absent:
            self.new[node] = self.zeros(node, self, node.type.shape)
        elif self.outer is None:
            self.new[node] = node if node.is_leaf else rebuild(node, [self(source) for source in node.inputs])
        elif not node.is_leaf and self._is_made_anew(node):
            self.new[node] = rebuild(node, [self(source) for source in node.inputs])
        else:
            value = self.outer(node)
            if value not in self.captured:
                self.captured[value] = placeholder(value, node.name)
            self.new[node] = self.captured[value]
        return self.new[node]

    def _is_made_anew(self, node: Node) -> bool:
        """True if a value is recomputed inside rather than captured: broadcasts and sizes, which rules see through."""
        return node in self.portable or (
            (is_cheap(node) or is_size(node) or not self.has(node)) and all(map(self.has, node.inputs))
        )


def is_cheap(node: Node) -> bool:
    """True if a node moves and computes nothing, and cannot fail."""
    if node.op is broadcast:
        return all(isinstance(size, Constant) or is_dim(size) for size in node.inputs[1:])
    return node.op is dimshuffle or is_dim(node)

"""Shape inference: every axis of every node as an int or an integer node.

Two axes are known to be equal when this analysis gives the same size for both. Rewrites
use it to keep sizes from holding values alive; back ends use it to know which loops
run over the same space and which checks can never fail.

Read next: guards.py
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Self

import numpy as np

from ..graph import Graph, Node, rebuild, substitution, toposort
from ..types import TensorType
from .base import Size, as_node, lookup
from .elementwise import Elementwise
from .leaves import Constant
from .shaped import View, is_dim

# Rewriting writes the sizes of slices into graphs if they take no more nodes than this: x[1:] does, x[i:j] does not.
LONGEST = 8


class KnownSizes:
    """Sizes of nodes, computed once each; ``sizes(node)`` is a tuple of ints and integer scalar nodes.

    For a node with several values it is a tuple of such tuples, None standing for a data-dependent size.

    Args:
        longest: the size of a slice that takes more nodes to compute is read from its value; None for no limit.
    """

    def __init__(self, longest: int | None = None) -> None:
        self._longest = longest
        self._known: dict[Node, Any] = {}
        self._equal = EqualSizes(self.canonical)
        self._inside: dict[Graph, Self] = {}

    def inside(self, body: Graph) -> Self:
        """The sizes of the nodes of a closed graph; those of the graphs inside it are computed once, too."""
        if body not in self._inside:
            known = self._inside[body] = type(self)()
            known._inside = self._inside
        return self._inside[body]

    def __call__(self, node: Node) -> tuple[Size, ...]:
        known: tuple[Size, ...] | None = self._known.get(node)
        if known is None:
            # Graphs are mostly asked about inputs first, and then only the node itself is new.
            is_known = self._known.__contains__
            for source in [node] if all(map(is_known, node.inputs)) else toposort([node], stop=is_known):
                if source not in self._known:
                    self._known[source] = known = self._compute(source)
            assert known is not None
        return known

    def _compute(self, node: Node) -> tuple[Any, ...]:
        if node.items is not None:
            several: Sequence[Any] = node.op.several_sizes(node, self)
            pairs = zip(node.items, several, strict=False)
            return tuple(tuple(self._merged(type, sizes)) for type, sizes in pairs)
        static = node.type.shape
        if None not in static:
            return tuple(size for size in static if size is not None)
        derived = node.op.output_sizes(node, self._known.__getitem__)
        for source in node.inputs:
            known: tuple[Size, ...] = self._known[source]
            if derived is known and source.type.shape == static:
                # The sizes of an input are representatives already.
                return known
        if self._longest is not None and isinstance(node.op, View) and node.op.bounded:
            derived = [None if self._is_long(size) else size for size in derived]
        merged = self._merged(node.type, derived)
        return tuple(self._own(node, axis) if size is None else size for axis, size in enumerate(merged))

    def _merged(self, type: TensorType, derived: Sequence[Size | None]) -> list[Size | None]:
        """The sizes that the type knows, or else those derived."""
        return [
            fixed if fixed is not None else self.canonical(size) if size is not None else None
            for fixed, size in zip(type.shape, derived, strict=True)
        ]

    def _is_long(self, size: Size | None) -> bool:
        if not isinstance(size, Node) or self._longest is None:
            return False
        return len(toposort([size], stop=lambda node: not isinstance(node.op, Elementwise))) > self._longest

    def _own(self, node: Node, axis: int) -> Node:
        return lookup("dim").make((node,), {"axis": axis})

    def canonical(self, size: Size) -> Size:
        """The representative of a size: an int if constant, the axis it was first the size of, or itself."""
        if isinstance(size, int):
            return size
        if isinstance(size, Constant):
            return int(size.item())
        if is_dim(size):
            known: tuple[Size, ...] | None = self._known.get(size.inputs[0])
            return size if known is None else known[size.params["axis"]]
        return size if size.is_leaf else self._equal(size)


def size_outside(size: Size, around: Mapping[Node, Node], fixed: Collection[Node]) -> Size | None:
    """A size inside a closed graph as one outside of it.

    Args:
        size: an int, or a node of the graph.
        around: for its inputs the nodes they stand for, or of which they are a row.
        fixed: those inputs whose values, too, are those of the nodes.

    Returns:
        An int, a node around the graph, or None if only running can tell.
    """
    if isinstance(size, int):
        return size
    found: dict[Node, Node] = {}
    for node in toposort([size], stop=is_dim):
        if is_dim(node):
            outer = around.get(node.inputs[0])
            if outer is None:
                return None
            axis = node.params["axis"] + outer.ndim - node.inputs[0].ndim
            found[node] = as_node(outer.shape[axis])
        elif node in fixed:
            found[node] = around[node]
        elif node.is_leaf and not isinstance(node, Constant):
            return None
    return substitution([size], found)[size]


class EqualSizes:
    """Computed sizes that are equal become one node.

    Args:
        canonical: gives the representative of an axis's size.
    """

    def __init__(self, canonical: Callable[[Size], Size]) -> None:
        self._canonical = canonical
        self._first: dict[Any, Node] = {}
        self._result: dict[Node, Node] = {}

    def __call__(self, size: Node) -> Node:
        """The first node that computes the same size from the same sizes."""
        if size not in self._result:
            for node in toposort([size], stop=self._is_known):
                self._result.setdefault(node, self._representative(node))
        return self._result[size]

    def _is_known(self, node: Node) -> bool:
        return node in self._result or not isinstance(node.op, Elementwise)

    def _representative(self, node: Node) -> Node:
        if isinstance(node, Constant):
            key: Any = "constant", *node.key()
        elif is_dim(node):
            size = self._canonical(node)
            if isinstance(size, Node):
                return size
            node = Constant(np.asarray(size, "int64"), weak=True, lines=())
            return self._representative(node)
        elif isinstance(node.op, Elementwise):
            node = rebuild(node, [self._result[source] for source in node.inputs])
            key = node.op, node.inputs, *sorted(node.params.items())
        else:
            return node
        return self._first.setdefault(key, node)

"""Shapes of all nodes of a graph as numbers, once those of its inputs are.

Read next: checks.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..graph import Node, describe, toposort
from ..op import INPUT, KnownSizes, SharedVariable, Size, evaluate_node, is_dim, leaf_value
from .numpy_maths import NUMPY

Shape = tuple[int, ...]
ShapeOf = Callable[[Node], Shape]


class KnownShapes:
    """The shapes of nodes for given shapes of the inputs; states have the shapes they have now.

    Args:
        given: the shapes of inputs.

    Example:
        >>> import symdrop.tensor as T
        >>> x = T.matrix("x")
        >>> KnownShapes({x: (3, 4)})(T.concatenate([x, x], axis=1).T)
        (8, 3)
    """

    def __init__(self, given: Mapping[Node, Shape]) -> None:
        self._given = dict(given)
        self._sizes = KnownSizes()
        self._values: dict[Node, Any] = {}

    def __call__(self, node: Node) -> Shape:
        """The shape of a node with one value.

        Raises:
            ArgumentError: if it depends on the value of an input.
        """
        return tuple(map(self.size, self._sizes(node)))

    def size(self, size: Size) -> int:
        """A size as a number."""
        if isinstance(size, int):
            return size
        for node in toposort([size], self._values.__contains__, self._sources):
            if node not in self._values:
                self._values[node] = self._value(node)
        return int(self._values[size])

    def _sources(self, node: Node) -> Sequence[Node]:
        if not is_dim(node):
            return node.inputs
        size = self._axis(node)
        return () if isinstance(size, int) or size is node else (size,)

    def _axis(self, node: Node) -> Size:
        sizes: tuple[Size, ...] = self._sizes(node.inputs[0])
        axis: int = node.params["axis"]
        return sizes[axis]

    def _value(self, node: Node) -> Any:
        if is_dim(node):
            size = self._axis(node)
            if size is not node:
                return self._values[size] if isinstance(size, Node) else np.asarray(size)
            return np.asarray(self._own_size(node.inputs[0], node.params["axis"]))
        if node.op is INPUT:
            raise ArgumentError(f"sizes are not known before a call: they depend on the value of {describe(node)}")
        if node.is_leaf:
            return leaf_value(node)
        return evaluate_node(node, NUMPY, [self._values[source] for source in node.inputs])

    def _own_size(self, owner: Node, axis: int) -> int:
        if owner in self._given:
            return self._given[owner][axis]
        if isinstance(owner, SharedVariable):
            return int(owner.container.read().shape[axis])
        raise ArgumentError(f"sizes are not known before a call: only computing tells the shape of {describe(owner)}")

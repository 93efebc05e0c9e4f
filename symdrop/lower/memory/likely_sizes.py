"""Likely sizes: the numbers that the sizes of a step are for given shapes of its inputs.

Code is right for all sizes; where a memory limit says for which it is to be good, memory is laid out by these.

Source: memory planned by upper bounds of symbolic sizes, R. Lai et al., "Relax: composable abstractions for end-to-end
dynamic machine learning", ASPLOS 2025.

Read next: buffer_assignment.py
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...graph import Node
from ...op import Elementwise, Size, evaluate_node, is_dim
from ...ops.known_shapes import KnownShapes, Shape
from ...ops.numpy_maths import NUMPY
from ..ir.frame import FrameLayout


class LikelySizes:
    """The sizes of a step as numbers.

    Args:
        memory: the layout of its frame, which knows which sizes are equal.
        given: the shapes of the step's inputs.
    """

    def __init__(self, memory: FrameLayout, given: Mapping[Node, Shape]) -> None:
        self._memory = memory
        self._shapes = KnownShapes(given)
        self._known: dict[Node, Any] = {}

    def __call__(self, size: Size) -> int:
        """A size as a number."""
        size = self._memory.find(size)
        if isinstance(size, int):
            return size
        for node in self._memory.definition(size, self._known):
            if node not in self._known:
                self._known[node] = self._value(node)
        return int(self._known[size])

    def _value(self, node: Node) -> Any:
        if node in self._memory.aliases:
            return self._known[self._memory.aliases[node]]
        if is_dim(node):
            size = self._memory.find(self._memory.exact_sizes(node.inputs[0])[node.params["axis"]])
            if size is node:
                return self._shapes.size(node)
            return self._known[size] if isinstance(size, Node) else size
        if isinstance(node.op, Elementwise):
            return evaluate_node(node, NUMPY, [np.asarray(self._known[source]) for source in node.inputs])
        return self._shapes.size(node)

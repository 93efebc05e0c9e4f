"""What is known about sizes: every axis of every node as an int or an integer node.

Two axes are known to be equal when this analysis gives the same size for both. Rewrites
use it to keep sizes from holding values alive; back ends use it to know which loops
run over the same space and which checks can never fail.

Read next: known.py
"""

from __future__ import annotations

from ..graph import Node, toposort
from ..op import Constant, Size, lookup


class KnownSizes:
    """Sizes of nodes, computed once each; ``sizes(node)`` is a tuple of ints and integer scalar nodes."""

    def __init__(self) -> None:
        self._known: dict[Node, tuple[Size, ...]] = {}

    def __call__(self, node: Node) -> tuple[Size, ...]:
        known = self._known.get(node)
        if known is None:
            for source in toposort([node], stop=self._known.__contains__):
                if source not in self._known:
                    self._known[source] = known = self._compute(source)
            assert known is not None
        return known

    def _compute(self, node: Node) -> tuple[Size, ...]:
        if node.items is not None:
            return ()
        static = node.type.shape
        if None not in static:
            return tuple(size for size in static if size is not None)
        derived = node.op.output_sizes(node, self._known.__getitem__)
        return tuple(
            fixed if fixed is not None else self.canonical(size) if size is not None else self._own(node, axis)
            for axis, (fixed, size) in enumerate(zip(static, derived, strict=True))
        )

    def _own(self, node: Node, axis: int) -> Node:
        made: Node = lookup("dim")(node, axis=axis)
        return made

    def canonical(self, size: Size) -> Size:
        """The representative of a size: an int if constant, the axis it was first the size of, or itself."""
        if isinstance(size, Constant):
            return int(size.item())
        if isinstance(size, Node) and size.op.name == "dim" and size.inputs[0] in self._known:
            axis: int = size.params["axis"]
            return self._known[size.inputs[0]][axis]
        return size

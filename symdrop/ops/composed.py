"""Composed ops: a formula of functions that are ops, run over nodes, gives the nodes that the op consists of.

Read next: vectorized.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..graph import Node
from ..op import Op, as_node, convert, registry
from .logic import cast
from .reduce import keep


class UnknownFunction(Exception):
    """A formula asks for a function that is no op."""


class NodeMaths:
    """A maths namespace over nodes, with as much of NumPy as formulas of rows use."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        op = registry.get(_NAMES.get(name, name))
        if op is None:
            raise UnknownFunction(name)

        def call(x: Any, *others: Any, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
            if axis is None:
                return op(x, *others)
            axes = tuple(sorted(i % x.ndim for i in ((axis,) if isinstance(axis, int) else axis)))
            reduced = op(x, axis=axes)
            return keep(reduced, axes) if keepdims else reduced

        return call

    def zeros_like(self, x: Node) -> Any:
        """Zeros; a scalar, which stretches by itself."""
        return cast(0.0, dtype=x.dtype)

    def squeeze(self, x: Node, axis: Any) -> Any:
        """x without axes of size 1."""
        dropped = {i % x.ndim for i in ((axis,) if isinstance(axis, int) else axis)}
        return x.dimshuffle(*(i for i in range(x.ndim) if i not in dropped))


# NumPy's names of ops that have another one here.
_NAMES = {"subtract": "sub", "multiply": "mul", "true_divide": "true_div", "absolute": "abs"}


def composition(node: Node) -> Node | None:
    """The nodes that an op's formula gives of nodes; None if it asks for something that is no op."""
    assert isinstance(node.op, Op)
    try:
        made = node.op.formula(NodeMaths(), *node.inputs, **node.params)
    except UnknownFunction:
        return None
    return convert(as_node(made), node.dtype)

"""``expr.eval({x: value})``: compile, call once, forget.

Read next: node_costs.py
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import GraphTypeError, shown
from ..graph import Node, toposort
from ..op import INPUT
from .compile import function


def eval_expression(
    expression: Node, values: Mapping[Any, Any], training: bool | None = None, flags: Mapping[Any, bool] | None = None
) -> Any:
    """The value of an expression; states are read but not changed, so random streams do not advance.

    Args:
        expression: any node.
        values: arrays by input variable (or by the name of one).
        training: as in ``function``.
        flags: as in ``function``.

    Returns:
        A NumPy array.

    Raises:
        GraphTypeError: if a key is not a variable of the expression.

    Example:
        >>> import symdrop.tensor as T
        >>> x = T.vector("x")
        >>> (x * 2).eval({x: [1.0, 2.0]}).tolist(), (x * 2).eval({"x": [3.0]}).tolist()
        ([2.0, 4.0], [6.0])
    """
    if not isinstance(values, Mapping):
        raise GraphTypeError(f"eval takes a dictionary {{variable: value}}, not {shown(values)}")
    inputs = [key if isinstance(key, Node) else _named(expression, key) for key in values]
    compiled = function(
        inputs,
        expression,
        training=training,
        flags=flags,
        no_default_updates=True,
        on_unused_input="ignore",
        name="eval",
    )
    return compiled(*values.values())


def _named(expression: Node, name: Any) -> Node:
    for node in toposort([expression]):
        if node.name == name and node.op is INPUT:
            return node
    raise GraphTypeError(f"eval: the expression has no input called {shown(name)}")

"""Stopping gradients: values held constant, and gradients limited on their way back.

Read next: forward.py
"""

from __future__ import annotations

from typing import Any

from ..binding import fits, public
from ..errors import ArgumentError, GraphTypeError, here, shown
from ..graph import Node
from ..ops import barriers as ops


@public
def disconnected_grad(x: Any) -> Node:
    """x held constant: no gradient flows through it.

    Args:
        x: a variable of any shape.

    Returns:
        A node of x's type. A gradient with respect to something that the cost depends on only through it is
        disconnected.

    Raises:
        GraphTypeError: if x cannot stand in an expression.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.dscalar("x")
        >>> float(sd.grad(x * sd.disconnected_grad(x), x).eval({x: 3.0}))
        3.0
    """
    return ops.disconnected_grad(x)


@public
def zero_grad(x: Any) -> Node:
    """x held constant: the gradient through it is zeros.

    Args:
        x: a variable of any shape.

    Returns:
        A node of x's type. A gradient with respect to something that the cost depends on only through it is zeros.

    Raises:
        GraphTypeError: if x cannot stand in an expression.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.dscalar("x")
        >>> float(sd.grad(sd.zero_grad(x) ** 2, x).eval({x: 3.0}))
        0.0
    """
    return ops.zero_grad(x)


# JAX's name.
stop_gradient = zero_grad


@public
def grad_clip(x: Any, low: float, high: float) -> Node:
    """x whose gradient is limited to [low, high], element by element, on the way back.

    Args:
        x: a variable of any shape.
        low: the least gradient that passes.
        high: the greatest gradient that passes.

    Returns:
        A node of x's type and value.

    Raises:
        ArgumentError: unless low <= high.

    Source: Graves, "Generating sequences with recurrent neural networks", 2013, section 2.1.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.dscalar("x")
        >>> float(sd.grad(sd.grad_clip(x, -1, 1) * 5, x).eval({x: 3.0}))
        1.0
    """
    for name, bound in (("low", low), ("high", high)):
        if not fits(bound, float):
            raise GraphTypeError(f"grad_clip: {name} is a number, not {shown(bound)}{here()}")
    if not low <= high:
        raise ArgumentError(f"grad_clip: low={shown(low)} must not exceed high={shown(high)}{here()}")
    return ops.grad_clip(x, low=float(low), high=float(high))

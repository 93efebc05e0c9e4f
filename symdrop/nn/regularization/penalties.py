"""Penalties: norms of parameters that are added to a loss.

Read next: max_norm.py
"""

from __future__ import annotations

from typing import Any

from ... import tensor as T
from ...binding import public
from ...graph import Node
from ...optim.transformations import parameters_in


@public
def l1_penalty(parameters: Any, rate: Any) -> Node:
    """The sum of absolute values of parameters, times a rate: it makes weights 0.

    Args:
        parameters: a shared variable, or a list, tuple or dict of them; biases are usually left out.
        rate: a number or a scalar.

    Returns:
        A scalar, to be added to the loss.

    Raises:
        GraphTypeError: if a parameter is no shared variable of floats.
        ArgumentError: if there are none, or one occurs twice.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> float(sd.nn.l1_penalty(sd.shared(np.array([1.0, -2.0])), 0.5).eval())
        1.5
    """
    return _total([T.sum(T.abs(one)) for one in parameters_in(parameters)], rate)


@public
def l2_penalty(parameters: Any, rate: Any) -> Node:
    """The sum of squares of parameters, times a rate: it makes weights small.

    Its gradient is ``2 * rate * W``: half the rate gives what other libraries call weight decay. Decoupled weight decay
    is ``sd.optim.add_decayed_weights``.

    Args:
        parameters: a shared variable, or a list, tuple or dict of them; biases are usually left out.
        rate: a number or a scalar.

    Returns:
        A scalar, to be added to the loss.

    Raises:
        GraphTypeError: if a parameter is no shared variable of floats.
        ArgumentError: if there are none, or one occurs twice.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> float(sd.nn.l2_penalty(sd.shared(np.array([1.0, -2.0])), 0.5).eval())
        2.5
    """
    return _total([T.sum(T.sqr(one)) for one in parameters_in(parameters)], rate)


def _total(sums: list[Node], rate: Any) -> Node:
    total = sum(sums[1:], sums[0])
    return T.cast(T.as_tensor_variable(rate), total.dtype) * total


__all__ = ["l1_penalty", "l2_penalty"]

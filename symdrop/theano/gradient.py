"""``theano.gradient``: gradients, with Theano's arguments in Theano's order.

Read next: printing.py
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .. import autodiff as engine
from ..autodiff import Lop, disconnected_grad, hessian, jacobian, zero_grad
from ..autodiff import Rop as engine_Rop
from ..binding import public
from ..errors import ArgumentError, DisconnectedInputError, here, shown
from ..graph import Node
from ..inspect.check import GradientError
from ..tensor import zeros_like as engine_zeros_like
from ..types import is_float
from .missing import missing_name
from .numeric import verify_grad
from .settings import config


@public
def grad(
    cost: Node | None,
    wrt: Any,
    consider_constant: Iterable[Node] | None = None,
    disconnected_inputs: str = "raise",
    add_names: bool = True,
    known_grads: Any = None,
    return_disconnected: str = "zero",
    null_gradients: str = "raise",
) -> Any:
    """The gradient of a scalar cost; ``sd.grad`` with Theano's arguments in Theano's order.

    Args:
        cost, wrt, consider_constant, disconnected_inputs: as of ``sd.grad``.
        known_grads: gradients taken as given: a dict or list of pairs.
        return_disconnected: must be "zero".
        add_names, null_gradients: accepted; they change nothing.

    Returns:
        For a variable a variable, for a list a list, for a tuple a tuple. Zeros if the cost is no float.

    Raises:
        GraphTypeError, DisconnectedInputError: as ``sd.grad``.
        ArgumentError: for another ``return_disconnected``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.scalar("x")
        >>> float(T.grad(x**3, x).eval({x: 2.0}))
        12.0
    """
    if return_disconnected != "zero":
        raise ArgumentError(
            f"grad: return_disconnected={shown(return_disconnected)} is not supported, only 'zero'{here()}"
        )
    if isinstance(cost, Node) and not is_float(cost.dtype):
        zeros = [
            engine_zeros_like(one).astype(config.floatX) for one in (wrt if isinstance(wrt, list | tuple) else [wrt])
        ]
        return type(wrt)(zeros) if isinstance(wrt, list | tuple) else zeros[0]
    return engine.grad(
        cost,
        wrt,
        consider_constant=consider_constant,
        disconnected_inputs=disconnected_inputs,
        known_grads=None if known_grads is None else dict(known_grads),
    )


@public
def Rop(
    f: Any, wrt: Any, eval_points: Any, disconnected_outputs: str = "raise", return_disconnected: str = "zero"
) -> Any:
    """The product of the Jacobian of f with a vector.

    Args:
        f, wrt, eval_points: as of ``sd.Rop``.
        disconnected_outputs, return_disconnected: accepted; they change nothing.

    Returns:
        As ``sd.Rop``.

    Raises:
        GraphTypeError, ArgumentError: as ``sd.Rop``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x, v = T.vectors("x", "v")
        >>> T.Rop(x**2, x, v).eval({x: [1.0, 2.0], v: [1.0, 10.0]}).tolist()
        [2.0, 40.0]
    """
    return engine_Rop(f, wrt, eval_points)


# In Theano the two differ in what they tell other ops; the gradient is nothing in both.
consider_constant = zero_grad


@public
def grad_clip(x: Any, lower_bound: float, upper_bound: float) -> Node:
    """x whose gradient is limited to [lower_bound, upper_bound] on the way back.

    Args:
        x: a variable of any shape.
        lower_bound: the least gradient that passes.
        upper_bound: the greatest gradient that passes.

    Returns:
        A variable of x's type and value.

    Raises:
        ArgumentError: unless ``lower_bound <= upper_bound``.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> x = T.scalar("x")
        >>> float(T.grad(theano.gradient.grad_clip(x, -1, 1) * 5, x).eval({x: 3.0}))
        1.0
    """
    return engine.grad_clip(x, lower_bound, upper_bound)


__all__ = [
    "DisconnectedInputError", "GradientError", "Lop", "Rop", "consider_constant", "disconnected_grad", "grad",
    "grad_clip", "hessian", "jacobian", "verify_grad", "zero_grad",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.gradient", name, __all__)

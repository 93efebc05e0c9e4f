"""``theano.gradient``: gradients, with Theano's arguments in Theano's order.

Read next: printed.py
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from .. import autodiff as engine
from ..autodiff import Lop, disconnected_grad, hessian, jacobian, zero_grad
from ..autodiff import Rop as engine_Rop
from ..binding import public
from ..errors import ArgumentError, DisconnectedInputError, here, shown
from ..graph import Node
from ..inspect.check import GradientError
from ..op import as_node
from ..ops.barriers import disconnected_grad as disconnected_op
from ..tensor import zeros_like as engine_zeros_like
from ..types import is_float
from .markers import DisconnectedType, NullType, grad_not_implemented, grad_undefined
from .missing import missing_name
from .numeric import verify_grad
from .settings import config
from .variable import Variable


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
        known_grads: gradients taken as given, whatever else the cost would add to them: a dict or list of pairs.
        return_disconnected: "zero", or "None" for None in the place of a variable that the cost does not depend on.
        add_names: whether a gradient without a name is called "(dcost/dx)".
        null_gradients: accepted; it changes nothing.

    Returns:
        For a variable a variable, for a list a list, for a tuple a tuple. Zeros if the cost is no float, or depends
        on a variable only by way of steps such as ``floor`` and ``sgn``.

    Raises:
        GraphTypeError, DisconnectedInputError: as ``sd.grad``.
        ArgumentError: for another ``return_disconnected``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.scalar("x")
        >>> float(T.grad(x**3, x).eval({x: 2.0}))
        12.0
    """
    if return_disconnected not in ("zero", "None"):
        raise ArgumentError(
            f"grad: return_disconnected={shown(return_disconnected)} is not supported, only 'zero' and 'None'{here()}"
        )
    if isinstance(cost, Node) and not is_float(cost.dtype):
        zeros = [
            engine_zeros_like(one).astype(config.floatX) for one in (wrt if isinstance(wrt, list | tuple) else [wrt])
        ]
        return type(wrt)(zeros) if isinstance(wrt, list | tuple) else zeros[0]
    several = list(wrt) if isinstance(wrt, list | tuple) else [wrt]
    known, constants = dict(known_grads or {}), list(consider_constant or ())
    starts = [_Start(None, known, constants)] if known else []
    if cost is not None:
        starts.append(_Start(cost, {}, [*constants, *known]))
    if not starts:
        return engine.grad(cost, wrt)
    if return_disconnected == "None":
        made: list[Any] = [_or_none(starts, one) for one in several]
    else:
        made = _gradients(starts, several, disconnected_inputs)
    for g in made if not add_names else ():
        if g is not None and (g.name or "").startswith("(d"):
            g.name = None
    _remember(made, cost)
    return type(wrt)(made) if isinstance(wrt, list | tuple) else made[0]


class _Start(NamedTuple):
    """Start of reverse accumulation: a cost, or gradients that are known, and the nodes that it stops at."""

    cost: Node | None
    known: dict[Node, Any]
    constants: list[Node]

    def gradients(self, wrt: list[Node], reaction: str) -> list[Node]:
        """The gradients; ``reaction`` to what is disconnected is as of ``sd.grad``."""
        known = self.known or None
        made: list[Node] = engine.grad(
            self.cost, wrt, consider_constant=self.constants, disconnected_inputs=reaction, known_grads=known
        )
        return made

    def floats(self) -> set[Node]:
        """Nodes that floats alone lead to from here: by way of steps, too, whose derivative in Theano is zero."""
        stop, seen = {*self.constants}, set[Node]()
        ahead = [*self.known] if self.cost is None else [self.cost]
        while ahead:
            node = ahead.pop()
            if node not in seen:
                seen.add(node)
                if node not in stop and node.op is not disconnected_op:
                    ahead += [one for one in node.inputs if one.items is not None or is_float(one.dtype)]
        return seen


def _gradients(starts: list[_Start], wrt: list[Node], reaction: str) -> list[Node]:
    """The sums over all starts; ``reaction`` to what none of them depends on is as of ``sd.grad``."""
    if len(starts) == 1:
        try:
            return starts[0].gradients(wrt, reaction)
        except DisconnectedInputError:
            if not {*wrt} <= starts[0].floats():
                raise
    elif lost := [] if reaction == "ignore" else [one for one in wrt if not any(one in s.floats() for s in starts)]:
        starts[-1].gradients(lost, reaction)
    parts = [start.gradients(wrt, "ignore") for start in starts]
    return parts[0] if len(parts) == 1 else [a + b for a, b in zip(*parts, strict=True)]


def _or_none(starts: list[_Start], variable: Node) -> Node | None:
    """The gradient, or None where nothing depends on the variable."""
    try:
        return _gradients(starts, [variable], "raise")[0]
    except DisconnectedInputError:
        return None


def _remember(gradients: list[Any], cost: Node | None) -> None:
    """Let gradients know their cost, of which all inputs count as used where they are."""
    for one in gradients:
        if isinstance(one, Variable) and cost is not None:
            one.belongs_to(cost)


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


@public
def grad_scale(x: Any, multiplier: float) -> Node:
    """x whose gradient is multiplied by a number on the way back.

    Args:
        x: a variable of any shape.
        multiplier: the number.

    Returns:
        A variable of x's type, and of its value where that is finite.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> x = T.scalar("x")
        >>> float(T.grad(theano.gradient.grad_scale(x, 3) ** 2, x).eval({x: 2.0}))
        12.0
    """
    # What is added is zero, and x's gradient with a factor passes through it.
    kept = zero_grad(x)
    made: Node = kept + as_node(multiplier) * (x - kept)
    return made


__all__ = [
    "DisconnectedInputError", "DisconnectedType", "GradientError", "Lop", "NullType", "Rop", "consider_constant",
    "disconnected_grad", "grad", "grad_clip", "grad_not_implemented", "grad_scale", "grad_undefined", "hessian",
    "jacobian", "verify_grad", "zero_grad",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.gradient", name, __all__)

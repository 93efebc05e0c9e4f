"""``theano.gradient``: gradients, with Theano's arguments in Theano's order.

Read next: presented.py
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from .. import autodiff as engine
from ..autodiff import disconnected_grad, zero_grad
from ..binding import public
from ..errors import ArgumentError, DisconnectedInputError, GraphTypeError, NotDifferentiableError, here, shown
from ..graph import Node, describe, toposort
from ..inspect.check import GradientError
from ..op import INPUT, Constant, as_node
from ..ops import barriers
from ..ops.join import undeclared
from ..ops.scan import scan
from ..tensor import ones_like as engine_ones_like
from ..tensor import zeros_like as engine_zeros_like
from ..types import is_float
from .connections import connected
from .dtypes import variable
from .jacobians import Lop, Rop, behind_floats, hessian, jacobian
from .markers import DisconnectedType, Mark, NullType, grad_not_implemented, grad_undefined
from .missing import missing_name
from .numeric import verify_grad
from .settings import config
from .variable import Variable, spoken

# What an op without a derivative is refused by.
NullTypeGradError = NotDifferentiableError


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
        return_disconnected: what stands in the place of a variable that the cost does not depend on, unless that is
            an error: "zero", "None" for None, or "Disconnected" for a mark of type ``DisconnectedType``.
        add_names: whether a gradient without a name is called "(dcost/dx)".
        null_gradients: "raise", or "return" for a mark of type ``NullType`` in the place of a gradient that is
            not defined.

    Returns:
        For a variable a variable, for a list a list, for a tuple a tuple. Zeros if the cost is no float, or depends
        on a variable only by way of steps such as ``floor`` and ``sgn``.

    Raises:
        GraphTypeError, DisconnectedInputError, NotDifferentiableError: as ``sd.grad``.
        ArgumentError: for another ``return_disconnected``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.scalar("x")
        >>> float(T.grad(x**3, x).eval({x: 2.0}))
        12.0
    """
    if return_disconnected not in _ABSENT:
        given, expected = shown(return_disconnected), ", ".join(map(repr, _ABSENT))
        raise ArgumentError(f"grad: return_disconnected={given}: expected one of {expected}{here()}")
    several = list(wrt) if isinstance(wrt, list | tuple) else [wrt]
    stands = _in_other_dtypes(cost, several)
    if stands:
        options = consider_constant, disconnected_inputs, False, known_grads, return_disconnected, null_gradients
        read = [*dict.fromkeys(part for one in several for part in stands.get(one, [one]))]
        found = dict(zip(read, grad(cost, read, *options), strict=True))
        return _formed(wrt, [_sum([found[part] for part in stands.get(one, [one])], one) for one in several])
    known, cut = _known(known_grads)
    if isinstance(cost, Node) and not is_float(cost.dtype):
        return _formed(wrt, _of_integers(cost, several, cost in cut and disconnected_inputs))
    constants = [*(consider_constant or ()), *cut]
    starts = [_Start(None, known, constants)] if known else []
    if cost is not None:
        starts.append(_Start(cost, {}, [*constants, *known]))
    if not starts:
        return engine.grad(cost, wrt)
    absent, returns_null = _ABSENT[return_disconnected], null_gradients == "return"
    if absent is None and not returns_null:
        made: list[Any] = _gradients(starts, several, disconnected_inputs)
    else:
        made = [_gradient_or_mark(starts, one, disconnected_inputs, absent, returns_null) for one in several]
    for g in made if not add_names else ():
        if g is not None and (g.name or "").startswith("(d"):
            g.name = None
    # A constant of the engine's may stand in many graphs; the one that is given knows its cost.
    if cost is not None and not known and disconnected_inputs == "raise" and absent is None:
        _check_connected(cost, several)
    made = [spoken(g) if isinstance(g, Constant) else _itself(g) for g in made]
    _remember(made, cost)
    return _formed(wrt, made)


def _in_other_dtypes(cost: Node | None, wrt: Iterable[Node]) -> dict[Node, list[Node]]:
    """For the constants that a graph holds in another dtype: all constants of it that stand for each."""
    constants = [one for one in wrt if isinstance(one, Constant)]
    if cost is None or not constants:
        return {}
    held = [node for node in toposort([cost]) if isinstance(node, Constant)]
    found: dict[Node, list[Node]] = {one: [part for part in held if one in _sources(part)] for one in constants}
    return {one: parts for one, parts in found.items() if parts not in ([], [one])}


def _sources(constant: Constant | None) -> list[Constant]:
    """A constant and those that it was converted from."""
    found = []
    while constant is not None:
        found.append(constant)
        constant = constant.source
    return found


def _sum(gradients: list[Any], like: Node) -> Any:
    """The sum of the gradients by what stands for one constant, zeros of integers; a mark or None stays itself."""
    nodes = [one for one in gradients if isinstance(one, Node)]
    made = sum(nodes[1:], nodes[0]) if nodes else gradients[0]
    if nodes and not is_float(like.dtype):
        return engine_zeros_like(like).astype(config.floatX)
    return made.astype(like.dtype) if nodes else made


def _check_connected(cost: Node, wrt: Iterable[Node]) -> None:
    """Refuse a variable that reaches a cost only as a state of a loop that no step reads."""
    if not any(node.op is scan for node in toposort([cost])):
        return
    found = connected(cost)
    for one in wrt:
        if one not in found:
            raise DisconnectedInputError(
                f"{describe(cost)} does not depend on {describe(one)}: no step of the loop reads it; "
                f"disconnected_inputs='ignore' takes its gradient as zeros{here()}"
            )


# What makes the answer for a variable that a cost does not depend on; None leaves it to the engine.
_ABSENT: Mapping[str, Callable[[], Any] | None] = {
    "zero": None, "None": lambda: None, "Disconnected": lambda: DisconnectedType()(),
}  # fmt: skip


def _known(given: Any) -> tuple[dict[Node, Any], list[Node]]:
    """Gradients that are known, and the nodes of which it is known that nothing depends on them."""
    known, cut = {}, []
    for node, g in dict(given or {}).items():
        if isinstance(g, Mark) and isinstance(g.type, NullType):
            raise NotDifferentiableError(f"the known gradient of {describe(node)} is not defined{here()}")
        if isinstance(g, Mark):
            cut.append(node)
        else:
            # What has fewer axes holds for every element.
            value = variable(g)
            known[node] = value if value.ndim >= node.ndim else value + engine_zeros_like(node)
    return known, cut


def _of_integers(cost: Node, wrt: list[Node], reaction: Any) -> list[Any]:
    """The gradients of a cost that is no float; a ``reaction`` where it counts for nothing in what is to be known."""
    if cost.ndim:
        raise GraphTypeError(f"the cost must be a scalar, but {describe(cost)} has axes{here()}")
    if reaction == "raise":
        raise DisconnectedInputError(f"what is computed does not depend on {describe(cost)}, nor on its inputs{here()}")
    return [
        (engine_ones_like if one is cost and not reaction else engine_zeros_like)(one).astype(config.floatX)
        for one in wrt
    ]


def _itself(g: Any) -> Any:
    """A gradient; of an input that a script's op gives as such the input, as scripts compare by ``is``."""
    below = undeclared(g)[0] if isinstance(g, Node) else g
    return below if isinstance(below, Node) and below.op is INPUT else g


def _formed(wrt: Any, made: list[Any]) -> Any:
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
        return behind_floats([*self.known] if self.cost is None else [self.cost], {*self.constants})


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


def _gradient_or_mark(
    starts: list[_Start], variable: Node, reaction: str, absent: Callable[[], Any] | None, returns_null: bool
) -> Any:
    """The gradient, or what stands for one that is disconnected or not defined."""
    try:
        return _gradients(starts, [variable], "raise" if absent else reaction)[0]
    except DisconnectedInputError as error:
        if absent is None or reaction == "raise":
            raise
        if reaction == "warn":
            warnings.warn(str(error), stacklevel=3)
        return absent()
    except NotDifferentiableError as error:
        if not returns_null:
            raise
        return NullType(str(error))()


def _remember(gradients: list[Any], cost: Node | None) -> None:
    """Let gradients know their cost, of which all inputs count as used where they are."""
    for one in gradients:
        if isinstance(one, Variable) and cost is not None:
            one.belongs_to(cost)


@public
def subgraph_grad(wrt: Any, end: Any, start: Any = None, cost: Node | None = None, details: bool = False) -> Any:
    """Gradients within a part of a graph, of which the next part begins with what this one gives.

    Args:
        wrt: a list of variables that have gradients in this part.
        end: a list of variables at which it ends.
        start: where it starts: gradients that are known, by variables; those that the part before gave for its end.
        cost: a cost of this part, beside.
        details: whether the two summands of each gradient are given, too.

    Returns:
        The gradients of ``wrt`` and those of ``end``, two lists; zeros of what nothing depends on.

    Raises:
        ArgumentError: without ``start`` and ``cost``.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> x, w = T.scalars("x", "w")
        >>> h = x * w
        >>> _, [slope] = theano.subgraph_grad([], [h], cost=h**2)
        >>> theano.subgraph_grad([w], [x], start={h: slope})[0][0].eval({x: 2.0, w: 3.0}).item()
        24.0
    """
    if start is None and cost is None:
        raise ArgumentError(f"subgraph_grad: give start, or cost, or both{here()}")
    several = list(dict.fromkeys([*wrt, *end]))
    parts = [
        None if one is None and not known else dict(zip(several, grad(
            one, several, consider_constant=end, disconnected_inputs="ignore", known_grads=known
        ), strict=True))
        for one, known in ((None, start), (cost, None))
    ]  # fmt: skip
    given = [part for part in parts if part is not None]
    total = {one: given[0][one] if len(given) == 1 else given[0][one] + given[1][one] for one in several}
    made = [total[one] for one in wrt], [total[one] for one in end]
    return (*made, *(part and list(part.values()) for part in parts)) if details else made


@public
def undefined_grad(x: Any) -> Node:
    """x whose gradient is an error.

    Args:
        x: a variable of any shape.

    Returns:
        A variable of x's type and value.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> x = T.scalar("x")
        >>> T.grad(theano.gradient.undefined_grad(x) * x, x, null_gradients="return")
        <NullType>
    """
    made: Node = barriers.undefined_grad(as_node(x))
    return made


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
    "DisconnectedInputError", "DisconnectedType", "GradientError", "Lop", "NullType", "NullTypeGradError", "Rop",
    "consider_constant", "disconnected_grad", "grad", "grad_clip", "grad_not_implemented", "grad_scale",
    "grad_undefined", "hessian", "jacobian", "subgraph_grad", "undefined_grad", "verify_grad", "zero_grad",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.gradient", name, __all__)

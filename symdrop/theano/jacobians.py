"""Products with Jacobians, and whole Jacobians: ``Rop``, ``Lop``, ``jacobian`` and ``hessian`` of ``theano.gradient``.

Forwards a script's own op moves as its ``R_op`` says; without one its gradient is turned round, as every op's is.

Read next: gradient.py
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable
from typing import Any

from .. import autodiff as engine
from ..autodiff.forward import push_forward
from ..autodiff.pytree import as_large_as, in_float_dtype
from ..binding import public
from ..errors import ArgumentError, DisconnectedInputError, ShapeError, here, shown
from ..graph import Node, describe, toposort
from ..op import is_item
from ..ops import barriers
from ..tensor import zeros_like
from ..types import is_float
from .dtypes import variable
from .markers import DisconnectedType, Mark
from .python_ops import PythonOp
from .variable import Variable, spoken


def _listed(given: Any) -> list[Any]:
    return list(given) if isinstance(given, list | tuple) else [given]


def behind_floats(ends: Iterable[Node], stop: Collection[Node] = ()) -> set[Node]:
    """The nodes that floats alone lead to: by way of steps, too, whose derivative in Theano is zero.

    Args:
        ends: where to start.
        stop: nodes behind which nobody looks.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.vector("x")
        >>> x in behind_floats([T.floor(x)]), x in behind_floats([x.shape[0]])
        (True, True)
        >>> x in behind_floats([x.shape[0] * 0.5])
        False
    """
    seen: set[Node] = set()
    ahead = [*ends]
    while ahead:
        node = ahead.pop()
        if node not in seen:
            seen.add(node)
            if node not in stop and node.op is not barriers.disconnected_grad:
                ahead += [one for one in node.inputs if one.items is not None or is_float(one.dtype)]
    return seen


@public
def Rop(
    f: Any, wrt: Any, eval_points: Any, disconnected_outputs: str = "raise", return_disconnected: str = "zero"
) -> Any:
    """The product of the Jacobian of f with a vector.

    Args:
        f: a variable, list or tuple.
        wrt: the variable or variables.
        eval_points: the direction of each; of one variable also in a list.
        disconnected_outputs: what to do about what does not depend on ``wrt``, or by way of integers only: "raise",
            "warn" or "ignore".
        return_disconnected: what stands in its place: "zero", "none" for None, or "disconnected" for a mark.

    Returns:
        As ``sd.Rop``.

    Raises:
        ShapeError: if a direction has another rank than its variable, or another size.
        ArgumentError: if there are not as many directions as variables, and for another word.
        DisconnectedInputError: for an output that does not depend on ``wrt``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x, v = T.vectors("x", "v")
        >>> T.Rop(x**2, x, v).eval({x: [1.0, 2.0], v: [1.0, 10.0]}).tolist()
        [2.0, 40.0]
    """
    outputs, moving = [variable(one) for one in _listed(f)], [variable(one) for one in _listed(wrt)]
    points = [variable(one) for one in _listed(eval_points)]
    if len(moving) != len(points):
        raise ArgumentError(f"Rop: {len(points)} eval_points for {len(moving)} variables{here()}")
    for node, point in zip(moving, points, strict=True):
        if node.ndim != point.ndim:
            raise ShapeError(f"Rop: {describe(point)} is no direction of {describe(node)}{here()}")
    tangents: dict[Node, Node | None] = {
        node: as_large_as(node, point, "tangent") for node, point in zip(moving, points, strict=True)
    }
    _move_own_ops(outputs, tangents)
    pushed = push_forward(outputs, list(tangents), list(tangents.values()))
    still = {node for node, tangent in tangents.items() if tangent is None}
    made: list[Any] = []
    for output, tangent in zip(outputs, pushed, strict=True):
        if tangent is not None:
            made.append(in_float_dtype(tangent, output))
        elif is_float(output.dtype) and not behind_floats(_ends(output), still).isdisjoint(moving):
            made.append(zeros_like(output))
        else:
            made.append(_disconnected(output, disconnected_outputs, return_disconnected))
    return made[0] if not isinstance(f, list | tuple) else type(f)(made)


def _ends(output: Node) -> list[Node]:
    """An output, and where it is a gradient its costs: what it needs of them may have gone."""
    return [output, *(output.costs if isinstance(output, Variable) else ())]


def _move_own_ops(outputs: list[Node], tangents: dict[Node, Node | None]) -> None:
    """Add how the outputs of scripts' own ops move that have an ``R_op``; None where they do not."""
    order = toposort(outputs, stop=set(tangents).__contains__)
    for node in order:
        if not isinstance(node.op, PythonOp) or node in tangents:
            continue
        arriving = push_forward(node.inputs, list(tangents), list(tangents.values()))
        if all(one is None for one in arriving):
            continue
        try:
            returned = list(node.op.defined.R_op(list(node.inputs), arriving))
        except NotImplementedError:
            continue
        moved = [None if one is None or isinstance(one, Mark) else variable(one) for one in returned]
        if node.items is None:
            tangents[node] = moved[0]
            continue
        tangents[node] = None
        tangents.update((one, moved[one.params["index"]]) for one in order if is_item(one) and one.inputs[0] is node)


def _disconnected(output: Node, reaction: str, answer: str) -> Any:
    """The stand-in for the tangent of an output that does not move."""
    message = f"{describe(output)} does not depend on wrt, or only by way of what has no derivative"
    if reaction == "warn":
        warnings.warn(message, stacklevel=4)
    elif reaction != "ignore":
        choices = "" if reaction == "raise" else f"; disconnected_outputs={shown(reaction)} is no choice"
        raise DisconnectedInputError(f"Rop: {message}{choices}")
    if answer.lower() not in ("zero", "none", "disconnected"):
        raise ArgumentError(f"Rop: return_disconnected is 'zero', 'none' or 'disconnected', not {shown(answer)}")
    words = {"none": None, "disconnected": DisconnectedType()()}
    return words[answer.lower()] if answer.lower() in words else zeros_like(output)


@public
def Lop(
    f: Any,
    wrt: Any,
    eval_points: Any,
    consider_constant: Iterable[Node] | None = None,
    disconnected_inputs: str = "raise",
) -> Any:
    """The product of a row vector with the Jacobian of f.

    Args:
        f: a variable, list or tuple.
        wrt: a variable, list or tuple.
        eval_points: a variable as large as each of f; of one also in a list.
        consider_constant, disconnected_inputs: as of ``sd.Lop``.

    Returns:
        As ``sd.Lop``.

    Raises:
        GraphTypeError, ArgumentError, ShapeError, DisconnectedInputError: as ``sd.Lop``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x, v = T.vectors("x", "v")
        >>> T.Lop([x**2], x, v).eval({x: [1.0, 2.0], v: [1.0, 10.0]}).tolist()
        [2.0, 40.0]
    """
    return engine.Lop(
        _listed(f),
        wrt,
        _listed(eval_points),
        consider_constant=consider_constant,
        disconnected_inputs=disconnected_inputs,
    )


@public
def jacobian(
    expression: Node,
    wrt: Any,
    consider_constant: Iterable[Node] | None = None,
    disconnected_inputs: str = "raise",
) -> Any:
    """The derivatives of every element of a vector with respect to variables.

    Args:
        expression: a float vector or scalar.
        wrt: a variable, list or tuple.
        consider_constant, disconnected_inputs: as of ``sd.jacobian``.

    Returns:
        As ``sd.jacobian``.

    Raises:
        GraphTypeError, DisconnectedInputError: as ``sd.jacobian``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.vector("x")
        >>> T.jacobian(x**2, x).eval({x: [1.0, 2.0]}).tolist()
        [[2.0, 0.0], [0.0, 4.0]]
    """
    made = engine.jacobian(
        expression, wrt, consider_constant=consider_constant, disconnected_inputs=disconnected_inputs
    )
    return _used(made, expression, wrt)


@public
def hessian(
    cost: Node, wrt: Any, consider_constant: Iterable[Node] | None = None, disconnected_inputs: str = "raise"
) -> Any:
    """The matrix of second derivatives of a scalar with respect to vectors.

    Args:
        cost: a float scalar.
        wrt: a vector, or a list or tuple of vectors.
        consider_constant, disconnected_inputs: as of ``sd.hessian``.

    Returns:
        As ``sd.hessian``.

    Raises:
        GraphTypeError, DisconnectedInputError: as ``sd.hessian``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.vector("x")
        >>> T.hessian(T.sum(x**3), [x])[0].eval({x: [1.0, 2.0]}).tolist()
        [[6.0, 0.0], [0.0, 12.0]]
    """
    made = engine.hessian(cost, wrt, consider_constant=consider_constant, disconnected_inputs=disconnected_inputs)
    return _used(made, cost, wrt)


def _used(made: Any, expression: Node, wrt: Any) -> Any:
    """The derivatives, where they are used so are all inputs of the expression, and what it is differentiated by."""
    made = spoken(made)
    for one, by in zip(*(each if isinstance(each, list | tuple) else [each] for each in (made, wrt)), strict=True):
        if isinstance(one, Variable):
            one.belongs_to(expression)
            one.belongs_to(by)
    return made

"""The gradient as users ask for it: ``grad``, ``value_and_grad``, ``Lop``.

Read next: stop_gradient.py
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Unpack, overload

from ..binding import public
from ..errors import ArgumentError, DisconnectedInputError, GraphTypeError, here, shown
from ..graph import Node, describe
from ..op import as_node, convert
from ..op.base import label_of
from ..ops.barriers import structural_zeros_like
from ..types import cotangent_dtype, is_float
from .pytree import (
    WITH_RESPECT_TO,
    Options,
    Variable,
    as_large_as,
    as_list,
    directions_for,
    in_float_dtype,
    in_form_of,
)
from .recording import PullbackRecord, pull_back_recorded
from .reverse import pull_back


@overload
def grad(cost: Node | None, wrt: Node, **options: Unpack[Options]) -> Node: ...
@overload
def grad(cost: Node | None, wrt: list[Variable], **options: Unpack[Options]) -> list[Node]: ...
@overload
def grad(cost: Node | None, wrt: tuple[Variable, ...], **options: Unpack[Options]) -> tuple[Node, ...]: ...
@public
def grad(
    cost: Node | None,
    wrt: Any,
    *,
    consider_constant: Iterable[Node] | None = None,
    known_grads: Mapping[Node, Node] | None = None,
    disconnected_inputs: str = "raise",
) -> Any:
    """The gradient of a scalar cost, as expressions of the same graph.

    Args:
        cost: a float scalar; None if ``known_grads`` says where to start.
        wrt: a variable, or a list or tuple of variables: inputs, shared variables or anything computed.
        consider_constant: nodes through which no gradient flows.
        known_grads: gradients of the cost with respect to some nodes, of their shapes, taken as given.
        disconnected_inputs: what to do about a variable the cost does not depend on: "raise", "warn", or "ignore"
            (the gradient is then zeros).

    Returns:
        For a variable a node of its shape, for a list a list, for a tuple a tuple. The dtype is the variable's; for
        an integer variable a float one.

    Raises:
        GraphTypeError: if the cost is not a float scalar or ``wrt`` is not a variable.
        ShapeError: if a known gradient does not have the shape of its node; where that is not seen before, the
            compiled function raises it.
        DisconnectedInputError: if the cost does not depend on a variable.
        NotDifferentiableError: if the cost depends on it through an op without gradient.

    Source: Griewank and Walther, "Evaluating Derivatives", 2nd ed., SIAM 2008.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.dvector("x")
        >>> sd.grad((x**3).sum(), x).eval({x: [1.0, 2.0]}).tolist()
        [3.0, 12.0]
    """
    several = _checked_variables(wrt)
    seeds = {} if cost is None else {cost: _seed(cost)}
    for node, g in (known_grads or {}).items():
        seeds[node] = _checked_gradient(node, as_node(g))
    if not seeds:
        raise ArgumentError(f"without a cost, known_grads must say where to start{here()}")
    return in_form_of(wrt, gradients_from(seeds, several, cost, consider_constant, disconnected_inputs))


def gradients_from(
    seeds: Mapping[Node, Node],
    several: Sequence[Node],
    cost: Node | None = None,
    consider_constant: Iterable[Node] | None = None,
    disconnected_inputs: str = "raise",
) -> list[Node]:
    """The gradients of variables, from those of other nodes.

    Args:
        seeds: a gradient for every node where the walk starts, of its shape; not checked.
        several, cost, consider_constant, disconnected_inputs: as of ``grad``.
    """
    if disconnected_inputs not in ("raise", "warn", "ignore"):
        raise ArgumentError(f"disconnected_inputs={shown(disconnected_inputs)}: expected 'raise', 'warn' or 'ignore'")
    found = pull_back(seeds, several, list(consider_constant or ()))
    result = [
        in_float_dtype(found[node] if node in found else _disconnected(node, cost, disconnected_inputs), node)
        for node in several
    ]
    for node, g in zip(several, result, strict=True):
        if g.name is None and g.origin is not None:
            g.name = f"(d{(cost.name if cost is not None else None) or 'cost'}/d{label_of(node)})"
    return result


def derivation(cost: Node, wrt: Any) -> list[PullbackRecord]:
    """How the gradient of a scalar cost comes about, node by node.

    Args:
        cost: a float scalar.
        wrt: a variable, list or tuple, as in ``grad``.

    Returns:
        The records of the walk from the cost back to the variables.

    Raises:
        GraphTypeError: if the cost is not a float scalar or ``wrt`` is not a variable.
        DisconnectedInputError: if the cost does not depend on a variable.
        NotDifferentiableError: if the cost depends on it through an op without gradient.

    Example:
        >>> import symdrop.tensor as T
        >>> x = T.dscalar("x")
        >>> [record.rule for record in derivation(T.exp(x) * 2, x)]
        ['mul_pullback', 'exp_pullback', '']
    """
    several = _checked_variables(wrt)
    found, records = pull_back_recorded({cost: _seed(cost)}, several)
    for node in several:
        if node not in found:
            _disconnected(node, cost, "raise")
    return records


def _checked_variables(wrt: Any) -> list[Node]:
    several = as_list(wrt, WITH_RESPECT_TO)
    for node in several:
        if node.items is not None:
            raise GraphTypeError(f"{WITH_RESPECT_TO}, not {shown(node)}{here()}")
    return several


def _seed(cost: Node) -> Node:
    if not isinstance(cost, Node):
        raise GraphTypeError(f"the cost must be a symbolic scalar, not {shown(cost)}{here()}")
    if cost.ndim != 0:
        raise GraphTypeError(
            f"the cost must be a scalar, but {describe(cost)} has axes; reduce it with .sum() or .mean(), "
            "or take sd.jacobian"
        )
    if not is_float(cost.dtype):
        raise GraphTypeError(f"the cost must be a float, but {describe(cost)} is not; its gradient would be zero")
    return convert(as_node(1.0), cost.dtype)


def _checked_gradient(node: Node, g: Node) -> Node:
    return convert(as_large_as(node, g, "known gradient"), cotangent_dtype(node.dtype))


def _disconnected(node: Node, cost: Node | None, reaction: str) -> Node:
    what = describe(cost) if cost is not None else "the cost"
    message = (
        f"{what} does not depend on {describe(node)} in a differentiable way; "
        "disconnected_inputs='ignore' takes its gradient as zeros"
    )
    if reaction == "raise":
        raise DisconnectedInputError(message)
    if reaction == "warn":
        warnings.warn(message, stacklevel=3)
    # What is stored in float16 has gradients of float16.
    return structural_zeros_like(node, node.dtype if is_float(node.dtype) else None)


@overload
def value_and_grad(cost: Node, wrt: Node, **options: Unpack[Options]) -> tuple[Node, Node]: ...
@overload
def value_and_grad(cost: Node, wrt: list[Variable], **options: Unpack[Options]) -> tuple[Node, list[Node]]: ...
@overload
def value_and_grad(
    cost: Node, wrt: tuple[Variable, ...], **options: Unpack[Options]
) -> tuple[Node, tuple[Node, ...]]: ...
@public
def value_and_grad(cost: Node, wrt: Any, **options: Any) -> tuple[Node, Any]:
    """The cost and its gradient, ready to be the outputs of one function.

    Args:
        cost: a float scalar.
        wrt: a variable, list or tuple, as in ``grad``.
        **options: as in ``grad``.

    Returns:
        The pair ``(cost, grad(cost, wrt))``.

    Raises:
        GraphTypeError: as ``grad``.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.dscalar("x")
        >>> value, slope = sd.value_and_grad(x**2, x)
        >>> float(value.eval({x: 3.0})), float(slope.eval({x: 3.0}))
        (9.0, 6.0)
    """
    return cost, grad(cost, wrt, **options)


@overload
def Lop(f: Any, wrt: Node, eval_points: Any, **options: Unpack[Options]) -> Node: ...
@overload
def Lop(f: Any, wrt: list[Variable], eval_points: Any, **options: Unpack[Options]) -> list[Node]: ...
@overload
def Lop(f: Any, wrt: tuple[Variable, ...], eval_points: Any, **options: Unpack[Options]) -> tuple[Node, ...]: ...
@public
def Lop(f: Any, wrt: Any, eval_points: Any, **options: Any) -> Any:
    """The product of a row vector with the Jacobian of f: reverse mode from any output.

    Args:
        f: a node or nodes of any shape.
        wrt: a variable, list or tuple.
        eval_points: for every f a node of its shape.
        **options: ``consider_constant`` and ``disconnected_inputs`` as in ``grad``.

    Returns:
        As ``grad``.

    Raises:
        ArgumentError: if there are not as many points as outputs.
        GraphTypeError, ShapeError: if a point does not have the shape of its output, as ``grad``.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x, v = T.dvector("x"), T.dvector("v")
        >>> sd.Lop(x**2, x, v).eval({x: [1.0, 2.0], v: [1.0, 10.0]}).tolist()
        [2.0, 40.0]
    """
    outputs, points = as_list(f), directions_for(f, eval_points, "points")
    return grad(None, wrt, known_grads=dict(zip(outputs, points, strict=True)), **options)

"""Matrices of derivatives: Jacobians, Hessians, and Hessians times a vector.

Read next: ../tensor/__init__.py
"""

from __future__ import annotations

from typing import Any, Unpack, overload

from ..binding import public
from ..errors import GraphTypeError, here
from ..graph import Node, describe
from ..op import INPUT, Batched, as_node, convert
from ..ops.batching import Batching
from ..ops.creation import arange
from ..ops.logic import eq
from ..ops.views import stacked
from ..types import TensorType, is_float
from .forward import jvp
from .gradient import grad, gradients_from
from .pytree import WITH_RESPECT_TO, Options, Variable, as_list, in_form_of


@overload
def jacobian(expression: Node, wrt: Node, **options: Unpack[Options]) -> Node: ...
@overload
def jacobian(expression: Node, wrt: list[Variable], **options: Unpack[Options]) -> list[Node]: ...
@overload
def jacobian(expression: Node, wrt: tuple[Variable, ...], **options: Unpack[Options]) -> tuple[Node, ...]: ...
@public
def jacobian(expression: Node, wrt: Any, **options: Any) -> Any:
    """The derivatives of every element of a vector with respect to variables.

    Args:
        expression: a float vector (or a scalar, whose Jacobian is its gradient).
        wrt: a variable of any shape, or a list or tuple of them.
        **options: ``consider_constant`` and ``disconnected_inputs`` as in ``grad``.

    Returns:
        For every variable a node of shape ``(n, *variable.shape)``, row i being the gradient of element i. The rows are
        computed at once, as by ``sd.vmap``, so every value on the way back is held n times.

    Raises:
        GraphTypeError: if the expression has more than one axis.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.dvector("x")
        >>> sd.jacobian(x**2, x).eval({x: [1.0, 2.0]}).tolist()
        [[2.0, 0.0], [0.0, 4.0]]
    """
    if expression.ndim == 0:
        return grad(expression, wrt, **options)
    if expression.ndim != 1:
        raise GraphTypeError(f"a Jacobian is of a vector; {describe(expression)} has {expression.ndim} axes{here()}")
    if not is_float(expression.dtype):
        raise GraphTypeError(f"a Jacobian is of floats, but {describe(expression)} is not; it would be zero{here()}")
    several = as_list(wrt, WITH_RESPECT_TO)
    g = Node(INPUT, (), TensorType(expression.dtype, expression.type.shape), None, "g")
    row = gradients_from({expression: g}, several, **options)
    # Row i is the pullback of a vector that is 1 at i: all of them at once, by the batching rules.
    n = as_node(expression.shape[0])
    positions = arange(0, n, 1, dtype="int64")
    unit_vectors = convert(eq(positions.dimshuffle(0, "x"), positions), expression.dtype)
    found = Batching(row, n, {g: Batched(unit_vectors, True)})
    return in_form_of(wrt, [stacked(found[output], n) for output in row])


@overload
def hessian(cost: Node, wrt: Node, **options: Unpack[Options]) -> Node: ...
@overload
def hessian(cost: Node, wrt: list[Variable], **options: Unpack[Options]) -> list[Node]: ...
@overload
def hessian(cost: Node, wrt: tuple[Variable, ...], **options: Unpack[Options]) -> tuple[Node, ...]: ...
@public
def hessian(cost: Node, wrt: Any, **options: Any) -> Any:
    """The matrix of second derivatives of a scalar with respect to a vector.

    Args:
        cost: a float scalar.
        wrt: a vector variable, or a list or tuple of them (each gets its own Hessian).
        **options: ``consider_constant`` and ``disconnected_inputs`` as in ``grad``.

    Returns:
        For every vector of n elements a node of shape (n, n).

    Raises:
        GraphTypeError: if a variable is not a vector.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.dvector("x")
        >>> sd.hessian((x**3).sum(), x).eval({x: [1.0, 2.0]}).tolist()
        [[6.0, 0.0], [0.0, 12.0]]
    """
    several = as_list(wrt, WITH_RESPECT_TO)
    for node in several:
        if node.ndim != 1:
            raise GraphTypeError(f"a Hessian is with respect to vectors, which {describe(node)} is not{here()}")
    options.setdefault("disconnected_inputs", "raise")
    slopes = grad(cost, several, **options)
    options["disconnected_inputs"] = "ignore"
    result = [jacobian(slope, node, **options) for slope, node in zip(slopes, several, strict=True)]
    return in_form_of(wrt, result)


@overload
def hessian_vector_product(cost: Node, wrt: Node, v: Any) -> Node: ...
@overload
def hessian_vector_product(cost: Node, wrt: list[Variable], v: Any) -> list[Node]: ...
@overload
def hessian_vector_product(cost: Node, wrt: tuple[Variable, ...], v: Any) -> tuple[Node, ...]: ...
@public
def hessian_vector_product(cost: Node, wrt: Any, v: Any) -> Any:
    """The Hessian of a scalar times a direction, without forming the Hessian.

    Args:
        cost: a float scalar.
        wrt: a variable of any shape, or a list or tuple of them.
        v: for every variable a node or array of its shape.

    Returns:
        For every variable a node of its shape: forward mode over the gradient.

    Raises:
        GraphTypeError: as ``grad`` and ``jvp``.

    Source: B. Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6 (1994).

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x, v = T.dvector("x"), T.dvector("v")
        >>> sd.hessian_vector_product((x**3).sum(), x, v).eval({x: [1.0, 2.0], v: [1.0, 1.0]}).tolist()
        [6.0, 12.0]
    """
    return jvp(grad(cost, wrt), wrt, v)

"""Constants: numbers and arrays as variables, and what is known of variables while a graph is built.

Read next: subtensor.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import tensor as engine
from ...binding import public
from ...errors import GraphTypeError, ShapeError, here
from ...graph import Node, describe, rebuild, toposort
from ...op import Constant
from ..dtypes import variable
from ..element_ops import Elemwise
from ..op_names import op_of
from ..part_ops import Subtensor
from ..settings import resolved
from ..tensor_ops import Alloc, DimShuffle, Join
from .opt import Assert


@public
def constant(x: Any, name: str | None = None, ndim: int | None = None, dtype: Any = None) -> Node:
    """A node with a fixed value.

    Args:
        x: a number or array.
        name: for printing.
        ndim: the rank it must have.
        dtype: by default that of an array; of a number, the smallest that holds it, bounded by floatX.

    Returns:
        A leaf of the graph.

    Raises:
        GraphTypeError: if the value is not numeric.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.constant(1).dtype, T.constant(1000).dtype, T.constant(0.5).dtype, T.constant(0.1).dtype
        ('int8', 'int16', 'float32', 'float64')
    """
    made = variable(x, None if dtype is None else resolved(dtype))
    if not isinstance(made, Constant):
        raise GraphTypeError(f"a constant is a number or array, not {describe(made)}{here()}")
    if name is not None:
        made.name = name
    return _of_rank(made, ndim)


def _of_rank(x: Node, ndim: int | None) -> Node:
    """x with axes of size 1 before its own, or without such, so that there are ``ndim``."""
    if ndim is None or x.ndim == ndim:
        return x
    if x.ndim > ndim and all(x.broadcastable[: x.ndim - ndim]):
        return x.dimshuffle(*range(x.ndim - ndim, x.ndim))
    if x.ndim > ndim:
        raise ShapeError(f"{describe(x)} has more axes than {ndim}, and not all of size 1 stand in front{here()}")
    return engine.as_tensor_variable(x, ndim=ndim)


@public
def as_tensor_variable(x: Any, name: str | None = None, ndim: int | None = None) -> Node:
    """A node for a number, array, list of nodes, or node.

    Args:
        x: what to convert; a node stays itself.
        name: for a value that is not yet a node.
        ndim: the rank it must have, new axes being added on the left.

    Returns:
        A node.

    Raises:
        GraphTypeError: if x cannot stand in an expression.
        ShapeError: if it has more axes than ``ndim``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.as_tensor_variable(0.5).dtype
        'float32'
    """
    made = variable(x)
    if name is not None and made.name is None and made is not x:
        made.name = name
    return _of_rank(made, ndim)


@public
def get_scalar_constant_value(v: Any) -> Any:
    """The number that a variable is known to be, in each of its elements.

    Args:
        v: a variable, number or array.

    Returns:
        An array without axes.

    Raises:
        NotScalarConstantError: if it depends on inputs or states, or is a constant of several elements.
        EmptyConstantError: for a constant without elements.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> int(T.get_scalar_constant_value(T.constant(3) * 2))
        6
    """
    node = variable(v)
    if isinstance(node, Constant) and not node.value.size:
        raise EmptyConstantError(f"{describe(node)} has no elements{here()}")
    found = _number(node)
    if found is None:
        raise NotScalarConstantError(f"{describe(node)} is not known to be a number{here()}")
    return found


def _number(node: Node) -> Any:
    """The number that every element of a variable is, as an array; None where it is not known."""
    if isinstance(node, Constant):
        return np.array(node.value).reshape(()) if node.value.size == 1 else None
    if not node.ndim and all(isinstance(one, Constant) or not one.is_leaf for one in toposort([node])):
        try:
            return np.asarray(node.eval())
        except AssertionError:
            return None
    op = op_of(node)[0] if not node.is_leaf else None
    if isinstance(op, Assert):
        given = [_number(one) for one in node.inputs]
        return None if any(one is None or not one.all() for one in given[1:]) else given[0]
    if isinstance(op, Elemwise):
        numbers = [_number(one) for one in node.inputs]
        known = not any(one is None for one in numbers)
        return np.asarray(rebuild(node, list(map(variable, numbers))).eval()) if known else None
    if isinstance(op, Alloc | DimShuffle):
        return _number(node.inputs[0])
    return _number(element) if isinstance(op, Subtensor) and (element := _element(node)) is not None else None


def _element(part: Node) -> Node | None:
    """The variable of size 1 that an element of joined ones is; None where it is another part."""
    joined, *places = part.inputs
    if part.ndim or len(places) != 1 or joined.is_leaf or not isinstance(op_of(joined)[0], Join):
        return None
    place, parts = _number(places[0]), joined.inputs
    return parts[int(place)] if place is not None and all(one.type.shape == (1,) for one in parts) else None


@public
def extract_constant(x: Any, elemwise: bool = True, only_process_constants: bool = False) -> Any:
    """The number that a variable is known to be, or the variable.

    Args:
        x: a variable or number.
        elemwise, only_process_constants: accepted; they change nothing.

    Returns:
        An array without axes that is the caller's own, or x.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> int(T.extract_constant(T.constant(3)))
        3
    """
    try:
        return get_scalar_constant_value(x)
    except NotScalarConstantError:
        return variable(x)


class NotScalarConstantError(GraphTypeError):
    """Something that is asked for its number has none."""


class EmptyConstantError(NotScalarConstantError):
    """A constant without elements is asked for its number."""


AsTensorError = GraphTypeError


@public
def transfer(x: Any, target: str) -> Node:
    """x itself: there is one device.

    Args:
        x: a tensor.
        target: "cpu"; other names are accepted.

    Returns:
        x.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.vector("x")
        >>> x.transfer("cpu") is x
        True
    """
    return variable(x)


@public
def get_vector_length(v: Any) -> int:
    """The size of a vector, where it is known.

    Args:
        v: a vector.

    Returns:
        A Python integer.

    Raises:
        ShapeError: if it is not known, or v is no vector.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.get_vector_length(T.matrix("x").shape)
        2
    """
    node = variable(v)
    if node.ndim != 1 or node.type.shape[0] is None:
        raise ShapeError(f"length not known: {describe(node)}{here()}")
    return node.type.shape[0]


@public
def is_flat(var: Any, ndim: int | None = None, outdim: int | None = None) -> bool:
    """True if a tensor has one axis, or as many as said.

    Args:
        var: a tensor.
        ndim: how many axes make it flat; 1 where nothing is said.
        outdim: the earlier name of ``ndim``.

    Returns:
        A truth value.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.is_flat(T.vector("x")), T.is_flat(T.matrix("x")), T.is_flat(T.matrix("x"), 2)
        (True, False, True)
    """
    return variable(var).ndim == (ndim or outdim or 1)


@public
def scalar_from_tensor(t: Any) -> Node:
    """A tensor without axes itself: numbers have no other type here.

    Args:
        t: a tensor without axes.

    Returns:
        t.

    Raises:
        ShapeError: if t has axes.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.scalar("x")
        >>> T.scalar_from_tensor(x) is x
        True
    """
    node = variable(t)
    if node.ndim:
        raise ShapeError(f"a number has no axes, but {describe(node)} has{here()}")
    return node


tensor_from_scalar = scalar_from_tensor

__all__ = [
    "as_tensor_variable", "constant", "extract_constant", "get_scalar_constant_value", "get_vector_length", "is_flat",
    "scalar_from_tensor", "tensor_from_scalar", "transfer",
]  # fmt: skip
# What is there beside functions.
OBJECTS = ("AsTensorError", "EmptyConstantError", "NotScalarConstantError")

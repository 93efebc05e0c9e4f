"""Functions of one element: every elementwise op of the registry, under its own name.

An elementwise op needs no wrapper: called on variables, arrays or numbers it builds a
node. The names here are those of NumPy and Theano; ``T.<name>`` also finds any
elementwise op defined later.

Read next: trial.py
"""

from __future__ import annotations

import builtins
from typing import Any

from ..binding import public
from ..errors import ArgumentError, here
from ..graph import Node
from ..op import Elementwise, as_node, convert, registry
from ..ops.arithmetic import (
    abs_,
    add,
    floor_div,
    maximum,
    minimum,
    mod,
    mul,
    neg,
    power,
    reciprocal,
    sqr,
    sub,
    true_div,
)
from ..ops.arithmetic import clip as clip_op
from ..ops.functions import (
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    ceil,
    cos,
    cosh,
    erf,
    erfc,
    exp,
    exp2,
    expm1,
    floor,
    log,
    log1p,
    log2,
    log10,
    ndtri,
    relu,
    round_,
    sigmoid,
    sign,
    sin,
    sinh,
    softplus,
    sqrt,
    tan,
    tanh,
    trunc,
)
from ..ops.logic import (
    bitwise_and,
    bitwise_or,
    bitwise_xor,
    eq,
    ge,
    gt,
    identity,
    invert,
    isfinite,
    isinf,
    isnan,
    le,
    left_shift,
    lt,
    neq,
    right_shift,
    where,
)
from ..ops.logic import cast as cast_op
from ..types import dtype_name, is_float
from .arguments import python_integer

abs = abs_
square = sqr
pow = power
subtract = sub
multiply = mul
divide = true_div
negative = neg
sgn = sign
switch = where
floor_divide = floor_div
remainder = mod
and_ = bitwise_and
or_ = bitwise_or
xor = bitwise_xor
absolute = abs_
equal = eq
not_equal = neq
less = lt
less_equal = le
greater = gt
greater_equal = ge


@public
def around(x: Any, decimals: int = 0) -> Node:
    """The nearest numbers of so many decimals, halves going to the even one.

    Args:
        x: a tensor.
        decimals: how many digits stay behind the point; negative ones round to tens, hundreds, ...

    Returns:
        A tensor of x's shape.

    Raises:
        GraphTypeError: if the number of decimals is no Python integer.

    Example:
        >>> import symdrop.tensor as T
        >>> T.round(T.constant([0.5, 1.26]), 1).eval().round(3).tolist()
        [0.5, 1.3]
    """
    node, digits = as_node(x), python_integer(decimals, "a number of decimals")
    if digits == 0 or (digits > 0 and not is_float(node.dtype)):
        return round_(node)
    scale = 10.0 ** builtins.abs(digits)
    # Powers of ten below 1 are not exact, those above are.
    made = round_(node * scale) / scale if digits > 0 else round_(node / scale) * scale
    return made if is_float(node.dtype) else cast(made, node.dtype)


round = around


@public
def cast(x: Any, dtype: Any) -> Node:
    """x in another dtype.

    Args:
        x: a variable, array or number of any shape.
        dtype: a dtype name, NumPy dtype, or Python's bool, int, float.

    Returns:
        A node of x's shape; x itself if it already has the dtype.

    Raises:
        GraphTypeError: for an unsupported dtype such as complex64.

    Example:
        >>> import symdrop.tensor as T
        >>> T.cast(T.vector("x"), "int32").dtype
        'int32'
    """
    node = as_node(x)
    name = dtype_name(dtype)
    if node.dtype == name and not node.type.weak:
        return node
    if node.type.weak and is_float(name):
        node = convert(node, name)
    return cast_op(node, dtype=name) if node.type.weak or node.dtype != name else node


@public
def clip(x: Any, low: Any = None, high: Any = None) -> Node:
    """x limited to [low, high]; at the bounds themselves the derivative is 1.

    Args:
        x: a variable, array or number of any shape.
        low: the least value, of a shape that broadcasts with x's; None for no lower bound.
        high: the greatest value, likewise.

    Returns:
        A node of the broadcast shape.

    Raises:
        ArgumentError: if neither bound is given.

    Example:
        >>> import symdrop.tensor as T
        >>> T.clip(T.constant([-2.0, 0.5, 2.0]), -1, 1).eval().tolist()
        [-1.0, 0.5, 1.0]
    """
    if low is None and high is None:
        raise ArgumentError(f"clip needs a lower or an upper bound{here()}")
    return minimum(x, high) if low is None else maximum(x, low) if high is None else clip_op(x, low, high)


@public
def logical_not(x: Any) -> Node:
    """True where x is zero or false.

    Args:
        x: a variable, array or number of any dtype and shape.

    Returns:
        A bool node of the shape of x.

    Example:
        >>> import symdrop.tensor as T
        >>> T.logical_not(T.constant([0, 2])).eval().tolist()
        [True, False]
    """
    node = as_node(x)
    return invert(node) if node.dtype == "bool" else eq(node, 0)


def _truth(x: Any) -> Node:
    return logical_not(logical_not(x))


@public
def logical_and(a: Any, b: Any) -> Node:
    """True where both a and b are true (not zero).

    Args:
        a: a variable, array or number of any dtype.
        b: the same, of a shape that broadcasts with that of a.

    Returns:
        A bool node of the broadcast shape.

    Example:
        >>> import symdrop.tensor as T
        >>> T.logical_and(T.constant([0, 1, 2]), [True, True, True]).eval().tolist()
        [False, True, True]
    """
    return bitwise_and(_truth(a), _truth(b))


@public
def logical_or(a: Any, b: Any) -> Node:
    """True where a or b is true (not zero).

    Args:
        a: a variable, array or number of any dtype.
        b: the same, of a shape that broadcasts with that of a.

    Returns:
        A bool node of the broadcast shape.

    Example:
        >>> import symdrop.tensor as T
        >>> T.logical_or(T.constant([0, 1, 2]), [False, False, False]).eval().tolist()
        [False, True, True]
    """
    return bitwise_or(_truth(a), _truth(b))


@public
def logical_xor(a: Any, b: Any) -> Node:
    """True where one of a and b is true (not zero) and the other is not.

    Args:
        a: a variable, array or number of any dtype.
        b: the same, of a shape that broadcasts with that of a.

    Returns:
        A bool node of the broadcast shape.

    Example:
        >>> import symdrop.tensor as T
        >>> T.logical_xor(T.constant([0, 1, 2]), [True, True, True]).eval().tolist()
        [True, False, False]
    """
    return bitwise_xor(_truth(a), _truth(b))


def find(name: str) -> Elementwise | None:
    """The elementwise op of that name, if one is registered."""
    op = registry.get(name)
    return op if isinstance(op, Elementwise) else None


__all__ = [
    "abs", "abs_", "absolute", "add", "and_", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2",
    "arctanh", "around", "bitwise_and", "bitwise_or", "bitwise_xor", "cast", "ceil", "clip", "cos", "cosh", "divide",
    "eq", "equal", "erf", "erfc", "exp", "exp2", "expm1", "floor", "floor_div", "floor_divide", "ge", "greater",
    "greater_equal", "gt", "identity", "invert", "isfinite", "isinf", "isnan", "le", "left_shift", "less",
    "less_equal", "log", "log1p", "log2", "log10", "logical_and", "logical_not", "logical_or", "logical_xor", "lt",
    "maximum", "minimum", "mod", "mul", "multiply", "ndtri", "neg", "negative", "neq", "not_equal", "or_", "pow",
    "power", "reciprocal", "relu", "remainder", "right_shift", "round", "round_", "sgn", "sigmoid", "sign", "sin",
    "sinh", "softplus", "sqr", "sqrt", "square", "sub", "subtract", "switch", "tan", "tanh", "true_div", "trunc",
    "where", "xor",
]  # fmt: skip

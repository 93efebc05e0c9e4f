"""Dtypes of results by Theano's rule: numbers are arrays of the smallest dtype that holds them.

The engine lets Python's numbers, sizes and quotients of integers give way to the floats they meet. In Theano each of
them has a dtype, and meets others by NumPy's rule for arrays. A function that is ``typed`` asks the engine first; where
the dtype differs it casts the operands and asks again, so that numbers stay literals wherever that changes nothing.

Read next: refusals.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np

from .. import tensor as engine
from ..binding import public
from ..errors import GraphTypeError, here, shown
from ..graph import Node
from ..op import Constant
from ..op.leaves import as_array
from ..types import dtype_name, is_float
from .applications import Apply
from .settings import config
from .shapes import Sizes
from .variable import TensorConstant, Variable, spoken

Function = TypeVar("Function", bound=Callable[..., Any])
# Gives the dtype of a result from those of the operands.
Rule = Callable[[Sequence[str]], str]

_SMALL = ("bool", "int8", "uint8", "int16", "uint16")


@public
def upcast(*dtypes: str) -> str:
    """The dtype in which values of these dtypes meet: the smallest that holds them all, as in NumPy.

    Args:
        *dtypes: dtype names.

    Returns:
        A dtype name.

    Example:
        >>> upcast("int8", "float32"), upcast("int32", "float32")
        ('float32', 'float64')
    """
    if not dtypes:
        raise GraphTypeError(f"upcast takes one dtype or more{here()}")
    return str(np.result_type(*map(dtype_name, dtypes)).name)


def as_float(*dtypes: str) -> str:
    """The dtype of a function such as exp: a float that holds what its operands hold.

    Args:
        *dtypes: dtype names.

    Returns:
        A dtype name: float32 for integers of at most 16 bits, float64 for longer ones.

    Example:
        >>> as_float("int8"), as_float("int32"), as_float("float32")
        ('float32', 'float64', 'float32')
    """
    floats = (dtype if is_float(dtype) else "float32" if dtype in _SMALL else "float64" for dtype in dtypes)
    return upcast(*floats)


def as_power(*dtypes: str) -> str:
    """The dtype of a power: of truth values int8.

    Args:
        *dtypes: dtype names.

    Returns:
        A dtype name.

    Example:
        >>> as_power("bool", "bool"), as_power("int32", "int8")
        ('int8', 'int32')
    """
    met = upcast(*dtypes)
    return "int8" if met == "bool" else met


def as_quotient(*dtypes: str) -> str:
    """The dtype of a quotient: floatX for integers.

    Args:
        *dtypes: dtype names.

    Returns:
        A dtype name.

    Example:
        >>> as_quotient("int8", "int64"), as_quotient("int8", "float32")
        ('float64', 'float32')
    """
    return upcast(*dtypes) if any(map(is_float, dtypes)) else config.floatX


def dtype_of_number(value: bool | float) -> str:
    """The dtype of a Python number: the smallest that holds it, for a float bounded by floatX.

    ``theano.config.cast_policy`` and ``theano.scalar.autocast_float_as`` say otherwise.

    Args:
        value: a number.

    Returns:
        A dtype name.

    Example:
        >>> dtype_of_number(127), dtype_of_number(128), dtype_of_number(0.5), dtype_of_number(0.1)
        ('int8', 'int16', 'float32', 'float64')
    """
    if isinstance(value, bool):
        return "bool"
    numpys = config.cast_policy != "custom"
    if isinstance(value, int):
        return (
            "int64"
            if numpys
            else next((f"int{bits}" for bits in (8, 16, 32) if -(2 ** (bits - 1)) <= value < 2 ** (bits - 1)), "int64")
        )
    if numpys:
        return "float64" if config.cast_policy == "numpy" else config.floatX
    allowed = [dtype for dtype in config.autocast_float if dtype != "float16"]
    with np.errstate(over="ignore"):
        exact = float(np.float32(value)) == value
    return "float32" if allowed[0] == "float32" and (exact or config.floatX == "float32") else allowed[-1]


def is_number(value: Any) -> bool:
    """True if a value is a number of Python's own; NumPy's have a dtype."""
    return isinstance(value, bool | int | float) and not isinstance(value, np.generic)


def variable(value: Any, dtype: str | None = None) -> Node:
    """The variable that a value stands for where Theano expects a tensor.

    Args:
        value: a variable, array or number, or a list of these, which is stacked.
        dtype: of a number or array; by default its own.

    Returns:
        A variable; one that is given stays itself.

    Raises:
        GraphTypeError: for anything else, Python's truth values included.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> variable([T.scalar("x"), 1]).type, variable(3).dtype
        (TensorType(float64, vector), 'int8')
    """
    made: Node
    if isinstance(value, Node):
        made = value
    elif isinstance(value, Apply):
        made = value.out
    elif isinstance(value, bool):
        raise GraphTypeError(
            f"Python's {value} is no tensor; == between variables says whether they are one variable, T.eq compares "
            f"their values, and np.array({value}) is a truth value{here()}"
        )
    elif isinstance(value, Sizes) and not value:
        made = value.vector()
    elif isinstance(value, list | tuple) and any(map(_is_symbolic, value)):
        made = stacked(value)
    elif isinstance(value, str) or value is None:
        raise GraphTypeError(f"{shown(value)} is no tensor{here()}")
    else:
        try:
            array = as_array(value)
        except GraphTypeError as error:
            raise GraphTypeError(f"{str(error).removesuffix(here())}{here()}") from None
        if dtype is None and is_number(value):
            dtype = dtype_of_number(value)
        with np.errstate(over="ignore"):
            made = TensorConstant(array if dtype is None else array.astype(dtype))
    return made


def stacked(values: Sequence[Any], axis: Any = 0) -> Node:
    """Variables and numbers along a new axis; a vector knows what it consists of."""
    made: Node = spoken(engine.stack(alike(values), axis))
    if isinstance(made, Variable) and made.ndim == 1:
        made.consists_of(values)
    return made


# More axes NumPy's arrays have not.
_MOST_AXES = 64


def _is_symbolic(value: Any, within: int = 0) -> bool:
    if within > _MOST_AXES:
        raise GraphTypeError(f"a tensor has at most {_MOST_AXES} axes; lists lie within more, or in themselves{here()}")
    if isinstance(value, list | tuple):
        return any(_is_symbolic(one, within + 1) for one in value)
    return isinstance(value, Node)


def alike(values: Sequence[Any]) -> list[Node]:
    """The variables that tensors and numbers are, in the dtype in which they meet.

    Args:
        values: variables, arrays, numbers and lists.

    Returns:
        A variable for each.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> [one.dtype for one in alike((T.fvector("x"), 1))]
        ['float32', 'float32']
    """
    nodes = [variable(one) for one in values]
    met = upcast(*_dtypes(nodes))
    return [node if node.dtype == met else engine.cast(node, met) for node in nodes]


def _dtypes(nodes: Sequence[Node]) -> list[str]:
    """The dtypes that decide: where there are floats, what the engine's own code left to give way is none of them."""
    strong = [_dtype(node) for node in nodes if not (node.type.weak and is_float(node.dtype))]
    return strong if any(map(is_float, strong)) else [_dtype(node) for node in nodes]


def _dtype(node: Node) -> str:
    if isinstance(node, Constant) and node.type.weak and node.ndim == 0:
        return dtype_of_number(node.item())
    return node.dtype


def typed(function: Function, rule: Callable[..., str] = upcast, conditions: int = 0) -> Function:
    """An elementwise function of the engine whose result has Theano's dtype.

    Args:
        function: takes operands by position.
        rule: gives the dtype of the result from those of the operands.
        conditions: how many of the first operands take no part in that.

    Returns:
        The function.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> half = typed(T.true_div, as_quotient)
        >>> half(T.fvector("x"), 2).dtype, half(T.ivector("i"), 2).dtype
        ('float32', 'float64')
    """

    @wraps(function)
    def said(*operands: Any, **named: Any) -> Any:
        nodes = [variable(one) for one in operands]
        wanted = rule(*_dtypes(nodes[conditions:]))
        given = [one if is_number(one) else node for one, node in zip(operands, nodes, strict=True)]
        made = _attempt(function, given, named)
        if made is None or made.dtype != wanted:
            # The engine computes with truth values by logic alone.
            inside = "int8" if made is None and wanted == "bool" else wanted
            made = function(*nodes[:conditions], *(engine.cast(node, inside) for node in nodes[conditions:]), **named)
        # What gives way, and what the engine computes in float32 only, is given the dtype that it has in Theano.
        spoke = made if isinstance(made, Variable) else spoken(made)
        return engine.cast(spoke, wanted) if made.dtype != wanted or is_float(wanted) else spoke

    return cast(Function, said)


def _attempt(function: Callable[..., Any], given: Sequence[Any], named: Any) -> Node | None:
    """The engine's node of the operands as they are, None where it refuses numbers or truth values."""
    try:
        made: Node = function(*given, **named)
    except GraphTypeError:
        if not any(is_number(one) or one.dtype == "bool" for one in given):
            raise
        return None
    return made

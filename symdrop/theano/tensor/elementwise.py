"""Functions of one element: the engine's, giving results of Theano's dtypes.

Read next: reductions.py
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from ... import tensor as engine
from ...binding import public
from ...errors import ArgumentError, here, shown
from ...graph import Node
from ..dtypes import as_float, as_power, as_quotient, typed, upcast, variable
from ..variable import speaking

# The same name, the same meaning: the result has the dtype in which the operands meet.
_SAME = """
    abs_ add and_ bitwise_and bitwise_or bitwise_xor bitwise_not conj identity imag invert maximum minimum mod mul neg
    or_ real sgn sqr square sub xor
""".split()
# The result is a float.
_FLOAT = """
    arccos arccosh arcsin arcsinh arctan arctan2 arctanh ceil cos cosh deg2rad erf erfc erfcx erfinv exp exp2
    expm1 floor gamma gammaln log log10 log1p log2 rad2deg sin sinh sqrt tan tanh trunc psi i0 i1 j0 j1
""".split()
# A truth value.
_TRUTH = "eq ge gt isinf isnan le lt neq".split()

# Theano's names, the engine's, and the rule of the dtype.
_RENAMED: dict[str, tuple[str, Callable[..., str]]] = {
    "abs": ("abs_", upcast),
    "conjugate": ("conj", upcast),
    "floor_div": ("floor_div", upcast),
    "int_div": ("floor_div", upcast),
    "inv": ("reciprocal", as_float),
    "pow": ("power", as_power),
    "power": ("power", as_power),
    "largest": ("maximum", upcast),
    "smallest": ("minimum", upcast),
    "tensor_copy": ("identity", upcast),
    "true_div": ("true_div", as_quotient),
}


def _several(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of two operands, called with any number of them."""

    def said(first: Any, *others: Any) -> Any:
        for other in others:
            first = function(first, other)
        return first if others else variable(first)

    said.__name__, said.__doc__ = function.__name__, function.__doc__
    return public(said)


functions: dict[str, Callable[..., Any]] = {
    **{name: typed(getattr(engine, name), upcast) for name in _SAME},
    **{name: typed(getattr(engine, name), as_float) for name in _FLOAT},
    **{name: typed(getattr(engine, name), lambda *dtypes: "bool") for name in _TRUTH},
    **{name: typed(getattr(engine, theirs), rule) for name, (theirs, rule) in _RENAMED.items()},
}
for _name in ("add", "mul", "largest", "smallest"):
    functions[_name] = _several(functions[_name])
functions["switch"] = functions["where"] = typed(engine.where, conditions=1)

_clip = typed(engine.clip)


@speaking
@public
def clip(x: Any, min: Any, max: Any) -> Node:
    """x limited to [min, max].

    Args:
        x: a tensor.
        min, max: the limits.

    Returns:
        A tensor of x's shape.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.clip(T.constant([-1, 5]), 0, 2).eval().tolist()
        [0, 2]
    """
    return _clip(x, min, max)


@speaking
@public
def round(a: Any, mode: str | None = None) -> Node:
    """a rounded to whole numbers.

    Args:
        a: a tensor.
        mode: "half_to_even" (the default), or "half_away_from_zero".

    Returns:
        A tensor of a's shape.

    Raises:
        ArgumentError: for another mode.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.constant([0.5, -2.5])
        >>> T.round(x).eval().tolist(), T.round(x, "half_away_from_zero").eval().tolist()
        ([0.0, -2.0], [1.0, -3.0])
    """
    if mode not in (None, "half_to_even", "half_away_from_zero"):
        raise ArgumentError(f"round: mode={shown(mode)} is neither 'half_to_even' nor 'half_away_from_zero'{here()}")
    node = variable(a)
    if mode != "half_away_from_zero":
        return engine.round(node)
    whole = engine.trunc(node)
    # a - trunc(a) is exact, where a + 0.5 may round up.
    return engine.add(whole, engine.where(abs(engine.sub(node, whole)) >= 0.5, engine.sgn(node), 0))


@speaking
@public
def iround(a: Any, mode: str | None = None) -> Node:
    """a rounded to whole numbers, as int64.

    Args:
        a, mode: as of ``round``.

    Returns:
        A tensor of a's shape.

    Raises:
        ArgumentError: as ``round``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.iround(T.constant([1.4, 1.6])).eval().tolist()
        [1, 2]
    """
    return engine.cast(round(a, mode), "int64")


@speaking
@public
def second(a: Any, b: Any) -> Node:
    """b stretched to the shape of a; what ``T.fill`` is.

    Args:
        a: the tensor that gives the shape.
        b: a tensor or number, whose dtype the result has.

    Returns:
        A tensor.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.fill(T.ones((2, 2)), 7).eval().tolist()
        [[7, 7], [7, 7]]
    """
    value = variable(b)
    return engine.where(engine.ones_like(variable(a), "bool"), value, engine.zeros_like(value))


@speaking
@public
def ceil_intdiv(a: Any, b: Any) -> Node:
    """The quotient of integers, rounded up.

    Args:
        a, b: tensors of integers.

    Returns:
        A tensor.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.ceil_intdiv(T.constant([4, 5]), 2).eval().tolist()
        [2, 3]
    """
    made: Node = functions["int_div"](functions["sub"](functions["add"](variable(a), variable(b)), 1), b)
    return made


@speaking
@public
def divmod(x: Any, y: Any) -> tuple[Node, Node]:
    """The quotient rounded down, and the remainder.

    Args:
        x, y: tensors.

    Returns:
        Two tensors.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> [int(part.eval()) for part in T.divmod(T.constant(-7), 2)]
        [-4, 1]
    """
    return functions["int_div"](x, y), functions["mod"](x, y)


fill = second
functions["round_half_to_even"] = functions["rint"] = round
functions["round_half_away_from_zero"] = partial(round, mode="half_away_from_zero")
# Theano's ops behind the functions that take "mode" or the name without a line.
functions["isnan_"], functions["isinf_"] = functions["isnan"], functions["isinf"]
functions["sign"] = functions["sgn"]
functions["absolute"] = functions["abs_"]

_NAMES = ("ceil_intdiv", "clip", "divmod", "fill", "iround", "round", "second")
functions.update({name: getattr(sys.modules[__name__], name) for name in _NAMES})

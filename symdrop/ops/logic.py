"""Comparisons, logic, bits, choice and conversion.

Read next: functions.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..op import PRODUCT, ZERO, Constant, Form, Style, Text, elementwise
from ..types import is_float, is_integer

# "No dependence" written as a literal; see Constant.structural.
STRUCTURAL_ZERO = Constant(np.zeros((), "float32"), weak=True, structural=True, lines=())


@elementwise(returns="bool", symbol="<")
def lt(m: Any, a: Any, b: Any) -> Any:
    """True where a < b."""
    return m.less(a, b)


@elementwise(returns="bool", symbol="<=")
def le(m: Any, a: Any, b: Any) -> Any:
    """True where a <= b."""
    return m.less_equal(a, b)


@elementwise(returns="bool", symbol=">")
def gt(m: Any, a: Any, b: Any) -> Any:
    """True where a > b."""
    return m.greater(a, b)


@elementwise(returns="bool", symbol=">=")
def ge(m: Any, a: Any, b: Any) -> Any:
    """True where a >= b."""
    return m.greater_equal(a, b)


@elementwise(returns="bool", commutative=True, symbol="==")
def eq(m: Any, a: Any, b: Any) -> Any:
    """True where a equals b."""
    return m.equal(a, b)


@elementwise(returns="bool", commutative=True, symbol="!=")
def neq(m: Any, a: Any, b: Any) -> Any:
    """True where a differs from b."""
    return m.not_equal(a, b)


@lt.pullback
@le.pullback
@gt.pullback
@ge.pullback
@eq.pullback
@neq.pullback
def comparison_pullback(g: Any, y: Any, a: Any, b: Any) -> Any:
    return ZERO, ZERO


@elementwise(returns="bool")
def isnan(m: Any, x: Any) -> Any:
    """True where x is not a number."""
    return m.not_equal(x, x)


@elementwise(returns="bool")
def isinf(m: Any, x: Any) -> Any:
    """True where x is infinite."""
    return m.equal(m.absolute(x), float("inf"))


@elementwise(returns="bool")
def isfinite(m: Any, x: Any) -> Any:
    """True where x is neither infinite nor NaN."""
    return m.less(m.absolute(x), float("inf"))


@isnan.pullback
@isinf.pullback
@isfinite.pullback
def predicate_pullback(g: Any, y: Any, x: Any) -> Any:
    return ZERO


@elementwise(accepts="discrete", commutative=True, symbol="&")
def bitwise_and(m: Any, a: Any, b: Any) -> Any:
    """And, bit by bit; of truth values, the logical and."""
    return m.bitwise_and(a, b)


@elementwise(accepts="discrete", commutative=True, symbol="|")
def bitwise_or(m: Any, a: Any, b: Any) -> Any:
    """Or, bit by bit; of truth values, the logical or."""
    return m.bitwise_or(a, b)


@elementwise(accepts="discrete", commutative=True, symbol="^")
def bitwise_xor(m: Any, a: Any, b: Any) -> Any:
    """Exclusive or, bit by bit; of truth values, whether they differ."""
    return m.bitwise_xor(a, b)


@elementwise(accepts="integer", symbol="<<", domain=(0, 6))
def left_shift(m: Any, a: Any, b: Any) -> Any:
    """a shifted to the left by b bits."""
    return m.left_shift(a, b)


@elementwise(accepts="integer", symbol=">>", domain=(0, 6))
def right_shift(m: Any, a: Any, b: Any) -> Any:
    """a shifted to the right by b bits."""
    return m.right_shift(a, b)


@bitwise_and.pullback
@bitwise_or.pullback
@bitwise_xor.pullback
@left_shift.pullback
@right_shift.pullback
def bits_pullback(g: Any, y: Any, a: Any, b: Any) -> Any:
    return ZERO, ZERO


@elementwise(accepts="discrete", symbol="~")
def invert(m: Any, x: Any) -> Any:
    """Not, bit by bit; of truth values, the logical not."""
    return m.invert(x)


@invert.pullback
def invert_pullback(g: Any, y: Any, x: Any) -> Any:
    return ZERO


@elementwise(
    condition=True,
    jointly_linear_in=(1, 2),
    moves=(1, 2),
    latex=Form(r"\begin{{cases}} {1} & \text{{if }} {0} \\ {2} & \text{{otherwise}} \end{{cases}}", PRODUCT),
)
def where(m: Any, condition: Any, a: Any, b: Any) -> Any:
    """a where the condition holds, else b; what is not chosen, NaN included, leaves no trace."""
    return m.where(condition, a, b)


@where.pullback
def where_pullback(g: Any, y: Any, condition: Any, a: Any, b: Any) -> Any:
    return ZERO, where(condition, g, STRUCTURAL_ZERO), where(condition, STRUCTURAL_ZERO, g)


@elementwise(returns="param", linear_in=(0,), nonnegative_if=(0,))
def cast(m: Any, x: Any, *, dtype: str, weak: bool = False) -> Any:
    """x in another dtype; floats become the integers towards 0, saturating, NaN 0, and truth values by not being 0."""
    return m.cast(x, dtype)


@cast.notation
def cast_notation(style: Style, node: Any, x: Text) -> Text:
    return style.converted(x, node.params["dtype"])


@cast.pullback
def cast_pullback(g: Any, y: Any, x: Any, *, dtype: str, weak: bool = False) -> Any:
    if not is_float(dtype):
        # Between integers nothing is cut off; what becomes a truth value or loses its fraction moves in steps.
        return g if is_integer(dtype) and is_integer(x.dtype) else ZERO
    # Towards integers the gradient keeps its float dtype: it says how the cost would change.
    return cast(g, dtype=x.dtype) if is_float(x.dtype) and x.dtype != dtype else g


@elementwise(linear_in=(0,), moves=(0,), hidden=True)
def identity(m: Any, x: Any) -> Any:
    """x itself, under a node of its own."""
    return m.positive(x) if x.dtype != bool else x


@identity.pullback
def identity_pullback(g: Any, y: Any, x: Any) -> Any:
    return g

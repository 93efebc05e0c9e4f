"""Sums, means, extrema and norms over axes, with Theano's arguments and dtypes.

Read next: opt.py
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ... import tensor as engine
from ...binding import public
from ...errors import GraphTypeError, here
from ...graph import Node, describe
from ...types import is_float
from ..dtypes import variable
from ..settings import resolved
from .elementwise import functions


@public
def sum(input: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, acc_dtype: Any = None) -> Node:
    """Sum over axes.

    Args:
        input: a tensor, or a list of them, which is stacked.
        axis, dtype, keepdims: as of ``sd.tensor.sum``.
        acc_dtype: dtype in which to add; by default that of the result.

    Returns:
        A tensor without those axes.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.sum(T.constant([[1, 2], [3, 4]]), axis=0).eval().tolist()
        [4, 6]
    """
    return _accumulated(engine.sum, variable(input), axis, dtype, keepdims, acc_dtype)


@public
def prod(
    input: Any,
    axis: Any = None,
    dtype: Any = None,
    keepdims: bool = False,
    acc_dtype: Any = None,
    no_zeros_in_input: bool = False,
) -> Node:
    """Product over axes.

    Args:
        input, axis, dtype, keepdims, acc_dtype: as of ``sum``.
        no_zeros_in_input: accepted; it changes nothing.

    Returns:
        A tensor without those axes.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> int(T.prod(T.constant([2, 3])).eval())
        6
    """
    return _accumulated(engine.prod, variable(input), axis, dtype, keepdims, acc_dtype)


@public
def mean(
    input: Any, axis: Any = None, dtype: Any = None, op: bool = False, keepdims: bool = False, acc_dtype: Any = None
) -> Node:
    """Mean over axes; float64 for integers, whatever floatX is.

    Args:
        input, axis, dtype, keepdims, acc_dtype: as of ``sum``.
        op: accepted; it changes nothing.

    Returns:
        A tensor without those axes.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.mean(T.constant([[1, 2], [3, 5]]), axis=1).eval().tolist()
        [1.5, 4.0]
    """
    return _accumulated(engine.mean, _floats(input), axis, dtype, keepdims, acc_dtype)


def _floats(input: Any) -> Node:
    node = variable(input)
    return node if is_float(node.dtype) else engine.cast(node, "float64")


def _accumulated(over: Any, input: Node, axis: Any, dtype: Any, keepdims: bool, acc_dtype: Any) -> Node:
    asked = None if dtype is None else resolved(dtype)
    made: Node = over(input, axis, asked if acc_dtype is None else resolved(acc_dtype), keepdims)
    wanted = asked or over(input, axis, None, keepdims).dtype
    return engine.cast(made, wanted)


@public
def var(input: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False) -> Node:
    """Variance over axes.

    Args:
        input, axis, keepdims: as of ``sum``.
        ddof: what is taken from the number of elements before dividing by it.
        corrected: accepted; it changes nothing, since what it would take away is zero but for rounding.

    Returns:
        A tensor without those axes.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> float(T.var(T.constant([1.0, 3.0]), ddof=1).eval())
        2.0
    """
    node = _floats(input)
    return engine.cast(engine.var(node, axis, ddof, keepdims), node.dtype)


@public
def std(input: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False, corrected: bool = False) -> Node:
    """Standard deviation over axes.

    Args:
        input, axis, ddof, keepdims, corrected: as of ``var``.

    Returns:
        A tensor without those axes.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> float(T.std(T.constant([1.0, 3.0])).eval())
        1.0
    """
    node = _floats(input)
    return engine.cast(engine.std(node, axis, ddof, keepdims), node.dtype)


@public
def max(x: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Maximum over axes; the gradient goes whole to each of equal maxima.

    Args:
        x: a tensor, or a list of them, which is stacked.
        axis, keepdims: as of ``sd.tensor.max``.

    Returns:
        A tensor without those axes.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.vector("x")
        >>> T.grad(T.max(x), x).eval({x: [2.0, 2.0, 1.0]}).tolist()
        [1.0, 1.0, 0.0]
    """
    return _extreme(engine.max, x, axis, keepdims)


@public
def min(x: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Minimum over axes; see ``max``.

    Args:
        x, axis, keepdims: as of ``max``.

    Returns:
        A tensor without those axes.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.min(T.constant([[3, 1], [2, 5]]), axis=1).eval().tolist()
        [1, 2]
    """
    return _extreme(engine.min, x, axis, keepdims)


def _extreme(over: Callable[..., Node], x: Any, axis: Any, keepdims: bool) -> Node:
    return over(variable(x), axis, keepdims)


@public
def argmax(x: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Index of the first maximum along an axis, int64.

    Args:
        x: a tensor.
        axis: an axis; by default x is flattened.
        keepdims: whether the axis stays, with size 1.

    Returns:
        A tensor of integers.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.argmax(T.constant([[3, 1], [2, 5]]), axis=1).eval().tolist()
        [0, 1]
    """
    return engine.argmax(variable(x), _axis(axis), keepdims)


@public
def argmin(x: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """Index of the first minimum along an axis, int64.

    Args:
        x, axis, keepdims: as of ``argmax``.

    Returns:
        A tensor of integers.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> int(T.argmin(T.constant([3, 1])).eval())
        1
    """
    return engine.argmin(variable(x), _axis(axis), keepdims)


def _axis(axis: Any) -> Any:
    return axis[0] if isinstance(axis, list | tuple) and len(axis) == 1 else axis


@public
def max_and_argmax(a: Any, axis: Any = None, keepdims: bool = False) -> list[Node]:
    """The maximum and its first index.

    Args:
        a, axis, keepdims: as of ``argmax``.

    Returns:
        Two tensors.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> [int(part.eval()) for part in T.max_and_argmax(T.constant([3, 7]))]
        [7, 1]
    """
    return [max(a, axis, keepdims), argmax(a, axis, keepdims)]


@public
def any(x: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """True if any element along the axes is not 0.

    Args:
        x, axis, keepdims: as of ``max``.

    Returns:
        A tensor of truth values.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.any(T.constant([[0, 1], [0, 0]]), axis=1).eval().tolist()
        [True, False]
    """
    return engine.any(variable(x), axis, keepdims)


@public
def all(x: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """True if all elements along the axes are not 0.

    Args:
        x, axis, keepdims: as of ``max``.

    Returns:
        A tensor of truth values.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> bool(T.all(T.constant([1, 2])).eval())
        True
    """
    return engine.all(variable(x), axis, keepdims)


@public
def ptp(a: Any, axis: Any = None) -> Node:
    """The largest element minus the smallest one.

    Args:
        a: a tensor.
        axis: an axis, or None for all.

    Returns:
        A tensor without that axis.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> int(T.ptp(T.constant([3, 7])).eval())
        4
    """
    return engine.sub(max(a, axis), min(a, axis))


@public
def norm(x: Any, L: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """The norm of all elements, or of those along axes.

    Args:
        x: a tensor.
        L: the order: ``sum(abs(x)**L)**(1/L)``; infinity gives the largest absolute value, 0 counts what is not 0.
        axis: axes; by default all, also those of a matrix.
        keepdims: whether the axes stay, with size 1.

    Returns:
        A tensor without those axes.

    Raises:
        GraphTypeError: for an order that is no number.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> float(T.constant([[3.0, 0.0], [0.0, 4.0]]).norm(2).eval())
        5.0
    """
    node = variable(x)
    if not isinstance(L, int | float | Node):
        raise GraphTypeError(f"norm of {describe(node)}: the order is a number, not {L!r}{here()}")
    size = engine.abs_(node)
    if isinstance(L, Node) or (L != 0 and not math.isinf(L)):
        power = functions["pow"]
        made: Node = power(sum(power(size, L), axis, keepdims=keepdims), 1.0 / L)
        return made
    if L == 0:
        return sum(functions["neq"](node, 0), axis, keepdims=keepdims)
    return max(size, axis, keepdims) if L > 0 else min(size, axis, keepdims)


@public
def cov(m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None) -> Node:
    """Covariances of the rows of a matrix.

    Args:
        m: a matrix whose rows are variables, its columns observations.
        y: more of them.
        rowvar: False where the columns are variables.
        bias: whether to divide by the number of observations instead of one less.
        ddof: what is taken from it instead.

    Returns:
        A matrix.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.cov(T.constant([[0.0, 2.0], [2.0, 0.0]])).eval().tolist()
        [[2.0, -2.0], [-2.0, 2.0]]
    """
    made: Node = engine.cov(variable(m), None if y is None else variable(y), rowvar, bias, ddof)
    return made


__all__ = [
    "all", "any", "argmax", "argmin", "cov", "max", "max_and_argmax", "mean", "min", "norm", "prod", "ptp", "std",
    "sum", "var",
]  # fmt: skip

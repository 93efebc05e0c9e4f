"""Polynomials as vectors of coefficients, that of the highest power first.

Leading zeros stay, since how many there are would depend on the values.

Read next: comparisons.py
"""

from __future__ import annotations

from typing import Any

from ...binding import public
from ...errors import ArgumentError, GraphTypeError, here
from ...graph import Node, describe
from ...op import as_node
from ...types import is_float
from ..arguments import as_float, python_integer, vector
from ..creation import numbers, zeros
from ..elementwise import cast
from ..joining import concatenate, flip
from .products import convolve


def _known(name: str, p: Any) -> tuple[Node, int]:
    """A vector of coefficients, and how many there are.

    Raises:
        GraphTypeError: if that is not known.
    """
    node = as_node(p)
    node = node.reshape((1,)) if node.ndim == 0 else node
    count = node.type.shape[0] if node.ndim == 1 else None
    if count is None:
        raise GraphTypeError(f"{name} takes a vector of coefficients of known length, not {describe(node)}{here()}")
    return node, count


@public
def polyval(p: Any, x: Any) -> Node:
    """A polynomial's values, by Horner's rule.

    Args:
        p: its coefficients, that of the highest power first: a vector of known length, or a list.
        x: where, a tensor.

    Returns:
        A tensor of x's shape.

    Raises:
        GraphTypeError: if the number of coefficients is not known.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.polyval([1.0, 2.0, 3.0], 2.0).eval())
        11.0
    """
    coefficients, count = _known("polyval", p)
    at = as_node(x)
    made = at * 0
    for i in range(count):
        made = made * at + coefficients[i]
    return made


@public
def polyadd(a1: Any, a2: Any) -> Node:
    """The sum of two polynomials.

    Args:
        a1: coefficients, a vector of known length.
        a2: those of another one.

    Returns:
        A vector of the longer one's length.

    Example:
        >>> import symdrop.tensor as T
        >>> T.polyadd([1, 2, 3], [1, 1]).eval().tolist()
        [1, 3, 4]
    """
    (first, m), (second, n) = _known("polyadd", a1), _known("polyadd", a2)
    return _padded(first, n - m) + _padded(second, m - n)


@public
def polysub(a1: Any, a2: Any) -> Node:
    """The difference of two polynomials.

    Args:
        a1: coefficients, a vector of known length.
        a2: those of the one to subtract.

    Returns:
        A vector of the longer one's length.
    """
    (first, m), (second, n) = _known("polysub", a1), _known("polysub", a2)
    return _padded(first, n - m) - _padded(second, m - n)


def _padded(node: Node, zeros_before: int) -> Node:
    return concatenate([zeros((zeros_before,), node.dtype), node], 0) if zeros_before > 0 else node


@public
def polymul(a1: Any, a2: Any) -> Node:
    """The product of two polynomials: the convolution of their coefficients.

    Args:
        a1: coefficients, a vector.
        a2: those of the other factor.

    Returns:
        A vector of one element less than both have together.

    Example:
        >>> import symdrop.tensor as T
        >>> T.polymul([1, 2], [3, 4]).eval().tolist()
        [3, 10, 8]
    """
    return convolve(vector("polymul", a1), vector("polymul", a2))


@public
def polydiv(u: Any, v: Any) -> tuple[Node, Node]:
    """The quotient and the remainder of two polynomials, by long division.

    Args:
        u: the dividend's coefficients, a vector of known length.
        v: the divisor's; the first is not 0.

    Returns:
        The quotient's coefficients, and the remainder's, of which there is one less than the divisor has.

    Example:
        >>> import symdrop.tensor as T
        >>> [one.eval().tolist() for one in T.polydiv([1.0, 2.0, 3.0], [1.0, 1.0])]
        [[1.0, 1.0], [2.0]]
    """
    (dividend, m), (divisor, n) = _known("polydiv", as_float(u)), _known("polydiv", as_float(v))
    if n == 0 or m == 0:
        raise ArgumentError(f"polydiv: a polynomial has at least one coefficient{here()}")
    quotient, left = [], dividend
    for _ in range(m - n + 1):
        quotient.append(left[:1] / divisor[:1])
        left = concatenate([left[1:n] - quotient[-1] * divisor[1:], left[n:]], 0)
    whole = concatenate(quotient, 0) if quotient else zeros((1,), dividend.dtype)
    return whole, left if n > 1 or m < n else zeros((1,), dividend.dtype)


@public
def polyder(p: Any, m: int = 1) -> Node:
    """The derivative of a polynomial.

    Args:
        p: its coefficients, a vector.
        m: the order of the derivative.

    Returns:
        A vector of m elements less.

    Raises:
        ArgumentError: if m is negative.

    Example:
        >>> import symdrop.tensor as T
        >>> T.polyder([1, 2, 3]).eval().tolist()
        [2, 2]
    """
    node = vector("polyder", p)
    for _ in range(order_of("polyder", m)):
        powers = flip(numbers(node.shape[0]))
        node = (node * cast(powers, node.dtype if is_float(node.dtype) else "int64"))[:-1]
    return node


@public
def polyint(p: Any, m: int = 1, k: Any = 0) -> Node:
    """The antiderivative of a polynomial.

    Args:
        p: its coefficients, a vector.
        m: how often it is integrated.
        k: the constants of integration: a number for all, or a list of m of them.

    Returns:
        A vector of m elements more.

    Raises:
        ArgumentError: if m is negative, or k does not have m elements.

    Example:
        >>> import symdrop.tensor as T
        >>> T.polyint([4.0, 2.0]).eval().tolist()
        [2.0, 2.0, 0.0]
    """
    node, order = as_float(vector("polyint", p)), order_of("polyint", m)
    constants = list(k) if isinstance(k, list | tuple) else [k] * order
    if len(constants) != order:
        raise ArgumentError(f"polyint: {len(constants)} constants for {order} integrations{here()}")
    for constant in constants:
        powers = flip(numbers(node.shape[0])) + 1
        node = concatenate([node / cast(powers, node.dtype), cast(constant, node.dtype).reshape((1,))], 0)
    return node


def order_of(name: str, m: Any) -> int:
    """How often, or to which power, for the function of that name.

    Raises:
        ArgumentError: if it is negative.
    """
    order = python_integer(m, f"{name}: an order")
    if order < 0:
        raise ArgumentError(f"{name}: an order is at least 0, not {order}{here()}")
    return order


@public
def poly(seq_of_zeros: Any) -> Node:
    """The polynomial with given zeros, whose highest coefficient is 1.

    Args:
        seq_of_zeros: the zeros, a vector of known length.

    Returns:
        A float vector of one element more.

    Example:
        >>> import symdrop.tensor as T
        >>> T.poly([1.0, 2.0]).eval().tolist()
        [1.0, -3.0, 2.0]
    """
    zeros_there, count = _known("poly", as_float(seq_of_zeros))
    made = zeros_there[:0].sum().reshape((1,)) + 1
    for i in range(count):
        grown = zeros((1,), made.dtype)
        made = concatenate([made, grown], 0) - zeros_there[i] * concatenate([grown, made], 0)
    return made


__all__ = [
    "poly", "polyadd", "polyder", "polydiv", "polyint", "polymul", "polysub", "polyval",
]  # fmt: skip

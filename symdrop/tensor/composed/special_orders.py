"""Special functions of an integer order, or with two values: Bessel's, exponential, sine, cosine and Fresnel integrals.

Read next: combinatorics.py
"""

from __future__ import annotations

from typing import Any

from ...binding import public
from ...errors import ArgumentError, here
from ...graph import Node
from ...ops.special.bessel import jv, kv
from ...ops.special.integrals import exponential_integral
from ...ops.special.oscillating import cosine_integral, fresnel_cosine, fresnel_sine, sine_integral
from ..arguments import as_float, python_integer
from ..joining import stack

jn = jv

# Each order is a node of its own.
MOST_ORDERS = 1000


@public
def kn(n: Any, x: Any) -> Node:
    """Modified Bessel function of the second kind of integer order n: ``kv``.

    Args:
        n: the order, an integer or a tensor of orders.
        x: a tensor of numbers above 0.

    Returns:
        A float tensor.

    Example:
        >>> import symdrop.tensor as T
        >>> round(float(T.kn(1, 1.0).eval()), 4)
        0.6019
    """
    made: Node = kv(n, x)
    return made


@public
def bessel_jn(z: Any, *, v: int) -> Node:
    """Bessel functions of the first kind of all orders from 0 to v.

    Args:
        z: a tensor.
        v: the highest order, a Python integer.

    Returns:
        A float tensor of shape (v + 1, *z.shape).

    Raises:
        ArgumentError: if the order is negative, or above a thousand.
        GraphTypeError: if it is no Python integer.

    Example:
        >>> import symdrop.tensor as T
        >>> T.bessel_jn(0.0, v=2).eval().tolist()
        [1.0, 0.0, 0.0]
    """
    x, highest = as_float(z), _order(v, "bessel_jn")
    if highest > MOST_ORDERS:
        raise ArgumentError(f"bessel_jn computes at most {MOST_ORDERS} orders, not {highest}; see T.jn{here()}")
    return stack([jv(order, x) for order in range(highest + 1)])


@public
def expn(n: int, x: Any) -> Node:
    """Generalised exponential integral: the integral of exp(-x t) / t**n from 1 on.

    Args:
        n: a Python integer from 0 on.
        x: a tensor of numbers above 0; 0 where n is above 1.

    Returns:
        A float tensor of the shape of x.

    Raises:
        ArgumentError: if n is negative.
        GraphTypeError: if it is no Python integer.

    Example:
        >>> import symdrop.tensor as T
        >>> round(float(T.expn(1, 1.0).eval()), 4) == round(float(T.exp1(1.0).eval()), 4)
        True
    """
    return exponential_integral(as_float(x), n=_order(n, "expn"))


@public
def sici(x: Any) -> tuple[Node, Node]:
    """Sine integral and cosine integral.

    Args:
        x: a tensor; the cosine integral is one of numbers above 0.

    Returns:
        Two float tensors of the shape of x.

    Example:
        >>> import symdrop.tensor as T
        >>> [round(float(one.eval()), 4) for one in T.sici(1.0)]
        [0.9461, 0.3374]
    """
    node = as_float(x)
    return sine_integral(node), cosine_integral(node)


@public
def fresnel(x: Any) -> tuple[Node, Node]:
    """Fresnel's sine and cosine integrals, of sin(pi t**2 / 2) and cos(pi t**2 / 2) from 0 to x.

    Args:
        x: a tensor.

    Returns:
        Two float tensors of the shape of x.

    Example:
        >>> import symdrop.tensor as T
        >>> [round(float(one.eval()), 4) for one in T.fresnel(1.0)]
        [0.4383, 0.7799]
    """
    node = as_float(x)
    return fresnel_sine(node), fresnel_cosine(node)


def _order(n: Any, what: str) -> int:
    number = python_integer(n, f"the order of {what}")
    if number < 0:
        raise ArgumentError(f"the order of {what} is 0 or more, not {number}{here()}")
    return number


__all__ = ["bessel_jn", "expn", "fresnel", "jn", "kn", "sici"]

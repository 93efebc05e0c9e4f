"""Special functions under SciPy's names, and functions of a float's parts under NumPy's.

Read next: special_orders.py
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...binding import fits, public
from ...errors import ArgumentError, GraphTypeError, here, shown
from ...graph import Node
from ...op import as_node, convert
from ...ops.arithmetic import floor_div, mod
from ...ops.floating_point.remainders import bitwise_count as bitwise_count_op
from ...ops.floating_point.remainders import exponent, fmod, gcd, lcm, mantissa
from ...ops.floating_point.roots import cbrt, deg2rad, rad2deg, rsqrt, sinc
from ...ops.floating_point.signs import copysign, fmax, fmin, heaviside, nextafter, signbit
from ...ops.functions import exp2, sigmoid, softplus, trunc
from ...ops.logic import isinf, isnan, where
from ...ops.special.bessel import i0, i0e, i1, i1e, iv, ive, j0, j1, jv, kv, kve
from ...ops.special.gamma import (
    beta,
    betainc,
    betaln,
    digamma,
    expi,
    gamma,
    gammainc,
    gammaincc,
    gammaln,
    spence,
    zeta,
)
from ...ops.special.gamma import polygamma as polygamma_op
from ...ops.special.integrals import dawsn, exp1, hyp1f1, hyp2f1, owens_t
from ...ops.special.inverses import betaincinv, gammainccinv, gammaincinv
from ...ops.special.logarithms import (
    entr,
    hypot,
    kl_div,
    log1mexp,
    logaddexp,
    logaddexp2,
    logit,
    rel_entr,
    xlog1py,
    xlogy,
)
from ...ops.special.normal import erfcinv, erfcx, erfinv, log_ndtr, ndtr
from ...types import is_float
from ..arguments import as_float

degrees = rad2deg
radians = deg2rad
expit = sigmoid
lgamma = gammaln
psi = digamma
log1pexp = softplus


@public
def polygamma(n: int, x: Any) -> Node:
    """The n-th derivative of ``digamma``.

    Args:
        n: its order, a Python integer from 0 on; 0 is ``digamma`` itself.
        x: a tensor of numbers above 0.

    Returns:
        A float tensor of the shape of x.

    Raises:
        GraphTypeError: if the order is no Python integer.
        ArgumentError: if it is negative.

    Example:
        >>> import symdrop.tensor as T
        >>> round(float(T.polygamma(1, 1.0).eval()), 4)
        1.6449
    """
    order = _count(n, "the order of polygamma", 0)
    return polygamma_op(x, order=order) if order else digamma(x)


@public
def multigammaln(a: Any, d: int) -> Node:
    """Logarithm of the multivariate gamma function, as the density of a Wishart distribution has it.

    Args:
        a: a tensor of numbers above (d - 1) / 2.
        d: the dimension of the space, a Python integer from 1 on.

    Returns:
        A float tensor of the shape of a.

    Raises:
        GraphTypeError: if the dimension is no Python integer.
        ArgumentError: if it is not positive.

    Example:
        >>> import symdrop.tensor as T
        >>> round(float(T.multigammaln(3.0, 2).eval()), 3)
        1.55
    """
    dimension = _count(d, "the dimension of multigammaln", 1)
    terms = [gammaln(as_node(a) - 0.5 * i) for i in range(dimension)]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total + 0.25 * dimension * (dimension - 1) * math.log(math.pi)


def _count(given: Any, what: str, least: int) -> int:
    if not fits(given, int):
        raise GraphTypeError(f"{what} is a Python integer, not {shown(given)}{here()}")
    if given < least:
        raise ArgumentError(f"{what} is at least {least}, not {shown(given)}{here()}")
    return int(given)


@public
def bitwise_count(x: Any) -> Node:
    """The number of ones among the bits of the absolute value.

    Args:
        x: a tensor of integers.

    Returns:
        A uint8 tensor of the shape of x.

    Raises:
        GraphTypeError: if x does not hold integers.

    Example:
        >>> import symdrop.tensor as T
        >>> int(T.bitwise_count(7).eval())
        3
    """
    return bitwise_count_op(x, dtype="uint8")


@public
def divmod(a: Any, b: Any) -> tuple[Node, Node]:
    """Quotient rounded towards minus infinity, and remainder, as Python's ``divmod``.

    Args:
        a: a tensor of numbers.
        b: the divisor, of a shape that broadcasts with a's.

    Returns:
        ``a // b`` and ``a % b``.

    Example:
        >>> import symdrop.tensor as T
        >>> [int(part.eval()) for part in T.divmod(-7, 2)]
        [-4, 1]
    """
    return floor_div(a, b), mod(a, b)


@public
def modf(x: Any) -> tuple[Node, Node]:
    """The fractional and the integral part of x, both with its sign.

    Args:
        x: a tensor of numbers.

    Returns:
        Two float tensors of the shape of x, whose sum is x; the fraction of an infinite number is 0.

    Example:
        >>> import symdrop.tensor as T
        >>> [float(part.eval()) for part in T.modf(-1.25)]
        [-0.25, -1.0]
    """
    node = as_float(x)
    whole = trunc(node)
    return copysign(where(isinf(node), 0, node - whole), node), whole


@public
def frexp(x: Any) -> tuple[Node, Node]:
    """Mantissa and exponent of a float: x is ``mantissa * 2 ** exponent``.

    Args:
        x: a tensor of numbers.

    Returns:
        A float tensor of numbers from 0.5 up to 1 (with the sign of x; 0 of 0), and an int32 tensor.

    Example:
        >>> import symdrop.tensor as T
        >>> mantissa, exponent = T.frexp(6.0)
        >>> float(mantissa.eval()), int(exponent.eval())
        (0.75, 3)
    """
    node = as_float(x)
    return mantissa(node), exponent(node, dtype="int32")


@public
def ldexp(x: Any, exponent: Any) -> Node:
    """x * 2 ** exponent, the inverse of ``frexp``.

    Args:
        x: a tensor of numbers.
        exponent: integers, of a shape that broadcasts with that of x.

    Returns:
        A float tensor of the dtype of x.

    Raises:
        GraphTypeError: if the exponents are not integers.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.ldexp(0.75, 3).eval())
        6.0
    """
    node, power = as_float(x), as_node(exponent)
    if is_float(power.dtype):
        raise GraphTypeError(f"ldexp takes integers as exponents, not {power.dtype}{here()}")
    # Neither half overflows where the product does not.
    half = power // 2
    first, second = (exp2(convert(part, node.dtype)) for part in (half, power - half))
    return node * first * second


@public
def nan_to_num(x: Any, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Node:
    """x with numbers in place of NaN and infinities.

    Args:
        x: a tensor of any dtype.
        nan: what stands for NaN.
        posinf: what stands for infinity; by default the largest number of the dtype.
        neginf: what stands for minus infinity; by default the smallest one.

    Returns:
        A tensor of x's dtype and shape; integers and bools are as they were.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nan_to_num(T.constant([float("nan"), 1.0, float("inf")]), posinf=9.0).eval().tolist()
        [0.0, 1.0, 9.0]
    """
    node = as_node(x)
    if not is_float(node.dtype):
        return node
    most = float(np.finfo(node.dtype).max)
    above, below = most if posinf is None else posinf, -most if neginf is None else neginf
    infinite = where(node > 0, above, below)
    return where(isnan(node), nan, where(isinf(node), infinite, node))


@public
def spacing(x: Any) -> Node:
    """The distance of every number to the next one away from 0, in its dtype.

    Args:
        x: a float tensor.

    Returns:
        A tensor of x's shape, with x's signs; NaN for what is infinite.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.spacing(T.constant(1.0, "float64")).eval()) == 2.0**-52
        True
    """
    node = as_float(x)
    return nextafter(node, copysign(math.inf, node)) - node


__all__ = [
    "beta", "betainc", "betaincinv", "betaln", "bitwise_count", "cbrt", "copysign", "dawsn", "deg2rad", "degrees",
    "digamma", "divmod", "entr", "erfcinv", "erfcx", "erfinv", "exp1", "expi", "expit", "fmax", "fmin",
    "fmod", "frexp", "gamma", "gammainc", "gammaincc", "gammainccinv", "gammaincinv", "gammaln", "gcd", "heaviside",
    "hyp1f1", "hyp2f1", "hypot", "i0", "i0e", "i1", "i1e", "iv", "ive", "j0", "j1", "jv", "kl_div", "kv", "kve",
    "lcm", "ldexp", "lgamma", "log1mexp", "log1pexp", "log_ndtr", "logaddexp", "logaddexp2", "logit", "modf",
    "multigammaln", "nan_to_num", "ndtr", "nextafter", "owens_t", "polygamma", "psi", "rad2deg", "radians",
    "rel_entr", "rsqrt", "signbit", "sinc", "spacing", "spence", "xlog1py", "xlogy", "zeta",
]  # fmt: skip

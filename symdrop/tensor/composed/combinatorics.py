"""Factorials and their kin, and the transformations of Box and Cox.

Read next: dtypes.py
"""

from __future__ import annotations

import math
from typing import Any

from ...binding import public
from ...graph import Node
from ...op import as_node
from ...ops.special.gamma import beta, gamma, gammaln
from ..arguments import as_float
from ..elementwise import eq, exp, expm1, floor, ge, le, log, log1p, mod, where


@public
def factorial(n: Any) -> Node:
    """The product of the integers up to n, continued between them by the gamma function.

    Args:
        n: a tensor.

    Returns:
        A float tensor of n's shape; 0 for negative n.

    Example:
        >>> import symdrop.tensor as T
        >>> T.factorial(T.constant([0, 3, 4])).eval().round().tolist()
        [1.0, 6.0, 24.0]
    """
    node = as_float(n)
    natural = ge(node, 0)
    return where(natural, gamma(where(natural, node, 0) + 1), 0)


@public
def comb(N: Any, k: Any) -> Node:
    """The number of ways to choose k of N.

    Args:
        N: how many there are.
        k: how many are chosen.

    Returns:
        A float tensor; 0 unless ``0 <= k <= N``.

    Example:
        >>> import symdrop.tensor as T
        >>> round(float(T.comb(5, 2).eval()), 4)
        10.0
    """
    all_of_them, chosen = as_float(N), as_float(k)
    possible = ge(chosen, 0) & le(chosen, all_of_them)
    n, r = where(possible, all_of_them, 0), where(possible, chosen, 0)
    return where(possible, 1 / ((n + 1) * beta(n - r + 1, r + 1)), 0)


@public
def gammasgn(x: Any) -> Node:
    """The sign of the gamma function.

    Args:
        x: a tensor.

    Returns:
        A float tensor of 1 and -1; NaN at the negative integers, where the function has no sign.

    Example:
        >>> import symdrop.tensor as T
        >>> T.gammasgn(T.constant([2.5, -0.5, -1.5])).eval().tolist()
        [1.0, -1.0, 1.0]
    """
    node = as_float(x)
    below = floor(node)
    sign = where(eq(mod(below, 2), 0), 1.0, -1.0)
    return where(ge(node, 0), 1.0, where(eq(below, node), math.nan, sign))


@public
def loggamma(x: Any) -> Node:
    """The logarithm of the gamma function where it is positive as its argument is; else NaN.

    Args:
        x: a tensor.

    Returns:
        A float tensor of x's shape. ``gammaln`` has the logarithm of the absolute value everywhere.

    Example:
        >>> import symdrop.tensor as T
        >>> round(float(T.loggamma(5.0).eval()), 5)
        3.17805
    """
    node = as_float(x)
    return where(node < 0, math.nan, gammaln(node))


@public
def poch(z: Any, m: Any) -> Node:
    """Rising factorial (Pochhammer's symbol): gamma(z + m) / gamma(z).

    Args:
        z: where it begins.
        m: how many factors, continued between the integers.

    Returns:
        A float tensor.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.poch(3.0, 2.0).eval().round(6))
        12.0
    """
    begin, end = as_float(z), as_float(z) + as_float(m)
    return gammasgn(end) * gammasgn(begin) * exp(gammaln(end) - gammaln(begin))


@public
def boxcox(x: Any, lmbda: Any) -> Node:
    """The transformation of Box and Cox: (x**lmbda - 1) / lmbda, and log(x) where lmbda is 0.

    Args:
        x: a tensor of positive numbers.
        lmbda: the exponent.

    Returns:
        A float tensor.

    Source: G. E. P. Box and D. R. Cox, "An analysis of transformations", J. Roy. Stat. Soc. B 26 (1964).

    Example:
        >>> import symdrop.tensor as T
        >>> T.boxcox(T.constant([1.0, 3.0]), 2.0).eval().round(6).tolist()
        [0.0, 4.0]
    """
    return _power_of_log(log(as_float(x)), lmbda)


@public
def boxcox1p(x: Any, lmbda: Any) -> Node:
    """The transformation of Box and Cox of 1 + x, precise near 0.

    Args:
        x: a tensor of numbers above -1.
        lmbda: the exponent.

    Returns:
        A float tensor.

    Example:
        >>> import symdrop.tensor as T
        >>> T.boxcox1p(T.constant([0.0, 2.0]), 2.0).eval().round(6).tolist()
        [0.0, 4.0]
    """
    return _power_of_log(log1p(as_float(x)), lmbda)


def _power_of_log(logarithm: Node, lmbda: Any) -> Node:
    exponent = as_node(lmbda)
    straight = eq(exponent, 0)
    return where(straight, logarithm, expm1(exponent * logarithm) / where(straight, 1, exponent))


__all__ = ["boxcox", "boxcox1p", "comb", "factorial", "gammasgn", "loggamma", "poch"]

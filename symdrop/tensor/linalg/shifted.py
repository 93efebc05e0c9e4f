"""Matrices that are made of vectors: constant along diagonals, companions of polynomials, growth of populations.

Read next: named_matrices.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...binding import public
from ...errors import ArgumentError, ShapeError, here, shown
from ...graph import Node, describe
from ...op import as_node
from ..arguments import one_size, vector
from ..creation import arange, zeros
from ..diagonals import diag, eye
from ..elementwise import abs_, maximum, minimum, where
from ..joining import concatenate


@public
def toeplitz(c: Any, r: Any = None) -> Node:
    """Toeplitz matrix: constant along every diagonal.

    Args:
        c: the first column, a vector.
        r: the first row, a vector whose first element is not looked at; by default c.

    Returns:
        A matrix.

    Raises:
        GraphTypeError: if one is not a vector.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.toeplitz([1, 2], [1, 3]).eval().tolist()
        [[1, 3], [2, 1]]
    """
    column, row = vector("toeplitz", c), vector("toeplitz", c if r is None else r)
    both = concatenate([column[::-1], row[1:]], 0)
    return both[_places(row)[None, :] - _places(column)[:, None] + as_node(column.shape[0]) - 1]


def _places(x: Node) -> Node:
    return arange(x.shape[0])


@public
def hankel(c: Any, r: Any = None) -> Node:
    """Hankel matrix: constant along every rising diagonal.

    Args:
        c: the first column, a vector.
        r: the last row, a vector whose first element is not looked at; by default zeros.

    Returns:
        A matrix.

    Raises:
        GraphTypeError: if one is not a vector.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.hankel([1, 2], [2, 3]).eval().tolist()
        [[1, 2], [2, 3]]
    """
    column = vector("hankel", c)
    row = zeros(column.shape, column.dtype) if r is None else vector("hankel", r)
    both = concatenate([column, row[1:]], 0)
    return both[_places(column)[:, None] + _places(row)[None, :]]


@public
def circulant(c: Any) -> Node:
    """Circulant matrix: every column is the one before it, rolled by one place.

    Args:
        c: the first column, a vector.

    Returns:
        A square matrix.

    Raises:
        GraphTypeError: if c is not a vector.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.circulant([1, 2, 3]).eval().tolist()
        [[1, 3, 2], [2, 1, 3], [3, 2, 1]]
    """
    column = vector("circulant", c)
    # Numbers from the end read the same element as those that many places further on.
    return column[_places(column)[:, None] - _places(column)[None, :]]


@public
def companion(a: Any) -> Node:
    """Companion matrix of a polynomial, whose eigenvalues are its roots.

    Args:
        a: the coefficients, a vector of two or more, that of the highest power first, which is not 0.

    Returns:
        A square matrix of one row less than there are coefficients.

    Raises:
        GraphTypeError: if a is not a vector.
        ShapeError: if it is known to have fewer than two elements.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.companion(T.constant([1.0, -3.0, 2.0])).eval().tolist()
        [[3.0, -2.0], [1.0, 0.0]]
    """
    given = _at_least("companion", a, 2)
    first = -given[1:] / given[0]
    return concatenate([first[None, :], eye(first.shape[0], dtype=first.dtype)[:-1]], 0)


def _at_least(name: str, x: Any, least: int) -> Node:
    node = vector(name, x)
    size = node.type.shape[0]
    if size is not None and size < least:
        raise ShapeError(f"{name} takes vectors of at least {least} elements, not {describe(node)}{here()}")
    return node


@public
def convolution_matrix(a: Any, n: Any, mode: str = "full") -> Node:
    """Matrix whose product with a vector of n elements is the convolution of a with it.

    Args:
        a: a vector.
        n: the number of columns, an integer or an integer scalar.
        mode: "full", "same" or "valid", as of ``T.convolve``.

    Returns:
        A matrix of n columns.

    Raises:
        ArgumentError: for another mode.
        GraphTypeError: if a is not a vector.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.convolution_matrix([1, 2], 2).eval().tolist()
        [[1, 0], [2, 1], [0, 2]]
    """
    if mode not in ("full", "same", "valid"):
        raise ArgumentError(f"convolution_matrix: mode is 'full', 'same' or 'valid', not {shown(mode)}{here()}")
    given, columns = vector("convolution_matrix", a), as_node(one_size(n))
    own = as_node(given.shape[0])
    rows, first = own + columns - 1, as_node(0)
    if mode == "same":
        first, rows = (minimum(own, columns) - 1) // 2, maximum(own, columns)
    elif mode == "valid":
        first, rows = minimum(own, columns) - 1, maximum(own, columns) - minimum(own, columns) + 1
    places = arange(rows)[:, None] + first - arange(columns)[None, :]
    inside = (places >= 0) & (places < own)
    return where(inside, given[where(inside, places, 0)], 0)


@public
def fiedler(a: Any) -> Node:
    """Fiedler matrix: the distances of numbers from each other.

    Args:
        a: a vector.

    Returns:
        A square matrix, ``abs(a[i] - a[j])`` at row i and column j.

    Raises:
        GraphTypeError: if a is not a vector.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.fiedler([1, 4]).eval().tolist()
        [[0, 3], [3, 0]]
    """
    given = vector("fiedler", a)
    return abs_(given[:, None] - given[None, :])


@public
def fiedler_companion(a: Any) -> Node:
    """Fiedler's companion matrix of a polynomial: five diagonals, and the roots as eigenvalues.

    Args:
        a: the coefficients, a vector of three or more of known length, that of the highest power first, not 0.

    Returns:
        A square matrix of one row less than there are coefficients.

    Raises:
        GraphTypeError: if a is not a vector.
        ShapeError: if its length is not known, or less than three.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.fiedler_companion(T.constant([1.0, -3.0, 2.0])).eval().tolist()
        [[3.0, -2.0], [1.0, 0.0]]
    """
    given = _at_least("fiedler_companion", a, 3)
    count = given.type.shape[0]
    if count is None:
        raise ShapeError(f"fiedler_companion takes vectors of known length, not {describe(given)}{here()}")
    scaled, n = given / given[0], count - 1
    # Which one of 0, 1 and the coefficients stands where.
    number = np.zeros((n, n), np.int64)
    number[range(3, n, 2), range(1, n - 2, 2)] = 1
    number[range(0, n - 2, 2), range(2, n, 2)] = 1
    number[range(2, n, 2), range(1, n - 1, 2)] = range(4, n + 2, 2)
    number[range(0, n - 1, 2), range(1, n, 2)] = range(3, n + 2, 2)
    number[[0, 1], 0] = 2, 1
    return concatenate([as_node(np.array([0, 1])).astype(scaled.dtype), -scaled[1:]], 0)[number]


@public
def leslie(f: Any, s: Any) -> Node:
    """Leslie matrix of a population: births in its first row, survivals below its diagonal.

    Args:
        f: births by age, a vector.
        s: the share of every age but the last that reaches the next, a vector of one element less.

    Returns:
        A square matrix.

    Raises:
        GraphTypeError: if one is not a vector.
        ShapeError: if their lengths are known not to fit.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.leslie(T.constant([0.5, 2.0]), [0.25]).eval().tolist()
        [[0.5, 2.0], [0.25, 0.0]]
    """
    births, survival = vector("leslie", f), vector("leslie", s)
    ages, shares = births.type.shape[0], survival.type.shape[0]
    if ages is not None and shares is not None and ages != shares + 1:
        raise ShapeError(f"leslie: {describe(survival)} has not one element less than {describe(births)}{here()}")
    below = diag(survival, -1)
    return concatenate([below[:1] + births[None, :], below[1:]], 0)


__all__ = [
    "circulant", "companion", "convolution_matrix", "fiedler", "fiedler_companion", "hankel", "leslie", "toeplitz",
]  # fmt: skip

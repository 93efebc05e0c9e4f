"""Spaced numbers, triangles and their indices, powers and polynomials.

Read next: products.py
"""

from __future__ import annotations

from typing import Any

from ...binding import public
from ...config import config
from ...errors import GraphTypeError, here
from ...graph import Node, describe
from ...op import as_node
from ...types import TensorType, promote
from ..arguments import sizes_of_shape, vector
from ..creation import arange, linspace, numbers, ones
from ..diagonals import tril, triu
from ..elementwise import cast, exp, ge, gt, log, power, where
from ..indexing import nonzero
from ..joining import flip


@public
def logspace(start: Any, stop: Any, num: Any = 50, base: Any = 10.0, dtype: Any = None) -> Node:
    """Numbers whose logarithms are equally spaced.

    Args:
        start: the logarithm of the first.
        stop: that of the last.
        num: how many.
        base: of the logarithms.
        dtype: by default that of ``linspace``.

    Returns:
        A float vector of ``num`` numbers.

    Example:
        >>> import symdrop.tensor as T
        >>> T.logspace(0, 2, 3).eval().tolist()
        [1.0, 10.0, 100.0]
    """
    exponents = linspace(start, stop, num)
    made = power(base, exponents)
    return made if dtype is None else cast(made, dtype)


@public
def geomspace(start: Any, stop: Any, num: Any = 50, dtype: Any = None) -> Node:
    """Numbers from start to stop of which each is the one before times the same factor.

    Args:
        start: the first, not 0.
        stop: the last, of the same sign.
        num: how many.
        dtype: by default that of ``linspace``.

    Returns:
        A float vector of ``num`` numbers.

    Example:
        >>> import symdrop.tensor as T
        >>> T.geomspace(1, 8, 4).eval().round().tolist()
        [1.0, 2.0, 4.0, 8.0]
    """
    first, last = as_node(start), as_node(stop)
    dtype_there = promote([first.type, last.type, TensorType(config.floatX, (), weak=True)])
    first, last = cast(first, dtype_there), cast(last, dtype_there)
    exponents = linspace(log(abs(first)), log(abs(last)), num)
    count = exponents.shape[0]
    place = arange(count)
    made = where(gt(first, 0), exp(exponents), -exp(exponents))
    # The ends are as given.
    made = where(ge(place, as_node(count) - 1) & gt(place, 0), last, made)
    made = where(gt(place, 0), made, first)
    return made if dtype is None else cast(made, dtype)


@public
def tri(n: Any, m: Any = None, k: int = 0, dtype: Any = None) -> Node:
    """A matrix of ones on and below a diagonal, and zeros above.

    Args:
        n: how many rows.
        m: how many columns; by default as many.
        k: the diagonal: positive ones lie above the main one.
        dtype: by default ``config.floatX``.

    Returns:
        A matrix.

    Example:
        >>> import symdrop.tensor as T
        >>> T.tri(2, dtype="int32").eval().tolist()
        [[1, 0], [1, 1]]
    """
    return tril(ones((n, n if m is None else m), dtype), k)


@public
def tril_indices(n: Any, k: int = 0, m: Any = None) -> tuple[Node, ...]:
    """The rows and columns of the elements on and below a diagonal of an n x m matrix.

    Args:
        n: how many rows.
        k: the diagonal.
        m: how many columns; by default as many.

    Returns:
        Two int64 vectors.

    Example:
        >>> import symdrop.tensor as T
        >>> [one.eval().tolist() for one in T.tril_indices(2)]
        [[0, 1, 1], [0, 0, 1]]
    """
    return nonzero(tri(n, m, k, "int32"))


@public
def triu_indices(n: Any, k: int = 0, m: Any = None) -> tuple[Node, ...]:
    """The rows and columns of the elements on and above a diagonal of an n x m matrix.

    Args:
        n: how many rows.
        k: the diagonal.
        m: how many columns; by default as many.

    Returns:
        Two int64 vectors.

    Example:
        >>> import symdrop.tensor as T
        >>> [one.eval().tolist() for one in T.triu_indices(2)]
        [[0, 0, 1], [0, 1, 1]]
    """
    return nonzero(triu(ones((n, n if m is None else m), "int32"), k))


@public
def vander(x: Any, N: Any = None, increasing: bool = False) -> Node:
    """Vandermonde matrix: the powers of every element in a row.

    Args:
        x: a vector.
        N: how many powers; by default as many as elements.
        increasing: True for the powers 0, 1, 2, ...; else they decrease to 0.

    Returns:
        A matrix.

    Raises:
        GraphTypeError: if x is not a vector.

    Example:
        >>> import symdrop.tensor as T
        >>> T.vander(T.constant([1, 2, 3]), 2).eval().tolist()
        [[1, 1], [2, 1], [3, 1]]
    """
    node = vector("vander", x)
    exponents = numbers(node.shape[0] if N is None else sizes_of_shape(N)[0])
    dtype = node.dtype if node.dtype[0] == "f" else "int64"
    powers = cast(exponents if increasing else flip(exponents), dtype)
    return power(cast(node, dtype)[:, None], powers[None, :])


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
    coefficients, at = as_node(p), as_node(x)
    count = coefficients.type.shape[0] if coefficients.ndim == 1 else None
    if count is None:
        raise GraphTypeError(
            f"polyval takes a vector of coefficients of known length, not {describe(coefficients)}{here()}"
        )
    made = at * 0
    for i in range(count):
        made = made * at + coefficients[i]
    return made


__all__ = ["geomspace", "logspace", "polyval", "tri", "tril_indices", "triu_indices", "vander"]

"""Matrices of a size that have names: Fourier's, Hadamard's, Helmert's, Hilbert's and Pascal's, and their inverses.

Read next: ../fft/__init__.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...binding import public
from ...config import config
from ...errors import ArgumentError, here, shown
from ...graph import Node
from ...op import as_node
from ..arguments import python_integer

# Elements of larger ones do not fit into 64 bits, or into floats.
MOST = {"pascal": 34, "invpascal": 32, "hadamard": 2**14, "invhilbert": 100}


def _made(name: str, n: Any, make: Callable[[int], Any], dtype: str) -> Node:
    """SciPy's matrix of a size that is known while the graph is built."""
    size, most = python_integer(n, f"the size of {name}"), MOST.get(name, 2**14)
    if not 1 <= size <= most:
        raise ArgumentError(f"{name}: a size lies between 1 and {most}, which {size} does not{here()}")
    return as_node(np.asarray(make(size)).astype(dtype))


@public
def dft(n: int, scale: str | None = None) -> Node:
    """Fourier matrix: ``exp(-2 pi i j k / n)`` at row j and column k, by which a vector becomes its ``T.fft.fft``.

    Args:
        n: its size.
        scale: "sqrtn" divides by the root of the size, "n" by the size.

    Returns:
        Complex numbers as pairs, (n, n, 2), of ``sd.config.floatX``.

    Raises:
        ArgumentError: for a size that is not positive, or another scale.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.dft(2).eval()[..., 0].tolist()
        [[1.0, 1.0], [1.0, -1.0]]
    """
    from scipy.linalg import dft as make

    powers = {None: 0.0, "sqrtn": 0.5, "n": 1.0}
    if not isinstance(scale, str | None) or scale not in powers:
        raise ArgumentError(f"dft: scale is None, 'sqrtn' or 'n', not {shown(scale)}{here()}")

    def pairs(size: int) -> Any:
        made = make(size) / size ** powers[scale]
        return np.stack([made.real, made.imag], -1)

    return _made("dft", n, pairs, config.floatX)


@public
def hadamard(n: int) -> Node:
    """Hadamard matrix: entries 1 and -1, and orthogonal rows.

    Args:
        n: its size, a power of 2.

    Returns:
        An int64 matrix (n, n).

    Raises:
        ArgumentError: if the size is no power of 2.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.hadamard(2).eval().tolist()
        [[1, 1], [1, -1]]
    """
    from scipy.linalg import hadamard as make

    size = python_integer(n, "the size of hadamard")
    if size < 1 or size & (size - 1):
        raise ArgumentError(f"hadamard: a size is a power of 2, not {size}{here()}")
    return _made("hadamard", size, make, "int64")


@public
def helmert(n: int, full: bool = False) -> Node:
    """Helmert matrix: orthonormal rows, of which all but the first add up to 0.

    Args:
        n: its number of columns.
        full: True keeps the first row.

    Returns:
        A matrix (n - 1, n), or (n, n), of ``sd.config.floatX``.

    Raises:
        ArgumentError: for a size that is not positive.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.helmert(2).eval().round(3).tolist()
        [[0.7070000171661377, -0.7070000171661377]]
    """
    from scipy.linalg import helmert as make

    return _made("helmert", n, lambda size: make(size, bool(full)), config.floatX)


@public
def hilbert(n: int) -> Node:
    """Hilbert matrix: ``1 / (i + j + 1)`` at row i and column j.

    Args:
        n: its size.

    Returns:
        A matrix (n, n) of ``sd.config.floatX``.

    Raises:
        ArgumentError: for a size that is not positive.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.hilbert(2).eval()[0].tolist()
        [1.0, 0.5]
    """
    from scipy.linalg import hilbert as make

    return _made("hilbert", n, make, config.floatX)


@public
def invhilbert(n: int) -> Node:
    """Inverse of the Hilbert matrix, whose elements are whole numbers.

    Args:
        n: its size.

    Returns:
        A matrix (n, n) of ``sd.config.floatX``.

    Raises:
        ArgumentError: for a size that is not positive, or whose numbers are beyond floats.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.invhilbert(2).eval().tolist()
        [[4.0, -6.0], [-6.0, 12.0]]
    """
    from scipy.linalg import invhilbert as make

    return _made("invhilbert", n, make, config.floatX)


def _kind(name: str, kind: Any) -> Any:
    if kind not in ("symmetric", "lower", "upper"):
        raise ArgumentError(f"{name}: kind is 'symmetric', 'lower' or 'upper', not {shown(kind)}{here()}")
    return kind


@public
def pascal(n: int, kind: str = "symmetric") -> Node:
    """Pascal matrix: binomial coefficients.

    Args:
        n: its size.
        kind: "symmetric", or "lower" and "upper" for Pascal's triangle.

    Returns:
        An int64 matrix (n, n).

    Raises:
        ArgumentError: for another kind, or a size whose numbers do not fit.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.pascal(3, "lower").eval().tolist()
        [[1, 0, 0], [1, 1, 0], [1, 2, 1]]
    """
    from scipy.linalg import pascal as make

    return _made("pascal", n, lambda size: make(size, _kind("pascal", kind)), "int64")


@public
def invpascal(n: int, kind: str = "symmetric") -> Node:
    """Inverse of the Pascal matrix.

    Args:
        n, kind: as of ``pascal``.

    Returns:
        An int64 matrix (n, n).

    Raises:
        ArgumentError: for another kind, or a size whose numbers do not fit.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.invpascal(2).eval().tolist()
        [[2, -1], [-1, 1]]
    """
    from scipy.linalg import invpascal as make

    return _made("invpascal", n, lambda size: make(size, _kind("invpascal", kind)), "int64")


__all__ = ["dft", "hadamard", "helmert", "hilbert", "invhilbert", "invpascal", "pascal"]

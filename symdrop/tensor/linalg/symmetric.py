"""Eigenvalues and eigenvectors of symmetric matrices.

Read next: factors.py
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...binding import public
from ...errors import ArgumentError, here, shown
from ...graph import Node
from ...ops.decompositions.cholesky import cholesky as cholesky_op
from ...ops.decompositions.cholesky import solve_triangular as solve_triangular_op
from ...ops.decompositions.spectral import eigh as eigh_op
from ...ops.join import item
from ..arguments import python_integer
from .operands import accepts_effort, matrices, symmetric, transposed, triangle_of


class Eigh(NamedTuple):
    """The values and vectors of ``eigh``."""

    eigenvalues: Node
    eigenvectors: Node


@accepts_effort
@public
def eigh(
    a: Any,
    UPLO: str | None = None,
    *,
    b: Any = None,
    lower: bool | None = None,
    eigvals_only: bool = False,
    subset_by_index: Any = None,
) -> Any:
    """Eigenvalues, rising, and eigenvectors of symmetric matrices.

    Args:
        a: matrices (..., n, n); the mean of each and its transpose is meant.
        UPLO: "L" or "U", where one triangle alone is meant.
        b: symmetric positive definite matrices, for the values and vectors of ``a @ v = w * b @ v``.
        lower: the same as UPLO, as SciPy says it.
        eigvals_only: True gives the values alone.
        subset_by_index: the first and the last of the values that are wanted.

    Returns:
        ``eigenvalues`` (..., n) and ``eigenvectors`` (..., n, n), one in every column. Gradients by vectors
        need values that differ.

    Raises:
        GraphTypeError: if a is no matrix.
        ShapeError: if it is not square.
        ArgumentError: for another triangle or subset; when running, if b is not positive definite.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.eigh(T.constant([[3.0, 0.0], [0.0, 2.0]])).eigenvalues.eval().tolist()
        [2.0, 3.0]
    """
    triangle = triangle_of("eigh", UPLO, lower)
    node, factor = symmetric(matrices("eigh", a), triangle), None
    if b is not None:
        factor = cholesky_op(symmetric(matrices("eigh", b), triangle))
        half = solve_triangular_op(factor, node, lower=True, transposed=False, unit=False)
        node = solve_triangular_op(factor, transposed(half), lower=True, transposed=False, unit=False)
    made = eigh_op(node)
    values, vectors = item(made, index=0), item(made, index=1)
    if factor is not None:
        vectors = solve_triangular_op(factor, vectors, lower=True, transposed=True, unit=False)
    if subset_by_index is not None:
        # A view of the whole would be a segment of its own behind the fallback.
        part = _subset(subset_by_index)
        values, vectors = values[..., part], vectors[..., part]
    return values if eigvals_only else Eigh(values, vectors)


def _subset(bounds: Any) -> slice:
    """The numbers from the first to the last as a slice."""
    if not isinstance(bounds, tuple | list) or len(bounds) != 2:
        raise ArgumentError(f"eigh: a subset is the first and the last number, not {shown(bounds)}{here()}")
    first, last = (python_integer(one, "the number of an eigenvalue") for one in bounds)
    if not 0 <= first <= last:
        raise ArgumentError(f"eigh: a subset is from 0 on and does not fall, unlike {shown(bounds)}{here()}")
    return slice(first, last + 1)


@accepts_effort
@public
def eigvalsh(
    a: Any, UPLO: str | None = None, *, b: Any = None, lower: bool | None = None, subset_by_index: Any = None
) -> Node:
    """Eigenvalues of symmetric matrices, rising.

    Args:
        a: matrices (..., n, n); the mean of each and its transpose is meant.
        UPLO, b, lower, subset_by_index: as of ``eigh``.

    Returns:
        A float tensor (..., n).

    Raises:
        GraphTypeError: if a is no matrix.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.eigvalsh(T.constant([[3.0, 0.0], [0.0, 2.0]])).eval().tolist()
        [2.0, 3.0]
    """
    made: Node = eigh(a, UPLO, b=b, lower=lower, eigvals_only=True, subset_by_index=subset_by_index)
    return made


__all__ = ["eigh", "eigvalsh"]

"""Factorisations of matrices, and the eigenvalues and singular values that they find.

Read next: functions.py
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...binding import public
from ...errors import ArgumentError, GraphTypeError, here, shown
from ...graph import Node, describe
from ...ops.decompositions.cholesky import cholesky as cholesky_op
from ...ops.decompositions.spectral import eigh as eigh_op
from ...ops.decompositions.spectral import qr as qr_op
from ...ops.decompositions.spectral import svd as svd_op
from ...ops.join import item
from ..arguments import as_float
from ..axes import swapaxes


def matrices(name: str, x: Any) -> Node:
    """Matrices of floats, for the function of that name."""
    node = as_float(x)
    if node.ndim < 2:
        raise GraphTypeError(f"{name} takes matrices, not {describe(node)}{here()}")
    return node


def transposed(x: Node) -> Node:
    """Matrices with their last two axes exchanged."""
    return swapaxes(x, -1, -2)


class QR(NamedTuple):
    """The factors of ``qr``."""

    Q: Node
    R: Node


class SVD(NamedTuple):
    """The factors of ``svd``."""

    U: Node
    S: Node
    Vh: Node


class Eigh(NamedTuple):
    """The values and vectors of ``eigh``."""

    eigenvalues: Node
    eigenvectors: Node


@public
def cholesky(a: Any, *, lower: bool = True) -> Node:
    """Cholesky factor L of symmetric positive definite matrices, for which ``L @ L.T`` is a.

    Args:
        a: matrices (..., n, n); the mean of each and its transpose is meant.
        lower: False gives the upper factor, its transpose.

    Returns:
        Triangular matrices (..., n, n).

    Raises:
        GraphTypeError: if a is no matrix.
        ShapeError: if it is not square.
        ArgumentError: when running, for a matrix that is not positive definite, naming it.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.cholesky(T.constant([[4.0, 2.0], [2.0, 2.0]])).eval().tolist()
        [[2.0, 0.0], [1.0, 1.0]]
    """
    made: Node = cholesky_op(matrices("cholesky", a))
    return made if lower else transposed(made)


@public
def qr(a: Any, mode: str = "reduced") -> Any:
    """QR decomposition: orthonormal columns Q and upper triangular R with ``Q @ R`` equal to a.

    Args:
        a: matrices (..., m, n); for gradients m is known and not less than n.
        mode: "reduced", or "r" for R alone.

    Returns:
        ``Q`` (..., m, k) and ``R`` (..., k, n), where k is the smaller of m and n.

    Raises:
        ArgumentError: for another mode.
        GraphTypeError: if a is no matrix.

    Example:
        >>> import symdrop.tensor as T
        >>> abs(T.linalg.qr(T.constant([[3.0], [4.0]])).R.eval()).tolist()
        [[5.0]]
    """
    if mode not in ("reduced", "r"):
        raise ArgumentError(f"qr: mode is 'reduced' or 'r', not {shown(mode)}{here()}")
    made = qr_op(matrices("qr", a))
    return item(made, index=1) if mode == "r" else QR(item(made, index=0), item(made, index=1))


@public
def svd(a: Any, full_matrices: bool = False, compute_uv: bool = True) -> Any:
    """Singular value decomposition: ``U * S @ Vh`` is a, with falling singular values S.

    Args:
        a: matrices (..., m, n).
        full_matrices: is False: superfluous columns have no gradient.
        compute_uv: False gives S alone.

    Returns:
        ``U`` (..., m, k), ``S`` (..., k) and ``Vh`` (..., k, n), where k is the smaller of m and n.
        Gradients by U and Vh need singular values that differ.

    Raises:
        ArgumentError: if ``full_matrices`` is asked for.
        GraphTypeError: if a is no matrix.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.svd(T.constant([[0.0, 2.0], [3.0, 0.0]])).S.eval().tolist()
        [3.0, 2.0]
    """
    if full_matrices:
        raise ArgumentError(f"svd: full_matrices=True is not there; superfluous columns are not determined{here()}")
    made = svd_op(matrices("svd", a))
    values = item(made, index=1)
    return SVD(item(made, index=0), values, item(made, index=2)) if compute_uv else values


@public
def svdvals(a: Any) -> Node:
    """Singular values of matrices, falling.

    Args:
        a: matrices (..., m, n).

    Returns:
        A float tensor (..., k), where k is the smaller of m and n.

    Raises:
        GraphTypeError: if a is no matrix.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.svdvals(T.constant([[0.0, 2.0], [3.0, 0.0]])).eval().tolist()
        [3.0, 2.0]
    """
    made: Node = svd(a, compute_uv=False)
    return made


@public
def eigh(a: Any) -> Eigh:
    """Eigenvalues, rising, and eigenvectors of symmetric matrices.

    Args:
        a: matrices (..., n, n); the mean of each and its transpose is meant.

    Returns:
        ``eigenvalues`` (..., n) and ``eigenvectors`` (..., n, n), one in every column. Gradients by vectors
        need values that differ.

    Raises:
        GraphTypeError: if a is no matrix.
        ShapeError: if it is not square.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.eigh(T.constant([[3.0, 0.0], [0.0, 2.0]])).eigenvalues.eval().tolist()
        [2.0, 3.0]
    """
    made = eigh_op(matrices("eigh", a))
    return Eigh(item(made, index=0), item(made, index=1))


@public
def eigvalsh(a: Any) -> Node:
    """Eigenvalues of symmetric matrices, rising.

    Args:
        a: matrices (..., n, n); the mean of each and its transpose is meant.

    Returns:
        A float tensor (..., n).

    Raises:
        GraphTypeError: if a is no matrix.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.eigvalsh(T.constant([[3.0, 0.0], [0.0, 2.0]])).eval().tolist()
        [2.0, 3.0]
    """
    return eigh(a).eigenvalues


__all__ = ["cholesky", "eigh", "eigvalsh", "qr", "svd", "svdvals"]

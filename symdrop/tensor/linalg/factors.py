"""Factorisations of matrices into orthogonal and triangular ones, and singular values.

Read next: functions.py
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...binding import public
from ...errors import ArgumentError, here, shown
from ...graph import Node
from ...ops.decompositions.cholesky import cholesky as cholesky_op
from ...ops.decompositions.complement import column_order, orthogonal_complement, reflectors
from ...ops.decompositions.spectral import qr as qr_op
from ...ops.decompositions.spectral import svd as svd_op
from ...ops.join import item
from ..creation import zeros
from ..elementwise import abs_, lt, where
from ..joining import concatenate
from ..sorting import argsort, take_along_axis
from .operands import accepts_effort, matrices, transposed
from .symmetric import eigh


class QR(NamedTuple):
    """The factors of ``qr``."""

    Q: Node
    R: Node


class SVD(NamedTuple):
    """The factors of ``svd``."""

    U: Node
    S: Node
    Vh: Node


@accepts_effort
@public
def cholesky(a: Any, *, lower: bool = True, upper: bool = False) -> Node:
    """Cholesky factor L of symmetric positive definite matrices, for which ``L @ L.T`` is a.

    Args:
        a: matrices (..., n, n); the mean of each and its transpose is meant.
        lower: False gives the upper factor, its transpose.
        upper: True gives it, too.

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
    return made if lower and not upper else transposed(made)


# The modes of NumPy and those of SciPy.
_MODES = {"reduced": "reduced", "economic": "reduced", "complete": "complete", "full": "complete", "r": "r"}


@accepts_effort
@public
def qr(a: Any, mode: str = "reduced", *, pivoting: bool = False) -> Any:
    """QR decomposition: orthonormal columns Q and upper triangular R with ``Q @ R`` equal to a.

    Args:
        a: matrices (..., m, n); for gradients m is known and not less than n.
        mode: "reduced" (or "economic"), "complete" (or "full") for a square Q, "r" for R alone, or "raw" for what
            LAPACK gives, which has no gradient.
        pivoting: True exchanges columns, so that the diagonal of R falls in absolute value.

    Returns:
        ``Q`` (..., m, k) and ``R`` (..., k, n), where k is the smaller of m and n; (..., m, m) and (..., m, n) of the
        mode "complete". With ``pivoting`` the order of the columns follows, integers (..., n). Of "raw" the transpose
        of R and Householder's vectors in one matrix, (..., n, m), and the scales of the vectors, (..., k). Columns of Q
        past k are any that make it orthogonal: gradients are right for what does not depend on which.

    Raises:
        ArgumentError: for another mode.
        GraphTypeError: if a is no matrix.

    Example:
        >>> import symdrop.tensor as T
        >>> abs(T.linalg.qr(T.constant([[3.0], [4.0]])).R.eval()).tolist()
        [[5.0]]
    """
    node = matrices("qr", a)
    if mode == "raw" and not pivoting:
        made = reflectors(node)
        return item(made, index=0), item(made, index=1)
    if not isinstance(mode, str) or mode not in _MODES:
        given = "'reduced', 'complete', 'r' or, without pivoting, 'raw'"
        raise ArgumentError(f"qr: mode is {given}, not {shown(mode)}{here()}")
    order = column_order(node) if pivoting else None
    if order is not None:
        node = take_along_axis(node, order[..., None, :], -1)
    made = qr_op(node)
    q, r = item(made, index=0), item(made, index=1)
    if _MODES[mode] == "complete":
        q, r = _whole(q), _padded(r, node)
    if mode == "r":
        return r if order is None else (r, order)
    return QR(q, r) if order is None else (q, r, order)


def _whole(q: Node) -> Node:
    """Orthonormal columns with those that make them a basis; itself where it is known to be one."""
    rows, columns = q.type.shape[-2:]
    return q if rows is not None and rows == columns else concatenate([q, orthogonal_complement(q)], -1)


def _padded(r: Node, a: Node) -> Node:
    """Triangular factors with rows of zeros below, as many as the matrices have."""
    rows, columns = a.type.shape[-2:]
    if rows is not None and columns is not None and rows <= columns:
        return r
    missing = a.shape[-2] - r.shape[-2]
    return concatenate([r, zeros((*a.shape[:-2], missing, a.shape[-1]), r.dtype)], -2)


@accepts_effort
@public
def svd(
    a: Any,
    full_matrices: bool = False,
    compute_uv: bool = True,
    hermitian: bool = False,
    *,
    subset_by_index: Any = None,
) -> Any:
    """Singular value decomposition: ``U * S @ Vh`` is a, with falling singular values S.

    Args:
        a: matrices (..., m, n).
        full_matrices: True gives square U and Vh: further columns of U and rows of Vh that make them orthogonal.
        compute_uv: False gives S alone.
        hermitian: True says that the matrices are symmetric, so that ``eigh`` finds the values.
        subset_by_index: the first of the values that are wanted, and the one behind the last.

    Returns:
        ``U`` (..., m, k), ``S`` (..., k) and ``Vh`` (..., k, n), where k is the smaller of m and n; with
        ``full_matrices`` (..., m, m) and (..., n, n). Gradients by U and Vh need singular values that differ; those by
        further columns and rows are right for what does not depend on which these are.

    Raises:
        ArgumentError: if a subset is asked for together with full matrices.
        GraphTypeError: if a is no matrix.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.svd(T.constant([[0.0, 2.0], [3.0, 0.0]])).S.eval().tolist()
        [3.0, 2.0]
    """
    node = matrices("svd", a)
    u, s, v = _of_symmetric(node) if hermitian else (item(svd_op(node), index=k) for k in range(3))
    if subset_by_index is not None:
        if full_matrices or not isinstance(subset_by_index, tuple | list) or len(subset_by_index) != 2:
            raise ArgumentError(
                f"svd: subset_by_index is the first value and the one behind the last, without full_matrices, not "
                f"{shown(subset_by_index)}{here()}"
            )
        part = slice(*subset_by_index)
        u, s, v = u[..., part], s[..., part], v[..., part, :]
    if not compute_uv:
        return s
    return SVD(_whole(u), s, transposed(_whole(transposed(v)))) if full_matrices else SVD(u, s, v)


def _of_symmetric(a: Node) -> tuple[Node, Node, Node]:
    """The factors of symmetric matrices, from their eigenvalues: absolute values, in falling order."""
    values, vectors = eigh(a)
    order = argsort(-abs_(values), -1)
    values = take_along_axis(values, order, -1)
    u = take_along_axis(vectors, order[..., None, :], -1)
    return u, abs_(values), transposed(u * where(lt(values, 0), -1, 1)[..., None, :])


@accepts_effort
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


__all__ = ["cholesky", "qr", "svd", "svdvals"]

"""Factorisations of matrices that need not be symmetric: eigenvalues, triangles, Schur's and Hessenberg's forms.

Read next: norms.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ...binding import public
from ...errors import ArgumentError, GraphTypeError, here, shown
from ...graph import Node, describe
from ...op import as_node
from ...ops.decompositions.general import eig as eig_op
from ...ops.decompositions.general import hessenberg as hessenberg_op
from ...ops.decompositions.general import schur as schur_op
from ...ops.decompositions.triangles import lower_triangle
from ...ops.decompositions.triangular_factors import exchange, row_order
from ...ops.decompositions.triangular_factors import lu as lu_op
from ...ops.join import item
from ...types import is_integer
from ..arguments import as_float, vector
from ..diagonals import diag
from ..matrix_products import matmul
from ..sorting import argsort
from .factors import cholesky, qr
from .operands import accepts_effort, matrices, transposed
from .symmetric import eigh
from .systems import is_turned, solve_triangular


class Eig(NamedTuple):
    """The values and vectors of ``eig``."""

    eigenvalues: Node
    eigenvectors: Node


@accepts_effort
@public
def eig(a: Any) -> Eig:
    """Eigenvalues and eigenvectors of square matrices whose eigenvalues are real.

    Args:
        a: matrices (..., n, n); of symmetric ones ``eigh`` finds more exact values, in order.

    Returns:
        ``eigenvalues`` (..., n) in LAPACK's order, and ``eigenvectors`` (..., n, n), one of length 1 in every column.
        Gradients need values that differ.

    Raises:
        GraphTypeError: if a is no matrix.
        ShapeError: if it is not square.
        ArgumentError: when running, for a matrix with complex eigenvalues, naming it.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.eig(T.constant([[3.0, 1.0], [0.0, 2.0]])).eigenvalues.eval().tolist()
        [3.0, 2.0]
    """
    made = eig_op(matrices("eig", a))
    return Eig(item(made, index=0), item(made, index=1))


@accepts_effort
@public
def eigvals(a: Any) -> Node:
    """Eigenvalues of square matrices, where they are real.

    Args:
        a: as of ``eig``.

    Returns:
        A float tensor (..., n), in LAPACK's order.

    Raises:
        GraphTypeError: if a is no matrix.
        ArgumentError: when running, for a matrix with complex eigenvalues, naming it.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.eigvals(T.constant([[3.0, 1.0], [0.0, 2.0]])).eval().tolist()
        [3.0, 2.0]
    """
    return eig(a).eigenvalues


@accepts_effort
@public
def lu(a: Any, permute_l: bool = False, *, p_indices: bool = False) -> tuple[Node, ...]:
    """LU decomposition: ``P @ L @ U`` is a, with exchanged rows P, and L and U triangles.

    Args:
        a: matrices (..., m, n); for gradients of full rank.
        permute_l: True gives ``P @ L`` in place of P and L.
        p_indices: True gives the order p with ``L[p] @ U`` equal to a in place of P, integers (..., m).

    Returns:
        P (..., m, m), L (..., m, k) with ones on its diagonal, U (..., k, n), where k is the smaller of m and n.

    Raises:
        GraphTypeError: if a is no matrix.

    Example:
        >>> import symdrop.tensor as T
        >>> P, L, U = T.linalg.lu(T.constant([[0.0, 2.0], [4.0, 2.0]]))
        >>> U.eval().tolist(), P.eval().tolist()
        ([[4.0, 2.0], [0.0, 2.0]], [[0.0, 1.0], [1.0, 0.0]])
    """
    node = matrices("lu", a)
    made = lu_op(node)
    lower, upper = item(made, index=0), item(made, index=1)
    rows = row_order(item(made, index=2), node.shape[-2])
    if p_indices and not permute_l:
        return argsort(rows, -1), lower, upper
    order = exchange(rows, node.dtype)
    return (matmul(order, lower), upper) if permute_l else (order, lower, upper)


@accepts_effort
@public
def lu_factor(a: Any) -> tuple[Node, Node]:
    """LU decomposition of square matrices in one matrix, as ``lu_solve`` takes it.

    Args:
        a: matrices (..., n, n).

    Returns:
        Matrices of a's shape, U with L below its diagonal; and the pivots (..., n): row i was exchanged with that one.

    Raises:
        GraphTypeError: if a is no matrix.

    Example:
        >>> import symdrop.tensor as T
        >>> packed, pivots = T.linalg.lu_factor(T.constant([[0.0, 2.0], [4.0, 2.0]]))
        >>> packed.eval().tolist(), pivots.eval().tolist()
        ([[4.0, 2.0], [0.0, 2.0]], [1, 1])
    """
    made = lu_op(_square("lu_factor", a))
    return lower_triangle(item(made, index=0), -1) + item(made, index=1), item(made, index=2)


def _square(name: str, a: Any) -> Node:
    node = matrices(name, a)
    rows, columns = node.type.shape[-2:]
    if None not in (rows, columns) and rows != columns:
        raise GraphTypeError(f"{name} takes square matrices, not {describe(node)}{here()}")
    return node


@accepts_effort
@public
def lu_solve(lu_and_piv: Any, b: Any, trans: bool | int | str = False) -> Node:
    """The x of ``a @ x = b``, from what ``lu_factor`` gives for a.

    Args:
        lu_and_piv: the matrices and the pivots, NumPy's and SciPy's too.
        b: matrices (..., n, k), or a vector (n,).
        trans: True, or "T", solves ``a.T @ x = b``.

    Returns:
        A tensor of b's shape.

    Raises:
        ArgumentError: if there are not two parts; when running, for a singular matrix.
        ShapeError: if sizes do not fit.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.lu_solve(T.linalg.lu_factor(T.constant([[0.0, 2.0], [4.0, 2.0]])), [2.0, 6.0]).eval().tolist()
        [1.0, 1.0]
    """
    if not isinstance(lu_and_piv, tuple | list) or len(lu_and_piv) != 2:
        raise ArgumentError(f"lu_solve: the first argument is what lu_factor gives, not {shown(lu_and_piv)}{here()}")
    packed, right, pivots = _square("lu_solve", lu_and_piv[0]), as_float(b), as_node(lu_and_piv[1])
    if not is_integer(pivots.dtype) or pivots.ndim != packed.ndim - 1:
        raise GraphTypeError(f"lu_solve: pivots of {describe(packed)} are integers, not {describe(pivots)}{here()}")
    order = exchange(row_order(pivots, packed.shape[-2]), packed.dtype)
    column = right.ndim == 1
    right = right[:, None] if column else right
    steps: list[Callable[[Node], Node]] = [
        lambda x: matmul(transposed(order), x),
        lambda x: solve_triangular(packed, x, lower=True, unit_diagonal=True, trans=trans),
        lambda x: solve_triangular(packed, x, lower=False, trans=trans),
    ]
    if is_turned(trans):
        steps = [steps[2], steps[1], lambda x: matmul(order, x)]
    for step in steps:
        right = step(right)
    return right[..., 0] if column else right


@accepts_effort
@public
def cho_factor(a: Any, lower: bool = False) -> tuple[Node, bool]:
    """Cholesky factor of symmetric positive definite matrices, as ``cho_solve`` takes it.

    Args:
        a: matrices (..., n, n); the mean of each and its transpose is meant.
        lower: True gives the lower factor.

    Returns:
        Triangular matrices, with zeros where SciPy leaves what there was; and ``lower``.

    Raises:
        ArgumentError: when running, for a matrix that is not positive definite, naming it.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.cho_solve(T.linalg.cho_factor(T.constant([[4.0, 2.0], [2.0, 2.0]])), [6.0, 4.0]).eval().tolist()
        [1.0, 1.0]
    """
    return cholesky(a, lower=bool(lower)), bool(lower)


@accepts_effort
@public
def schur(a: Any, output: str = "real") -> tuple[Node, Node]:
    """Real Schur decomposition: ``Z @ T @ Z.T`` is a, with orthogonal Z; it has no gradient.

    Args:
        a: matrices (..., n, n).
        output: is "real": values are real.

    Returns:
        T and Z of a's shape. T is upper triangular, but for blocks of 2 rows that stand for complex eigenvalues.

    Raises:
        GraphTypeError: if a is no matrix.
        ArgumentError: for another output.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.schur(T.constant([[3.0, 1.0], [0.0, 2.0]]))[0].eval().tolist()
        [[3.0, 1.0], [0.0, 2.0]]
    """
    if output not in ("real", "r"):
        raise ArgumentError(f"schur: output is 'real', since values are, not {shown(output)}{here()}")
    made = schur_op(matrices("schur", a))
    return item(made, index=0), item(made, index=1)


@accepts_effort
@public
def hessenberg(a: Any, calc_q: bool = False) -> Any:
    """Hessenberg form H of square matrices: ``Q @ H @ Q.T`` is a, with orthogonal Q; it has no gradient.

    Args:
        a: matrices (..., n, n).
        calc_q: True gives Q as well.

    Returns:
        H of a's shape, zero below its first subdiagonal; with ``calc_q`` H and Q.

    Raises:
        GraphTypeError: if a is no matrix.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.hessenberg(T.constant([[3.0, 1.0], [0.0, 2.0]])).eval().tolist()
        [[3.0, 1.0], [0.0, 2.0]]
    """
    made = hessenberg_op(matrices("hessenberg", a))
    h = item(made, index=0)
    return (h, item(made, index=1)) if calc_q else h


@accepts_effort
@public
def eigh_tridiagonal(d: Any, e: Any, eigvals_only: bool = False, select: str = "a", select_range: Any = None) -> Any:
    """Eigenvalues, rising, and eigenvectors of a symmetric tridiagonal matrix.

    Args:
        d: its diagonal, a vector.
        e: the diagonal beside it, a vector with one element less.
        eigvals_only: True gives the values alone.
        select: "a" for all, "i" for those whose numbers lie in a range.
        select_range: the first and the last number.

    Returns:
        As of ``eigh``, of the whole matrix, which is laid out.

    Raises:
        GraphTypeError: if one is not a vector.
        ArgumentError: for another selection: how many values lie between two others is not known beforehand.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.eigh_tridiagonal([1.0, 1.0], [1.0], eigvals_only=True).eval().round(6).tolist()
        [0.0, 2.0]
    """
    main, beside = as_float(vector("eigh_tridiagonal", d)), as_float(vector("eigh_tridiagonal", e))
    if select not in ("a", "i") or (select == "i") == (select_range is None):
        given = f"select={shown(select)} and select_range={shown(select_range)}"
        raise ArgumentError(f"eigh_tridiagonal: select is 'a', or 'i' with select_range=, not {given}{here()}")
    whole = diag(main) + diag(beside, 1) + diag(beside, -1)
    return eigh(whole, eigvals_only=eigvals_only, subset_by_index=select_range)


@accepts_effort
@public
def qr_multiply(a: Any, c: Any, mode: str = "right", pivoting: bool = False) -> tuple[Node, ...]:
    """Product with the orthonormal factor of ``qr``, and the triangular factor.

    Args:
        a: matrices (..., m, n).
        c: matrices, or a vector.
        mode: "right" for ``c @ Q``, "left" for ``Q @ c``.
        pivoting: as of ``qr``.

    Returns:
        The product, and R; with ``pivoting`` the order of the columns, too.

    Raises:
        ArgumentError: for another mode.
        GraphTypeError: if a is no matrix.

    Example:
        >>> import symdrop.tensor as T
        >>> abs(T.linalg.qr_multiply(T.constant([[3.0], [4.0]]), [3.0, 4.0])[0].eval()).round(6).tolist()
        [5.0]
    """
    if mode not in ("right", "left"):
        raise ArgumentError(f"qr_multiply: mode is 'right' or 'left', not {shown(mode)}{here()}")
    q, *others = qr(matrices("qr_multiply", a), pivoting=pivoting)
    other = as_float(c)
    return (matmul(other, q) if mode == "right" else matmul(q, other)), *others


__all__ = [
    "cho_factor", "eig", "eigh_tridiagonal", "eigvals", "hessenberg", "lu", "lu_factor", "lu_solve", "qr_multiply",
    "schur",
]  # fmt: skip

"""Pseudo-inverses, ranks and least squares: what singular values decide that are as good as 0.

Read next: general.py
"""

from __future__ import annotations

from typing import Any

from ...binding import public
from ...errors import ArgumentError, here
from ...graph import Node
from ...op import as_node
from ..arguments import as_float
from ..elementwise import abs_, cast, gt, maximum, where
from ..extrema import max as max_over
from ..matrix_products import matmul
from ..reductions import sum as sum_over
from .factors import svd, svdvals
from .operands import accepts_effort, matrices, transposed
from .symmetric import eigh, eigvalsh


@accepts_effort
@public
def pinv(a: Any, rtol: Any = None, hermitian: bool = False, *, rcond: Any = None, atol: Any = None) -> Node:
    """Moore-Penrose pseudo-inverse.

    Args:
        a: matrices (..., m, n).
        rtol: singular values up to it, relative to the largest, count as 0; by default the larger size times the
            distance of 1 from the next float.
        hermitian: True says that the matrices are symmetric, so that ``eigh`` finds the values.
        rcond: another name of rtol.
        atol: singular values up to it count as 0, too.

    Returns:
        Matrices (..., n, m).

    Raises:
        GraphTypeError: if a is no matrix.
        ArgumentError: if rtol is given by both of its names.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.pinv(T.constant([[2.0], [0.0]])).eval().tolist()
        [[0.5, 0.0]]
    """
    node, relative = matrices("pinv", a), _one_of("pinv", rtol, rcond)
    if hermitian:
        s, v = eigh(node)
        u = v
    else:
        u, s, vh = svd(node)
        v = transposed(vh)
    kept = gt(abs_(s), _smallest(node, abs_(s), relative, atol))
    inverse = where(kept, 1 / where(kept, s, 1), 0)
    return matmul(v, inverse[..., :, None] * transposed(u))


def _one_of(name: str, rtol: Any, rcond: Any) -> Any:
    """A relative tolerance that has two names; NumPy's old way to ask for the usual one is -1."""
    if rtol is not None and rcond is not None:
        raise ArgumentError(f"{name}: rtol= and rcond= say the same; give one of them{here()}")
    given = rcond if rtol is None else rtol
    return None if isinstance(given, int) and given == -1 else given


def _smallest(a: Node, s: Node, rtol: Any, atol: Any) -> Node:
    """The bound up to which singular values count as 0; an absolute one replaces the usual relative one."""
    if rtol is None and atol is not None:
        return _column(atol, s)
    if rtol is None:
        rows, columns = (as_node(size) for size in a.shape[-2:])
        larger = where(rows > columns, rows, columns)
        rtol = cast(larger, s.dtype) * (2.0**-52 if s.dtype == "float64" else 2.0**-23)
    else:
        rtol = _column(rtol, s)
    bound: Node = max_over(s, -1, keepdims=True) * rtol
    return bound if atol is None else maximum(bound, _column(atol, s))


def _column(tolerance: Any, s: Node) -> Node:
    """A tolerance, one number or one for each matrix, beside the singular values."""
    node = cast(as_node(tolerance), s.dtype)
    return node[..., None] if node.ndim else node


@accepts_effort
@public
def matrix_rank(a: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Node:
    """Rank of matrices: how many singular values count.

    Args:
        a: matrices (..., m, n).
        tol: singular values up to it do not count.
        hermitian, rtol: as of ``pinv``.

    Returns:
        An int64 tensor (...).

    Raises:
        GraphTypeError: if a is no matrix.

    Example:
        >>> import symdrop.tensor as T
        >>> int(T.linalg.matrix_rank(T.constant([[1.0, 1.0], [1.0, 1.0]])).eval())
        1
    """
    node = matrices("matrix_rank", a)
    s = abs_(eigvalsh(node)) if hermitian else svdvals(node)
    return sum_over(cast(gt(s, _smallest(node, s, rtol, tol)), "int64"), -1)


@accepts_effort
@public
def lstsq(a: Any, b: Any, rtol: Any = None, *, rcond: Any = None) -> Node:
    """The x of least length among those with the least ``norm(a @ x - b)``.

    Args:
        a: a matrix (m, n), or a stack of them.
        b: matrices (..., m, k), or a vector (m,).
        rtol, rcond: as of ``pinv``.

    Returns:
        A tensor (..., n, k), or a vector (n,). NumPy's function gives residuals, a rank and singular values too.

    Raises:
        GraphTypeError: if a is no matrix.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.lstsq(T.constant([[1.0], [1.0]]), [1.0, 3.0]).eval().round(6).tolist()
        [2.0]
    """
    return matmul(pinv(a, _one_of("lstsq", rtol, rcond)), as_float(b))


__all__ = ["lstsq", "matrix_rank", "pinv"]

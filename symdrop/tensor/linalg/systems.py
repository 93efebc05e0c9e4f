"""Systems of linear equations, inverses and determinants.

Read next: least_squares.py
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...binding import public
from ...errors import ArgumentError, ShapeError, here, shown
from ...graph import Node, describe
from ...op import Size
from ...ops.decompositions.cholesky import solve_triangular as solve_triangular_op
from ...ops.decompositions.solving import det as det_op
from ...ops.decompositions.solving import inv as inv_op
from ...ops.decompositions.solving import slogdet as slogdet_op
from ...ops.decompositions.solving import solve as solve_op
from ...ops.join import item
from ..arguments import as_float, product, python_integer, several_axes
from ..composed.grids import broadcast_arrays
from ..shaping import broadcast_to
from .factors import cholesky
from .operands import accepts_effort, matrices, symmetric
from .operands import transposed as turned


class SLogDet(NamedTuple):
    """The results of ``slogdet``."""

    sign: Node
    logabsdet: Node


# LAPACK's words; of real matrices the conjugate transpose is the transpose.
_TURNED = {0: False, 1: True, 2: True, "N": False, "T": True, "C": True}


def is_turned(trans: Any) -> bool:
    """The option by which an equation with a transposed matrix is solved, in SciPy's and LAPACK's ways of saying so.

    Raises:
        ArgumentError: for anything else.
    """
    if not isinstance(trans, bool | int | str) or trans not in _TURNED:
        raise ArgumentError(f"trans is False, True, 'N', 'T' or 'C', not {shown(trans)}{here()}")
    return _TURNED[trans]


def _stacks(a: Node, b: Node) -> tuple[Node, Node]:
    """Two stacks of matrices with their leading axes stretched to each other."""
    if a.ndim == b.ndim == 2:
        return a, b
    first, second = broadcast_arrays(a[..., :1, :1], b[..., :1, :1])
    leading = first.shape[:-2]
    return broadcast_to(a, (*leading, *a.shape[-2:])), broadcast_to(b, (*second.shape[:-2], *b.shape[-2:]))


@accepts_effort
@public
def solve_triangular(
    a: Any, b: Any, *, lower: bool = False, trans: bool | int | str = False, unit_diagonal: bool = False
) -> Node:
    """The x of ``a @ x = b`` for triangular matrices a.

    Args:
        a: matrices (..., n, n), of which one triangle is looked at.
        b: matrices (..., n, k), or a vector (n,) for one matrix.
        lower: which triangle.
        trans: True, or "T", solves ``a.T @ x = b``.
        unit_diagonal: True takes the diagonal to be ones.

    Returns:
        A tensor of b's shape.

    Raises:
        GraphTypeError: if a is no matrix.
        ShapeError: if sizes do not fit.
        ArgumentError: when running, for a matrix with a 0 on its diagonal.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.solve_triangular(T.constant([[2.0, 0.0], [1.0, 1.0]]), [2.0, 3.0], lower=True).eval().tolist()
        [1.0, 2.0]
    """
    left, right = matrices("solve_triangular", a), as_float(b)
    column = right.ndim == 1
    left, right = _stacks(left, right[:, None] if column else right)
    made: Node = solve_triangular_op(
        left, right, lower=bool(lower), transposed=is_turned(trans), unit=bool(unit_diagonal)
    )
    return made[..., 0] if column else made


@accepts_effort
@public
def cho_solve(c_and_lower: Any, b: Any) -> Node:
    """The x of ``a @ x = b``, from the Cholesky factor of a.

    Args:
        c_and_lower: the factor and whether it is the lower one, as SciPy's ``cho_factor`` gives them; or the lower one.
        b: matrices (..., n, k), or a vector.

    Returns:
        A tensor of b's shape.

    Raises:
        ShapeError: if sizes do not fit.

    Example:
        >>> import symdrop.tensor as T
        >>> L = T.linalg.cholesky(T.constant([[4.0, 2.0], [2.0, 2.0]]))
        >>> T.linalg.cho_solve((L, True), [6.0, 4.0]).eval().tolist()
        [1.0, 1.0]
    """
    factor, lower = c_and_lower if isinstance(c_and_lower, tuple) and len(c_and_lower) == 2 else (c_and_lower, True)
    middle = solve_triangular(factor, b, lower=lower, trans=not lower)
    return solve_triangular(factor, middle, lower=lower, trans=lower)


# What SciPy can be told about matrices, under its long and its short names.
_KINDS = {
    "general": "gen", "gen": "gen", "symmetric": "sym", "sym": "sym", "hermitian": "sym", "her": "sym",
    "positive definite": "pos", "pos": "pos", "upper triangular": "upper", "lower triangular": "lower",
    "diagonal": "gen", "tridiagonal": "gen", "banded": "gen",
}  # fmt: skip


@accepts_effort
@public
def solve(a: Any, b: Any, lower: bool = False, *, assume_a: str = "gen", transposed: bool = False) -> Node:
    """The x of ``a @ x = b``.

    Args:
        a: matrices (..., n, n).
        b: matrices (..., n, k), or a vector (n,).
        lower: which triangle of symmetric and of positive definite matrices is looked at.
        assume_a: SciPy's word for what is known: "gen", "sym", "her", "pos", "upper triangular", "lower triangular".
        transposed: True solves ``a.T @ x = b``.

    Returns:
        A tensor of b's shape.

    Raises:
        GraphTypeError: if a is no matrix.
        ShapeError: if sizes do not fit.
        ArgumentError: for another word; when running, for a singular matrix, naming it.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.solve(T.constant([[2.0, 0.0], [0.0, 4.0]]), [2.0, 2.0]).eval().tolist()
        [1.0, 0.5]
    """
    if not isinstance(assume_a, str) or assume_a not in _KINDS:
        raise ArgumentError(f"solve: assume_a is one of {', '.join(_KINDS)}, not {shown(assume_a)}{here()}")
    kind, left, right = _KINDS[assume_a], matrices("solve", a), as_float(b)
    if kind in ("upper", "lower"):
        return solve_triangular(left, right, lower=kind == "lower", trans=transposed)
    if kind == "pos":
        return cho_solve((cholesky(symmetric(left, bool(lower))), True), right)
    if kind == "sym":
        left = symmetric(left, bool(lower))
    elif transposed:
        left = turned(left)
    if right.ndim == 1:
        stretched, column = _stacks(left, right[:, None])
        return solve_op(stretched, column)[..., 0]
    made: Node = solve_op(*_stacks(left, right))
    return made


@accepts_effort
@public
def inv(a: Any) -> Node:
    """Inverse of square matrices.

    Args:
        a: matrices (..., n, n).

    Returns:
        Matrices of a's shape.

    Raises:
        GraphTypeError: if a is no matrix.
        ShapeError: if it is not square.
        ArgumentError: when running, for a singular matrix, naming it.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.inv(T.constant([[2.0, 0.0], [0.0, 4.0]])).eval().tolist()
        [[0.5, 0.0], [0.0, 0.25]]
    """
    made: Node = inv_op(matrices("inv", a))
    return made


@accepts_effort
@public
def det(a: Any) -> Node:
    """Determinant of square matrices.

    Args:
        a: matrices (..., n, n).

    Returns:
        A float tensor (...). Its gradient is that of an inverse, so a singular matrix has none.

    Raises:
        GraphTypeError: if a is no matrix.
        ShapeError: if it is not square.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.linalg.det(T.constant([[2.0, 0.0], [0.0, 4.0]])).eval().round(6))
        8.0
    """
    made: Node = det_op(matrices("det", a))
    return made


@accepts_effort
@public
def slogdet(a: Any) -> SLogDet:
    """Sign of the determinant of square matrices, and the logarithm of its absolute value.

    Args:
        a: matrices (..., n, n).

    Returns:
        ``sign`` and ``logabsdet``, float tensors (...); of a singular matrix 0 and minus infinity.

    Raises:
        GraphTypeError: if a is no matrix.
        ShapeError: if it is not square.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.linalg.slogdet(T.constant([[2.0, 0.0], [0.0, 4.0]])).logabsdet.eval().round(3))
        2.079
    """
    made = slogdet_op(matrices("slogdet", a))
    return SLogDet(item(made, index=0), item(made, index=1))


@accepts_effort
@public
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Node:
    """The x of ``tensordot(a, x, x.ndim) = b``.

    Args:
        a: a tensor whose leading axes are those of b, and whose others hold as many elements.
        b: a tensor.
        axes: axes of a that are moved behind the others first.

    Returns:
        A tensor of the shape of a's other axes.

    Raises:
        ShapeError: if the elements are known not to be equally many.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.tensorsolve(T.eye(2).reshape((2, 1, 2)), [3.0, 4.0]).eval().tolist()
        [[3.0, 4.0]]
    """
    left, right = as_float(a), as_float(b)
    if axes is not None:
        last = several_axes(axes, left.ndim)
        left = left.dimshuffle(*(k for k in range(left.ndim) if k not in last), *last)
    sizes = left.shape[right.ndim :]
    count: Size = product(sizes)
    known = product(right.shape)
    if isinstance(count, int) and isinstance(known, int) and count != known:
        raise ShapeError(f"tensorsolve: {describe(left)} makes no square matrix over {describe(right)}{here()}")
    return solve(left.reshape((known, count)), right.flatten()).reshape(sizes)


@public
def tensorinv(a: Any, ind: int = 2) -> Node:
    """The inverse of ``tensordot`` with a: ``tensordot(tensorinv(a, ind), b, ind)`` is ``tensorsolve(a, b)``.

    Args:
        a: a tensor whose first axes hold as many elements as its others.
        ind: how many are the first ones, a Python integer.

    Returns:
        A tensor with the others in front.

    Raises:
        ArgumentError: if there are no axes on one side.
        ShapeError: if the elements are known not to be equally many.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.tensorinv(T.constant([[2.0, 0.0], [0.0, 4.0]]), 1).eval().tolist()
        [[0.5, 0.0], [0.0, 0.25]]
    """
    node, first = as_float(a), python_integer(ind, "the number of first axes")
    if not 0 < first < max(node.ndim, 1):
        raise ArgumentError(f"tensorinv: ind={first} leaves no axes on one side of {describe(node)}{here()}")
    rows, columns = product(node.shape[:first]), product(node.shape[first:])
    if isinstance(rows, int) and isinstance(columns, int) and rows != columns:
        raise ShapeError(f"tensorinv: {describe(node)} makes no square matrix by ind={first}{here()}")
    return inv(node.reshape((rows, columns))).reshape((*node.shape[first:], *node.shape[:first]))


__all__ = ["cho_solve", "det", "inv", "slogdet", "solve", "solve_triangular", "tensorinv", "tensorsolve"]

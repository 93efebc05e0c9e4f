"""Functions of matrices: exponential, square root, logarithm, polar factors, and Sylvester's equation.

Read next: systems.py
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...binding import public
from ...errors import ArgumentError, GraphTypeError, here, shown
from ...graph import Node, describe
from ...op import convert
from ...ops.decompositions.functions import expm as expm_op
from ...ops.decompositions.functions import expm_along
from ...ops.decompositions.functions import logm as logm_op
from ...ops.decompositions.functions import solve_sylvester as solve_sylvester_op
from ...ops.decompositions.functions import sqrtm as sqrtm_op
from ...ops.decompositions.triangular_factors import polar as polar_op
from ...ops.join import item, specify_shape
from ...types import promote
from .operands import accepts_effort, matrices, transposed


class Polar(NamedTuple):
    """The factors of ``polar``."""

    U: Node
    P: Node


@accepts_effort
@public
def expm(a: Any) -> Node:
    """Exponential of square matrices: the sum of ``a^k / k!``.

    Args:
        a: matrices (..., n, n).

    Returns:
        Matrices of a's shape.

    Raises:
        GraphTypeError: if a is no matrix.
        ShapeError: if it is not square.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.expm(T.constant([[0.0, 1.0], [0.0, 0.0]])).eval().tolist()
        [[1.0, 1.0], [0.0, 1.0]]
    """
    made: Node = expm_op(matrices("expm", a))
    return made


@accepts_effort
@public
def expm_frechet(a: Any, e: Any, compute_expm: bool = True) -> Node | tuple[Node, Node]:
    """Fréchet derivative of the exponential: that of ``expm(a + t * e)`` by t at 0.

    Args:
        a: matrices (..., n, n).
        e: the direction, of a's shape.
        compute_expm: whether the exponential itself is given, too.

    Returns:
        ``(expm(a), derivative)``, or the derivative alone; both have a's shape.

    Raises:
        GraphTypeError: if one is no matrix, or they have different numbers of axes.
        ShapeError: if a is not square, or sizes do not fit.

    Source: A. H. Al-Mohy and N. J. Higham, "Computing the Fréchet derivative of the matrix exponential, with an
    application to condition number estimation", SIAM J. Matrix Anal. Appl. 30, 2009.

    Example:
        >>> import symdrop.tensor as T
        >>> value, slope = T.linalg.expm_frechet(T.constant([[0.0]]), [[2.0]])
        >>> value.eval().tolist(), slope.eval().tolist()
        ([[1.0]], [[2.0]])
    """
    at, along = (matrices("expm_frechet", one) for one in (a, e))
    if at.ndim != along.ndim:
        raise GraphTypeError(f"expm_frechet: a and e have one shape, not {describe(at)} and {describe(along)}{here()}")
    dtype = promote([at.type, along.type])
    at, along = convert(at, dtype), convert(along, dtype)
    value = expm_op(at)
    along = specify_shape(along, *at.shape, axes=tuple(range(at.ndim)))
    slope = expm_along(at, along)
    return (value, slope) if compute_expm else slope


@accepts_effort
@public
def sqrtm(a: Any) -> Node:
    """Principal square root of square matrices: the x of ``x @ x = a`` whose eigenvalues have positive real parts.

    Args:
        a: matrices (..., n, n) without real eigenvalues below 0.

    Returns:
        Matrices of a's shape.

    Raises:
        GraphTypeError: if a is no matrix.
        ShapeError: if it is not square.
        ArgumentError: when running, for a matrix without a real root, naming it.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.sqrtm(T.constant([[4.0, 0.0], [0.0, 9.0]])).eval().tolist()
        [[2.0, 0.0], [0.0, 3.0]]
    """
    made: Node = sqrtm_op(matrices("sqrtm", a))
    return made


@accepts_effort
@public
def logm(a: Any) -> Node:
    """Principal logarithm of square matrices: the x of ``expm(x) = a`` with imaginary parts of eigenvalues below pi.

    Args:
        a: matrices (..., n, n) without real eigenvalues up to 0.

    Returns:
        Matrices of a's shape.

    Raises:
        GraphTypeError: if a is no matrix.
        ShapeError: if it is not square.
        ArgumentError: when running, for a matrix without a real logarithm, naming it.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.logm(T.constant([[1.0, 1.0], [0.0, 1.0]])).eval().round(6).tolist()
        [[0.0, 1.0], [0.0, 0.0]]
    """
    made: Node = logm_op(matrices("logm", a))
    return made


@accepts_effort
@public
def solve_sylvester(a: Any, b: Any, q: Any) -> Node:
    """The x of ``a @ x + x @ b = q``, Sylvester's equation.

    Args:
        a: matrices (..., m, m).
        b: matrices (..., n, n).
        q: matrices (..., m, n).

    Returns:
        Matrices of q's shape.

    Raises:
        GraphTypeError: if one is no matrix.
        ShapeError: if sizes do not fit.
        ArgumentError: when running, where eigenvalues of a and -b are equal, naming the matrix.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.solve_sylvester(T.constant([[1.0]]), [[2.0]], [[6.0]]).eval().tolist()
        [[2.0]]
    """
    made: Node = solve_sylvester_op(*(matrices("solve_sylvester", x) for x in (a, b, q)))
    return made


@accepts_effort
@public
def polar(a: Any, side: str = "right") -> Polar:
    """Polar decomposition: orthonormal columns U and symmetric positive semidefinite P with ``U @ P`` equal to a.

    Args:
        a: matrices (..., m, n); for gradients of full rank, with as many rows as columns or more.
        side: "right", or "left" for ``P @ U``, whose gradients need as many columns as rows or more.

    Returns:
        ``U`` (..., m, n), and ``P`` (..., n, n) on the right, (..., m, m) on the left.

    Raises:
        ArgumentError: for another side.
        GraphTypeError: if a is no matrix.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linalg.polar(T.constant([[0.0, -2.0], [3.0, 0.0]])).P.eval().round(6).tolist()
        [[3.0, 0.0], [0.0, 2.0]]
    """
    if side not in ("right", "left"):
        raise ArgumentError(f"polar: side is 'right' or 'left', not {shown(side)}{here()}")
    node = matrices("polar", a)
    if side == "left":
        turned = polar(transposed(node))
        return Polar(transposed(turned.U), turned.P)
    made = polar_op(node)
    return Polar(item(made, index=0), item(made, index=1))


__all__ = ["expm", "logm", "polar", "solve_sylvester", "sqrtm"]

"""Triangular factors of matrices with exchanged rows, and polar factors.

Source: F. R. de Hoog, R. S. Anderssen and M. A. Lukas, "Differentiation of matrix functionals using triangular
factorization", Mathematics of Computation 80, 2011; for polar factors, N. J. Higham, "Functions of matrices", SIAM
2008, chapter 8.

Read next: ../fourier/__init__.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...errors import GraphTypeError
from ...graph import Node
from ...op import ZERO, Size, Sizes, constant_scalar, convert, structured
from ...types import TensorType, TupleType, is_integer
from ..creation import arange
from ..join import concatenate, item
from ..linalg import matmul, transposed
from ..logic import STRUCTURAL_ZERO, eq
from ..views import filled
from .cholesky import solve_triangular
from .functions import solve_sylvester
from .matrices import Array, MatrixFunction, each, of_dtype, one_by_one
from .solving import solve
from .spectral import least
from .triangles import lower_triangle, upper_triangle


def _lu(m: Any, a: Any) -> Any:
    """Lower triangular l of unit diagonal, upper triangular u, and which row was exchanged with each one in turn."""
    from scipy.linalg.lapack import get_lapack_funcs

    getrf: Any = get_lapack_funcs("getrf", (a,))

    def factors(a: Array) -> tuple[Array, Array, Array]:
        few = min(a.shape)
        if not a.size:
            return m.eye(a.shape[0], few), m.zeros((few, a.shape[1])), m.zeros(few, m.int64)
        packed, pivots, _ = getrf(a)
        return m.tril(packed[:, :few], -1) + m.eye(a.shape[0], few), m.triu(packed[:few]), pivots.astype(m.int64)

    return each(factors, a)


lu = MatrixFunction(_lu, name="lu", square=False)


@lu.infer
def lu_type(a: Node) -> TupleType:
    *leading, rows, columns = a.type.shape
    few = least(rows, columns)
    return TupleType(
        (
            TensorType(a.dtype, (*leading, rows, few)),
            TensorType(a.dtype, (*leading, few, columns)),
            TensorType("int64", (*leading, few)),
        )
    )


@lu.pullback
def lu_pullback(g: Sequence[Any], y: Node, a: Node) -> Any:
    """Of the square part of the exchanged rows as by the source; rows below it and columns beside it are solved for."""
    to_l, to_u, _ = g
    if to_l is ZERO and to_u is ZERO:
        return ZERO
    lower, upper, pivots = (item(y, index=k) for k in range(3))
    rows, columns = a.type.shape[-2:]
    few = lower.shape[-1]
    # Where a matrix is known to be square, nothing is beside the square part.
    square = rows is not None and rows == columns
    first, second = (lower, upper) if square else (lower[..., :few, :], upper[..., :few])
    to_first, to_second = (one if square or one is ZERO else one[at] for one, at in (
        (to_l, (..., slice(None, few), slice(None))), (to_u, (..., slice(None, few))),
    ))  # fmt: skip
    below: Any = ZERO if square or to_l is ZERO else _over_upper(to_l[..., few:, :], second)
    beside: Any = ZERO if square or to_u is ZERO else _over_lower(first, to_u[..., few:])
    if below is not ZERO:
        to_second = _plus(to_second, -matmul(transposed(lower[..., few:, :]), below))
    if beside is not ZERO:
        to_first = _plus(to_first, -matmul(beside, transposed(upper[..., few:])))
    inside: Any = ZERO if to_first is ZERO else lower_triangle(matmul(transposed(first), to_first), -1)
    if to_second is not ZERO:
        inside = _plus(inside, upper_triangle(matmul(to_second, transposed(second)), 0))
    made = _over_upper(_over_lower(first, inside), second)
    if not square:
        made = _framed(made, below, beside, a)
    return matmul(exchange(row_order(pivots, a.shape[-2]), a.dtype), made)


def _plus(a: Any, b: Any) -> Any:
    return b if a is ZERO else a + b


def _over_lower(lower: Node, x: Node) -> Node:
    """The inverse of the transposed factor of unit diagonal, times x."""
    made: Node = solve_triangular(lower, x, lower=True, transposed=True, unit=True)
    return made


def _over_upper(x: Node, upper: Node) -> Node:
    """x times the inverse of the transposed upper factor."""
    made = solve_triangular(upper, transposed(x), lower=False, transposed=False, unit=False)
    return transposed(made)


def _framed(made: Node, below: Any, beside: Any, a: Node) -> Node:
    """A square part with what is below it and beside it, of which one has no elements."""
    few, (rows, columns) = made.shape[-1], a.shape[-2:]
    lead = made.shape[:-2]
    nothing = convert(STRUCTURAL_ZERO, made.dtype)
    if below is ZERO:
        below = filled(nothing, (*lead, rows - few, few))
    if beside is ZERO:
        beside = filled(nothing, (*lead, few, columns - few))
    right = concatenate(beside, filled(nothing, (*lead, rows - few, columns - few)), axis=a.ndim - 2)
    return concatenate(concatenate(made, below, axis=a.ndim - 2), right, axis=a.ndim - 1)


def exchange(order: Node, dtype: str) -> Node:
    """Matrices p for which p @ x has row i of x at the place order[i]."""
    places = arange(0, order.shape[-1], 1, dtype="int64").dimshuffle(0, "x")
    return convert(eq(order.dimshuffle(*range(order.ndim - 1), "x", order.ndim - 1), places), dtype)


@lu.samples
def lu_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for shape in ((3, 3), (2, 2, 2), (1, 1), (4, 2), (2, 2, 3)):
        yield (of_dtype(rng.uniform(-1, 1, shape) + 2 * np.eye(*shape[-2:])[::-1], dtype),), {}


@structured(sizes=slice(1, 2), axis_params=())
def row_order(m: Any, pivots: Any, rows: Any) -> Any:
    """The order in which so many rows are after each was exchanged in turn with the one that its pivot numbers."""
    order = m.empty((*pivots.shape[:-1], int(rows)), m.int64)
    order[...] = m.arange(int(rows))
    for index in m.ndindex(pivots.shape[:-1]):
        own = order[index]
        for place, other in enumerate(pivots[index]):
            own[place], own[other] = own[other], own[place]
    return order


@row_order.infer
def row_order_type(pivots: Node, rows: Node) -> TensorType:
    if not is_integer(pivots.dtype) or not pivots.ndim:
        raise GraphTypeError(f"pivots are vectors of integers, not {pivots.type}")
    return TensorType("int64", (*pivots.type.shape[:-1], constant_scalar(rows)))


@row_order.sizes
def row_order_sizes(sizes: Sizes, pivots: Node, rows: Node) -> Sequence[Size | None]:
    return (*sizes(pivots)[:-1], rows)


@row_order.samples
def row_order_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield (np.array([2, 1, 2]), 3), {}
    yield (np.array([[1, 1], [0, 1]]), 4), {}


def _polar(m: Any, a: Any) -> Any:
    """Orthonormal columns u and symmetric, positive semidefinite p with u @ p the matrix."""

    def factors(a: Array) -> tuple[Array, Array]:
        u, s, v = m.linalg.svd(a, full_matrices=False)
        return u @ v, (v.T * s) @ v

    return one_by_one(lambda a: each(factors, a), "decomposed: it does not converge", a)


polar = MatrixFunction(_polar, name="polar", square=False)


@polar.infer
def polar_type(a: Node) -> TupleType:
    *leading, _, columns = a.type.shape
    return TupleType((TensorType(a.dtype, a.type.shape), TensorType(a.dtype, (*leading, columns, columns))))


@polar.sizes
def polar_sizes(sizes: Sizes, a: Node) -> Sequence[Sequence[Size | None]]:
    *leading, rows, columns = sizes(a)
    return [(*leading, rows, columns), (*leading, columns, columns)]


@polar.pullback
def polar_pullback(g: Sequence[Any], y: Node, a: Node) -> Any:
    """From a = u p: w = u.T u' is antisymmetric and solves w p + p w = u.T a' - a'.T u; p' is u.T a' - w p."""
    to_u, to_p = g
    u, p = item(y, index=0), item(y, index=1)
    turning: Any = ZERO if to_u is ZERO else matmul(transposed(u), to_u)
    if to_p is not ZERO:
        part = matmul(to_p, p)
        turning = -part if turning is ZERO else turning - part
    if turning is ZERO:
        return ZERO
    inside = solve_sylvester(p, p, turning - transposed(turning))
    made = matmul(u, inside if to_p is ZERO else inside + to_p)
    if to_u is not ZERO and (a.type.shape[-1] is None or a.type.shape[-1] != a.type.shape[-2]):
        away = to_u - matmul(u, matmul(transposed(u), to_u))
        made = made + transposed(solve(p, transposed(away)))
    return made


@polar.samples
def polar_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for shape in ((3, 3), (4, 2), (2, 3, 2), (1, 1)):
        yield (of_dtype(rng.uniform(-1, 1, shape) + 2 * np.eye(*shape[-2:]), dtype),), {}

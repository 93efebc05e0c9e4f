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

from ...errors import GraphTypeError, NotDifferentiableError
from ...graph import Node, describe
from ...op import ZERO, Size, Sizes, constant_scalar, convert, structured
from ...types import TensorType, TupleType, is_integer
from ..creation import arange
from ..join import item
from ..linalg import matmul, transposed
from ..logic import eq
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
    rows, columns = a.type.shape[-2:]
    if rows is None or rows != columns:
        raise NotDifferentiableError(
            f"the derivative of lu is known of matrices that are known to be square, not of {describe(a)}"
        )
    to_l, to_u, _ = g
    lower, upper, pivots = (item(y, index=k) for k in range(3))
    inside: Any = ZERO if to_l is ZERO else lower_triangle(matmul(transposed(lower), to_l), -1)
    if to_u is not ZERO:
        part = upper_triangle(matmul(to_u, transposed(upper)), 0)
        inside = part if inside is ZERO else inside + part
    if inside is ZERO:
        return ZERO
    left = solve_triangular(lower, inside, lower=True, transposed=True, unit=True)
    made = transposed(solve_triangular(upper, transposed(left), lower=False, transposed=False, unit=False))
    return matmul(exchange(row_order(pivots, rows), a.dtype), made)


def exchange(order: Node, dtype: str) -> Node:
    """Matrices p for which p @ x has row i of x at the place order[i]."""
    places = arange(0, order.shape[-1], 1, dtype="int64").dimshuffle(0, "x")
    return convert(eq(order.dimshuffle(*range(order.ndim - 1), "x", order.ndim - 1), places), dtype)


@lu.samples
def lu_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for shape in ((3, 3), (2, 2, 2), (1, 1)):
        yield (of_dtype(rng.uniform(-1, 1, shape) + 2 * np.eye(shape[-1])[::-1], dtype),), {}


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

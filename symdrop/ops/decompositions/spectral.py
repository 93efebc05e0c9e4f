"""Eigenvalues of symmetric matrices, singular values, and orthogonal factors.

Source: M. B. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation",
Advances in Automatic Differentiation, Springer 2008; for QR, S. F. Walter and L. Lehmann, "Algorithmic differentiation
of linear algebra functions", Optimization Methods and Software 25, 2010.

Read next: complement.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...errors import NotDifferentiableError
from ...graph import Node, describe
from ...op import ZERO, Size, Sizes
from ...types import TensorType, TupleType
from ..join import item
from ..linalg import matmul, transposed
from ..logic import STRUCTURAL_ZERO, where
from ..views import broadcast
from .cholesky import solve_triangular
from .matrices import MatrixFunction, mean_of_triangles, of_dtype, one_by_one, symmetrised
from .triangles import is_diagonal, lower_triangle


def _eigh(m: Any, a: Any) -> Any:
    """The rising eigenvalues of the mean of a matrix and its transpose, and their eigenvectors as columns."""
    return tuple(one_by_one(m.linalg.eigh, "decomposed: its eigenvalues do not converge", mean_of_triangles(a)))


eigh = MatrixFunction(_eigh, name="eigh")


@eigh.infer
def eigh_type(a: Node) -> TupleType:
    return TupleType((TensorType(a.dtype, a.type.shape[:-1]), TensorType(a.dtype, a.type.shape)))


@eigh.sizes
def eigh_sizes(sizes: Sizes, a: Node) -> Sequence[Sequence[Size | None]]:
    return [sizes(a)[:-1], sizes(a)]


@eigh.pullback
def eigh_pullback(g: Sequence[Any], y: Node, a: Node) -> Any:
    to_values, to_vectors = g
    values, vectors = item(y, index=0), item(y, index=1)
    inside: Any = ZERO
    if to_vectors is not ZERO:
        inside = matmul(transposed(vectors), to_vectors) * over_differences(values)
    if to_values is not ZERO:
        diagonal = diagonal_matrices(to_values)
        inside = diagonal if inside is ZERO else inside + diagonal
    return inside if inside is ZERO else symmetrised(matmul(matmul(vectors, inside), transposed(vectors)))


def over_differences(values: Node) -> Node:
    """1 / (value j - value i) at row i and column j, 0 on the diagonal."""
    leading = range(values.ndim - 1)
    apart = values.dimshuffle(*leading, "x", values.ndim - 1) - values.dimshuffle(*leading, values.ndim - 1, "x")
    same = is_diagonal(apart)
    return where(same, STRUCTURAL_ZERO, 1 / where(same, 1, apart))


def diagonal_matrices(values: Node) -> Node:
    """Matrices with numbers on their diagonals."""
    column, axis = values.dimshuffle(*range(values.ndim), "x"), values.ndim
    spread = broadcast(column, values.shape[-1], axes=(axis,), ndim=axis + 1)
    return where(is_diagonal(spread), spread, STRUCTURAL_ZERO)


@eigh.samples
def eigh_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for shape in ((3, 3), (2, 2, 2), (1, 1)):
        a = rng.uniform(-0.3, 0.3, shape) + np.diag(np.arange(1.0, shape[-1] + 1))
        yield (of_dtype(a + np.swapaxes(a, -1, -2), dtype),), {}


def _svd(m: Any, a: Any) -> Any:
    """Singular value decomposition without superfluous columns: u, the falling singular values, and v transposed."""
    return tuple(one_by_one(lambda a: m.linalg.svd(a, full_matrices=False), "decomposed: it does not converge", a))


svd = MatrixFunction(_svd, name="svd", square=False)


def least(rows: int | None, columns: int | None) -> int | None:
    """The smaller of two sizes, where they are known."""
    return None if rows is None or columns is None else min(rows, columns)


@svd.infer
def svd_type(a: Node) -> TupleType:
    *leading, rows, columns = a.type.shape
    few = least(rows, columns)
    shapes = (*leading, rows, few), (*leading, few), (*leading, few, columns)
    return TupleType(tuple(TensorType(a.dtype, shape) for shape in shapes))


@svd.pullback
def svd_pullback(g: Sequence[Any], y: Node, a: Node) -> Any:
    to_u, to_s, to_v = g
    u, s, v = (item(y, index=k) for k in range(3))
    inside: Any = ZERO if to_s is ZERO else diagonal_matrices(to_s)
    spread, across = s.dimshuffle(*range(s.ndim), "x"), s.dimshuffle(*range(s.ndim - 1), "x", s.ndim - 1)
    over = over_differences(s * s)
    extra: list[Node] = []
    if to_u is not ZERO:
        turned = over * matmul(transposed(u), to_u)
        part = (turned + transposed(turned)) * across
        inside = part if inside is ZERO else inside + part
        away = to_u - matmul(u, matmul(transposed(u), to_u))
        extra.append(matmul(away / across, v))
    if to_v is not ZERO:
        turned = over * matmul(v, transposed(to_v))
        part = spread * (turned + transposed(turned))
        inside = part if inside is ZERO else inside + part
        away = to_v - matmul(matmul(to_v, transposed(v)), v)
        extra.append(matmul(u, away / spread))
    made = inside if inside is ZERO else matmul(matmul(u, inside), v)
    for one in extra:
        made = one if made is ZERO else made + one
    return made


@svd.samples
def svd_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for shape in ((3, 3), (4, 2), (2, 4), (2, 3, 2), (1, 1)):
        a = rng.uniform(-0.3, 0.3, shape) + np.eye(*shape[-2:]) * np.arange(1, shape[-1] + 1)
        yield (of_dtype(a, dtype),), {}


def _qr(m: Any, a: Any) -> Any:
    """Columns that are orthonormal, and an upper triangular matrix, whose product is the matrix."""
    return tuple(m.linalg.qr(a))


qr = MatrixFunction(_qr, name="qr", square=False)


@qr.infer
def qr_type(a: Node) -> TupleType:
    *leading, rows, columns = a.type.shape
    few = least(rows, columns)
    return TupleType((TensorType(a.dtype, (*leading, rows, few)), TensorType(a.dtype, (*leading, few, columns))))


@qr.pullback
def qr_pullback(g: Sequence[Any], y: Node, a: Node) -> Any:
    rows, columns = a.type.shape[-2:]
    if rows is None or columns is None or rows < columns:
        raise NotDifferentiableError(
            f"the derivative of qr is known where there are at least as many rows as columns, not of {describe(a)}"
        )
    to_q, to_r = g
    q, r = item(y, index=0), item(y, index=1)
    mixed: Any = ZERO if to_r is ZERO else matmul(r, transposed(to_r))
    if to_q is not ZERO:
        part = matmul(transposed(to_q), q)
        mixed = -part if mixed is ZERO else mixed - part
    if mixed is ZERO:
        return ZERO
    below = lower_triangle(mixed, -1)
    even = lower_triangle(mixed, 0) + transposed(below)
    made = matmul(q, even)
    made = made if to_q is ZERO else made + to_q
    return transposed(solve_triangular(r, transposed(made), lower=False, transposed=False, unit=False))


@qr.samples
def qr_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for shape in ((3, 3), (4, 2), (2, 3, 2), (1, 1)):
        yield (of_dtype(rng.uniform(-1, 1, shape) + 2 * np.eye(*shape[-2:]), dtype),), {}

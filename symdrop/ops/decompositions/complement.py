"""Orthogonal complements, by which reduced factors become full ones; orders of pivoted columns; reflectors of QR.

A basis of a complement is determined but for its rotations. A change of the columns turns the
basis against them and not in itself, which gives the gradient of all that rotations leave alone.

Read next: functions.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...graph import Node
from ...op import ZERO, Size, Sizes
from ...types import TensorType, TupleType
from ..linalg import matmul, transposed
from .matrices import MatrixFunction, each, of_dtype
from .solving import solve
from .spectral import least


def _orthogonal_complement(m: Any, q: Any) -> Any:
    """Orthonormal columns orthogonal to the columns of a matrix, as many as there are beyond those."""
    return m.linalg.qr(q, "complete")[0][..., q.shape[-1] :]


orthogonal_complement = MatrixFunction(_orthogonal_complement, name="orthogonal_complement", square=False)


@orthogonal_complement.infer
def orthogonal_complement_type(q: Node) -> TensorType:
    *leading, rows, columns = q.type.shape
    left = None if rows is None or columns is None else max(rows - columns, 0)
    return TensorType(q.dtype, (*leading, rows, left))


@orthogonal_complement.pullback
def orthogonal_complement_pullback(g: Any, y: Node, q: Node) -> Any:
    """From q.T y = 0: y' is -q inv(q.T q) q'.T y, where y itself does not rotate."""
    along = solve(matmul(transposed(q), q), matmul(transposed(q), g))
    return -matmul(y, transposed(along))


def _column_order(m: Any, a: Any) -> Any:
    """The order in which QR with column pivoting takes the columns of matrices: the longest remainder first."""
    from scipy.linalg import qr

    if not a.size:
        return m.zeros((*a.shape[:-2], a.shape[-1]), m.int64) + m.arange(a.shape[-1])
    return each(lambda a: qr(a, mode="r", pivoting=True, check_finite=False)[-1].astype(m.int64), a)


column_order = MatrixFunction(_column_order, name="column_order", square=False)


@column_order.infer
def column_order_type(a: Node) -> TensorType:
    return TensorType("int64", (*a.type.shape[:-2], a.type.shape[-1]))


@column_order.sizes
def column_order_sizes(sizes: Sizes, a: Node) -> Sequence[Size | None]:
    *leading, _, columns = sizes(a)
    return (*leading, columns)


@column_order.pullback
def column_order_pullback(g: Any, y: Node, a: Node) -> Any:
    return ZERO


def _reflectors(m: Any, a: Any) -> Any:
    """QR as LAPACK keeps it: r and Householder's vectors in one matrix, transposed, and the vectors' scales."""
    return tuple(m.linalg.qr(a, "raw"))


reflectors = MatrixFunction(_reflectors, name="reflectors", square=False)


@reflectors.infer
def reflectors_type(a: Node) -> TupleType:
    *leading, rows, columns = a.type.shape
    few = least(rows, columns)
    return TupleType((TensorType(a.dtype, (*leading, columns, rows)), TensorType(a.dtype, (*leading, few))))


@orthogonal_complement.samples
def orthogonal_complement_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    # With one column more at most, so that there is nothing to rotate.
    for shape in ((3, 3), (3, 2), (2, 2, 1), (1, 1)):
        yield (of_dtype(rng.uniform(-1, 1, shape) + 2 * np.eye(*shape[-2:]), dtype),), {}


@column_order.samples
@reflectors.samples
def matrix_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for shape in ((3, 3), (4, 2), (2, 3, 2), (1, 1)):
        yield (of_dtype(rng.uniform(-1, 1, shape) + 2 * np.eye(*shape[-2:]), dtype),), {}

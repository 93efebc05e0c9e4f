"""Sparse matrices as coordinates: the elements that are stored, their rows and their columns, three dense vectors.

A product gathers rows of the dense factor, scales them and adds them up by rows of the result, so that its kernels,
batching rules and gradients of every order are those of indexing. Coordinates that repeat are added.

Read next: ../foreign.py
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NoReturn

import numpy as np

from ...binding import public
from ...errors import ArgumentError, GraphTypeError, ShapeError, here, shown
from ...graph import Node, describe
from ...op import Size, as_node
from ...ops.join import specify_shape
from ...types import is_integer
from ..arguments import sizes_of_shape, vector
from ..creation import arange, zeros
from ..indexing import inc_subtensor
from ..joining import repeat


@dataclass(frozen=True)
class SparseMatrix:
    """A matrix of which some elements are stored; the others are 0.

    Attributes:
        data: the elements, a vector.
        rows: the row of each.
        columns: the column of each.
        shape: its two sizes.
    """

    # So that NumPy's arrays leave products with it to it.
    __array_ufunc__ = None

    data: Node
    rows: Node
    columns: Node
    shape: tuple[Size, ...]

    @property
    def T(self) -> SparseMatrix:
        """The transpose, of the same elements."""
        return SparseMatrix(self.data, self.columns, self.rows, self.shape[::-1])

    def with_data(self, data: Any) -> SparseMatrix:
        """The matrix with other elements at the same places: a function of them, say."""
        return replace(self, data=as_node(data))

    def __matmul__(self, other: Any) -> Node:
        return dot(self, other)

    def __rmatmul__(self, other: Any) -> Node:
        return dot(other, self)

    def __mul__(self, other: Any) -> SparseMatrix:
        return self.with_data(self.data * _number(other))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> SparseMatrix:
        return self.with_data(self.data / _number(other))

    def __neg__(self) -> SparseMatrix:
        return self.with_data(-self.data)

    def __add__(self, other: Any) -> NoReturn:
        raise GraphTypeError(
            "a sparse matrix is multiplied by dense values, and by numbers; T.sparse.to_dense makes a dense one of it, "
            f"and s.with_data(f(s.data)) computes with its elements{here()}"
        )

    __radd__ = __sub__ = __rsub__ = __pow__ = __rtruediv__ = __add__


def _number(other: Any) -> Node:
    """The number by which a sparse matrix is scaled."""
    if isinstance(other, SparseMatrix) or as_node(other).ndim:
        raise GraphTypeError(
            "a sparse matrix is scaled by numbers; products of elements need s.with_data(s.data * x[s.rows, s.columns])"
            f"{here()}"
        )
    return as_node(other)


@public
def coo(data: Any, rows: Any, columns: Any, shape: Any) -> SparseMatrix:
    """Sparse matrix from coordinates.

    Args:
        data: the elements, a vector.
        rows: the row of each, a vector of integers.
        columns: the column of each.
        shape: the two sizes, integers or integer scalars.

    Returns:
        A ``SparseMatrix``.

    Raises:
        GraphTypeError: if one is no vector, or rows or columns are not integers.
        ShapeError: if there are not two sizes, or lengths are known to differ.

    Example:
        >>> import symdrop.tensor as T
        >>> (T.sparse.coo([2.0, 3.0], [0, 1], [1, 1], (2, 2)) @ T.constant([1.0, 10.0])).eval().tolist()
        [20.0, 30.0]
    """
    parts = [vector("coo", part) for part in (data, rows, columns)]
    for part in parts[1:]:
        if not is_integer(part.dtype):
            raise GraphTypeError(f"rows and columns of a sparse matrix are integers, not {describe(part)}{here()}")
    lengths = {part.type.shape[0] for part in parts} - {None}
    sizes = sizes_of_shape(shape)
    if len(lengths) > 1 or len(sizes) != 2:
        raise ShapeError(
            f"a sparse matrix has as many elements as rows and columns, and two sizes, not "
            f"{', '.join(map(describe, parts))} and {len(sizes)} sizes{here()}"
        )
    elements, row, column = parts
    return SparseMatrix(elements, row, column, sizes)


@public
def csr(data: Any, indices: Any, indptr: Any, shape: Any) -> SparseMatrix:
    """Sparse matrix from compressed rows, as of ``scipy.sparse.csr_array``.

    Args:
        data: the elements, row by row, a vector.
        indices: the column of each, a vector of integers.
        indptr: where every row begins, and after them where the last one ends.
        shape: the two sizes, integers or integer scalars.

    Returns:
        A ``SparseMatrix``.

    Raises:
        GraphTypeError: if one is no vector, or indices are not integers.
        ShapeError: if there are not two sizes, or lengths are known to differ; when running, if the rows do not hold as
            many elements as there are.

    Example:
        >>> import symdrop.tensor as T
        >>> S = T.sparse.csr([2.0, 3.0], [1, 1], [0, 1, 2], (2, 2))
        >>> (S.T @ T.constant([1.0, 10.0])).eval().tolist()
        [0.0, 32.0]
    """
    elements = vector("csr", data)
    return coo(elements, _expanded(indptr, elements), indices, shape)


@public
def csc(data: Any, indices: Any, indptr: Any, shape: Any) -> SparseMatrix:
    """Sparse matrix from compressed columns, as of ``scipy.sparse.csc_array``.

    Args:
        data: the elements, column by column, a vector.
        indices: the row of each, a vector of integers.
        indptr: where every column begins, and after them where the last one ends.
        shape: the two sizes, integers or integer scalars.

    Returns:
        A ``SparseMatrix``.

    Raises:
        GraphTypeError: if one is no vector, or indices are not integers.
        ShapeError: as of ``csr``.

    Example:
        >>> import symdrop.tensor as T
        >>> (T.sparse.csc([2.0, 3.0], [0, 1], [0, 0, 2], (2, 2)) @ T.constant([1.0, 10.0])).eval().tolist()
        [20.0, 30.0]
    """
    elements = vector("csc", data)
    return coo(elements, indices, _expanded(indptr, elements), shape)


def _expanded(indptr: Any, elements: Node) -> Node:
    """The row of each element, from where rows begin."""
    if not isinstance(indptr, Node):
        # Computed now: it is known.
        known = np.asarray(indptr)
        if known.ndim == 1 and known.dtype.kind in "iu" and known.size and (np.diff(known.astype(np.int64)) >= 0).all():
            return as_node(np.repeat(np.arange(known.size - 1), np.diff(known)))
        raise GraphTypeError(f"indptr of a sparse matrix is a rising vector of integers, not {shown(indptr)}{here()}")
    starts = vector("csr", indptr)
    numbers = repeat(arange(starts.shape[0] - 1), starts[1:] - starts[:-1])
    return specify_shape(numbers, elements.shape[0], axes=(0,))


@public
def constant(matrix: Any) -> SparseMatrix:
    """Sparse matrix of the values of one of SciPy's.

    Args:
        matrix: an array or matrix of ``scipy.sparse``, of any format.

    Returns:
        A ``SparseMatrix``.

    Raises:
        ArgumentError: for anything else.

    Example:
        >>> import scipy.sparse
        >>> import symdrop.tensor as T
        >>> (T.sparse.constant(scipy.sparse.eye_array(2)) @ T.constant([1.0, 10.0])).eval().tolist()
        [1.0, 10.0]
    """
    from scipy.sparse import issparse

    known: bool = issparse(matrix)
    if not known or matrix.ndim != 2:
        raise ArgumentError(f"T.sparse.constant takes a matrix of scipy.sparse, not {shown(matrix)}{here()}")
    found = matrix.tocoo()
    return coo(found.data, found.row.astype(np.int64), found.col.astype(np.int64), found.shape)


@public
def dot(a: Any, b: Any) -> Node:
    """Product of a sparse matrix and a dense vector or matrix, or the other way round.

    Args:
        a: a ``SparseMatrix``, or a tensor of one or two axes.
        b: the same; one of the two is sparse.

    Returns:
        A dense vector or matrix.

    Raises:
        GraphTypeError: if not just one of them is sparse, or the other has more than two axes.
        ShapeError: if sizes are known not to fit; otherwise when running.
        IndexingError: when running, for an element that is stored outside of the matrix.

    Example:
        >>> import symdrop.tensor as T
        >>> S = T.sparse.coo([2.0, 3.0], [0, 1], [1, 1], (2, 2))
        >>> T.sparse.dot(T.constant([[1.0, 10.0]]), S).eval().tolist()
        [[0.0, 32.0]]
    """
    if isinstance(a, SparseMatrix) == isinstance(b, SparseMatrix):
        raise GraphTypeError(f"T.sparse.dot takes one sparse matrix and one dense value{here()}")
    if isinstance(a, SparseMatrix):
        return _times(a, as_node(b))
    dense = as_node(a)
    made = _times(b.T, dense.T if dense.ndim == 2 else dense)
    return made.T if dense.ndim == 2 else made


def _times(s: SparseMatrix, x: Node) -> Node:
    rows, columns = s.shape
    if x.ndim not in (1, 2):
        raise GraphTypeError(f"a sparse matrix is multiplied by vectors and matrices, not {describe(x)}{here()}")
    own = x.type.shape[0]
    if isinstance(columns, int) and own is not None and own != columns:
        raise ShapeError(f"a sparse matrix of {columns} columns does not fit the {own} rows of {describe(x)}{here()}")
    known = specify_shape(x, columns, axes=(0,))
    terms = (s.data if x.ndim == 1 else s.data[:, None]) * known[s.columns]
    return inc_subtensor(zeros((rows, *x.shape[1:]), terms.dtype)[s.rows], terms)


@public
def to_dense(s: Any) -> Node:
    """The elements of a sparse matrix, and zeros, in a dense one.

    Args:
        s: a ``SparseMatrix``.

    Returns:
        A matrix.

    Raises:
        GraphTypeError: for anything else.

    Example:
        >>> import symdrop.tensor as T
        >>> T.sparse.to_dense(T.sparse.coo([2, 3], [0, 1], [1, 1], (2, 2))).eval().tolist()
        [[0, 2], [0, 3]]
    """
    if not isinstance(s, SparseMatrix):
        raise GraphTypeError(f"T.sparse.to_dense takes a sparse matrix, not {shown(s)}{here()}")
    return inc_subtensor(zeros(s.shape, s.data.dtype)[s.rows, s.columns], s.data)


__all__ = ["SparseMatrix", "constant", "coo", "csc", "csr", "dot", "to_dense"]

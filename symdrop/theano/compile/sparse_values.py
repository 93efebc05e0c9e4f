"""Sparse variables of Theano: elements that are stored, their rows and columns; and how SciPy's matrices become them.

Read next: containers.py
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import tensor as engine
from ...binding import public
from ...errors import GraphTypeError, here, shown
from ...graph import Node, describe
from ...op import INPUT, as_node
from ...tensor import sparse
from ...tensor.sparse.matrices import SparseMatrix
from ..settings import resolved
from ..variable import TensorType, TensorVariable, spoken


@dataclass(frozen=True)
class SparseType:
    """A format, "csr" or "csc", and a dtype.

    Example:
        >>> import symdrop.theano.sparse as sparse
        >>> sparse.csr_matrix("x").type
        SparseType(format='csr', dtype='float64')
    """

    format: str
    dtype: str
    ndim = 2

    @public
    def __call__(self, name: str | None = None) -> SparseVariable:
        """An input variable of this type."""
        parts = [TensorVariable(INPUT, (), TensorType(dtype, (False,)), None, name and f"{name}.{what}")
                 for dtype, what in zip((self.dtype, *_PLACES), _PARTS, strict=True)]  # fmt: skip
        data, rows, columns, sizes = parts
        return SparseVariable(SparseMatrix(data, rows, columns, (sizes[0], sizes[1])), self.format, name, tuple(parts))


_PLACES = ("int64", "int64", "int64")
_PARTS = ("data", "rows", "columns", "shape")


class SparseVariable:
    """A sparse matrix of a graph.

    Attributes:
        matrix: the engine's.
        format: "csr" or "csc", in which a function gives it.
        name: for errors.
        inputs: the four variables of an input, else none.
        distinct: whether no place is stored twice.
    """

    # So that NumPy's arrays leave products with it to it.
    __array_ufunc__ = None
    ndim = 2

    def __init__(
        self,
        matrix: SparseMatrix,
        format: str,
        name: str | None = None,
        inputs: tuple[Node, ...] = (),
        distinct: bool = True,
    ) -> None:
        self.matrix, self.format, self.name, self.inputs, self.distinct = matrix, format, name, inputs, distinct

    @property
    def dtype(self) -> str:
        """The dtype of the elements."""
        return str(self.matrix.data.dtype)

    @property
    def type(self) -> SparseType:
        """The format and the dtype."""
        return SparseType(self.format, self.dtype)

    @property
    def shape(self) -> tuple[Any, ...]:
        """The number of rows and of columns."""
        return self.matrix.shape

    @property
    def T(self) -> SparseVariable:
        """The transpose, in the other format."""
        return SparseVariable(self.matrix.T, "csc" if self.format == "csr" else "csr", distinct=self.distinct)

    def with_data(self, data: Any) -> SparseVariable:
        """The matrix with other elements at the same places."""
        return SparseVariable(self.matrix.with_data(data), self.format, distinct=self.distinct)

    @public
    def toarray(self) -> Node:
        """The matrix, dense."""
        made: Node = spoken(sparse.to_dense(self.matrix))
        return made

    @public
    def eval(self, inputs: Mapping[Any, Any] | None = None) -> Any:
        """The matrix of SciPy, where dense variables have values."""
        return rebuilt([part.eval(inputs or {}) for part in self.parts()], self.format)

    def parts(self) -> list[Node]:
        """The elements, rows, columns and sizes."""
        sizes = engine.stack([engine.cast(as_node(size), "int64") for size in self.shape])
        return [self.matrix.data, as_node(self.matrix.rows), as_node(self.matrix.columns), sizes]

    def __neg__(self) -> SparseVariable:
        return self.with_data(-self.matrix.data)

    def __mul__(self, other: Any) -> SparseVariable:
        if isinstance(other, SparseVariable):
            if not (self.distinct and other.distinct):
                raise repeated("the product")
            return self * other.toarray()
        factor = as_node(other)
        if factor.ndim not in (0, 2):
            raise GraphTypeError(f"a sparse matrix times {describe(factor)}: expected a number or a matrix{here()}")
        there = factor[self.matrix.rows, self.matrix.columns] if factor.ndim else factor
        return self.with_data(self.matrix.data * there)

    __rmul__ = __mul__

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, SparseVariable):
            return self.toarray() + as_node(other)
        a, b = self.matrix, other.matrix
        both = (engine.concatenate([as_node(x), as_node(y)]) for x, y in
                ((a.data, b.data), (a.rows, b.rows), (a.columns, b.columns)))  # fmt: skip
        return SparseVariable(_matrix(list(both), a.shape), self.format, distinct=False)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self + (-other)

    def __rsub__(self, other: Any) -> Any:
        return (-self) + other

    def __repr__(self) -> str:
        return self.name or f"a sparse matrix of {self.type}"


def _matrix(parts: Sequence[Node], sizes: tuple[Any, ...]) -> SparseMatrix:
    data, rows, columns = parts
    return SparseMatrix(data, rows, columns, sizes)


def repeated(what: str) -> GraphTypeError:
    """The error of a function that is not linear, of a sum of sparse matrices."""
    return GraphTypeError(
        f"{what} of a sum of sparse matrices, whose elements may stand at equal places; make it dense by "
        f"dense_from_sparse first{here()}"
    )


def coordinates(value: Any, wanted: SparseType, what: str) -> list[np.ndarray[Any, Any]]:
    """The elements, rows, columns and sizes of a matrix of SciPy.

    Args:
        value: the matrix.
        wanted: the type.
        what: to call it in an error.

    Raises:
        GraphTypeError: for anything else, or if its dtype does not fit.
    """
    from scipy.sparse import issparse

    known: bool = issparse(value)
    if not known or value.ndim != 2 or not np.can_cast(value.dtype, wanted.dtype, "same_kind"):
        raise GraphTypeError(
            f"{what} takes a matrix of scipy.sparse of {wanted.dtype}, not {shown(type(value).__name__)} of "
            f"{getattr(value, 'dtype', None)}{here()}"
        )
    found = value.asformat(wanted.format).tocoo()
    places = found.row, found.col, found.shape
    return [np.asarray(found.data, wanted.dtype), *(np.asarray(one, np.int64) for one in places)]


def rebuilt(parts: Sequence[Any], format: str) -> Any:
    """The matrix of SciPy that has these elements."""
    from scipy.sparse import coo_matrix

    data, rows, columns, sizes = parts
    made: Any = coo_matrix((data, (rows, columns)), tuple(map(int, sizes)))
    return made.asformat(format)


def has_sparse(*groups: Any) -> bool:
    """Says whether a sparse variable stands among inputs or outputs."""
    return any(isinstance(one, SparseVariable) for group in groups for one in _listed(group))


def _listed(group: Any) -> list[Any]:
    return list(group) if isinstance(group, list | tuple) else [group]


class SparseFunction:
    """A compiled function some of whose inputs or outputs are sparse.

    Args:
        inputs, outputs: as of ``theano.function``.
        compile: makes a function of dense ones.
    """

    def __init__(self, inputs: Sequence[Any], outputs: Any, compile: Any) -> None:
        self._inputs, self._outputs = inputs, outputs
        dense: list[Any] = []
        for one in inputs:
            dense += one.inputs if isinstance(one, SparseVariable) else [one]
        made: list[Any] = []
        for one in _listed(outputs):
            made += one.parts() if isinstance(one, SparseVariable) else [one]
        self.dense = compile(dense, made)

    def __call__(self, *values: Any) -> Any:
        """The outputs; sparse ones are matrices of SciPy."""
        if len(values) != len(self._inputs):
            raise GraphTypeError(f"this function takes {len(self._inputs)} values, not {len(values)}{here()}")
        given: list[Any] = []
        for one, value in zip(self._inputs, values, strict=True):
            given += coordinates(value, one.type, repr(one)) if isinstance(one, SparseVariable) else [value]
        found = iter(self.dense(*given))
        made = [
            rebuilt([next(found) for _ in _PARTS], one.format) if isinstance(one, SparseVariable) else next(found)
            for one in _listed(self._outputs)
        ]
        return made if isinstance(self._outputs, list | tuple) else made[0]


def sparse_input(format: str, name: str | None, dtype: Any) -> SparseVariable:
    """An input of a format."""
    return SparseType(format, resolved(dtype))(name)

"""``theano.sparse.basic``: making sparse matrices, products, and functions of the elements that are stored.

Read next: ../gpuarray/__init__.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ... import tensor as engine
from ...binding import public
from ...errors import GraphTypeError, here, shown
from ...graph import Node
from ...op import as_node
from ...tensor import sparse
from ...tensor.sparse.matrices import SparseMatrix
from ..compile.sparse_values import SparseVariable, repeated, sparse_input
from ..missing import missing_name
from ..settings import resolved
from ..variable import spoken


@public
def csr_matrix(name: str | None = None, dtype: Any = None) -> SparseVariable:
    """A sparse input, whose values are matrices of ``scipy.sparse``; rows are compressed.

    Args:
        name: for errors.
        dtype: by default ``theano.config.floatX``.

    Returns:
        A ``SparseVariable``.

    Example:
        >>> import numpy as np
        >>> import scipy.sparse
        >>> import symdrop.theano as theano
        >>> x, w = theano.sparse.csr_matrix("x"), theano.shared(np.array([[1.0], [10.0]]))
        >>> f = theano.function([x], theano.sparse.structured_dot(x, w))
        >>> f(scipy.sparse.eye_array(2)).tolist()
        [[1.0], [10.0]]
    """
    return sparse_input("csr", name, dtype)


@public
def csc_matrix(name: str | None = None, dtype: Any = None) -> SparseVariable:
    """``csr_matrix`` whose columns are compressed."""
    return sparse_input("csc", name, dtype)


@public
def as_sparse_variable(x: Any, name: str | None = None) -> SparseVariable:
    """A sparse variable for a matrix of SciPy; a sparse variable stays itself.

    Args:
        x: what to convert.
        name: for errors.

    Returns:
        A ``SparseVariable``.

    Raises:
        GraphTypeError: for anything else.

    Example:
        >>> import scipy.sparse
        >>> as_sparse_variable(scipy.sparse.eye_array(2, format="csc")).format
        'csc'
    """
    if isinstance(x, SparseVariable):
        return x
    from scipy.sparse import issparse

    known: bool = issparse(x)
    if not known:
        raise GraphTypeError(f"expected a sparse variable or a matrix of scipy.sparse, not {shown(x)}{here()}")
    ordered = x.asformat("csc" if x.format == "csc" else "csr").copy()
    ordered.sum_duplicates()
    return SparseVariable(sparse.constant(ordered), ordered.format, name)


as_sparse = constant = as_sparse_variable


@public
def CSR(data: Any, indices: Any, indptr: Any, shape: Any) -> SparseVariable:
    """A sparse matrix of compressed rows.

    Args:
        data, indices, indptr: the elements, their columns, and where rows begin.
        shape: the two sizes.

    Returns:
        A ``SparseVariable``.

    Example:
        >>> CSR([2.0, 3.0], [1, 1], [0, 1, 2], (2, 2)).toarray().eval().tolist()
        [[0.0, 2.0], [0.0, 3.0]]
    """
    return SparseVariable(sparse.csr(data, indices, indptr, _sizes(shape)), "csr")


@public
def CSC(data: Any, indices: Any, indptr: Any, shape: Any) -> SparseVariable:
    """A sparse matrix of compressed columns; the arguments are those of ``CSR``."""
    return SparseVariable(sparse.csc(data, indices, indptr, _sizes(shape)), "csc")


def _sizes(shape: Any) -> tuple[Any, Any]:
    return shape[0], shape[1]


@public
def dense_from_sparse(x: Any) -> Node:
    """A sparse matrix, dense.

    Args:
        x: a sparse variable or a matrix of SciPy.

    Returns:
        A matrix.

    Example:
        >>> import scipy.sparse
        >>> dense_from_sparse(scipy.sparse.eye_array(2)).eval().tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """
    return as_sparse_variable(x).toarray()


@public
def csr_from_dense(x: Any) -> SparseVariable:
    """The elements of a matrix that are not 0.

    Args:
        x: a matrix.

    Returns:
        A ``SparseVariable``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> csr_from_dense(T.constant([[0.0, 2.0]])).eval().toarray().tolist()
        [[0.0, 2.0]]
    """
    node = as_node(x)
    rows, columns = engine.nonzero(node)
    return SparseVariable(SparseMatrix(node[rows, columns], rows, columns, (node.shape[0], node.shape[1])), "csr")


@public
def csc_from_dense(x: Any) -> SparseVariable:
    """``csr_from_dense`` in the other format."""
    return csr_from_dense(as_node(x).T).T


@public
def dot(x: Any, y: Any) -> Node:
    """The product of two matrices one of which is sparse, or both; it is dense.

    Args:
        x, y: sparse or dense.

    Returns:
        A dense matrix or vector.

    Raises:
        GraphTypeError: if neither is sparse.
        ShapeError: if sizes do not fit.

    Example:
        >>> import scipy.sparse
        >>> import symdrop.theano.tensor as T
        >>> dot(scipy.sparse.eye_array(2), T.constant([[1.0], [2.0]])).eval().tolist()
        [[1.0], [2.0]]
    """
    a, b = _operand(x), _operand(y)
    if isinstance(a, SparseVariable) and isinstance(b, SparseVariable):
        b = b.toarray()
    factors = [one.matrix if isinstance(one, SparseVariable) else one for one in (a, b)]
    made: Node = spoken(sparse.dot(*factors))
    return made


structured_dot = dot


@public
def true_dot(x: Any, y: Any, grad_preserves_dense: bool = True) -> Any:
    """``dot``; where Theano gave a sparse matrix of a sparse and a dense one, this is dense."""
    return dot(x, y)


def _operand(x: Any) -> Any:
    from scipy.sparse import issparse

    known: bool = issparse(x)
    return as_sparse_variable(x) if known or isinstance(x, SparseVariable) else as_node(x)


@public
def transpose(x: Any) -> SparseVariable:
    """The transpose, in the other format."""
    return as_sparse_variable(x).T


def _both(x: Any, y: Any, rule: Callable[[Any, Any], Any]) -> Any:
    made = rule(_operand(x), _operand(y))
    return made if isinstance(made, SparseVariable) else spoken(made)


@public
def add(x: Any, y: Any) -> Any:
    """The sum: sparse of two sparse matrices, dense where one is dense."""
    return _both(x, y, lambda a, b: a + b if isinstance(a, SparseVariable) else b + a)


@public
def sub(x: Any, y: Any) -> Any:
    """The difference: sparse of two sparse matrices, dense where one is dense."""
    return _both(x, y, lambda a, b: a - b if isinstance(a, SparseVariable) else (-b) + a)


@public
def mul(x: Any, y: Any) -> SparseVariable:
    """The product, element by element, of a sparse matrix and a sparse or dense one, or a number.

    Args:
        x, y: sparse, dense, or numbers; one is sparse.

    Returns:
        A ``SparseVariable``.

    Raises:
        GraphTypeError: for a vector, or sums of sparse matrices.

    Example:
        >>> import scipy.sparse
        >>> mul(scipy.sparse.eye_array(2), 3.0).eval().toarray().tolist()
        [[3.0, 0.0], [0.0, 3.0]]
    """
    made: SparseVariable = _both(x, y, lambda a, b: a * b if isinstance(a, SparseVariable) else b * a)
    return made


mul_s_d, mul_s_s, add_s_d, add_s_s = mul, mul, add, add


@public
def sp_sum(x: Any, axis: int | None = None, sparse_grad: bool = False) -> Node:
    """The sum of a sparse matrix over an axis, dense.

    Args:
        x: sparse.
        axis: 0, 1, or None for both.
        sparse_grad: accepted; it changes nothing.

    Returns:
        A vector or number.

    Example:
        >>> import scipy.sparse
        >>> sp_sum(scipy.sparse.csr_array([[1.0, 0.0, 2.0], [0.0, 0.0, 3.0]]), axis=0).eval().tolist()
        [1.0, 0.0, 5.0]
    """
    own = as_sparse_variable(x)
    if axis is None:
        made: Node = spoken(engine.sum(own.matrix.data))
        return made
    matrix = own.matrix.T if axis == 0 else own.matrix
    over: Node = spoken(sparse.dot(matrix, engine.ones(matrix.shape[1], matrix.data.dtype)))
    return over


@public
def hstack(blocks: Sequence[Any], format: str | None = None, dtype: Any = None) -> SparseVariable:
    """Sparse matrices beside each other.

    Args:
        blocks: sparse, of as many rows.
        format: "csc" or "csr"; by default "csc".
        dtype: by default that of the first.

    Returns:
        A ``SparseVariable``.

    Example:
        >>> import scipy.sparse
        >>> hstack([scipy.sparse.eye_array(1), scipy.sparse.eye_array(1)]).eval().toarray().tolist()
        [[1.0, 1.0]]
    """
    return vstack([as_sparse_variable(one).T for one in blocks], "csr" if format in (None, "csc") else "csc", dtype).T


@public
def vstack(blocks: Sequence[Any], format: str | None = None, dtype: Any = None) -> SparseVariable:
    """Sparse matrices below each other; the arguments are those of ``hstack``, of as many columns."""
    own = [as_sparse_variable(one) for one in blocks]
    data, rows, columns = [], [], []
    above: Any = 0
    for one in own:
        data.append(engine.cast(one.matrix.data, dtype or own[0].dtype))
        rows.append(as_node(one.matrix.rows) + above)
        columns.append(as_node(one.matrix.columns))
        above = one.shape[0] + above
    elements, row, column = (engine.concatenate(part) for part in (data, rows, columns))
    made = SparseMatrix(elements, row, column, (above, own[0].shape[1]))
    return SparseVariable(made, format or "csc", distinct=all(one.distinct for one in own))


@public
def cast(x: Any, dtype: Any) -> SparseVariable:
    """A sparse matrix in another dtype."""
    own = as_sparse_variable(x)
    return own.with_data(engine.cast(own.matrix.data, resolved(dtype)))


@public
def neg(x: Any) -> SparseVariable:
    """Minus a sparse matrix."""
    return -as_sparse_variable(x)


@public
def sp_ones_like(x: Any) -> SparseVariable:
    """A 1 in every place where a sparse matrix has an element."""
    return _elements(x, engine.ones_like, "sp_ones_like")


def _elements(x: Any, rule: Callable[[Any], Any], name: str) -> SparseVariable:
    own = as_sparse_variable(x)
    if not own.distinct:
        raise repeated(name)
    return own.with_data(rule(own.matrix.data))


def _structured(name: str, rule: Callable[[Any], Any]) -> Callable[[Any], SparseVariable]:
    """A function of the elements that are stored; those that are not stay 0."""

    def function(x: Any) -> SparseVariable:
        return _elements(x, rule, name)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{name} of the elements that are stored; those that are not stay 0."
    return function


_NULL = "sqr sqrt abs_ sin sinh tan tanh arcsin arctan expm1 log1p floor ceil trunc sgn".split()
_functions = {name: _structured(name, getattr(engine, name)) for name in _NULL}
_functions.update(
    structured_sigmoid=_structured("structured_sigmoid", engine.nnet.sigmoid),
    structured_exp=_structured("structured_exp", engine.exp),
    structured_log=_structured("structured_log", engine.log),
)
globals().update(_functions)


def _typed(format: str, dtype: str) -> Callable[[str | None], SparseVariable]:
    def constructor(name: str | None = None) -> SparseVariable:
        return sparse_input(format, name, dtype)

    constructor.__doc__ = f"A sparse input of {dtype} in the format {format}."
    return constructor


_typed_inputs = {
    f"{format}_{letter}matrix": _typed(format, str(np.dtype(letter))) for format in ("csr", "csc") for letter in "fd"
}
globals().update(_typed_inputs)

__all__ = [
    "CSC", "CSR", "add", "add_s_d", "add_s_s", "as_sparse", "as_sparse_variable", "cast", "constant", "csc_from_dense",
    "csc_matrix", "csr_from_dense", "csr_matrix", "dense_from_sparse", "dot", "hstack", "mul", "mul_s_d", "mul_s_s",
    "neg", "sp_ones_like", "sp_sum", "structured_dot", "sub", "transpose", "true_dot", "vstack", *_functions,
    *_typed_inputs,
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.sparse", name, __all__)

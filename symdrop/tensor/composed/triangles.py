"""Places on diagonals and in triangles of matrices.

Read next: products.py
"""

from __future__ import annotations

from typing import Any

from ...binding import public
from ...errors import GraphTypeError, ShapeError, here, shown
from ...graph import Node, describe
from ...op import as_node
from ..arguments import one_size, python_integer
from ..creation import arange, ones
from ..diagonals import diag, tril, triu
from ..indexing import nonzero


@public
def tri(n: Any, m: Any = None, k: int = 0, dtype: Any = None) -> Node:
    """A matrix of ones on and below a diagonal, and zeros above.

    Args:
        n: how many rows.
        m: how many columns; by default as many.
        k: the diagonal: positive ones lie above the main one.
        dtype: by default ``config.floatX``.

    Returns:
        A matrix.

    Example:
        >>> import symdrop.tensor as T
        >>> T.tri(2, dtype="int32").eval().tolist()
        [[1, 0], [1, 1]]
    """
    return tril(ones((n, n if m is None else m), dtype), k)


@public
def tril_indices(n: Any, k: int = 0, m: Any = None) -> tuple[Node, ...]:
    """The rows and columns of the elements on and below a diagonal of an n x m matrix.

    Args:
        n: how many rows.
        k: the diagonal.
        m: how many columns; by default as many.

    Returns:
        Two int64 vectors.

    Example:
        >>> import symdrop.tensor as T
        >>> [one.eval().tolist() for one in T.tril_indices(2)]
        [[0, 1, 1], [0, 0, 1]]
    """
    return nonzero(tri(n, m, k, "int32"))


@public
def triu_indices(n: Any, k: int = 0, m: Any = None) -> tuple[Node, ...]:
    """The rows and columns of the elements on and above a diagonal of an n x m matrix.

    Args:
        n: how many rows.
        k: the diagonal.
        m: how many columns; by default as many.

    Returns:
        Two int64 vectors.

    Example:
        >>> import symdrop.tensor as T
        >>> [one.eval().tolist() for one in T.triu_indices(2)]
        [[0, 0, 1], [0, 1, 1]]
    """
    return nonzero(triu(ones((n, n if m is None else m), "int32"), k))


@public
def tril_indices_from(arr: Any, k: int = 0) -> tuple[Node, ...]:
    """The rows and columns of the elements on and below a diagonal of a matrix.

    Args:
        arr: a matrix.
        k: the diagonal.

    Returns:
        Two int64 vectors.

    Raises:
        GraphTypeError: if ``arr`` is no matrix.

    Example:
        >>> import symdrop.tensor as T
        >>> x = T.constant([[1, 2], [3, 4]])
        >>> x[T.tril_indices_from(x)].eval().tolist()
        [1, 3, 4]
    """
    rows, columns = _matrix("tril_indices_from", arr).shape
    return tril_indices(rows, k, columns)


@public
def triu_indices_from(arr: Any, k: int = 0) -> tuple[Node, ...]:
    """The rows and columns of the elements on and above a diagonal of a matrix.

    Args:
        arr: a matrix.
        k: the diagonal.

    Returns:
        Two int64 vectors.

    Raises:
        GraphTypeError: if ``arr`` is no matrix.

    Example:
        >>> import symdrop.tensor as T
        >>> x = T.constant([[1, 2], [3, 4]])
        >>> x[T.triu_indices_from(x)].eval().tolist()
        [1, 2, 4]
    """
    rows, columns = _matrix("triu_indices_from", arr).shape
    return triu_indices(rows, k, columns)


def _matrix(name: str, arr: Any) -> Node:
    node = as_node(arr)
    if node.ndim != 2:
        raise GraphTypeError(f"{name} takes a matrix, not {describe(node)}{here()}")
    return node


@public
def mask_indices(n: Any, mask_func: Any, k: Any = 0) -> tuple[Node, ...]:
    """The rows and columns of an n x n matrix that a function such as ``T.triu`` does not make zero.

    Args:
        n: how many rows and columns.
        mask_func: called as ``mask_func(ones, k)``.
        k: passed on to it.

    Returns:
        Two int64 vectors.

    Raises:
        GraphTypeError: if ``mask_func`` is no function.

    Example:
        >>> import symdrop.tensor as T
        >>> [one.eval().tolist() for one in T.mask_indices(2, T.triu)]
        [[0, 0, 1], [0, 1, 1]]
    """
    if isinstance(mask_func, Node) or not callable(mask_func):
        raise GraphTypeError(f"mask_indices takes a function of a matrix, not {shown(mask_func)}{here()}")
    return nonzero(as_node(mask_func(ones((n, n), "int64"), k)))


@public
def diag_indices(n: Any, ndim: int = 2) -> tuple[Node, ...]:
    """The coordinates of the main diagonal of a tensor whose axes all have one size.

    Args:
        n: the size.
        ndim: how many axes.

    Returns:
        As many times the int64 vector 0, 1, ..., n - 1.

    Example:
        >>> import symdrop.tensor as T
        >>> [one.eval().tolist() for one in T.diag_indices(2)]
        [[0, 1], [0, 1]]
    """
    return (arange(one_size(n)),) * python_integer(ndim, "diag_indices: a number of axes")


@public
def diag_indices_from(arr: Any) -> tuple[Node, ...]:
    """The coordinates of the main diagonal of a tensor whose axes all have one size.

    Args:
        arr: the tensor, of at least two axes.

    Returns:
        An int64 vector for each axis.

    Raises:
        ShapeError: if it has fewer axes, or axes that are known to differ.

    Example:
        >>> import symdrop.tensor as T
        >>> x = T.constant([[1, 2], [3, 4]])
        >>> x[T.diag_indices_from(x)].eval().tolist()
        [1, 4]
    """
    node = as_node(arr)
    if node.ndim < 2 or len({size for size in node.type.shape if size is not None}) > 1:
        raise ShapeError(f"diag_indices_from takes at least 2 axes of one size, not {describe(node)}{here()}")
    return diag_indices(node.shape[0], node.ndim)


@public
def diagflat(v: Any, k: int = 0) -> Node:
    """A matrix with all elements of a tensor on a diagonal, and zeros elsewhere.

    Args:
        v: a tensor, which is flattened.
        k: the diagonal.

    Returns:
        A square matrix.

    Example:
        >>> import symdrop.tensor as T
        >>> T.diagflat(T.constant([[1], [2]])).eval().tolist()
        [[1, 0], [0, 2]]
    """
    return diag(as_node(v).flatten(), k)


__all__ = [
    "diag_indices", "diag_indices_from", "diagflat", "mask_indices", "tri", "tril_indices", "tril_indices_from",
    "triu_indices", "triu_indices_from",
]  # fmt: skip

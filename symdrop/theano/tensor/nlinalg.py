"""``theano.tensor.nlinalg``: linear algebra that Theano took from NumPy.

Read next: slinalg.py
"""

from __future__ import annotations

from typing import Any

from ... import tensor as engine
from ...binding import public
from ...errors import ArgumentError, ShapeError, here, shown
from ...graph import Node, describe
from ...types import is_float
from ..applications import OpObject
from ..dtypes import variable
from ..missing import missing_name
from ..variable import speaking
from .numpy_ops import Eig, eig, lstsq
from .products import dot


def _matrix(x: Any) -> Node:
    node = variable(x)
    if node.ndim != 2:
        raise ShapeError(f"expected a matrix, not {describe(node)}{here()}")
    return node if is_float(node.dtype) else engine.cast(node, "float64")


@speaking
@public
def det(x: Any) -> Node:
    """Determinant of a square matrix.

    Args:
        x: a matrix.

    Returns:
        A scalar.

    Raises:
        ShapeError: unless it is a matrix.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> float(T.nlinalg.det(T.constant([[2.0, 0.0], [0.0, 3.0]])).eval())
        6.0
    """
    return engine.linalg.det(_matrix(x))


@speaking
@public
def matrix_inverse(x: Any) -> Node:
    """Inverse of a square matrix.

    Args:
        x: a matrix.

    Returns:
        A matrix.

    Raises:
        ShapeError: unless it is a matrix.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nlinalg.matrix_inverse(T.constant([[2.0, 0.0], [0.0, 4.0]])).eval().tolist()
        [[0.5, 0.0], [0.0, 0.25]]
    """
    return engine.linalg.inv(_matrix(x))


@speaking
@public
def pinv(x: Any) -> Node:
    """Moore-Penrose inverse of a matrix.

    Args:
        x: a matrix.

    Returns:
        A matrix.

    Raises:
        ShapeError: unless it is a matrix.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nlinalg.pinv(T.constant([[2.0, 0.0], [0.0, 0.0]])).eval().tolist()
        [[0.5, 0.0], [0.0, 0.0]]
    """
    return engine.linalg.pinv(_matrix(x), 1e-15)


@speaking
@public
def matrix_dot(*args: Any) -> Node:
    """Product of several matrices, from left to right.

    Args:
        *args: matrices and vectors.

    Returns:
        A tensor.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nlinalg.matrix_dot(T.eye(2), T.eye(2), T.constant([1.0, 2.0])).eval().tolist()
        [1.0, 2.0]
    """
    made = variable(args[0])
    for other in args[1:]:
        made = dot(made, other)
    return made


@speaking
@public
def matrix_power(M: Any, n: int) -> Node:
    """Product of a matrix with itself.

    Args:
        M: a square matrix.
        n: how many factors.

    Returns:
        A matrix.

    Raises:
        ShapeError: unless it is a matrix.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nlinalg.matrix_power(T.constant([[1.0, 1.0], [0.0, 1.0]]), 3).eval().tolist()
        [[1.0, 3.0], [0.0, 1.0]]
    """
    return engine.linalg.matrix_power(_matrix(M), n)


@speaking
@public
def trace(X: Any) -> Node:
    """Sum of the main diagonal.

    Args:
        X: a matrix.

    Returns:
        A scalar.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> float(T.nlinalg.trace(T.eye(3)).eval())
        3.0
    """
    return engine.trace(variable(X))


@speaking
@public
def diag(x: Any) -> Node:
    """A matrix with a vector on its diagonal; of a matrix, its diagonal.

    Args:
        x: a vector or matrix.

    Returns:
        A matrix or vector.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nlinalg.diag(T.constant([1, 2])).eval().tolist()
        [[1, 0], [0, 2]]
    """
    return engine.diag(variable(x))


alloc_diag = extract_diag = diag


@speaking
@public
def eigh(a: Any, UPLO: str = "L") -> tuple[Node, Node]:
    """Eigenvalues in ascending order, and eigenvectors, of a symmetric matrix.

    Args:
        a: a symmetric matrix.
        UPLO: accepted; the matrix is taken for symmetric.

    Returns:
        A vector, and a matrix of columns.

    Raises:
        ShapeError: unless it is a matrix.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nlinalg.eigh(T.constant([[2.0, 0.0], [0.0, 1.0]]))[0].eval().tolist()
        [1.0, 2.0]
    """
    values, vectors = engine.linalg.eigh(_matrix(a))
    return values, vectors


@speaking
@public
def svd(a: Any, full_matrices: Any = 1, compute_uv: Any = 1) -> Any:
    """Singular value decomposition.

    Args:
        a: a matrix.
        full_matrices: whether the factors are square, with columns that nothing determines.
        compute_uv: whether there are factors, too.

    Returns:
        The factors U, s and V, or s alone.

    Raises:
        ShapeError: unless it is a matrix.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nlinalg.svd(T.constant([[1.0, 0.0], [0.0, 2.0]]), compute_uv=0).eval().tolist()
        [2.0, 1.0]
    """
    made = engine.linalg.svd(_matrix(a), bool(full_matrices), bool(compute_uv))
    return list(made) if compute_uv else made


@speaking
@public
def qr(a: Any, mode: str = "reduced") -> Any:
    """Decomposition into an orthogonal and a triangular matrix.

    Args:
        a: a matrix.
        mode: "reduced", "complete", "r", by which only the triangular one is given, or NumPy's "raw".

    Returns:
        The two factors, or the second.

    Raises:
        ShapeError: unless it is a matrix.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nlinalg.qr(T.constant([[2.0, 0.0], [0.0, 3.0]]), "r").eval().shape
        (2, 2)
    """
    made = engine.linalg.qr(_matrix(a), mode)
    return made if isinstance(made, Node) else list(made)


@speaking
@public
def tensorinv(a: Any, ind: int = 2) -> Node:
    """Inverse of the linear map that ``tensordot`` with a tensor is.

    Args:
        a: a tensor.
        ind: how many of its axes are results.

    Returns:
        A tensor.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nlinalg.tensorinv(T.eye(4).reshape((2, 2, 2, 2))).eval().shape
        (2, 2, 2, 2)
    """
    return engine.linalg.tensorinv(variable(a), ind)


@speaking
@public
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Node:
    """The tensor of which ``tensordot`` with a gives b.

    Args:
        a, b: tensors.
        axes: axes of a that are moved to its end first.

    Returns:
        A tensor.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nlinalg.tensorsolve(T.eye(4).reshape((2, 2, 2, 2)), T.ones((2, 2))).eval().tolist()
        [[1.0, 1.0], [1.0, 1.0]]
    """
    node = variable(a)
    if axes is not None:
        moved = [axis % node.ndim for axis in axes]
        node = engine.transpose(node, *(axis for axis in range(node.ndim) if axis not in moved), *moved)
    return engine.linalg.tensorsolve(node, variable(b))


class MatrixNormError(ShapeError, NotImplementedError):
    """A norm of a tensor of more than two axes; in Theano a ``NotImplementedError``."""


@speaking
@public
def norm(x: Any, ord: Any) -> Node:
    """Norm of a vector or matrix.

    Args:
        x: a tensor.
        ord: None for the root of the sum of squares; for a vector a number or "inf"; for a matrix "fro", 1, "inf",
            -1 or "-inf", the extreme sum over columns or rows.

    Returns:
        A scalar.

    Raises:
        ArgumentError: for another order.
        ShapeError: for a tensor that is neither vector nor matrix; of more axes also a ``NotImplementedError``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> float(T.nlinalg.norm(T.constant([[3.0, 0.0], [0.0, 4.0]]), "fro").eval())
        5.0
    """
    node = variable(x)
    words = {"inf": float("inf"), "-inf": float("-inf")}
    if node.ndim not in (1, 2):
        refusal = MatrixNormError if node.ndim else ShapeError
        raise refusal(f"norm: {describe(node)} is no vector or matrix{here()}")
    if ord is None or (ord == "fro" and node.ndim == 2):
        return engine.linalg.norm(engine.flatten(node))
    orders = (1, -1, *words.values())
    if ord not in words if isinstance(ord, str) else node.ndim == 2 and ord not in orders:
        kind = "vector" if node.ndim == 1 else "matrix"
        raise ArgumentError(f"norm: {shown(ord)} is no order of the norm of a {kind}{here()}")
    return engine.linalg.norm(node, words.get(ord, ord))


class Det(OpObject):
    """The class of Theano's op of determinants; its one instance was ``det``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> float(T.nlinalg.Det()(T.constant([[2.0, 0.0], [0.0, 3.0]])).eval())
        6.0
    """

    @public
    def __call__(self, x: Any) -> Node:
        """The determinant of a matrix."""
        return det(x)


class MatrixInverse(OpObject):
    """The class of Theano's op of inverses; its one instance was ``matrix_inverse``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nlinalg.MatrixInverse()(T.constant([[2.0, 0.0], [0.0, 4.0]])).eval().tolist()
        [[0.5, 0.0], [0.0, 0.25]]
    """

    @public
    def __call__(self, x: Any) -> Node:
        """The inverse of a matrix."""
        return matrix_inverse(x)


class MatrixPinv(OpObject):
    """The class of Theano's op of Moore-Penrose inverses; its one instance was ``pinv``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nlinalg.MatrixPinv()(T.constant([[2.0, 0.0], [0.0, 0.0]])).eval().tolist()
        [[0.5, 0.0], [0.0, 0.0]]
    """

    @public
    def __call__(self, x: Any) -> Node:
        """The Moore-Penrose inverse of a matrix."""
        return pinv(x)


__all__ = [
    "Det", "Eig", "MatrixInverse", "MatrixPinv", "alloc_diag", "det", "diag", "eig", "eigh", "extract_diag", "lstsq",
    "matrix_dot", "matrix_inverse", "matrix_power", "norm",
    "pinv", "qr", "svd", "tensorinv", "tensorsolve", "trace",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor.nlinalg", name, __all__)

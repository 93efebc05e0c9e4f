"""Products of vectors along an axis, of matrices with vectors, crossed and Kronecker's; and discrete convolution.

Read next: polynomials.py
"""

from __future__ import annotations

from typing import Any

from ...binding import public
from ...errors import ArgumentError, GraphTypeError, ShapeError, here, shown
from ...graph import Node, describe
from ...lazy_loading import LazyNames
from ...op import as_node
from ...ops.arithmetic import maximum, minimum
from ..arguments import product, vector
from ..axes import dimshuffle, expand_dims, moveaxis
from ..creation import zeros
from ..elementwise import cast
from ..joining import concatenate, flip, stack
from ..matrix_products import dot, matmul
from ..reductions import sum as sum_over

# Of a family of ops that is loaded with the first convolution, and not with the products.
_LAZY = LazyNames(globals(), {".pooling": ("windows",)})


@public
def vdot(a: Any, b: Any) -> Node:
    """The sum of products of all elements, in C order.

    Args:
        a: a tensor.
        b: a tensor of as many elements.

    Returns:
        A scalar.

    Raises:
        ShapeError: if they have not as many elements.

    Example:
        >>> import symdrop.tensor as T
        >>> int(T.vdot(T.constant([[1, 2]]), T.constant([[3], [4]])).eval())
        11
    """
    return dot(as_node(a).flatten(), as_node(b).flatten())


@public
def vecdot(a: Any, b: Any, axis: int = -1) -> Node:
    """Sums of products along an axis.

    Args:
        a: a tensor of at least one axis.
        b: the same, of a shape that broadcasts with a's.
        axis: along which.

    Returns:
        A tensor with one axis less.

    Example:
        >>> import symdrop.tensor as T
        >>> T.vecdot(T.constant([[1, 2], [3, 4]]), T.constant([1, 1])).eval().tolist()
        [3, 7]
    """
    first, second = moveaxis(a, axis, -1), moveaxis(b, axis, -1)
    return matmul(first[..., None, :], second[..., :, None])[..., 0, 0]


@public
def matvec(a: Any, b: Any) -> Node:
    """Products of matrices and vectors, whose leading axes broadcast.

    Args:
        a: a matrix, or a stack of them.
        b: a vector, or a stack of them.

    Returns:
        A vector, or a stack of them.

    Raises:
        GraphTypeError: if a has fewer than two axes, or b is a scalar.
        ShapeError: if their sizes do not fit.

    Example:
        >>> import symdrop.tensor as T
        >>> T.matvec(T.constant([[1, 2], [3, 4]]), T.constant([1, 1])).eval().tolist()
        [3, 7]
    """
    matrices, vectors = _of_rank("matvec", a, 2), _of_rank("matvec", b, 1)
    return matmul(matrices, expand_dims(vectors, -1))[..., 0]


@public
def vecmat(a: Any, b: Any) -> Node:
    """Products of vectors and matrices, whose leading axes broadcast.

    Args:
        a: a vector, or a stack of them.
        b: a matrix, or a stack of them.

    Returns:
        A vector, or a stack of them.

    Raises:
        GraphTypeError: if a is a scalar, or b has fewer than two axes.
        ShapeError: if their sizes do not fit.

    Example:
        >>> import symdrop.tensor as T
        >>> T.vecmat(T.constant([1, 1]), T.constant([[1, 2], [3, 4]])).eval().tolist()
        [4, 6]
    """
    vectors, matrices = _of_rank("vecmat", a, 1), _of_rank("vecmat", b, 2)
    return matmul(expand_dims(vectors, -2), matrices)[..., 0, :]


def _of_rank(name: str, x: Any, least: int) -> Node:
    node = as_node(x)
    if node.ndim < least:
        raise GraphTypeError(f"{name} takes at least {least} axes here, not {describe(node)}{here()}")
    return node


@public
def kron(a: Any, b: Any) -> Node:
    """Kronecker product: every element of a times all of b, as blocks.

    Args:
        a: a tensor.
        b: a tensor; the one with fewer axes gets axes of size 1 on the left.

    Returns:
        A tensor whose sizes are the products of theirs.

    Example:
        >>> import symdrop.tensor as T
        >>> T.kron(T.constant([1, 10]), T.constant([1, 2])).eval().tolist()
        [1, 2, 10, 20]
    """
    first, second = as_node(a), as_node(b)
    rank = max(first.ndim, second.ndim)
    first, second = (dimshuffle(x, *["x"] * (rank - x.ndim), *range(x.ndim)) for x in (first, second))
    blocks = expand_dims(first, tuple(range(1, 2 * rank, 2))) * expand_dims(second, tuple(range(0, 2 * rank, 2)))
    return blocks.reshape(tuple(product(pair) for pair in zip(first.shape, second.shape, strict=True)))


@public
def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Node:
    """Cross product of vectors of three elements; of two elements, its third component.

    Args:
        a: vectors of 2 or 3 elements along an axis, whose size is known.
        b: the same; other axes broadcast.
        axisa: the axis of a's vectors.
        axisb: that of b's.
        axisc: that of the result's.
        axis: stands for all three.

    Returns:
        A tensor of vectors of 3 elements; of scalars, if both have 2.

    Raises:
        ShapeError: if an axis is not known to have size 2 or 3.

    Example:
        >>> import symdrop.tensor as T
        >>> T.cross(T.constant([1, 0, 0]), T.constant([0, 1, 0])).eval().tolist()
        [0, 0, 1]
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    first, second = moveaxis(a, axisa, -1), moveaxis(b, axisb, -1)
    for node in (first, second):
        if node.type.shape[-1] not in (2, 3):
            raise ShapeError(f"cross takes vectors known to have 2 or 3 elements, not {describe(node)}{here()}")
    u, v = ([x[..., i] for i in range(x.type.shape[-1] or 0)] for x in (first, second))
    third = u[0] * v[1] - u[1] * v[0]
    if len(u) == len(v) == 2:
        return third
    flat = third * 0
    u, v = ([*x, flat] if len(x) == 2 else x for x in (u, v))
    return stack([u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], third], axisc)


@public
def convolve(a: Any, v: Any, mode: str = "full") -> Node:
    """Discrete convolution of two vectors.

    Args:
        a: a vector that is not empty.
        v: another one.
        mode: "full" for all sums, "same" for as many as the longer one has elements, "valid" where they overlap whole.

    Returns:
        A vector.

    Raises:
        GraphTypeError: if one of them is not a vector.
        ArgumentError: for another mode.

    Example:
        >>> import symdrop.tensor as T
        >>> T.convolve(T.constant([1, 2, 3]), T.constant([0, 1])).eval().tolist()
        [0, 1, 2, 3]
    """
    first, second = (vector("convolve", x) for x in (a, v))
    if mode not in ("full", "same", "valid"):
        raise ArgumentError(f"convolve: mode is 'full', 'same' or 'valid', not {shown(mode)}{here()}")
    n, m = first.shape[0], second.shape[0]
    # The rows are the first vector moved by one place after the other, which are views: they are not stored.
    ends = zeros((as_node(m) - 1,), first.dtype)
    windows = _LAZY.load("windows")
    rows = windows(concatenate([ends, first, ends], 0), m, as_node(n) + (m - 1), stride=(1,), dilation=(1,))
    products = rows * expand_dims(flip(second), 1)
    # Sums of small integers grow to 64 bits; NumPy's are of the vectors' dtype.
    whole = cast(sum_over(products, 0), products.dtype)
    if mode == "full":
        return whole
    longer, shorter = maximum(as_node(n), as_node(m)), minimum(as_node(n), as_node(m))
    if mode == "same":
        begin = (shorter - 1) // 2
        return whole[begin : begin + longer]
    return whole[shorter - 1 : longer]


@public
def correlate(a: Any, v: Any, mode: str = "valid") -> Node:
    """Cross-correlation of two vectors: convolution with the second one in reverse order.

    Args:
        a: a vector that is not empty.
        v: another one.
        mode: as of ``convolve``.

    Returns:
        A vector.

    Raises:
        GraphTypeError: if one of them is not a vector.
        ArgumentError: for another mode.

    Example:
        >>> import symdrop.tensor as T
        >>> T.correlate(T.constant([1, 2, 3]), T.constant([0, 1])).eval().tolist()
        [2, 3]
    """
    return convolve(a, flip(vector("correlate", v)), mode)


__all__ = ["convolve", "correlate", "cross", "kron", "matvec", "vdot", "vecdot", "vecmat"]

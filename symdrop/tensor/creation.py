"""Tensors made from sizes and rules: zeros, ones, ranges, identities and triangles.

Constant tensors are a scalar, stretched; nothing is stored before it must be.

Read next: extrema.py
"""

from __future__ import annotations

from typing import Any

from ..config import config
from ..errors import GraphTypeError, here
from ..graph import Node, describe
from ..op import as_node, constant, constant_scalar
from ..ops.arithmetic import maximum, minimum
from ..ops.creation import arange as arange_op
from ..ops.logic import eq, ge, where
from ..types import dtype_name, is_float, promote
from .arguments import one_size
from .axes import moveaxis
from .elementwise import cast
from .indexing import inc_subtensor
from .shaping import broadcast_to


def full(shape: Any, fill_value: Any, dtype: Any = None) -> Node:
    """A tensor of one value.

    Args:
        shape: a size, a sequence of sizes, or an integer vector of known length; sizes may be symbolic.
        fill_value: a number or scalar.
        dtype: by default that of the value.

    Returns:
        A tensor of that shape.

    Raises:
        ShapeError: if the number of axes cannot be known.

    Example:
        >>> import symdrop.tensor as T
        >>> T.full((2,), 7).eval().tolist()
        [7, 7]
    """
    value = as_node(fill_value)
    if value.ndim:
        raise GraphTypeError(f"the value to fill with is a scalar, not {describe(value)}; see T.broadcast_to{here()}")
    return broadcast_to(_strong(value, dtype), shape)


def _strong(value: Node, dtype: Any) -> Node:
    """A value whose dtype does not give way to others, as that of a Python number does."""
    weak_float = value.type.weak and is_float(value.dtype)
    name = _dtype(dtype) if dtype is not None or weak_float else value.dtype
    number = constant_scalar(value)
    return cast(value, name) if number is None else constant(number, name)


def _dtype(dtype: Any) -> str:
    return config.floatX if dtype is None or (isinstance(dtype, str) and dtype == "floatX") else dtype_name(dtype)


def zeros(shape: Any, dtype: Any = None) -> Node:
    """A tensor of zeros.

    Args:
        shape: a size, a sequence of sizes, or an integer vector of known length; sizes may be symbolic.
        dtype: by default ``config.floatX``.

    Returns:
        A tensor of that shape.

    Raises:
        ShapeError: if the number of axes cannot be known.

    Example:
        >>> import symdrop.tensor as T
        >>> x = T.matrix("x")
        >>> T.zeros((x.shape[0], 2)).eval({x: [[1]]}).tolist()
        [[0.0, 0.0]]
    """
    return full(shape, 0, _dtype(dtype))


def ones(shape: Any, dtype: Any = None) -> Node:
    """A tensor of ones.

    Args:
        shape: a size, a sequence of sizes, or an integer vector of known length; sizes may be symbolic.
        dtype: by default ``config.floatX``.

    Returns:
        A tensor of that shape.

    Raises:
        ShapeError: if the number of axes cannot be known.

    Example:
        >>> import symdrop.tensor as T
        >>> T.ones(2, dtype="int32").eval().tolist()
        [1, 1]
    """
    return full(shape, 1, _dtype(dtype))


def full_like(x: Any, fill_value: Any, dtype: Any = None) -> Node:
    """A tensor of one value in the shape of another.

    Args:
        x: the tensor that gives shape and dtype; its values do not matter.
        fill_value: a number or scalar.
        dtype: by default that of x.

    Returns:
        A tensor of x's shape.

    Raises:
        GraphTypeError: if the value is not a scalar.

    Example:
        >>> import symdrop.tensor as T
        >>> T.full_like(T.constant([1, 2]), 5).eval().tolist()
        [5, 5]
    """
    node = as_node(x)
    return full(node.shape, fill_value, node.dtype if dtype is None else dtype)


def zeros_like(x: Any, dtype: Any = None) -> Node:
    """A tensor of zeros in the shape of another.

    Args:
        x: the tensor that gives shape and dtype; its values do not matter.
        dtype: by default that of x.

    Returns:
        A tensor of x's shape.

    Example:
        >>> import symdrop.tensor as T
        >>> T.zeros_like(T.constant([1, 2])).eval().tolist()
        [0, 0]
    """
    return full_like(x, 0, dtype)


def ones_like(x: Any, dtype: Any = None) -> Node:
    """A tensor of ones in the shape of another.

    Args:
        x: the tensor that gives shape and dtype; its values do not matter.
        dtype: by default that of x.

    Returns:
        A tensor of x's shape.

    Example:
        >>> import symdrop.tensor as T
        >>> T.ones_like(T.constant([1, 2])).eval().tolist()
        [1, 1]
    """
    return full_like(x, 1, dtype)


def alloc(value: Any, *shape: Any) -> Node:
    """A value stretched to a shape, as Theano names it.

    Args:
        value: a number or tensor of at most as many axes as there are sizes.
        *shape: the sizes, which may be symbolic.

    Returns:
        A tensor of that shape, of the value's dtype.

    Raises:
        ShapeError: if an axis of the value neither has size 1 nor the size wanted.

    Example:
        >>> import symdrop.tensor as T
        >>> T.alloc(T.constant([1, 2]), 2, 2).eval().tolist()
        [[1, 2], [1, 2]]
    """
    return broadcast_to(_strong(as_node(value), None), shape)


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> Node:
    """The numbers start, start + step, ... before stop.

    Args:
        start: the first number; the end of the range, which then starts at 0, if it is the only argument.
        stop: where to stop; not itself included.
        step: the distance, which may be negative.
        dtype: by default int64 for integers of any size, ``config.floatX`` for Python floats, else that of the scalars.

    Returns:
        A vector; its size is known if all three are.

    Raises:
        ArgumentError: if the step is 0.
        GraphTypeError: if one of them is not a scalar.

    Example:
        >>> import symdrop.tensor as T
        >>> n = T.iscalar("n")
        >>> T.arange(n).eval({n: 3}).tolist(), T.arange(0, 1, 0.5).eval().tolist()
        ([0, 1, 2], [0.0, 0.5])
    """
    if stop is None:
        start, stop = 0, start
    ends = [as_node(value) for value in (start, stop, step)]
    if dtype is None:
        types = [node.type for node in ends]
        met = promote(types)
        dtype = "int64" if not is_float(met) else config.floatX if all(type.weak for type in types) else met
    made: Node = arange_op(*ends, dtype=_dtype(dtype))
    return made


def linspace(start: Any, stop: Any, num: Any = 50, dtype: Any = None) -> Node:
    """Equally spaced numbers from start to stop, both included.

    Args:
        start: the first number.
        stop: the last number.
        num: how many, an integer or integer scalar.
        dtype: by default ``config.floatX``.

    Returns:
        A float vector of ``num`` numbers.

    Raises:
        GraphTypeError: if ``num`` is not an integer.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linspace(0, 1, 3).eval().tolist()
        [0.0, 0.5, 1.0]
    """
    name = _dtype(dtype)
    count = one_size(num)
    first, last = cast(start, name), cast(stop, name)
    number = cast(arange(count), name)
    spacing = (last - first) / maximum(count - 1, 1).astype(name)
    # Rounding must not carry the last number past the end.
    made: Node = where(ge(number, count - 1) & (number > 0), last, first + number * spacing)
    return made


def eye(n: Any, m: Any = None, k: int = 0, dtype: Any = None) -> Node:
    """A matrix with ones on a diagonal and zeros elsewhere.

    Args:
        n: number of rows, an integer or integer scalar.
        m: number of columns; by default n.
        k: which diagonal: 0 the main one, positive ones to its right.
        dtype: by default ``config.floatX``.

    Returns:
        A matrix of shape (n, m).

    Raises:
        GraphTypeError: if a size is not an integer.

    Example:
        >>> import symdrop.tensor as T
        >>> T.eye(2, 3, 1).eval().tolist()
        [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    rows = one_size(n)
    columns = rows if m is None else one_size(m)
    return cast(eq(_offsets(rows, columns), k), _dtype(dtype))


def _offsets(rows: Any, columns: Any) -> Node:
    """On which diagonal every element of a matrix lies: its column minus its row."""
    return arange(columns)[None, :] - arange(rows)[:, None]


def tril(x: Any, k: int = 0) -> Node:
    """The lower triangle of a matrix; zeros above diagonal k.

    Args:
        x: a matrix, or several on the last two axes.
        k: the last diagonal that is kept.

    Returns:
        A tensor of x's shape and dtype.

    Raises:
        GraphTypeError: if x has fewer than two axes.

    Example:
        >>> import symdrop.tensor as T
        >>> T.tril(T.constant([[1, 2], [3, 4]])).eval().tolist()
        [[1, 0], [3, 4]]
    """
    node = _matrices(x)
    made: Node = where(_offsets(*node.shape[-2:]) <= k, node, 0)
    return made


def triu(x: Any, k: int = 0) -> Node:
    """The upper triangle of a matrix; zeros below diagonal k.

    Args:
        x: a matrix, or several on the last two axes.
        k: the first diagonal that is kept.

    Returns:
        A tensor of x's shape and dtype.

    Raises:
        GraphTypeError: if x has fewer than two axes.

    Example:
        >>> import symdrop.tensor as T
        >>> T.triu(T.constant([[1, 2], [3, 4]])).eval().tolist()
        [[1, 2], [0, 4]]
    """
    node = _matrices(x)
    made: Node = where(_offsets(*node.shape[-2:]) >= k, node, 0)
    return made


def _matrices(x: Any) -> Node:
    node = as_node(x)
    if node.ndim < 2:
        raise GraphTypeError(f"expected a matrix, or several on the last two axes, not {describe(node)}{here()}")
    return node


def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Node:
    """A diagonal of a matrix, or of all matrices in a tensor.

    Args:
        x: a tensor with at least two axes.
        offset: which diagonal: 0 the main one, positive ones to its right.
        axis1: the axis of the rows.
        axis2: the axis of the columns.

    Returns:
        A tensor with the diagonal as its last axis in place of the two.

    Raises:
        GraphTypeError: if x has fewer than two axes.

    Example:
        >>> import symdrop.tensor as T
        >>> T.diagonal(T.constant([[1, 2, 3], [4, 5, 6]]), 1).eval().tolist()
        [2, 6]
    """
    node = moveaxis(_matrices(x), (axis1, axis2), (0, 1))
    down, right = max(-offset, 0), max(offset, 0)
    rows, columns = node.shape[0] - down, node.shape[1] - right
    known = isinstance(rows, int) and isinstance(columns, int)
    along = arange(min(rows, columns) if known else minimum(rows, columns))
    return moveaxis(node[along + down, along + right], 0, -1)


def diag(x: Any, k: int = 0) -> Node:
    """A diagonal of a matrix, or the matrix with a vector on its diagonal.

    Args:
        x: a vector or matrix.
        k: which diagonal: 0 the main one, positive ones to its right.

    Returns:
        A square matrix for a vector, a vector for a matrix.

    Raises:
        GraphTypeError: if x is neither.

    Example:
        >>> import symdrop.tensor as T
        >>> T.diag(T.constant([1, 2])).eval().tolist()
        [[1, 0], [0, 2]]
    """
    node = as_node(x)
    if node.ndim == 2:
        return diagonal(node, k)
    if node.ndim != 1:
        raise GraphTypeError(f"expected a vector or matrix, not {describe(node)}{here()}")
    along = arange(node.shape[0])
    size = node.shape[0] + abs(k)
    return inc_subtensor(zeros((size, size), node.dtype)[along + max(-k, 0), along + max(k, 0)], node)


__all__ = [
    "alloc", "arange", "diag", "diagonal", "eye", "full", "full_like", "linspace", "ones", "ones_like", "tril",
    "triu", "zeros", "zeros_like",
]  # fmt: skip

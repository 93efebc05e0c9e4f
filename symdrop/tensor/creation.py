"""Tensors made from sizes alone: zeros, ones, and numbers in order.

Constant tensors are a scalar, stretched; nothing is stored before it must be.

Read next: diagonals.py
"""

from __future__ import annotations

from typing import Any

from ..binding import public
from ..config import config
from ..errors import GraphTypeError, here
from ..graph import Node, describe
from ..op import Size, as_node, constant, constant_scalar, convert
from ..ops.arithmetic import maximum
from ..ops.creation import arange as arange_op
from ..ops.lengths import may_be_negative
from ..ops.logic import ge, where
from ..types import TensorType, is_float, promote
from .arguments import dtype_or_default, one_size
from .elementwise import cast
from .shaping import broadcast_to, specify_shape


@public
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
    name = dtype_or_default(dtype) if dtype is not None or weak_float else value.dtype
    number = constant_scalar(value)
    return cast(value, name) if number is None else constant(number, name)


@public
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
    return full(shape, 0, dtype_or_default(dtype))


@public
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
    return full(shape, 1, dtype_or_default(dtype))


@public
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


@public
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


@public
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


@public
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


@public
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
        dtype = met if is_float(met) else "int64"
    # How many there are is counted with all digits that Python's numbers have.
    precise = (convert(node, "float64") if node.type.weak and is_float(node.dtype) else node for node in ends)
    return arange_op(*precise, dtype=dtype_or_default(dtype))


def numbers(count: Size) -> Node:
    """0, 1, ..., count - 1: as ``arange``, but a negative count is refused when running."""
    made = arange(count)
    return made if isinstance(count, int) or not may_be_negative(count) else specify_shape(made, (count,))


@public
def linspace(start: Any, stop: Any, num: Any = 50, dtype: Any = None) -> Node:
    """Equally spaced numbers from start to stop, both included.

    Args:
        start: the first number.
        stop: the last number.
        num: how many, an integer or integer scalar.
        dtype: by default that in which start, stop and a Python float meet.

    Returns:
        A float vector of ``num`` numbers.

    Raises:
        GraphTypeError: if ``num`` is not an integer.

    Example:
        >>> import symdrop.tensor as T
        >>> T.linspace(0, 1, 3).eval().tolist()
        [0.0, 0.5, 1.0]
    """
    count = one_size(num)
    first, last = as_node(start), as_node(stop)
    meeting = promote([first.type, last.type, TensorType(config.floatX, (), weak=True)])
    name = dtype_or_default(dtype, meeting)
    first, last = cast(first, name), cast(last, name)
    number = cast(numbers(count), name)
    spacing = (last - first) / maximum(count - 1, 1).astype(name)
    # Rounding must not carry the last number past the end.
    return where(ge(number, count - 1) & (number > 0), last, first + number * spacing)


__all__ = [
    "alloc", "arange", "full", "full_like", "linspace", "ones", "ones_like", "zeros", "zeros_like",
]  # fmt: skip

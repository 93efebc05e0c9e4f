"""Reading what users give for a dtype, an axis, a size or a shape.

Read next: elementwise.py
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any

import numpy as np

from ..config import config
from ..errors import ArgumentError, GraphTypeError, IndexingError, ShapeError, here, shown
from ..graph import Node, describe
from ..op import Constant, Size, as_node, as_size, constant_scalar, convert, members, refuse_python_bool
from ..ops.join import specify_shape
from ..types import LARGEST, MOST_AXES, dtype_name, float_dtype, is_integer


def dtype_or_default(dtype: Any, default: str = "floatX") -> str:
    """The name of a dtype; the default where none is given, and ``config.floatX``, as it is now, for "floatX".

    Raises:
        GraphTypeError: for an unsupported dtype.
    """
    chosen = default if dtype is None else dtype
    return config.floatX if isinstance(chosen, str) and chosen == "floatX" else dtype_name(chosen)


def one_axis(axis: Any, ndim: int) -> int:
    """An axis counted from the front.

    Raises:
        IndexingError: if there is no such axis.
        GraphTypeError: if it is not an integer.
    """
    refuse_python_bool(axis)
    try:
        number = operator.index(axis)
    except TypeError:
        raise GraphTypeError(f"an axis is a Python integer, not {shown(axis)}{here()}") from None
    if not -ndim <= number < ndim:
        raise IndexingError(f"there is no axis {number} among {ndim}{here()}")
    return number % ndim


def several_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """An axis, or a tuple or list of different ones, counted from the front, in the order given."""
    axes = tuple(one_axis(one, ndim) for one in (axis if isinstance(axis, tuple | list) else (axis,)))
    if len(set(axes)) < len(axes):
        raise GraphTypeError(f"axis {axis} names an axis twice{here()}")
    return axes


def added_axes(number: Any) -> int:
    """A number of new axes.

    Raises:
        GraphTypeError: if it is not an integer; ``ArgumentError`` if it is negative, or more than NumPy's arrays have.
    """
    count = python_integer(number, "a number of new axes")
    if not 0 <= count <= MOST_AXES:
        raise ArgumentError(f"a number of new axes lies between 0 and {MOST_AXES}, which {count} does not{here()}")
    return count


def python_integer(value: Any, what: str) -> int:
    """An integer that is known while the graph is built.

    Raises:
        GraphTypeError: if it is not an integer; a truth value is none, and neither is a symbolic value.
    """
    if not isinstance(value, bool | np.bool_ | Node):
        try:
            return operator.index(value)
        except TypeError:
            pass
    raise GraphTypeError(f"{what} is an integer, not {shown(value)}{here()}")


def one_size(size: Any, least: int = 0) -> Size:
    """A size: a Python integer where it is known, an int64 scalar node elsewhere.

    Args:
        size: an integer, or an integer scalar node of any integer dtype.
        least: the least that is accepted; -1 where that stands for what is left.

    Raises:
        GraphTypeError: if it is not an integer; a truth value is none.
        ShapeError: if it is less than ``least``, or beyond 63 bits.
    """
    if isinstance(size, Node):
        if size.ndim or not is_integer(size.dtype):
            raise GraphTypeError(f"a size is an integer scalar, not {describe(size)}{here()}")
        number = constant_scalar(size)
        if number is None:
            return as_size(size)
    elif isinstance(size, bool | np.bool_):
        raise GraphTypeError(f"a size is an integer, not {shown(size)}{here()}")
    else:
        try:
            number = operator.index(size)
        except TypeError:
            raise GraphTypeError(f"a size is an integer, not {shown(size)}{here()}") from None
    if not least <= number <= LARGEST:
        raise ShapeError(f"a size is at least 0 and less than 2**63, not {number}{here()}")
    return int(number)


def sizes_of_shape(shape: Any, ndim: int | None = None, least: int = 0) -> tuple[Size, ...]:
    """The sizes in a shape.

    Args:
        shape: an integer, a sequence of integers and integer scalar nodes, or an integer vector node.
        ndim: how many sizes a vector of unknown length holds.
        least: as for ``one_size``.

    Raises:
        ShapeError: if the number of sizes cannot be known, or a size is negative or beyond 63 bits.
        GraphTypeError: if a size is not an integer.
    """
    if ndim is not None:
        ndim = python_integer(ndim, "a number of sizes")
    if isinstance(shape, Constant | np.ndarray):
        shape = (shape.value if isinstance(shape, Constant) else shape).tolist()
    if isinstance(shape, Node) and shape.ndim == 1:
        shape = _sizes_of_vector(shape, ndim)
    elif isinstance(shape, Node) or not isinstance(shape, Sequence):
        shape = (shape,)
    if len(shape) > MOST_AXES:
        raise ShapeError(f"a shape has at most {MOST_AXES} sizes, not {len(shape)}{here()}")
    sizes = tuple(one_size(size, least) for size in shape)
    if ndim is not None and len(sizes) != ndim:
        raise ShapeError(f"ndim={ndim} does not fit a shape of {len(sizes)} sizes{here()}")
    return sizes


def _sizes_of_vector(shape: Node, ndim: int | None) -> list[Node]:
    length = shape.type.shape[0]
    if length is None:
        if ndim is None:
            raise ShapeError(
                f"the shape {describe(shape)} is a vector of unknown length; say how many sizes it holds with ndim="
                f"{here()}"
            )
        length = ndim
        shape = specify_shape(shape, ndim, axes=(0,))
    return [shape[i] for i in range(length)]


def product(sizes: Iterable[Size]) -> Size:
    """The product of sizes: a Python integer where it is known."""
    symbolic = list(sizes)
    known = math.prod(size for size in symbolic if isinstance(size, int))
    symbolic = [size for size in symbolic if not isinstance(size, int)]
    if not symbolic or known == 0:
        return known
    return reduce(operator.mul, symbolic if known == 1 else [known, *symbolic])


def as_float(x: Any) -> Node:
    """A node for a value, in the dtype in which functions of real numbers compute it."""
    node = as_node(x)
    dtype = float_dtype(node.dtype)
    return node if node.dtype == dtype else convert(node, dtype, node.type.weak)


def vector(name: str, x: Any) -> Node:
    """A vector, for the function of that name.

    Raises:
        GraphTypeError: if it has another number of axes.
    """
    node = as_node(x)
    if node.ndim != 1:
        raise GraphTypeError(f"{name} takes vectors, not {describe(node)}{here()}")
    return node


def tensors(values: Any) -> list[Node]:
    """Nodes for the members of a list or tuple of tensors."""
    if isinstance(values, Node):
        raise GraphTypeError(f"expected a list or tuple of tensors, not the one tensor {describe(values)}{here()}")
    if not isinstance(values, Iterable) or isinstance(values, str):
        raise GraphTypeError(f"expected a list or tuple of tensors, not {shown(values)}{here()}")
    return [as_node(value) for value in members(values, "tensors")]

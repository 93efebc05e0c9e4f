"""Questions about values: near, equal, among others, not zero.

Read next: statistics.py
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...binding import public
from ...errors import ArgumentError, here
from ...graph import Node
from ...op import as_node, constant
from ...types import is_float
from ..arguments import as_float
from ..axes import transpose
from ..elementwise import abs_, cast, eq, isfinite, isnan, le, logical_not, logical_or, neq
from ..indexing import nonzero
from ..joining import stack
from ..reductions import all as all_over
from ..reductions import any as any_over
from ..reductions import sum as sum_over


@public
def isclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: bool = False) -> Node:
    """True where a and b are equal up to tolerances: ``abs(a - b) <= atol + rtol * abs(b)``.

    Args:
        a: a tensor of numbers.
        b: another, of a shape that broadcasts with a's.
        rtol: relative to b.
        atol: absolute.
        equal_nan: True if NaN is near NaN.

    Returns:
        A bool tensor.

    Example:
        >>> import symdrop.tensor as T
        >>> T.isclose([1.0, 2.0], [1.0 + 1e-9, 2.1]).eval().tolist()
        [True, False]
    """
    x, y = map(as_float, (a, b))
    near = le(abs_(x - y), atol + rtol * abs_(y)) & isfinite(y)
    near = logical_or(near, eq(x, y))
    return logical_or(near, isnan(x) & isnan(y)) if equal_nan else near


@public
def allclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: bool = False) -> Node:
    """True if all elements of a and b are equal up to tolerances.

    Args:
        a, b, rtol, atol, equal_nan: as of ``isclose``.

    Returns:
        A bool scalar.

    Example:
        >>> import symdrop.tensor as T
        >>> bool(T.allclose([1.0], [1.0 + 1e-9]).eval())
        True
    """
    return all_over(isclose(a, b, rtol, atol, equal_nan))


@public
def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> Node:
    """True if two tensors have one shape and equal elements.

    Args:
        a1: a tensor.
        a2: another.
        equal_nan: True if NaN equals NaN.

    Returns:
        A bool scalar. Sizes that turn out to differ while running are an error of shapes, as in every comparison.

    Example:
        >>> import symdrop.tensor as T
        >>> bool(T.array_equal([1, 2], [1, 2]).eval()), bool(T.array_equal([1, 2], [1]).eval())
        (True, False)
    """
    x, y = as_node(a1), as_node(a2)
    sizes = list(zip(x.type.shape, y.type.shape, strict=False))
    if x.ndim != y.ndim or any(None not in pair and pair[0] != pair[1] for pair in sizes):
        return constant(np.False_)
    same = eq(x, y)
    return all_over(logical_or(same, isnan(x) & isnan(y)) if equal_nan and is_float(x.dtype) else same)


@public
def array_equiv(a1: Any, a2: Any) -> Node:
    """True if two tensors are equal where they are broadcast together.

    Args:
        a1: a tensor.
        a2: another.

    Returns:
        A bool scalar; False for shapes that are known not to meet.

    Example:
        >>> import symdrop.tensor as T
        >>> bool(T.array_equiv([[1, 2], [1, 2]], [1, 2]).eval())
        True
    """
    x, y = as_node(a1), as_node(a2)
    sizes = zip(reversed(x.type.shape), reversed(y.type.shape), strict=False)
    if any(None not in pair and 1 not in pair and pair[0] != pair[1] for pair in sizes):
        return constant(np.False_)
    return all_over(eq(x, y))


@public
def isin(element: Any, test_elements: Any, assume_unique: bool = False, invert: bool = False) -> Node:
    """True where an element is among others.

    Args:
        element: a tensor.
        test_elements: the others, a tensor.
        assume_unique: has no meaning here.
        invert: True asks where it is not.

    Returns:
        A bool tensor of the shape of ``element``. It compares all with all.

    Example:
        >>> import symdrop.tensor as T
        >>> T.isin(T.constant([1, 2, 3]), [2, 3]).eval().tolist()
        [False, True, True]
    """
    found = any_over(eq(as_node(element)[..., None], as_node(test_elements).flatten()), -1)
    return logical_not(found) if invert else found


@public
def count_nonzero(x: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """How many elements are not zero.

    Args:
        x: a tensor.
        axis: the axis or axes along which to count; by default all.
        keepdims: True leaves them with size 1.

    Returns:
        An int64 tensor.

    Example:
        >>> import symdrop.tensor as T
        >>> int(T.count_nonzero(T.constant([0, 5, 0])).eval())
        1
    """
    return sum_over(cast(neq(x, 0), "int64"), axis, keepdims=keepdims)


@public
def flatnonzero(x: Any) -> Node:
    """The positions of the elements that are not zero, in C order.

    Args:
        x: a tensor.

    Returns:
        An int64 vector.

    Example:
        >>> import symdrop.tensor as T
        >>> T.flatnonzero(T.constant([[0, 5], [7, 0]])).eval().tolist()
        [1, 2]
    """
    return nonzero(as_node(x).flatten())[0]


@public
def argwhere(x: Any) -> Node:
    """The indices of the elements that are not zero, a row for each.

    Args:
        x: a tensor of at least one axis.

    Returns:
        An int64 matrix with as many columns as x has axes.

    Raises:
        ArgumentError: if x is a scalar.

    Example:
        >>> import symdrop.tensor as T
        >>> T.argwhere(T.constant([[0, 5], [7, 0]])).eval().tolist()
        [[0, 1], [1, 0]]
    """
    node = as_node(x)
    if not node.ndim:
        raise ArgumentError(f"argwhere: a scalar has no indices{here()}")
    return transpose(stack(nonzero(node)))


@public
def isposinf(x: Any) -> Node:
    """True where x is infinite and positive.

    Args:
        x: a tensor of numbers.

    Returns:
        A bool tensor.

    Example:
        >>> import symdrop.tensor as T
        >>> bool(T.isposinf(float("inf")).eval())
        True
    """
    return eq(x, math.inf)


@public
def isneginf(x: Any) -> Node:
    """True where x is infinite and negative.

    Args:
        x: a tensor of numbers.

    Returns:
        A bool tensor.

    Example:
        >>> import symdrop.tensor as T
        >>> bool(T.isneginf(float("inf")).eval())
        False
    """
    return eq(x, -math.inf)


__all__ = [
    "allclose", "argwhere", "array_equal", "array_equiv", "count_nonzero", "flatnonzero", "isclose", "isin",
    "isneginf", "isposinf",
]  # fmt: skip

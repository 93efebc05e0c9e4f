"""Lengths: arithmetic of sizes, for axes whose size follows from others.

A size is an int or an integer scalar node, and never negative. Equal lengths should be
equal nodes, so the common forms are brought into one shape: of n elements x[1:] and
x[:-1] both have max(n - 1, 0), and x[1:][:-1] has max(n - 2, 0) like x[1:-1].

Read next: views.py
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..graph import Node, toposort
from ..op import INPUT, Elementwise, Size, Sizes, constant_scalar, is_dim
from ..types import MOST_ELEMENTS, TensorType, is_integer
from .arithmetic import add, floor_div, maximum, minimum, mul, sqr, sub
from .logic import cast, eq, ge, gt, lt, where

Interval = tuple[int, int]

# Of a longer step the sum with a length could wrap around.
_LONG_STEP = 2**32

# Beyond any size; an unsigned number above it would be negative as an int64.
_FAR = 2**62


def total(sizes: Iterable[Size]) -> Size:
    """The sum of sizes."""
    fixed, result = 0, None
    for size in sizes:
        if isinstance(size, int):
            fixed += size
        else:
            result = size if result is None else add(result, size)
    return fixed if result is None else add(result, fixed) if fixed else result


def product(sizes: Iterable[Size]) -> Size:
    """The product of sizes."""
    fixed, result = 1, None
    for size in sizes:
        if isinstance(size, int):
            fixed *= size
        else:
            result = size if result is None else mul(result, size)
    return fixed if result is None else mul(result, fixed) if fixed != 1 else result


def resolved(size: Node, sizes: Sizes) -> Size:
    """The size itself, where a node is the size of an axis."""
    return sizes(size.inputs[0])[size.params["axis"]] if is_dim(size) else size


def reshaped_sizes(own: Sequence[Size], given: Sequence[Size]) -> list[Size | None]:
    """The sizes of a reshape to those given, of which one may be -1, perhaps only when running.

    None stands for a size that only running can tell.

    Where that one cannot be told (elements do not fill the shape, or a size beside it is 0) it is negative, or the
    sizes do not hold as many elements as there are.

    Args:
        own: the sizes before.
        given: integer scalars.
    """
    known: list[Size] = [_known(size) for size in given]
    result: list[Size | None] = []
    told = follows(size for size in known if isinstance(size, Node) and may_be_negative(size))
    for axis, size in enumerate(known):
        others = [other for position, other in enumerate(known) if position != axis]
        if not told and (size == -1 or (isinstance(size, Node) and may_be_negative(size))):
            result.append(None)
        elif isinstance(size, Node) and may_be_negative(size):
            made = where(ge(size, 0), size, _left_if_any(own, others))
            result.append(made)
        elif size == -1:
            certain = not any(isinstance(other, Node) and may_be_negative(other) for other in others)
            result.append(_left(own, others) if certain else _left_if_any(own, others))
        else:
            result.append(size)
    return result


def _left(own: Sequence[Size], others: Sequence[Size]) -> Size:
    """The size that, times the others, makes as many elements as there are; no other is 0, or the call is refused."""
    fixed, divisor = (math.prod(size for size in sizes if isinstance(size, int)) for sizes in (own, others))
    factors = [size for size in own if not isinstance(size, int)]
    divisors: list[Size] = []
    for size in others:
        if size in factors:
            factors.remove(size)
        elif not isinstance(size, int):
            divisors.append(size)
    if divisor and fixed % divisor == 0:
        fixed, divisor = fixed // divisor, 1
    above, below = product([*factors, fixed]), product([*divisors, divisor])
    if isinstance(below, int):
        below = max(below, 1)
        return above if below == 1 else above // below if isinstance(above, int) else floor_div(above, below)
    return floor_div(above, maximum(below, 1))


def _left_if_any(own: Sequence[Size], others: Sequence[Size]) -> Size:
    """The same, or -1 if one of the others is 0 or negative."""
    rest = product(size if isinstance(size, int) else maximum(size, 0) for size in others)
    if isinstance(rest, int):
        return _left(own, [rest]) if rest > 0 else -1
    return where(gt(rest, 0), floor_div(product(own), maximum(rest, 1)), -1)


def slice_length(size: Size, start: Size | None, stop: Size | None, step: int) -> Size:
    """How many elements of an axis a slice takes.

    Args:
        size: that of the axis.
        start, stop: where the slice starts and stops, as Python counts; None where it says nothing.
        step: from element to element; not 0.
    """
    if step > 0:
        first, last = (bound if bound is None else _known(bound) for bound in (start, stop))
        length = _between(size, first, last)
    else:
        # Counted from the other end: one behind each bound.
        first_place = size if start is None else _behind(_known(start), size)
        last_place = 0 if stop is None else _behind(_known(stop), size)
        length = _difference(first_place, last_place)
    by = abs(step)
    if by == 1:
        return length
    return (length + by - 1) // by if isinstance(length, int) else floor_div(add(length, by - 1), by)


def stretched_length(sizes: Sequence[Node]) -> Node:
    """The size of axes that stand side by side, of which those that turn out to be 1 stretch."""
    length, *others = sizes
    for other in others:
        length = where(eq(length, 1), other, length)
    return length


def range_length(start: Node, stop: Node, step: int) -> Size | None:
    """How many numbers there are from start to before stop, None where only running can tell."""
    if constant_scalar(start) == 0 and step == 1 and not may_be_negative(stop) and stop.dtype != "uint64":
        return as_size(stop)
    if not follows((start, stop)) or "uint64" in (start.dtype, stop.dtype) or abs(step) > _LONG_STEP:
        return None
    first, last = (as_size(bound) for bound in ((start, stop) if step > 0 else (stop, start)))
    # The difference is not asked for where it may be beyond what integers hold.
    from_0 = constant_scalar(first) == 0
    length = maximum(last, 0) if from_0 else where(gt(last, first), sub(last, first), 0)
    return length if abs(step) == 1 else floor_div(add(length, abs(step) - 1), abs(step))


def follows(bounds: Iterable[Size | None]) -> bool:
    """True if integers follow from sizes and from single numbers given, by elementwise ops."""
    roots = [bound for bound in bounds if isinstance(bound, Node)]
    found = toposort(roots, stop=lambda node: not isinstance(node.op, Elementwise))
    return all(node.is_leaf or is_dim(node) or isinstance(node.op, Elementwise) for node in found)


def _known(bound: Size) -> Size:
    """An int if the bound is one, no farther away than any index."""
    scalar = constant_scalar(bound) if isinstance(bound, Node) else bound
    return bound if scalar is None else max(min(int(scalar), _FAR), -_FAR)


def _between(n: Size, start: Size | None, stop: Size | None) -> Size:
    """The length of x[start:stop]."""
    if isinstance(start, int) and isinstance(stop, int):
        if start >= 0 and stop < 0:
            return less(n, start - stop)
        if (start < 0) is (stop < 0):
            if stop <= start:
                return 0
            return less(_clipped(stop, n), start) if start >= 0 else _at_most(_clipped(stop, n), stop - start)
    if start is None or start == 0:
        return n if stop is None else _clipped(stop, n)
    if stop is None and isinstance(start, int):
        return less(n, start) if start >= 0 else _at_most(n, -start)
    return _difference(n if stop is None else _clipped(stop, n), _clipped(start, n))


def _clipped(bound: Size, n: Size) -> Size:
    """A bound counted from the front, between 0 and n."""
    if isinstance(bound, int):
        return _at_most(n, bound) if bound >= 0 else less(n, -bound)
    if bound is n:
        return n
    index = as_size(bound)
    front = minimum(index, n)
    return where(lt(index, 0), maximum(add(index, n), 0), front) if may_be_negative(bound) else front


def _behind(bound: Size, n: Size) -> Size:
    """One more than a bound of a slice that runs backwards, counted from the front, between 0 and n."""
    if isinstance(bound, int):
        return _at_most(n, bound + 1) if bound >= 0 else less(n, -bound - 1)
    index = as_size(bound)
    front = add(minimum(index, sub(n, 1)), 1)
    return where(lt(index, 0), maximum(add(add(index, n), 1), 0), front) if may_be_negative(bound) else front


def as_size(bound: Node) -> Node:
    """An integer as an int64, no farther away than any index."""
    made = minimum(bound, _FAR) if bound.dtype == "uint64" else bound
    return made if made.dtype == "int64" else cast(made, dtype="int64", weak=True)


# Beyond every dtype.
_UNBOUNDED: Interval = (-(2**64), 2**64)


def _corners(function: Callable[[int, int], int], a: Interval, b: Interval) -> Interval:
    values = [function(x, y) for x in a for y in b]
    return min(values), max(values)


def _quotient(a: Interval, b: Interval) -> Interval:
    """Divided by 0, an integer is 0."""
    if b[0] < 0:
        return _UNBOUNDED
    low, high = _corners(operator.floordiv, a, (max(b[0], 1), max(b[1], 1)))
    return (low, high) if b[0] else (min(low, 0), max(high, 0))


# Interval arithmetic: between which integers the result lies if its operands lie between those given.
_INTERVALS: Mapping[Any, Callable[..., Interval]] = {
    add: lambda a, b: (a[0] + b[0], a[1] + b[1]),
    sub: lambda a, b: (a[0] - b[1], a[1] - b[0]),
    mul: partial(_corners, operator.mul),
    sqr: lambda a: (0 if a[0] < 0 < a[1] else min(a[0] ** 2, a[1] ** 2), max(a[0] ** 2, a[1] ** 2)),
    floor_div: _quotient,
    minimum: lambda a, b: (min(a[0], b[0]), min(a[1], b[1])),
    maximum: lambda a, b: (max(a[0], b[0]), max(a[1], b[1])),
    where: lambda condition, a, b: (min(a[0], b[0]), max(a[1], b[1])),
    cast: lambda a: a,
}


def bounds(size: Node, depth: int = 8) -> Interval:
    """The least and the greatest integer that a scalar can be, as its ops and dtypes tell: interval arithmetic.

    What is beyond its dtype wraps around, and can be anything.

    Args:
        size: an integer or truth value.
        depth: how many ops are looked through.

    Example:
        >>> import symdrop.tensor as T
        >>> n = T.tensor("uint8", name="n")
        >>> bounds(n), bounds(T.cast(n, "int64") * 2 + 1), bounds(T.cast(n, "int8"))
        ((0, 255), (1, 511), (-128, 127))
    """
    if is_dim(size):
        return 0, MOST_ELEMENTS
    scalar = constant_scalar(size)
    if scalar is not None:
        return int(scalar), int(scalar)
    if size.is_leaf and _BOUNDS in size.params:
        known: Interval = size.params[_BOUNDS]
        return known
    whole = (0, 1) if size.dtype == "bool" else (int(np.iinfo(size.dtype).min), int(np.iinfo(size.dtype).max))
    interval = _INTERVALS.get(size.op)
    if not depth or interval is None or not all(is_integer(node.dtype) or node.dtype == "bool" for node in size.inputs):
        return whole
    low, high = interval(*(bounds(node, depth - 1) for node in size.inputs))
    return (low, high) if whole[0] <= low and high <= whole[1] else whole


def may_be_negative(size: Node) -> bool:
    """True if an integer is not known to be 0 or more; products of sizes count elements, so they are."""
    return bounds(size)[0] < 0 and not _counts(size)


def _counts(size: Node, depth: int = 8) -> bool:
    """True for the size of an axis, and for sums, products and the like of such sizes and constants."""
    scalar = constant_scalar(size)
    if scalar is not None:
        return bool(scalar >= 0)
    if size.dtype != "int64" or not depth:
        return False
    sums = size.op in (add, mul, sqr, floor_div, minimum) and all(_counts(source, depth - 1) for source in size.inputs)
    return sums or is_dim(size) or bounds(size, depth)[0] >= 0


# The parameter of an input that stands for a scalar of known bounds.
_BOUNDS = "bounds"


def placeholder(value: Node, name: str | None = None) -> Node:
    """An input of a closed graph that stands for a value from outside of it; one for an integer has its bounds.

    So a size is known not to be negative inside of the graph, as it is outside.

    Args:
        value: what it stands for.
        name: its name, where it is not that of the value.
    """
    known = None
    if isinstance(value.type, TensorType) and not value.ndim and is_integer(value.dtype):
        low, high = bounds(value)
        known = {_BOUNDS: (low if may_be_negative(value) else max(low, 0), high)}
    return Node(INPUT, (), value.type, known, name or value.name, value.lines)


def less(size: Size, by: int) -> Size:
    """max(size - by, 0)."""
    if isinstance(size, int):
        return max(size - by, 0)
    inner, floor = size.inputs if size.op is maximum else (size, None)
    if floor is not None and constant_scalar(floor) == 0 and inner.op is sub:
        already = constant_scalar(inner.inputs[1])
        if already is not None:
            size, by = inner.inputs[0], by + int(already)
    return maximum(sub(size, by), 0) if by else size


def _at_most(size: Size, most: int) -> Size:
    """min(size, most)."""
    if isinstance(size, int):
        return min(size, most)
    if size.op is minimum and (already := constant_scalar(size.inputs[1])) is not None:
        size, most = size.inputs[0], min(most, int(already))
    return minimum(size, most) if most else 0


def _difference(a: Size, b: Size) -> Size:
    """max(a - b, 0)."""
    if isinstance(b, int):
        return less(a, b)
    return maximum(sub(a, b), 0)

"""Sorting by keys: integers that hold a value and its position, put in a stable order by NumPy's vectorised sort.

NumPy sorts numbers with vector instructions, but what keeps equal elements in order it does one element at a time. Of
an element of up to 32 bits the order and the position fit into one integer of 64 bits; these all differ, so any sort of
them is stable. Of wider elements the order is found first, and the positions of equal ones are sorted after it.

Read next: sorting.py
"""

from __future__ import annotations

from typing import Any

# Lines that are shorter are ordered by NumPy's stable sort: keys cost more than they gain.
LEAST_NARROW, LEAST_WIDE = 1024, 8192

_POSITION = 2**32 - 1


def stable_order(m: Any, x: Any, axis: int) -> Any:
    """The positions along an axis in the order that sorts x, NaN last; equal elements keep their order.

    Args:
        m: NumPy.
        x: an array.
        axis: along which.

    Example:
        >>> import numpy as np
        >>> stable_order(np, np.array([2.0, np.nan, -1.0, 2.0]), 0).tolist()
        [2, 0, 3, 1]
    """
    length, kind, width = x.shape[axis], x.dtype.kind, x.dtype.itemsize
    is_narrow = width == 4 or (width == 2 and kind == "f")
    is_short = not x.size or length < (LEAST_NARROW if is_narrow else LEAST_WIDE)
    if is_short or (width <= 2 and kind != "f"):
        # Of integers of 16 bits NumPy's is a radix sort, which nothing here is quicker than.
        return m.argsort(x, axis=axis, stable=True)
    keys = _float_keys(m, x) if kind == "f" and is_narrow else None if kind == "f" else _integer_keys(m, x)
    return _wide_order(m, x, axis) if keys is None else _positions(m, keys, axis)


def _float_keys(m: Any, x: Any) -> Any:
    """Integers in the order of floats, NaN last; 0.0 and -0.0 are one."""
    keys = m.add(x, 0, dtype="float32").view("int32")
    keys ^= (keys >> 31) & (2**31 - 1)
    missing = x != x
    if missing.any():
        keys[missing] = 2**31 - 1
    return keys.astype("int64")


def _integer_keys(m: Any, x: Any) -> Any:
    """Integers of 32 bits, with a sign, in the order of others; None if these are too far apart."""
    low, high = int(x.min()), int(x.max())
    if high - low >= 2**32:
        return None
    lowest = x.dtype.type(low)
    keys = (x - lowest).astype("int64") if x.dtype.itemsize == 8 else x.astype("int64") - low
    keys -= 2**31
    return keys


def _positions(m: Any, keys: Any, axis: int) -> Any:
    """The stable order of keys of up to 32 bits, which are written over."""
    keys <<= 32
    keys |= _along(m, keys.shape[axis], axis, keys.ndim)
    keys.sort(axis=axis)
    keys &= _POSITION
    return keys


def _along(m: Any, length: int, axis: int, ndim: int) -> Any:
    return m.arange(length).reshape([length if k == axis else 1 for k in range(ndim)])


def _wide_order(m: Any, x: Any, axis: int) -> Any:
    """The stable order of elements of 64 bits: any order that sorts them, and equal ones by their positions then."""
    order = m.moveaxis(m.argsort(x, axis=axis), axis, -1)
    ordered = m.take_along_axis(m.moveaxis(x, axis, -1), order, -1)
    differs = ordered[..., 1:] != ordered[..., :-1]
    if x.dtype.kind == "f":
        # NaN stands last, and is one of the others like it.
        differs &= ordered[..., :-1] == ordered[..., :-1]
    if differs.all():
        return m.moveaxis(order, -1, axis)
    runs = m.zeros(order.shape, "int64")
    m.cumsum(differs, axis=-1, out=runs[..., 1:])
    runs <<= 32
    runs |= order
    runs.sort(axis=-1)
    runs &= _POSITION
    return m.moveaxis(runs, -1, axis)


def sorted_values(m: Any, x: Any, axis: int) -> Any:
    """The elements in ascending order along an axis, -0.0 before 0.0 and NaN last, as one bit pattern.

    NumPy leaves the order of equal elements, and so of zeros, to the machine; its vectorised sort even makes one zero
    of another, so they are counted before.
    """
    found = m.sort(x, axis=axis)
    if x.dtype.kind != "f" or not x.size:
        return found
    least, last = _ends(m, found, axis)
    if last != last:
        found[found != found] = m.nan
    if least > 0 or last < 0:
        return found
    zeros = found == 0
    if zeros.any():
        negative = m.sum((x == 0) & m.signbit(x), axis=axis, keepdims=True)
        found[zeros] = 0.0
        if negative.any():
            found[zeros & (m.cumsum(zeros, axis=axis) <= negative)] = -0.0
    return found


def _ends(m: Any, found: Any, axis: int) -> tuple[Any, Any]:
    """The least first element of sorted lines and the greatest last one; NaN where one is NaN."""
    if found.ndim == 1:
        return found[0], found[-1]
    before = (slice(None),) * axis
    return m.minimum.reduce(found[(*before, 0)], axis=None), m.maximum.reduce(found[(*before, -1)], axis=None)


def largest_order(m: Any, x: Any, k: int, axis: int) -> Any:
    """The positions of the k largest elements along an axis, the largest first; NaN is the largest, of equal ones the
    first."""
    lines = x if axis == x.ndim - 1 else m.moveaxis(x, axis, -1)
    length = lines.shape[-1]
    if length < LEAST_NARROW or 8 * k > length:
        order = length - 1 - stable_order(m, lines[..., ::-1], x.ndim - 1)[..., length - k :][..., ::-1]
    else:
        order = _partitioned(m, lines, k)
    return order if lines is x else m.moveaxis(order, -1, axis)


def _partitioned(m: Any, lines: Any, k: int) -> Any:
    """The positions of the k largest of every line, found by a partition."""
    length = lines.shape[-1]
    if lines.dtype.kind == "f" and m.isnan(m.max(lines, initial=0)):
        # In the order of these NaN is a number like others.
        lines = ordered_integers(m, lines)
    least = m.partition(lines, length - k, axis=-1)[..., length - k : length - k + 1] if k else m.inf
    chosen = lines >= least
    if m.count_nonzero(chosen) != k * (lines.size // length):
        # Of equal ones that are too many the first; without k there is none.
        above = lines > least
        wanted = k - above.sum(axis=-1, keepdims=True)
        equal = lines == least
        chosen = above | (equal & (m.cumsum(equal, axis=-1) <= wanted)) if k else m.zeros(lines.shape, bool)
    positions = m.nonzero(chosen)[-1].reshape((*lines.shape[:-1], k))
    values = lines[positions] if lines.ndim == 1 else m.take_along_axis(lines, positions, -1)
    order = k - 1 - m.argsort(values[..., ::-1], axis=-1, stable=True)[..., ::-1]
    return positions[order] if lines.ndim == 1 else m.take_along_axis(positions, order, -1)


def ordered_integers(m: Any, x: Any) -> Any:
    """Integers of the floats' width, in their order, NaN last; 0.0 and -0.0 are one."""
    integers = {2: "int16", 4: "int32", 8: "int64"}[x.dtype.itemsize]
    bits = 8 * x.dtype.itemsize
    keys = m.add(x, x.dtype.type(0)).view(integers)
    keys ^= (keys >> (bits - 1)) & (2 ** (bits - 1) - 1)
    keys[x != x] = 2 ** (bits - 1) - 1
    return keys

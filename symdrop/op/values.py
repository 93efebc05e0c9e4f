"""Values from outside: arrays of numbers, and their conversion to the dtype of a variable.

An array keeps its values: integers take another integer dtype where every one of them fits, floats are
rounded to fewer digits where no finite one becomes infinite, and nothing turns floats into integers. Lists without a
number have no dtype of their own, and take the one that is wanted.

Read next: leaves.py
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from itertools import islice
from textwrap import shorten
from typing import Any

import numpy as np

from ..errors import ArgumentError, GraphTypeError, here, shown
from ..types import is_float

Array = np.ndarray[Any, Any]

# How deep NumPy reads lists of lists.
_DEEPEST = 64
# Types that are no masked array and hold none.
_UNMASKED = frozenset({bool, int, float, np.ndarray, np.float64, np.float32, np.int64, np.bool_})
# Of what another library says about its array, in characters.
_LONGEST_REASON = 200


def refuse_masked(value: Any) -> None:
    """Refuse a masked array, whose mask NumPy's conversion to an array drops.

    Raises:
        GraphTypeError: if the value is one, or a list or tuple that holds one, at any depth.
    """
    # What most calls are given takes no walk.
    if type(value) in _UNMASKED or (type(value) is list and _UNMASKED.issuperset(map(type, value))):
        return
    level = [value]
    for _ in range(_DEEPEST):
        # The members of long lists are looked at by their types, of which there are few.
        kinds = set(map(type, level)) - _UNMASKED
        if any(issubclass(kind, np.ma.MaskedArray) for kind in kinds):
            if any(np.ma.is_masked(member) for member in level):
                raise GraphTypeError(
                    f"{shown(value)} is a masked array, whose mask would be lost; give its values, such as .filled(0), "
                    "and the mask as an array of its own"
                )
        lists = {id(member): member for member in level if isinstance(member, list | tuple)}
        level = [member for found in lists.values() for member in found]
        if not level:
            return


def _without_numbers(value: Any) -> bool:
    """True for an empty list or tuple, and for one of such, no deeper than NumPy reads."""
    return isinstance(value, list | tuple) and all(map(_without_numbers, value))


# More values than anybody writes into one expression, and fewer than fill the memory with nodes.
MOST_MEMBERS = 10**6


def members(values: Iterable[Any], what: str) -> list[Any]:
    """The members of a list or another iterable, of which there are not absurdly many.

    Args:
        values: the iterable.
        what: what its members are, for the error.

    Raises:
        ArgumentError: if there are more than a million.
    """
    found = list(islice(values, MOST_MEMBERS + 1))
    if len(found) > MOST_MEMBERS:
        raise ArgumentError(f"expected {MOST_MEMBERS:,} {what} at most, not those of {shown(values)}{here()}")
    return found


def read_array(value: Any, dtype: str | None = None) -> Array:
    """The array that a value is, of whatever dtype; another library's through DLPack where NumPy knows no other way.

    Args:
        value: a number, list, array, or what becomes one.
        dtype: that of lists without a number, such as ``[]`` and ``[[], []]``; NumPy calls them float64.

    Raises:
        GraphTypeError: if it cannot be read as an array, saying why, or if it has a mask.

    Example:
        >>> read_array([[1, 2]]).shape, read_array([], "int32").dtype
        ((1, 2), dtype('int32'))
    """
    refuse_masked(value)
    try:
        array = np.asarray(value)
        if dtype is not None and not array.size and _without_numbers(value):
            return array.astype(dtype)
    except Exception as error:  # an array of a class of somebody's may fail in any way
        reason = shorten(str(error), _LONGEST_REASON, placeholder=" ...") or type(error).__name__
        raise GraphTypeError(f"{shown(value)} is not an array of numbers: {reason}") from error
    if array.dtype == object and not array.ndim:
        with suppress(Exception):  # most objects are no array of another library's either
            return np.from_dlpack(value)
    return array


def converted(array: Array, dtype: str) -> Array:
    """An array in another dtype, with the values it has.

    Raises:
        GraphTypeError: if a value does not fit, saying which one and where it is, or floats should become integers.

    Example:
        >>> converted(np.array([1, 127]), "int8").dtype, converted(np.array([0.1]), "float32")
        (dtype('int8'), array([0.1], dtype=float32))
    """
    if array.dtype == dtype:
        return array
    of_floats = array.dtype.kind == "f"
    if of_floats and not is_float(dtype):
        raise GraphTypeError(
            f"floats do not become {dtype} without losing fractions; round and convert them with .astype({dtype!r})"
        )
    if np.can_cast(array.dtype, dtype, "safe"):
        return array.astype(dtype)
    with np.errstate(all="ignore"):
        made = array.astype(dtype)
        if of_floats:
            wrong = np.isfinite(array) & ~np.isfinite(made)
        else:
            wrong = (made.astype(array.dtype) != array) | ((made < 0) != (array < 0))
            if made.dtype.kind == "f":
                # The way back from what was rounded up past the largest integer is undefined.
                wrong |= made >= 2.0 ** (8 * array.dtype.itemsize - (array.dtype.kind == "i"))
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        where = f" at position {place if len(place) > 1 else place[0]}" if place else ""
        raise GraphTypeError(
            f"the value {array[place]}{where} of dtype {array.dtype} does not fit into {dtype}; "
            f"convert it with .astype({dtype!r}) if that is meant"
        )
    return made


def usable(array: Array) -> Array:
    """The array as compiled code reads it: C-contiguous, aligned, in native byte order; itself if it is so.

    Example:
        >>> usable(np.arange(6)[::2]).flags.c_contiguous
        True
    """
    flags = array.flags
    if flags.c_contiguous and flags.aligned and array.dtype.isnative:
        return array
    return array.astype(array.dtype.newbyteorder("="), order="C")

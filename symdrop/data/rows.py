"""Arrays of rows: what holds examples, one a row, and how many.

Read next: dataset.py
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError, GraphTypeError, ShapeError, here, shown


def count_of(caller: str, name: str, value: Any, least: int = 1) -> int:
    """An argument that counts something, as Python's integer.

    Raises:
        GraphTypeError: if it is not an integer.
        ArgumentError: if it is less than ``least``.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise GraphTypeError(f"{caller}: {name} is {shown(value)}; expected an integer of at least {least}{here()}")
    if value < least:
        raise ArgumentError(f"{caller}: {name} is {shown(value)}; expected at least {least}{here()}")
    return int(value)


def arrays_of_rows(caller: str, given: tuple[Any, ...]) -> list[NDArray[Any]]:
    """NumPy's arrays of arrays, data frames, series and nested lists that have equally many rows.

    What NumPy can look at without a copy is not copied; a file that is mapped into memory stays mapped.

    Raises:
        GraphTypeError: if there is none, or one is no array of at least one axis.
        ShapeError: if they differ in their numbers of rows.
    """
    arrays = [_array(caller, one) for one in given]
    if not arrays:
        raise GraphTypeError(f"{caller} takes arrays of rows, and was given none{here()}")
    counts = [len(array) for array in arrays]
    if len(set(counts)) > 1:
        raise ShapeError(f"{caller}: the arrays have {' and '.join(map(str, counts))} rows{here()}")
    return arrays


def _array(caller: str, value: Any) -> NDArray[Any]:
    try:
        array = np.asanyarray(value) if isinstance(value, np.memmap) else np.asarray(value)
    except ValueError:  # lists of several lengths
        raise GraphTypeError(
            f"{caller}: rows of several lengths are no array; sd.data.pad makes one of them{here()}"
        ) from None
    if not array.ndim:
        raise GraphTypeError(f"{caller}: {shown(value)} is no array of rows{here()}")
    return _numbers(array) if array.dtype == object else array


def _numbers(array: NDArray[Any]) -> NDArray[Any]:
    """Objects that are all numbers, as of a frame of columns of several types, in the dtype that holds all of them."""
    try:
        found = np.array(array.tolist())
    except ValueError:
        return array
    return found if found.dtype.kind in "biuf" and found.shape == array.shape else array


def check_labels(caller: str, labels: NDArray[Any], classes: int) -> None:
    """Raise an error unless labels are integers from 0 to ``classes - 1``; it names the first that is not."""
    if labels.dtype.kind not in "iu":
        raise GraphTypeError(f"{caller}: labels of {classes} classes are integers, not {labels.dtype}{here()}")
    outside = (labels < 0) | (labels >= classes)
    if outside.any():
        place = tuple(int(i) for i in np.argwhere(outside)[0])
        raise ArgumentError(
            f"{caller}: the label in row {place[0]} is {labels[place]}; expected 0 to {classes - 1}, "
            f"since classes={classes}{here()}"
        )

"""Casts of arrays between dtypes: NumPy's, and saturating where a float has no integer.

NumPy leaves it to the machine what a float outside an integer dtype's range becomes. Here it
is the nearest integer there is, and NaN is 0, on every back end and every machine. XLA
(and so JAX), WebAssembly's ``trunc_sat`` and Rust's ``as`` agree on that. Integers that do
not fit into a smaller integer dtype wrap around, as in NumPy.

Read next: values.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..types import is_float, is_integer


def is_saturating(source: str, target: str) -> bool:
    """True if a cast between two dtypes must look at the range of the target: from floats to integers."""
    return is_float(source) and is_integer(target)


def cast_array(x: Any, dtype: str) -> np.ndarray[Any, Any]:
    """An array of another dtype; floats lose their fraction, saturate in integer dtypes, and NaN becomes 0.

    Args:
        x: a number or array.
        dtype: name of the dtype.

    Returns:
        A new array of x's shape.

    Example:
        >>> import numpy as np
        >>> cast_array([1.9, -1.9, 300.0, -np.inf, np.nan], "int8").tolist()
        [1, -1, 127, -128, 0]
    """
    array = np.asarray(x)
    if not is_saturating(array.dtype.name, dtype):
        return array.astype(dtype)
    limits = np.iinfo(dtype)
    # One more than the largest integer is a power of two, which every float dtype but float16 has.
    wide = array.astype("float32") if array.dtype == np.float16 else array
    above = wide >= float(limits.max // 2 + 1) * 2
    fits = (wide >= limits.min) & ~above
    if fits.all():
        return wide.astype(dtype)
    made = np.where(fits, wide, 0).astype(dtype)
    made[above] = limits.max
    made[wide < limits.min] = limits.min
    return made

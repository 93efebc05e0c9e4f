"""An array in one line, and how two arrays differ that should be one.

Read next: trace.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..types import is_float

Array = np.ndarray[Any, Any]


def summary(value: Any) -> str:
    """An array in one line: dtype, shape, the range and mean of what is finite, and how much is not.

    Example:
        >>> import numpy as np
        >>> summary(np.array([1.0, 3.0, np.nan]))
        'float64[3], 1 to 3, mean 2, 1 NaN'
    """
    array = np.asarray(value)
    parts = [f"{array.dtype}[{', '.join(map(str, array.shape))}]"]
    if array.size and array.dtype != bool:
        finite = array[np.isfinite(array)]
        if array.size == 1:
            return f"{parts[0]}, {array.item():g}"
        if finite.size:
            parts.append(f"{finite.min():g} to {finite.max():g}")
            with np.errstate(over="ignore"):
                parts.append(f"mean {finite.mean(dtype='float64'):g}")
        parts += [
            f"{count} {what}"
            for what, test in (("NaN", np.isnan), ("infinite", np.isinf))
            if (count := test(array).sum())
        ]
    return ", ".join(parts)


def differ(found: Array, expected: Array) -> str | None:
    """How two arrays differ by more than rounding explains, or None: by the square root of the dtype's precision."""
    if found.shape != expected.shape or found.dtype != expected.dtype:
        return f"{found.dtype}{list(found.shape)} instead of {expected.dtype}{list(expected.shape)}"
    if not is_float(expected.dtype.name):
        wrong = found != expected
    else:
        finite = expected[np.isfinite(expected)]
        scale = float(np.abs(finite).max()) if finite.size else 0.0
        tolerance = float(np.finfo(expected.dtype).eps) ** 0.5 * scale
        wrong = ~np.isclose(found, expected, rtol=0, atol=tolerance, equal_nan=True)
    if not wrong.any():
        return None
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    return f"{found[first]!s} instead of {expected[first]!s}{f' at {first}' if first else ''}"

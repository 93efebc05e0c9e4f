"""An array in a few hundred characters: counts, range, histogram, a glimpse of the elements, a picture of a mask.

Read next: measure.py
"""

from __future__ import annotations

import base64
from hashlib import blake2b
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

# The part of a mask that is shown.
ROWS, COLUMNS = 256, 512

_BINS = 20
_TEXT = 200


class Values:
    """Arrays as the record has them, equal ones once.

    Attributes:
        rows: in the order of their numbers.
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self._numbers: dict[tuple[str, tuple[int, ...], bytes], int] = {}

    def add(self, array: Array) -> int:
        """The number of an array."""
        key = array.dtype.name, array.shape, blake2b(np.ascontiguousarray(array).data).digest()
        number = self._numbers.setdefault(key, len(self.rows))
        if number == len(self.rows):
            self.rows.append(described(array))
        return number


def described(array: Array) -> dict[str, Any]:
    """An array described in short.

    Example:
        >>> import numpy as np
        >>> row = described(np.array([0.0, 1.0, np.nan]))
        >>> row["finite"], row["nan"], row["mean"], row["zeros"]
        (2, 1, 0.5, 0.333333)
    """
    numbers = array.astype("uint8") if array.dtype == bool else array
    finite = numbers[np.isfinite(numbers)]
    wide = finite.astype("float64")
    nan, infinite = int(np.isnan(numbers).sum()), int(np.isinf(numbers).sum())
    return {
        "shape": list(array.shape),
        "dtype": array.dtype.name,
        "finite": int(finite.size),
        "nan": nan,
        "inf": infinite,
        "min": _short(wide.min()) if finite.size else None,
        "max": _short(wide.max()) if finite.size else None,
        "mean": _short(wide.mean()) if finite.size else None,
        "std": _short(wide.std()) if finite.size else None,
        "zeros": _short((finite == 0).sum() / array.size) if array.size else None,
        "histogram": _histogram(wide) if finite.size > 1 else None,
        "text": _text(array),
        "picture": picture(array) if array.dtype == bool and array.ndim and array.size else None,
    }


def picture(mask: Array) -> dict[str, Any]:
    """Truth values as packed bits: the last axis across, all others down.

    Returns:
        ``rows``, ``columns``, ``bits`` (base64 of the elements in order, the first one in the highest bit), and ``of``:
        how many rows and columns there are, where that is more than are shown.
    """
    flat = mask.reshape(-1, mask.shape[-1])
    shown = flat[:ROWS, :COLUMNS]
    bits = base64.b64encode(np.packbits(shown).tobytes()).decode("ascii")
    whole = None if shown.shape == flat.shape else list(flat.shape)
    return {"rows": shown.shape[0], "columns": shown.shape[1], "bits": bits, "of": whole}


def _histogram(numbers: Array) -> dict[str, Any] | None:
    low, high = float(numbers.min()), float(numbers.max())
    if not np.isfinite(high - low):
        return None
    whole = bool((numbers == np.floor(numbers)).all()) and high - low < _BINS
    # A few whole numbers get a bin each.
    bins: Any = np.arange(low, high + 2) - 0.5 if whole else _BINS
    try:
        counts, edges = np.histogram(numbers, bins)
    except ValueError:
        # No bins lie between numbers that are nearly equal.
        return None
    return {"edges": [_short(edge) for edge in edges], "counts": [int(count) for count in counts]}


def _short(number: Any) -> float:
    return float(f"{float(number):.6g}")


def _text(array: Array) -> str:
    text = np.array2string(array, precision=4, threshold=24, edgeitems=2, max_line_width=64)
    return text if len(text) <= _TEXT else text[: _TEXT - 4] + " ..."

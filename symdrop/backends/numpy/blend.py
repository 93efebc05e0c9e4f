"""Choosing between two arrays by a mask, without branches.

NumPy's masked copies branch on every element, and a dropout mask is what a branch
predictor can predict least. Bits know no branches: with a word of ones or zeros for every
element, ``(a & ones) | (b & ~ones)`` chooses, whatever the bits mean, NaN included.

Read next: trace.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_WORDS = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}
_ONE = np.uint8(1)


def blend(condition: Array, a: Any, b: Any, out: Array) -> Array:
    """``a`` where the condition holds, else ``b``, written into ``out``.

    Args:
        condition: truth values of out's shape.
        a, b: arrays of out's shape and dtype, of which one may be the number 0; ``b`` may be ``out`` itself.
        out: where the result goes.
    """
    words = _WORDS[out.dtype.itemsize]
    bits = out.view(words)
    if not isinstance(a, np.ndarray):
        np.bitwise_and(b.view(words), np.subtract(condition.view(np.uint8), _ONE, dtype=words), out=bits)
        return out
    ones = np.negative(condition.view(np.uint8), dtype=words)
    if not isinstance(b, np.ndarray):
        np.bitwise_and(a.view(words), ones, out=bits)
        return out
    chosen = np.bitwise_xor(a.view(words), b.view(words))
    np.bitwise_and(chosen, ones, out=chosen)
    np.bitwise_xor(b.view(words), chosen, out=bits)
    return out

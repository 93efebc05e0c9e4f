"""The arena: large arrays that nobody refers to any more, for later results.

New memory comes from the operating system page by page, each at its first write. Who refers
to an array its reference count tells, which knows of views, and of what a user's op has kept.

Read next: program.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...op.states import is_own, is_unshared
from ...ops.numpy_maths import NumpyMaths
from ..base import Array

LARGE = 1 << 16  # bytes


def is_free(arrays: list[Any], i: int) -> bool:
    """True for an array in C order to which nothing but the list refers."""
    return is_unshared(arrays, i) and is_own(arrays[i])


class Arena(NumpyMaths):
    """The free arrays of a call, those of an earlier one among them; NumPy, with matrix products in such arrays."""

    def __init__(self, earlier: Arena | None = None) -> None:
        # What is not used of the earlier one is given up; the functions that it has found are found.
        vars(self).update(vars(earlier) if earlier else {"_free": {}})
        self._earlier: dict[Any, list[Array]] = self._free
        self._free: dict[Any, list[Array]] = {}

    def give(self, arrays: list[Any]) -> None:
        """Take over the large ones of some arrays that are free, once the list is gone."""
        for i in range(len(arrays)):
            if getattr(arrays[i], "nbytes", 0) >= LARGE and is_free(arrays, i):
                self._free.setdefault((arrays[i].shape, arrays[i].dtype), []).append(arrays[i])

    def take(self, shape: tuple[int, ...], dtype: Any) -> Array | None:
        """A free array of a shape and dtype, or None."""
        found = self._free.get((shape, dtype)) or self._earlier.get((shape, dtype))
        return found.pop() if found else None

    def matmul(self, a: Any, b: Any, **options: Any) -> Any:
        """The product of matrices or vectors."""
        if type(a) is type(b) is np.ndarray and a.ndim == b.ndim == 2 and a.dtype == b.dtype and not options:
            options = {"out": self.take((a.shape[0], b.shape[1]), a.dtype)}
        return np.matmul(a, b, **options)

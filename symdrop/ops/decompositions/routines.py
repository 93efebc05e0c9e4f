"""LAPACK by NumPy's generalised ufuncs, without what ``numpy.linalg`` does around each call.

For matrices of a few rows that takes longer than LAPACK does. A matrix for which a routine fails is filled with NaN;
then, as for all that is not a square matrix of floats or doubles, the public function has the last word.

Read next: triangles.py
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from .matrices import Array, one_by_one

_DTYPES = frozenset(map(np.dtype, ("float32", "float64")))


def routine(name: str, public: Callable[..., Any], what: str) -> Callable[..., Array]:
    """A function of square matrices, and of right sides, which names the matrix it fails for.

    Args:
        name: of NumPy's generalised ufunc; where this NumPy has none of that name, the public function is called.
        public: that of ``numpy.linalg``.
        what: as of ``one_by_one``.
    """
    ufunc = getattr(import_module("numpy.linalg._umath_linalg"), name, None)

    def call(a: Array, *right: Array) -> Array:
        if ufunc is not None and a.dtype in _DTYPES and a.size and a.shape[-1] == a.shape[-2] and _fit(a, right):
            made: Array = ufunc(a, *right)
            if _is_defined(made):
                return made
        found: Array = one_by_one(public, what, a, *right)
        return found

    return call


def _fit(a: Array, right: tuple[Array, ...]) -> bool:
    """True for no right sides, and for some of the matrices' dtype and sizes."""
    return all(b.dtype == a.dtype and b.size and b.shape[:-1] == a.shape[:-1] for b in right)


def _is_defined(made: Array) -> bool:
    """False where a matrix begins with NaN; it may hold infinities for which a sum says so, too."""
    first = made.item(0) if made.ndim == 2 else made[..., 0, 0].sum()
    return bool(first == first)

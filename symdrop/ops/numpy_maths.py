"""NumPy as a maths namespace: what ``m`` is when a formula is simply evaluated.

A maths namespace has NumPy's functions under NumPy's names, plus the few in
``NumpyMaths`` that NumPy lacks.

Read next: checks.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..op.casting import cast_array
from .threefry import fold_in, random_words


class NumpyMaths:
    """NumPy's functions, and those that formulas need beyond them."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function: Callable[..., Any] = getattr(np, name)
        return function

    def cast(self, x: Any, dtype: str) -> Any:
        """Conversion; see op/casting.py."""
        return cast_array(x, dtype)

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        """``a`` where the condition holds, else ``b``."""
        return np.where(condition, a, b)

    def random_words(self, key: Any, step: Any, shape: tuple[int, ...], bits: int) -> Any:
        """The uniformly random words of a draw; see threefry.py."""
        return random_words(key, step, shape, bits)

    def fold_in(self, key: Any, data: Any) -> Any:
        """The key that belongs to ``data`` under ``key``; see threefry.py."""
        return fold_in(key, data)

    # scipy is imported at first use: import time is a promise. Python itself remembers what it imported.

    @property
    def erf(self) -> Callable[..., Any]:
        """The error function."""
        from scipy.special import erf

        return erf

    @property
    def erfc(self) -> Callable[..., Any]:
        """The complementary error function."""
        from scipy.special import erfc

        return erfc

    @property
    def ndtri(self) -> Callable[..., Any]:
        """The inverse of the standard normal distribution function."""
        from scipy.special import ndtri

        return ndtri


NUMPY = NumpyMaths()

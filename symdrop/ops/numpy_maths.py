"""NumPy as a maths namespace: what ``m`` is when a formula is simply evaluated.

A maths namespace has NumPy's functions under NumPy's names, the special functions under
SciPy's, plus the few in ``NumpyMaths`` that both lack.

Read next: known_shapes.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..op.casting import cast_array
from .threefry import fold_in, random_words

Array = np.ndarray[Any, Any]


# Functions of SciPy's that are called as they are, and how many operands each has.
SPECIAL = {
    "erf": 1, "erfc": 1, "ndtri": 1, "log_ndtr": 1, "erfinv": 1, "erfcinv": 1, "erfcx": 1, "gamma": 1, "gammaln": 1,
    "psi": 1, "zeta": 2, "gammainc": 2, "gammaincc": 2, "beta": 2, "betaln": 2, "betainc": 3, "expi": 1, "spence": 1,
    "i0": 1, "i0e": 1, "i1": 1, "i1e": 1, "j0": 1, "j1": 1, "iv": 2, "kv": 2, "exp1": 1,
    "dawsn": 1, "owens_t": 2, "hyp1f1": 3, "hyp2f1": 4, "gammaincinv": 2, "gammainccinv": 2,
    "jv": 2, "ive": 2, "kve": 2,
}  # fmt: skip

# From so many elements on, branches that are predicted wrong cost more than a few calls.
MANY = 1 << 12
_WORDS = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}


def select(condition: Array, a: Array, b: Array) -> Array:
    """Branchless select: ``np.where`` by masks of bits, for a dropout mask is what branch prediction can do least with.

    Args:
        condition: truth values.
        a, b: arrays of one dtype, of the condition's shape or without axes.

    Example:
        >>> import numpy as np
        >>> select(np.array([True, False]), np.array([1.5, np.nan]), np.array(-0.0))
        array([ 1.5, -0. ])
    """
    word = _WORDS[a.itemsize]
    result = np.empty_like(condition, a.dtype)
    bits, truth, chosen, other = result.view(word), condition.view(np.uint8), a.view(word), b.view(word)
    if not a.ndim and not chosen:
        # What is chosen is 0; of the other one all bits stay where the condition does not hold.
        np.subtract(truth, np.uint8(1), out=bits, dtype=word)
        np.bitwise_and(bits, other, out=bits)
        return result
    np.negative(truth, out=bits, dtype=word)
    if not b.ndim and not other:
        np.bitwise_and(bits, chosen, out=bits)
        return result
    np.bitwise_and(bits, chosen ^ other, out=bits)
    np.bitwise_xor(bits, other, out=bits)
    return result


class NumpyMaths:
    """NumPy's functions, and those that formulas need beyond them."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function: Callable[..., Any] | None = None if SPECIAL.get(name) else getattr(np, name, None)
        if function is None:
            # SciPy is imported at first use: import time is a promise.
            import scipy.special

            function = getattr(scipy.special, name)
        # From now on Python finds it without asking here.
        self.__dict__[name] = function
        return function

    def cast(self, x: Any, dtype: str) -> Any:
        """Conversion; see op/casting.py."""
        return cast_array(x, dtype)

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        """``a`` where the condition holds, else ``b``."""
        if isinstance(condition, np.ndarray) and condition.size >= MANY and condition.dtype == bool:
            operands = [np.asarray(value, np.result_type(a, b)) for value in (a, b)]
            if operands[0].itemsize in _WORDS and all(value.shape in ((), condition.shape) for value in operands):
                return select(condition, *operands)
        return np.where(condition, a, b)

    def apply(self, function: Callable[..., Array], *operands: Any) -> Array:
        """A function of arrays that no other namespace has, so that other back ends leave it to this one."""
        return function(*operands)

    def random_words(self, key: Any, step: Any, shape: tuple[int, ...], bits: int) -> Any:
        """The uniformly random words of a draw; see threefry.py."""
        return random_words(key, step, shape, bits)

    def fold_in(self, key: Any, data: Any) -> Any:
        """The key that belongs to ``data`` under ``key``; see threefry.py."""
        return fold_in(key, data)


NUMPY = NumpyMaths()

"""Rounds: uniform numbers for the elements that still need some, as a function of element, round and number.

    block of an element:  word 0, word 1 = threefry2x32(key = the element's 64-bit word, counter = (round, number))

No element waits for another, and none takes what another has: how many rounds one needs
changes no other, whatever array it stands in.

Read next: gamma.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..threefry import ArrayArithmetic, threefry2x32

Array = np.ndarray[Any, Any]

# Elements at a time: their words, parameters and candidates stay in a second-level cache.
CHUNK = 2**13

# Proposals that are all refused so often are those of parameters for which there is no distribution.
MOST_ROUNDS = 10_000


class Rounds:
    """The random numbers of some elements.

    Args:
        words: 64 bits for every element, its key.
    """

    def __init__(self, words: Array) -> None:
        self._high = (words >> np.uint64(32)).astype(np.uint32)
        self._low = words.astype(np.uint32)

    def uniform(self, which: Array, round_number: int, number: int) -> Array:
        """Uniform numbers in (0, 1): (k + 1/2) * 2**-53, where k are the top 53 bits of an element's block.

        Args:
            which: the positions of the elements.
            round_number: the round, from 0 on.
            number: which of the round's numbers it is, from 0 on.
        """
        keys, scratch = self._high[which], np.empty(len(which), np.uint32)
        words = ArrayArithmetic(scratch)
        x0 = np.full(len(which), round_number, np.uint32)
        x1 = np.full(len(which), number, np.uint32)
        x0, x1 = threefry2x32(keys, self._low[which], x0, x1, words, _KeyArithmetic())
        k = (x0.astype(np.uint64) << np.uint64(21)) | (x1 >> np.uint32(11))
        # The largest k + 1/2 has no place below 2**53, and would be rounded up to 1.
        place: Array = (np.minimum(k, np.uint64(2**53 - 2)).astype(np.float64) + 0.5) * 2.0**-53
        return place


class _KeyArithmetic:
    """32-bit words of keys held in arrays, which are kept."""

    def add(self, a: Array, b: Any) -> Array:
        return a + np.uint32(b)

    def xor(self, a: Array, b: Any) -> Array:
        return a ^ (np.uint32(b) if isinstance(b, int) else b)

    def rotate(self, a: Array, bits: int) -> Array:
        return a << np.uint32(bits) | a >> np.uint32(32 - bits)


Attempt = Callable[[Rounds, Array, int, list[Array]], tuple[Array, Array]]


def in_rounds(words: Any, parameters: tuple[Any, ...], valid: Array, attempt: Attempt, dtype: str) -> Array:
    """The values of all elements, each by the first of its proposals that is accepted.

    Args:
        words: 64 bits for every element.
        parameters: float64 arrays of the shape of words, or scalars.
        valid: which elements have a distribution; the others become NaN, or 0 as integers.
        attempt: ``attempt(rounds, which, round_number, parameters)``: proposals for the elements at the positions
            ``which``, whose parameters are given, and which of them are accepted.
        dtype: that of the values.
    """
    words, valid, *given = np.broadcast_arrays(np.asarray(words), valid, *parameters)
    out = np.full(words.size, np.nan if dtype == "float64" else 0, dtype)
    flat, allowed, columns = words.ravel(), valid.ravel(), [column.ravel() for column in given]
    for start in range(0, words.size, CHUNK):
        piece = slice(start, start + CHUNK)
        _fill(out[piece], flat[piece], allowed[piece], [column[piece] for column in columns], attempt)
    return out.reshape(words.shape)


def _fill(out: Array, words: Array, valid: Array, parameters: list[Array], attempt: Attempt) -> None:
    rounds, pending, round_number = Rounds(words), np.flatnonzero(valid), 0
    while len(pending) and round_number < MOST_ROUNDS:
        values, accepted = attempt(rounds, pending, round_number, [column[pending] for column in parameters])
        out[pending[accepted]] = values[accepted]
        pending, round_number = pending[~accepted], round_number + 1

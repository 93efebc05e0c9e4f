"""Threefry-2x32 with 20 rounds: random words as a pure function of a key and a counter.

    block number i of a draw at a step:  word 0, word 1 = threefry2x32(key, (step, i))

Nothing is stored and nothing is sequential: any word of any step is computed on its own,
in any order, on any machine. The layout of keys, counters and words is a promise, written
down in docs/randomness.md.

Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
SC 2011; the tests hold the known answers of its reference implementation, Random123.

Read next: numpy_maths.py
"""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np

from ..errors import ArgumentError

Words32 = np.ndarray[Any, np.dtype[np.uint32]]

# Both repeat: the rotations every eight rounds, the three key words every three injections.
ROTATIONS = (13, 15, 26, 6, 17, 29, 16, 24)
PARITY = 0x1BD11BDA
ROUNDS = 20

STEPS = 2**32
BLOCKS = 2**32

# Blocks computed at a time: two words and one scratch word of each, 384 KiB, stay in a second-level cache.
CHUNK = 2**15


class Arithmetic(Protocol):
    """The arithmetic of 32-bit words that the rounds need; all modulo 2**32, and free to overwrite the first
    operand."""

    def add(self, a: Any, b: Any) -> Any:
        """a + b."""

    def xor(self, a: Any, b: Any) -> Any:
        """a ^ b."""

    def rotate(self, a: Any, bits: int) -> Any:
        """a rotated left."""


class IntegerArithmetic:
    """32-bit words held in Python integers."""

    def add(self, a: int, b: int) -> int:
        """a + b."""
        return (a + b) & 0xFFFFFFFF

    def xor(self, a: int, b: int) -> int:
        """a ^ b."""
        return a ^ b

    def rotate(self, a: int, bits: int) -> int:
        """a rotated left."""
        return (a << bits | a >> (32 - bits)) & 0xFFFFFFFF


# Ready-made operands: NumPy takes longer over a Python integer than over a small array of words.
_SHIFTS = tuple(np.asarray(bits, np.uint32) for bits in range(32))


class ArrayArithmetic:
    """32-bit words held in arrays, which are overwritten; ``scratch`` is an array of their size."""

    def __init__(self, scratch: Words32) -> None:
        self.scratch = scratch

    def add(self, a: Words32, b: Words32 | int) -> Words32:
        """a + b, in a."""
        return np.add(a, b, out=a)

    def xor(self, a: Words32, b: Words32) -> Words32:
        """a ^ b, in a."""
        return np.bitwise_xor(a, b, out=a)

    def rotate(self, a: Words32, bits: int) -> Words32:
        """a rotated left, in a."""
        np.left_shift(a, _SHIFTS[bits], out=self.scratch)
        np.right_shift(a, _SHIFTS[32 - bits], out=a)
        return np.bitwise_or(a, self.scratch, out=a)


INTEGERS = IntegerArithmetic()


def key_schedule(k0: Any, k1: Any, keys: Arithmetic) -> tuple[Any, Any, Any]:
    """The words of a key that are injected in turn: its own two, and their parity."""
    return k0, k1, keys.xor(keys.xor(k0, k1), PARITY)


def four_rounds(x0: Any, x1: Any, number: int, injected: tuple[Any, Any], words: Arithmetic) -> tuple[Any, Any]:
    """Four rounds, and the injection of two key words after them.

    Args:
        x0, x1: the two words of the counter so far.
        number: how many times four rounds came before; all even numbers have the same rotations.
        injected: what is added to each of them.
        words: their arithmetic.
    """
    for bits in ROTATIONS[number % 2 * 4 :][:4]:
        x0 = words.add(x0, x1)
        x1 = words.xor(words.rotate(x1, bits), x0)
    return words.add(x0, injected[0]), words.add(x1, injected[1])


def threefry2x32(k0: Any, k1: Any, x0: Any, x1: Any, words: Arithmetic = INTEGERS, keys: Arithmetic = INTEGERS) -> Any:
    """Encrypt the counter (x0, x1) with the key (k0, k1).

    Args:
        k0, k1: the two words of the key.
        x0, x1: the two words of the counter, or arrays of such words.
        words: the arithmetic of the counter; the default takes Python integers.
        keys: the arithmetic of the key.

    Returns:
        The two words (or arrays) of the result.

    Example:
        >>> [hex(word) for word in threefry2x32(0, 0, 0, 0)]
        ['0x6b200159', '0x99ba4efe']
    """
    key = key_schedule(k0, k1, keys)
    x0, x1 = words.add(x0, k0), words.add(x1, k1)
    for number in range(ROUNDS // 4):
        injected = key[(number + 1) % 3], keys.add(key[(number + 2) % 3], number + 1)
        x0, x1 = four_rounds(x0, x1, number, injected, words)
    return x0, x1


def fold_in(key: Words32, data: Words32) -> Words32:
    """The key that belongs to ``data`` under ``key``.

    Args:
        key: two words.
        data: two words, the high one first.

    Returns:
        Two words: those that ``key`` makes of the counter ``data``. For data (0, n) this is ``jax.random.fold_in``.
    """
    return np.array(threefry2x32(*key.tolist(), *data.tolist()), np.uint32)


def random_words(key: Words32, step: Any, shape: tuple[int, ...], bits: int) -> np.ndarray[Any, Any]:
    """The uniformly random words of a draw.

    Args:
        key: the two words of the draw's key.
        step: the step, an integer in [0, 2**32).
        shape: the shape of the draw.
        bits: 32 or 64. Element i, counted in C order, takes word i % 2 of block i // 2, or, with 64 bits, the whole
            block i, its word 0 the high half.

    Returns:
        uint32 or uint64 words of that shape.

    Raises:
        ArgumentError: if the step or the number of elements is beyond what the counters can tell apart.
    """
    count = _checked_count(int(step), shape, bits)
    k0, k1 = key.tolist()
    out = np.empty(count, np.uint32 if bits == 32 else np.uint64)
    blocks = (count + 1) // 2 if bits == 32 else count
    buffers = np.empty((3, min(blocks, CHUNK)), np.uint32)
    for start in range(0, blocks, CHUNK):
        x0, x1, scratch = buffers[:, : min(CHUNK, blocks - start)]
        x0[...] = int(step)
        x1[...] = np.arange(start, start + len(x1), dtype=np.uint32)
        threefry2x32(k0, k1, x0, x1, ArrayArithmetic(scratch))
        _store(out, start, x0, x1)
    return out.reshape(shape)


def _store(out: np.ndarray[Any, Any], start: int, x0: Words32, x1: Words32) -> None:
    if out.dtype == np.uint64:
        target = out[start : start + len(x0)]
        target[...] = x0
        target <<= 32
        target |= x1
    else:
        target = out[2 * start : 2 * (start + len(x0))]
        target[0::2] = x0
        target[1::2] = x1[: len(target) // 2]


def _checked_count(step: int, shape: tuple[int, ...], bits: int) -> int:
    if not 0 <= step < STEPS:
        raise ArgumentError(f"step {step} is outside [0, 2**32): its random words would repeat; reseed the stream")
    if any(size < 0 for size in shape):
        raise ArgumentError(f"a draw cannot have the shape {shape}: a size is negative")
    count, most = math.prod(shape), BLOCKS * (64 // bits)
    if count > most:
        raise ArgumentError(f"a draw of shape {shape} has more than {most} elements, all that one step has")
    return count

"""The random words of a draw on lanes: Threefry, computed where they are needed.

A mask is never stored. The lanes that need random words compute the blocks those words
stand in: two neighbouring elements share a block of two 32-bit words, so half as many
blocks as lanes are enough wherever lanes begin at an even place.

Read next: index_expressions.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...ops.threefry import threefry2x32
from ..ir.vector_ir import INDEX, IRBuilder, Value

WORD = "uint32"


class WordArithmetic:
    """32-bit words on lanes."""

    def __init__(self, lanes: IRBuilder) -> None:
        self.lanes = lanes

    def _word(self, value: Any) -> Value:
        return value if isinstance(value, Value) else self.lanes.constant(value, WORD)

    def add(self, a: Any, b: Any) -> Value:
        """a + b."""
        return self.lanes.make("add", self._word(a), self._word(b))

    def xor(self, a: Any, b: Any) -> Value:
        """a ^ b."""
        return self.lanes.make("xor", self._word(a), self._word(b))

    def rotate(self, a: Any, bits: int) -> Value:
        """a rotated left."""
        return self.lanes.make("rotate", self._word(a), about=bits)


def encrypt(lanes: IRBuilder, key: Sequence[Value], counter: Value, block: Value) -> tuple[Value, Value]:
    """The two words of every block, under one key and one counter."""
    made: tuple[Value, Value] = lanes.function(
        "threefry2x32", (*key, lanes.splat(counter, block.width), block), _rounds
    )
    return made


def _rounds(lanes: IRBuilder, k0: Value, k1: Value, x0: Value, x1: Value) -> tuple[Value, Value]:
    words = WordArithmetic(lanes)
    first, second = threefry2x32(k0, k1, x0, x1, words, words)
    return first, second


def words_of_pairs(lanes: IRBuilder, key: Sequence[Value], counter: Value, start: Value) -> Value:
    """The 32-bit words of as many elements as there are lanes, from the even place ``start`` on."""
    half = lanes.width // 2
    block = lanes.convert(lanes.make("shr", start, lanes.constant(1, INDEX)), WORD)
    if half > 1:
        block = lanes.make("add", lanes.splat(block, half), lanes.iota(half, WORD))
    return lanes.make("interleave", *encrypt(lanes, key, counter, block), width=lanes.width)


def words_at(lanes: IRBuilder, key: Sequence[Value], counter: Value, places: Value, bits: int) -> Value:
    """The words of elements at any places of a draw, of 32 or 64 bits each."""
    if bits == 64:
        first, second = encrypt(lanes, key, counter, lanes.convert(places, WORD))
        high = lanes.make("shl", lanes.convert(first, "uint64"), lanes.constant(32, "uint64"))
        return lanes.make("or", high, lanes.convert(second, "uint64"))
    one = lanes.constant(1, INDEX)
    first, second = encrypt(lanes, key, counter, lanes.convert(lanes.make("shr", places, one), WORD))
    odd = lanes.make("ne", lanes.make("and", places, one), lanes.constant(0, INDEX))
    return lanes.make("select", odd, second, first)

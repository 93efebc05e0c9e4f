"""Counter-based random numbers (Threefry) as vector operations: a draw's words are computed where they are needed.

A mask is never stored. The lanes that need random words compute the blocks those words
stand in: two neighbouring elements share a block of two 32-bit words, so half as many
blocks as lanes are enough, and one more where lanes begin at an odd index.

Read next: index_expressions.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...ops.threefry import ROUNDS, four_rounds, key_schedule
from ..ir.vector_ir import INDEX, IRBuilder, Value

WORD = "uint32"
_NAME = "threefry2x32"


class WordArithmetic:
    """The maths namespace of 32-bit words, as vector operations."""

    def __init__(self, builder: IRBuilder) -> None:
        self.builder = builder

    def _word(self, value: Any) -> Value:
        return value if isinstance(value, Value) else self.builder.constant(value, WORD)

    def add(self, a: Any, b: Any) -> Value:
        """a + b."""
        return self.builder.make("add", self._word(a), self._word(b))

    def xor(self, a: Any, b: Any) -> Value:
        """a ^ b."""
        return self.builder.make("xor", self._word(a), self._word(b))

    def rotate(self, a: Any, bits: int) -> Value:
        """a rotated left."""
        return self.builder.make("rotate", self._word(a), attribute=bits)


def encrypt(builder: IRBuilder, key: Sequence[Value], counter: Value, block: Value) -> tuple[Value, Value]:
    """The two words of every block, under one key and one counter."""
    operands = *(builder.splat(one, block.width) for one in (*key, counter)), block
    made: tuple[Value, Value] = builder.span(_NAME, operands, lambda *_: builder.call(_NAME, operands, _rounds))
    return made


def _rounds(builder: IRBuilder, k0: Value, k1: Value, x0: Value, x1: Value) -> tuple[Value, Value]:
    """All rounds, eight of them in a loop: as quick as one after the other, in less text.

    The key's words take each other's places after eight rounds, so the loop's body always finds them where they were.
    """
    words = WordArithmetic(builder)
    key = key_schedule(k0, k1, words)
    fours = ROUNDS // 4
    first, last = (builder.constant(number, INDEX) for number in (0, fours // 2 * 2))
    with builder.loop(first, last, 2, "eight rounds") as loop:
        carried = [loop.carry(one) for one in (words.add(x0, k0), words.add(x1, k1), *key)]
        a, b, *turned = (one.now for one in carried)
        number = builder.convert(loop.index, WORD)
        for i in range(2):
            injected = turned[1 + i], words.add(turned[(2 + i) % 3], words.add(number, i + 1))
            a, b = four_rounds(a, b, i, injected, words)
        for one, value in zip(carried, (a, b, turned[2], *turned[:2]), strict=True):
            one.next = value
    a, b = map(loop.result, carried[:2])
    for i in range(fours // 2 * 2, fours):
        a, b = four_rounds(a, b, i, (key[(i + 1) % 3], words.add(key[(i + 2) % 3], i + 1)), words)
    return a, b


def words_from(builder: IRBuilder, key: Sequence[Value], counter: Value, start: Value, is_even: bool) -> Value:
    """The 32-bit words of as many elements as there are lanes.

    Args:
        builder: where operations go.
        key, counter: what the blocks are encrypted with, and their counter.
        start: the first element; the others follow.
        is_even: whether it is known to be even.
    """
    half, one = builder.width // 2, builder.constant(1, INDEX)
    first = builder.make("shr", start, one)
    block = builder.convert(first, WORD)
    if half > 1:
        block = builder.make("add", builder.splat(block, half), builder.iota(half, WORD))
    pair = encrypt(builder, key, counter, block)
    if not is_even:
        pair = _from_second(builder, key, counter, pair, first, builder.make("and", start, one))
    return builder.make("interleave", *pair, width=builder.width)


def _from_second(
    builder: IRBuilder, key: Sequence[Value], counter: Value, pair: tuple[Value, Value], first: Value, odd: Value
) -> tuple[Value, Value]:
    """The words of blocks from the second word on if ``odd`` is 1; they as they are if it is 0.

    The words are those of blocks from ``first`` on; the first word of the next block follows them.
    """
    half = pair[0].width
    # A loop of one iteration or none: a condition for which nothing is computed where it does not hold.
    with builder.loop(builder.constant(0, INDEX), odd, 1, "from an odd element") as loop:
        a, b = map(loop.carry, pair)
        after = builder.make("add", builder.make("add", first, builder.constant(half, INDEX)), loop.index)
        operands = *key, counter, builder.convert(after, WORD)
        last, _ = builder.span(_NAME, operands, lambda *_: builder.call(_NAME, operands, _rounds))
        a.next, b.next = b.now, builder.make("shift_in", a.now, last, width=half) if half > 1 else last
    return loop.result(a), loop.result(b)


def words_at(builder: IRBuilder, key: Sequence[Value], counter: Value, elements: Value, bits: int) -> Value:
    """The words of elements of a draw, given by their linear indices, of 32 or 64 bits each."""
    if bits == 64:
        first, second = encrypt(builder, key, counter, builder.convert(elements, WORD))
        high = builder.make("shl", builder.convert(first, "uint64"), builder.constant(32, "uint64"))
        return builder.make("or", high, builder.convert(second, "uint64"))
    one = builder.constant(1, INDEX)
    first, second = encrypt(builder, key, counter, builder.convert(builder.make("shr", elements, one), WORD))
    odd = builder.make("ne", builder.make("and", elements, one), builder.constant(0, INDEX))
    return builder.make("select", odd, second, first)

"""Function splitting: a long basic block is cut into pieces that are compiled as functions of their own.

What a step needs to know before it runs is one straight line of operations, some for every state and
every buffer. The time to compile a function grows faster than its length, so its length is bounded. A
value that a later piece reads is spilled to a word of the frame.

Read next: parallel_regions.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from ..ir.vector_ir import INDEX, Block, Loop, Value

# Operations of a piece: with 400 the growth is felt, with 100 functions cost what is gained.
MOST = 200


def split_block(block: Block, word: Callable[[], int], most: int) -> list[Block]:
    """The block as blocks that are run one after another, each with about ``most`` operations.

    Args:
        block: operations without loops; a block with loops stays as it is.
        word: gives a word of the frame that nobody has.
        most: operations of a piece.
    """
    if len(block.items) <= most or any(isinstance(item, Loop) for item in block.items):
        return [block]
    values = [item for item in block.items if isinstance(item, Value)]
    # What is a word of the frame anyway is read wherever it is used.
    words: dict[Value, int] = {value: value.attribute for value in values if value.op == "word"}
    parts = list(_parts([value for value in values if value not in words], most))
    home = {value: number for number, part in enumerate(parts) for value in part}
    spilled: dict[Value, int] = {}
    for number, part in enumerate(parts):
        for source in (source for value in part for source in value.inputs):
            if home.get(source, number) < number and source.op != "constant" and source not in spilled:
                spilled[source] = words[source] = word()
    return [Block(_piece(part, spilled, words)) for part in parts]


def _parts(values: Sequence[Value], most: int) -> Iterator[Sequence[Value]]:
    begin = 0
    for i in range(1, len(values) + 1):
        # The results of a call are taken from it where it stands.
        if i == len(values) or (i - begin >= most and values[i].op != "taken"):
            yield values[begin:i]
            begin = i


def _piece(part: Sequence[Value], spilled: Mapping[Value, int], words: Mapping[Value, int]) -> list[Value | Loop]:
    """The operations of a piece: each value that comes from the frame is read just before it is used."""
    known = set(part)
    made: list[Value | Loop] = []
    for value in part:
        for source in value.inputs:
            if source in words and source not in known:
                known.add(source)
                made.append(_read(source, words[source]))
        made.append(value)
        if value in spilled:
            made.append(Value(value.builder, "set_word", INDEX, 1, (value,), spilled[value], 0))
    return made


def _read(value: Value, word: int) -> Value:
    """A value read from the frame, under the name it had."""
    read = Value(value.builder, "word", value.type, 1, (), word, 0)
    read.number = value.number
    return read

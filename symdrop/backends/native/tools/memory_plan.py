"""The memory plan of one call: each of the arena's buffers, its size, the kernels that use it, and whose place it took.

Read next: profile.py
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from ....lower.build.lowered_module import LoweredModule
from ....lower.ir.frame import ARENA_BYTES, Buffer, FrameLayout
from ....op import Size

Frame = np.ndarray[Any, np.dtype[np.int64]]


def elements(memory: FrameLayout, sizes: Sequence[Size], frame: Frame) -> int:
    """How many elements a space has, by what ``prepare`` has put into the frame."""
    found = (memory.find(size) for size in sizes)
    return prod(size if isinstance(size, int) else int(frame[memory.word_of_size(size)]) for size in found)


def elements_in_arena(step: LoweredModule, buffer: Buffer, frame: Frame) -> int:
    """How many elements a buffer in the arena has."""
    if buffer in step.arena.partial:
        return max(int(frame[word]) for word in step.arena.chunk_words.values())
    return elements(step.memory, buffer.sizes, frame)


@dataclass(frozen=True, slots=True)
class Placed:
    """A buffer of the arena.

    Attributes:
        name: what listings call it.
        size: bytes.
        place: where it begins, in bytes from the arena's beginning.
        born, last: the first and the last kernel that needs it.
        instead_of: the buffer whose place it has taken over, or "".
    """

    name: str
    size: int
    place: int
    born: int
    last: int
    instead_of: str


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """The memory that a step takes beside its inputs and outputs; printed as a table.

    Attributes:
        arena: bytes of the whole.
        buffers: what lies in it, in the order of birth.
        in_place: the states whose new values are written over the old ones.
    """

    arena: int
    buffers: tuple[Placed, ...]
    in_place: tuple[str, ...]

    def __str__(self) -> str:
        lines = []
        if self.buffers:
            rows = [("buffer", "bytes", "place", "kernels", "instead of")]
            rows += [(b.name, f"{b.size:,}", f"{b.place:,}", f"{b.born}-{b.last}", b.instead_of) for b in self.buffers]
            widths = [max(len(row[i]) for row in rows) for i in range(4)]
            lines = [
                "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:4], widths[1:]), row[4]]).rstrip()
                for row in rows
            ]
        lines.append(f"arena: {self.arena:,} bytes")
        if self.in_place:
            lines.append(f"written over their old values: {', '.join(self.in_place)}")
        return "\n".join(lines)


def memory_plan(step: LoweredModule, frame: Frame) -> MemoryPlan:
    """The memory of a call.

    Args:
        step: the lowered segment.
        frame: its frame, filled in by ``prepare``.
    """
    before: dict[int, str] = {}
    buffers = []
    for buffer, (born, last) in step.arena.lifetimes(step.nests, step.repeats).items():
        place = int(frame[buffer.word])
        size = elements_in_arena(step, buffer, frame) * np.dtype(buffer.dtype).itemsize
        instead_of = before.get(place, "") if size else ""
        buffers.append(Placed(buffer.name, size, place, born, min(last, len(step.nests) - 1), instead_of))
        if size:
            before[place] = buffer.name
    scratch = step.arena.scratch
    if scratch is not None and (place := int(frame[scratch.word])) < frame[ARENA_BYTES]:
        size = int(frame[ARENA_BYTES]) - place
        buffers.append(Placed(scratch.name, size, place, 0, len(step.nests) - 1, ""))
    in_place = tuple(step.memory.inputs[position].name for position in step.in_place.values())
    return MemoryPlan(int(frame[ARENA_BYTES]), tuple(buffers), in_place)

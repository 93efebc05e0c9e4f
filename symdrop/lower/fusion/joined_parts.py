"""Concatenation in place: a part of a joined value is written where it goes, and not copied afterwards.

The parts of a concatenation lie one after the other if no longer axis comes before the one along which they are joined.
Then the memory of a part may be a piece of the joined value's: what computes the part writes it there.

Source: a value computed into the place where it is needed, R. K. Dybvig, R. Hieb and T. Butler, "Destination-driven
code generation", Indiana University, technical report 302, 1990.

Read next: kernel.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ...graph import Node
from ...op import Size
from ...ops.join import Concatenate
from ..ir.frame import FrameLayout


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a joined value: which value it is of, its position among the parts, and its own value."""

    joined: Node
    number: int
    node: Node

    def before(self, memory: FrameLayout) -> Size | None:
        """The rows of the joined value before it; None where they are not known before the first kernel runs."""
        axis = self.joined.params["axis"]
        first = memory.offsets(tuple(memory.sizes(part)[axis] for part in self.joined.inputs))[self.number]
        return first if isinstance(first, int) or memory.is_known_before(first) else None


def parts_of(joined: Node, memory: FrameLayout) -> Sequence[Part]:
    """The parts of a concatenation that lie one after the other; none if they do not.

    Args:
        joined: any value.
        memory: knows its sizes.
    """
    if not isinstance(joined.op, Concatenate):
        return ()
    if any(size != 1 for size in memory.sizes(joined)[: joined.params["axis"]]):
        return ()
    return [Part(joined, number, memory.declared(part)) for number, part in enumerate(joined.inputs)]


def stored_in_place(joined: Node, memory: FrameLayout, is_root: Callable[[Node], bool]) -> Iterator[Node]:
    """The parts of a concatenation to store for its sake: then all of it is written by those who compute its parts.

    A part that would else be computed while it is copied is stored only beside others of its sizes that are stored
    anyway, with which it shares a loop.
    """
    parts = [part.node for part in parts_of(joined, memory)]
    stored = [part for part in parts if is_root(part) and not part.is_leaf]
    spaces = {memory.sizes(part) for part in stored}
    if len(stored) < len(parts) and all(memory.sizes(part) in spaces and not part.is_leaf for part in parts):
        yield from parts

"""Structured control flow over kernels: ``For`` and ``If``, which scans and branches become, and parallel regions.

The kernels of a step's body are written once. Each reads the loop's position from a word of
the frame, and where an array has a row for every position, the address of that row follows
from it. So a loop of any length is the same code. One thread runs through loops and choices; what it
shares with others is the work of a parallel region.

Read next: verifier.py
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ...op import Size
from .frame import Buffer


@dataclass(eq=False, slots=True)
class For:
    """A loop over kernels.

    Attributes:
        title: what it computes, for readers.
        rows: how many positions there are at most.
        reverse: whether positions are visited from the last to the first.
        position: the frame's word that holds the position while the loop runs.
        first, count: the words that hold the first position and the number of steps.
        made: the word that holds, afterwards, how many steps were made.
        stop: where a step says that it is the last, if it may.
        items: the numbers of its kernels, and the loops and choices inside, in order.
        begin, end: its kernels are those from one number up to the other.
    """

    title: str
    rows: Size
    reverse: bool
    position: int
    first: int
    count: int
    made: int
    stop: Buffer | None
    items: list[Statement] = field(default_factory=list)
    begin: int = 0
    end: int = 0


@dataclass(eq=False, slots=True)
class If:
    """A branch over kernels: one of two lists is run.

    Attributes:
        title: what is computed, for readers.
        chosen: the frame's word that says which: not 0 for ``then``.
        then, otherwise: the numbers of kernels, and the loops and choices among them, in order.
        begin, end: the kernels of both are those from one number up to the other.
    """

    title: str
    chosen: int
    then: list[Statement] = field(default_factory=list)
    otherwise: list[Statement] = field(default_factory=list)
    begin: int = 0
    end: int = 0


# What a step consists of: the number of a kernel, or more of them.
Statement = int | For | If


@dataclass(eq=False, slots=True)
class Region:
    """A parallel region: kernels of which none touches what another writes, so that their parts run in any order.

    Attributes:
        begin, end: its kernels are those from one number up to the other.
        loops: the loops that it stands in, the outermost first.
        work: the frame's word that says how much it computes each time, or NO_WORD if one thread does it all.
        finest: a thread's share may be cut into 2 ** finest parts.
    """

    begin: int
    end: int
    loops: tuple[For, ...]
    work: int
    finest: int

"""Loop nests: a kernel's loops and operations, its variants, and the memory it touches.

Read next: control_flow.py
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ...graph import Node
from ...op import Size
from .frame import Buffer
from .vector_ir import Block, Value

# Elements of a chunk; even, so that the words of a draw come in pairs.
CHUNK = 8192
# A thread's share of a kernel may be cut into 2 ** FINEST parts, so that others take some of them.
FINEST = 3


@dataclass(frozen=True, slots=True)
class NontemporalVariant:
    """The variant of a kernel whose stores are non-temporal (loops/nontemporal_stores.py).

    Attributes:
        body: its loops and operations.
        choice: what is computed to decide whether it may run.
        may_run: the truth value that decides.
    """

    body: Block
    choice: Block
    may_run: Value


@dataclass(slots=True)
class LoopNest:
    """A kernel as a loop nest, with the variants of which one is run.

    Attributes:
        title: what it computes, for readers.
        body: its loops and operations.
        reads, writes: the memory it touches.
        moved: the buffers it touches, rows of memory among them.
        alone: whether one thread does it all.
        finest: a thread's share may be cut into 2 ** finest parts; 0 where a part of a part is none of the whole.
        for_even: the same for the case that the sizes in ``even_words`` are even, which is then the quicker way.
        even_words: the frame's words that hold those sizes.
        streamed: the same with stores past the caches, for large outputs.
        space: what it runs over; of a matrix product the sizes of its result and the size summed over.
        nodes: the nodes that it computes.
    """

    title: str
    body: Block
    reads: set[Buffer] = field(default_factory=set)
    writes: set[Buffer] = field(default_factory=set)
    moved: set[Buffer] = field(default_factory=set)
    alone: bool = False
    finest: int = FINEST
    for_even: Block | None = None
    even_words: tuple[int, ...] = ()
    streamed: NontemporalVariant | None = None
    space: tuple[Size, ...] = ()
    nodes: frozenset[Node] = frozenset()

    def read(self, buffer: Buffer) -> None:
        """Note that it reads a buffer."""
        self.reads.add(buffer.root)
        self.moved.add(buffer)

    def write(self, buffer: Buffer) -> None:
        """Note that it writes a buffer."""
        self.writes.add(buffer.root)
        self.moved.add(buffer)

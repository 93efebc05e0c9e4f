"""The layout of a step's memory: the words of its frame, and the buffers it reads and writes.

A compiled step gets one argument, the *frame*: an array of 64-bit words. The caller fills
in the addresses and sizes of inputs and the addresses of outputs; the step's ``prepare``
computes every other size, and what the arena must hold. Addresses are never in the code,
so one compiled step serves every call, every size and every process.

Source: sets of equal sizes by union-find, R. Tarjan, "Efficiency of a good but not linear set
union algorithm", JACM 22(2), 1975.

Read next: kernel_code.py
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np

from ...graph import Graph, Node, toposort
from ...op import Constant, Elementwise, KnownSizes, ReadMap, Size, is_dim, map_owner, read_map
from ...ops.lengths import as_size, total
from ...types import is_integer

# The words every frame begins with.
FAILED, THREADS, ARENA, ARENA_BYTES, WORK, ASKING, INTERRUPTED, LEAST = range(8)
FIRST_WORD = 8
# The addresses of constants are in no word: code finds them relative to itself, or by their names.
NO_WORD = -1


@dataclass(frozen=True, slots=True)
class RowAddress:
    """The address of rows: in ``base``, at the position in the frame's word, if there is one, plus ``offset``.

    ``row_sizes`` are the sizes of a row.
    """

    base: Buffer
    word: int | None
    offset: int
    row_sizes: tuple[Size, ...]


@dataclass(eq=False, slots=True)
class Buffer:
    """Memory that holds a value.

    Attributes:
        name: what listings call it.
        dtype: dtype of its elements.
        sizes: its sizes, in C order.
        word: the frame's word that holds its address, or for a place in the arena its offset there.
        in_arena: whether it is a place in the arena.
        along: for the row of an array at a loop's position, or for a part of a joined value, which rows.
    """

    name: str
    dtype: str
    sizes: tuple[Size, ...]
    word: int
    in_arena: bool = False
    along: RowAddress | None = None

    @property
    def root(self) -> Buffer:
        """The memory it is a part of."""
        return self if self.along is None else self.along.base.root

    @property
    def parts(self) -> Iterator[Buffer]:
        """The memory itself, what it is a row of, and so on."""
        yield self
        if self.along is not None:
            yield from self.along.base.parts

    def row(self, word: int, offset: int = 0) -> Buffer:
        """The row at the position in a word of the frame, plus an offset."""
        shift = f" + {offset}" if offset > 0 else f" - {-offset}" if offset else ""
        name = f"{self.name}[t{word}{shift}]"
        along = RowAddress(self, word, offset, self.sizes[1:])
        return Buffer(name, self.dtype, self.sizes[1:], self.word, self.in_arena, along)

    def part(self, number: int, word: int | None, offset: int, axis: int, sizes: tuple[Size, ...]) -> Buffer:
        """A part of a joined value: rows along an axis before which all sizes are 1, from a word plus an offset."""
        along = RowAddress(self, word, offset, sizes[axis + 1 :])
        return Buffer(f"{self.name}.part{number}", self.dtype, sizes, self.word, self.in_arena, along)

    def __repr__(self) -> str:
        return self.name


class FrameLayout:
    """The layout of one step's frame, and which value lies in which buffer.

    Args:
        graph: the graph to lower; its inputs and outputs come first in the frame.
        sizes: those of its nodes, if somebody has found them before.

    Attributes:
        inputs, outputs: the buffers of the graph's inputs and outputs.
        constants: the constants that are read from memory, by buffer; those that are data lie outside of the code.
        computed_sizes: the sizes that ``prepare`` must put into the frame; asking for a size's word adds to them.
        checked: the nodes that run-time checks are made for, and the number by which the frame names each, from 1.
        words: how many words the frame has.
        aliases: for an input of a loop's body that is the same in every step, the node around the loop; for a
            declaration of sizes that guards have checked, the value.
        positions: for a loop's position the word that holds it.
        derived: facts about nodes that an analysis has derived from sizes; forgotten where two sizes become equal.
    """

    def __init__(self, graph: Graph, sizes: KnownSizes | None = None) -> None:
        self._sizes = sizes or KnownSizes()
        self._same: dict[Size, Size] = {}
        self._size_words: dict[Size, int] = {}
        self._offsets: dict[tuple[Size, ...], list[Size]] = {}
        self._buffers: dict[Node, Buffer] = {}
        self._maps: dict[Node, ReadMap | None] = {}
        self.derived: dict[Any, Any] = {}
        self._found_sizes: dict[Node, tuple[Size, ...]] = {}
        # For every scope that is open, where values lay before it.
        self._undo: list[dict[Node, Buffer | None]] = []
        self.computed_sizes: list[Node] = []
        self._complete = False
        self.constants: dict[Buffer, Constant] = {}
        self.checked: dict[Node, int] = {}
        self.words = FIRST_WORD
        self.aliases: dict[Node, Node] = {}
        self.positions: dict[Node, int] = {}
        self.inputs = [self._from_frame(node, f"in{i}") for i, node in enumerate(graph.inputs)]
        for node, buffer in zip(graph.inputs, self.inputs, strict=True):
            self._buffers[node] = buffer
        self._leaves = set(graph.inputs)
        self._given = set(self._size_words)
        self.outputs: list[Buffer] = []
        for i, node in enumerate(graph.outputs):
            buffer = Buffer(f"out{i}", node.dtype, self._sizes(node), self.word())
            self.words += node.ndim
            self.outputs.append(buffer)

    def word(self) -> int:
        """A new word of the frame."""
        self.words += 1
        return self.words - 1

    def _from_frame(self, node: Node, label: str) -> Buffer:
        sizes = self._sizes(node)
        buffer = Buffer(node.name or label, node.dtype, sizes, self.word())
        for size in sizes:
            word = self.word()
            if isinstance(size, Node):
                self._size_words.setdefault(size, word)
        return buffer

    # Sizes.

    def find(self, size: Size) -> Size:
        """The representative of a size among those that checks make equal."""
        if size not in self._same:
            return size
        found = size
        while found in self._same:
            found = self._same[found]
        while size is not found and self._same[size] is not found:
            # The next one who asks finds it in one step.
            self._same[size], size = found, self._same[size]
        return found

    def equate(self, a: Size, b: Size) -> None:
        """Unite two sizes that a check has made equal.

        Sizes are defined by others without circles: of two names that one stays which says more, unless its definition
        needs the other.
        """
        a, b = self.find(a), self.find(b)
        keep, drop = (a, b) if self._rank(a) >= self._rank(b) else (b, a)
        if keep is drop or isinstance(drop, int):
            return
        if isinstance(keep, Node) and drop in self.definition(keep):
            keep, drop = drop, keep
        self._same[drop] = keep
        self.derived.clear()
        self._found_sizes.clear()

    def alias(self, leaf: Node, outer: Node) -> None:
        """Unite each size of a body's input with its counterpart around the body, which stays the representative."""
        self.aliases[leaf] = outer
        for inside, outside in zip(self.exact_sizes(leaf), self.sizes(outer), strict=True):
            self.equate(outside, inside)
        if not leaf.ndim and is_integer(leaf.dtype):
            self.equate(self.canonical(outer), leaf)

    # Definitions of sizes: formulas of other sizes and of numbers given.

    def _rank(self, size: Size) -> int:
        """How much a size says: a number, a word that the caller fills in, a formula, a name inside of a body."""
        if isinstance(size, int):
            return 3
        return 2 if size in self._given else 1 if isinstance(size.op, Elementwise) or size in self._leaves else 0

    def _defined_by(self, node: Node) -> Sequence[Node]:
        """The operands of a size, or of a part of its formula."""
        if node in self.aliases:
            return (self.aliases[node],)
        if is_dim(node):
            size = self.find(self._sizes(node.inputs[0])[node.params["axis"]])
            return () if isinstance(size, int) or size is node else (size,)
        return node.inputs if isinstance(node.op, Elementwise) else ()

    def definition(self, size: Node, known: Container[Node] = ()) -> list[Node]:
        """The nodes that computing a size takes, each after what it is computed from, up to the size itself.

        Args:
            size: a representative.
            known: what need not be computed again.
        """
        return toposort([size], known.__contains__, self._defined_by)

    def is_known_before(self, number: Node) -> bool:
        """True if a single number can be computed before the first kernel runs."""
        return all(
            isinstance(node, Constant) or node in self.aliases or self._rank(self.find(self.canonical(node))) > 0
            for node in self.definition(number)
        )

    def exact_sizes(self, node: Node) -> tuple[Size, ...]:
        """The sizes of a node as it declares them."""
        return self._sizes(node)

    def canonical(self, size: Size) -> Size:
        """The node that stands for all equal sizes."""
        return self._sizes.canonical(size)

    def sizes(self, node: Node) -> tuple[Size, ...]:
        """The sizes of a node, by representatives."""
        found = self._found_sizes.get(node)
        if found is None:
            found = self._found_sizes[node] = tuple([self.find(size) for size in self._sizes(node)])
        return found

    def offsets(self, sizes: tuple[Size, ...]) -> list[Size]:
        """The prefix sums of sizes, at which parts begin that lie one after the other: one addition for each."""
        if sizes not in self._offsets:
            self._offsets[sizes] = list(accumulate((0, *map(self.canonical, sizes)), self._sum))
        return self._offsets[sizes]

    def _sum(self, a: Size, b: Size) -> Size:
        return self.canonical(total((a, as_size(b) if isinstance(b, Node) else b)))

    def read_map(self, node: Node) -> ReadMap | None:
        """The indexing map of a node, analysed; None if its op has none."""
        if node not in self._maps:
            owner = map_owner(node)
            self._maps[node] = None if owner is None else read_map(owner, node, self.sizes)
        return self._maps[node]

    def is_given(self, size: Node) -> bool:
        """True if the caller writes a size into the frame."""
        return size in self._given

    def has_word(self, size: Node) -> bool:
        """True if some word of the frame holds a size."""
        return size in self._size_words

    def word_of_size(self, size: Node) -> int:
        """The frame's word that holds a size which is not a fixed number."""
        if size not in self._size_words:
            assert not self._complete, f"nothing computes {size}: its word was asked for after prepare was written"
            self._size_words[size] = self.word()
            self.computed_sizes.append(size)
        return self._size_words[size]

    def complete(self, spaces: Iterable[Sequence[Size]]) -> None:
        """Let ``prepare`` compute all sizes of some spaces too, and whatever has been asked for; then nothing more."""
        for size in (self.find(size) for space in spaces for size in space):
            if isinstance(size, Node):
                self.word_of_size(size)
        self._complete = True

    def named_sizes(self) -> Iterator[tuple[int, Node]]:
        """The computed sizes and the words that hold them."""
        return ((self._size_words[size], size) for size in self.computed_sizes)

    # Values.

    def outermost(self, node: Node) -> Node:
        """The value that an input of a loop's body, or a declaration of sizes, stands for, if it stands for one."""
        while node in self.aliases:
            node = self.aliases[node]
        return node

    def declared(self, node: Node) -> Node:
        """The value that a declaration of sizes stands for; any other node itself."""
        return node if node.is_leaf else self.aliases.get(node, node)

    def holds(self, node: Node) -> bool:
        """True if a node's value lies in memory."""
        node = self.outermost(node)
        return node in self._buffers or (isinstance(node, Constant) and node.ndim > 0)

    def buffer(self, node: Node) -> Buffer:
        """The buffer of a node's value."""
        node = self.outermost(node)
        if node not in self._buffers:
            assert isinstance(node, Constant)
            buffer = Buffer(f"constant{len(self.constants)}", node.dtype, self._sizes(node), NO_WORD)
            self.constants[buffer] = node
            self._buffers[node] = buffer
        return self._buffers[node]

    def keep(self, node: Node, buffer: Buffer) -> None:
        """Note that from now on a node's value lies in a buffer."""
        if self._undo:
            self._undo[-1].setdefault(node, self._buffers.get(node))
        self._buffers[node] = buffer

    @contextmanager
    def scope(self) -> Iterator[None]:
        """A scope: all that is kept inside the ``with`` block is forgotten at its end."""
        self._undo.append({})
        yield
        for node, buffer in self._undo.pop().items():
            if buffer is None:
                del self._buffers[node]
            else:
                self._buffers[node] = buffer

    @contextmanager
    def nothing_computed(self) -> Iterator[None]:
        """In the ``with`` block only inputs and constants lie in memory, as before the first kernel."""
        before = self._buffers
        self._buffers = {node: buffer for node, buffer in before.items() if node in self._leaves}
        yield
        self._buffers = before

    def number_of_check(self, node: Node) -> int:
        """The number by which the frame says that a run-time check of a node failed."""
        return self.checked.setdefault(node, len(self.checked) + 1)


def itemsize(dtype: str) -> int:
    """Bytes of an element in memory."""
    return int(np.dtype(dtype).itemsize)


def without_ones(sizes: Sequence[Size]) -> tuple[Size, ...]:
    """Sizes but for those that are 1."""
    return tuple(size for size in sizes if size != 1)

"""The shape function of a step: it checks sizes, and computes those that the caller does not give.

Read next: ../build/__init__.py
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...graph import Node
from ...op import Draw, Size
from ...ops.threefry import BLOCKS, STEPS
from ..ir.control_flow import For, Region
from ..ir.frame import ARENA_BYTES, NO_WORD, WORK, FrameLayout
from ..ir.loop_nest import CHUNK, LoopNest
from ..ir.vector_ir import INDEX, Block, IRBuilder, Value
from ..partition.shape_guards import ShapeGuard
from ..vectorize.elemental import ElementalEmitter
from ..vectorize.vector_maths import VectorMaths
from .buffer_assignment import BufferAssignment

# The number of every check made before anything is computed; which one failed the reference evaluation says.
_CHECKED = 1 << 20
# Elements of a value, and points of a loop.
_MOST = 2.0**50
# Much work: nobody asks how much more there is.
_MOST_WORK = 1 << 30


@dataclass(frozen=True, slots=True)
class WorkEstimate:
    """How much a kernel computes: its elements times ``times``, divided by ``over``."""

    space: tuple[Size, ...]
    times: int = 1
    over: int = 1


class Sizing(ElementalEmitter):
    """An emitter of sizes in ``prepare``, before which the frame holds none but those that the caller gives."""

    def __init__(self, builder: IRBuilder, memory: FrameLayout) -> None:
        super().__init__(builder, memory)
        self._computed: set[Node] = set()
        self._elements: dict[tuple[Size, ...], Value] = {}

    def elements(self, sizes: Sequence[Size]) -> Value:
        # Many kernels run over few spaces.
        space = tuple(sizes)
        if space not in self._elements:
            self._elements[space] = super().elements(space)
        return self._elements[space]

    def exact_size(self, size: Size) -> Value:
        if isinstance(size, int) or self.memory.is_given(size):
            return super().exact_size(size)
        return self.builder.convert(self.number(size), INDEX)

    def number(self, node: Node) -> Value:
        # In the order of definitions: however long these are, computing one finds its parts computed.
        parts = [part for part in self.memory.definition(node, self._computed) if part not in self._computed]
        self._computed.update(parts)
        for part in parts:
            self.value(part, ())
        return self.value(node, ())


class ShapeFunctionBuilder:
    """A builder of the shape function, ``prepare``.

    Args:
        memory: the layout of the frame.
    """

    def __init__(self, memory: FrameLayout) -> None:
        self.memory = memory
        self.builder = IRBuilder(VectorMaths, 1)
        self.sizing = Sizing(self.builder, memory)

    def build(
        self,
        checks: Sequence[ShapeGuard],
        replaced: Mapping[int, int],
        arena: BufferAssignment,
        nests: Sequence[LoopNest],
        work: Mapping[int, WorkEstimate],
        repeats: Sequence[For],
        regions: Sequence[Region],
    ) -> Block:
        """The operations of ``prepare``.

        Args:
            checks: what must hold.
            replaced: for outputs that are written over a state the position of that input.
            arena: the step's own buffers.
            nests: its kernels.
            work: how much they compute, by their numbers.
            repeats: the loops among them.
            regions: the parallel regions, in which all of them stand.
        """
        for check in checks:
            self._check(check)
        self._check_states(replaced)
        self._sizes()
        buffers = [buffer for buffer in (*arena.buffers, *self.memory.outputs) if buffer not in arena.partial]
        self._check_totals([*(buffer.sizes for buffer in buffers), *(part.space for part in work.values())])
        for space, word in arena.chunk_words.items():
            self._set(word, self.sizing.pieces(self.sizing.elements(space), CHUNK))
        offsets, end = arena.offsets(self.sizing, nests, repeats)
        for buffer, offset in offsets.items():
            self._set(buffer.word, offset)
        self._set(ARENA_BYTES, end)
        self._set(WORK, self._total(work, regions))
        return self.builder.body

    # Checks.

    def _check(self, check: ShapeGuard) -> None:
        sizing, maths = self.sizing, self.builder.maths
        if check.kind == "equal":
            # As declared: by now both count as one size.
            first, second = (sizing.product(map(sizing.exact_size, sizes)) for sizes in (check.first, check.second))
            self._require("eq", first, second)
        elif check.kind == "some":
            self._require("gt", sizing.size(check.first[0]), sizing.index(0))
        elif check.kind == "least":
            for size in check.first:
                self._require("ge", sizing.exact_size(size), sizing.index(0))
        else:
            assert check.node is not None and isinstance(check.node.op, Draw)
            step = check.node.inputs[1]
            if self.memory.is_known_before(step):
                self.builder.check(maths.cast(sizing.number(step), "uint64") < STEPS, _CHECKED)
            for size in check.first:
                self._require("ge", sizing.size(size), sizing.index(0))
            most = BLOCKS * (64 // check.node.op.bits[check.node.dtype])
            self._require("le", sizing.elements(check.first), sizing.index(most))

    def _check_states(self, replaced: Mapping[int, int]) -> None:
        """The guards of states: a value written over a state must be as large as the state."""
        for output, position in replaced.items():
            pairs = zip(self.memory.outputs[output].sizes, self.memory.inputs[position].sizes, strict=True)
            for own, state in pairs:
                self._require("eq", self.sizing.size(own), self.sizing.size(state))

    def _check_totals(self, spaces: Iterable[Sequence[Size]]) -> None:
        """Nothing may have so many elements that counting them, or their bytes, needs more than 64 bits."""
        counted = [Counter(map(self.memory.find, space)) for space in dict.fromkeys(map(tuple, spaces))]
        unknown = {frozenset(sizes.items()): sizes for sizes in counted if not all(isinstance(n, int) for n in sizes)}
        with_size: dict[Size, list[Counter[Size]]] = {}
        for sizes in unknown.values():
            for size in sizes:
                with_size.setdefault(size, []).append(sizes)

        def is_part(sizes: Counter[Size]) -> bool:
            """True if another space has all these sizes, and more."""
            return any(sizes < other for other in min((with_size[size] for size in sizes), key=len))

        largest = [sizes for sizes in unknown.values() if not is_part(sizes)]
        maths, most = self.builder.maths, self.builder.constant(0.0, "float64")
        for sizes in largest:
            total = self.builder.constant(1.0, "float64")
            for size in sizes.elements():
                # An axis without elements must not hide that the others are too long.
                total = total * maths.cast(maths.maximum(self.sizing.size(size), self.sizing.index(1)), "float64")
            most = maths.maximum(most, total)
        if largest:
            self._require("le", most, self.builder.constant(_MOST, "float64"))

    def _require(self, relation: str, a: Value, b: Value) -> None:
        if a is b and relation in ("eq", "le", "ge"):
            return
        self.builder.check(self.builder.make(relation, a, b), _CHECKED)

    # What is put into the frame.

    def _set(self, word: int, value: Value) -> None:
        self.builder.effect("set_word", [value], INDEX, word)

    def _sizes(self) -> None:
        for buffer in self.memory.outputs:
            for axis, size in enumerate(buffer.sizes):
                value = self.sizing.size(size)
                if isinstance(size, Node) and not self.memory.is_given(size):
                    self._require("ge", value, self.sizing.index(0))
                self._set(buffer.word + 1 + axis, value)
        # A size may be computed from others, which join the list while it is walked.
        for size in self.memory.computed_sizes:
            value = self.sizing.size(size)
            self._require("ge", value, self.sizing.index(0))
            self._set(self.memory.word_of_size(size), value)

    def _at_most(self, count: Value) -> Value:
        """A count, or the largest that matters: loops in loops take more steps than a word can hold."""
        return self.builder.convert(self.builder.maths.minimum(count, self.sizing.index(_MOST_WORK)), INDEX)

    def _total(self, work: Mapping[int, WorkEstimate], regions: Sequence[Region]) -> Value:
        """How much there is to compute in all; how much a region computes each time is put into its word."""
        total = self.sizing.index(0)
        for region in regions:
            done = self.sizing.index(0)
            for number in range(region.begin, region.end):
                if number in work:
                    done = self.sizing.add(done, self._work(work[number]))
            if region.work not in (NO_WORD, WORK):
                self._set(region.work, done)
            for loop in region.loops:
                done = self.sizing.mul(self._at_most(done), self._at_most(self.sizing.size(loop.rows)))
            total = self.sizing.add(total, done)
        return total

    def _work(self, part: WorkEstimate) -> Value:
        elements = self.sizing.elements(part.space)
        if part.over > 1:
            elements = self.builder.make("div", elements, self.sizing.index(part.over))
        return self.sizing.mul(elements, self.sizing.index(part.times))

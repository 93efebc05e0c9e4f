"""The verifier of lowered modules: what kernels read was written before, threads share what they write, and no two live
buffers share an offset.

It runs between the stages in the tests and with ``SYMDROP_DEBUG=verify``: after code generation on the kernels, and
after buffer assignment on the module. It knows nothing of how buffers are assigned: live intervals are found anew, from
the operations.

Source: LLVM's MachineVerifier and MLIR's verifiers do the same between passes.

Read next: ../printer.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NoReturn

from ...errors import VerificationError
from ..ir.control_flow import For, If, Statement
from ..ir.frame import FIRST_WORD, NO_WORD, Buffer, FrameLayout
from ..ir.loop_nest import LoopNest, accessed
from ..ir.packing_loop import PackingLoop
from ..ir.private_memory import Private
from ..ir.vector_ir import Block, Loop, Value, values_of
from ..ir.verifier import FAULT, verify_block
from .lowered_module import LoweredModule


def verify_kernels(nests: Sequence[LoopNest], stage: str) -> None:
    """Reject kernels in which a value is used before it is defined, a loop has no known extent, or threads write alike.

    Args:
        nests: the kernels.
        stage: the stage that made them, for the error.

    Raises:
        VerificationError: naming the stage, the kernel and the value.
    """
    for nest in nests:
        where = f"stage {stage!r}, kernel {nest.title!r}"
        if not nest.renaming.is_consistent:
            raise VerificationError(f"{where}: names in the code that it shares become no names of its own; {FAULT}")
        for block in nest.own_code.blocks:
            verify_block(block, where)
            _verify_private(block, where, set())
            if not nest.alone:
                _verify_division(block, where, set())


def _verify_private(block: Block, where: str, written: set[Private]) -> None:
    """Reject a read of private memory that nothing has been written to; operands are packed where a product says."""
    for item in block.items:
        if isinstance(item, PackingLoop):
            written.add(item.operand)
        if isinstance(item, Loop):
            _verify_private(item.body, where, written)
        elif isinstance(item.attribute, Private):
            if item.op == "store":
                written.add(item.attribute)
            elif item.attribute not in written:
                raise VerificationError(f"{where}: reads its own {item.attribute}, which it has not written; {FAULT}")


def _verify_division(block: Block, where: str, divided: set[int], is_shared: bool = False) -> None:
    """Reject a write that every thread of a team makes: the second may read what the first has written.

    Args:
        block: of a kernel that a team of threads computes.
        where: the stage and the kernel, for the error.
        divided: the numbers of values that differ from thread to thread; those of the block are added.
        is_shared: True inside a loop of which every thread runs another part.
    """
    for item in block.items:
        if isinstance(item, Loop):
            own = (source for value in item.operations for source in value.inputs)
            in_loop = is_shared or not divided.isdisjoint(source.number for source in (item.start, item.stop, *own))
            if in_loop:
                divided.update(index.number for index in item.indices)
            _verify_division(item.body, where, divided, in_loop)
            continue
        if item.op == "thread" or (divided and any(source.number in divided for source in item.inputs)):
            divided.add(item.number)
        if is_shared or item.number in divided:
            continue
        _, writes = accessed(item)
        if writes:
            raise VerificationError(f"{where}: every thread writes {writes[0]}; {FAULT}")


def verify_module(module: LoweredModule, stage: str) -> None:
    """Reject a module in which something is wrong with a kernel, or with the memory of all.

    Args:
        module: the lowered segment.
        stage: the stage that made it, for the error.

    Raises:
        VerificationError: as of ``verify_kernels`` and ``verify_memory``.
    """
    verify_kernels(module.nests, stage)
    verify_memory(module, stage)


def verify_memory(module: LoweredModule, stage: str) -> None:
    """Reject a module that reads what nobody has written, or in which two live buffers share an offset.

    Args:
        module: the lowered segment, the operations of whose kernels are verified.
        stage: the stage that made it, for the error.

    Raises:
        VerificationError: naming the stage, the kernel, and the buffer or word of the frame.
    """
    for piece in module.pieces:
        verify_block(piece, f"stage {stage!r}, prepare")
    _Order(module, stage).verify()
    _verify_offsets(module, stage)


class _Order:
    """The words and buffers that are written by the time each kernel runs."""

    def __init__(self, module: LoweredModule, stage: str) -> None:
        self._module = module
        self._stage = stage
        memory = module.memory
        self._words = {NO_WORD, *range(FIRST_WORD), *_given(memory)}
        self._written: set[Buffer] = {*memory.inputs, *memory.constants}

    def verify(self) -> None:
        """Walk through ``prepare`` and the kernels in the order in which they run."""
        for piece in self._module.pieces:
            self._words |= self._block(piece, "prepare")[0]
        self._statements(self._module.items)
        for position, buffer in enumerate(self._module.memory.outputs):
            if position not in self._module.in_place and buffer not in self._written:
                self._reject("the end", f"nobody has written output {buffer}")

    def _statements(self, statements: Sequence[Statement]) -> None:
        for one in statements:
            if isinstance(one, For):
                self._for(one)
            elif isinstance(one, If):
                self._if(one)
            else:
                self._kernel(self._module.nests[one])

    def _for(self, loop: For) -> None:
        title = f"loop {loop.title}"
        for part, word in (("first position", loop.first), ("count", loop.count)):
            if word not in self._words:
                self._reject(title, f"word {word}, its {part}, is not known")
        self._words.add(loop.position)
        self._statements(loop.items)
        self._words.discard(loop.position)
        self._words.add(loop.made)
        if loop.stop is not None and loop.stop.root not in self._written:
            self._reject(title, f"nobody has written {loop.stop}, which says when it ends")

    def _if(self, branch: If) -> None:
        if branch.chosen not in self._words:
            self._reject(f"branch {branch.title}", f"word {branch.chosen}, its condition, is not known")
        words, written = set(self._words), set(self._written)
        self._statements(branch.then)
        then_words, then_written = self._words, self._written
        self._words, self._written = words, written
        self._statements(branch.otherwise)
        # Behind it is there what both sides have written.
        self._words &= then_words
        self._written &= then_written

    def _kernel(self, nest: LoopNest) -> None:
        found = [self._block(block, f"kernel {nest.title!r}") for block in nest.own_code.blocks]
        words, written = found[0]
        self._words |= words
        self._written |= written

    def _block(self, block: Block, where: str) -> tuple[set[int], set[Buffer]]:
        """Verify one way in which a kernel is written; gives the words and buffers that it writes."""
        words: set[int] = set()
        written: set[Buffer] = set()
        for value in values_of(block):
            if value.op == "word" and value.attribute not in self._words and value.attribute not in words:
                self._reject(where, f"reads word {value.attribute} of the frame, which nobody has written")
            if value.op == "set_word":
                words.add(value.attribute)
            reads, writes = accessed(value)
            if not reads and not writes:
                continue
            for buffer in (*reads, *writes):
                self._addressed(buffer, where)
            for buffer in reads:
                if buffer.root not in self._written and buffer.root not in written:
                    self._reject(where, f"reads {buffer}, which nobody has written")
            written.update(buffer.root for buffer in writes)
        return words, written

    def _addressed(self, buffer: Buffer, where: str) -> None:
        for part in buffer.parts:
            if part.along is not None and part.along.word not in (None, *self._words):
                self._reject(where, f"touches {buffer} outside of the loop whose position it names")
        if buffer.root.word not in self._words:
            self._reject(where, f"touches {buffer}, which has no address: word {buffer.root.word} is not known")

    def _reject(self, where: str, problem: str) -> NoReturn:
        raise VerificationError(f"stage {self._stage!r}, {where}: {problem}; {FAULT}")


def _given(memory: FrameLayout) -> Iterator[int]:
    """The words of the frame that the caller fills in: addresses, and the sizes of inputs."""
    for buffer in memory.inputs:
        yield from range(buffer.word, buffer.word + 1 + len(buffer.sizes))
    for buffer in memory.outputs:
        yield buffer.word


def live_intervals(nests: Sequence[LoopNest], loops: Sequence[For]) -> dict[Buffer, tuple[int, int]]:
    """For every buffer the first and the last kernel that touches it, or runs while it is still needed.

    Args:
        nests: the kernels in order.
        loops: the loops around some of them.
    """
    first: dict[Buffer, int] = {}
    last: dict[Buffer, int] = {}
    for number, nest in enumerate(nests):
        touched = [part for block in nest.own_code.blocks for value in values_of(block) for part in accessed(value)]
        for buffer in (buffer.root for part in touched for buffer in part):
            first.setdefault(buffer, number)
            last[buffer] = number
    # Inner loops come later than those around them: what lives through one may live through the other.
    for loop in reversed(loops):
        if loop.stop is not None:
            last[loop.stop] = max(last[loop.stop], loop.end - 1)
        for buffer, begin in first.items():
            # What was there before a loop is needed again in its next step.
            if begin < loop.begin <= last[buffer] < loop.end:
                last[buffer] = loop.end - 1
    return {buffer: (begin, last[buffer]) for buffer, begin in first.items()}


def _verify_offsets(module: LoweredModule, stage: str) -> None:
    """Reject two buffers of one offset of which one is written before the other has been read for the last time."""
    offsets = {value.attribute: value.inputs[0] for value in values_of(module.prepare) if value.op == "set_word"}
    sharing: dict[Value, list[tuple[int, int, Buffer]]] = {}
    for buffer, (first, last) in live_intervals(module.nests, module.repeats).items():
        if buffer.in_arena:
            sharing.setdefault(offsets[buffer.word], []).append((first, last, buffer))
    for buffers in sharing.values():
        buffers.sort(key=lambda one: one[:2])
        for (_, last, before), (first, _, after) in pairwise(buffers):
            if first <= last:
                title = module.nests[first].title
                raise VerificationError(
                    f"stage {stage!r}, kernel {title!r}: {after} has the offset of {before}, which is live until "
                    f"kernel {module.nests[last].title!r}; {FAULT}"
                )

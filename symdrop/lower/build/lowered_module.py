"""The lowered module of a segment: its kernels in order, its frame, and the shape function that runs before them.

Read next: module_verifier.py
"""

from __future__ import annotations

from dataclasses import dataclass

from ..ir.control_flow import For, Region, Statement
from ..ir.frame import FrameLayout
from ..ir.loop_nest import LoopNest
from ..ir.vector_ir import Block
from ..memory.buffer_assignment import BufferAssignment
from ..memory.shape_function import ShapeFunctionBuilder
from .function_splitting import MOST, split_block
from .kernel_list import KernelListBuilder
from .parallel_regions import parallel_regions


@dataclass(slots=True)
class LoweredModule:
    """A lowered segment.

    Attributes:
        memory: the layout of its frame.
        prepare: computes sizes, checks them, and lays out the arena.
        pieces: the same, cut into pieces of bounded length.
        nests: the kernels in order.
        items: the numbers of those outside of loops and choices, and these, in order.
        repeats: all loops.
        regions: the parallel regions, which all kernels stand in, in order.
        commit_point: how many kernels run until no run-time check can fail any more.
        in_place: for outputs that are written over a state the position of that input.
        arena: its own buffers.
    """

    memory: FrameLayout
    prepare: Block
    pieces: list[Block]
    nests: list[LoopNest]
    items: list[Statement]
    repeats: list[For]
    regions: list[Region]
    commit_point: int
    in_place: dict[int, int]
    arena: BufferAssignment


def assign_buffers(kernels: KernelListBuilder, in_place: dict[int, int], commit_point: int) -> LoweredModule:
    """The lowered segment: every size that its kernels ask for is computed, and every buffer has its offset.

    Args:
        kernels: its kernels.
        in_place: for outputs that are written over a state the position of that input.
        commit_point: how many kernels run until no run-time check can fail any more.
    """
    memory = kernels.memory
    regions = parallel_regions(memory, kernels.nests, kernels.items, commit_point)
    # Rows lie as far apart as their sizes say; and how much a kernel moves is asked by who measures it.
    touched = [part for nest in kernels.nests for buffer in nest.moved for part in buffer.parts]
    memory.complete(
        [
            *(buffer.sizes for buffer in (*kernels.arena.buffers, *touched)),
            *(part.along.row_sizes for part in touched if part.along is not None),
            *(nest.space for nest in kernels.nests),
        ]
    )
    with memory.nothing_computed():
        prepare = ShapeFunctionBuilder(memory).build(
            kernels.checks, in_place, kernels.arena, kernels.nests, kernels.work, kernels.repeats, regions
        )
    cut = split_block(prepare, memory.word, MOST)
    return LoweredModule(
        memory=memory,
        prepare=prepare,
        pieces=cut,
        nests=kernels.nests,
        items=kernels.items,
        repeats=kernels.repeats,
        regions=regions,
        commit_point=commit_point,
        in_place=in_place,
        arena=kernels.arena,
    )

"""A whole segment lowered: its kernels in order, what they share, and what is checked before them.

Read next: ../printer.py
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...graph import Graph
from ..ir.control_flow import Item, Repeat
from ..ir.frame import Memory
from ..ir.loop_nest import LoopNest
from ..ir.vector_ir import Block
from ..memory.buffer_assignment import Arena
from ..memory.shape_function import PrepareBuilder
from .function_splitting import MOST, pieces
from .graph_lowering import GraphBuilder
from .kernel_list import Draft


@dataclass(slots=True)
class Step:
    """A lowered segment.

    Attributes:
        memory: the layout of its frame.
        prepare: computes sizes, checks them, and lays out the arena.
        pieces: the same, cut into pieces of bounded length.
        nests: the kernels in order.
        items: the numbers of those outside of loops and choices, and these, in order.
        repeats: all loops.
        safe_after: how many kernels run until nothing can be refused any more.
        in_place: for outputs that are written over a state the position of that input.
        arena: its own buffers.
    """

    memory: Memory
    prepare: Block
    pieces: list[Block]
    nests: list[LoopNest]
    items: list[Item]
    repeats: list[Repeat]
    safe_after: int
    in_place: dict[int, int]
    arena: Arena


def lower(graph: Graph, states: Mapping[int, int], bits: int) -> Step:
    """A segment, lowered.

    Args:
        graph: the segment's graph, decomposed.
        states: for outputs that replace a state, the position of the state among the inputs.
        bits: how wide the machine's vectors are; 64 for a machine without.
    """
    memory = Memory(graph)
    draft = Draft(memory, bits)
    outputs = [[buffer] for buffer in memory.outputs]
    builder = GraphBuilder(draft, graph, states, dict(enumerate(memory.inputs)), outputs)
    safe_after = builder.build()
    replaced = {**builder.plan.in_place, **builder.plan.copied}
    # Rows lie as far apart as their sizes say; and how much a kernel moves is asked by who measures it.
    touched = [part for nest in draft.nests for buffer in nest.moved for part in buffer.parts]
    memory.complete([*(buffer.sizes for buffer in (*draft.arena.buffers, *touched)), *(n.space for n in draft.nests)])
    with memory.nothing_computed():
        prepare = PrepareBuilder(memory).build(
            draft.checks, replaced, draft.arena, draft.nests, draft.work, draft.repeats
        )
    cut = pieces(prepare, memory.word, MOST)
    return Step(memory, prepare, cut, draft.nests, draft.items, draft.repeats, safe_after, replaced, draft.arena)

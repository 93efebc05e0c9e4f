"""Scan lowering: a scan becomes a ``For`` over the kernels of its body.

A state lies in one buffer, which a step overwrites as a function overwrites the states it
updates; a stacked row is written where it stays; an element of a sequence is a row of the
sequence's memory. What is captured is read where it lies. So nothing is moved from step to
step.

Read next: conditional.py
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from ...graph import Graph, Node
from ...op import as_node, constant_scalar, convert
from ...op.base import label_of
from ...ops.arithmetic import maximum
from ...ops.scan import Loop
from ...ops.views import filled
from ..ir.control_flow import For
from ..ir.frame import Buffer, FrameLayout
from ..ir.kernel_code import KernelCode
from ..ir.loop_nest import LoopNest
from ..ir.vector_ir import INDEX, IRBuilder
from ..partition.shape_guards import ShapeGuard
from ..vectorize.elemental import ElementalEmitter
from ..vectorize.vector_maths import VectorMaths
from .kernel_list import KernelListBuilder


class EnclosingGraph(Protocol):
    """The builder of the enclosing graph's kernels, as far as the lowering of a loop or branch needs it."""

    kernels: KernelListBuilder

    def begin(self, node: Node, target: Buffer) -> None:
        """Write a value, computed already or not, to a buffer."""

    def copy(self, source: Buffer, target: Buffer, node: Node) -> None:
        """Copy a value."""

    def inside(
        self, graph: Graph, states: Mapping[int, int], inputs: Mapping[int, Buffer], outputs: Sequence[Sequence[Buffer]]
    ) -> None:
        """Write the kernels of a body."""


def lower_scan(enclosing: EnclosingGraph, node: Node, targets: Mapping[Node, Sequence[Buffer]]) -> None:
    """Append a ``For`` and the kernels of a scan's body.

    Args:
        enclosing: of the graph that the scan is in.
        node: the scan.
        targets: where each of its values goes that anybody needs.
    """
    loop, kernels = Loop(node), enclosing.kernels
    memory = kernels.memory
    wanted: dict[int, Sequence[Buffer]] = {item.params["index"]: buffers for item, buffers in targets.items()}
    kernels.checks += unify_sizes(loop, memory)
    states = []
    for k, (state, initial) in enumerate(zip(loop.states, loop.initial, strict=True)):
        buffers = wanted.get(k) or [kernels.arena.value(state.name or "state", state, len(kernels.nests))]
        enclosing.begin(initial, buffers[0])
        states.append(buffers[0])
    for state, buffer in zip(loop.states, states, strict=True):
        memory.keep(state, buffer)
    rows = {k: wanted[len(states) + k] for k in range(len(loop.stacked)) if wanted.get(len(states) + k)}
    if not _visits_all(loop):
        _clear_stacked(enclosing, loop, targets)
    repeat = _repeat(loop, kernels)
    memory.positions[loop.position] = repeat.position
    for leaf, sequence, offset in zip(loop.slices, loop.sequences, node.params["offsets"], strict=True):
        memory.keep(leaf, memory.buffer(sequence).row(repeat.position, offset))
    outputs = [*loop.new_states, *(loop.stacked[k] for k in rows)]
    destinations: list[Sequence[Buffer]] = [[] for _ in states]
    destinations += [[buffer.row(repeat.position) for buffer in buffers] for buffers in rows.values()]
    if loop.stop is not None and repeat.stop is not None:
        outputs.append(loop.stop)
        destinations.append([repeat.stop])
    first = 1 + len(loop.slices)
    positions = {k: first + k for k in range(len(states))}
    inputs = {first + k: buffer for k, buffer in enumerate(states)}
    with kernels.repeat(repeat):
        enclosing.inside(Graph(loop.body.inputs, outputs), positions, inputs, destinations)
    for k, buffer in enumerate(states):
        for other in wanted.get(k, ())[1:]:
            enclosing.copy(buffer, other, loop.states[k])
    if loop.stop is not None:
        _steps(kernels, repeat, wanted.get(len(states) + len(loop.stacked), ()))


def _clear_stacked(enclosing: EnclosingGraph, loop: Loop, targets: Mapping[Node, Sequence[Buffer]]) -> None:
    """Begin with zeros where some rows of a stacked value may not be written."""
    first = len(loop.states)
    for item, buffers in targets.items():
        if first <= item.params["index"] < first + len(loop.stacked):
            for buffer in buffers:
                enclosing.begin(filled(convert(as_node(0), item.dtype), item.shape), buffer)


def _visits_all(loop: Loop) -> bool:
    """True if every row is written."""
    return constant_scalar(loop.first) == 0 and loop.count is loop.rows and loop.stop is None


def unify_sizes(loop: Loop, memory: FrameLayout) -> list[ShapeGuard]:
    """Unify the sizes of a loop's body with those around it, and a state's with those after a step, in ``memory``.

    Returns:
        What must be checked for that.
    """
    checks = []
    for leaf, outer in zip(loop.inner, loop.captured, strict=True):
        memory.alias(leaf, outer)
    around = [
        *((leaf, memory.sizes(outer)[1:]) for leaf, outer in zip(loop.slices, loop.sequences, strict=True)),
        *((leaf, memory.sizes(outer)) for leaf, outer in zip(loop.states, loop.initial, strict=True)),
    ]
    for leaf, sizes in around:
        for inside, outside in zip(memory.exact_sizes(leaf), sizes, strict=True):
            memory.equate(outside, inside)
    for leaf, new in zip(loop.states, loop.new_states, strict=True):
        for a, b in zip(memory.exact_sizes(leaf), memory.exact_sizes(new), strict=True):
            before, after = memory.find(a), memory.find(b)
            if before != after:
                checks.append(ShapeGuard("equal", (before,), (after,)))
                memory.equate(a, b)
    rows = memory.canonical(loop.rows)
    for sequence, offset in zip(loop.sequences, loop.node.params["offsets"], strict=True):
        length = memory.sizes(sequence)[0]
        if offset or memory.find(rows) != length:
            # Without steps nothing is read, however short the sequence.
            left = as_node(length) - rows - offset
            checks.append(ShapeGuard("least", (maximum(left, -rows) if offset else left,)))
    return checks


def _repeat(loop: Loop, kernels: KernelListBuilder) -> For:
    """The loop, and a kernel before it that finds out how often it runs."""
    memory = kernels.memory
    stop = None
    if loop.stop is not None:
        stop = kernels.arena.value("stop", loop.stop, len(kernels.nests))
    names = dict.fromkeys(label_of(node) for node in (*loop.new_states, *loop.stacked))
    title = ", ".join(list(names)[:4])
    position, first_word, count_word, made = (memory.word() for _ in range(4))
    rows_size = memory.find(memory.canonical(loop.rows))
    reverse: bool = loop.node.params["reverse"]
    repeat = For(title, rows_size, reverse, position, first_word, count_word, made, stop)
    builder = IRBuilder(VectorMaths, 1)
    emitter = ElementalEmitter(builder, memory)
    first, count = (builder.convert(emitter.number(node), INDEX) for node in (loop.first, loop.count))
    zero = emitter.index(0)
    fits = None
    if not _visits_all(loop):
        rows = builder.convert(emitter.number(loop.rows), INDEX)
        fits = (first >= zero) & (count >= zero) & (emitter.add(first, count) <= rows)
    elif isinstance(rows_size, Node) and not memory.is_given(rows_size):
        fits = count >= zero
    if fits is not None:
        emitter.check(fits, loop.node)
        count = builder.maths.where(fits, count, zero)
    builder.effect("set_word", [first], INDEX, repeat.first)
    builder.effect("set_word", [count], INDEX, repeat.count)
    kernels.add(LoopNest(f"steps of {title}", KernelCode(builder.body), alone=True))
    return repeat


def _steps(kernels: KernelListBuilder, repeat: For, targets: Sequence[Buffer]) -> None:
    """A kernel after the loop that tells how many steps were made."""
    for buffer in targets:
        builder = IRBuilder(VectorMaths, 1)
        made = builder.make("word", type=INDEX, width=1, attribute=repeat.made)
        builder.store(buffer, builder.constant(0, INDEX), made)
        kernels.add(LoopNest(f"steps made of {repeat.title}", KernelCode(builder.body), alone=True))

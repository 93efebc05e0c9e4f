"""The driver: the stages from a rewritten graph to LLVM text, in the order in which they run.

| stage | from | to | file |
|---|---|---|---|
| decompose | structured nodes | elementwise nodes, views, reductions | lower/partition/decomposition.py |
| fuse gemms | a product, scaled and added to | one node | rewrite/gemm.py |
| propagate sizes | sizes of computed values | formulas of sizes given | lower/partition/size_propagation.py |
| permute sums | sums of what products read permuted | sums of the permuted values | lower/partition/permuted_sums.py |
| unify sides | sides of a branch | sides of one size | lower/partition/branch_sizes.py |
| partition | a graph | segments, and fallbacks between them | lower/partition/segments.py |
| guards | a segment | the sizes that a call must check | lower/partition/shape_guards.py |
| fuse | nodes | kernels: values computed in one loop nest | lower/fusion/fusion.py |
| schedule | kernels | kernels in order, states updated in place | lower/schedule/schedule.py |
| generate code | kernels | loop nests of vector operations | lower/build/graph_lowering.py |
| assign buffers | live intervals | offsets, and ``prepare``, which computes them | lower/build/lowered_module.py |
| emit | loop nests | LLVM text | llvm/module.py |

Common subexpression elimination is no stage of its own: each of the first four hash-conses what it makes
(``rewrite/core/cse.py``), for equal nodes must be one before the next rule or stage looks at them.

``lower_graph`` runs the stages of a whole graph, ``partition`` cuts it, ``lower_segment`` runs the stages of a segment,
and ``SegmentStages`` keeps each of them, computed when it is first asked for: of a program that is found in the cache
none is computed.

Read next: segment.py
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial
from typing import Any

from ...config import config
from ...errors import lines_held
from ...graph import Graph, Node
from ...lower.build.graph_lowering import GraphBuilder
from ...lower.build.kernel_list import KernelListBuilder
from ...lower.build.lowered_module import LoweredModule, assign_buffers
from ...lower.build.module_verifier import verify_kernels, verify_memory
from ...lower.fusion.fusion import Fusion
from ...lower.ir.frame import Buffer, FrameLayout
from ...lower.memory.likely_sizes import LikelySizes
from ...lower.partition.branch_sizes import unify_sides
from ...lower.partition.decomposition import Changed, decompose, in_bodies
from ...lower.partition.permuted_sums import permute_sums
from ...lower.partition.segments import Segment, cut
from ...lower.partition.shape_guards import erase_declarations, find_shape_guards
from ...lower.partition.size_propagation import propagate_sizes
from ...lower.schedule.schedule import Schedule, schedule
from ...lower.vectorize.vector_maths import Unlowered
from ...op import KnownSizes, Verifier
from ...ops.known_shapes import Shape, ShapeOf
from ...rewrite.core.cse import compose
from ...rewrite.gemm import fuse_into_gemm
from ...threads import held_over_forks, lazy
from .cache_entry import ArgumentWords, CallingConvention
from .jit import compiler
from .llvm.module import ModuleWriter
from .runtime import library


class LoweringLock:
    """A reusable context manager: lowering by one thread at a time, perhaps after ``sd.function`` returned.

    A stage of lowering is computed when somebody first asks for it, and all stages come from one another, so one lock
    serves them. The nodes that lowering makes nobody has written down, so they are not tried on test values.
    """

    def __init__(self) -> None:
        self._lock = held_over_forks(threading.RLock())
        self._entered: list[Generator[None, None, None]] = []

    def _held(self) -> Generator[None, None, None]:
        with self._lock, config.change(compute_test_value="off"), lines_held():
            yield

    def __enter__(self) -> None:
        held = self._held()
        try:
            next(held)
            self._entered.append(held)
        except BaseException:
            # After an interrupt it must not stay locked: at its end the process would wait for the compiling thread.
            if self._entered[-1:] == [held]:
                self._entered.pop()
            held.close()
            raise

    def __exit__(self, *raised: Any) -> None:
        self._entered.pop().close()


LOWERING = LoweringLock()


def fuse_gemms(graph: Graph) -> Changed:
    """The graph in which a product that is scaled and added to is one node, bodies included, and what nodes become."""
    graph, became = in_bodies(graph, fuse_gemms)
    graph, _, then = fuse_into_gemm(graph)
    return graph, compose(became, then)


# Every stage of a whole graph gives the graph, without common subexpressions, and what the nodes became.
GRAPH_STAGES: Sequence[tuple[str, Callable[[Graph], Changed]]] = (
    ("decomposed", decompose),
    ("with gemms", fuse_gemms),
    ("with sizes propagated", propagate_sizes),
    ("with permuted sums", permute_sums),
    ("with sides of one size", unify_sides),
)


def lower_graph(graph: Graph) -> Changed:
    """The graph in terms that kernels are made of, and what its nodes became; types are verified after every stage."""
    verify = Verifier()
    verify.trust(graph)
    became: dict[Node, Node] = {}
    for stage, change in GRAPH_STAGES:
        graph, then = change(graph)
        verify(graph, stage)
        became = compose(became, then)
    return graph, became


def lower_segment(
    graph: Graph,
    states: Mapping[int, int],
    bits: int,
    likely: Mapping[Node, Shape] | None = None,
    sizes: KnownSizes | None = None,
) -> LoweredModule:
    """The kernels of a segment, with their buffers assigned.

    Args:
        graph: the segment's graph.
        states: for outputs that replace a state, the position of the state among the inputs.
        bits: how wide the machine's vectors are; 64 for a machine without.
        likely: the shapes of the inputs for which memory is laid out, where somebody has said so.
        sizes: those of the graph's nodes, if somebody has found them before.
    """
    memory = FrameLayout(graph, sizes)
    kernels = KernelListBuilder(memory, bits)
    if likely is not None:
        kernels.arena.likely = LikelySizes(memory, likely)
    outputs = [[buffer] for buffer in memory.outputs]
    plan, commit_point = _lower_kernels(kernels, graph, states, dict(enumerate(memory.inputs)), outputs)
    verify = "verify" in config.debug
    if verify:
        verify_kernels(kernels.nests, "generate code")
    module = assign_buffers(kernels, {**plan.in_place, **plan.copied_back}, commit_point)
    if verify:
        # The operations of kernels are those that were verified before.
        verify_memory(module, "assign buffers")
    return module


def _lower_kernels(
    kernels: KernelListBuilder,
    graph: Graph,
    states: Mapping[int, int],
    inputs: Mapping[int, Buffer],
    outputs: Sequence[Sequence[Buffer]],
    may_fail_late: bool = False,
) -> tuple[Schedule, int]:
    """Append the kernels of a graph; the bodies of its loops and the sides of its branches come here again.

    Args:
        kernels: the list to append to.
        graph, states: as of ``lower_segment``.
        inputs: the buffers of the inputs; those of states at least.
        outputs: the buffers of every output.
        may_fail_late: whether a check may fail after a state was overwritten, because nobody else sees it.

    Returns:
        The schedule, and how many kernels run until no run-time check can fail any more.
    """
    kernels.checks += find_shape_guards(graph, kernels.memory)
    graph = erase_declarations(graph, kernels.memory)
    fusion = Fusion(graph, kernels.memory)
    plan = schedule(graph, fusion, states, may_fail_late)
    return plan, GraphBuilder(kernels, graph, fusion, plan, inputs, outputs, _lower_kernels).build()


class SegmentStages:
    """A segment on its way down, each stage computed when it is first asked for.

    Args:
        segment: gives what to compute.
        states: for outputs that replace a state, the position of the state among the inputs.
        target: the machine.
        shape_of: gives the shapes of the nodes for which memory is laid out, where somebody has said so.
    """

    def __init__(
        self,
        segment: Callable[[], Segment],
        states: Mapping[int, int],
        target: compiler.Target,
        shape_of: ShapeOf | None = None,
    ) -> None:
        self._segment = segment
        self._states = states
        self._shape_of = shape_of
        self.target = target

    @lazy(LOWERING)
    def segment(self) -> Segment:
        """The nodes it computes."""
        return self._segment()

    @lazy(LOWERING)
    def module(self) -> LoweredModule:
        """Its kernels."""
        bits = 64 if self.target.level == "scalar" else self.target.vector_bits
        likely = None
        if self._shape_of is not None:
            inputs = zip(self.segment.graph.inputs, self.segment.inputs, strict=True)
            likely = {leaf: self._shape_of(node) for leaf, node in inputs}
        return lower_segment(self.segment.graph, self._states, bits, likely, self.segment.sizes)

    def unlowered(self) -> set[Node]:
        """The nodes around the segment that prove to have no lowering; none if its kernels could be written."""
        try:
            self.module  # noqa: B018
        except Unlowered as error:
            around = {copy: node for node, copy in self.segment.copies.items()}
            inside = set(self.segment.graph.nodes())
            for nodes in (*error.blamed, inside):
                # What stands in a body is blamed on the loop or branch that holds it.
                found = {around.get(node, node) for node in nodes if node in inside and not node.is_leaf}
                if found:
                    return found
            raise
        return set()

    @lazy(LOWERING)
    def _writer(self) -> ModuleWriter:
        return ModuleWriter(self.module, self.target.fma)

    @lazy(LOWERING)
    def text(self) -> str:
        """Its LLVM text, as one module."""
        return self._writer.text()

    @lazy(LOWERING)
    def _short_writer(self) -> ModuleWriter:
        return ModuleWriter(self.module, self.target.fma, is_short=True, has_masks=self.target.has_masks)

    def _writer_for(self, tier: compiler.Tier) -> ModuleWriter:
        """The writer of the text for a tier; one for both where nothing would be left out."""
        can_be_short = self.target.has_masks or any(nest.streamed is not None for nest in self.module.nests)
        return self._short_writer if tier == "quick" and can_be_short else self._writer

    def modules(self, tier: compiler.Tier) -> list[tuple[str, compiler.Target]]:
        """Its LLVM text as it is compiled for a tier."""
        return [(text, self.target) for text in self._writer_for(tier).modules()]

    def is_shortened(self, tier: compiler.Tier) -> bool:
        """True if something was left out of the text for a tier, so that its code is never full code."""
        return self._writer_for(tier).shortened

    def sources(self, tier: compiler.Tier, use: str | None = None) -> list[tuple[str, compiler.Target]]:
        """All that has to be compiled for it: its own modules, and what they call.

        Args:
            tier, use: as of ``library.symbols``.
        """
        called = self._writer_for(tier).called()
        return [*self.modules(tier), *library.texts(self.target, called, use, tier)]

    def multiplied(self, tier: compiler.Tier) -> list[str]:
        """The types, by their suffixes, whose products it calls."""
        return library.multiplied(self._writer_for(tier).called())

    def convention(self, tier: compiler.Tier) -> CallingConvention:
        """The calling convention of the step, whatever the tier; asked for one whose text is written."""
        memory = self.module.memory
        inputs, outputs = (
            tuple(ArgumentWords(buffer.word, len(buffer.sizes)) for buffer in part)
            for part in (memory.inputs, memory.outputs)
        )
        called = tuple(self._writer_for(tier).called())
        return CallingConvention(memory.words, inputs, outputs, self.module.in_place, called)


def partition(
    graph: Graph, states: Mapping[int, int], target: compiler.Target, shape_of: ShapeOf | None = None
) -> list[SegmentStages | Node]:
    """The segments of a graph, lowered, and the fallbacks between them.

    What proves to have no lowering while its kernels are generated falls back too, and the graph is cut anew.

    Args:
        graph: as ``lower_graph`` gives it.
        states: for outputs that replace a state, the position of the state among the inputs.
        target: the machine.
        shape_of: as of ``SegmentStages``.
    """
    unlowered: set[Node] = set()
    # Of a cut made anew, the segments that were lowered before.
    tried: dict[Any, SegmentStages] = {}
    while True:
        pieces = cut(graph, unlowered)
        own = states if len(pieces) == 1 else {}
        made: list[SegmentStages | Node] = []
        found: set[Node] = set()
        for piece in pieces:
            if isinstance(piece, Node):
                made.append(piece)
                continue
            key = piece.inputs, piece.outputs
            stages = tried.get(key) or SegmentStages(partial(_same, piece), own, target, shape_of)
            tried[key] = stages
            found |= stages.unlowered()
            made.append(stages)
        if not found:
            return made
        unlowered |= found


def _same(segment: Segment) -> Segment:
    return segment


def whole_segment(graph: Graph) -> Segment:
    """The one segment of a graph that is known to have no fallbacks."""
    (segment,) = (piece for piece in cut(graph) if isinstance(piece, Segment))
    return segment

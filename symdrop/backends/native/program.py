"""The native program: compiled segments, and fallbacks to NumPy between them.

A call fills a frame with addresses and sizes, lets ``prepare`` compute the rest, and runs
the step. When a check fails nothing has been written, and the graph is evaluated once more
by its reference semantics, which knows how to say what is wrong.

Read next: ../../compiler/__init__.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import numpy as np

from ...config import config
from ...errors import ArgumentError, shown
from ...graph import Graph, Node
from ...lower.partition.decomposition import Changed
from ...lower.partition.legality import product_types
from ...lower.partition.segments import Segment
from ...lower.printer import listing
from ...op import Container, SharedVariable, evaluate
from ...ops.known_shapes import KnownShapes, ShapeOf
from ...ops.numpy_maths import NUMPY
from ...threads import lazy
from ..base import Array, KernelList, Listing, Program, own
from .cache_entry import Fingerprint, fingerprint, load_entry, store_entry
from .driver import LOWERING, SegmentStages, lower_graph, partition, whole_segment
from .jit import compiler
from .jit.compile_queue import QUEUE
from .reading import fallback, listings
from .runtime import library
from .runtime.direct import layout
from .segment import NativeSegment, compile_segment
from .selfcheck import sources as first_sources
from .sequence import PieceSequence
from .tiers import TierUp, first_tier, multiplied, tier_of
from .tools.profile import Profile
from .tools.roofline import measure


class NativeProgram(Program):
    """A graph as native code with fallbacks between its segments."""

    backend: ClassVar[str] = "native"
    _tier_up: TierUp | None = None

    def __init__(
        self, graph: Graph, states: Mapping[int, int], target: compiler.Target, shape_of: ShapeOf | None = None
    ) -> None:
        self.graph = graph
        self.target = target
        self.in_place = bool(states)
        self._shape_of = shape_of
        known = fingerprint(graph, states, target, shape_of)
        entry = load_entry(known)
        if entry is not None:
            # Compiled before, and then it was one segment.
            stages = SegmentStages(self._the_segment, states, target, self._likely())
            self.found = "the whole program"
            self.pieces: list[NativeSegment | Node] = [NativeSegment(stages, entry, [n.dtype for n in graph.outputs])]
            self._begin_tier_up(known)
            return
        tier = first_tier()
        library.begin_loading(target, product_types(self.lowered), tier)
        pieces = partition(self.lowered, states, target, self._likely())
        whole = len(pieces) == 1 and isinstance(pieces[0], SegmentStages)
        self.in_place = self.in_place and whole
        lowered = [piece for piece in pieces if isinstance(piece, SegmentStages)]
        wanted = [source for piece in lowered for source in piece.sources(tier)]
        multiplied = dict.fromkeys(suffix for piece in lowered for suffix in piece.multiplied(tier))
        wanted = list(dict.fromkeys(wanted + first_sources(tier, multiplied)))
        fresh = compiler.compile_objects(wanted, tier=tier).fresh
        self.found = f"{len(wanted) - fresh} of {len(wanted)} pieces of code, those of the runtime included"
        self.pieces = [compile_segment(piece, tier) if isinstance(piece, SegmentStages) else piece for piece in pieces]
        found = known if whole else Fingerprint(None, ())
        _store(found, self.segments)
        self._begin_tier_up(found)

    def _begin_tier_up(self, known: Fingerprint) -> None:
        """Have full code made behind the program, unless it has it or is to do without."""
        if self.tier == "quick" and config.tiered_compilation == "on":
            # No method of this program: while it waits for full code nobody but its user is to keep it alive.
            self._tier_up = TierUp(self.segments, partial(_store, known, self.segments))

    def _likely(self) -> ShapeOf | None:
        """Gives the shapes of the nodes for which memory is laid out, where somebody has said so."""
        given = self._shape_of
        return None if given is None else KnownShapes({leaf: given(leaf) for leaf in self.graph.inputs})

    @lazy(LOWERING)
    def _lowering(self) -> Changed:
        return lower_graph(self.graph)

    @property
    def lowered(self) -> Graph:
        """The graph in terms that kernels are made of."""
        return self._lowering[0]

    @lazy(LOWERING)
    def decomposed(self) -> Graph:
        """The same as a stage of the function: closed over its states, which are no inputs of it."""
        inputs = [node for node in self.lowered.inputs if not isinstance(node, SharedVariable)]
        return Graph(inputs, self.lowered.outputs, self.lowered.labels)

    def stages(self) -> Mapping[str, Callable[[], Graph | KernelList]]:
        return {"decomposed": lambda: self.decomposed, **super().stages()}

    def _the_segment(self) -> Segment:
        return whole_segment(self.lowered)

    @lazy(LOWERING)
    def kernels(self) -> list[str]:  # type: ignore[override]
        """A line for every kernel and every fallback."""
        return [line for piece in self.pieces for line in _kernels(piece)]

    @property
    def tier(self) -> compiler.Tier:
        return tier_of(self.segments)

    def wait(self, timeout: float | None) -> bool:
        if self._tier_up is None:
            return True
        self._tier_up.begin()
        return QUEUE.wait(self._tier_up, timeout)

    @property
    def segments(self) -> list[NativeSegment]:
        """The native parts."""
        return [piece for piece in self.pieces if isinstance(piece, NativeSegment)]

    @property
    def multiplied(self) -> list[str]:
        """The types, by their suffixes, whose products it calls."""
        return multiplied(self.segments)

    @property
    def fallbacks(self) -> list[Node]:
        """The nodes that NumPy computes."""
        return [piece for piece in self.pieces if isinstance(piece, Node)]

    def __call__(self, values: Sequence[Array], spares: Sequence[Array | None]) -> Sequence[Array]:
        if len(self.pieces) == 1 and isinstance(self.pieces[0], NativeSegment):
            results = self.pieces[0](values)
            return results if results is not None else self._reference(values)
        outputs = self._sequence(values)
        return self._reference(values) if outputs is None else own(outputs, values)

    @lazy(LOWERING)
    def _sequence(self) -> PieceSequence:
        """The pieces as a call goes through them."""
        return PieceSequence(self.pieces, self.lowered)

    def _reference(self, values: Sequence[Array]) -> Sequence[Array]:
        """The outputs by the plainest means there are; raises what is wrong with the values."""
        with np.errstate(all="ignore"):
            results = evaluate(self.graph, NUMPY, dict(zip(self.graph.inputs, values, strict=True)))
        return own(results, values)

    def direct(self, containers: Sequence[Container], outputs: int, single: bool) -> Callable[..., Any] | None:
        segment = self.pieces[0] if len(self.pieces) == 1 else None
        if not isinstance(segment, NativeSegment) or layout() is None or config.guard != "off":
            return None
        updated = len(self.graph.outputs) - outputs
        if len(segment.convention.in_place) != updated:
            return None
        return segment.make_direct(
            inputs=[node.type for node in self.graph.inputs],
            outputs=[node.type for node in self.graph.outputs],
            containers=containers,
            pools=segment.pools[:outputs],
            single=single,
        )

    def profile(self, values: Sequence[Array], repeats: int) -> Profile:
        self.wait(None)
        threads = config.threads
        if len(self.pieces) != 1 or not isinstance(self.pieces[0], NativeSegment):
            raise ArgumentError(f"profile: only programs of one native call have one, and this has {self.kernels}")
        found = self.pieces[0].profile(values, repeats)
        if found is None:
            self._reference(values)
            raise ArgumentError("profile: these arguments are refused")
        times, memory = found
        return Profile(tuple(times), memory, measure(threads))

    def listings(self, assembly: bool) -> list[Listing]:
        return listings(self.pieces, self.graph, self._lowering[1], assembly)

    def source(self, what: str) -> str:
        texts = []
        for piece in self.pieces:
            if isinstance(piece, Node):
                texts.append(f"fallback {shown(piece)}: {fallback(piece)}\n")
            elif what == "kernels":
                texts.append(listing(piece.lowered.module))
            elif what == "lanes":
                texts.append(listing(piece.lowered.module, full=True))
            elif what == "llvm":
                texts.append(piece.lowered.text)
            elif what == "asm":
                texts.append(compiler.assembly(piece.lowered.text, piece.target))
            else:
                raise ArgumentError(f"source({shown(what)}): expected 'kernels', 'lanes', 'llvm' or 'asm'")
        return "\n".join(texts)


def _store(known: Fingerprint, segments: Sequence[NativeSegment]) -> None:
    for segment in segments:
        store_entry(known, segment.entry)


def _kernels(piece: NativeSegment | Node) -> list[str]:
    if isinstance(piece, Node):
        return [f"fallback: {piece!r}"]
    return [nest.title for nest in piece.lowered.module.nests]

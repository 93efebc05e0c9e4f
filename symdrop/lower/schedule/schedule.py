"""Scheduling: the order of kernels, and which outputs are written over the states they replace.

Liveness: a state may be overwritten when nobody reads its old value any more.

* Other kernels that read it run before, and so does every kernel in which a check may fail.
* The kernel that overwrites it computes all values of a pass at a point before it stores any
  there. It may read the state at that point, in the pass of its write or an earlier one.
* A product, or what is put together by parts, starts from one value, which is put into its
  place first. It may read the state as that value, and as nothing else; nor may its epilogue,
  which comes when a block of the product is there.

What such a kernel reads at its points alone may lie in the state's memory before, under the same
rules, so that a new value that is made in two steps needs no memory of its own.

Memory has one name: no two inputs, states or places overlap, so all reads of a state are
reads of one node. Where the rule does not hold (two states exchange their values) the new
value is computed aside and copied at the end. So by the time the first state is touched,
nothing can fail. Argued in docs/decisions/0018-when-a-state-may-be-overwritten.md.

Source: destructive updates after the last read, P. Hudak and A. Bloss, "The aggregate update
problem in functional programming systems", POPL 1985.

Read next: ../loops/__init__.py
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ...graph import Graph, Node
from ..fusion.access_analysis import is_identity
from ..fusion.fusion import Fusion
from ..fusion.kernel import UNFUSIBLE, Kernel, MaterializedValue
from ..vectorize.elemental import Axes
from .precedence_graph import Precedence


@dataclass(slots=True)
class Schedule:
    """Kernels in order.

    Attributes:
        kernels: in the order in which they run.
        in_place: for outputs written over a state by the kernel that computes them, the position of that input.
        copied_back: the same for outputs that are copied over their state at the end.
        intermediate: the same for values that lie in a state's memory until an output is written over them.
        commit_point: how many kernels run until no run-time check can fail any more.
    """

    kernels: list[Kernel]
    in_place: dict[int, int]
    copied_back: dict[int, int]
    intermediate: dict[Node, int]
    commit_point: int


def schedule(graph: Graph, fusion: Fusion, states: Mapping[int, int], may_fail_late: bool = False) -> Schedule:
    """Order the kernels of a graph.

    Args:
        graph: the graph.
        fusion: its kernels.
        states: for outputs that replace a state, the position of the state among the inputs.
        may_fail_late: whether a check may fail after a state was overwritten.
    """
    kernels = fusion.kernels
    home = {node: kernel for kernel in reversed(kernels) for unit in kernel.units for node in unit.made}
    failing = [] if may_fail_late else [kernel for kernel in kernels if kernel.may_fail]
    # None is the commit point, from which on no check fails: only then are states overwritten.
    last = kernels.index(failing[-1]) + 1 if failing else 0
    precedence: Precedence[Kernel | None] = Precedence([*kernels[:last], None, *kernels[last:]])
    for kernel in kernels:
        for other in kernel.feeds:
            precedence.add(kernel, other)
    for kernel in failing:
        precedence.add(kernel, None)
    early = precedence.before([None])
    readers = _readers(kernels, {graph.inputs[position] for position in states.values()})
    in_place: dict[int, int] = {}
    copied_back: dict[int, int] = {}
    overwriting: set[Node] = set()
    for output, position in states.items():
        node, state = graph.outputs[output], graph.inputs[position]
        kernel = home[node]
        others = [other for other in readers[state] if other is not kernel]
        possible = kernel not in early and _may_overwrite(kernel, node, state) and not precedence.leads(kernel, others)
        # A product, or what is put together, is written to one place.
        again = _writer(kernel, node).kind in UNFUSIBLE and node in overwriting
        if not possible or again:
            copied_back[output] = position
            continue
        in_place[output] = position
        overwriting.add(node)
        for reader in (None, *others):
            precedence.add(reader, kernel)
    intermediate: dict[Node, int] = {}
    for output, position in in_place.items():
        node, state = graph.outputs[output], graph.inputs[position]
        for value in _possible_intermediates(graph, fusion, home, node, state):
            maker, kernel = home[value], home[node]
            replaced, using = ([*_readers(kernels, {one})[one]] for one in (state, value))
            before = [other for other in replaced if other is not maker]
            after = [other for other in using if other is not kernel]
            if maker not in early and not precedence.leads(maker, before) and not precedence.leads(kernel, after):
                intermediate[value] = position
                for reader in (None, *before):
                    precedence.add(reader, maker)
                for reader in after:
                    precedence.add(reader, kernel)
                break
    order = list(filter(None, precedence.order()))
    safe = max((i + 1 for i, kernel in enumerate(order) if kernel.may_fail), default=0)
    return Schedule(order, in_place, copied_back, intermediate, safe)


def _possible_intermediates(
    graph: Graph, fusion: Fusion, home: Mapping[Node, Kernel], node: Node, state: Node
) -> Iterator[Node]:
    """The values that could lie where a state lay, until the new value of the state is written over them."""
    kernel, sizes = home[node], fusion.memory.sizes(state)
    if any(state in unit.reads.at for unit in kernel.units):
        return
    for value in _writer(kernel, node).reads.at:
        fits = value.dtype == state.dtype and value in home and fusion.memory.sizes(value) == sizes
        if not fits or value.is_leaf or home[value] is kernel or value in graph.outputs:
            continue
        if _may_overwrite(home[value], value, state) and _may_overwrite(kernel, node, value):
            yield value


def _readers(kernels: Iterable[Kernel], states: Collection[Node]) -> dict[Node, list[Kernel]]:
    """For every state the kernels that read it."""
    found: dict[Node, list[Kernel]] = {state: [] for state in states}
    for kernel in kernels:
        for node in dict.fromkeys(node for unit in kernel.units for node in unit.reads.at if node in found):
            found[node].append(kernel)
    return found


def _writer(kernel: Kernel, node: Node) -> MaterializedValue:
    return next(unit for unit in kernel.units if node in unit.made)


def _may_overwrite(kernel: Kernel, node: Node, state: Node) -> bool:
    """True if the kernel that computes a node may write it over a state while it runs."""
    writer = _writer(kernel, node)
    if writer.kind == "control":
        return False
    if writer.kind in UNFUSIBLE:
        # What it starts from is put there before anything else is read, or an epilogue computed.
        alone = not any(state in unit.reads.at for unit in kernel.units if unit is not writer)
        return alone and _only_at(writer.reads.at.get(state, ()), range(state.ndim), state)
    return all(_same_point(kernel, unit, writer, state) for unit in kernel.units)


def _same_point(kernel: Kernel, unit: MaterializedValue, writer: MaterializedValue, state: Node) -> bool:
    """True if a unit reads the state only where the writer is about to write."""
    accesses = unit.reads.at.get(state, set())
    if not accesses:
        return True
    if writer.loop_level == "innermost":
        # Not in a later pass, which would read what this one has written.
        stage = kernel.stages()
        in_time = unit.loop_level in ("innermost", "reduction") and stage[unit] <= stage[writer]
        return in_time and _only_at(accesses, range(len(kernel.space)), state)
    if writer.loop_level == "reduction" or not kernel.parallel_axes:
        return False
    # All passes over a row precede the write to it if their stage is smaller than the writer's.
    stage = kernel.stages()
    if unit.loop_level == "outer":
        return stage[unit] <= stage[writer] and _only_at(accesses, range(len(kernel.parallel_axes)), state)
    return stage[unit] < stage[writer] and _only_at(accesses, kernel.parallel_axes, state)


def _only_at(accesses: Iterable[Axes], expected: Sequence[int], state: Node) -> bool:
    """True if a state is read only at the expected coordinates."""
    sizes = [-1 if size is None else size for size in state.type.shape]
    return all(is_identity(axes, expected, sizes) for axes in accesses)

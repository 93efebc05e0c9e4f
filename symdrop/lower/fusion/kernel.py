"""Kernels as sets of materialized values: those computed in one loop nest, each at a loop level of it.

A *unit* is a materialized (stored) value and how it is computed. It joins a kernel that runs over the same space if
everything it reads is ready by then: in the innermost loop, in the loop over the parallel axes, or after a reduction's
pass. A loop level is where Halide's ``compute_at`` puts a value.

Source: J. Ragan-Kelley et al., "Halide", PLDI 2013; parallel and reduction iterators as in MLIR's linalg.

Read next: fusion.py
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...graph import Node
from ...op import Draw, Reduction, Size
from ...op.base import label_of
from ..ir.frame import FrameLayout, without_ones
from ..vectorize.elemental import Axes
from ..vectorize.reductions import NUMBERED, carries_one_value
from .access_analysis import AccessSet, is_identity
from .product_operands import ComputedOperand

# Nodes computed in place in one kernel: beyond, compiling takes longer than it gains.
MOST_IN_KERNEL = 240
# Nodes in a kernel of which many columns at a time still fit into the registers.
FEW_OPERATIONS = 6
# Kinds of values that begin a kernel, or a loop of kernels, of their own.
UNFUSIBLE = ("product", "piecewise", "control")
# Rows of a product's result that are shorter are consumed in a loop over all its elements in C order.
SHORT_ROW = 16


@dataclass(eq=False, slots=True)
class MaterializedValue:
    """A stored value and how it is computed.

    Attributes:
        node: whose value it is.
        kind: "map", elementwise over its own sizes; "reduce"; "product", a contraction; "piecewise", each part of its
            buffer by a loop nest of its own; "control", the values of a loop or a branch.
        space: the sizes it is computed over; of a reduction those of its operand, of a product its own and the one
            summed over.
        reduction_axes: the axes of the space that a reduction removes.
        reads: what it reads.
        made: the nodes whose values it gives; for loops and branches the items of their nodes.
        computed: of a product both operands, None for one that lies in memory.
        loop_level: where in the loop nest it is computed: "innermost" (at every point), "reduction" (accumulated over
            the points, known after the pass), or "outer" (once for every point of the parallel axes).

    A product is a reduction of its summed axis, the last of its space; what is fused with it is "outer".
    """

    node: Node
    kind: str
    space: tuple[Size, ...]
    reduction_axes: tuple[int, ...]
    reads: AccessSet
    loop_level: str = "innermost"
    made: tuple[Node, ...] = ()
    computed: tuple[ComputedOperand | None, ComputedOperand | None] = (None, None)

    def __post_init__(self) -> None:
        self.made = self.made or (self.node,)

    @property
    def combine(self) -> str | None:
        """How partial results of its reduction are combined; None if it is no reduction."""
        return self.node.op.combine if isinstance(self.node.op, Reduction) else None


@dataclass(eq=False, slots=True)
class Kernel:
    """Stored values computed in one loop nest, or a matrix product.

    Attributes:
        units: in an order in which they can be computed.
        space: what it runs over.
        reduction_axes: the axes that its reductions remove; None while it has none.
        parallel_axes: the axes that remain after its reductions, over which threads run.
        outer_space: their sizes.
        feeds: the kernels that read what it computes.
        before: of the kernels that must run before it, all that a value could have joined since it was begun.
    """

    units: list[MaterializedValue]
    space: tuple[Size, ...]
    reduction_axes: tuple[int, ...] | None
    parallel_axes: tuple[int, ...] = field(init=False)
    outer_space: tuple[Size, ...] = field(init=False)
    feeds: dict[Kernel, None] = field(default_factory=dict)
    before: set[Kernel] = field(default_factory=set)
    _own: dict[Node, MaterializedValue] = field(default_factory=dict)
    _read: set[Node] = field(default_factory=set)
    _inlined: int = 0

    def __post_init__(self) -> None:
        self._reduce(self.reduction_axes)

    def _reduce(self, axes: tuple[int, ...] | None) -> None:
        self.reduction_axes = axes
        self.parallel_axes = tuple([axis for axis in range(len(self.space)) if axis not in (axes or ())])
        self.outer_space = tuple([self.space[axis] for axis in self.parallel_axes])

    def add(self, unit: MaterializedValue) -> None:
        """Fuse one more value into it."""
        self.units.append(unit)
        self._own[unit.node] = unit
        self._read.update(unit.reads.at)
        self._inlined += len(unit.reads.inline)
        if unit.loop_level == "reduction":
            self._reduce(unit.reduction_axes)

    def loop_level_of(self, unit: MaterializedValue, made_by: Mapping[Node, Kernel], memory: FrameLayout) -> str | None:
        """The loop level at which a unit would be computed in it, or None if it does not fit."""
        if self.is_unfusible or unit.kind in UNFUSIBLE or unit.node in self._own:
            return None
        level = _shape_fits(self, unit, memory)
        if level is None or self._inlined + len(unit.reads.inline) > MOST_IN_KERNEL:
            return None
        if self.is_product and level != "outer":
            return None
        shared = False
        for node, accesses in unit.reads.at.items():
            producer = self._own.get(node)
            if producer is not None:
                shared = True
                if not all(_ready(self, producer, level, axes, memory) for axes in accesses):
                    return None
            elif node in made_by and self in made_by[node].before:
                return None
            shared = shared or node in self._read
        if level == "outer":
            shared = any(self._own[node].loop_level != "innermost" for node in unit.reads.at if node in self._own)
        return level if shared or self.space == () else None

    @property
    def reduces_columns_simply(self) -> bool:
        """True if each lane reduces a column of little arithmetic, and carries one value."""
        axes = self.reduction_axes
        if not axes or self.runs_flat or len(self.space) - 1 in axes or self.draws:
            return False
        if sum(len(unit.reads.inline) for unit in self.units) > FEW_OPERATIONS:
            return False
        reductions = [unit for unit in self.units if unit.loop_level == "reduction"]
        return all(carries_one_value(unit.combine, unit.node.dtype) for unit in reductions)

    @property
    def joined_axes(self) -> tuple[int, ...]:
        """The last axes that reductions remove, where these can be gone through as one; at least the last axis."""
        first = last = len(self.space) - 1
        if any(unit.combine in NUMBERED for unit in self.units):
            return (last,)
        inside = [unit for unit in self.units if unit.loop_level != "outer"]
        while first - 1 in (self.reduction_axes or ()) and self.space[first - 1] != 1 and self.space[last] != 1:
            run = tuple(range(first - 1, last + 1))
            if not all(unit.reads.joins(run) for unit in inside):
                break
            first -= 1
        return tuple(range(first, last + 1))

    @property
    def is_product(self) -> bool:
        """True if it is a matrix product."""
        return self.units[0].kind == "product"

    @property
    def is_unfusible(self) -> bool:
        """True if its one value is computed in a way that no other can join."""
        return self.units[0].kind in UNFUSIBLE and not self.is_product

    @property
    def runs_flat(self) -> bool:
        """True if it runs in C order over all elements, as one long row."""
        whole = self.reduction_axes is None or not self.parallel_axes
        if not whole or any(unit.combine in NUMBERED for unit in self.units):
            return False
        return len(self.space) == 1 or all(unit.reads.flat for unit in self.units)

    @property
    def draws(self) -> list[Node]:
        """The draws it computes."""
        return [node for unit in self.units for node in unit.reads.inline if isinstance(node.op, Draw)]

    @property
    def title(self) -> str:
        """The name of its computation, for readers."""
        return ", ".join(label_of(unit.node) for unit in self.units)

    def stages(self) -> dict[MaterializedValue, int]:
        """For every unit the number of the pass it belongs to: what a reduction gives is known after its pass."""
        made = {unit.node: unit for unit in self.units}
        stage: dict[MaterializedValue, int] = {}
        for unit in self.units:
            needed = [made[node] for node in unit.reads.at if node in made and made[node] is not unit]
            stage[unit] = max((stage[u] + (u.loop_level == "reduction") for u in needed if u in stage), default=0)
        return stage

    def passes(self) -> list[tuple[list[MaterializedValue], list[MaterializedValue]]]:
        """The passes in order: what the outer loop computes before the pass, and what the pass computes."""
        stage = self.stages()
        passes: list[tuple[list[MaterializedValue], list[MaterializedValue]]] = []
        for number in range(max(stage.values()) + 1):
            now = [unit for unit in self.units if stage[unit] == number]
            passes.append(([u for u in now if u.loop_level == "outer"], [u for u in now if u.loop_level != "outer"]))
        return passes

    @property
    def may_fail(self) -> bool:
        """True if a run-time check may fail while computing."""
        return any(unit.reads.may_fail for unit in self.units)


def fits_epilogue(unit: MaterializedValue) -> bool:
    """True if a value may be computed from blocks of a product: these have rows, or a column, to walk along."""
    if unit.kind != "map" or not without_ones(unit.space[-2:]):
        return False
    last = unit.space[-1]
    return not isinstance(last, int) or last == 1 or last >= SHORT_ROW


def has_long_rows(unit: MaterializedValue) -> bool:
    """True if the rows of a value are known to fill vectors."""
    last = unit.space[-1]
    return isinstance(last, int) and last >= SHORT_ROW


def _shape_fits(kernel: Kernel, unit: MaterializedValue, memory: FrameLayout) -> str | None:
    if unit.kind == "reduce":
        return (
            "reduction" if unit.space == kernel.space and kernel.reduction_axes in (None, unit.reduction_axes) else None
        )
    if unit.space == kernel.space:
        return "innermost"
    return "outer" if kernel.reduction_axes and unit.space == kernel.outer_space and unit.space else None


def _ready(kernel: Kernel, producer: MaterializedValue, level: str, axes: Axes, memory: FrameLayout) -> bool:
    """True if a value of the kernel is known at the point where another unit of it needs it."""
    sizes = memory.sizes(producer.node)
    if producer.loop_level == "innermost":
        return level != "outer" and is_identity(axes, range(len(kernel.space)), sizes)
    # The whole is known only after the last point, unless the kernel keeps an axis.
    if not kernel.parallel_axes:
        return False
    expected = range(len(sizes)) if level == "outer" else kernel.parallel_axes
    return is_identity(axes, tuple(expected), sizes)

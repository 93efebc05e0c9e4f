"""Fusion: which nodes are stored, and which of these are computed together in one kernel.

Stored are the outputs, reductions, what a matrix product reads or makes, and what would be
dear to compute twice. Everything else, dropout masks above all, is computed where it is
used. Then kernels are grown greedily: a stored value joins a kernel that runs over the
same space if everything it reads is ready by then, and if no path leads out of the kernel
and back into it (the kernels of a step form an acyclic graph).

Read next: precedence.py
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..graph import Graph, Node
from ..op import Draw, Elementwise, Reduction, Size, constant_scalar
from ..ops.scan import Loop, scan
from .accumulate import NUMBERED
from .memory import Memory
from .placed import PLACED, chain, links, placed_reads, stored_before
from .products import PRODUCTS, factors, operand
from .reads import ELSEWHERE, Axes, Reads, is_identity, may_refuse, reads
from .support import CONTROL

# A node is dear if computing it takes about as long as this many additions: then it is stored, not computed twice.
DEAR = 8
# Nodes computed in place of one stored value, and in one kernel: beyond, compiling takes longer than it gains.
MOST_INLINE = 120
MOST_IN_KERNEL = 240
# Kernels that a value may join: those begun last.
WINDOW = 24
# Kinds of values that have a kernel, or a loop of kernels, of their own.
ALONE = ("product", "placed", "control")


def is_of_control(node: Node) -> bool:
    """True if a node is one of the values of a loop or a branch."""
    return node.op.name == "item" and node.inputs[0].op.name in CONTROL


@dataclass(eq=False, slots=True)
class Unit:
    """A stored value and how it is computed: a "map" over its own sizes, a "reduce", a "product",
    "placed" by parts, or the values of a "control" node.

    Attributes:
        node: whose value it is.
        kind: how it is computed.
        space: the sizes it is computed over; of a reduction those of its operand.
        axes: the axes of the space a reduction removes.
        reads: what it reads.
        made: the nodes whose values it gives; for loops and branches the items of their nodes.
        level: its place in a kernel: "full" (every point), "reduce", or "kept" (once for the points a reduction joins).
    """

    node: Node
    kind: str
    space: tuple[Size, ...]
    axes: tuple[int, ...]
    reads: Reads
    level: str = "full"
    made: tuple[Node, ...] = ()

    def __post_init__(self) -> None:
        self.made = self.made or (self.node,)


@dataclass(eq=False, slots=True)
class Kernel:
    """Stored values computed in one loop nest, or a matrix product.

    Attributes:
        units: in an order in which they can be computed.
        space: what it runs over.
        axes: the axes that its reductions remove; None while it has none.
        feeds: the kernels that read what it computes.
        before: of the kernels that must run before it, all that a value could have joined since it was begun.
    """

    units: list[Unit]
    space: tuple[Size, ...]
    axes: tuple[int, ...] | None
    feeds: dict[Kernel, None] = field(default_factory=dict)
    before: set[Kernel] = field(default_factory=set)
    _own: dict[Node, Unit] = field(default_factory=dict)
    _read: set[Node] = field(default_factory=set)
    _inlined: int = 0

    def add(self, unit: Unit) -> None:
        """Compute one more value in it."""
        self.units.append(unit)
        self._own[unit.node] = unit
        self._read.update(unit.reads.at)
        self._inlined += len(unit.reads.inline)
        if unit.kind == "reduce":
            self.axes = unit.axes

    def level_of(self, unit: Unit, made_by: Mapping[Node, Kernel], memory: Memory) -> str | None:
        """How a unit would stand in it, or None if it does not fit."""
        if self.stands_alone or unit.kind in ALONE or unit.node in self._own:
            return None
        level = _shape_fits(self, unit, memory)
        if level is None or self._inlined + len(unit.reads.inline) > MOST_IN_KERNEL:
            return None
        shared = False
        for node, places in unit.reads.at.items():
            producer = self._own.get(node)
            if producer is not None:
                shared = True
                if not all(_ready(self, producer, level, axes, memory) for axes in places):
                    return None
            elif node in made_by and self in made_by[node].before:
                return None
            shared = shared or node in self._read
        if level == "kept":
            shared = any(self._own[node].level != "full" for node in unit.reads.at if node in self._own)
        return level if shared or self.space == () else None

    @property
    def is_product(self) -> bool:
        """True if it is a matrix product."""
        return self.units[0].kind == "product"

    @property
    def stands_alone(self) -> bool:
        """True if it computes its one value in a way of its own."""
        return self.units[0].kind in ALONE

    @property
    def kept(self) -> tuple[int, ...]:
        """The axes that remain after its reductions."""
        return tuple(axis for axis in range(len(self.space)) if axis not in (self.axes or ()))

    @property
    def runs_flat(self) -> bool:
        """True if it runs in C order over all elements, as one long row."""
        whole = self.axes is None or not self.kept
        if not whole or any(unit.node.op.name in NUMBERED for unit in self.units):
            return False
        return len(self.space) == 1 or all(unit.reads.flat for unit in self.units)

    @property
    def draws(self) -> list[Node]:
        """The draws it computes."""
        return [node for unit in self.units for node in unit.reads.inline if isinstance(node.op, Draw)]

    @property
    def title(self) -> str:
        """The name of its computation, for readers."""
        return ", ".join(unit.node.name or unit.node.op.name for unit in self.units)

    def stages(self) -> dict[Unit, int]:
        """For every unit the number of the pass it belongs to: what a reduction gives is known after its pass."""
        made = {unit.node: unit for unit in self.units}
        stage: dict[Unit, int] = {}
        for unit in self.units:
            needed = [made[node] for node in unit.reads.at if node in made and made[node] is not unit]
            stage[unit] = max((stage[u] + (u.level == "reduce") for u in needed if u in stage), default=0)
        return stage

    def passes(self) -> list[tuple[list[Unit], list[Unit]]]:
        """The passes in order: what is computed once a kept point before the pass, and what the pass computes."""
        stage = self.stages()
        passes: list[tuple[list[Unit], list[Unit]]] = []
        for number in range(max(stage.values()) + 1):
            now = [unit for unit in self.units if stage[unit] == number]
            passes.append(([u for u in now if u.level == "kept"], [u for u in now if u.level != "kept"]))
        return passes

    @property
    def refuses(self) -> bool:
        """True if some value may be refused while computing."""
        return any(unit.reads.refuses for unit in self.units)


class Fusion:
    """Kernels for the outputs of a graph.

    Args:
        graph: the graph, decomposed.
        memory: knows its sizes.
    """

    def __init__(self, graph: Graph, memory: Memory) -> None:
        self.graph = graph
        self.memory = memory
        self.order = graph.nodes()
        self.roots: set[Node] = set(graph.outputs)
        self._links = links(graph)
        self._items: dict[Node, list[Node]] = {}
        for node in filter(is_of_control, self.order):
            self._items.setdefault(node.inputs[0], []).append(node)
        self._cost: dict[Node, int] = {}
        self._inlined: dict[Node, int] = {}
        self._choose_roots()
        self.kernels = self._group()
        for _ in range(4):
            twice = self._computed_twice()
            if not twice:
                break
            self.roots |= twice
            self._choose_roots()
            self.kernels = self._group()

    # What is stored.

    def is_root(self, node: Node) -> bool:
        """True if a node's value is stored."""
        return node in self.roots

    def is_link(self, node: Node) -> bool:
        """True if a value is changed again where it is, by whoever needs it."""
        return node in self._links and node not in self.roots

    def _choose_roots(self) -> None:
        for node in self.order:
            if node.is_leaf or (node.items is not None and node.op.name not in CONTROL):
                continue
            if node.op.name in CONTROL or is_of_control(node):
                self.roots.add(node)
            stored = node.op.name in PRODUCTS or (node.op.name == "position" and node.ndim)
            placed = node.op.name in PLACED and node not in self._links
            if stored or placed or isinstance(node.op, Reduction):
                self.roots.add(node)
            for source in self._must_be_stored(node):
                if not source.is_leaf:
                    self.roots.add(source)
            if node.items is None:
                self._weigh(node)

    def _must_be_stored(self, node: Node) -> Iterable[Node]:
        if node.op.name in PRODUCTS:
            return [operand(factor)[0] for factor in factors(node)]
        if node.op.name in PLACED:
            return stored_before(node)
        if node.op.name in CONTROL:
            return [source for source in self._stored_inputs(node) if constant_scalar(source) is None]
        if is_of_control(node):
            return ()
        if node.op.name == "item":
            return node.inputs[0].inputs[:1]
        if node.op.name in ("reshape", "gather", "subtensor"):
            return node.inputs[:1]
        if node.op.name == "broadcast":
            source = node.inputs[0]
            while source.op.name == "dimshuffle":
                source = source.inputs[0]
            return [source] if source.ndim and self._dear(source) else []
        return ()

    def _weigh(self, node: Node) -> None:
        sources = [source for source in node.inputs if source not in self.roots and source.items is None]
        own = 1
        if isinstance(node.op, Elementwise):
            own = 1 if node.op.returns != "float" else 3 if node.op.linear_in else 10
        elif isinstance(node.op, Draw):
            own = 0
        # A single number is computed once, before any loop.
        self._cost[node] = own + sum(self._cost.get(source, 0) for source in sources if source.ndim)
        self._inlined[node] = 1 + sum(self._inlined.get(source, 0) for source in sources)
        if self._inlined[node] > MOST_INLINE and not isinstance(node.op, Draw):
            self.roots.add(node)

    def _dear(self, node: Node) -> bool:
        return node not in self.roots and self._cost.get(node, 0) >= DEAR

    def _computed_twice(self) -> set[Node]:
        """Dear nodes that several kernels compute for themselves, those nearest to the outputs."""
        where: dict[Node, set[int]] = {}
        for number, kernel in enumerate(self.kernels):
            for unit in kernel.units:
                for node in unit.reads.inline - {unit.node}:
                    where.setdefault(node, set()).add(number)
        dear = {n for n, kernels in where.items() if len(kernels) > 1 and n.ndim and self._dear(n)}
        covered = {x for node in dear for x in node.inputs if x in dear and where[node] >= where[x]}
        return {node for node in dear - covered if not isinstance(node.op, Draw)}

    # What is computed together.

    def _units(self) -> list[Unit]:
        listed = [node for node in self.order if node in self.roots and not is_of_control(node)]
        return [self._unit(node) for node in listed if not node.is_leaf or node in self.graph.outputs]

    def _stored_inputs(self, node: Node) -> Sequence[Node]:
        """The inputs that a loop or a branch reads from memory; the others are computed at its beginning."""
        if node.op is not scan:
            return node.inputs[1:]
        loop = Loop(node)
        return (*loop.sequences, *loop.captured)

    def _control(self, node: Node) -> Unit:
        made = Reads(flat=False, refuses=may_refuse(self.memory, node))
        stored = self._stored_inputs(node)
        for source in stored:
            if constant_scalar(source) is None:
                made.at.setdefault(source, set()).add((ELSEWHERE,) * source.ndim)
        loop = Loop(node) if node.op is scan else None
        begins = (loop.rows, loop.first, loop.count, *loop.initial) if loop is not None else node.inputs[:1]
        for source in begins:
            made.add(self.memory, source, tuple(range(source.ndim)), self.memory.sizes(source), self.is_root)
        return Unit(node, "control", (), (), made, made=tuple(self._items.get(node, ())))

    def _product(self, node: Node, sizes: Sequence[Size]) -> Reads:
        """The reads of a matrix product: what it is added to at the points themselves, its factors anywhere."""
        made = Reads()
        if node.op.name == "gemm":
            made.add(self.memory, node.inputs[0], tuple(range(node.ndim)), sizes, self.is_root)
        for factor in factors(node):
            base = operand(factor)[0]
            made.at.setdefault(base, set()).add((ELSEWHERE,) * base.ndim)
        for scalar in node.inputs[3:]:
            made.add(self.memory, scalar, (), (), self.is_root)
        return made

    def _unit(self, node: Node) -> Unit:
        if node.op.name in CONTROL:
            return self._control(node)
        sizes = self.memory.sizes(node)
        if node.op.name in PRODUCTS:
            return Unit(node, "product", sizes, (), self._product(node, sizes))
        if node.op.name in PLACED:
            return Unit(node, "placed", sizes, (), placed_reads(self.memory, chain(node, self.is_link), self.is_root))
        if isinstance(node.op, Reduction):
            source = node.inputs[0]
            space = self.memory.sizes(source)
            found = reads(self.memory, source, tuple(range(source.ndim)), space, self.is_root)
            if self.is_root(source) and not source.is_leaf:
                found = Reads({source: {tuple(range(source.ndim))}})
            return Unit(node, "reduce", space, node.params["axis"], found)
        return Unit(node, "map", sizes, (), reads(self.memory, node, tuple(range(node.ndim)), sizes, self.is_root))

    def _group(self) -> list[Kernel]:
        kernels: list[Kernel] = []
        made_by: dict[Node, Kernel] = {}
        for unit in self._units():
            home = None
            for kernel in reversed(kernels[-WINDOW:]):
                level = kernel.level_of(unit, made_by, self.memory)
                if level is not None:
                    home, unit.level = kernel, level
                    break
            if home is None:
                unit.level = "reduce" if unit.kind == "reduce" else "full"
                home = Kernel([], unit.space, None)
                kernels.append(home)
            home.add(unit)
            _note_before(home, unit, kernels[-WINDOW:], made_by)
            for node in unit.made:
                made_by.setdefault(node, home)
        return kernels


def _note_before(home: Kernel, unit: Unit, recent: Sequence[Kernel], made_by: Mapping[Node, Kernel]) -> None:
    """Note what runs before a kernel, and before all that it feeds, now that a unit has joined it.

    Only kernels that a value may still join are asked for, so only these are noted, and the sets stay small.
    """
    sources = {made_by[node] for node in unit.reads.at if node in made_by} - {home}
    for source in sources:
        source.feeds[home] = None
    pending = [(home, sources.union(*(source.before for source in sources)).intersection(recent))]
    while pending:
        kernel, new = pending.pop()
        new = new - kernel.before
        if new:
            kernel.before |= new
            pending += [(fed, new) for fed in kernel.feeds]


def _shape_fits(kernel: Kernel, unit: Unit, memory: Memory) -> str | None:
    if unit.kind == "reduce":
        return "reduce" if unit.space == kernel.space and kernel.axes in (None, unit.axes) else None
    if unit.space == kernel.space:
        return "full"
    if kernel.axes and unit.space == tuple(kernel.space[axis] for axis in kernel.kept) and unit.space:
        return "kept"
    return None


def _ready(kernel: Kernel, producer: Unit, level: str, axes: Axes, memory: Memory) -> bool:
    """True if a value of the kernel is known at the point where another unit of it needs it."""
    sizes = memory.sizes(producer.node)
    if producer.level == "full":
        return level != "kept" and is_identity(axes, range(len(kernel.space)), sizes)
    # The whole is known only after the last point, unless the kernel keeps an axis.
    if not kernel.kept:
        return False
    expected = range(len(sizes)) if level == "kept" else kernel.kept
    return is_identity(axes, tuple(expected), sizes)

"""Fusion: which nodes are stored, and which of these are computed together in one kernel.

Stored are the outputs, reductions, what a matrix product reads or makes, and what would be
expensive to compute twice. Everything else, dropout masks above all, is computed where it is
used. Then kernels are grown greedily: a stored value joins a kernel that runs over the
same space if everything it reads is ready by then, and if no path leads out of the kernel
and back into it (the kernels of a step form an acyclic graph). What consumes a product at the
same points joins its kernel, as an epilogue.

Source: loop fusion, K. Kennedy and K. McKinley, "Maximizing loop parallelism and improving data
locality via loop fusion and distribution", LCPC 1993.

Read next: ../schedule/__init__.py
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ...graph import Graph, Node
from ...op import Contraction, Draw, Elementwise, Reduction, Size, captures_from, constant_scalar, sequences_of
from ...op.shaped import Sized, View
from ...ops.indexing import in_range
from ..ir.frame import FrameLayout
from ..partition.legality import is_control, is_of_control
from .access_analysis import NON_AFFINE, AccessSet, find_accesses, may_fail
from .joined_parts import stored_in_place
from .kernel import UNFUSIBLE, Kernel, MaterializedValue, fits_epilogue, has_long_rows
from .product_operands import ComputedOperand, computed_operand, factors, operand, scales
from .update_chains import (
    chained_updates,
    computed_by_parts,
    is_piecewise,
    piecewise_accesses,
    stored_before,
    update_chain,
)

# A node is expensive if computing it takes about as long as this many additions: then it is stored, not computed twice.
EXPENSIVE = 8
# Nodes computed in place of one stored value: beyond, compiling takes longer than it gains.
MOST_INLINE = 120
# Kernels that a value may join: those begun last.
WINDOW = 24


class Fusion:
    """The fusion of a graph: the values that are materialised, grouped into kernels.

    Args:
        graph: the graph, decomposed.
        memory: knows its sizes.
    """

    def __init__(self, graph: Graph, memory: FrameLayout) -> None:
        self.graph = graph
        self.memory = memory
        self.order = graph.nodes()
        self.roots: set[Node] = set(graph.outputs)
        self._links = chained_updates(graph)
        self._items: dict[Node, list[Node]] = {}
        for node in filter(is_of_control, self.order):
            self._items.setdefault(node.inputs[0], []).append(node)
        self._cost: dict[Node, int] = {}
        self._weights: dict[Node, tuple[int, list[tuple[Node, bool]]]] = {}
        self._inlined: dict[Node, int] = {}
        # Units and the roots that they were described among: described again are those in whose way a new one lies.
        self._described: dict[Node, MaterializedValue] = {}
        self._among: set[Node] = set()
        self._users = Counter(source for node in self.order for source in node.inputs)
        self._asking = self._store_by_kind()
        self._packed = self._find_packed()
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

    def computed_operand(self, node: Node, factor: Node) -> ComputedOperand | None:
        """An operand of a product if it is computed where it is packed, None if it is stored.

        In a product with a vector every element is used once, and sums are made in parts, for which it has to be there.
        """
        with_vector = any(one.ndim < 2 for one in factors(node)) or 1 in self.memory.sizes(node)[-2:]
        return None if with_vector else computed_operand(factor, self.memory, self.is_root, node.dtype)

    def _find_packed(self) -> set[Node]:
        """The views of operands that are computed where they are packed which nothing but products reads."""
        found, outputs = set(self._operand_views()), set(self.graph.outputs)
        # Users come first: a view of one that somebody else reads is read by somebody else.
        for node in reversed(self.order):
            if node in outputs or (not isinstance(node.op, Contraction) and node not in found):
                found.difference_update((node, *node.inputs))
        return found

    def _operand_views(self) -> Iterable[Node]:
        for node in self.order:
            for factor in factors(node) if isinstance(node.op, Contraction) else ():
                computed = self.computed_operand(node, factor)
                while computed is not None and factor is not computed.source:
                    yield factor
                    factor = factor.inputs[0]

    def is_link(self, node: Node) -> bool:
        """True for an intermediate value of an update chain, which the next update overwrites in place."""
        return node in self._links and node not in self.roots

    def _store_by_kind(self) -> list[tuple[Node, bool]]:
        """Store what always is; gives the nodes that compute, and whether each may ask for what it reads to be."""
        computing = []
        for node in self.order:
            if node.is_leaf or (node.items is not None and not is_control(node)):
                continue
            stored = is_control(node) or is_of_control(node) or isinstance(node.op, Contraction | Reduction)
            if stored or (in_range(node) and node.ndim) or (is_piecewise(node) and node not in self._links):
                self.roots.add(node)
            computing.append((node, not isinstance(node.op, Elementwise) or self.memory.read_map(node) is not None))
        return computing

    def _choose_roots(self) -> None:
        for node, asks in self._asking:
            for source in self._must_be_stored(node) if asks else ():
                if not source.is_leaf:
                    self.roots.add(self.memory.declared(source))
            if node.items is None:
                self._weigh(node)

    def _must_be_stored(self, node: Node) -> Iterable[Node]:
        if isinstance(node.op, Contraction):
            computed = [(one, self.computed_operand(node, one)) for one in factors(node)]
            return [
                source
                for one, packed in computed
                for source in (self._repeated(packed.source) if packed else [operand(one, self.memory)[0]])
            ]
        if is_piecewise(node):
            return *stored_before(node), *stored_in_place(node, self.memory, self.is_root)
        if is_control(node):
            return [source for source in self._stored_inputs(node) if constant_scalar(source) is None]
        if is_of_control(node) or node in self._packed:
            return ()
        read = self.memory.read_map(node)
        if read is None:
            return ()
        if read.indices is None and not self._reads_flat(read.source):
            return [read.source]
        source = self._moved_from(read.source)
        again = read.repeats(self.memory.sizes(node)) or self._users[read.source] > 1
        return [source] if again and source.ndim and self._is_expensive(source) else []

    def _repeated(self, node: Node) -> Sequence[Node]:
        """The expensive value of which a chain of views reads elements again, as windows do; none if it is cheap."""
        while not self.is_root(node) and (read := self.memory.read_map(node)) is not None:
            if read.repeats(self.memory.sizes(node)):
                return [read.source] if self._is_expensive(read.source) else []
            node = read.source
        return []

    def _moved_from(self, node: Node) -> Node:
        """The value at the beginning of a chain of permuting views."""
        while node not in self.roots:
            read = self.memory.read_map(node)
            if read is None or read.repeats(self.memory.sizes(node)):
                break
            if not read.permutes(self.memory.sizes(read.source), self.memory.sizes(node)):
                break
            node = read.source
        return node

    def _reads_flat(self, node: Node) -> bool:
        """True if a value can be computed in C order."""
        if self.is_root(node) or node.is_leaf:
            return True
        axes = tuple(range(node.ndim))
        return find_accesses(self.memory, node, axes, self.memory.sizes(node), self.is_root).flat

    def _weigh(self, node: Node) -> None:
        known = self._weights.get(node)
        if known is None:
            known = self._weights[node] = _own_cost(node), _weighed_sources(node)
        cost, sources = known
        inlined = 1
        for source, is_number in sources:
            if source not in self.roots:
                inlined += self._inlined.get(source, 0)
                # A single number is computed once, before any loop.
                cost += 0 if is_number else self._cost.get(source, 0)
        self._cost[node], self._inlined[node] = cost, inlined
        if inlined > MOST_INLINE and not isinstance(node.op, Draw):
            self.roots.add(node)

    def _is_expensive(self, node: Node) -> bool:
        return node not in self.roots and self._cost.get(node, 0) >= EXPENSIVE

    def _computed_twice(self) -> set[Node]:
        """Expensive nodes that several loop nests compute for themselves, those nearest to the outputs."""
        where: dict[Node, set[tuple[int, int]]] = {}
        for number, kernel in enumerate(self.kernels):
            for unit in kernel.units:
                for part, inline in enumerate(computed_by_parts(self.memory, unit.node, unit.reads, self.is_root)):
                    for node in inline - {unit.node}:
                        where.setdefault(node, set()).add((number, part))
        expensive = {n for n, nests in where.items() if len(nests) > 1 and n.ndim and self._is_expensive(n)}
        covered = {x for node in expensive for x in node.inputs if x in expensive and where[node] >= where[x]}
        return {node for node in expensive - covered if not isinstance(node.op, Draw)}

    # What is computed together.

    def _units(self) -> list[MaterializedValue]:
        listed = [node for node in self.order if node in self.roots and not is_of_control(node)]
        new, self._among = self.roots - self._among, set(self.roots)
        outputs = set(self.graph.outputs)
        return [self._unit_among(node, new) for node in listed if not node.is_leaf or node in outputs]

    def _unit_among(self, node: Node, new: set[Node]) -> MaterializedValue:
        """The unit of a stored value, as it was before some roots were new, if these do not concern it."""
        known = self._described.get(node)
        if known is None or known.kind in UNFUSIBLE or not known.reads.inline.isdisjoint(new):
            known = self._described[node] = self._unit(node)
        return known

    def _stored_inputs(self, node: Node) -> Sequence[Node]:
        """The inputs that a loop or a branch reads from memory; the others are computed at its beginning."""
        stored = *(node.inputs[k] for k in sequences_of(node)), *node.inputs[captures_from(node) :]
        return [self.memory.declared(source) for source in stored]

    def _control(self, node: Node) -> MaterializedValue:
        made = AccessSet(flat=False, may_fail=may_fail(self.memory, node))
        stored = self._stored_inputs(node)
        for source in stored:
            if constant_scalar(source) is None:
                made.at.setdefault(source, set()).add((NON_AFFINE,) * source.ndim)
        first = captures_from(node)
        for source in (node.inputs[k] for k in range(first) if k not in sequences_of(node)):
            made.add(self.memory, source, tuple(range(source.ndim)), self.memory.sizes(source), self.is_root)
        return MaterializedValue(node, "control", (), (), made, made=tuple(self._items.get(node, ())))

    def _product(self, node: Node, sizes: Sequence[Size]) -> AccessSet:
        """The reads of a matrix product: what it is added to at the points themselves, its factors anywhere."""
        made = AccessSet()
        assert isinstance(node.op, Contraction)
        if node.op.added is not None:
            made.add(self.memory, node.inputs[node.op.added], tuple(range(node.ndim)), sizes, self.is_root)
        for factor in factors(node):
            base = operand(factor, self.memory)[0]
            anywhere = (NON_AFFINE,) * base.ndim
            if self.computed_operand(node, factor) is None:
                made.at.setdefault(base, set()).add(anywhere)
            else:
                made.add(self.memory, base, anywhere, self.memory.sizes(base), self.is_root)
        for scalar in scales(node):
            made.add(self.memory, scalar, (), (), self.is_root)
        return made

    def _unit(self, node: Node) -> MaterializedValue:
        if is_control(node):
            return self._control(node)
        sizes = self.memory.sizes(node)
        if isinstance(node.op, Contraction):
            a, b = factors(node)
            space = *sizes, self.memory.sizes(a)[-1]
            computed = self.computed_operand(node, a), self.computed_operand(node, b)
            reads = self._product(node, sizes)
            return MaterializedValue(node, "product", space, (len(sizes),), reads, computed=computed)
        if is_piecewise(node):
            return MaterializedValue(
                node,
                "piecewise",
                sizes,
                (),
                piecewise_accesses(self.memory, update_chain(node, self.is_link), self.is_root),
            )
        if isinstance(node.op, Reduction):
            source = node.inputs[0]
            space = self.memory.sizes(source)
            axes = tuple(range(source.ndim))
            if self.is_root(source) and not source.is_leaf:
                found = AccessSet({source: {axes}}, places={axes})
            else:
                found = find_accesses(self.memory, source, axes, space, self.is_root)
            return MaterializedValue(node, "reduce", space, node.params["axis"], found)
        return MaterializedValue(
            node, "map", sizes, (), find_accesses(self.memory, node, tuple(range(node.ndim)), sizes, self.is_root)
        )

    def _computed_for_reductions(self, units: Sequence[MaterializedValue]) -> set[Node]:
        """The values that reductions over the same space read or share work with: they stay in one loop with these."""
        read: set[tuple[Node, tuple[Size, ...]]] = set()
        for unit in units:
            if unit.kind == "reduce":
                dear = (node for node in unit.reads.inline if isinstance(node.op, Draw) or self._is_expensive(node))
                read.update((node, unit.space) for node in (*unit.reads.at, *dear))
        return {
            unit.node
            for unit in units
            if not read.isdisjoint((node, unit.space) for node in (unit.node, *unit.reads.inline))
        }

    def _is_epilogue(self, unit: MaterializedValue) -> bool:
        """True if a value is computed from blocks of a product; what costs much only where these fill vectors."""
        costs_much = any(isinstance(n.op, Draw) or self._cost.get(n, 0) >= EXPENSIVE for n in unit.reads.inline)
        return fits_epilogue(unit) and (has_long_rows(unit) or not costs_much)

    def _group(self) -> list[Kernel]:
        kernels: list[Kernel] = []
        made_by: dict[Node, Kernel] = {}
        units = self._units()
        reduced = self._computed_for_reductions(units)
        for unit in units:
            home = None
            # Any other kernel runs over another space.
            recent = [one for one in kernels[: -WINDOW - 1 : -1] if unit.space in (one.space, one.outer_space)]
            # First of all the products that it consumes.
            consumed = _products(unit, made_by) if unit.node not in reduced and self._is_epilogue(unit) else ()
            loops = (kernel for kernel in recent if not kernel.is_product)
            for kernel in (*(kernel for kernel in consumed if kernel in recent), *loops):
                level = kernel.loop_level_of(unit, made_by, self.memory)
                if level is not None:
                    home, unit.loop_level = kernel, level
                    break
            if home is None:
                unit.loop_level = "reduction" if unit.kind in ("reduce", "product") else "innermost"
                home = Kernel([], unit.space, None)
                kernels.append(home)
            home.add(unit)
            _note_before(home, unit, kernels[-WINDOW:], made_by)
            for node in unit.made:
                made_by.setdefault(node, home)
        return kernels


def _own_cost(node: Node) -> int:
    """The cost of an element of a node, its inputs being there, in additions."""
    if isinstance(node.op, Elementwise):
        return 1 if node.op.returns != "float" else 3 if node.op.linear_in else 10
    return 0 if isinstance(node.op, Draw | View) else 1


def _weighed_sources(node: Node) -> list[tuple[Node, bool]]:
    """The inputs that a node is computed from, and whether each is a number; sizes are words of the frame."""
    sizes = range(len(node.inputs))[node.op.size_inputs if isinstance(node.op, Sized) else slice(0)]
    given = (source for k, source in enumerate(node.inputs) if k not in sizes)
    return [(source, not source.ndim) for source in given if source.items is None]


def _products(unit: MaterializedValue, made_by: Mapping[Node, Kernel]) -> list[Kernel]:
    """The kernels of products that a unit reads values of."""
    return [kernel for node in unit.reads.at if (kernel := made_by.get(node)) is not None and kernel.is_product]


def _note_before(
    home: Kernel, unit: MaterializedValue, recent: Sequence[Kernel], made_by: Mapping[Node, Kernel]
) -> None:
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

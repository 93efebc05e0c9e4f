"""Graph lowering: fused kernels become loop nests, for a segment or for the body of a loop or branch.

Read next: function_splitting.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from ...errors import VerificationError
from ...graph import Graph, Node, describe
from ...op import Contraction, Size
from ...op.base import label_of
from ...ops.branches import branch
from ...ops.cumulative import PrefixScan
from ...ops.scan import scan
from ...syntax import Operation
from ..fusion.access_analysis import AccessSet, find_accesses
from ..fusion.fusion import Fusion
from ..fusion.joined_parts import Part, parts_of
from ..fusion.kernel import Kernel, MaterializedValue
from ..fusion.update_chains import is_update, update_chain
from ..ir.frame import Buffer, itemsize
from ..ir.kernel_code import KernelCode
from ..ir.loop_nest import LoopNest
from ..loops.concatenate_scatter import concatenate_loops, is_for_one_thread, scatter_loops
from ..loops.epilogue import EpilogueBuilder
from ..loops.loop_builder import LoopNestBuilder, join_partials
from ..loops.matrix_product import matrix_space
from ..loops.nontemporal_stores import nontemporal_variant
from ..loops.prefix_scan import has_one_row, prefix_scan_loops
from ..loops.register_tile import vector_width
from ..memory.shape_function import WorkEstimate
from ..schedule.schedule import Schedule
from ..vectorize.vector_maths import Unlowered
from .canonical_form import FormBuilder
from .conditional import lower_branch
from .kernel_list import KernelListBuilder
from .scan import lower_scan

# Vectors side by side of which a simple reduction of columns takes as many as leave registers for its operands.
COLUMNS = 4
# Bits of the vectors that a machine rotates in one instruction.
WITH_ROTATION = 512

# Kinds of values that are written where a joined value has room for them.
_PLACED = ("map", "reduce", "product")

_CONTROL: Mapping[Operation, Callable[..., None]] = {scan: lower_scan, branch: lower_branch}


class GraphBuilder:
    """A builder of the loop nests of one graph's kernels.

    Args:
        kernels: where they are written.
        graph: what to compute.
        fusion: its kernels.
        plan: their order, and the states that are updated in place.
        inputs: the buffers of the inputs; those of states at least.
        outputs: the buffers of every output.
        lower: appends the kernels of a body, given the list, the graph, its states and their buffers.
    """

    def __init__(
        self,
        kernels: KernelListBuilder,
        graph: Graph,
        fusion: Fusion,
        plan: Schedule,
        inputs: Mapping[int, Buffer],
        outputs: Sequence[Sequence[Buffer]],
        lower: Callable[..., object],
    ) -> None:
        self.kernels = kernels
        self.graph = graph
        self.inputs = inputs
        self.outputs = outputs
        self.memory = kernels.memory
        self.arena = kernels.arena
        self.fusion = fusion
        self.plan = plan
        self._lower = lower
        # What is written past the caches may be these alone.
        self._outputs = set(self.memory.outputs)
        # Old values of states that become outputs, kept until they are copied.
        self._aside: dict[Node, Buffer] = {}
        # Which outputs a node is.
        self._given: dict[Node, list[int]] = {}
        for output, node in enumerate(graph.outputs):
            self._given.setdefault(node, []).append(output)
        self._read_elsewhere = self._find_read_elsewhere()
        # Parts of joined values that are written where they go: which values they are parts of, and after what.
        self._joined: dict[Node, list[tuple[Part, Size]]] = {}
        self._in_place: dict[Node, set[int]] = {}
        self._find_joined()
        # Where joined values go of which a part is there already.
        self._reserved: dict[Node, list[Buffer]] = {}

    def build(self) -> int:
        """Write the kernels; gives how many run until no run-time check can fail any more."""
        commit_point = 0
        for number, kernel in enumerate(self.plan.kernels, 1):
            self._kernel(kernel)
            if number == self.plan.commit_point:
                commit_point = len(self.kernels.nests)
        for output, position in self.plan.copied_back.items():
            node = self.graph.outputs[output]
            self.copy(self._aside.get(node) or self.memory.buffer(node), self.inputs[position], node)
        return commit_point

    def inside(
        self, graph: Graph, states: Mapping[int, int], inputs: Mapping[int, Buffer], outputs: Sequence[Sequence[Buffer]]
    ) -> None:
        """Write the kernels of the body of a loop or of a side of a branch.

        A node may be part of several bodies. What one of them computes no other one may read, nor the graph around it:
        a side may not be taken, and a loop may have no steps.
        """
        with self.memory.scope():
            self._lower(self.kernels, graph, states, inputs, outputs, may_fail_late=True)

    # Where values go.

    def _find_read_elsewhere(self) -> set[Node]:
        """The values that one kernel computes and another reads."""
        home = {node: kernel for kernel in self.plan.kernels for unit in kernel.units for node in unit.made}
        found = {self.graph.outputs[output] for output in self.plan.copied_back}
        for kernel in self.plan.kernels:
            for unit in kernel.units:
                found |= {node for node in unit.reads.at if home.get(node, kernel) is not kernel}
        return found

    def _find_joined(self) -> None:
        """Find the parts of joined values that nobody but a loop of ours or a product computes."""
        units = {unit.node: unit for kernel in self.plan.kernels for unit in kernel.units}
        for joined in units:
            outputs = self._given.get(joined, ())
            replaces = any(output in self.plan.in_place or output in self.plan.copied_back for output in outputs)
            if replaces or joined in self.plan.intermediate or not (outputs or joined in self._read_elsewhere):
                continue
            for part in parts_of(joined, self.memory):
                unit = units.get(part.node)
                if unit is None or unit.kind not in _PLACED or part.node.is_leaf:
                    continue
                if (before := part.before(self.memory)) is not None:
                    self._joined.setdefault(part.node, []).append((part, before))
                    self._in_place.setdefault(joined, set()).add(part.number)

    def _places_in_joined(self, node: Node) -> Iterator[Buffer]:
        """The pieces of joined values' memory that a value is written to."""
        for part, first in self._joined.get(node, ()):
            joined = part.joined
            if joined not in self._reserved:
                self._reserved[joined] = self._targets(joined)
            word, offset = (None, first) if isinstance(first, int) else (self.memory.word_of_size(first), 0)
            whole, axis = self._reserved[joined][0], joined.params["axis"]
            yield whole.part(part.number, word, offset, axis, self.memory.sizes(node))

    def _targets(self, node: Node) -> list[Buffer]:
        """The buffers that a value is written to: outputs, states, parts of joined values, or one in the arena."""
        if node in self._reserved:
            return self._reserved[node]
        targets: list[Buffer] = []
        given = self._given.get(node, ())
        for output in given:
            if output not in self.plan.copied_back:
                position = self.plan.in_place.get(output)
                targets += self.outputs[output] if position is None else [self.inputs[position]]
        if node.is_leaf:
            if any(output in self.plan.copied_back for output in given):
                self._aside[node] = self.arena.value(f"old {node.name or 'value'}", node, len(self.kernels.nests))
                targets.append(self._aside[node])
        elif node in self.plan.intermediate:
            targets.append(self.inputs[self.plan.intermediate[node]])
        else:
            targets += self._places_in_joined(node)
            if not targets and node in self._read_elsewhere:
                targets.append(self.arena.value(label_of(node), node, len(self.kernels.nests)))
        return targets

    # Kernels.

    def _kernel(self, kernel: Kernel) -> None:
        try:
            self._write(kernel)
        except Unlowered as error:
            error.blamed.append(tuple(node for unit in kernel.units for node in (unit.node, *unit.made)))
            raise
        except VerificationError as error:
            raise VerificationError(f"{error} (while lowering {describe(kernel.units[0].node)})") from error

    def _write(self, kernel: Kernel) -> None:
        begin = len(self.kernels.nests)
        targets = {node: self._targets(node) for unit in kernel.units for node in unit.made}
        if kernel.is_product:
            self._product(kernel, targets)
        elif kernel.units[0].kind == "control":
            _CONTROL[kernel.units[0].node.op](self, kernel.units[0].node, targets)
        elif kernel.is_unfusible:
            self._piecewise(kernel, targets[kernel.units[0].node])
        else:
            self._loops(kernel, targets)
        for node, buffers in targets.items():
            if buffers and not node.is_leaf:
                self.memory.keep(node, buffers[0])
        computed = frozenset(n for unit in kernel.units for n in (unit.node, *unit.made, *unit.reads.inline))
        for nest in self.kernels.nests[begin:]:
            nest.nodes = nest.nodes or computed

    def _add(
        self,
        title: str,
        describe: Callable[[FormBuilder], None],
        lower: Callable[[], KernelCode],
        alone: bool,
        work: WorkEstimate | None = None,
        nodes: frozenset[Node] = frozenset(),
    ) -> None:
        """Append a kernel that has a canonical form, lowered unless one of its form was before."""
        code, renaming = self.kernels.codes.code(describe, lower, title)
        self.kernels.add(LoopNest(title, code, renaming, alone=alone, nodes=nodes), work)

    def _loops(self, kernel: Kernel, targets: Mapping[Node, Sequence[Buffer]]) -> None:
        width = self._width(kernel)
        reductions = [unit for unit in kernel.units if unit.loop_level == "reduction" and kernel.runs_flat]
        partial = {
            unit.node: self.arena.partial_values(unit.node.dtype, len(self.kernels.nests)) for unit in reductions
        }

        def describe(form: FormBuilder) -> None:
            form.add("loops", width)
            form.add_units(kernel, targets, partial)
            for node, buffers in targets.items():
                form.add(node in self._read_elsewhere, *(buffer in self._outputs for buffer in buffers))

        def lower() -> KernelCode:
            body = LoopNestBuilder(kernel, self.memory, targets, partial, width).build()
            if self.kernels.bits < 256:
                return KernelCode(body)
            return KernelCode(body, nontemporal_variant(kernel, self.memory, targets, self._read_elsewhere, width))

        work = WorkEstimate(kernel.space, 1 + sum(len(unit.reads.inline) for unit in kernel.units) // 4)
        self._add(kernel.title, describe, lower, not kernel.space, work)
        for unit in reductions:
            self._join(unit, partial[unit.node], kernel.space, targets.get(unit.node, ()))

    def _join(self, unit: MaterializedValue, partial: Buffer, space: Sequence[Size], targets: Sequence[Buffer]) -> None:
        """A kernel of its own that joins the partial values of a reduction."""
        node, count = unit.node, self.arena.chunk_word(tuple(space))

        def describe(form: FormBuilder) -> None:
            form.add("join", unit.combine, node.dtype, form.buffer(partial), form.word(count))
            form.add(*map(form.buffer, targets))

        def lower() -> KernelCode:
            return KernelCode(join_partials(unit, self.memory, partial, count, targets))

        self._add(f"join {node.op.name}", describe, lower, alone=True, nodes=frozenset((node,)))

    def _width(self, kernel: Kernel) -> int:
        """The vector width of a kernel: the lanes of two registers of its floats, or of its widest elements."""
        if self.kernels.bits < 128:
            return 2
        nodes = [node for unit in kernel.units for node in (*unit.reads.inline, *unit.reads.at, unit.node)]
        # A scalar is computed once, ahead of the loops; its dtype narrows no vector.
        dtypes = {node.dtype for node in nodes if node.ndim} or {node.dtype for node in nodes}
        floats = [itemsize(dtype) for dtype in dtypes if dtype[0] == "f" and dtype != "float16"]
        lanes: int = 2 * self.kernels.bits // 8 // max(floats or [max(4, *map(itemsize, dtypes))])
        if kernel.draws and self._is_twice_as_wide(kernel, lanes):
            return 2 * lanes
        # One column need not wait for the step before of another; and more of a row is read at a time.
        return COLUMNS * lanes if kernel.reduces_columns_simply else lanes

    def _is_twice_as_wide(self, kernel: Kernel, lanes: int) -> bool:
        """True for a kernel that draws, where the blocks of two vectors, side by side, take less time than one by one.

        Each of Threefry's rounds waits for the one before. Vectors with a rotation of their own wait less, and a
        reduction would add its lanes in another order.
        """
        row = self.memory.find(kernel.space[-1]) if kernel.space else 1
        is_short = isinstance(row, int) and row < 2 * lanes and not kernel.runs_flat
        return self.kernels.bits < WITH_ROTATION and not is_short and not any(unit.combine for unit in kernel.units)

    def copy(self, source: Buffer, target: Buffer, node: Node) -> None:
        """A kernel of its own that copies a value."""
        unit = MaterializedValue(node, "map", source.sizes, (), AccessSet({node: {tuple(range(node.ndim))}}))
        kernel = Kernel([unit], source.sizes, None)
        width = max(2, 2 * self.kernels.bits // 8 // itemsize(source.dtype))
        targets = {node: [target]}

        def describe(form: FormBuilder) -> None:
            form.add("copy", width)
            form.add_units(kernel, targets, {})

        def lower() -> KernelCode:
            return KernelCode(LoopNestBuilder(kernel, self.memory, targets, {}, width).build())

        with self.memory.scope():
            self.memory.keep(node, source)
            title = f"copy {source.name} to {target.name}"
            self._add(title, describe, lower, not kernel.space, WorkEstimate(kernel.space))

    def _product(self, kernel: Kernel, targets: Mapping[Node, Sequence[Buffer]]) -> None:
        node, width = kernel.units[0].node, self._width(kernel)
        target, *others = targets[node] or [self._replaced(kernel, targets)]
        assert isinstance(node.op, Contraction)
        if node.op.added is not None:
            self.begin(node.inputs[node.op.added], target)
        is_computed = kernel.units[0].computed != (None, None)
        scratch = self.arena.scratch_for(matrix_space(node, self.memory), is_computed)
        lanes = vector_width(node.dtype, max(self.kernels.bits, 128))
        own = target.name if targets[node] else label_of(node)
        title = ", ".join([f"product {own}", *(label_of(unit.node) for unit in kernel.units[1:])])

        def describe(form: FormBuilder) -> None:
            form.add("product", width)
            form.add_product(kernel, target, scratch)
            form.add_units(kernel, targets, {})

        def lower() -> KernelCode:
            builder = EpilogueBuilder(kernel, self.memory, targets, {}, width)
            return KernelCode(builder.build_product(target, scratch, lanes))

        self._add(title, describe, lower, not kernel.space, WorkEstimate(kernel.space, 1, 8))
        for other in others:
            self.copy(target, other, node)

    def _replaced(self, kernel: Kernel, targets: Mapping[Node, Sequence[Buffer]]) -> Buffer:
        """The buffer of a product that only its epilogue reads: one that a value of this replaces it in, or its own."""
        node = kernel.units[0].node
        # States that the kernel reads have to stay until a value replaces them.
        read = {self.memory.buffer(x) for unit in kernel.units for x in unit.reads.at if self.memory.holds(x)}
        for unit in kernel.units[1:]:
            for buffer in targets[unit.node]:
                if buffer.dtype == node.dtype and buffer not in read:
                    return buffer
        return self.arena.value(label_of(node), node, len(self.kernels.nests))

    def _piecewise(self, kernel: Kernel, targets: Sequence[Buffer]) -> None:
        node, width = kernel.units[0].node, self._width(kernel)
        target, *others = targets
        if is_update(node):
            changes = update_chain(node, self.fusion.is_link)
            self.begin(changes[0].inputs[0], target)
            for one in changes:
                code = KernelCode(scatter_loops(one, target, self.memory, width))
                # Each part of it looks at all indices.
                alone = is_for_one_thread(one, self.memory)
                nest = LoopNest(f"{one.op.name} {target.name}", code, alone=alone, finest=0)
                self.kernels.add(nest, WorkEstimate(self.memory.sizes(one.inputs[1])))
        else:
            carries = isinstance(node.op, PrefixScan)
            pieces = {*range(len(node.inputs))} - self._in_place.get(node, set())
            if carries:
                code = KernelCode(prefix_scan_loops(node, target, self.memory, width))
            else:
                code = KernelCode(concatenate_loops(node, target, self.memory, width, pieces))
            if pieces:
                alone = carries and has_one_row(node, self.memory)
                nest = LoopNest(f"{node.op.name} {target.name}", code, alone=alone)
                self.kernels.add(nest, WorkEstimate(kernel.space))
        for other in others:
            self.copy(target, other, node)

    def begin(self, node: Node, target: Buffer) -> None:
        """Put the initial value of an in-place update into its buffer, unless it lies there."""
        if self.memory.holds(node):
            source = self.memory.buffer(node)
            if source is not target:
                self.copy(source, target, node)
            return
        sizes = self.memory.sizes(node)
        found = find_accesses(self.memory, node, tuple(range(node.ndim)), sizes, self.fusion.is_root)
        with self.memory.scope():
            self._loops(Kernel([MaterializedValue(node, "map", sizes, (), found)], sizes, None), {node: [target]})

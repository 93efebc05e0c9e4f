"""The canonical form of a kernel: all that its code depends on, with numbers in place of the names of memory.

Two kernels of one form are lowered to the same operations, but for the buffers and the words of the frame that these
name. So equality is decided before anything is lowered. The form holds what lowering may ask for: of every node down to
what lies in memory its op, its parameters, its dtype and its inputs; of every size a number, or which of the kernel's
unknown sizes it is; of buffers their dtypes, sizes, and which are the same; the loop levels, passes and targets of what
is stored. A kernel with anything else in it has no form, and is equal to none. In the tests, and with
``SYMDROP_DEBUG=verify``, every kernel is lowered all the same, and compared.

Source: value numbering, J. Cocke and J. T. Schwartz, "Programming Languages and Their Compilers", 1970, here of whole
kernels, up to the names of what they read and write.

Read next: code_sharing.py
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...graph import Node
from ...op import Constant, Draw, Elementwise, ReadMap, Size, constant_scalar, is_dim
from ...ops.creation import counts_axis
from ...ops.indexing import in_range
from ...rewrite.core.predicates import is_plain
from ..fusion.kernel import Kernel
from ..fusion.product_operands import factors, operand, scales
from ..ir.frame import Buffer, FrameLayout
from ..vectorize.elemental import lowering


@dataclass(frozen=True, slots=True)
class CanonicalForm:
    """The canonical form of a kernel.

    Attributes:
        key: equal for kernels of one form, and for no others.
        sizes: the unknown sizes, in the order of their numbers.
        places: the buffers in the order of their numbers; constants as nodes, for many are never read.
        words: other words of the frame, in the order of their numbers.
    """

    key: Any
    sizes: tuple[Node, ...]
    places: tuple[Buffer | Constant, ...]
    words: tuple[int, ...]


class Unknown(Exception):
    """A kernel has no canonical form: something in it is not known to depend on its structure alone."""


class FormBuilder:
    """A builder of the canonical form of one kernel.

    Args:
        memory: where everything lies.
    """

    def __init__(self, memory: FrameLayout) -> None:
        self.memory = memory
        self._head: list[Any] = []
        self._sizes: dict[Node, int] = {}
        self._places: dict[Buffer | Constant, int] = {}
        # What is known of each place.
        self._kinds: list[Any] = []
        self._words: dict[int, int] = {}
        self._nodes: dict[Node, int] = {}
        # For every node that has a number, in the order of these, a row in which inputs are numbers.
        self._rows: list[tuple[Any, ...]] = []
        # The rows of nodes whose values do not come from their formulas.
        self._given: dict[Node, tuple[Any, ...]] = {}

    def form(self) -> CanonicalForm:
        """The form, once everything has been added."""
        while len(self._rows) < len(self._nodes):
            for node in [*self._nodes][len(self._rows) :]:
                self._rows.append(self._given.get(node) or self._row(node))
        key = tuple(self._head), tuple(self._rows), tuple(self._kinds)
        return CanonicalForm(key, tuple(self._sizes), tuple(self._places), tuple(self._words))

    # What is computed.

    def add(self, *parts: Any) -> None:
        """Add something that the code depends on, and that can be told from others by ``==``."""
        self._head += parts

    def add_units(
        self,
        kernel: Kernel,
        targets: Mapping[Node, Sequence[Buffer]],
        partial: Mapping[Node, Buffer],
    ) -> None:
        """Add the values of a kernel; arguments as of ``LoopNestBuilder``."""
        stages = kernel.stages()
        self.add(self.pattern(kernel.space), kernel.reduction_axes, kernel.runs_flat)
        for unit in kernel.units:
            node = unit.node
            stored = tuple([self.buffer(buffer) for buffer in targets.get(node, ())])
            chunks = self.buffer(partial[node]) if node in partial else None
            if unit.kind == "reduce":
                # Loops accumulate it: its value is remembered where they end.
                if self.memory.holds(node):
                    raise Unknown
                self._given[node] = "reduce", unit.combine, unit.reduction_axes, node.dtype, self.node(node.inputs[0])
            self.add(unit.kind, unit.loop_level, stages[unit], self.node(node), node.is_leaf, stored, chunks)

    def add_product(self, kernel: Kernel, target: Buffer, scratch: Buffer) -> None:
        """Add the product of a kernel, whose result lies in memory where an epilogue reads it."""
        node, memory = kernel.units[0].node, self.memory
        for factor, computed in zip(factors(node), kernel.units[0].computed, strict=True):
            base, swap = operand(factor, memory)
            self.add(self.pattern(memory.sizes(factor)), swap)
            if computed is None:
                self.add(self._held(base))
            else:
                # A prologue depends on the value that it packs, and on which of its axes are joined.
                axes = computed.batch, computed.rows, computed.columns
                self.add("computed", axes, self.pattern(memory.sizes(base)), self.node(base))
        self.add(node.op, node.dtype, self.buffer(scratch), *map(self.node, scales(node)))
        self._given[node] = "memory", node.dtype, self.buffer(target), self.pattern(memory.sizes(node))

    # Names of memory.

    def size(self, size: Size) -> int:
        """A size: itself, or which unknown size it is, as a negative number."""
        size = self.memory.find(size)
        return size if isinstance(size, int) else ~self._sizes.setdefault(size, len(self._sizes))

    def pattern(self, sizes: Iterable[Size]) -> tuple[int, ...]:
        """Sizes, each as of ``size``."""
        return tuple([self.size(size) for size in sizes])

    def word(self, number: int) -> int:
        """Which word of the frame it is."""
        return self._words.setdefault(number, len(self._words))

    def buffer(self, buffer: Buffer) -> int:
        """Which buffer it is."""
        number = self._places.setdefault(buffer, len(self._places))
        if number == len(self._kinds):
            if buffer.along is not None:
                raise Unknown
            self._kinds.append((buffer.dtype, self.pattern(buffer.sizes), buffer.in_arena))
        return number

    def _held(self, node: Node) -> int:
        """Which buffer a value in memory lies in."""
        node = self.memory.outermost(node)
        if not isinstance(node, Constant):
            return self.buffer(self.memory.buffer(node))
        number = self._places.setdefault(node, len(self._places))
        if number == len(self._kinds):
            self._kinds.append(("constant", node.type))
        return number

    def node(self, node: Node) -> int:
        """Which node it is, of those that are described."""
        return self._nodes.setdefault(node, len(self._nodes))

    # Rows.

    def _row(self, node: Node) -> tuple[Any, ...]:
        """The row of a node: all that its value at a point depends on; cases come as in ``ElementalEmitter``."""
        memory = self.memory
        if isinstance(node, Constant) and (number := constant_scalar(node)) is not None:
            return "number", node.dtype, number.__class__, repr(number)
        if node in memory.positions:
            return "position", self.word(memory.positions[node])
        if node in memory.aliases:
            return "alias", self.node(memory.aliases[node])
        if memory.holds(node):
            return "memory", node.dtype, self._held(node), self.pattern(memory.sizes(node))
        op = node.op
        head = op, _plain(node.params), node.dtype, node.ndim
        if isinstance(op, Elementwise):
            return *head, *map(self.node, node.inputs)
        if isinstance(op, Draw):
            key, step, *rest = node.inputs
            known = memory.is_known_before(step)
            return *head, self.pattern(memory.sizes(node)), known, *map(self.node, (key, step, *rest[node.ndim :]))
        read = memory.read_map(node)
        if read is not None:
            return *head, *self._read(node, read)
        if is_dim(node):
            return "size", self.size(memory.sizes(node.inputs[0])[node.params["axis"]])
        if lowering(node) is None:
            raise Unknown
        return *head, *map(self.node, node.inputs)

    def _read(self, node: Node, read: ReadMap) -> tuple[Any, ...]:
        """A view or a gather: its map, and what it may ask of the inputs."""
        if read.sums:
            raise Unknown
        memory, owner = self.memory, read.owner
        indices = tuple([(in_range(index), counts_axis(index, size, memory.sizes)) for index, size in read.positions])
        values = (read.source, *read.others)
        inputs = [self.node(x) if x in values else self._asked(x) for x in owner.inputs]
        return owner.op, _plain(owner.params), read.in_order, self.pattern(memory.sizes(node)), indices, *inputs

    def _asked(self, x: Node) -> tuple[Any, ...]:
        """An input whose elements are not read, but whose type and sizes may be."""
        return x.dtype, self.pattern(self.memory.sizes(x)), repr(constant_scalar(x))


def _plain(params: Mapping[str, Any]) -> str:
    """Parameters as a text that says all about them."""
    if not params:
        return ""
    if not all(map(is_plain, params.values())):
        raise Unknown
    return repr(params)

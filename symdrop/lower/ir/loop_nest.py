"""Loop nests: a kernel's code, the memory that it touches, and what a schedule needs to know of it.

Read next: control_flow.py
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ...graph import Node
from ...op import Size
from .frame import Buffer
from .kernel_code import UNCHANGED, KernelCode, NontemporalVariant, Renaming
from .vector_ir import Block, Value

# Elements of a chunk; even, so that the words of a draw come in pairs.
CHUNK = 8192
# A thread's share of a kernel may be cut into 2 ** FINEST parts, so that others take some of them.
FINEST = 3


@dataclass(slots=True)
class LoopNest:
    """A kernel as a loop nest.

    Attributes:
        title: what it computes, for readers.
        code: its operations, which equal kernels share, in the names of the first of them.
        renaming: from these names to its own.
        reads, writes: the memory it touches.
        moved: the buffers it touches, rows of memory among them.
        alone: whether one thread does it all.
        finest: a thread's share may be cut into 2 ** finest parts; 0 where a part of a part is none of the whole.
        packs: whether it is a product, of which a part finds packed what the part before has packed.
        space: what it runs over; of a matrix product the sizes of its result and the size summed over.
        nodes: the nodes that it computes.
    """

    title: str
    code: KernelCode
    renaming: Renaming = UNCHANGED
    reads: set[Buffer] = field(default_factory=set)
    writes: set[Buffer] = field(default_factory=set)
    moved: set[Buffer] = field(default_factory=set)
    alone: bool = False
    finest: int = FINEST
    packs: bool = False
    space: tuple[Size, ...] = ()
    nodes: frozenset[Node] = frozenset()
    _own: KernelCode | None = None

    @property
    def own_code(self) -> KernelCode:
        """Its operations in its own names; they are written out when somebody first asks for them."""
        if self._own is None:
            self._own = self.renaming(self.code)
        return self._own

    @property
    def body(self) -> Block:
        """Its loops and operations, in the way that is always right."""
        return self.own_code.body

    @property
    def streamed(self) -> NontemporalVariant | None:
        """The same with stores past the caches."""
        return self.own_code.streamed

    def read(self, buffer: Buffer) -> None:
        """Note that it reads a buffer."""
        self.reads.add(buffer.root)
        self.moved.add(buffer)

    def write(self, buffer: Buffer) -> None:
        """Note that it writes a buffer."""
        self.writes.add(buffer.root)
        self.moved.add(buffer)


# The operations that touch memory; most do not, and every value of a kernel is asked several times.
_ACCESSES = frozenset({"load", "gather", "store", "stream", "product"})


def accessed(value: Value) -> tuple[Sequence[Buffer], Sequence[Buffer]]:
    """The buffers that an operation reads and those that it writes; memory that is private to a kernel is none.

    Example:
        >>> from symdrop.lower.vectorize.vector_maths import VectorMaths
        >>> from symdrop.lower.ir.vector_ir import IRBuilder
        >>> ir, x = IRBuilder(VectorMaths, 1), Buffer("x", "float32", (), 8)
        >>> accessed(ir.load(x, ir.constant(0, "int64"), "float32"))
        ([x], [])
    """
    if value.op not in _ACCESSES:
        return (), ()
    reads: Sequence[Any] = ()
    writes: Sequence[Any] = ()
    if value.op in ("load", "gather"):
        reads = (value.attribute,)
    elif value.op in ("store", "stream"):
        writes = (value.attribute,)
    elif value.op == "product":
        left, right, result, _, op_name = value.attribute
        # A sum with a matrix finds that in the place of the result.
        reads, writes = (left, right, result) if op_name == "gemm" else (left, right), (result,)
    return [one for one in reads if isinstance(one, Buffer)], [one for one in writes if isinstance(one, Buffer)]

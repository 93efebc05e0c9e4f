"""Operands of a matrix product: values in memory, transposed or not, or computed in a prologue; and what it scales by.

An operand that repeats elements of what it is read from, such as all windows of an image or a matrix for each of a
batch, is larger than that, and cheap to read where it is packed: it is never stored.

Source: implicit gemm, S. Chetlur et al., "cuDNN: efficient primitives for deep learning", arXiv:1410.0759, 2014.

Read next: update_chains.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...graph import Node
from ...op import Contraction, Size
from ...ops.lengths import product
from ..ir.frame import FrameLayout
from .access_analysis import find_accesses


def operand(node: Node, memory: FrameLayout) -> tuple[Node, bool]:
    """The operand of a matrix product: a value in memory, and a flag that tells if its last two axes are exchanged."""
    # Every choice of what is stored asks again.
    key = operand, node
    if key not in memory.derived:
        memory.derived[key] = _operand(node, memory)
    found: tuple[Node, bool] = memory.derived[key]
    return found


def _operand(node: Node, memory: FrameLayout) -> tuple[Node, bool]:
    exchanged, shape = False, memory.sizes(node)[-2:]
    while (read := memory.read_map(node)) is not None:
        source, sizes = read.source, memory.sizes(node)
        if read.exchanges(memory.sizes(source), sizes) and sizes[-2:] == shape:
            exchanged, shape = not exchanged, shape[::-1]
        elif not read.keeps_order(memory.sizes(source), sizes):
            break
        node = source
    return node, exchanged


@dataclass(frozen=True, slots=True)
class ComputedOperand:
    """An operand that is computed where it is packed, as a prologue of the product.

    Attributes:
        source: the node whose elements it has, in C order.
        batch, rows, columns: the axes of the source that are each matrix's number, and the axes of a matrix.
        exchanged: whether its rows are the operand's columns.
    """

    source: Node
    batch: tuple[int, ...]
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    exchanged: bool


def computed_operand(
    node: Node, memory: FrameLayout, is_root: Callable[[Node], bool], own_type: str
) -> ComputedOperand | None:
    """The operand of a matrix product, if it is better computed where it is packed; None if it lies in memory.

    Args:
        node: the operand.
        memory: knows the sizes.
        is_root: tells which values are stored.
        own_type: the dtype of the product.
    """
    source, exchanged = operand(node, memory)
    if source.is_leaf or is_root(source) or source.dtype != own_type or node.ndim < 2:
        return None
    *batch, m, n = memory.sizes(node)
    axes = _matrix_axes(source, batch, (n, m) if exchanged else (m, n), memory)
    if axes is None or not _enlarges(source, len(batch), memory, is_root):
        return None
    return ComputedOperand(source, *axes, exchanged)


def _matrix_axes(
    node: Node, batch: Sequence[Size], matrix: tuple[Size, Size], memory: FrameLayout
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]] | None:
    """The axes of a value that are a batch, and those that are joined to the rows and to the columns of a matrix."""
    count, axes = len(batch), tuple(range(node.ndim))
    if list(memory.sizes(node)[:count]) != list(batch):
        return None
    own = memory.exact_sizes(node)
    for split in range(count, node.ndim + 1):
        if _joined(own[count:split], memory) == matrix[0] and _joined(own[split:], memory) == matrix[1]:
            return axes[:count], axes[count:split], axes[split:]
    return None


def _joined(sizes: Sequence[Size], memory: FrameLayout) -> Size:
    """The size of axes that are joined to one."""
    return memory.find(memory.canonical(product(list(sizes))))


def _enlarges(node: Node, batch: int, memory: FrameLayout, is_root: Callable[[Node], bool]) -> bool:
    """True if views of a value read windows of it, or it for each of a batch, and nothing on the way may fail."""
    source = node
    while not is_root(source) and (read := memory.read_map(source)) is not None:
        indices = read.indices or ()
        read_along = {iterator for index in indices for iterator in index.factors}
        if any(len(index.factors) > 1 for index in indices) or (batch and 0 not in read_along and indices):
            found = find_accesses(memory, node, tuple(range(node.ndim)), memory.sizes(node), is_root)
            return not found.may_fail
        source = read.source
    return False


def factors(node: Node) -> tuple[Node, Node]:
    """The two matrices of a product."""
    assert isinstance(node.op, Contraction)
    a, b = (node.inputs[k] for k in node.op.factors)
    return a, b


def scales(node: Node) -> tuple[Node, ...]:
    """The numbers by which a product, and what it is added to, are multiplied; none where nothing is added."""
    assert isinstance(node.op, Contraction)
    return () if node.op.added is None else node.inputs[3:]

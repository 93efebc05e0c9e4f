"""Matrix products: operands that lie in memory, and a call of the runtime for every thread.

A product is no loop of ours: the runtime has its own, and a library's. What is lowered is
the call, whose operands may be transposed without being copied, and which a batch of
products repeats.

Read next: support.py
"""

from __future__ import annotations

from ..graph import Node
from .lane_maths import LaneMaths
from .lanes import Block, Lanes
from .memory import Buffer, Memory
from .points import Points

PRODUCTS = frozenset(("matmul", "gemm"))


def operand(node: Node) -> tuple[Node, bool]:
    """The operand of a matrix product: a value in memory, and a flag that tells if its last two axes are exchanged."""
    exchanged = False
    while node.op.name == "dimshuffle":
        pattern, source = node.params["pattern"], node.inputs[0]
        kept = tuple(axis for axis in pattern if axis != "x")
        last = source.ndim - 1
        if "x" not in pattern and len(pattern) == source.ndim and source.ndim >= 2:
            if pattern == (*range(last - 1), last, last - 1):
                node, exchanged = source, not exchanged
                continue
        if kept == tuple(axis for axis in range(source.ndim) if axis in kept) and not exchanged:
            # Axes of size 1 come or go: the same elements in the same order.
            if all(source.type.shape[axis] == 1 for axis in range(source.ndim) if axis not in kept):
                node = source
                continue
        break
    return node, exchanged


def factors(node: Node) -> tuple[Node, Node]:
    """The two matrices of a product."""
    a, b = node.inputs[1:3] if node.op.name == "gemm" else node.inputs
    return a, b


def product(node: Node, target: Buffer, memory: Memory) -> Block:
    """The lanes that call a product; of a gemm the third operand lies in the target already.

    Args:
        node: a ``matmul`` or ``gemm`` whose operands lie in memory.
        target: where the result goes.
        memory: knows where the operands lie.
    """
    lanes = Lanes(LaneMaths, 1)
    points = Points(lanes, memory)
    a, b = factors(node)
    sizes_a, sizes_b = ([points.size(size) for size in memory.sizes(x)] for x in (a, b))
    zero, one = points.index(0), points.index(1)
    m, k = (one, sizes_a[0]) if a.ndim == 1 else (sizes_a[-2], sizes_a[-1])
    n = one if b.ndim == 1 else sizes_b[-1]
    if node.op.name == "gemm":
        alpha, beta = (points.number(scalar) for scalar in node.inputs[3:])
    else:
        alpha, beta = lanes.constant(1, node.dtype), lanes.constant(0, node.dtype)
    (base_a, swap_a), (base_b, swap_b) = operand(a), operand(b)
    buffers = memory.buffer(base_a), memory.buffer(base_b), target, node.op.name
    # As the runtime has it: how far apart the rows of an operand lie, and whether it is transposed.
    left = m if swap_a else k, points.index(int(swap_a))
    right = k if swap_b else n, points.index(int(swap_b))
    call = [m, n, k, alpha, *left, *right, beta]
    if a.ndim <= 2:
        lanes.effect("product", [*call, *points.team(), zero, zero, zero], node.dtype, buffers)
        return lanes.body
    first, last = points.share(points.product(sizes_a[:-2]))
    with lanes.loop(first, last, 1, "matrices") as loop:
        offsets = [lanes.make("mul", loop.index, lanes.make("mul", x, y)) for x, y in ((m, k), (k, n), (m, n))]
        lanes.effect("product", [*call, zero, one, *offsets], node.dtype, buffers)
    return lanes.body

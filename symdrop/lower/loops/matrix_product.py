"""Matrix products: operands that lie in memory, and a call of the runtime for every thread.

A product is no loop of ours: the runtime has its own, and a library's. What is lowered is
the call, whose operands may be transposed without being copied, and which a batch of
products repeats.

Read next: ../memory/__init__.py
"""

from __future__ import annotations

from ...graph import Node
from ..fusion.product_operands import factors, operand, scales
from ..ir.frame import Buffer, FrameLayout
from ..ir.vector_ir import Block, IRBuilder
from ..vectorize.elemental import ElementalEmitter
from ..vectorize.vector_maths import VectorMaths


def product(node: Node, target: Buffer, memory: FrameLayout) -> Block:
    """The lanes that call a product; of a gemm the third operand lies in the target already.

    Args:
        node: a ``matmul`` or ``gemm`` whose operands lie in memory.
        target: where the result goes.
        memory: knows where the operands lie.
    """
    lanes = IRBuilder(VectorMaths, 1)
    points = ElementalEmitter(lanes, memory)
    a, b = factors(node)
    sizes_a, sizes_b = ([points.size(size) for size in memory.sizes(x)] for x in (a, b))
    zero, one = points.index(0), points.index(1)
    m, k = (one, sizes_a[0]) if a.ndim == 1 else (sizes_a[-2], sizes_a[-1])
    n = one if b.ndim == 1 else sizes_b[-1]
    one_and_zero = (lanes.constant(number, node.dtype) for number in (1, 0))
    alpha, beta = map(points.number, scales(node)) if scales(node) else one_and_zero
    (base_a, swap_a), (base_b, swap_b) = operand(a, memory), operand(b, memory)
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

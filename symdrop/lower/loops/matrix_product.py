"""Matrix products: operands in memory or computed in a prologue, and a call of the runtime for every thread.

A product is no loop of ours: the runtime has its own, and a library's. What is lowered is
the call, whose operands may be transposed without being copied, and which a batch of
products repeats; where something consumes the product, the call is a loop over blocks.

Read next: epilogue.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...graph import Node
from ...op import Size
from ..fusion.product_operands import ComputedOperand, factors, operand, scales
from ..ir.block_loop import BlockLoop, block_loop
from ..ir.frame import Buffer, FrameLayout
from ..ir.vector_ir import Value
from .prologue import prologue
from .strip_mining import LoopEmitter


def matrix_space(node: Node, memory: FrameLayout) -> tuple[Size, ...]:
    """The sizes of a product of two matrices, or of each of a batch: its own, and the one summed over."""
    a, b = factors(node)
    if a.ndim == 1 or b.ndim == 1:
        return ()
    return *memory.sizes(node)[-2:], memory.sizes(a)[-1]


# What is made of a block of a product's result, which is given, as is the matrix's number in a batch.
Epilogue = Callable[[BlockLoop, Value | None], None]


def product(
    loops: LoopEmitter,
    node: Node,
    target: Buffer,
    scratch: Buffer,
    computed: Sequence[ComputedOperand | None] = (None, None),
    lanes: int = 0,
    epilogue: Epilogue | None = None,
) -> None:
    """The operations that call a product; of a gemm the third operand lies in the target already.

    Args:
        loops: where they go.
        node: a ``matmul`` or ``gemm`` whose operands lie in memory, but for those that are computed.
        target: where the result goes.
        scratch: memory for all threads.
        computed: both operands, None for one that lies in memory.
        lanes: elements of the product's dtype in a vector of the machine.
        epilogue: writes what follows each block.
    """
    emitter, builder = loops.emitter, loops.builder
    memory = emitter.memory
    a, b = factors(node)
    sizes_a, sizes_b = ([emitter.size(size) for size in memory.sizes(x)] for x in (a, b))
    zero, one = emitter.index(0), emitter.index(1)
    m, k = (one, sizes_a[0]) if a.ndim == 1 else (sizes_a[-2], sizes_a[-1])
    n = one if b.ndim == 1 else sizes_b[-1]
    one_and_zero = (builder.constant(number, node.dtype) for number in (1, 0))
    alpha, beta = map(emitter.number, scales(node)) if scales(node) else one_and_zero
    (base_a, swap_a), (base_b, swap_b) = operand(a, memory), operand(b, memory)
    # As the runtime has it: how far apart the rows of an operand lie, and whether it is transposed.
    left = m if swap_a else k, emitter.index(int(swap_a))
    right = k if swap_b else n, emitter.index(int(swap_b))
    thread, threads = emitter.team()
    call = [m, n, k, alpha, *left, *right, beta]

    def called(inputs: Sequence[Value], matrix: Value | None) -> None:
        matrices = (
            memory.buffer(base) if one is None else prologue(loops, one, is_left, matrix, lanes)
            for base, one, is_left in zip((base_a, base_b), computed, (True, False), strict=True)
        )
        attribute = *matrices, target, scratch, node.op.name
        if epilogue is None:
            builder.effect("product", inputs, node.dtype, attribute)
            return
        with block_loop(builder, inputs, node.dtype, attribute) as block:
            emitter.enter()
            epilogue(block, matrix)
            emitter.leave()

    if a.ndim <= 2:
        called([*call, thread, threads, zero, zero, zero], None)
        return
    first, last, part, parts = emitter.share_or_part(emitter.product(sizes_a[:-2]))
    with loops.loop(first, last, 1, "matrices") as turn:
        offsets = [builder.make("mul", turn.index, builder.make("mul", x, y)) for x, y in ((m, k), (k, n), (m, n))]
        called([*call, part, parts, *offsets], turn.index)

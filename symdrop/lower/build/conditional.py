"""Conditional lowering: a branch becomes an ``If`` over the kernels of its two sides, which write to the same buffers.

Read next: graph_lowering.py
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...graph import Graph, Node
from ..ir.control_flow import If
from ..ir.frame import Buffer
from ..ir.kernel_code import KernelCode
from ..ir.loop_nest import LoopNest
from ..ir.vector_ir import INDEX, IRBuilder
from ..vectorize.elemental import ElementalEmitter
from ..vectorize.vector_maths import VectorMaths
from .scan import EnclosingGraph


def lower_branch(enclosing: EnclosingGraph, node: Node, targets: Mapping[Node, Sequence[Buffer]]) -> None:
    """Append an ``If`` and the kernels of both sides of a branch.

    Args:
        enclosing: of the graph that the branch is in.
        node: the branch.
        targets: where each of its values goes that anybody needs.
    """
    kernels = enclosing.kernels
    memory = kernels.memory
    condition, *captured = node.inputs
    wanted = {item.params["index"]: list(buffers) for item, buffers in targets.items()}
    title = ", ".join(item.name or "item" for item in targets)
    choice = If(title, memory.word())
    builder = IRBuilder(VectorMaths, 1)
    chosen = builder.convert(ElementalEmitter(builder, memory).number(condition), INDEX)
    builder.effect("set_word", [chosen], INDEX, choice.chosen)
    kernels.add(LoopNest(f"choice of {title}", KernelCode(builder.body), alone=True))
    with kernels.choice(choice) as ways:
        for way, name in zip(ways, ("then", "otherwise"), strict=True):
            body: Graph = node.params[name]
            for leaf, outer in zip(body.inputs, captured, strict=True):
                memory.alias(leaf, outer)
            outputs = [body.outputs[k] for k in wanted]
            for output, item in zip(outputs, targets, strict=True):
                for inside, outside in zip(memory.exact_sizes(output), memory.sizes(item), strict=True):
                    memory.equate(inside, outside)
            with way:
                enclosing.inside(Graph(body.inputs, outputs), {}, {}, list(wanted.values()))

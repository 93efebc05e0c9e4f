"""Planned memory: the bytes that a call will take for what is neither input nor output, told before it is compiled.

Read next: program.py
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np

from ...config import config
from ...graph import Graph, Node
from ...ops.known_shapes import KnownShapes, ShapeOf
from .driver import SegmentStages, lower_graph, partition
from .jit import compiler


def planned_bytes(graph: Graph, states: Mapping[int, int], target: compiler.Target, shape_of: ShapeOf) -> int:
    """The bytes of the arena; for a graph with fallbacks the largest one, and all that its parts hand on.

    Args:
        graph: the graph, rewritten.
        states: for outputs that replace a state, the position of the state among the inputs.
        target: the machine.
        shape_of: gives the shapes of inputs.
    """
    lowered, _ = lower_graph(graph)
    shapes = KnownShapes({leaf: shape_of(leaf) for leaf in lowered.inputs})
    arenas, between = [0], dict[Node, None]()
    for piece in partition(lowered, states, target, shapes):
        if isinstance(piece, SegmentStages):
            module = piece.module
            arenas.append(module.arena.likely_bytes(config.threads, module.nests, module.repeats))
            between.update(dict.fromkeys(piece.segment.outputs))
        else:
            between[piece] = None
    handed = [node for node in between if node not in lowered.outputs and node.items is None]
    return max(arenas) + sum(prod(shapes(node)) * np.dtype(node.dtype).itemsize for node in handed)

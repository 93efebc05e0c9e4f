"""Costs of nodes: operations and bytes, counted while a graph is evaluated node by node.

Every size is the real one. What a node computes and reads follows from the space that its iterators span
(op/counts.py); a function such as tanh counts as one, and the body of a loop as often as its step is made.

Read next: ../random/__init__.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..graph import Graph, Node
from ..op import INPUT, Op, elements_read, evaluate_node, is_dim, is_item, leaf_value, operations
from ..ops.branches import branch
from ..ops.composed import composition
from ..ops.numpy_maths import NUMPY
from ..ops.scan import Loop, scan
from ..types import TensorType

Array = np.ndarray[Any, Any]


class NodeCost(NamedTuple):
    """The cost of one node, over all the times it is computed.

    Attributes:
        node: the node.
        within: the node of the outermost graph in whose body it stands; itself outside of bodies.
        flops: arithmetic operations.
        moved: bytes read and written.
        stored: bytes of the result.
        times: how often it is computed.
    """

    node: Node
    within: Node
    flops: int
    moved: int
    stored: int
    times: int


def node_costs(graph: Graph, given: Mapping[Node, Any]) -> tuple[list[NodeCost], list[Any]]:
    """The cost of every node that computes something, views aside, and the values of the outputs.

    Args:
        graph: what is evaluated, by NumPy.
        given: values by input.
    """
    rows: list[NodeCost] = []
    with np.errstate(all="ignore"):
        return rows, _walk(graph, given, 1, None, rows)


def _walk(graph: Graph, given: Mapping[Node, Any], times: int, within: Node | None, rows: list[NodeCost]) -> list[Any]:
    """Evaluate a graph, adding a cost for every node and for the nodes of the bodies in it."""
    known: dict[Node, Any] = dict(given)
    for node in graph.nodes():
        if node in known:
            continue
        outermost = node if within is None else within
        if node.op.kind == "leaf":
            known[node] = leaf_value(node)
            continue
        values = [known[source] for source in node.inputs]
        known[node] = evaluate_node(node, NUMPY, values)
        if node.op in _BODIES:
            chosen, inner, often = _BODIES[node.op](node, values, known[node])
            if often:
                _walk(chosen, dict(zip(chosen.inputs, inner, strict=True)), times * often, outermost, rows)
        elif node.op.kind != "view" and not is_item(node) and not is_dim(node):
            results = [np.asarray(one) for one in (known[node] if node.items else (known[node],))]
            rows.append(_cost(node, values, results, times, outermost))
    return [known[output] for output in graph.outputs]


def _cost(node: Node, values: Sequence[Any], results: Sequence[Array], times: int, within: Node) -> NodeCost:
    arrays = {**{x: np.asarray(value) for x, value in zip(node.inputs, values, strict=True)}, node: results[0]}

    def shape_of(x: Node) -> tuple[int, ...]:
        shape: tuple[int, ...] = arrays[x].shape
        return shape

    read = zip(node.inputs, elements_read(node, shape_of), strict=True)
    stored = sum(result.nbytes for result in results)
    moved = stored + sum(count * arrays[x].itemsize for x, count in read)
    flops = _written_out(node, arrays)
    if flops is None:
        flops = operations(node, shape_of) if node.items is None else 0
    return NodeCost(node, within, times * flops, times * moved, stored, times)


def _written_out(node: Node, arrays: Mapping[Node, Array]) -> int | None:
    """The operations of the ops that an op is composed of, or decomposed into; None of one for which there are none."""
    leaves = [Node(INPUT, (), TensorType(x.dtype, arrays[x].shape), None, x.name) for x in node.inputs]
    made = _parts(Node(node.op, tuple(leaves), node.type, node.params), leaves)
    if made is None:
        return None
    rows: list[NodeCost] = []
    given = {leaf: arrays[x] for leaf, x in zip(leaves, node.inputs, strict=True)}
    _walk(Graph(leaves, made), given, 1, None, rows)
    return sum(row.flops for row in rows)


def _parts(node: Node, leaves: Sequence[Node]) -> Sequence[Node] | None:
    """Other ops that compute the values of a node, if it declares them."""
    if not isinstance(node.op, Op):
        return None
    if node.items is not None and node.op.decomposition_rule is not None:
        # Attention has no count of its own: it is computed block by block.
        made = node.op.decomposition_rule(lambda x: x.type.shape, node, *leaves, **node.params)
        return made if isinstance(made, Sequence) else None
    composed = composition(node) if node.op.composed else None
    return None if composed is None else [composed]


_Step = tuple[Graph, Sequence[Any], int]


def _loop_step(node: Node, values: Sequence[Any], results: Sequence[Any]) -> _Step:
    """The first step of a loop, and how many were made."""
    loop = Loop(node)
    _, first, count, *others = values
    if loop.stop is not None:
        count = results[-1]
    n = len(loop.sequences)
    rows = [
        sequence[min(max(int(first) + offset, 0), len(sequence) - 1)]
        for sequence, offset in zip(others[:n], node.params["offsets"], strict=True)
        if len(sequence)
    ]
    often = int(count) if len(rows) == n else 0
    return loop.body, [np.asarray(first), *rows, *others[n:]], often


def _branch_step(node: Node, values: Sequence[Any], results: Any) -> _Step:
    return node.params["then" if values[0] else "otherwise"], values[1:], 1


_BODIES: Mapping[Any, Callable[[Node, Sequence[Any], Any], _Step]] = {
    scan: _loop_step, branch: _branch_step,
}  # fmt: skip

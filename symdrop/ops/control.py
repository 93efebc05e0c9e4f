"""Control: ops that run a closed graph several times.

Read next: contracted.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..graph import Graph, Node, substitution, toposort
from ..op import INPUT, ZERO, Constant, Cotangent, Size, Sizes, checked_shape, constant_scalar, control, evaluate
from ..types import TensorType
from .regions import conditional


def _behind_number(node: Node) -> int:
    return 1


@control(sizes=slice(1), captured_from=_behind_number)
def map_rows(m: Any, n: Any, *captured: Any, body: Graph) -> Any:
    """Rows ``body(0), body(1), ..., body(n - 1)`` stacked; the body's first input is the row's number."""
    index, *others = body.inputs
    given = dict(zip(others, captured, strict=True))
    rows = [evaluate(body, m, {index: m.asarray(i), **given})[0] for i in range(*checked_shape([n]))]
    if rows:
        return m.stack(rows)
    row_type = body.outputs[0].type
    return m.zeros((0, *(size or 0 for size in row_type.shape)), row_type.dtype)


@map_rows.infer
def map_rows_type(n: Node, *captured: Node, body: Graph) -> TensorType:
    row = body.outputs[0].type
    return TensorType(row.dtype, (constant_scalar(n), *row.shape))


@map_rows.sizes
def map_rows_sizes(sizes: Sizes, n: Node, *captured: Node, body: Graph) -> Sequence[Size | None]:
    return [n, *body.outputs[0].type.shape]


@map_rows.pullback
def map_rows_pullback(
    g: Node, y: Node, n: Node, *captured: Node, body: Graph, differentiate: Callable[..., dict[Node, Node]]
) -> tuple[Cotangent, ...]:
    # Row i receives g[i]; what the rows return for one captured value adds up.
    index, *others = body.inputs
    row_g = Node(INPUT, (), TensorType(g.dtype, g.type.shape[1:]), None, "row_g")
    found = differentiate({body.outputs[0]: row_g}, others)
    cotangents: list[Cotangent] = [ZERO]
    for inner, source in zip(others, captured, strict=True):
        if inner not in found:
            cotangents.append(ZERO)
            continue
        row = substitution([found[inner]], {row_g: g[index], **dict(zip(others, captured, strict=True))})[found[inner]]
        cotangents.append(map_over_rows_like(source, n, index, row).sum(axis=0))
    return tuple(cotangents)


def map_over_rows(n: Any, index: Node, row: Node) -> Node:
    """``row`` for index = 0, 1, ..., n - 1, stacked; whatever does not depend on the index is computed once.

    Args:
        n: number of rows, an int or integer scalar node.
        index: the integer scalar input leaf that stands for the row's number.
        row: a node that may depend on it.
    """
    body, captured = close_over([row], [index])
    return map_rows(n, *captured, body=body)


def map_over_rows_like(like: Node, n: Any, index: Node, row: Node) -> Node:
    """``map_over_rows`` of rows that have the shape of ``like``; where there are no rows, nothing else tells it."""
    return map_over_rows(n, index, row).reshape((n, *like.shape))


def close_over(outputs: Sequence[Node], placeholders: Sequence[Node]) -> tuple[Graph, list[Node]]:
    """The part of a computation that depends on placeholders, as a closed graph.

    Returns:
        The graph, whose inputs are the placeholders and then one per captured node, and the captured nodes: those
        outside values the dependent part uses. Constants stay inside, and so does what only a side of a choice needs.
    """
    order = toposort(outputs)
    inside = set(placeholders)
    for node in order:
        if any(source in inside for source in node.inputs):
            inside.add(node)
    # Outside it would be computed whether a step chooses it or not.
    inside |= conditional(outputs)
    for node in reversed(order):
        # Stretching is done inside, so that what is stretched, a flag say, stays known for what it is.
        inside.update(source for source in node.inputs if node in inside and source.op.stretches)
    captured: dict[Node, Node] = {}
    for node in (*order, *outputs):
        for used in node.inputs if node in inside else (node,) if node in outputs else ():
            if used not in inside and not isinstance(used, Constant) and used not in captured:
                captured[used] = Node(INPUT, (), used.type, None, used.name, used.lines)
    inner = substitution(outputs, captured)
    return Graph([*placeholders, *captured.values()], [inner[output] for output in outputs]), list(captured)


@map_rows.samples
def map_rows_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    index = Node(INPUT, (), TensorType("int64", ()), None, "i")
    x = Node(INPUT, (), TensorType(dtype, (None,)), None, "x")
    yield (2, rng.uniform(-1, 1, 3).astype(dtype)), {"body": Graph([index, x], [x * x * index])}

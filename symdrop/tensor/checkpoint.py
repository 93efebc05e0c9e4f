"""Loops in chunks, for gradients that keep little: the states at the beginning of every chunk, and while
the way back is in a chunk the states inside it.

    for chunk in range(ceil(rows / k)):           # keeps its states
        for j in range(min(k, rows - k * chunk)): # computed again on the way back
            step(k * chunk + j)

Draws fold the position, so that what is computed again is the same to the bit.

Source: Griewank and Walther, "Algorithm 799: revolve", ACM TOMS 26, 2000, whose one-level form this is.

Read next: scan_node.py
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import ArgumentError, here, shown
from ..graph import Graph, Node, substitution
from ..op import INPUT, Size, as_node, convert
from ..ops.arithmetic import minimum
from ..ops.closures import close_over
from ..ops.join import concatenate
from ..ops.scan import Loop, scan
from ..ops.views import filled
from ..types import TensorType


def in_chunks(inputs: Sequence[Any], options: Mapping[str, Any], every: Any, label: str) -> tuple[Loop, list[Node]]:
    """A loop equal to ``scan(*inputs, **options)`` whose gradient keeps the states of every ``every``-th step only.

    Args:
        inputs, options: the scan.
        every: how many steps a chunk has.
        label: what errors call the loop.

    Returns:
        The outer loop, whose states are those of the whole, and the stacked outputs.

    Raises:
        ArgumentError: if ``every`` is not a positive integer, or the loop may stop early or truncates its gradient.
    """
    if not isinstance(every, int) or isinstance(every, bool) or every < 1:
        raise ArgumentError(f"{label}: checkpoint_every={shown(every)}; it is a number of steps, at least 1{here()}")
    if options["until"] or options["truncate"] >= 0:
        raise ArgumentError(f"{label}: checkpoint_every goes with neither until nor truncate_gradient{here()}")
    flat = Loop(scan(*inputs, **options))
    rows = flat.rows
    chunks = (rows + (every - 1)) // every
    number = Node(INPUT, (), TensorType("int64", ()), None, "chunk")
    sequences = [
        _in_rows_of(sequence, offset, rows, chunks, every)
        for sequence, offset in zip(flat.sequences, options["offsets"], strict=True)
    ]
    parts = [_leaf(node.name, node.dtype, node.type.shape[1:]) for node in sequences]
    states = [_leaf(state.name, state.dtype, state.type.shape) for state in flat.states]
    count = minimum(rows - number * every, every)
    inner = Loop(_shifted(flat, parts, states, number * every, every, count, options))
    outputs = [inner.last_state(k) for k in range(len(states))] + [inner.stack(k) for k in range(len(inner.stacked))]
    body, captured = close_over(outputs, [number, *parts, *states])
    outer_options = {**options, "body": body, "offsets": (0,) * len(parts), "keep": "states"}
    outer = Loop(scan(chunks, 0, chunks, *sequences, *flat.initial, *captured, **outer_options))
    return outer, [_joined(outer.stack(k), chunks, every, rows) for k in range(len(inner.stacked))]


def _leaf(name: str | None, dtype: str, shape: Sequence[int | None]) -> Node:
    return Node(INPUT, (), TensorType(dtype, tuple(shape)), None, name)


def _in_rows_of(sequence: Node, offset: int, rows: Node, chunks: Node, every: int) -> Node:
    """The elements of a sequence, ``every`` in a row; behind the last one there are zeros."""
    sizes = sequence.shape[1:]
    used = sequence[offset : rows + offset] if offset else sequence[:rows]
    padding = filled(convert(as_node(0), sequence.dtype), (chunks * every - rows, *sizes))
    return concatenate(used, padding, axis=0).reshape((chunks, every, *sizes))


def _shifted(
    flat: Loop, parts: Sequence[Node], states: Sequence[Node], start: Node, every: int, count: Node, options: Any
) -> Node:
    """The loop over one chunk: positions count from its beginning, which the body adds."""
    begin = _leaf("begin", "int64", ())
    position = _leaf("j", "int64", ())
    moved = substitution(flat.body.outputs, {flat.position: position + begin})
    body = Graph(
        [position, *flat.slices, *flat.states, *flat.inner, begin], [moved[output] for output in flat.body.outputs]
    )
    return scan(
        every, 0, count, *parts, *states, *flat.captured, start,
        **{**options, "body": body, "offsets": (0,) * len(parts)},
    )  # fmt: skip


def _joined(stack: Node, chunks: Node, every: int, rows: Node) -> Node:
    """The rows of all chunks, one after the other."""
    sizes: tuple[Size, ...] = stack.shape[2:]
    return stack.reshape((chunks * every, *sizes))[:rows]

"""The making of a loop: the arguments of ``scan`` read, its step seen, and the ``scan`` node built.

Read next: scan.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..errors import ArgumentError, GraphTypeError, ShapeError, here, shown
from ..graph import Node, describe
from ..op import as_node, constant_scalar, convert
from ..ops.arithmetic import maximum, minimum
from ..ops.join import specify_shape
from ..ops.scan import Loop, scan
from ..types import is_integer
from .checkpoint import in_chunks
from .loops import loop_around
from .scan_arguments import SequenceInfo, Updates, as_items, read_node, read_outputs, read_sequences
from .scan_step import TracedStep


class Made(NamedTuple):
    """A loop that has been made.

    Attributes:
        loop: the scan.
        outputs: the stacked outputs.
        updates: the updates of the step, and of the streams it drew from.
        single: whether the step returned one output that was no list.
    """

    loop: Loop
    outputs: list[Node]
    updates: Updates
    single: bool


def loop_label(name: str | None) -> str:
    """The words by which errors call a loop."""
    return f"scan {shown(name)}" if name else "scan"


def make_loop(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any,
    name: str | None,
    n_steps: Any = None,
    truncate_gradient: int = -1,
    go_backwards: bool = False,
    strict: bool = False,
    checkpoint_every: int | None = None,
    stacked: bool = True,
    label: str | None = None,
    given_as: str = "outputs_info",
) -> Made:
    """The ``scan`` node of a step function, and what its users see.

    Args:
        fn: the step function; the further arguments are those of ``scan``.
        stacked: whether the outputs of all steps are kept.
        label: what errors call the loop; by default by its name.
        given_as: the argument that gave the initial states, for errors.

    Raises:
        ArgumentError, GraphTypeError, ShapeError: those of ``scan``.
    """
    label = label or loop_label(name)
    given = read_sequences(sequences, label)
    infos = read_outputs(outputs_info, label)
    others = [read_node(value, f"{label}: non-sequence {k}") for k, value in enumerate(as_items(non_sequences))]
    truncate = _truncation(truncate_gradient, label)
    rows = _rows(given, n_steps, label)
    with loop_around() as position:
        step = TracedStep(fn, position, given, infos, others, label, given_as)
    if strict:
        step.check_strict()
    if not stacked:
        step.result.outputs = []
    body, captured = step.closed()
    values = [
        node for one in given for node in [_in_order(one, given[0], rows, n_steps, go_backwards, label)] * len(one.taps)
    ]
    offsets = tuple(_offset(one, tap, go_backwards) for one in given for tap in one.taps)
    until = step.result.stop is not None
    inputs = [rows, 0, rows, *values, *step.initial, *captured]
    options = {
        "body": body, "offsets": offsets, "carries": len(step.states), "reverse": False, "until": until,
        "truncate": truncate, "keep": "products",
    }  # fmt: skip
    if checkpoint_every is None:
        made = Loop(scan(*inputs, **options))
        outputs = [made.stack(k) for k in range(len(made.stacked))]
    else:
        made, outputs = in_chunks(inputs, options, checkpoint_every, label)
    made.node.name = name
    for output, inner in zip(outputs, step.result.outputs, strict=True):
        output.name = inner.name
    updates = Updates({variable: made.last_state(k) for variable, k in step.updated.items()})
    updates.update((stream, stream.default_update) for stream in step.streams() if stream not in updates)
    return Made(made, outputs, updates, step.result.single)


def _rows(given: Sequence[SequenceInfo], n_steps: Any, label: str) -> Node:
    """The number of steps."""
    if n_steps is None:
        return _rows_of_sequences(given, label)
    node = read_node(n_steps, f"{label}: n_steps")
    if node.ndim or not is_integer(node.dtype):
        raise GraphTypeError(f"{label}: n_steps is an integer scalar, not {describe(node)}{here()}")
    number = constant_scalar(node)
    if number is not None and number < 0:
        raise ArgumentError(f"{label}: n_steps={number}; a loop makes 0 steps or more{here()}")
    for place, one in enumerate(given):
        steps = _known_steps(one)
        if number is not None and steps is not None and steps < number:
            raise ShapeError(
                f"{label}: n_steps={number}, but sequence {place}, {describe(one.node)}, has elements for {steps} "
                f"steps only{here()}"
            )
    return convert(node, "int64")


def _known_steps(one: SequenceInfo) -> int | None:
    length = one.node.type.shape[0]
    return None if length is None else max(0, length - one.beyond)


def _rows_of_sequences(given: Sequence[SequenceInfo], label: str) -> Node:
    if not given:
        raise ArgumentError(f"{label}: without sequences n_steps must say how many steps to make{here()}")
    first, *rest = given
    for one in rest:
        steps = _known_steps(first), _known_steps(one)
        if None not in steps and steps[0] != steps[1]:
            raise ShapeError(
                f"{label}: the sequences have elements for different numbers of steps: {describe(first.node)} for "
                f"{steps[0]}, {describe(one.node)} for {steps[1]}; cut them, or give n_steps{here()}"
            )
    size = first.node.shape[0]
    if isinstance(size, int):
        return as_node(max(0, size - first.beyond))
    rows: Node = maximum(size - first.beyond, 0) if first.beyond else size
    return rows


def _in_order(one: SequenceInfo, first: SequenceInfo, rows: Node, n_steps: Any, go_backwards: bool, label: str) -> Node:
    """A sequence in the order in which it is read; where only running can tell, its length is checked then."""
    node = one.node
    known = node.type.shape[0] is not None and constant_scalar(rows) is not None
    if one is not first and n_steps is None and not known:
        names = [describe(each.node, lines=False) for each in (one, first)]
        what = f"{label}: sequence {names[0]} must have elements for as many steps as {names[1]}"
        # Without steps a sequence may be shorter than its taps reach.
        size = rows + minimum(one.beyond, node.shape[0]) if one.beyond else rows
        node = specify_shape(node, size, axes=(0,), label=what)
    return node[::-1] if go_backwards else node


def _offset(one: SequenceInfo, tap: int, go_backwards: bool) -> int:
    start = tap + one.before
    return one.beyond - start if go_backwards else start


def _truncation(steps: Any, label: str) -> int:
    if not isinstance(steps, int) or isinstance(steps, bool) or steps < -1:
        raise ArgumentError(f"{label}: truncate_gradient={shown(steps)}; it is -1 or a number of steps{here()}")
    return steps

"""Loops as users write them: ``scan``, and the loops with one purpose that it makes easy.

The step function is called once, on placeholders, to see what one step computes; the nodes
it makes become the body of a ``scan`` node (ops/scan.py). What does not change from step
to step stays outside and is captured, so it is computed once.

Source: the arguments are those of Theano's scan, in their order.

Read next: vectorization.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias, TypedDict, Unpack, overload

from ..binding import public
from ..errors import ArgumentError, GraphTypeError, ShapeError, here, shown
from ..graph import Node, describe
from ..op import as_node, constant_scalar, convert
from ..ops.arithmetic import maximum, minimum
from ..ops.join import specify_shape
from ..ops.scan import Loop
from ..ops.scan import scan as scan_op
from ..types import is_integer
from .checkpoint import in_chunks
from .loops import loop_around
from .scan_arguments import SequenceInfo, Updates, as_items, read_node, read_outputs, read_sequences
from .scan_step import Step

# What a step with several outputs, and nothing beside them, returns.
Nodes: TypeAlias = list[Node] | tuple[Node, ...]


class Options(TypedDict, total=False):
    """The keyword arguments of ``scan``, apart from ``return_list``; it explains each."""

    name: str | None
    strict: bool
    checkpoint_every: int | None


@overload
def scan(
    fn: Callable[..., Any], sequences: Any = None, outputs_info: Any = None, non_sequences: Any = None,
    n_steps: Any = None, truncate_gradient: int = -1, go_backwards: bool = False, *,
    return_list: Literal[True], **options: Unpack[Options]
) -> tuple[list[Node], Updates]: ...  # fmt: skip
@overload
def scan(
    fn: Callable[..., Node], sequences: Any = None, outputs_info: Any = None, non_sequences: Any = None,
    n_steps: Any = None, truncate_gradient: int = -1, go_backwards: bool = False, *,
    return_list: Literal[False] = False, **options: Unpack[Options]
) -> tuple[Node, Updates]: ...  # fmt: skip
@overload
def scan(
    fn: Callable[..., Nodes], sequences: Any = None, outputs_info: Any = None, non_sequences: Any = None,
    n_steps: Any = None, truncate_gradient: int = -1, go_backwards: bool = False, *,
    return_list: bool = False, **options: Unpack[Options]
) -> tuple[list[Node], Updates]: ...  # fmt: skip
@overload
def scan(
    fn: Callable[..., Any], sequences: Any = None, outputs_info: Any = None, non_sequences: Any = None,
    n_steps: Any = None, truncate_gradient: int = -1, go_backwards: bool = False, *,
    return_list: bool = False, **options: Unpack[Options]
) -> tuple[Any, Updates]: ...  # fmt: skip
@public
def scan(
    fn: Callable[..., Any],
    sequences: Any = None,
    outputs_info: Any = None,
    non_sequences: Any = None,
    n_steps: Any = None,
    truncate_gradient: int = -1,
    go_backwards: bool = False,
    *,
    name: str | None = None,
    strict: bool = False,
    return_list: bool = False,
    checkpoint_every: int | None = None,
) -> tuple[Any, Updates]:
    """A loop whose step is given by a function of variables.

    Args:
        fn: called once. It gets the current elements of the sequences, then the earlier values of the outputs that are
            fed back, then the non-sequences; it returns an output or a list of them, and with them, if wanted, a dict
            of updates of shared variables and ``until(condition)``.
        sequences: a tensor or a list: the loop steps along their first axes, which have equal sizes (with ``n_steps``
            they may be longer). ``dict(input=x, taps=[-1, 0])`` gives several elements to every step.
        outputs_info: for every output where it starts, or None if it is not fed back; ``dict(initial=x,
            taps=[-2, -1])`` for outputs that need older values, x then having these along its first axis,
            the oldest first.
        non_sequences: what else to pass to ``fn``; what it uses without being passed is captured too.
        n_steps: the number of steps, an integer or integer scalar; needed without sequences.
        truncate_gradient: how many steps the gradient goes back; -1 for all.
        go_backwards: whether to take the sequences from their ends.
        name: what errors call the loop.
        strict: whether every shared variable the step uses must be among ``non_sequences``.
        return_list: whether a single output is returned as a list too.
        checkpoint_every: keep the states of every so many steps for the gradient, and compute those between again.

    Returns:
        The outputs, stacked along a new first axis (one variable, a list, or None if there are none), and the updates:
        those that the step gave, and those of the random streams it drew from, which ``function`` knows by itself.

    Raises:
        ArgumentError: if the number of steps cannot be known, or the step returned nothing.
        GraphTypeError: if an output has not the dtype and rank of its initial state.
        ShapeError: if sequences have different lengths, or one is shorter than ``n_steps``.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x, decay = T.dvector("x"), T.dscalar("decay")
        >>> sums, _ = sd.scan(lambda x_t, s: decay * s + x_t, sequences=x, outputs_info=T.zeros((), "float64"))
        >>> sd.function([x, decay], sums)([1.0, 2.0, 3.0], 0.5).tolist()
        [1.0, 2.5, 4.25]
    """
    made = _loop(
        fn, sequences, outputs_info, non_sequences, name, n_steps, truncate_gradient, go_backwards, strict,
        checkpoint_every,
    )  # fmt: skip
    rows = made.outputs
    if made.loop.stop is not None:
        rows = [output[: made.loop.steps] for output in rows]
    if not rows and not return_list:
        return None, made.updates
    return (rows[0] if made.single and not return_list else rows), made.updates


@overload
def map(
    fn: Callable[..., Node], sequences: Any, non_sequences: Any = None, truncate_gradient: int = -1,
    go_backwards: bool = False, name: str | None = None
) -> tuple[Node, Updates]: ...  # fmt: skip
@overload
def map(
    fn: Callable[..., Nodes], sequences: Any, non_sequences: Any = None, truncate_gradient: int = -1,
    go_backwards: bool = False, name: str | None = None
) -> tuple[list[Node], Updates]: ...  # fmt: skip
@overload
def map(
    fn: Callable[..., Any], sequences: Any, non_sequences: Any = None, truncate_gradient: int = -1,
    go_backwards: bool = False, name: str | None = None
) -> tuple[Any, Updates]: ...  # fmt: skip
@public
def map(
    fn: Callable[..., Any],
    sequences: Any,
    non_sequences: Any = None,
    truncate_gradient: int = -1,
    go_backwards: bool = False,
    name: str | None = None,
) -> tuple[Any, Updates]:
    """A function of every element of sequences, stacked; arguments and results as of ``scan``.

    Args:
        fn, sequences, non_sequences, truncate_gradient, go_backwards, name: as of ``scan``.

    Returns:
        The outputs and the updates.

    Raises:
        ArgumentError, ShapeError: as ``scan``.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> squares, _ = sd.map(lambda k: k**2, T.arange(4))
        >>> squares.eval().tolist()
        [0, 1, 4, 9]
    """
    made: tuple[Any, Updates]
    made = scan(fn, sequences, None, non_sequences, None, truncate_gradient, go_backwards, name=name)
    return made


@overload
def reduce(
    fn: Callable[..., Node], sequences: Any, outputs_info: Any, non_sequences: Any = None, go_backwards: bool = False,
    name: str | None = None, *, checkpoint_every: int | None = None
) -> tuple[Node, Updates]: ...  # fmt: skip
@overload
def reduce(
    fn: Callable[..., Nodes], sequences: Any, outputs_info: Any, non_sequences: Any = None, go_backwards: bool = False,
    name: str | None = None, *, checkpoint_every: int | None = None
) -> tuple[list[Node], Updates]: ...  # fmt: skip
@overload
def reduce(
    fn: Callable[..., Any], sequences: Any, outputs_info: Any, non_sequences: Any = None, go_backwards: bool = False,
    name: str | None = None, *, checkpoint_every: int | None = None
) -> tuple[Any, Updates]: ...  # fmt: skip
@public
def reduce(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    go_backwards: bool = False,
    name: str | None = None,
    *,
    checkpoint_every: int | None = None,
) -> tuple[Any, Updates]:
    """The last states of a loop; the outputs before them are not kept.

    Args:
        fn, sequences, outputs_info, non_sequences, go_backwards, name, checkpoint_every: as of ``scan``.

    Returns:
        The last output, or a list of them, and the updates. Without steps they are the initial states.

    Raises:
        ArgumentError, GraphTypeError, ShapeError: as ``scan``; also if an output is not fed back.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> product, _ = sd.reduce(lambda k, so_far: so_far * k, T.arange(1, 6), T.constant(1))
        >>> int(product.eval())
        120
    """
    label = _label(name)
    infos = read_outputs(outputs_info, label)
    if not infos or any(info.taps != (-1,) for info in infos):
        raise ArgumentError(f"{label}: a reduction starts every output from one initial value{here()}")
    made = _loop(
        fn, sequences, outputs_info, non_sequences, name, go_backwards=go_backwards,
        checkpoint_every=checkpoint_every, stacked=False,
    )  # fmt: skip
    states = [made.loop.last_state(k) for k in range(len(infos))]
    return (states[0] if made.single else states), made.updates


@overload
def foldl(
    fn: Callable[..., Node], sequences: Any, outputs_info: Any, non_sequences: Any = None, name: str | None = None
) -> tuple[Node, Updates]: ...  # fmt: skip
@overload
def foldl(
    fn: Callable[..., Nodes], sequences: Any, outputs_info: Any, non_sequences: Any = None, name: str | None = None
) -> tuple[list[Node], Updates]: ...  # fmt: skip
@overload
def foldl(
    fn: Callable[..., Any], sequences: Any, outputs_info: Any, non_sequences: Any = None, name: str | None = None
) -> tuple[Any, Updates]: ...  # fmt: skip
@public
def foldl(
    fn: Callable[..., Any], sequences: Any, outputs_info: Any, non_sequences: Any = None, name: str | None = None
) -> tuple[Any, Updates]:
    """``reduce`` from the first element to the last.

    Args:
        fn, sequences, outputs_info, non_sequences, name: as of ``scan``.

    Returns:
        As ``reduce``.

    Raises:
        ArgumentError, GraphTypeError, ShapeError: as ``reduce``.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> number, _ = sd.foldl(lambda digit, n: 10 * n + digit, T.constant([4, 2]), T.constant(0))
        >>> int(number.eval())
        42
    """
    return reduce(fn, sequences, outputs_info, non_sequences, False, name)


@overload
def foldr(
    fn: Callable[..., Node], sequences: Any, outputs_info: Any, non_sequences: Any = None, name: str | None = None
) -> tuple[Node, Updates]: ...  # fmt: skip
@overload
def foldr(
    fn: Callable[..., Nodes], sequences: Any, outputs_info: Any, non_sequences: Any = None, name: str | None = None
) -> tuple[list[Node], Updates]: ...  # fmt: skip
@overload
def foldr(
    fn: Callable[..., Any], sequences: Any, outputs_info: Any, non_sequences: Any = None, name: str | None = None
) -> tuple[Any, Updates]: ...  # fmt: skip
@public
def foldr(
    fn: Callable[..., Any], sequences: Any, outputs_info: Any, non_sequences: Any = None, name: str | None = None
) -> tuple[Any, Updates]:
    """``reduce`` from the last element to the first.

    Args:
        fn, sequences, outputs_info, non_sequences, name: as of ``scan``.

    Returns:
        As ``reduce``.

    Raises:
        ArgumentError, GraphTypeError, ShapeError: as ``reduce``.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> number, _ = sd.foldr(lambda digit, n: 10 * n + digit, T.constant([4, 2]), T.constant(0))
        >>> int(number.eval())
        24
    """
    return reduce(fn, sequences, outputs_info, non_sequences, True, name)


# The parts of making a loop.


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


def _label(name: str | None) -> str:
    return f"scan {shown(name)}" if name else "scan"


def _loop(
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
) -> Made:
    label = _label(name)
    given = read_sequences(sequences, label)
    infos = read_outputs(outputs_info, label)
    others = [read_node(value, f"{label}: non-sequence {k}") for k, value in enumerate(as_items(non_sequences))]
    truncate = _truncation(truncate_gradient, label)
    rows = _rows(given, n_steps, label)
    with loop_around() as position:
        step = Step(fn, position, given, infos, others, label)
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
        made = Loop(scan_op(*inputs, **options))
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

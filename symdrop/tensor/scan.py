"""Loops as users write them: ``scan``, and the loops with one purpose that it makes easy.

The step function is called once, on placeholders, to see what one step computes; the nodes
it makes become the body of a ``scan`` node (ops/scan.py). What does not change from step
to step stays outside and is captured, so it is computed once.

Source: the arguments are those of Theano's scan, in their order.

Read next: trees.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias, TypedDict, Unpack, overload

from ..binding import public
from ..errors import ArgumentError, here
from ..graph import Node
from .scan_arguments import Updates, read_outputs
from .scan_node import loop_label, make_loop

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
    made = make_loop(
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
    label = loop_label(name)
    infos = read_outputs(outputs_info, label)
    if not infos or any(info.taps != (-1,) for info in infos):
        raise ArgumentError(f"{label}: a reduction starts every output from one initial value{here()}")
    made = make_loop(
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

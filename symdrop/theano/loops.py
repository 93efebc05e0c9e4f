"""``theano.scan`` and its relatives, with Theano's arguments in Theano's order.

What is drawn inside a step differs from step to step and from call to call. What is drawn
outside is one draw for all steps; Theano drew it again in every step if it was merely
used there, and kept it if it was passed in ``non_sequences``. So the first is warned about.

Read next: scan_module.py
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..binding import public
from ..errors import shown, user_line
from ..graph import Node, describe, toposort
from ..op import Draw, as_node
from ..tensor import cast
from ..tensor import scan as engine
from ..tensor.loops import loops_around
from ..tensor.scan_arguments import Until, Updates
from ..types import is_float
from .settings import config
from .variable import speaking

# Draws that somebody was already told about.
_warned: weakref.WeakSet[Node] = weakref.WeakSet()


@speaking
@public
def scan(
    fn: Callable[..., Any],
    sequences: Any = None,
    outputs_info: Any = None,
    non_sequences: Any = None,
    n_steps: Any = None,
    truncate_gradient: int = -1,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
    profile: Any = False,
    allow_gc: Any = None,
    strict: bool = False,
    return_list: bool = False,
) -> tuple[Any, Updates]:
    """A loop whose step is given by a function of variables; ``sd.scan`` with Theano's arguments in Theano's order.

    Args:
        fn, sequences, outputs_info, non_sequences, n_steps, truncate_gradient, go_backwards, name, strict,
            return_list: as of ``sd.scan``.
        mode, profile, allow_gc: accepted; they change nothing.

    Returns:
        The outputs, one variable or a list, and the updates. These may be handed to ``function`` or left out: what
        random streams need is known anyway.

    Raises:
        ArgumentError, GraphTypeError, ShapeError: as ``sd.scan``.

    Warns:
        UserWarning: if the step uses a draw that was made outside of it and not passed in ``non_sequences``.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> k = T.iscalar("k")
        >>> powers, updates = theano.scan(lambda p: p * 2, outputs_info=T.constant(1.0), n_steps=k)
        >>> theano.function([k], powers, updates=updates)(3).tolist()
        [2.0, 4.0, 8.0]
    """
    made: tuple[Any, Updates]
    made = engine.scan(
        _watched(fn, name),
        sequences,
        _starts(outputs_info),
        non_sequences,
        n_steps,
        truncate_gradient,
        go_backwards,
        name=name,
        strict=strict,
        return_list=return_list,
    )
    return made


@speaking
@public
def map(
    fn: Callable[..., Any],
    sequences: Any,
    non_sequences: Any = None,
    truncate_gradient: int = -1,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, Updates]:
    """A function of every element of sequences, stacked.

    Args:
        fn, sequences, non_sequences, truncate_gradient, go_backwards, mode, name: as of ``scan``.

    Returns:
        The outputs and the updates.

    Raises:
        ArgumentError, ShapeError: as ``scan``.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> theano.map(lambda k: k**2, T.arange(4))[0].eval().tolist()
        [0, 1, 4, 9]
    """
    return engine.map(_watched(fn, name), sequences, non_sequences, truncate_gradient, go_backwards, name)


@speaking
@public
def reduce(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, Updates]:
    """The last states of a loop.

    Args:
        fn, sequences, outputs_info, non_sequences, go_backwards, mode, name: as of ``scan``.

    Returns:
        The last output, or a list of them, and the updates.

    Raises:
        ArgumentError, GraphTypeError, ShapeError: as ``scan``.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> float(theano.reduce(lambda k, total: total + k, T.arange(5), 0.0)[0].eval())
        10.0
    """
    return engine.reduce(_watched(fn, name), sequences, _starts(outputs_info), non_sequences, go_backwards, name)


@speaking
@public
def foldl(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, Updates]:
    """``reduce`` from the first element to the last.

    Args:
        fn, sequences, outputs_info, non_sequences, mode, name: as of ``scan``.

    Returns:
        As ``reduce``.

    Raises:
        ArgumentError, GraphTypeError, ShapeError: as ``scan``.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> float(theano.foldl(lambda digit, n: 10 * n + digit, T.constant([4, 2]), 0.0)[0].eval())
        42.0
    """
    return reduce(fn, sequences, outputs_info, non_sequences, False, mode, name)


@speaking
@public
def foldr(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, Updates]:
    """``reduce`` from the last element to the first.

    Args:
        fn, sequences, outputs_info, non_sequences, mode, name: as of ``scan``.

    Returns:
        As ``reduce``.

    Raises:
        ArgumentError, GraphTypeError, ShapeError: as ``scan``.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> float(theano.foldr(lambda digit, n: 10 * n + digit, T.constant([4, 2]), 0.0)[0].eval())
        24.0
    """
    return reduce(fn, sequences, outputs_info, non_sequences, True, mode, name)


def _starts(outputs_info: Any) -> Any:
    """The initial outputs, with Python's floats in Theano's floatX instead of symdrop's."""
    if isinstance(outputs_info, list | tuple):
        return [_starts(one) for one in outputs_info]
    if isinstance(outputs_info, Mapping):
        return {key: _starts(one) if key == "initial" else one for key, one in outputs_info.items()}
    if outputs_info is None:
        return None
    node = as_node(outputs_info)
    return cast(node, config.floatX) if node.type.weak and is_float(node.dtype) else outputs_info


def _watched(fn: Callable[..., Any], name: str | None) -> Callable[..., Any]:
    """The step function, looking at what it has used."""

    def step(*arguments: Any) -> Any:
        returned = fn(*arguments)
        _warn_of_captured(_nodes(returned), {one for one in arguments if isinstance(one, Node)}, name)
        return returned

    return step


def _nodes(returned: Any) -> list[Node]:
    if isinstance(returned, Node):
        return [returned]
    if isinstance(returned, Until):
        return [returned.condition]
    if isinstance(returned, Mapping):
        return _nodes([*returned.values()])
    if isinstance(returned, list | tuple):
        return [node for one in returned for node in _nodes(one)]
    return []


def _warn_of_captured(outputs: Sequence[Node], arguments: set[Node], name: str | None) -> None:
    position = loops_around()[-1]
    for draw in toposort(outputs, stop=arguments.__contains__):
        if not isinstance(draw.op, Draw) or draw in arguments or draw in _warned:
            continue
        # A draw made in this step folds the position of this loop into its key, its first input.
        if position not in toposort(draw.inputs[:1]):
            _warned.add(draw)
            line = user_line()
            warnings.warn_explicit(
                f"the step of {f'scan {shown(name)}' if name else 'scan'} uses the draw {describe(draw)}, which was "
                "made outside of it: it is one draw for all steps, where Theano drew it again in every step. Draw "
                "inside the step to have that; pass it in non_sequences if one draw is what is meant",
                UserWarning,
                line.filename if line else __file__,
                line.lineno if line else 0,
            )

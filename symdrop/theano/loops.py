"""``theano.scan`` and its relatives, with Theano's arguments in Theano's order.

Random streams in loops are in loop_states.py.

Read next: checkpoints.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..binding import public
from ..op import as_node
from ..tensor import cast
from ..tensor import scan as engine
from ..types import is_float
from .dtypes import variable
from .loop_results import begin
from .loop_states import Step
from .settings import config
from .updates import OrderedUpdates
from .variable import Variable, speaking, spoken


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
) -> tuple[Any, OrderedUpdates]:
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
    step = Step(fn, name)
    outputs, updates = engine.scan(
        step,
        sequences,
        _starts(outputs_info),
        _tensors(non_sequences),
        n_steps,
        truncate_gradient,
        go_backwards,
        name=name,
        strict=strict,
        return_list=return_list,
    )
    step.follow(updates)
    made = spoken(outputs if return_list else _alone(outputs))
    _use(made, non_sequences)
    begin(made, outputs_info)
    return made, OrderedUpdates(updates)


def _use(outputs: Any, given: Any) -> None:
    """Let what is given to all steps count as used where an output is, as it was an input of Theano's loop."""
    used = [one for one in (given if isinstance(given, list | tuple) else [given]) if isinstance(one, Variable)]
    for output in outputs if isinstance(outputs, list | tuple) else [outputs]:
        for one in used if isinstance(output, Variable) else ():
            output.belongs_to(one)


@speaking
def _tensors(given: Any) -> Any:
    """The arguments of a step, lists of variables stacked as wherever Theano expects a tensor."""
    if not isinstance(given, list | tuple):
        return given
    return [variable(one) if isinstance(one, list | tuple) else one for one in given]


@public
def map(
    fn: Callable[..., Any],
    sequences: Any,
    non_sequences: Any = None,
    truncate_gradient: int = -1,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, OrderedUpdates]:
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
    step = Step(fn, name)
    outputs, updates = engine.map(step, sequences, non_sequences, truncate_gradient, go_backwards, name)
    step.follow(updates)
    return _alone(outputs), OrderedUpdates(updates)


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
) -> tuple[Any, OrderedUpdates]:
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
    step = Step(fn, name)
    outputs, updates = engine.reduce(step, sequences, _starts(outputs_info), non_sequences, go_backwards, name)
    step.follow(updates)
    return _alone(outputs), OrderedUpdates(updates)


@speaking
@public
def foldl(
    fn: Callable[..., Any],
    sequences: Any,
    outputs_info: Any,
    non_sequences: Any = None,
    mode: Any = None,
    name: str | None = None,
) -> tuple[Any, OrderedUpdates]:
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
) -> tuple[Any, OrderedUpdates]:
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


def _alone(outputs: Any) -> Any:
    """The one output of a list of one: a step that returns ``[x]`` has one output, not a list."""
    return outputs[0] if isinstance(outputs, list | tuple) and len(outputs) == 1 else outputs


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

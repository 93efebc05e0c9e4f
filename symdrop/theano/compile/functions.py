"""``theano.function``: the engine's function with the arguments Theano gave it.

Read next: states.py
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...binding import public
from ...compiler import function as engine_function
from ...graph import Node
from ...types import is_float
from ..loop_states import warn_of_forgotten
from ..settings import config
from .inputs import Out
from .sparse_values import SparseFunction, has_sparse


@public
def function(
    inputs: Sequence[Any],
    outputs: Any = None,
    mode: Any = None,
    updates: Any = None,
    givens: Any = None,
    no_default_updates: Any = False,
    accept_inplace: bool = False,
    name: str | None = None,
    rebuild_strict: bool = True,
    allow_input_downcast: bool | None = None,
    profile: Any = None,
    on_unused_input: str | None = None,
) -> Any:
    """Compile expressions to a callable; ``sd.function`` with Theano's arguments in Theano's order.

    Args:
        inputs: variables, or ``In`` objects.
        outputs: a variable, a list or tuple of them, a dict, or None.
        updates: new values of shared variables: a dict or list of pairs. Those that random streams need are known.
        givens: replacements of variables by expressions: a dict or list of pairs.
        no_default_updates: True to keep streams from advancing, or a list of the states to leave alone.
        name: what errors call the function.
        allow_input_downcast: whether arrays may lose precision on the way in.
        on_unused_input: "raise", "warn" or "ignore"; by default ``theano.config.on_unused_input``.
        mode, accept_inplace, rebuild_strict, profile: accepted; they change nothing.

    Returns:
        A callable that gives an array for a variable, a list for a list, a dict for a dict and an empty list for None.

    Raises:
        UnusedInputError, MissingInputError, GraphTypeError: as ``sd.function``.

    Warns:
        UserWarning: if a loop drew random numbers, and the updates that ``scan`` returned are not given.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> x = T.vector("x")
        >>> theano.function([x], [x.sum()])([1, 2])
        [array(3.)]
    """
    if has_sparse(inputs, outputs):
        settings = mode, updates, givens, no_default_updates, accept_inplace, name, rebuild_strict, allow_input_downcast
        return SparseFunction(inputs, outputs, lambda dense, made: function(dense, made, *settings, profile, "ignore"))
    made = engine_function(
        inputs,
        _variables(outputs),
        updates=updates,
        givens=givens,
        no_default_updates=no_default_updates,
        name=name,
        allow_input_downcast="python" if allow_input_downcast is None else allow_input_downcast,
        on_unused_input=on_unused_input or config.on_unused_input,
    )
    warn_of_forgotten(made.updates, updates)
    return made


def _variables(outputs: Any) -> Any:
    """Outputs without their ``Out``, and what no array of floats has given a dtype in floatX."""
    if isinstance(outputs, Out):
        return _variables(outputs.variable)
    if isinstance(outputs, list | tuple):
        return [_variables(output) for output in outputs]
    if isinstance(outputs, Mapping):
        return {key: _variables(output) for key, output in outputs.items()}
    weak_float = isinstance(outputs, Node) and outputs.items is None and outputs.type.weak and is_float(outputs.dtype)
    return outputs.astype(config.floatX) if weak_float else outputs

"""``theano.compile``: functions and shared variables with the arguments Theano gave them.

Read next: loops.py
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..binding import public
from ..compiler import In as EngineIn
from ..compiler import function as engine_function
from ..errors import ArgumentError, GraphTypeError, here, shown
from ..graph import Node, substitute
from ..op import SharedVariable as SharedVariable
from ..op import as_node, give_way
from ..op import shared as engine_shared
from ..op.leaves import as_array
from ..types import is_float
from .missing import no_name
from .settings import config
from .variable import TensorSharedVariable


class In(EngineIn):
    """An input of a function with more to say than which variable it is.

    Args:
        variable: the input variable.
        name: the keyword by which calls may give it; by default the variable's name.
        value: what it is when a call does not give it.
        allow_downcast: overrides ``allow_input_downcast`` of the function for this input.
        update: not supported; give the state to ``function`` as a shared variable in ``updates``.
        mutable, strict, autoname, implicit, borrow, shared: accepted; they change nothing.

    Raises:
        ArgumentError: if an update is given.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> x, rate = T.scalars("x", "rate")
        >>> f = theano.function([x, theano.In(rate, value=0.5)], x * rate)
        >>> float(f(2)), float(f(2, rate=3))
        (1.0, 6.0)
    """

    __slots__ = ()

    @public
    def __init__(
        self,
        variable: Node,
        name: str | None = None,
        value: Any = None,
        update: Any = None,
        mutable: Any = None,
        strict: bool = False,
        allow_downcast: bool | None = None,
        autoname: bool = True,
        implicit: Any = None,
        borrow: Any = None,
        shared: Any = None,
    ) -> None:
        if update is not None:
            raise ArgumentError(
                f"In(update=...) is not supported; make the state a theano.shared and update it in function{here()}"
            )
        super().__init__(variable, value, name, allow_downcast)


@public
def Param(
    variable: Node,
    default: Any = None,
    name: str | None = None,
    mutable: bool = False,
    strict: bool = False,
    allow_downcast: bool | None = None,
    implicit: Any = None,
    borrow: Any = None,
) -> In:
    """``In`` as it was called before; see there.

    Args:
        variable, name, mutable, strict, allow_downcast, implicit, borrow: as of ``In``.
        default: what it is when a call does not give it.

    Returns:
        An ``In``.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> x = T.scalar("x")
        >>> float(theano.function([theano.Param(x, default=2.0)], x**2)())
        4.0
    """
    return In(variable, name, default, allow_downcast=allow_downcast)


@public
@dataclass(frozen=True)
class Out:
    """An output of a function; ``borrow`` changes nothing, since outputs never share memory with states."""

    variable: Any
    borrow: bool = False


@public
@dataclass(frozen=True)
class Mode:
    """How Theano was to compile; accepted and not looked at, since every function is compiled in the same way."""

    linker: Any = None
    optimizer: Any = None

    @public
    def including(self, *tags: str) -> Mode:
        """The mode itself."""
        return self

    excluding = including


@public
def get_default_mode() -> Mode:
    """The only mode.

    Returns:
        A ``Mode``.

    Example:
        >>> get_default_mode().excluding("gpu")
        Mode(linker=None, optimizer=None)
    """
    return Mode()


get_mode = get_default_mode


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

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> x = T.vector("x")
        >>> theano.function([x], [x.sum()])([1, 2])
        [array(3.)]
    """
    return engine_function(
        inputs,
        _variables(outputs),
        updates=updates,
        givens=givens,
        no_default_updates=no_default_updates,
        name=name,
        allow_input_downcast="python" if allow_input_downcast is None else allow_input_downcast,
        on_unused_input=on_unused_input or config.on_unused_input,
    )


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


@public
def shared(
    value: Any,
    name: str | None = None,
    strict: bool = False,
    allow_downcast: bool | None = None,
    borrow: bool = False,
    broadcastable: Any = None,
    **kwargs: Any,
) -> SharedVariable:
    """A variable with a value that lives between calls.

    Args:
        value: a number or array; its dtype is kept, whatever floatX is (Python floats are float64).
        name: for printing and errors.
        borrow: whether to keep the array given instead of a copy.
        broadcastable: a truth value for every axis: whether its size is 1 and stays 1. By default none does, as in
            Theano, so a row that is to stretch over a matrix says ``(True, False)``.
        strict, allow_downcast: accepted; they change nothing.
        **kwargs: ``target`` is accepted; it changes nothing.

    Returns:
        A leaf of the graph.

    Raises:
        GraphTypeError: if the value is not numeric or is symbolic, or for an unknown keyword.

    Example:
        >>> import symdrop.theano as theano
        >>> theano.shared([[1.0, 2.0]]).broadcastable
        (False, False)
    """
    for keyword in kwargs:
        if keyword != "target":
            raise GraphTypeError(f"theano.shared has no argument {shown(keyword)}{here()}")
    if broadcastable is None and value is not None and not isinstance(value, Node | str):
        broadcastable = (False,) * as_array(value).ndim
    made = engine_shared(np.asarray(value) if isinstance(value, float) else value, name, borrow, broadcastable)
    return TensorSharedVariable(made.container, made.type, name, made.lines)


@public
def clone(output: Any, replace: Any = None, strict: bool = True, share_inputs: bool = True) -> Any:
    """Expressions with some variables replaced.

    Args:
        output: a variable or a list of them.
        replace: what becomes what: a dict or list of pairs.
        strict: accepted; replacements must have the dtype of what they replace in any case.
        share_inputs: must be True; inputs are never copied.

    Returns:
        A variable or a list. Draws stay the draws they are.

    Raises:
        ArgumentError: for ``share_inputs=False``.
        GraphTypeError: if a replacement has another dtype or number of axes.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> x, y = T.scalars("x", "y")
        >>> float(theano.clone(x**2, {x: y + 1}).eval({y: 2.0}))
        9.0
    """
    if not share_inputs:
        raise ArgumentError(f"clone: share_inputs=False is not supported; make new inputs and replace by them{here()}")
    pairs = dict(replace.items() if isinstance(replace, Mapping) else replace or ())
    replacements = {}
    for old, new in pairs.items():
        node = give_way(as_node(new), old.dtype)
        if node.dtype != old.dtype or node.ndim != old.ndim:
            raise GraphTypeError(
                f"clone: {shown(old)} of type {old.type} cannot become {shown(node)} of type {node.type}{here()}"
            )
        replacements[old] = node
    made = substitute(output if isinstance(output, list | tuple) else [output], replacements)
    return made if isinstance(output, list | tuple) else made[0]


def _asarray(value: Any, dtype: Any = None, order: Any = None) -> np.ndarray[Any, Any]:
    return np.asarray(value, np.dtype(config.floatX if dtype == "floatX" else dtype), order)


# Theano spread these names over files; whatever else was beside them is found missing when it is used.
__path__: list[str] = []
function_module = io = mode = pfunc = sharedvalue = sys.modules[__name__]

_NAMES = (
    "In", "Mode", "Out", "Param", "SharedVariable", "clone", "function", "get_default_mode", "get_mode", "shared",
)  # fmt: skip


def __getattr__(name: str) -> Any:
    """Refuse what is not there with a sentence."""
    no_name("theano.compile", name, _NAMES)

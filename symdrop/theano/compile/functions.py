"""``theano.function``: the engine's function with the arguments Theano gave it.

Read next: ops.py
"""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...binding import public
from ...compiler import In as EngineIn
from ...compiler import function as engine_function
from ...compiler.inputs import PYTHON, VALUES
from ...errors import ArgumentError, GraphTypeError, UnusedInputError, at_lines, here, shown, user_line
from ...graph import Node, describe, substitute, toposort
from ...op import SharedVariable, as_node
from ...types import is_float
from ..generic import ObjectFunction, has_objects
from ..loop_states import warn_of_forgotten
from ..settings import config
from ..shapes import Sizes
from ..shared_variables import TensorSharedVariable
from ..updates import check_patterns
from ..variable import Variable, theano_type
from .cloning import clone
from .containers import Container
from .function_object import Function, StateInput
from .inputs import In, Out
from .modes import get_mode
from .sparse_values import SparseFunction, has_sparse
from .states import shared


class ReplacedInputError(ArgumentError, RuntimeError):
    """An input that givens are to replace; in Theano a ``RuntimeError``."""


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
        mode: a mode or its name; "NanGuardMode", "DebugMode" and ``MonitorMode`` look at the values of every call,
            others change nothing.
        updates: new values of shared variables: a dict or list of pairs. Those that random streams need are known.
        givens: replacements of variables by expressions: a dict or list of pairs.
        no_default_updates: True to keep streams from advancing, or a list of the states to leave alone.
        name: what errors call the function.
        allow_input_downcast: whether arrays may lose precision on the way in.
        on_unused_input: "raise", "warn" or "ignore"; by default ``theano.config.on_unused_input``. An input of which a
            cost is computed is used by the cost's gradient.
        rebuild_strict: False to let givens be of other types, and build the expressions again for these.
        accept_inplace, profile: accepted; they change nothing.

    Returns:
        A ``Function``: it gives an array for a variable, a list for a list, a dict for a dict and an empty list for
        None.

    Raises:
        UnusedInputError, MissingInputError, GraphTypeError: as ``sd.function``.
        ArgumentError: for a mode or a reaction that is none.

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
    if isinstance(inputs, list | tuple) and has_objects(inputs):
        settings = mode, updates, givens, no_default_updates, accept_inplace, name, rebuild_strict, allow_input_downcast
        others = [new for _, new in (*_pairs(updates), *_pairs(givens))]
        return ObjectFunction(
            inputs, outputs, others, lambda arrays, made: function(arrays, made, *settings, profile, on_unused_input)
        )
    if not isinstance(inputs, list | tuple):
        raise GraphTypeError(
            f"Input variables of a Theano function should be contained in a list, even when there is a single input, "
            f"not {shown(inputs)}{here()}"
        )
    reaction = _reaction(on_unused_input)
    chosen = get_mode(mode)
    specs = [one if isinstance(one, EngineIn) else In(one) for one in inputs]
    states = _states(specs)
    replaced: dict[Any, Any] = {one.variable: one.state for one in states}
    _check_keys(outputs)
    asked = _variables(outputs)
    changed = [*_pairs(updates), *_own_updates(specs, states)]
    _check_inputs(specs)
    _check_givens(givens, specs)
    check_patterns(changed)
    if reaction != "ignore":
        _check_used(specs, asked, changed, dict(_pairs(givens)), reaction)
    if not rebuild_strict:
        asked, changed, givens = _rebuilt(asked, changed, givens)
    made = engine_function(
        [_engines(spec, allow_input_downcast) for spec in specs if spec.variable not in replaced],
        asked,
        updates=changed if states or not rebuild_strict else updates,
        givens=[*_pairs(givens), *replaced.items()] if states else givens,
        no_default_updates=no_default_updates,
        name=name,
        on_unused_input="ignore",
    )
    warn_of_forgotten(made.updates, updates)
    line = user_line()
    called = name or (f"{line.filename}:{line.lineno}" if line else None)
    return Function(made, [_theanos(spec) for spec in specs], states, chosen, called)


@public
def pfunc(
    params: Sequence[Any],
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
    output_keys: Any = None,
) -> Any:
    """``function`` as it was called before; see there.

    Args:
        params: the inputs.
        outputs, mode, updates, givens, no_default_updates, accept_inplace, name, rebuild_strict, allow_input_downcast,
            profile, on_unused_input: as of ``function``.
        output_keys: the keys of a dict of outputs, one for each output of a list, or None.

    Returns:
        A ``Function``.

    Raises:
        UnusedInputError, MissingInputError, GraphTypeError, ArgumentError: as ``function``.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> x = T.scalar("x")
        >>> float(theano.compile.pfunc(params=[x], outputs=x + 1)(2.0))
        3.0
    """
    keyed = outputs if output_keys is None else dict(zip(output_keys, outputs, strict=True))
    return function(
        params, keyed, mode, updates, givens, no_default_updates, accept_inplace, name, rebuild_strict,
        allow_input_downcast, profile, on_unused_input,
    )  # fmt: skip


@public
def function_dump(
    filename: str,
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
    extra_tag_to_remove: Any = None,
) -> None:
    """Write the arguments of ``function`` to a file, as a pickle of a dict: ``theano.function(**dict)`` compiles them.

    Args:
        filename: the file.
        inputs, outputs, mode, updates, givens, no_default_updates, accept_inplace, name, rebuild_strict,
            allow_input_downcast, profile, on_unused_input: as of ``function``.
        extra_tag_to_remove: accepted; it changes nothing.

    Example:
        >>> import pickle, tempfile
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> x = T.scalar("x")
        >>> with tempfile.NamedTemporaryFile() as file:
        ...     theano.function_dump(file.name, [x], x + 1)
        ...     given = pickle.load(file)
        >>> float(theano.function(**given)(2.0))
        3.0
    """
    given = {
        "inputs": inputs, "outputs": outputs, "mode": mode, "updates": updates, "givens": givens,
        "no_default_updates": no_default_updates, "accept_inplace": accept_inplace, "name": name,
        "rebuild_strict": rebuild_strict, "allow_input_downcast": allow_input_downcast, "profile": profile,
        "on_unused_input": on_unused_input,
    }  # fmt: skip
    with open(filename, "wb") as file:
        pickle.dump(given, file, protocol=-1)


class OutputKeyError(GraphTypeError, AssertionError):
    """A key of a dict of outputs that is no text; in Theano an ``AssertionError``."""


def _check_keys(outputs: Any) -> None:
    for key in outputs if isinstance(outputs, Mapping) else ():
        if not isinstance(key, str):
            raise OutputKeyError(f"the keys of a dict of outputs are text, not {shown(key)}{here()}")


def _rebuilt(outputs: Any, updates: Sequence[Any], givens: Any) -> tuple[Any, list[Any], Any]:
    """Outputs and updates with givens of other types in place; the givens that are left."""
    others = {old: new for old, new in _pairs(givens) if isinstance(new, Node) and new.type != old.type}
    if isinstance(outputs, Mapping):
        made: Any = dict(zip(outputs, clone(list(outputs.values()), others, strict=False), strict=True))
    else:
        made = outputs if outputs is None else clone(outputs, others, strict=False)
    news = clone([as_node(new) for _, new in updates], others, strict=False)
    changed = [(old, new) for (old, _), new in zip(updates, news, strict=True)]
    return made, changed, [(old, new) for old, new in _pairs(givens) if old not in others]


def _reaction(on_unused_input: str | None) -> str:
    reaction = on_unused_input or config.on_unused_input
    if reaction not in ("raise", "warn", "ignore"):
        choices = "Valid values are 'raise', 'warn', and 'ignore'"
        raise ArgumentError(f"Invalid value for keyword on_unused_input: {shown(reaction)}. {choices}{here()}")
    return reaction


def _check_inputs(specs: Sequence[EngineIn]) -> None:
    """Refuse shared variables."""
    for spec in specs:
        if isinstance(spec.variable, SharedVariable):
            raise GraphTypeError(
                f"Cannot use a shared variable ({spec.variable.name or spec.variable.type}) as explicit input. "
                f"Consider substituting a non-shared variable via the `givens` parameter{here()}"
            )


def _engines(spec: EngineIn, allow_input_downcast: bool | None) -> EngineIn:
    """The input as the engine's function takes it; a Python float may lose digits where the input is of floatX."""
    variable: Any = spec.variable
    if not isinstance(variable, Node):
        return spec
    value = spec.value.value if isinstance(spec.value, Container) else spec.value
    allow: Any = allow_input_downcast if spec.allow_downcast is None else spec.allow_downcast
    if allow is not True:
        allow = PYTHON if allow is None and variable.dtype == config.floatX else VALUES
    return EngineIn(variable, value, spec.name, allow)


def _check_givens(givens: Any, specs: Sequence[EngineIn]) -> None:
    """Refuse the replacement of an input."""
    for old, _ in _pairs(givens):
        if any(old is spec.variable for spec in specs):
            raise ReplacedInputError(
                f"You are trying to replace variable {shown(old)} through the `givens` parameter, but this variable is "
                f"an input to your function; use theano.clone, or another input{here()}"
            )


def _theanos(spec: EngineIn) -> In:
    return spec if isinstance(spec, In) else In(spec.variable, spec.name, spec.value)


def _pairs(given: Any) -> list[Any]:
    """The pairs of a dict or list; none of anything else, of which the engine says what is wrong."""
    if isinstance(given, Mapping):
        return list(given.items())
    pairs = isinstance(given, list | tuple) and all(isinstance(one, list | tuple) and len(one) == 2 for one in given)
    return list(given) if pairs else []


def _states(specs: Sequence[EngineIn]) -> list[StateInput]:
    """The inputs that are updated, each with the shared variable that holds its value."""
    found = []
    for k, spec in enumerate(specs):
        updated = isinstance(spec, In) and spec.update is not None
        elsewhere = spec.value.state if isinstance(spec.value, Container) else None
        if updated or elsewhere is not None:
            state = _state_of(spec) if elsewhere is None else elsewhere
            found.append(StateInput(k, spec.label, spec.variable, state, updated, spec.value is None))
    return found


def _state_of(spec: EngineIn) -> SharedVariable:
    """A new state with the value that an input has to begin with; zero where every call is to give it."""
    variable = spec.variable
    given = spec.value.value if isinstance(spec.value, Container) else spec.value
    began = np.zeros((1,) * variable.ndim, variable.dtype) if given is None else given
    state = shared(theano_type(variable.type).filter(began), spec.label, broadcastable=variable.broadcastable)
    assert isinstance(state, TensorSharedVariable)
    return state


def _own_updates(specs: Sequence[EngineIn], states: Sequence[StateInput]) -> list[tuple[SharedVariable, Node]]:
    """The updates of inputs, as updates of the states in their place."""
    replaced: dict[Node, Node] = {one.variable: one.state for one in states}
    updated = [one for one in states if one.is_kept]
    updates = [specs[one.position].update for one in updated]  # type: ignore[attr-defined]
    return list(zip([one.state for one in updated], substitute(updates, replaced), strict=True))


def _check_used(
    specs: Sequence[EngineIn], outputs: Any, updates: Sequence[Any], givens: Mapping[Any, Any], reaction: str
) -> None:
    """Refuse inputs that nothing depends on, or warn of them, as ``reaction`` says."""
    several = outputs.values() if isinstance(outputs, Mapping) else outputs
    asked = list(several) if isinstance(outputs, list | tuple | Mapping) else [outputs]
    asked += [new for _, new in updates]
    inputs = {spec.variable for spec in specs if isinstance(spec.variable, Node)}

    def sources(node: Node) -> Sequence[Node]:
        if node in givens and node not in inputs:
            return [givens[node]] if isinstance(givens[node], Node) else []
        costs = node.costs if isinstance(node, Variable) else ()
        more = node.default_update if isinstance(node, SharedVariable) else None
        return (*node.inputs, *costs, *(() if more is None else (more,)))

    used = set(toposort([node for node in asked if isinstance(node, Node)], inputs.__contains__, sources))
    for k, spec in enumerate(specs):
        variable = spec.variable
        updated = isinstance(spec, In) and spec.update is not None
        if not isinstance(variable, Node) or variable in used or updated:
            continue
        message = (
            "theano.function was asked to create a function computing outputs given certain inputs, but the provided "
            f"input variable at index {k} is not part of the computational graph needed to compute the outputs: "
            f"{describe(variable, lines=False)}; no output or update depends on the input. Remove it, or allow it with "
            f"on_unused_input='ignore' or 'warn'{at_lines(variable.lines)}"
        )
        if reaction == "raise":
            raise UnusedInputError(message)
        warnings.warn(message, UserWarning, stacklevel=3)


def _variables(outputs: Any) -> Any:
    """Outputs without their ``Out``, and what no array of floats has given a dtype in floatX."""
    if isinstance(outputs, Out):
        return _variables(outputs.variable)
    if isinstance(outputs, Sizes):
        return outputs.vector()
    if isinstance(outputs, list | tuple):
        return [_variables(output) for output in outputs]
    if isinstance(outputs, Mapping):
        # Theano gave them in the order of their keys.
        ordered = sorted(outputs) if all(isinstance(key, str) for key in outputs) else outputs
        return {key: _variables(outputs[key]) for key in ordered}
    weak_float = isinstance(outputs, Node) and outputs.items is None and outputs.type.weak and is_float(outputs.dtype)
    return outputs.astype(config.floatX) if weak_float else outputs

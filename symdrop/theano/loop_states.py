"""Random streams in loops: states that steps of ``scan`` hand on to one another, as Theano handed them on.

A shared variable with an update of its own, such as the state of a draw, is carried from step to step. So what is drawn
inside a step differs from step to step, and so does what is drawn outside and merely used there, as in Theano. What is
passed in ``non_sequences`` is one draw for all steps.

The updates that ``scan`` returns take the states to where the loop left them. Where they are not given to ``function``
Theano moved on by one draw, so that two calls had all draws but one in common; here they move on as far as they should,
and ``function`` says so.

Read next: generic.py
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..errors import shown, user_line
from ..graph import Node, describe, toposort
from ..op import Draw, SharedVariable
from ..tensor.loops import loops_around
from ..tensor.scan_arguments import Until, Updates, is_updates
from .shared_variables import TensorSharedVariable

# Draws that somebody was already told about.
_warned: weakref.WeakSet[Node] = weakref.WeakSet()


class Step:
    """A step function of ``scan`` that returns, beside what it is meant to, the next states of what it draws.

    Args:
        fn: the step function.
        name: the name of the loop, for warnings.
    """

    def __init__(self, fn: Callable[..., Any], name: str | None) -> None:
        self._fn = fn
        self._name = name
        self._made: list[SharedVariable] = []
        self.__wrapped__ = fn

    def __call__(self, *arguments: Any) -> Any:
        returned = self._fn(*arguments)
        given = {one for one in arguments if isinstance(one, Node)}
        explicit: set[Node] = set()
        outputs: list[Node] = []
        for node, updated in _nodes(returned):
            outputs.append(node)
            explicit.update(updated)
        _warn_of_captured(outputs, given, self._name)
        states = _states(outputs, given, explicit)
        self._made = [
            state
            for state in (*states, *explicit)
            if isinstance(state, SharedVariable) and is_made_in(state, loops_around()[-1])
        ]
        if not states:
            return returned
        updates = {state: state.default_update for state in states}
        several = isinstance(returned, list | tuple) and not is_updates(returned)
        return [*returned, updates] if several else [returned, updates]

    def follow(self, updates: Updates) -> None:
        """Let the states of draws that were made inside a step be updated by the loop instead of by one step."""
        for state in self._made:
            if state in updates:
                state.set_default_update(updates[state])


def remember_loops(state: Node) -> None:
    """Note inside of which loops the state of a draw is made."""
    vars(state)["_loops"] = loops_around()


def is_made_in(state: Node, position: Node) -> bool:
    """True if a draw's state was made inside a loop, given by its position."""
    return isinstance(state, TensorSharedVariable) and position in vars(state).get("_loops", ())


def warn_of_forgotten(updated: Iterable[Node], given: Any) -> None:
    """Say, once for every draw, that updates of ``scan`` are not given to a function, and what Theano did then.

    Args:
        updated: the states that the function updates.
        given: the updates that it is given.
    """
    pairs = given.items() if isinstance(given, Mapping) else given or ()
    known = {variable for variable, _ in pairs}
    forgotten = [
        state
        for state in updated
        if isinstance(state, TensorSharedVariable) and vars(state).get("_loops") and state not in known
        if state not in _warned
    ]
    _warned.update(forgotten)
    if forgotten:
        warnings.warn(
            "the updates that scan returned are not given to the function: its draws go on where the loop left them. "
            "In Theano the next call repeated all draws but the first",
            UserWarning,
            stacklevel=4,
        )


def _states(outputs: Iterable[Node], given: set[Node], explicit: set[Any]) -> list[TensorSharedVariable]:
    """The states with updates of their own that nodes need, and that those updates need."""
    found: list[TensorSharedVariable] = []
    pending = [*outputs]
    seen: set[Node] = set()
    while pending:
        for node in toposort(pending, stop=lambda one: one in given or one in seen):
            known = node in seen or node in given or node in explicit
            if not known and isinstance(node, TensorSharedVariable) and node.default_update is not None:
                found.append(node)
            seen.add(node)
        pending = [update for one in found if (update := one.default_update) is not None and update not in seen]
    return found


def _nodes(returned: Any) -> list[tuple[Node, tuple[Any, ...]]]:
    """The nodes that a step returns, each with the variable that it updates, if any."""
    if isinstance(returned, Node):
        return [(returned, ())]
    if isinstance(returned, Until):
        return [(returned.condition, ())]
    if isinstance(returned, Mapping) or is_updates(returned):
        pairs = returned.items() if isinstance(returned, Mapping) else returned
        return [(new, (variable,)) for variable, new in pairs if isinstance(new, Node)]
    if isinstance(returned, list | tuple):
        return [pair for one in returned for pair in _nodes(one)]
    return []


def _warn_of_captured(outputs: Iterable[Node], arguments: set[Node], name: str | None) -> None:
    position = loops_around()[-1]
    for draw in toposort(list(outputs), stop=arguments.__contains__):
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

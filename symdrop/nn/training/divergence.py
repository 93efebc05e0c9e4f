"""Divergence: the step at which a run stops being finite, found by making the steps of the epoch once more.

A step has replaced the states by the time its loss is seen. Since it computes the same bits from the same states and
batch, no step has to keep the states before it: those at the beginning of the epoch are enough.

Read next: run.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import isfinite
from typing import Any, NamedTuple

from ...compiler import Function
from ...op import SharedVariable
from ...syntax import hooks
from .states import Array, restore, snapshot, with_nan


class Found(NamedTuple):
    """A step that went wrong.

    Args:
        number: of the step, from 1 on.
        what: is known about it.
        since: the moment whose values the states hold now.
    """

    number: int
    what: str
    since: str


def first_step(
    train: Any,
    loss_of: Callable[[Any], float],
    states: Mapping[str, SharedVariable],
    start: Mapping[str, Array],
    batches: Iterable[Any],
    most: int,
) -> Found:
    """The first step after which the loss or a state is not finite, the states being set to those before it.

    Args:
        train: the training function.
        loss_of: the loss among what it returns.
        states: all of its states.
        start: their values before the first of the batches.
        batches: those of the steps that were made since.
        most: how many they are.
    """
    restore(states, start)
    # Of what is no compiled function nobody knows all states, so its steps cannot be made again.
    again = batches if isinstance(train, Function) else ()
    for number, batch in zip(range(1, most + 1), again, strict=False):
        before = snapshot(states)
        loss = loss_of(train(*batch))
        bad = [*with_nan(states)]
        if bad or not isfinite(loss):
            restore(states, before)
            first = ", ".join(bad[:3]) + ", ..." * (len(bad) > 3)
            seen = f"the loss is {loss}" + f", and NaN is in {first}" * bool(bad)
            return Found(number, f"{seen}{_node(train, batch)}", "before that step")
    restore(states, start)
    return Found(most, "a loss or a state is not finite", "when the epoch, or the program, began")


def _node(train: Any, batch: Any) -> str:
    """The node of a step with the first value that is not finite, as a further line."""
    node = hooks["first_bad_value"](train, *batch)
    return f"\n  {node}" if node else ""

"""Results of loops as Theano showed them: a part of a longer one, which begins with the initial state.

Theano's loop gave the initial states and what followed; ``scan`` returned the part behind them. Scripts that walk
graphs undo it: ``states.owner.inputs[0]`` begins with the initial states, and its owner is the loop.

Read next: loops.py
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..op import as_node, is_item
from ..tensor import cast, concatenate
from .applications import Apply
from .variable import Variable, spoken


class Beginning:
    """The initial states of an output of a loop, from which its application is made when it is asked for.

    Args:
        initial: the initial state, or several in one variable.
        taps: how many steps back the states are read of which the step is made.
    """

    def __init__(self, initial: Any, taps: Any) -> None:
        self.initial = initial
        self.count = -min(taps)
        self.is_one = list(taps) == [-1]

    def application(self, states: Variable, loop: Apply) -> Apply:
        """The part behind the initial states of all of them.

        Args:
            states: the output.
            loop: the application of the loop that computed it.
        """
        first = cast(as_node(self.initial), states.dtype)
        whole = spoken(concatenate([first[None] if self.is_one else first[: self.count], states], axis=0))
        vars(whole)["_apply"] = loop
        loop.outputs[states.params["index"] if is_item(states) else 0] = whole
        part = whole[self.count :].owner
        return Apply.view(part.op, states, part.inputs)


def begin(outputs: Any, outputs_info: Any) -> None:
    """Let the outputs of a loop know their initial states.

    Args:
        outputs: one or several.
        outputs_info: what ``scan`` was given.
    """
    given = outputs_info if isinstance(outputs_info, list | tuple) else [outputs_info]
    made = outputs if isinstance(outputs, list | tuple) else [outputs]
    for output, one in zip(made, given, strict=False):
        initial, taps = (one.get("initial"), one.get("taps", [-1])) if isinstance(one, Mapping) else (one, [-1])
        if initial is not None and isinstance(output, Variable):
            vars(output)["_beginning"] = Beginning(initial, taps if isinstance(taps, list | tuple) else [taps])

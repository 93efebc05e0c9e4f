"""The states of a training function under names of their own: read out, put back, and looked through for NaN.

Read next: logs.py
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from ...compiler import Function
from ...op import SharedVariable
from ...types import is_float

Array = np.ndarray[Any, Any]

# Numbers that a step reads: a rate that a callback changes, the two words of a stream's key, the four of a plateau.
_MOST_READ = 4


def states_of(train: Any, parameters: Iterable[SharedVariable]) -> dict[str, SharedVariable]:
    """States of a run by name: what a function changes, the numbers and keys that it reads, and parameters.

    Names that occur twice are numbered in the order of the graph, which is the same in every process.
    """
    found = [*parameters]
    if isinstance(train, Function):
        read = (node for node in train.stages["rewritten"].leaves("shared") if isinstance(node, SharedVariable))
        found = [*train.updates, *(one for one in read if one.get_value(borrow=True).size <= _MOST_READ), *found]
    named: dict[str, SharedVariable] = {}
    for state in dict.fromkeys(found):
        name = state.name or "state"
        same = sum(other.partition("#")[0] == name for other in named)
        named[f"{name}#{same + 1}" if same else name] = state
    return named


def snapshot(states: Mapping[str, SharedVariable]) -> dict[str, Array]:
    """Copies of the states' values."""
    return {name: state.get_value() for name, state in states.items()}


def restore(states: Mapping[str, SharedVariable], values: Mapping[str, Array]) -> None:
    """Set states to the values that were read out before; states without one stay."""
    for name, value in values.items():
        if name in states:
            states[name].set_value(value)


def with_nan(states: Mapping[str, SharedVariable]) -> Iterator[str]:
    """The names of the states that hold a NaN."""
    for name, state in states.items():
        if is_float(state.dtype) and np.isnan(state.get_value(borrow=True)).any():
            yield name

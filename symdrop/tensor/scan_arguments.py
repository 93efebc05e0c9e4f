"""Arguments of loops as users give them, read: sequences and outputs with their taps, and what a step returns.

Read next: scan_step.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, Self

import numpy as np

from ..binding import public
from ..errors import ArgumentError, GraphTypeError, ShapeError, SymdropError, here, shown
from ..graph import Node, describe
from ..op import SharedVariable, as_node
from ..ops.join import specify_shape


class Until:
    """The stop condition that ``until`` gives: the loop ends after the step in which it is true."""

    def __init__(self, condition: Node) -> None:
        self.condition = condition


@public
def until(condition: Any) -> Until:
    """Let a loop end after the step in which a condition is true; returned by the step function of ``scan``.

    Args:
        condition: a scalar truth value.

    Returns:
        What a step function returns beside its outputs.

    Raises:
        GraphTypeError: if the condition is not a scalar truth value.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> powers, _ = sd.scan(lambda x: (2 * x, sd.until(2 * x > 20)), outputs_info=T.constant(1.0), n_steps=100)
        >>> powers.eval().tolist()
        [2.0, 4.0, 8.0, 16.0, 32.0]
    """
    node = as_node(condition)
    if node.ndim:
        raise GraphTypeError(f"a loop ends by one truth value, not by {describe(node)}; use T.all or T.any{here()}")
    return Until(node if node.dtype == "bool" else node.astype("bool"))


class Updates(dict[Any, Any]):
    """New values of shared variables, as ``function(updates=...)`` takes them.

    ``a + b`` joins two of them.

    Args:
        updates: a dict, or pairs.

    Raises:
        GraphTypeError: for anything else.
    """

    # How errors name a variable.
    _named: Callable[[Any], str] = staticmethod(describe)

    @public
    def __init__(self, updates: Any = ()) -> None:
        try:
            super().__init__(updates)
        except Exception:
            # Of a class of somebody's that fails when it is read, by any error.
            raise GraphTypeError(f"updates are a dict or pairs, not {shown(updates)}{here()}") from None

    def __add__(self, other: Any) -> Self:
        joined = type(self)(self)
        for variable, value in dict(other or {}).items():
            if variable in joined and joined[variable] is not value:
                raise KeyError(f"Collision: two different updates of {self._named(variable)}")
            joined[variable] = value
        return joined

    __radd__ = __add__


@dataclass(slots=True)
class SequenceInfo:
    """One sequence.

    Attributes:
        node: what to step along.
        taps: where to read, relative to the current step.
    """

    node: Node
    taps: tuple[int, ...] = (0,)

    @property
    def before(self) -> int:
        """How many elements come before the first step's own."""
        return -min(0, *self.taps)

    @property
    def beyond(self) -> int:
        """How many elements are not steps."""
        return self.before + max(0, *self.taps)


@dataclass(slots=True)
class OutputInfo:
    """One output: what it starts from, and which of its earlier values a step is given.

    Attributes:
        initial: where it starts; None if it is not fed back.
        taps: negative numbers: -1 is the value of the step before.
        name: the user's name for where it starts.
    """

    initial: Node | None = None
    taps: tuple[int, ...] = ()
    name: str | None = None

    @property
    def depth(self) -> int:
        """How many earlier values there must be."""
        return -min(self.taps) if self.taps else 0

    @property
    def has_history(self) -> bool:
        """True if the first axis of ``initial`` counts earlier values."""
        return self.taps not in ((), (-1,))


@dataclass(slots=True)
class StepResult:
    """The results of a step."""

    outputs: list[Node] = field(default_factory=list)
    updates: dict[SharedVariable, Node] = field(default_factory=dict)
    stop: Node | None = None
    single: bool = False


def as_items(value: Any) -> list[Any]:
    """None, one thing or several, as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def read_sequences(given: Any, label: str) -> list[SequenceInfo]:
    """The sequences of a loop.

    Raises:
        GraphTypeError: for what has no axis to step along, or is no sequence at all.
    """
    found = []
    for number, one in enumerate(as_items(given)):
        taps: Any = (0,)
        if isinstance(one, Mapping):
            _check_entries(one, ("input", "taps"), f"{label}: sequence {number}")
            if "input" not in one:
                raise ArgumentError(f"{label}: sequence {number} is a dict without 'input'{here()}")
            taps = one.get("taps", (0,))
            one = one["input"]
        node = read_node(one, f"{label}: sequence {number}")
        if not node.ndim:
            raise GraphTypeError(
                f"{label}: sequence {number}, {describe(node)}, has no axis to step along; pass it in non_sequences"
                f"{here()}"
            )
        found.append(SequenceInfo(node, _taps(taps, f"{label}: sequence {number}")))
    return found


def read_outputs(given: Any, label: str) -> list[OutputInfo]:
    """The outputs a loop is told of.

    Raises:
        ArgumentError: for taps that are not in the past.
        GraphTypeError: for initial values that are not numeric, or lack the axis of earlier values.
    """
    found = []
    for number, one in enumerate(as_items(given)):
        what = f"{label}: output {number}"
        taps: tuple[int, ...] = (-1,)
        if isinstance(one, Mapping):
            _check_entries(one, ("initial", "taps"), what)
            fed_back = one.get("taps") is not None
            if fed_back and one.get("initial") is None:
                raise ArgumentError(
                    f"{what} has taps {shown(one['taps'])} but no 'initial' values to start from{here()}"
                )
            taps = _taps(one["taps"], what) if fed_back else (-1,)
            one = one.get("initial") if fed_back or "taps" not in one else None
        if one is None:
            found.append(OutputInfo())
            continue
        if any(tap >= 0 for tap in taps):
            raise ArgumentError(
                f"{what} has taps {list(taps)}; an output is known only at earlier steps, -1, -2, ...{here()}"
            )
        # What a state starts from says its dtype, also where it is one of NumPy's floats.
        node = read_node(np.asarray(one) if isinstance(one, np.generic) else one, what)
        output = OutputInfo(node, taps, node.name)
        if output.has_history and not node.ndim:
            raise GraphTypeError(
                f"{what} with taps {list(taps)} starts from {output.depth} earlier values, stacked along the first "
                f"axis; {describe(node)} has no axis{here()}"
            )
        if output.has_history:
            output.initial = _earliest(node, output.depth, what)
        found.append(output)
    return found


def _check_entries(given: Mapping[Any, Any], known: Sequence[str], what: str) -> None:
    """Refuse a misspelt entry, which would otherwise be ignored."""
    for key in given:
        if key not in known:
            raise ArgumentError(
                f"{what} is a dict with the unknown entry {shown(key)}; it has {' and '.join(known)}{here()}"
            )


def _earliest(initial: Node, depth: int, what: str) -> Node:
    """The initial values that the taps need, the oldest first."""
    length = initial.type.shape[0]
    source = describe(initial, lines=False)
    label = f"{what} needs {depth} earlier values for its taps, stacked along the first axis of {source}"
    if length is not None:
        if length < depth:
            raise ShapeError(f"{label}, which has {length}{here()}")
        return initial
    return specify_shape(initial[:depth], depth, axes=(0,), label=label)


def _taps(given: Any, what: str) -> tuple[int, ...]:
    taps = tuple(given) if isinstance(given, Iterable) else (given,)
    if not taps or not all(isinstance(tap, int) and not isinstance(tap, bool) for tap in taps):
        raise ArgumentError(f"{what}: taps are whole numbers, not {shown(given)}{here()}")
    return taps


def read_node(value: Any, what: str) -> Node:
    """The given value as a variable.

    Raises:
        GraphTypeError: saying what it was given for.
    """
    try:
        node = as_node(value)
    except SymdropError as error:
        raise error.__class__(f"{what}: {error}{here()}") from None
    if node.items is not None:
        raise GraphTypeError(f"{what}: {describe(node)} has several values; choose from them{here()}")
    return node


def read_result(returned: Any, label: str) -> StepResult:
    """The results of a step function: outputs, updates of shared variables, and a condition to stop, in any order.

    Raises:
        ArgumentError: if it returned nothing.
    """
    result = StepResult()
    if returned is None:
        _raise_nothing(label)
    if isinstance(returned, list | tuple) and not is_updates(returned):
        parts = list(returned)
        # (outputs, updates): the outputs may be a list of their own.
        nested = any(isinstance(part, Until | Mapping) or is_updates(part) for part in parts)
        result.single = nested and sum(1 for part in parts if not _is_special(part)) == 1
        for part in parts:
            if isinstance(part, list | tuple) and not is_updates(part):
                result.single = False
                result.outputs += [read_node(one, f"{label}: an output of the step") for one in part]
            else:
                _take(result, part, label)
    else:
        _take(result, returned, label)
        result.single = bool(result.outputs)
    if not result.outputs and not result.updates:
        _raise_nothing(label)
    return result


def _is_special(part: Any) -> bool:
    return isinstance(part, Until | Mapping) or is_updates(part)


def _take(result: StepResult, part: Any, label: str) -> None:
    if isinstance(part, Until):
        if result.stop is not None:
            raise ArgumentError(f"{label}: the step gives two conditions to end the loop; join them by |{here()}")
        result.stop = part.condition
    elif isinstance(part, Mapping) or is_updates(part):
        pairs = part.items() if isinstance(part, Mapping) else part
        for variable, value in pairs:
            if not isinstance(variable, SharedVariable):
                raise GraphTypeError(
                    f"{label}: the step updates {shown(variable)}, which is no shared variable{here()}"
                )
            if variable in result.updates:
                raise ArgumentError(f"{label}: the step updates {describe(variable)} twice{here()}")
            result.updates[variable] = read_node(value, f"{label}: the update of {describe(variable)}")
    elif part is None:
        raise ArgumentError(f"{label}: output {len(result.outputs)} of the step is None, not a variable{here()}")
    else:
        result.outputs.append(read_node(part, f"{label}: output {len(result.outputs)} of the step"))


def is_updates(part: Any) -> bool:
    """True if something is a list of pairs of shared variables and new values."""
    return (
        isinstance(part, list | tuple)
        and len(part) > 0
        and all(isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], SharedVariable) for pair in part)
    )


def _raise_nothing(label: str) -> NoReturn:
    raise ArgumentError(f"{label}: the step function returned nothing; it returns the outputs of one step{here()}")


def check_count(result: StepResult, outputs: Sequence[OutputInfo], label: str) -> None:
    """Refuse a step that gives another number of outputs than were announced."""
    if outputs and len(outputs) != len(result.outputs):
        raise ArgumentError(
            f"{label}: outputs_info speaks of {len(outputs)} outputs, but the step returned "
            f"{len(result.outputs)}{here()}"
        )

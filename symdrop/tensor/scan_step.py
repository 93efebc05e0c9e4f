"""One step of a loop, seen by calling the user's function once on placeholders.

Read next: checkpoint.py
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from ..config import config
from ..errors import ArgumentError, CapturedVariableError, GraphTypeError, ShapeError, here, shown
from ..graph import Graph, Node, describe, substitute, toposort
from ..op import INPUT, KnownSizes, SharedVariable, give_way
from ..ops.closures import close_over
from ..ops.join import specify_shape
from ..types import TensorType, may_fit
from .scan_arguments import OutputInfo, SequenceInfo, StepResult, check_count, read_result
from .trial import tested_like


class TracedStep:
    """The computation of one step.

    Args:
        fn: the user's function.
        position: the placeholder of the step's position.
        sequences: what is stepped along.
        infos: where the outputs start.
        others: what else the function is given.
        label: what errors call the loop.
        given_as: the argument that gave the initial states, for errors.

    Attributes:
        result: what the function returned.
        placeholders: the inputs that change from step to step: the position, the elements, the states.
        initial: where the states start.
        new_states: what they become.
        updated: for shared variables that the step updates the number of their state.
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        position: Node,
        sequences: Sequence[SequenceInfo],
        infos: Sequence[OutputInfo],
        others: Sequence[Node],
        label: str,
        given_as: str = "outputs_info",
    ) -> None:
        self.label = label
        slices = [_placeholder(one.node, one.node.name, element=True) for one in sequences for _ in one.taps]
        self.states: list[Node] = []
        self.initial: list[Node] = []
        histories = [self._history(info) for info in infos]
        earlier = [history[-tap - 1] for info, history in zip(infos, histories, strict=True) for tap in info.taps]
        _check_signature(fn, slices, earlier, others, label)
        self.result: StepResult = read_result(fn(*slices, *earlier, *others), label)
        check_count(self.result, infos, label)
        self.placeholders = [position, *slices]
        self._others = others
        # What the step computes, before what it updates is taken for a state.
        self._computed = [*self.result.outputs, *self.result.updates.values(), *self._ends()]
        self.new_states: list[Node] = []
        for k, (info, history) in enumerate(zip(infos, histories, strict=True)):
            if history:
                assert info.initial is not None
                start = f"the initial state (`{given_as}`) {describe(info.initial)}"
                self.result.outputs[k] = self._checked(self.result.outputs[k], history[0], start)
                self.new_states += [self.result.outputs[k], *history[:-1]]
        self.updated: dict[SharedVariable, int] = {}
        self._take_updates()
        self.placeholders += self.states

    def _history(self, info: OutputInfo) -> list[Node]:
        """Placeholders of an output's earlier values, the latest first."""
        if info.initial is None:
            return []
        made = [_placeholder(info.initial, info.name, element=info.has_history) for _ in range(info.depth)]
        self.states += made
        if info.has_history:
            self.initial += [info.initial[info.depth - lag] for lag in range(1, info.depth + 1)]
        else:
            self.initial.append(info.initial)
        return made

    def _ends(self) -> list[Node]:
        return [] if self.result.stop is None else [self.result.stop]

    def _checked(self, output: Node, state: Node, start: str) -> Node:
        """An output as the state it becomes; where only running can tell, its sizes are checked then.

        Raises:
            GraphTypeError: if its dtype or rank is not that of the initial state; ``ShapeError`` for its shape.
        """
        output = give_way(output, state.dtype)
        if output.dtype != state.dtype:
            raise GraphTypeError(
                f"{self.label}: {start} has dtype {state.dtype}, while the step "
                f"gives {describe(output)} of dtype {output.dtype}; convert one of them with .astype(...)"
            )
        if output.ndim != state.ndim:
            raise GraphTypeError(
                f"{self.label}: {start} gives a state of {state.ndim} axes, while "
                f"the step gives {describe(output)} of {output.ndim}"
            )
        if not may_fit(state.type.shape, output.type.shape):
            raise ShapeError(
                f"{self.label}: {start} gives a state of shape {state.type.shape}, "
                f"while the step gives {describe(output)}"
            )
        known = KnownSizes()
        sizes = zip(known(state), known(output), strict=True)
        unsure = {axis: size for axis, (size, new) in enumerate(sizes) if size is not new and size != new}
        if not unsure:
            return output
        label = f"{self.label}: {describe(output, lines=False)} becomes a state, whose sizes stay those of {start}"
        return specify_shape(output, *unsure.values(), axes=tuple(unsure), label=label)

    def _take_updates(self) -> None:
        """Shared variables that the step updates are states: what a step reads is what the one before has written."""
        if not self.result.updates:
            return
        inside: dict[Node, Node] = {}
        for variable in self.result.updates:
            inside[variable] = _placeholder(variable, variable.name)
        count = len(self.new_states)
        ends = self._ends()
        replaced = substitute([*self.new_states, *self.result.outputs, *self.result.updates.values(), *ends], inside)
        rows, last = count + len(self.result.outputs), count + len(self.result.outputs) + len(inside)
        self.new_states, self.result.outputs = replaced[:count], replaced[count:rows]
        self.result.stop = replaced[-1] if ends else None
        for variable, new in zip(self.result.updates, replaced[rows:last], strict=True):
            leaf = inside[variable]
            self.updated[variable] = len(self.new_states)
            self.new_states.append(self._checked(new, leaf, f"the shared variable {describe(variable)}"))
            self.states.append(leaf)
            self.initial.append(variable)

    def streams(self) -> list[SharedVariable]:
        """The states with updates of their own, those of random streams, that the step reads."""
        read = toposort(self._computed)
        return [node for node in read if isinstance(node, SharedVariable) and node.default_update is not None]

    def closed(self) -> tuple[Graph, list[Node]]:
        """The body of the loop, and what it captures."""
        return close_over([*self.new_states, *self.result.outputs, *self._ends()], self.placeholders)

    def check_strict(self) -> None:
        """Refuse shared variables that the step uses without being given them; what streams are made of is no such.

        Raises:
            CapturedVariableError: naming the variable.
        """
        given = {*self.placeholders, *self._others}
        used = toposort(self._computed, stop=given.__contains__)
        of_streams = set(toposort([source for node in used if node.op.kind == "draw" for source in node.inputs[:2]]))
        for node in used:
            if isinstance(node, SharedVariable) and node not in given and node not in of_streams:
                raise CapturedVariableError(
                    f"{self.label} is strict, but its step uses the shared variable {describe(node)}, which is not "
                    f"among non_sequences; pass it there{here()}"
                )


def _check_signature(
    fn: Callable[..., Any], slices: Sequence[Node], earlier: Sequence[Node], others: Sequence[Node], label: str
) -> None:
    """Refuse a step function that takes another number of arguments, before Python does so without naming the loop."""
    if isinstance(fn, Node) or not callable(fn):
        raise GraphTypeError(f"{label}: a step is given by a function, not by {shown(fn)}{here()}")
    try:
        signature = inspect.signature(fn)
    except (TypeError, ValueError):
        return  # some functions written in C do not tell
    try:
        signature.bind(*slices, *earlier, *others)
    except TypeError as error:
        raise ArgumentError(
            f"{label}: the step function {error}; it is given {len(slices)} elements of sequences, {len(earlier)} "
            f"earlier outputs and {len(others)} non-sequences{here()}"
        ) from None


def _placeholder(like: Node, name: str | None, element: bool = False) -> Node:
    """An input of the step that stands for a value such as another one, or for an element of it."""
    shape = like.type.shape[1:] if element else like.type.shape
    leaf = like.results(INPUT, (), TensorType(like.dtype, shape), None, name)
    return leaf if config.compute_test_value == "off" else tested_like(leaf, like, element)

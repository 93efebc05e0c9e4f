"""One step of a loop, seen by calling the user's function once on placeholders.

Read next: checkpoint.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..errors import GraphTypeError, ShapeError
from ..graph import Graph, Node, describe, substitute, toposort
from ..op import INPUT, SharedVariable, convert
from ..ops.control import close_over
from ..ops.join import specify_shape
from ..types import TensorType
from .scan_arguments import OutputInfo, SequenceInfo, StepResult, check_count, read_result


class Step:
    """What one step computes.

    Args:
        fn: the user's function.
        position: the placeholder of the step's position.
        sequences: what is stepped along.
        infos: where the outputs start.
        others: what else the function is given.
        label: what errors call the loop.

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
    ) -> None:
        self.label = label
        slices = [
            _placeholder(one.node.name, one.node.dtype, one.node.type.shape[1:]) for one in sequences for _ in one.taps
        ]
        self.states: list[Node] = []
        self.initial: list[Node] = []
        histories = [self._history(info) for info in infos]
        arguments = [history[-tap - 1] for info, history in zip(infos, histories, strict=True) for tap in info.taps]
        self.result: StepResult = read_result(fn(*slices, *arguments, *others), label)
        check_count(self.result, infos, label)
        self.placeholders = [position, *slices]
        self._others = others
        self._streams = [
            node
            for node in toposort(self.result.outputs)
            if isinstance(node, SharedVariable) and node.default_update is not None
        ]
        self.new_states: list[Node] = []
        for k, (info, history) in enumerate(zip(infos, histories, strict=True)):
            if history:
                self.result.outputs[k] = self._checked(self.result.outputs[k], history[0], info)
                self.new_states += [self.result.outputs[k], *history[:-1]]
        self.updated: dict[SharedVariable, int] = {}
        self._take_updates()
        self.placeholders += self.states

    def _history(self, info: OutputInfo) -> list[Node]:
        """Placeholders of an output's earlier values, the latest first."""
        if info.initial is None:
            return []
        shape = info.initial.type.shape[1:] if info.has_history else info.initial.type.shape
        made = [_placeholder(info.initial.name, info.initial.dtype, shape) for _ in range(info.depth)]
        self.states += made
        if info.has_history:
            self.initial += [info.initial[info.depth - lag] for lag in range(1, info.depth + 1)]
        else:
            self.initial.append(info.initial)
        return made

    def _checked(self, output: Node, state: Node, info: OutputInfo) -> Node:
        """An output as the state it becomes.

        Raises:
            GraphTypeError: if its dtype or rank is not that of the initial state; ``ShapeError`` for its shape.
        """
        if output.type.weak:
            output = convert(output, state.dtype)
        assert info.initial is not None
        start = describe(info.initial)
        if output.dtype != state.dtype:
            raise GraphTypeError(
                f"{self.label}: the initial state (`outputs_info`) {start} has dtype {state.dtype}, while the step "
                f"gives {describe(output)} of dtype {output.dtype}; convert one of them with .astype(...)"
            )
        if output.ndim != state.ndim:
            raise GraphTypeError(
                f"{self.label}: the initial state (`outputs_info`) {start} gives a state of {state.ndim} axes, while "
                f"the step gives {describe(output)} of {output.ndim}"
            )
        pairs = list(zip(state.type.shape, output.type.shape, strict=True))
        if any(None not in pair and pair[0] != pair[1] for pair in pairs):
            raise ShapeError(
                f"{self.label}: the initial state (`outputs_info`) {start} gives a state of shape {state.type.shape}, "
                f"while the step gives {describe(output)}"
            )
        unsure = tuple(axis for axis, (size, new) in enumerate(pairs) if size is not None and new is None)
        if not unsure:
            return output
        sizes = [state.type.shape[axis] for axis in unsure]
        checked: Node = specify_shape(output, *sizes, axes=unsure, label=f"{self.label}: a state after a step")
        return checked

    def _take_updates(self) -> None:
        """Shared variables that the step updates are states: what a step reads is what the one before has written."""
        if not self.result.updates:
            return
        inside: dict[Node, Node] = {}
        for variable in self.result.updates:
            inside[variable] = _placeholder(variable.name, variable.dtype, variable.type.shape)
        count = len(self.new_states)
        ends = [self.result.stop] if self.result.stop is not None else []
        replaced = substitute([*self.new_states, *self.result.outputs, *self.result.updates.values(), *ends], inside)
        rows, last = count + len(self.result.outputs), count + len(self.result.outputs) + len(inside)
        self.new_states, self.result.outputs = replaced[:count], replaced[count:rows]
        self.result.stop = replaced[-1] if ends else None
        for variable, new in zip(self.result.updates, replaced[rows:last], strict=True):
            leaf = inside[variable]
            self.updated[variable] = len(self.new_states)
            self.new_states.append(self._checked(new, leaf, OutputInfo(variable, (-1,))))
            self.states.append(leaf)
            self.initial.append(variable)

    def streams(self) -> list[SharedVariable]:
        """The states with updates of their own, those of random streams, that the step reads."""
        return list(self._streams)

    def closed(self) -> tuple[Graph, list[Node]]:
        """The body of the loop, and what it captures."""
        ends = [self.result.stop] if self.result.stop is not None else []
        return close_over([*self.new_states, *self.result.outputs, *ends], self.placeholders)

    def check_strict(self) -> None:
        """Refuse shared variables that the step uses without being given them.

        Raises:
            GraphTypeError: naming the variable.
        """
        given = {*self.placeholders, *self._others}
        for node in toposort(self.result.outputs, stop=given.__contains__):
            if isinstance(node, SharedVariable) and node not in given and node.default_update is None:
                if node.name is None or not node.name.endswith(".key"):
                    raise GraphTypeError(
                        f"{self.label} is strict, but its step uses the shared variable {describe(node)}, which is not "
                        "among non_sequences; pass it there"
                    )


def _placeholder(name: str | None, dtype: str, shape: Sequence[int | None]) -> Node:
    return Node(INPUT, (), TensorType(dtype, tuple(shape)), None, name)

"""Compiled functions as scripts of Theano see them: the engine's, with the attributes Theano's had.

Read next: cloning.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...binding import public
from ...compiler import Function as EngineFunction
from ...errors import ArgumentError, GraphTypeError, here, shown
from ...graph import Node
from ...op import SharedVariable
from ..gof import FunctionGraph
from ..shared_containers import SharedContainer
from ..shared_variables import TensorSharedVariable
from ..variable import as_variable
from .containers import Container, Values
from .inputs import In, Out
from .modes import Mode


@dataclass(frozen=True)
class StateInput:
    """An input whose value lives between calls: the state in its place.

    Args:
        position: its number among the inputs.
        label: the keyword by which calls may give it.
        variable: the input variable.
        state: the shared variable that holds its value.
        is_kept: whether a value that a call gives stays, as that of an input with an update does.
        is_required: whether every call gives it.
    """

    position: int
    label: str | None
    variable: Node
    state: SharedVariable
    is_kept: bool = True
    is_required: bool = False


class Function(EngineFunction):
    """A compiled function; made by ``theano.function``.

    Args:
        made: the engine's function.
        inputs: an ``In`` for every input.
        states: those inputs that are updated.
        mode: how calls are watched.
        name: what errors call it, or None.
        listed: whether a single output is given in a list, as Theano's copies did.

    Attributes:
        maker: has ``fgraph``, ``inputs``, ``outputs`` and ``mode``.
        input_storage: a ``Container`` for every input and shared variable.
        trust_input: set it to True to promise that calls give arrays; one that gives anything else is then refused.
        outputs: an ``Out`` for every output.
        unpack_single, return_none, output_keys: whether a call gives one array, nothing, or a dict of these keys.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> x, w = T.scalar("x"), theano.shared(2.0, "w")
        >>> f = theano.function([x], x * w, updates={w: w + 1})
        >>> [node.op for node in f.maker.fgraph.toposort()][:1], f.get_shared(), float(f["w"])
        ([Elemwise{mul,no_inplace}], [<w: float64[]>], 2.0)
    """

    @public
    def __init__(
        self,
        made: EngineFunction,
        inputs: Sequence[In],
        states: Sequence[StateInput] = (),
        mode: Mode | None = None,
        name: str | None = None,
        listed: bool = False,
    ) -> None:
        if not isinstance(made, EngineFunction):
            raise GraphTypeError(f"a function of theano.function is made of another, not of {shown(made)}{here()}")
        vars(self).update(vars(made))
        self.made = made
        self.name = name  # type: ignore[assignment]
        self._given = tuple(inputs)
        self._states_of_inputs = tuple(states)
        self._mode = mode or Mode()
        self._listed = listed
        by_position = {one.position: one.state for one in states}
        self._own = [
            spec.value if isinstance(spec.value, Container) and k not in by_position
            else Container(by_position.get(k, spec.value), spec.label, spec.variable.type)
            for k, spec in enumerate(inputs)
        ]  # fmt: skip
        # The inputs of the engine's function, each with what it is when a call does not give it.
        self._free = [(spec.label, self._own[k]) for k, spec in enumerate(inputs) if k not in by_position]
        plain = not states and not listed and not self._mode.looks and all(spec.value is None for spec in inputs)
        self._untrusted = made.__call__ if plain else self._call
        self.trust_input = False

    @property
    def trust_input(self) -> bool:
        """True if callers promise to give arrays."""
        return self._trusts

    @trust_input.setter
    def trust_input(self, trusts: bool) -> None:
        self._trusts = trusts
        self.__call__ = _of_arrays(self._untrusted) if trusts else self._untrusted

    def _call(self, *args: Any, **kwargs: Any) -> Any:
        values = list(args)
        named: dict[Any, Any] = dict(kwargs)
        before: list[tuple[SharedVariable, Any]] = []
        # From the last one, so that the numbers of those before stay what they are.
        for one in reversed(self._states_of_inputs):
            if one.position >= len(values) and one.label not in named:
                if one.is_required:
                    raise GraphTypeError(f"Missing required input: {one.label or f'input {one.position}'}{here()}")
                continue
            if not one.is_kept:
                before.append((one.state, one.state.get_value()))
            one.state.set_value(values.pop(one.position) if one.position < len(values) else named.pop(one.label))
        try:
            self._fill(values, named)
            if self._mode.looks:
                self._mode.look(self.made, values, named)
            result = self.made(*values, **named)
        finally:
            for state, value in before:
                state.set_value(value)
        return [result] if self._listed else result

    def _fill(self, values: list[Any], named: dict[Any, Any]) -> None:
        """Take what a call does not give from the containers of inputs; errors are left to the engine's function."""
        left = self._free[len(values) :]
        labels = [label for label, _ in left]
        if any(labels.count(label) != 1 for label in named):
            return
        if all(label in named or box.value is not None for label, box in left):
            values.extend(named.pop(label) if label in named else box.value for label, box in left)

    @property
    def maker(self) -> Maker:
        """The maker, which has its graph, inputs and outputs."""
        return Maker(self, self._given, self._mode)

    @property
    def outputs(self) -> list[Out]:
        """An ``Out`` for every output."""
        found = self._recipe.outputs
        if isinstance(found, Mapping):
            return [Out(node) for node in found.values()]
        return (
            [Out(node) for node in found] if isinstance(found, list | tuple) else [] if found is None else [Out(found)]
        )

    @property
    def unpack_single(self) -> bool:
        """True if a call gives one array, not a list."""
        return self._checked_is_single and not self._listed

    @property
    def return_none(self) -> bool:
        """True if there are no outputs."""
        return self._recipe.outputs is None

    @property
    def output_keys(self) -> list[str] | None:
        """The keys of a dict of outputs; None of others."""
        return list(self._recipe.outputs) if isinstance(self._recipe.outputs, Mapping) else None

    @property
    def containers(self) -> dict[Any, Container]:
        """The containers of values, by variable, by name and by number."""
        found: dict[Any, Container] = {}
        kept: list[tuple[Node, Container]] = [
            (spec.variable, box) for spec, box in zip(self._given, self._own, strict=True)
        ]
        kept += [(state, Container(state, state.name)) for state in self.get_shared()]
        for k, (variable, container) in enumerate(kept):
            found[k] = found[variable] = container
            if container.name is not None:
                found[container.name] = container
        return found

    @property
    def container(self) -> dict[Any, Container]:
        """The same, as Theano called it."""
        return self.containers

    @property
    def input_storage(self) -> list[Container]:
        """A container for every input, and for every shared variable behind them."""
        found = self.containers
        return [found[k] for k in range(sum(isinstance(key, int) for key in found))]

    @property
    def value(self) -> Values:
        """The values of containers, to be read and set by variable or name."""
        return Values(self.containers)

    def __getitem__(self, item: Any) -> Any:
        return self.value[item]

    def __setitem__(self, item: Any, value: Any) -> None:
        self.value[item] = value

    @public
    def get_shared(self) -> list[SharedVariable]:
        """The shared variables that it reads or updates."""
        own = {one.state for one in self._states_of_inputs}
        leaves = (*self.stages["user"].leaves("shared"), *self._leaves, *self.updates)
        return [one for one in dict.fromkeys(leaves) if isinstance(one, SharedVariable) and one not in own]

    @public
    def free(self) -> None:
        """Nothing: memory of intermediate values belongs to a call."""

    @public
    def copy(
        self,
        share_memory: bool = False,
        swap: Mapping[SharedVariable, SharedVariable] | None = None,
        delete_updates: bool = False,
        name: str | None = None,
        profile: Any = None,
    ) -> Function:
        """The same function over other shared variables, or without updates; see the engine's.

        Args:
            share_memory, swap, delete_updates: as of the engine's functions.
            name: what errors call it; by default this one's name with "copy" behind.
            profile: accepted; it changes nothing.

        Returns:
            A function that gives a list, also for a single output: so did Theano's copies.

        Raises:
            GraphTypeError, ArgumentError: as of the engine's.
        """
        called = name or (f"{self.name} copy" if self.name else None)
        single = self._listed or self._checked_is_single
        return self._copied(share_memory, dict(swap or {}), delete_updates, called, single)

    def _copied(
        self, share_memory: bool, exchange: dict[Any, Any], delete_updates: bool, name: str | None, listed: bool
    ) -> Function:
        states = []
        for one in self._states_of_inputs:
            kept = SharedContainer(one.state.get_value())
            own = TensorSharedVariable.of(kept, one.state.type, one.state.name)
            exchange[one.state] = own
            states.append(replace(one, state=own))
        made = self.made.copy(share_memory, exchange, delete_updates, name)
        return Function(made, self._given, states, self._mode, name, listed)

    def __copy__(self) -> Function:
        return self._copied(False, {}, False, self.name, self._listed)

    @property
    def _checked_is_single(self) -> bool:
        return not isinstance(self._recipe.outputs, list | tuple | Mapping) and self._recipe.outputs is not None

    def __reduce__(self) -> tuple[Any, ...]:
        given = tuple((spec.variable, spec.name, self._kept(k)) for k, spec in enumerate(self._given))
        own = self.made, given, self._states_of_inputs, self._mode, self.name, self._listed, self.trust_input
        return _load, own

    def _kept(self, k: int) -> Any:
        """The value or container that an input starts from, for a pickle."""
        box = self._own[k]
        return box if box.state is None and box.value is not None else self._given[k].value

    def __repr__(self) -> str:
        return repr(self.made)


def _load(
    made: EngineFunction, given: Any, states: Any, mode: Mode, name: str | None, listed: bool, trusts: bool = False
) -> Function:
    loaded = Function(made, [In(*one) for one in given], states, mode, name, listed)
    loaded.trust_input = trusts
    return loaded


def _of_arrays(call: Callable[..., Any]) -> Callable[..., Any]:
    """A call that refuses what is no array."""

    def trusting(*args: Any, **kwargs: Any) -> Any:
        for value in (*args, *kwargs.values()):
            if not isinstance(value, np.ndarray | np.generic):
                raise ArgumentError(
                    f"with trust_input=True calls give arrays, not {shown(value)}; use np.asarray(value, dtype){here()}"
                )
        return call(*args, **kwargs)

    return trusting


class Maker:
    """The maker of a function: its graph, inputs and outputs.

    Args:
        function: the function.
        inputs: an ``In`` for every input.
        mode: the mode.
    """

    def __init__(self, function: Function, inputs: Sequence[In], mode: Mode) -> None:
        self._function = function
        self.mode = mode
        self.inputs: list[Any] = list(inputs)
        self.inputs += [In(state, update=function.updates.get(state)) for state in function.get_shared()]
        self.name = function.name

    @property
    def fgraph(self) -> FunctionGraph:
        """The graph that is computed: its inputs, outputs and applications."""
        graph = self._function.stages["rewritten"]
        outputs = [as_variable(node) for node in graph.outputs]
        return FunctionGraph([*graph.inputs, *self._function.get_shared()], outputs, clone=False)

    @property
    def outputs(self) -> list[Out]:
        """An ``Out`` for every output."""
        return self._function.outputs

    @public
    def create(self, *args: Any, **options: Any) -> Function:
        """The function."""
        return self._function

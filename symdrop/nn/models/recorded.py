"""Recorded models: a copy of a model whose layers write down on what they are called, and what they answer.

The copy holds the same parameters; the model itself is left alone. A layer of the copy is of a class of its own, a
subclass that writes its calls into a list.

Read next: lsuv.py
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from ..walk import places


class LayerCall:
    """One call of a layer.

    Attributes:
        path: the layer's place in the model, "" for the model itself.
        layer: the layer of the model.
        inputs: the arguments by position.
        output: what it answered.
        inner: the calls that were made in it.
    """

    def __init__(self, path: str, layer: Any, inputs: tuple[Any, ...]) -> None:
        self.path, self.layer, self.inputs = path, layer, inputs
        self.output: Any = None
        self.inner: list[LayerCall] = []


class Recorder:
    """Copies of what a model consists of, and their calls.

    Args:
        model: any nest of dataclasses, dicts, lists and tuples; layers are the dataclasses that can be called.

    Attributes:
        model: the copy.
        calls: the outermost calls of its layers.
    """

    def __init__(self, model: Any) -> None:
        self._paths = {id(place.value): place.path for place in places(model)}
        self._copies: dict[int, Any] = {}
        self.calls: list[LayerCall] = []
        self._open = [self.calls]
        self.model = self._copy(model)

    def all_calls(self) -> list[LayerCall]:
        """All calls, the outer ones before those in them."""
        found, todo = [], self.calls[::-1]
        while todo:
            found.append(todo.pop())
            todo += found[-1].inner[::-1]
        return found

    def _copy(self, value: Any) -> Any:
        """The copy of a part; what occurs twice is copied once."""
        if id(value) in self._copies:
            return self._copies[id(value)]
        if is_dataclass(value) and not isinstance(value, type):
            made: Any = object.__new__(self._recording(value) if callable(value) else type(value))
            self._copies[id(value)] = made
            own = {field.name: getattr(value, field.name) for field in fields(value)}
            for name, one in {**own, **getattr(value, "__dict__", {})}.items():
                object.__setattr__(made, name, self._copy(one))
            return made
        if isinstance(value, Mapping):
            return {key: self._copy(one) for key, one in value.items()}
        if isinstance(value, tuple) and type(value) is not tuple:
            # A named tuple.
            return type(value)(*map(self._copy, value))
        return type(value)(map(self._copy, value)) if isinstance(value, list | tuple) else value

    def _recording(self, layer: Any) -> type:
        """A subclass of a layer's class whose instances write down their calls."""

        def call(own: Any, *args: Any, **kwargs: Any) -> Any:
            made = LayerCall(self._paths.get(id(layer), ""), layer, args)
            self._open[-1].append(made)
            self._open.append(made.inner)
            try:
                made.output = type(layer).__call__(own, *args, **kwargs)
            finally:
                self._open.pop()
            return made.output

        return type(type(layer).__name__, (type(layer),), {"__call__": call})

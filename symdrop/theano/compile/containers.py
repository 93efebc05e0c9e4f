"""Containers: the places in which functions keep values of inputs and shared variables, as scripts of Theano read them.

Read next: states.py
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import ArgumentError, GraphTypeError, here, shown
from ...op import SharedVariable
from ..shared_containers import SharedContainer
from ..variable import theano_type


class Container:
    """The place in which a function keeps the value of an input or of a shared variable.

    Args:
        holder: the shared variable; or the value that an input has when a call does not give it.
        name: its name.
        type: the type of values, or None for any.
    """

    readonly = False

    def __init__(self, holder: Any, name: str | None, type: Any = None) -> None:
        self.state = holder if isinstance(holder, SharedVariable) else None
        self.name = name
        self.type = theano_type(type)
        self.storage: Any = [holder] if self.state is None else _storage_of(self.state)

    @property
    def value(self) -> Any:
        """The value itself, not a copy; where it is set, a call that does not give the input starts from it."""
        return self.storage[0]

    @value.setter
    def value(self, value: Any) -> None:
        if self.state is not None:
            self.state.set_value(value)
        elif self.type is None:
            self.storage[0] = value
        else:
            try:
                self.storage[0] = self.type.filter(value)
            except GraphTypeError as error:
                raise GraphTypeError(f"cannot set the input {shown(self.name)}: {error}") from None

    data = value

    def __repr__(self) -> str:
        return f"<{self.value!r}>"


def _storage_of(state: SharedVariable) -> Any:
    held = state.container
    return held.storage if isinstance(held, SharedContainer) else [held.read()]


class Values:
    """The values of containers, read and set as of a dict.

    Args:
        containers: the containers by variable, name and number.
    """

    def __init__(self, containers: Mapping[Any, Container]) -> None:
        self._containers = containers

    def __getitem__(self, item: Any) -> Any:
        return self._found(item).value

    def __setitem__(self, item: Any, value: Any) -> None:
        self._found(item).value = value

    def __contains__(self, item: Any) -> bool:
        return item in self._containers

    def _found(self, item: Any) -> Container:
        if item not in self._containers:
            raise ArgumentError(f"the function has no input or shared variable {shown(item)}{here()}")
        return self._containers[item]

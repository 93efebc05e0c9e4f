"""Containers of shared variables, as scripts of Theano read them: the value as the one element of a list.

Read next: shared_variables.py
"""

from __future__ import annotations

from typing import Any

from ..op.states import Container


class Storage:
    """A shared variable's value as the one element of a list.

    Args:
        container: the container that has the value.
    """

    def __init__(self, container: SharedContainer) -> None:
        self._container = container

    def __len__(self) -> int:
        return 1

    def __getitem__(self, k: int) -> Any:
        return [self._container.read()][k]

    def __setitem__(self, k: int, value: Any) -> None:
        with self._container.writing:
            self._container.value = value

    def __repr__(self) -> str:
        return repr([self._container.read()])


class SharedContainer(Container):
    """The container of a shared variable, with the attributes that Theano's had.

    Example:
        >>> import symdrop.theano as theano
        >>> theano.shared(2.0).container.storage
        [array(2.)]
    """

    __slots__ = ("_storage",)

    readonly = False

    def __init__(self, value: Any) -> None:
        super().__init__(value)
        self._storage = Storage(self)

    @property
    def storage(self) -> Storage:
        """The value as a list of one."""
        return self._storage

    @property
    def data(self) -> Any:
        """The value."""
        return self.read()

    def __repr__(self) -> str:
        return f"<{self.read()!r}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return SharedContainer, (self.read().copy(),)

"""States of NumPy's ``RandomState`` as shared variables.

Read next: connections.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..binding import public
from ..errors import GraphTypeError, here, shown
from ..op.states import Container
from ..ops.sampling.random_states import STATE, state_of, words_of
from .variable import TensorSharedVariable


class BorrowedState(np.random.RandomState):
    """A state that a shared variable holds: seeding it, and setting it, changes the variable.

    Drawing from it does not; give it to ``set_value`` after that.
    """

    def __init__(self, container: Container) -> None:
        super().__init__(0)
        self._container = container
        state_of(container.read(), self)

    def _keep(self) -> None:
        with self._container.writing:
            self._container.value = words_of(self)

    def seed(self, seed: Any = None) -> None:
        """Start from a seed."""
        super().seed(seed)
        self._keep()

    def set_state(self, state: Any) -> None:
        """Take a state that ``get_state`` gave."""
        super().set_state(state)
        self._keep()

    def __reduce__(self) -> tuple[Any, ...]:
        return state_of, (words_of(self),)


class RandomStateSharedVariable(TensorSharedVariable):
    """A shared variable whose value is a ``numpy.random.RandomState``.

    Args:
        state: the value, which is copied.
        name: for printing and errors.
    """

    def __init__(self, state: np.random.RandomState, name: str | None = None) -> None:
        super().__init__(Container(words_of(state)), STATE, name)

    @public
    def get_value(self, borrow: bool = False, return_internal_type: bool = False) -> Any:
        """A copy of the state; with ``borrow=True`` one of which ``seed`` and ``set_state`` change the variable."""
        return BorrowedState(self.container) if borrow else state_of(self.container.read())

    @public
    def set_value(self, value: Any, borrow: bool = False) -> None:
        """Replace the state.

        Args:
            value: a ``numpy.random.RandomState``; it is copied.
            borrow: accepted; it changes nothing.

        Raises:
            GraphTypeError: for anything else.
        """
        if not isinstance(value, np.random.RandomState):
            raise GraphTypeError(f"a random state is a numpy.random.RandomState, not {shown(value)}{here()}")
        with self.container.writing:
            self.container.value = words_of(value)

    def __reduce__(self) -> tuple[Any, ...]:
        return _load_state, (self.container, self.name), (None, {"update": self.default_update})


def _load_state(container: Container, name: str | None) -> RandomStateSharedVariable:
    made = RandomStateSharedVariable(state_of(container.value))
    object.__setattr__(made, "container", container)
    made.name = name
    return made

"""States of NumPy's ``RandomState`` as shared variables.

Read next: connections.py
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from ..binding import public
from ..errors import GraphTypeError, here, shown
from ..op.states import Container
from ..ops.sampling.random_states import STATE, Words, state_of, words_of
from .shared_variables import TensorSharedVariable


class RandomStateContainer(Container):
    """The container of a ``RandomState`` that scripts may hold, too, and draw from: then the stream moves.

    The engine keeps the state as words, scripts as an object; whichever has moved since they were compared counts.

    Args:
        state: the object.
    """

    __slots__ = ("_held", "_seen")

    readonly = False

    def __init__(self, state: np.random.RandomState) -> None:
        self._held, self._seen = state, words_of(state)
        super().__init__(self._seen.copy())

    @property
    def value(self) -> Words:
        """The words, those of the object if it has moved."""
        self._compare()
        words: Words = _words(self)
        return words

    @value.setter
    def value(self, words: Words) -> None:
        _keep(self, words)

    @property
    def held(self) -> np.random.RandomState:
        """The object, in the state that calls have left."""
        self._compare()
        return self._held

    @held.setter
    def held(self, state: np.random.RandomState) -> None:
        self._held, self._seen = state, words_of(state)
        _keep(self, self._seen.copy())

    def _compare(self) -> None:
        kept = _words(self)
        if not np.array_equal(kept, self._seen):
            self._seen = kept.copy()
            state_of(self._seen, self._held)
            return
        words = words_of(self._held)
        if not np.array_equal(words, self._seen):
            self._seen = words
            _keep(self, words.copy())

    @property
    def storage(self) -> RandomStateStorage:
        """The object as a list of one."""
        return RandomStateStorage(self)

    @property
    def data(self) -> np.random.RandomState:
        """The object."""
        return self.held

    def __reduce__(self) -> tuple[Any, ...]:
        return _load_container, (self.read().copy(),)


# The engine's place of the words, behind the property.
_slot = vars(Container)["value"]
_words, _keep = _slot.__get__, _slot.__set__


def _load_container(words: Words) -> RandomStateContainer:
    return RandomStateContainer(state_of(words))


class RandomStateStorage:
    """A ``RandomState`` as the one element of a list.

    Args:
        container: the container that has it.
    """

    def __init__(self, container: RandomStateContainer) -> None:
        self._container = container

    def __len__(self) -> int:
        return 1

    def __getitem__(self, k: int) -> Any:
        return [self._container.held][k]

    def __setitem__(self, k: int, state: np.random.RandomState) -> None:
        with self._container.writing:
            self._container.held = state

    def __repr__(self) -> str:
        return repr([self._container.held])


class RandomStateSharedVariable(TensorSharedVariable):
    """A shared variable whose value is a ``numpy.random.RandomState``.

    Args:
        state: the value.
        name: for printing and errors.
        borrow: whether to keep the object given instead of a copy.
    """

    def __init__(self, state: np.random.RandomState, name: str | None = None, borrow: bool = False) -> None:
        container = RandomStateContainer(state if borrow else _copied(state))
        super(TensorSharedVariable, self).__init__(container, STATE, name)

    @public
    def get_value(self, borrow: bool = False, return_internal_type: bool = False) -> Any:
        """A copy of the state; with ``borrow=True`` the object, and what is drawn from it moves the stream."""
        held = self._states.held
        return held if borrow else _copied(held)

    @property
    def _states(self) -> RandomStateContainer:
        return cast(RandomStateContainer, self.container)

    @public
    def set_value(self, value: Any, borrow: bool = False) -> None:
        """Replace the state.

        Args:
            value: a ``numpy.random.RandomState``.
            borrow: whether to keep the object given instead of a copy.

        Raises:
            GraphTypeError: for anything else.
        """
        if not isinstance(value, np.random.RandomState):
            raise GraphTypeError(f"a random state is a numpy.random.RandomState, not {shown(value)}{here()}")
        with self.container.writing:
            self._states.held = value if borrow else _copied(value)

    def __reduce__(self) -> tuple[Any, ...]:
        return _load_state, (self.container, self.name), (None, {"update": self.default_update})


def _load_state(container: Container, name: str | None) -> RandomStateSharedVariable:
    made = RandomStateSharedVariable(state_of(container.value), borrow=True)
    object.__setattr__(made, "container", container)
    made.name = name
    return made


def _copied(state: np.random.RandomState) -> np.random.RandomState:
    return state_of(words_of(state))

"""The registry of ops: all ops by name, of which those that are not loaded yet are loaded when somebody asks.

A program pays for the ops that it uses. One that is not at hand may be an op that is not loaded, and whoever asks for
all means these too: then the rest is loaded first. So nobody can tell that they were not there.

Read next: base.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from typing import TypeVar

Value = TypeVar("Value")


class Registry(MutableMapping[str, Value]):
    """A mapping that is completed at the first question that what is loaded does not answer.

    It is iterated in the order of names, whatever was loaded first.

    Example:
        >>> ops = Registry()
        >>> ops.complete_by(lambda: ops.update(tan=1, sin=2))
        >>> "sin" in ops, list(ops)
        (True, ['sin', 'tan'])
    """

    def __init__(self) -> None:
        self._loaded: dict[str, Value] = {}
        self._rest: Callable[[], object] | None = None

    def complete_by(self, load: Callable[[], object]) -> None:
        """Declare how the rest is loaded, which adds it to the registry."""
        self._rest = load

    def complete(self) -> None:
        """Load the rest, unless that has been done."""
        if self._rest is not None:
            self._rest()
            # Another thread that asks meanwhile loads it too, and so waits for what this one is importing.
            self._rest = None

    def loaded(self, name: str) -> Value | None:
        """The value of that name, if it is loaded."""
        return self._loaded.get(name)

    def __getitem__(self, name: str) -> Value:
        if name not in self._loaded:
            self.complete()
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        self.complete()
        return iter(sorted(self._loaded))

    def __len__(self) -> int:
        self.complete()
        return len(self._loaded)

    def __setitem__(self, name: str, value: Value) -> None:
        self._loaded[name] = value

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

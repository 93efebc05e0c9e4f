"""Transactions on states: the states of a call are read together, and replaced together or not at all.

Calls that update a state take turns; calls that only read it wait while its array is being overwritten, and otherwise
for no longer than a swap. Replacing swaps references and cannot fail.

Read next: calls.py
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import repeat
from operator import attrgetter, is_, methodcaller
from typing import Any

import numpy as np

from ..op import Container
from ..op.states import CLAIMED, FREE, ONE_AT_A_TIME, OVERWRITTEN, WRITING, is_own, references, references_of
from ..threads import held_over_forks

Array = np.ndarray[Any, Any]


# Of a state's array that its container and the list of a call's states hold.
_PRIVATE = references_of(2) if ONE_AT_A_TIME else 0

# Held for the instant in which states are read, claimed, or replaced, together.
_MOMENT = held_over_forks(threading.RLock())

# Whoever computes new values holds the locks of their states, and takes others meanwhile: a fork takes these first.
held_over_forks(WRITING)

_acquire, _release = methodcaller("acquire"), methodcaller("release")
_value, _busy = attrgetter("value"), attrgetter("busy")


def _exhaust(actions: Iterator[Any]) -> None:
    """Do all of them, in one call into C."""
    deque(actions, maxlen=0)


def _mark(containers: Sequence[Container], busy: int) -> None:
    _exhaust(map(setattr, containers, repeat("busy"), repeat(busy)))


def _wait_for(containers: Sequence[Container]) -> None:
    for container in containers:
        if container.busy is OVERWRITTEN:
            container.wait()


def replace_values(containers: Sequence[Container], values: Sequence[Array]) -> None:
    """Set several states in one moment, in which no call computes new values of them.

    Args:
        containers: the states.
        values: their new values, of their types; nobody else may refer to them.
    """
    with ExitStack() as held:
        for lock in sorted((container.writing for container in containers), key=id):
            held.enter_context(lock)
        _replace(containers, values)


def _replace(containers: Sequence[Container], values: Sequence[Array]) -> None:
    """Set states, all or none of them; called with their locks in hand."""
    with _MOMENT:
        # One call into C: an interrupt, or native code of another thread, comes before it or after it.
        _exhaust(map(setattr, containers, repeat("value"), values))


class States:
    """The states of a function.

    Args:
        read: those whose values its program is given.
        updated: those that it replaces.
        in_place: whether its program writes new values into the arrays it is given, where nobody else has them.
    """

    def __init__(self, read: Sequence[Container], updated: Sequence[Container], in_place: bool) -> None:
        self.containers = read
        self.updated = updated
        self.in_place = in_place
        # Locks are taken in one global order, so that calls never wait for each other in a circle.
        self._writing = sorted((container.writing for container in updated), key=id)
        self._only_read = [container for container in read if container not in updated]
        # Where among the states that are read each updated one stands.
        self._places = [read.index(container) for container in updated if container in read]

    def read(self) -> list[Array]:
        """The values, all of one moment."""
        if not self.containers:
            return []
        while True:
            with _MOMENT:
                if OVERWRITTEN not in map(_busy, self.containers):
                    return list(map(_value, self.containers))
            _wait_for(self.containers)

    def update(self, compute: Callable[[list[Array]], Sequence[Array]]) -> Sequence[Array]:
        """Compute with the values while nobody else computes new ones of the updated states.

        Args:
            compute: is given the values, calls ``own`` and ``replace``, and returns whatever this method is to return.
        """
        while True:
            held: list[bool] = []
            try:
                # One call into C: an interrupt cannot come between taking a lock and knowing that it is held.
                held.extend(map(_acquire, self._writing))
                values = self._claim()
                if values is not None:
                    return compute(values)
            finally:
                if len(held) == len(self._writing):
                    _mark(self.updated, FREE)
                _exhaust(map(_release, self._writing[: len(held)]))
            # With no lock in hand, since whoever overwrites them may be next in line for one.
            _wait_for(self._only_read)

    def _claim(self) -> list[Array] | None:
        """The values, those to be updated being marked in the same moment; None if others are torn."""
        with _MOMENT:
            if OVERWRITTEN in map(_busy, self._only_read):
                return None
            _mark(self.updated, OVERWRITTEN if self.in_place else CLAIMED)
            return list(map(_value, self.containers))

    def own(self, values: list[Array]) -> bool:
        """True if the arrays of updated states may be overwritten; where somebody has borrowed one, of a program that
        would, all are replaced by copies, so that they still change together."""
        private = self.in_place
        for i in self._places:
            private = private and references(values, i) <= _PRIVATE and is_own(values[i])
        if self.in_place and not private:
            _mark(self.updated, CLAIMED)
            for i in self._places:
                values[i] = np.array(values[i], order="C")
        return private

    def are_written(self, new: Sequence[Array], values: list[Array]) -> bool:
        """True if new values are in the arrays that the states have: the handler of a signal may have set a state."""
        given = [values[i] for i in self._places]
        return all(map(is_, new, given)) and all(map(is_, new, map(_value, self.updated)))

    def replace(self, new: Sequence[Array]) -> list[Array]:
        """Replace the updated states, all or none of them; returns the arrays they had."""
        replaced = list(map(_value, self.updated))
        _replace(self.updated, new)
        return replaced

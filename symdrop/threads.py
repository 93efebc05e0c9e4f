"""State that threads share: locks that a fork respects, and values that are computed once, whoever asks first.

Locks are taken in one order everywhere, or two threads wait for each other for ever: of those given to
``held_over_forks``, whoever needs several takes the one that was given last first, as a fork does. Of the locks of one
``LockGroup``, the one with the smallest ``id`` comes first.

Read next: types.py
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Generic, Protocol, TypeVar, TypeVarTuple, overload
from weakref import WeakSet


class _Lockable(Protocol):
    def acquire(self) -> Any: ...
    def release(self) -> None: ...


_Lock = TypeVar("_Lock", bound=_Lockable)
_Key = TypeVarTuple("_Key")
_Value = TypeVar("_Value")


def held_over_forks(lock: _Lock) -> _Lock:
    """The lock, from now on held by whoever forks. Of several, the one that was given last is taken first.

    A fork copies memory, and of all threads only the one that forks. A lock that another thread held in that moment
    would stay locked in the child for ever; so whoever forks takes it first.

    Example:
        >>> with held_over_forks(threading.Lock()):
        ...     pass
    """
    if os.name == "posix":
        os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)
    return lock


def in_forked_children(call: Callable[[], object]) -> None:
    """Have something called in every child that this process forks from now on, in which no other thread runs.

    Example:
        >>> in_forked_children(os.getpid)
    """
    if os.name == "posix":
        os.register_at_fork(after_in_child=call)


class LockGroup:
    """Locks of objects that come and go, to be taken all at once: by a fork, if given to ``held_over_forks``.

    Example:
        >>> group = LockGroup()
        >>> lock = group.new()
        >>> group.acquire()
        >>> group.release()
    """

    def __init__(self) -> None:
        self._locks: WeakSet[threading.RLock] = WeakSet()
        self._joining = threading.RLock()
        self._held: list[threading.RLock] = []

    def new(self) -> threading.RLock:
        """A lock of the group, for as long as somebody refers to it."""
        lock = threading.RLock()
        with self._joining:
            self._locks.add(lock)
        return lock

    def acquire(self) -> None:
        """Take every lock of the group; no lock joins it before ``release``."""
        held: list[threading.RLock] = []
        try:
            while not self._is_whole(held):
                with self._joining:
                    locks = sorted(self._locks, key=id)
                for lock in locks:
                    lock.acquire()
                    held.append(lock)
        except BaseException:
            # The handler of a signal may raise in the middle of waiting.
            _release(held)
            raise

    def _is_whole(self, held: list[threading.RLock]) -> bool:
        """True if these are all locks of the group, which is closed then; else they are released."""
        self._joining.acquire()
        if self._locks.issubset(held):
            self._held = held
            return True
        self._joining.release()
        _release(held)
        return False

    def release(self) -> None:
        """Release what ``acquire`` took."""
        held, self._held = self._held, []
        self._joining.release()
        _release(held)


def _release(locks: list[threading.RLock]) -> None:
    while locks:
        locks.pop().release()


class OncePerKey(Generic[*_Key, _Value]):
    """A memoized function; made by ``once_per_key``.

    Attributes:
        known: the values so far, by the tuple of arguments.
    """

    def __init__(self, function: Callable[[*_Key], _Value], lock: AbstractContextManager[Any]) -> None:
        self.__doc__ = function.__doc__
        self.known: dict[tuple[*_Key], _Value] = {}
        self._function = function
        self._lock = lock

    def __call__(self, *key: *_Key) -> _Value:
        try:
            return self.known[key]
        except KeyError:
            pass
        with self._lock:
            # Another thread may have computed it while this one waited.
            if key not in self.known:
                self.known[key] = self._function(*key)
            return self.known[key]


def once_per_key(
    lock: AbstractContextManager[Any],
) -> Callable[[Callable[[*_Key], _Value]], OncePerKey[*_Key, _Value]]:
    """Memoize a function under a lock: of the threads that ask for one key, one computes its value.

    ``functools.cache`` lets all of them compute it and keeps the last value. That is wrong where a value is more than
    its content: code that is unloaded with its object, a fork handler, a warning that is given once.

    Args:
        lock: held while a value is computed; an ``RLock`` where that may ask for another key.

    Example:
        >>> @once_per_key(threading.RLock())
        ... def squared(x):
        ...     return [x * x]
        >>> squared(3) is squared(3), list(squared.known)
        (True, [(3,)])
    """
    return lambda function: OncePerKey(function, lock)


class LazyProperty(Generic[_Value]):
    """An attribute computed when it is first read; made by ``lazy``."""

    def __init__(self, function: Callable[[Any], _Value], lock: AbstractContextManager[Any]) -> None:
        self.__doc__ = function.__doc__
        self._function = function
        self._lock = lock
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> LazyProperty[_Value]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> _Value: ...
    def __get__(self, instance: object | None, owner: type) -> LazyProperty[_Value] | _Value:
        if instance is None:
            return self
        # What is in the instance is found before this object is asked.
        known = vars(instance)
        with self._lock:
            if self._name not in known:
                known[self._name] = self._function(instance)
            value: _Value = known[self._name]
            return value


def lazy(lock: AbstractContextManager[Any]) -> Callable[[Callable[[Any], _Value]], LazyProperty[_Value]]:
    """Lazy initialization of an attribute under a lock: of the threads that read it, one computes it.

    From Python 3.12 on ``functools.cached_property`` lets all of them compute it; before, its lock does not respect
    forks.

    Args:
        lock: held while the value is computed; an ``RLock`` where that may read another such attribute.

    Example:
        >>> class Circle:
        ...     radius = 2
        ...     @lazy(threading.RLock())
        ...     def area(self):
        ...         return 3 * self.radius**2
        >>> circle = Circle()
        >>> circle.area, vars(circle)
        (12, {'area': 12})
    """
    return lambda function: LazyProperty(function, lock)

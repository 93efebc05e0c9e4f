"""Locks that no child of a fork inherits locked.

A fork copies memory, and of all threads only the one that forks. A lock that another thread
held in that moment would stay locked in the child for ever; so whoever forks takes it first.

Read next: numpy/__init__.py
"""

from __future__ import annotations

import os
import threading
from typing import TypeVar

_Lock = TypeVar("_Lock", threading.Lock, threading.RLock)


def held_over_forks(lock: _Lock) -> _Lock:
    """The lock, from now on held by whoever forks. Of several, the one that was given last is taken first.

    Example:
        >>> with held_over_forks(threading.Lock()):
        ...     pass
    """
    if os.name == "posix":
        os.register_at_fork(before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release)
    return lock

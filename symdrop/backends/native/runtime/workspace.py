"""Workspaces of a step: its frame, and the arena for values that no call returns.

A workspace belongs to one call at a time, and is used again by the next: asking NumPy where an array lies takes longer
than a small step does.

Read next: direct.py
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from typing import Any

import numpy as np

from ....lower.ir.frame import ARENA, ARENA_BYTES

Array = np.ndarray[Any, Any]

_ALIGN = 64

# From so many bytes on NumPy asks the system for huge pages, which a step does not need and a first call may pay for:
# a virtual machine is given memory of its host page by page, each huge page with all of its small ones.
_HUGE = 1 << 22


def address_of(array: Array) -> int:
    """The address of an array's first element.

    Example:
        >>> array = np.zeros(3)
        >>> address_of(array) == array.ctypes.data
        True
    """
    try:
        # The quicker way, for what may be written to and is not empty.
        return ctypes.addressof(ctypes.c_char.from_buffer(array))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return int(array.ctypes.data)


class Workspace:
    """A frame and an arena.

    Args:
        words: how long the frame is.

    Attributes:
        frame: the words as an array.
        words: the same memory, whose elements are read and written more quickly.
        address: where the frame lies.

    Example:
        >>> workspace = Workspace(16)
        >>> workspace.words[3] = 5
        >>> int(workspace.frame[3])
        5
    """

    __slots__ = ("_arena", "_arena_at", "address", "frame", "words")

    def __init__(self, words: int) -> None:
        self.frame: np.ndarray[Any, np.dtype[np.int64]] = np.zeros(words, np.int64)
        self.words = memoryview(self.frame)  # type: ignore[arg-type]
        self.address = address_of(self.frame)
        self._grow(0)

    def provide_arena(self) -> None:
        """Tell the frame of an arena as large as it asks for."""
        if self.words[ARENA_BYTES] + _ALIGN > self._arena.nbytes:
            self._grow(self.words[ARENA_BYTES])
        self.words[ARENA] = self._arena_at

    def _grow(self, size: int) -> None:
        self._arena = _memory(size + _ALIGN)
        self._arena_at = -(-address_of(self._arena) // _ALIGN) * _ALIGN


def _memory(size: int) -> Array:
    """Bytes that are no huge pages, unless the system gives these to everybody."""
    if size < _HUGE or sys.platform == "win32":
        return np.empty(size, np.uint8)
    return np.frombuffer(mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS), np.uint8)

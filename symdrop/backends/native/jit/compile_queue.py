"""The compile queue: a thread behind the program compiles full code for what runs quick code meanwhile.

There is one such thread at most. It begins when something is put into the queue, takes the module of a program that was
called most often since the last one, then the next, and ends with the last. So it never outlives its work; it ends
after the module it is at when the process exits; and a forked child, which has no threads of its parent, begins a new
one when somebody calls or waits. The queue keeps nobody alive: of a program that is gone nothing more is compiled.

Where calls may use every processor, the thread takes one from them, for a gain that comes later: so beside calls it
rests between two modules, and nine tenths of its time in all, unless somebody waits for it: then as many modules at a
time are compiled as there are processors. Whoever rents and buys in such shares pays little more than one who had known
how long the program would run.

Source: T. Kotzmann, C. Wimmer, H. Mössenböck, T. Rodriguez, K. Russell and D. Cox, "Design of the Java HotSpot client
compiler for Java 6", ACM TACO 5(1), 2008, on tiered compilation in a thread of its own;
A. Karlin, M. Manasse, L. McGeoch and S. Owicki, "Competitive randomized algorithms for nonuniform problems",
Algorithmica 11, 1994, on renting and buying.

Read next: compiler.py
"""

from __future__ import annotations

import atexit
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from ....config import config
from ....processors import usable_processors
from ....threads import held_over_forks, in_forked_children

# Beside calls the thread rests so many times as long as it has worked.
REST = 9


class Pending(Protocol):
    """Something that still has to be compiled."""

    @property
    def calls(self) -> int:
        """How often it was called."""

    def advance(self, modules: int) -> bool:
        """Compile so many more modules; False if none was left and its full code runs from now on, or never will."""

    def forked(self) -> None:
        """Called in a forked child, in which nobody compiles for it any more."""


@dataclass
class _Entry:
    """One who waits, and how often it had been called when the worker chose the last time."""

    pending: weakref.ref[Pending]
    calls: int = 0


class CompileQueue:
    """The queue of what has to be compiled, and the thread that does it.

    Example:
        >>> class Counter:
        ...     calls, left = 0, 3
        ...     def advance(self, modules):
        ...         self.left -= 1
        ...         return self.left > 0
        ...     def forked(self):
        ...         pass
        >>> queue, counter = CompileQueue(), Counter()
        >>> queue.put(counter)
        >>> queue.wait(counter), counter.left
        (True, 0)
    """

    def __init__(self) -> None:
        self._changed = held_over_forks(threading.Condition(threading.RLock()))
        self._entries: list[_Entry] = []
        self._worker: threading.Thread | None = None
        self._waiting = 0
        self._closed = False
        in_forked_children(self._forked)
        atexit.register(self.close)

    def put(self, pending: Pending) -> None:
        """Have something compiled, beginning now, as long as somebody else refers to it."""
        with self._changed:
            self._entries.append(_Entry(weakref.ref(pending)))
            self.resume()

    def wait(self, pending: Pending, timeout: float | None = None) -> bool:
        """Wait until something is compiled, or was given up.

        Args:
            pending: what was put into the queue, or never was.
            timeout: the most seconds to wait.

        Returns:
            False if the time is over, the process about to end, or no thread to be had.
        """
        with self._changed:
            self.resume()
            with self._hurried():
                self._changed.wait_for(lambda: self._worker is None or not self._has(pending), timeout)
            return not self._has(pending)

    def is_working(self) -> bool:
        """True as long as its thread is at work."""
        return self._worker is not None

    def wait_for_all(self) -> None:
        """Wait until nothing is left to be compiled."""
        with self._changed:
            self.resume()
            with self._hurried():
                self._changed.wait_for(lambda: self._worker is None)

    @contextmanager
    def _hurried(self) -> Iterator[None]:
        """The thread does not rest inside the ``with`` block."""
        self._waiting += 1
        self._changed.notify_all()
        try:
            yield
        finally:
            self._waiting -= 1

    def resume(self) -> None:
        """Begin a thread if there is work for one and none is at it."""
        with self._changed:
            if self._worker is not None or self._closed or not self._entries:
                return
            worker = self._worker = threading.Thread(target=self._work, name="symdrop compiler", daemon=True)
            try:
                worker.start()
            except RuntimeError:
                # The system has no more threads: quick code does until somebody asks again.
                self._worker = None
            except BaseException:
                self._worker = worker if worker.is_alive() else None
                raise

    def close(self) -> None:
        """Compile nothing more, and wait for the module that is being compiled: the process ends."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            worker = self._worker
        if worker is not None:
            worker.join()

    def _has(self, pending: Pending) -> bool:
        return any(entry.pending() is pending for entry in self._entries)

    def _forked(self) -> None:
        self._worker, self._waiting = None, 0
        for entry in self._entries:
            if (pending := entry.pending()) is not None:
                pending.forked()

    def _work(self) -> None:
        worked = 0.0
        while (pending := self._next(worked)) is not None:
            began = time.thread_time()
            try:
                more = pending.advance(usable_processors() if self._waiting else 1)
            except BaseException:
                # It will not come further; of its fault it speaks itself, and if that raises, Python speaks of that.
                self._remove(pending)
                del pending
                threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread())))
                continue
            worked = time.thread_time() - began
            if not more:
                self._remove(pending)
            # Else it would live on while this thread waits for a lock.
            del pending

    def _rest(self, worked: float) -> None:
        """Leave the processors to calls, if there were some lately and they may use all."""
        called = any(found.calls > entry.calls for entry in self._entries if (found := entry.pending()) is not None)
        if worked and called and config.threads >= usable_processors():
            self._changed.wait_for(lambda: self._closed or self._waiting, REST * worked)

    def _next(self, worked: float = 0.0) -> Pending | None:
        """The one that was called most often lately; None, and then the thread ends, if none is left.

        Args:
            worked: how many seconds the thread has worked since the last choice, after which it rests perhaps.
        """
        with self._changed:
            self._rest(worked)
            alive = [(entry, found) for entry in self._entries if (found := entry.pending()) is not None]
            self._entries = [entry for entry, _ in alive]
            if self._closed or not alive:
                self._worker = None
                self._changed.notify_all()
                return None
            lately = [found.calls - entry.calls for entry, found in alive]
            for entry, found in alive:
                entry.calls = found.calls
            return alive[lately.index(max(lately))][1]

    def _remove(self, pending: Pending) -> None:
        with self._changed:
            self._entries = [entry for entry in self._entries if entry.pending() is not pending]
            self._changed.notify_all()


QUEUE = CompileQueue()

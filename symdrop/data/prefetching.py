"""Prefetching: a thread reads ahead of the loop that uses what it reads.

The thread puts what it has read into a queue of bounded length. An error of the source travels through the queue too,
behind all that was read before it. A consumer that stops early closes the queue, and the thread ends after the item
that it is reading; no thread outlives its consumer.

Read next: sequences.py
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Generic, TypeVar, overload

from ..binding import public
from ..errors import GraphTypeError, here, shown
from .epochs import EpochBatches
from .rows import count_of

Item = TypeVar("Item")


@overload
def prefetch(iterable: EpochBatches, depth: int = 2) -> PrefetchedBatches: ...


@overload
def prefetch(iterable: Iterable[Item], depth: int = 2) -> Prefetched[Item]: ...


@public
def prefetch(iterable: Any, depth: int = 2) -> Any:
    """Read ahead of the consumer of an iterable, or of every epoch of batches, on a thread.

    It pays where reading waits: for a disk, or in NumPy's and other code that lets threads run beside it.

    Args:
        iterable: its items are read in order, by that thread alone. Or batches, such as ``sd.data.Batches``, for
            ``sd.nn.fit``: of every epoch that is asked for the batches are read ahead.
        depth: the most items that are read and not yet taken.

    Returns:
        An iterator over the same items. What the source raises is raised after the items before it. The thread ends
        with the source, an error, ``close()``, the end of a ``with`` block, or when nobody refers to the iterator. Of
        batches: the same batches, whose epochs are such iterators.

    Raises:
        GraphTypeError: if there is nothing to iterate over, or depth is not an integer.
        ArgumentError: if depth is below 1.

    Example:
        >>> import numpy as np
        >>> from symdrop.data import Batches
        >>> batches = Batches(np.arange(5), size=2, shuffle=False)
        >>> with prefetch(batches.epoch(0)) as ahead:
        ...     [x.tolist() for (x,) in ahead]
        [[0, 1], [2, 3], [4]]
        >>> prefetch(batches)
        prefetch(<Batches: 5 rows in 3 batches of 2, shuffle=False>, depth=2)
    """
    depth = count_of("prefetch", "depth", depth)
    if isinstance(iterable, EpochBatches):
        return PrefetchedBatches(iterable, depth)
    try:
        source = iter(iterable)
    except TypeError:
        raise GraphTypeError(f"prefetch takes something to iterate over, not {shown(iterable)}{here()}") from None
    return Prefetched(source, depth)


class PrefetchedBatches:
    """Batches of which a thread reads ahead in every epoch; see ``prefetch``."""

    def __init__(self, batches: EpochBatches, depth: int) -> None:
        self.batches, self.depth = batches, depth

    def __len__(self) -> int:
        return len(self.batches)

    def __repr__(self) -> str:
        return f"prefetch({shown(self.batches)}, depth={self.depth})"

    def epoch(self, number: int, start: int = 0) -> Prefetched[tuple[Any, ...]]:
        """The batches of an epoch, from one of them on, read ahead; arguments and errors as of ``Batches.epoch``."""
        return Prefetched(self.batches.epoch(number, start), self.depth)


class Prefetched(Generic[Item]):
    """An iterator whose items a thread reads ahead; see ``prefetch``."""

    def __init__(self, source: Iterator[Item], depth: int) -> None:
        self._queue: _Queue[Item] = _Queue(depth)
        # The thread knows the queue and not this object, whose end it must not put off.
        self._thread = threading.Thread(target=_read, args=(source, self._queue), name="symdrop prefetch", daemon=True)
        self._thread.start()

    def __iter__(self) -> Prefetched[Item]:
        return self

    def __next__(self) -> Item:
        for item in self._queue.take():
            return item
        self._thread.join()
        raise self._queue.reason()

    def close(self) -> None:
        """Stop reading, and wait until the thread has ended; nothing is left to take."""
        self._queue.close()
        self._thread.join()

    def __enter__(self) -> Prefetched[Item]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        # Not waited for: whoever collects garbage may hold what the thread needs.
        self._queue.close()


class _Queue(Generic[Item]):
    """Items that were read and not yet taken, at most ``depth``, and why no more will come."""

    def __init__(self, depth: int) -> None:
        self._items: deque[Item] = deque()
        self._depth = depth
        self._ended = False
        self._error: BaseException | None = None
        # Garbage may be collected, and ``close`` called, by the thread that holds the lock: it can be taken twice.
        self._changed = threading.Condition(threading.RLock())

    def put(self, item: Item) -> bool:
        """Add an item when there is room for it; False if the queue was closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or len(self._items) < self._depth)
            if not self._ended:
                self._items.append(item)
                self._changed.notify_all()
            return not self._ended

    def end(self, error: BaseException | None) -> None:
        """Say that no item follows, and which error was the reason."""
        with self._changed:
            self._ended, self._error = True, error
            self._changed.notify_all()

    def take(self) -> tuple[Item] | tuple[()]:
        """The next item when there is one; nothing when none will come."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._items)
            if not self._items:
                return ()
            self._changed.notify_all()
            return (self._items.popleft(),)

    def reason(self) -> BaseException:
        """The error by which the source ended, once; ``StopIteration`` otherwise."""
        error, self._error = self._error, None
        return StopIteration() if error is None else error

    def close(self) -> None:
        """Drop all items, and take no more."""
        with self._changed:
            self._ended = True
            self._items.clear()
            self._changed.notify_all()


def _read(source: Iterator[Item], queue: _Queue[Item]) -> None:
    """Put all items of a source into a queue, until it is closed."""
    try:
        for item in source:
            if not queue.put(item):
                return
        queue.end(None)
    except BaseException as error:  # whatever it is, it belongs to the consumer
        queue.end(error)

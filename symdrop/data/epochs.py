"""Mini-batches in an order that is a function of a seed and the number of the epoch.

So an epoch is the same whatever was read before it, and a run that was stopped in its midst goes on with the next
batch: nothing but two numbers has to be kept. Only one batch is ever copied.

    order of epoch e:  the rows, sorted by random words;  the words: PCG64, seeded by (seed, e)

Source: M. E. O'Neill, "PCG: a family of simple fast space-efficient statistically good algorithms for random number
generation", HMC-CS-2014-0905, 2014. NumPy keeps the words of its bit generators from version to version, which it does
not promise for its permutations.

Read next: prefetching.py
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ..binding import public
from ..errors import ArgumentError, GraphTypeError, here, shown
from .rows import arrays_of_rows, check_labels, count_of

Batch = tuple[NDArray[Any], ...]


@runtime_checkable
class EpochBatches(Protocol):
    """Batches by the number of an epoch, as ``sd.data.Batches`` has them: equal numbers mean equal batches."""

    def __len__(self) -> int:
        """Batches an epoch."""

    def epoch(self, number: int, start: int = 0) -> Iterator[tuple[Any, ...]]:
        """The batches of an epoch, counted from 0, from the one of number ``start`` on."""


class Batches:
    """Batches of rows of arrays, shuffled anew in every epoch.

    Args:
        arrays: one or several with equally many rows: NumPy's arrays, data frames, series, nested lists.
        size: rows of a batch; the last batch has fewer where the numbers do not divide.
        seed: an integer that decides the order in every epoch; None takes one from the system, kept in ``.seed``.
        shuffle: False keeps the order of the rows, in every epoch.
        drop_last: True leaves out a last batch of fewer rows. Other epochs leave out other rows.
        classes: where the last array holds labels, their number: labels outside 0 to ``classes - 1`` are refused.

    Attributes:
        rows: the number of rows.

    Raises:
        ArgumentError: if the size is below 1, a label is out of range, or there would be no batch.
        GraphTypeError: if something is not an array, or not an integer.
        ShapeError: if the arrays differ in their numbers of rows.

    ``len(batches)`` is the number of batches of an epoch, so a run of many steps is at ``epoch, start =
    divmod(steps, len(batches))``.

    Example:
        >>> x, y = np.arange(10.0).reshape(5, 2), np.arange(5)
        >>> batches = Batches(x, y, size=2, seed=0)
        >>> len(batches)
        3
        >>> [labels.tolist() for _, labels in batches.epoch(0)]
        [[3, 1], [4, 2], [0]]
        >>> [labels.tolist() for _, labels in batches.epoch(0, start=1)]
        [[4, 2], [0]]
    """

    @public
    def __init__(
        self,
        *arrays: Any,
        size: int,
        seed: int | None = 0,
        shuffle: bool = True,
        drop_last: bool = False,
        classes: int | None = None,
    ) -> None:
        self.arrays: Batch = tuple(arrays_of_rows("Batches", arrays))
        self.size = count_of("Batches", "size", size)
        self.seed = np.random.SeedSequence().entropy if seed is None else count_of("Batches", "seed", seed, least=0)
        self.shuffle, self.drop_last = bool(shuffle), bool(drop_last)
        self.rows = len(self.arrays[0])
        if not len(self):
            rest = f"{self.rows} rows" + f" without a last batch of fewer than {self.size}" * self.drop_last
            raise ArgumentError(f"Batches: {rest} make no batch{here()}")
        if classes is not None:
            check_labels("Batches", self.arrays[-1], count_of("Batches", "classes", classes))

    def __len__(self) -> int:
        return self.rows // self.size if self.drop_last else -(-self.rows // self.size)

    def __repr__(self) -> str:
        order = f"seed={self.seed}" if self.shuffle else "shuffle=False"
        return f"<Batches: {self.rows} rows in {len(self)} batches of {self.size}, {order}>"

    def __iter__(self) -> NoReturn:
        raise GraphTypeError(
            f"the order of batches depends on the epoch: write batches.epoch(0), batches.epoch(1), ...{here()}"
        )

    @public
    def epoch(self, number: int, start: int = 0) -> Iterator[Batch]:
        """Batches of one epoch, from one of them on.

        Args:
            number: the epoch's number, from 0.
            start: the number of the first batch; ``len(batches)`` gives none.

        Returns:
            An iterator over tuples: of every array the rows of the batch, copied.

        Raises:
            ArgumentError: if there is no such epoch or batch.
            GraphTypeError: if a number is not an integer. Both are raised by the call, not by the first batch.
        """
        number = count_of("epoch", "number", number, least=0)
        start = count_of("epoch", "start", start, least=0)
        if start > len(self):
            raise ArgumentError(f"epoch: start is {shown(start)}, but an epoch has {len(self)} batches{here()}")
        order = self._order(number)
        return (self._batch(order, first * self.size) for first in range(start, len(self)))

    def _order(self, number: int) -> NDArray[np.intp] | None:
        """The rows in an epoch's order; None if it is their own."""
        if not self.shuffle:
            return None
        return np.argsort(self._words(number), kind="stable")

    def _words(self, number: int, part: int = 0) -> NDArray[np.uint64]:
        """Random words of an epoch, one a row; every part of the epoch's order has words of its own."""
        generator = np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=(number,) + (part,) * bool(part)))
        return generator.random_raw(self.rows)

    def _batch(self, order: NDArray[np.intp] | None, first: int) -> Batch:
        last = min(first + self.size, self.rows)
        if order is None:
            return tuple(np.array(array[first:last]) for array in self.arrays)
        return tuple(np.asarray(array[order[first:last]]) for array in self.arrays)

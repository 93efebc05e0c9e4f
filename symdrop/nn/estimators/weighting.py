"""Weights of examples as counts: rows are drawn as often as their weights say, whatever their order.

Rows are brought into an order of their own, that of their bytes, and laid end to end on a line, each as long as its
weight. An epoch cuts the line into slots of one length and takes the row at one point of every slot, the same point in
all of them. So a weight of 3 is a row that stands there three times, bit for bit; a weight of 0 is a row that does not
stand there; and a weight of 0.5 is a row of every second epoch, on the average.

Source: systematic sampling, W. G. Madow and L. H. Madow, "On the theory of systematic sampling", Annals of
Mathematical Statistics 15, 1944.

Read next: programs.py
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ArgumentError, here

Rows = NDArray[np.intp]
# Points at which slots can be entered. A fraction of few bits keeps sums of it and a row's number exact.
POINTS = 1024

# The order of more rows would fill the memory of many machines.
MOST_SLOTS = 10**8


class WeightedRows:
    """Rows of a table as an empirical distribution, from which epochs are drawn.

    Args:
        table: shape (rows, columns): the features and the target of every example.
        weights: positive, one a row.

    Attributes:
        slots: rows of an epoch: the sum of the weights, rounded, but at least the number of different rows.
    """

    def __init__(self, table: NDArray[Any], weights: NDArray[np.float64]) -> None:
        table = np.ascontiguousarray(table) + 0.0  # one zero of the two
        words = table.view(np.dtype((np.void, table.itemsize * table.shape[1]))).ravel()
        self._order = np.argsort(words, kind="stable")
        table = table[self._order]
        new = np.ones(len(table), np.bool_)
        new[1:] = (table[1:] != table[:-1]).any(axis=1)
        # Equal rows are one, so that it does not matter how often a row stands there, nor where.
        self._group = np.cumsum(new) - 1
        self._ends = np.cumsum(np.bincount(self._group, weights[self._order]))
        self._first = self._order[new]
        self.slots = max(round(self._ends[-1]), len(self._first))
        if self.slots > MOST_SLOTS:
            raise ArgumentError(
                f"sample_weight says how often examples count, together {self._ends[-1]:.3g} times; an epoch has at "
                f"most {MOST_SLOTS:,} rows, so divide the weights{here()}"
            )

    def draw(self, point: float = 0.5, groups: Rows | None = None) -> Rows:
        """The rows of an epoch, in the order of the line.

        Args:
            point: where the slots are entered, from 0 to 1.
            groups: numbers of different rows, ascending; only these are drawn, on a line of their own.
        """
        if groups is None:
            ends, first, slots = self._ends, self._first, self.slots
        else:
            lengths = np.diff(self._ends, prepend=0.0)[groups]
            ends, first = np.cumsum(lengths), self._first[groups]
            slots = max(round(ends[-1]), len(first))
        places = (np.arange(slots) + (np.floor(point * POINTS) + 0.5) / POINTS) * (ends[-1] / slots)
        found: Rows = first[np.searchsorted(ends, places, side="right").clip(max=len(first) - 1)]
        return found

    def held_out(self, seed: int) -> tuple[Rows, Rows]:
        """Groups of equal rows for training, and a tenth of all, at least one, for validation."""
        count = len(self._first)
        chosen = np.random.default_rng(seed).permutation(count)
        held = -(-count // 10)
        return np.sort(chosen[held:]), np.sort(chosen[:held])

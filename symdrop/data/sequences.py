"""Sequences of several lengths: padded to one array with a mask, and batched with others of about their length.

Bucketing: the shuffled rows are cut into pools of a few batches, each pool is sorted by length and cut into batches,
and the batches are shuffled again. So a batch holds sequences of nearly one length, and little is computed on padding.

Source: V. Khomenko et al., "Accelerating recurrent neural network training using sequence bucketing and multi-GPU data
parallelization", IEEE DSMP 2016.

Read next: reading.py
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..binding import public
from ..errors import ArgumentError, GraphTypeError, ShapeError, here, shown
from .epochs import Batch, Batches
from .rows import count_of


@public
def pad(
    sequences: Sequence[Any], length: int | None = None, *, value: Any = 0, steps_first: bool = False
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """One array of sequences of several lengths, and a mask of where they are.

    Args:
        sequences: arrays of shapes (steps, ...) that differ in their steps alone.
        length: the steps of the result; those of the longest sequence if None.
        value: stands behind the end of a sequence.
        steps_first: True gives (steps, sequences, ...), as recurrent cells take them.

    Returns:
        An array of shape (sequences, steps, ...), of the dtype to which those of all sequences promote, and a mask
        of shape (sequences, steps), True where there is a sequence.

    Raises:
        ArgumentError: if a sequence is longer than ``length``, or there is none.
        ShapeError: if they differ in more than their steps.

    Example:
        >>> values, mask = pad([[1, 2, 3], [4]])
        >>> values.tolist(), mask.sum(axis=1).tolist()
        ([[1, 2, 3], [4, 0, 0]], [3, 1])
    """
    arrays = [_sequence(one) for one in sequences]
    if not arrays:
        raise ArgumentError(f"pad takes at least one sequence{here()}")
    if len({array.shape[1:] for array in arrays}) > 1:
        shapes = " and ".join(map(str, dict.fromkeys(array.shape[1:] for array in arrays)))
        raise ShapeError(f"pad: the steps of a sequence have one shape in all of them, not {shapes}{here()}")
    longest = max(map(len, arrays))
    steps = longest if length is None else count_of("pad", "length", length, least=0)
    if longest > steps:
        raise ArgumentError(f"pad: a sequence has {longest} steps, more than length={steps}{here()}")
    # An empty list is no list of floats.
    dtype = np.result_type(*([array for array in arrays if len(array)] or arrays))
    with np.errstate(invalid="ignore"):
        filler = np.asarray(value).astype(dtype)
    if not np.array_equal(filler, value, equal_nan=dtype.kind == "f"):
        raise ArgumentError(f"pad: {dtype} does not hold value={shown(value)}; give sequences of floats{here()}")
    padded = np.full((len(arrays), steps, *arrays[0].shape[1:]), filler, dtype)
    mask = np.zeros((len(arrays), steps), np.bool_)
    for row, array in enumerate(arrays):
        padded[row, : len(array)] = array
        mask[row, : len(array)] = True
    return (padded.swapaxes(0, 1).copy(), mask.T.copy()) if steps_first else (padded, mask)


def _sequence(value: Any) -> NDArray[Any]:
    try:
        array = np.asarray(value)
    except ValueError:
        array = np.array(None)
    if not array.ndim or array.dtype == object:
        raise GraphTypeError(f"a sequence is an array of steps of one shape, or a list of numbers{here()}")
    return array


class SequenceBatches(Batches):
    """Batches of sequences of about one length, padded, with their masks; shuffled anew in every epoch.

    Args:
        sequences: arrays of shapes (steps, ...) that differ in their steps alone.
        arrays: others with as many rows, such as labels.
        size, seed, shuffle, drop_last, classes: as of ``Batches``.
        pool: batches that are sorted by length together; 1 does not sort, more gives less padding and less chance. By
            default 20; with ``shuffle=False`` 1, which keeps the order of the sequences.
        value, steps_first: as of ``pad``.

    A batch is the padded array, its mask, and the rows of the other arrays.

    Raises:
        ArgumentError, GraphTypeError, ShapeError: as of ``Batches`` and ``pad``.

    Example:
        >>> batches = SequenceBatches([[1], [2, 2, 2], [3, 3], [4]], [1, 3, 2, 1], size=2, pool=2, shuffle=False)
        >>> for values, mask, lengths in batches.epoch(0):
        ...     print(values.tolist(), lengths)
        [[1], [4]] [1 1]
        [[3, 3, 0], [2, 2, 2]] [2 3]
    """

    @public
    def __init__(
        self,
        sequences: Sequence[Any],
        *arrays: Any,
        size: int,
        seed: int | None = 0,
        shuffle: bool = True,
        drop_last: bool = False,
        classes: int | None = None,
        pool: int | None = None,
        value: Any = 0,
        steps_first: bool = False,
    ) -> None:
        rows = np.empty(len(sequences), object)
        for row, one in enumerate(sequences):
            rows[row] = _sequence(one)
        if classes is not None and not arrays:
            raise ArgumentError(f"SequenceBatches: classes={classes}, but no labels are given{here()}")
        super().__init__(rows, *arrays, size=size, seed=seed, shuffle=shuffle, drop_last=drop_last, classes=classes)
        self.pool = (20 if self.shuffle else 1) if pool is None else count_of("SequenceBatches", "pool", pool)
        self.value, self.steps_first = value, bool(steps_first)
        self.lengths = np.array([len(one) for one in rows])
        shapes = {one.shape[1:] for one in rows}
        if len(shapes) > 1:
            raise ShapeError(
                f"SequenceBatches: steps have one shape in all sequences, not {' and '.join(map(str, shapes))}{here()}"
            )

    def _order(self, number: int) -> NDArray[np.intp]:
        """The rows of an epoch: pools sorted by length, and whole batches shuffled; the smaller batch stays last."""
        order = super()._order(number)
        order = np.arange(self.rows) if order is None else order
        whole = self.rows // self.size
        if self.pool > 1:
            # What does not fill a batch stays apart: it is left out with drop_last, and must not be the longest.
            pool = self.pool * self.size
            ends = [*range(0, whole * self.size, pool), whole * self.size, self.rows]
            for first, end in pairwise(ends):
                part = order[first:end]
                order[first:end] = part[np.argsort(self.lengths[part], kind="stable")]
        if self.shuffle:
            # Other words than those that shuffled the rows.
            words = self._words(number, part=1)[:whole]
            batches = order[: whole * self.size].reshape(whole, self.size)
            order[: whole * self.size] = batches[np.argsort(words, kind="stable")].ravel()
        return order

    def _batch(self, order: NDArray[np.intp] | None, first: int) -> Batch:
        sequences, *others = super()._batch(order, first)
        return (*pad(list(sequences), value=self.value, steps_first=self.steps_first), *others)

"""Sequences of several lengths: padding, masks, and batches of about one length."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import symdrop as sd
from symdrop.data import SequenceBatches, pad
from symdrop.errors import ArgumentError, GraphTypeError, ShapeError

LENGTHS = st.lists(st.integers(0, 7), min_size=1, max_size=30)


@given(lengths=LENGTHS, features=st.sampled_from([(), (3,), (2, 2)]), steps_first=st.booleans(), more=st.integers(0, 2))
def test_what_the_mask_shows_is_what_was_given(lengths, features, steps_first, more):
    """Nothing is lost, and all else is the value that was asked for."""
    sequences = [np.random.default_rng(i).normal(size=(n, *features)) for i, n in enumerate(lengths)]
    values, mask = pad(sequences, max(lengths) + more, value=7, steps_first=steps_first)
    if steps_first:
        assert values.flags.c_contiguous and mask.flags.c_contiguous
        values, mask = values.swapaxes(0, 1), mask.T
    assert values.shape == (len(lengths), max(lengths) + more, *features) and mask.dtype == bool
    np.testing.assert_array_equal(mask.sum(axis=1), lengths)
    for row, one in enumerate(sequences):
        np.testing.assert_array_equal(values[row][mask[row]], one)
        assert (values[row][~mask[row]] == 7).all() and mask[row][: len(one)].all()


@given(lengths=LENGTHS, size=st.integers(1, 8), pool=st.integers(1, 4), epoch=st.integers(0, 9), shuffle=st.booleans())
def test_an_epoch_has_every_sequence_once_and_can_be_entered_anywhere(lengths, size, pool, epoch, shuffle):
    """The protocol of Batches holds for them too."""
    sequences = [[row] * n for row, n in enumerate(lengths)]
    batches = SequenceBatches(sequences, range(len(lengths)), size=size, pool=pool, seed=5, shuffle=shuffle)
    whole = list(batches.epoch(epoch))
    assert len(whole) == len(batches) and all(len(rows) == size for *_, rows in whole[:-1])
    assert sorted(int(row) for *_, rows in whole for row in rows) == list(range(len(lengths)))
    for values, mask, rows in whole:
        found = [value[shown].tolist() for value, shown in zip(values, mask, strict=True)]
        assert found == [sequences[row] for row in rows]
    start = len(batches) // 2
    for one, other in zip(batches.epoch(epoch, start), whole[start:], strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_pools_save_padding_and_epochs_differ():
    """The reason for bucketing: without it, sequences of 1 to 100 steps are half padding."""
    lengths = np.random.default_rng(0).integers(1, 100, 2000)
    sequences = [np.zeros(n, "int8") for n in lengths]

    def share_of_padding(pool):
        masks = [mask for _, mask in SequenceBatches(sequences, size=20, pool=pool).epoch(0)]
        return 1 - sum(mask.sum() for mask in masks) / sum(mask.size for mask in masks)

    assert share_of_padding(1) > 0.4 and share_of_padding(20) < 0.05
    batches = SequenceBatches(sequences, lengths, size=20)
    firsts = [next(batches.epoch(number))[2].max() for number in range(8)]
    assert len(set(firsts)) > 4, "batches do not come in the order of their lengths"


def test_sequences_of_recurrent_cells():
    """The shapes are those that cells take."""
    batches = SequenceBatches([np.zeros((n, 3)) for n in (2, 4)], [0, 1], size=2, steps_first=True, classes=2)
    ((values, mask, labels),) = batches.epoch(0)
    assert values.shape == (4, 2, 3) and mask.shape == (4, 2) and labels.shape == (2,)


REFUSED = {
    "none": (lambda: pad([]), ArgumentError, "at least one sequence"),
    "too long": (lambda: pad([[1, 2, 3]], 2), ArgumentError, "has 3 steps, more than length=2"),
    "features": (lambda: pad([np.zeros((2, 3)), np.zeros((2, 4))]), ShapeError, r"not \(3,\) and \(4,\)"),
    "a number": (lambda: pad([3]), GraphTypeError, "a sequence is an array of steps"),
    "ragged": (lambda: pad([[[1], [1, 2]]]), GraphTypeError, "a sequence is an array of steps"),
    "batches of features": (
        lambda: SequenceBatches([np.zeros((2, 3)), np.zeros((2, 4))], size=1), ShapeError, "one shape in all sequences",
    ),
    "two lengths": (lambda: SequenceBatches([[1], [2]], [1], size=1), ShapeError, "2 and 1 rows"),
    "no labels": (lambda: SequenceBatches([[1], [2]], size=1, classes=3), ArgumentError, "no labels are given"),
    "a pool": (lambda: SequenceBatches([[1], [2]], size=1, pool=0), ArgumentError, "pool is 0"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_bad_arguments_are_told_when_given(case):
    make, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message) as caught:
        make()
    assert "test_sequences.py" in str(caught.value)


def test_left_out_rows_are_any():
    """Rows that do not fill a batch were the longest of the last pool: some were never trained on."""
    lengths = np.random.default_rng(0).integers(1, 50, 1000)
    batches = sd.data.SequenceBatches([np.zeros(n) for n in lengths], np.arange(1000), size=64, drop_last=True)
    left = [{*range(1000)} - {*np.concatenate([rows for *_, rows in batches.epoch(number)])} for number in range(20)]
    assert all(len(one) == 1000 % 64 for one in left) and not set.intersection(*left)
    assert abs(np.mean([lengths[[*one]].mean() for one in left]) - lengths.mean()) < 3


def test_a_value_that_the_sequences_do_not_hold_is_refused():
    """NaN among integers became the least of them; an empty sentence made floats of the others' numbers."""
    for value in (0.5, np.nan):
        with pytest.raises(sd.errors.ArgumentError, match="does not hold"):
            sd.data.pad([[1, 2], [3]], value=value)
    assert sd.data.pad([[], [3]])[0].dtype.kind == "i"
    assert np.isnan(sd.data.pad([[1.0, 2.0], [3.0]], value=np.nan)[0]).sum() == 1


def test_without_shuffling_the_order_is_kept():
    """Sorting was the default there, too; how many batches are sorted together is said by ``pool``."""
    sequences, numbers = [[0] * steps for steps in (3, 1, 2, 5, 4)], np.arange(5)
    kept = SequenceBatches(sequences, numbers, size=2, shuffle=False)
    assert [n for *_, numbers in kept.epoch(0) for n in numbers] == [0, 1, 2, 3, 4]
    sorted_ = SequenceBatches(sequences, numbers, size=2, shuffle=False, pool=np.int64(2))
    assert [n for *_, numbers in sorted_.epoch(0) for n in numbers] == [1, 2, 0, 3, 4]

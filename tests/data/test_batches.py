"""Batches: an epoch is a function of the seed and its number, whatever happened before."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import symdrop as sd
from symdrop.data import Batches
from symdrop.errors import ArgumentError, GraphTypeError, ShapeError

COUNTS = st.integers(1, 30)


def order(batches: Batches, epoch: int, start: int = 0) -> list[int]:
    """The rows of an epoch, where an array numbers them."""
    return [int(row) for (rows,) in batches.epoch(epoch, start) for row in rows]


@given(rows=COUNTS, size=COUNTS, seed=st.integers(0, 2**64), epoch=st.integers(0, 2**40), start=COUNTS)
@settings(max_examples=100, deadline=None)
def test_an_epoch_has_every_row_once_and_can_be_entered_anywhere(rows, size, seed, epoch, start):
    """What a resumed run reads is what the run would have read that was not stopped."""
    batches = Batches(np.arange(rows), size=size, seed=seed)
    whole = order(batches, epoch)
    assert sorted(whole) == list(range(rows))
    assert [len(rows) for (rows,) in batches.epoch(epoch)][:-1] == [size] * (len(batches) - 1)
    start = min(start, len(batches))
    assert order(batches, epoch, start) == whole[start * size :]
    kept = Batches(np.arange(rows), size=size, shuffle=False)
    assert order(kept, epoch) == list(range(rows))
    if rows >= size:
        full = Batches(np.arange(rows), size=size, seed=seed, drop_last=True)
        assert order(full, epoch) == whole[: len(full) * size] and len(full) == rows // size


def test_epochs_differ_and_do_not_depend_on_each_other():
    """Nothing is consumed: the same epoch twice, or in another order, or in a copy, is the same."""
    batches = Batches(np.arange(50), size=8, seed=3)
    epochs = [order(batches, number) for number in range(4)]
    assert len({tuple(one) for one in epochs}) == 4
    for other in (batches, Batches(np.arange(50), size=8, seed=3), pickle.loads(pickle.dumps(batches))):
        assert [order(other, number) for number in (3, 1, 1, 0)] == [epochs[number] for number in (3, 1, 1, 0)]
    assert order(Batches(np.arange(50), size=8, seed=4), 0) != epochs[0]
    # The order does not depend on how rows are cut into batches, so that runs with other sizes see the same rows.
    assert order(Batches(np.arange(50), size=7, seed=3), 2) == epochs[2]


def test_the_order_is_a_promise():
    """A checkpoint of today's is resumed with the NumPy of years to come."""
    assert order(Batches(np.arange(10), size=4, seed=1234), 7) == [1, 0, 4, 5, 9, 7, 2, 8, 6, 3]


def test_orders_are_uniform():
    """Every row comes first about equally often, and every pair of places equally often in either order."""
    batches = Batches(np.arange(6), size=6, seed=0)
    orders = np.array([order(batches, number) for number in range(3000)])
    counts = np.array([np.bincount(column, minlength=6) for column in orders.T])
    assert (abs(counts - 500) < 5 * np.sqrt(500 * 5 / 6)).all()
    assert abs((orders[:, 0] < orders[:, 1]).mean() - 0.5) < 5 * 0.5 / np.sqrt(3000)


def test_without_a_seed_one_is_drawn_and_kept():
    """Such a run can still be repeated, by the seed it tells."""
    one, other = (Batches(np.arange(100), size=10, seed=None) for _ in range(2))
    assert order(one, 0) != order(other, 0)
    assert order(one, 1) == order(Batches(np.arange(100), size=10, seed=one.seed), 1)


def test_what_arrays_may_be(tmp_path):
    """Data frames, series, lists and mapped files are rows too, and stay together."""
    x = np.arange(10.0).reshape(5, 2)
    mapped = np.memmap(tmp_path / "x", np.float64, "w+", shape=(5, 2))
    mapped[:] = x
    frame = pd.DataFrame(x, columns=["a", "b"], index=list("vwxyz"))
    batches = Batches(x, mapped, frame, frame["a"], x.tolist(), ["a", "b", "c", "d", "e"], size=2, seed=1)
    mixed = pd.DataFrame({"a": x[:, 0], "b": pd.array([1, 0, 1, 1, 0], dtype="Int64"), "c": x[:, 1] > 3})
    (found,) = next(Batches(mixed, size=5, shuffle=False).epoch(0))
    assert found.dtype == np.float64, "columns of several types were an array of objects, which no function takes"
    np.testing.assert_array_equal(found, np.stack([x[:, 0], [1, 0, 1, 1, 0], x[:, 1] > 3], axis=1))
    (found,) = next(Batches(pd.DataFrame({"a": x[:, 0], "b": list("vwxyz")}), size=5, shuffle=False).epoch(0))
    assert found.dtype == object and found[1].tolist() == [2.0, "w"]
    for a, b, c, d, e, f in batches.epoch(2):
        assert all(type(one) is np.ndarray for one in (a, b, c, d, e, f)) and not np.shares_memory(b, mapped)
        for same in (b, c, e):
            np.testing.assert_array_equal(a, same)
        np.testing.assert_array_equal(a[:, 0], d)
        assert [ord(letter) - ord("a") for letter in f] == (d / 2).tolist()
    assert isinstance(batches.arrays[1], np.memmap) and batches.arrays[0] is x


@pytest.mark.parametrize("shuffle", [True, False])
def test_batches_are_the_callers_own(shuffle):
    """A loop that scales its batch in place must not scale the data."""
    x = np.ones((4, 2))
    for (rows,) in Batches(x, size=2, shuffle=shuffle).epoch(0):
        rows *= 7
    assert (x == 1).all()


X = np.zeros((4, 2))
REFUSED = {
    "no rows in a batch": (lambda: Batches(X, size=0), ArgumentError, "size is 0; expected at least 1"),
    "half a row": (lambda: Batches(X, size=2.5), GraphTypeError, r"size is 2\.5"),
    "no size": (lambda: Batches(X), GraphTypeError, "missing 1 required .* 'size'"),
    "two lengths": (lambda: Batches(X, X[:3], size=2), ShapeError, "the arrays have 4 and 3 rows"),
    "nothing": (lambda: Batches(size=2), GraphTypeError, "was given none"),
    "a number": (lambda: Batches(X, 3, size=2), GraphTypeError, "3 is no array of rows"),
    "ragged": (lambda: Batches([[1], [2, 3]], size=2), GraphTypeError, "rows of several lengths"),
    "no rows": (lambda: Batches(X[:0], size=2), ArgumentError, "0 rows make no batch"),
    "no full batch": (lambda: Batches(X, size=5, drop_last=True), ArgumentError, "4 rows without .* make no batch"),
    "a label": (lambda: Batches(X, [0, 3, 1, 0], size=2, classes=3), ArgumentError, "row 1 is 3; expected 0 to 2"),
    "no label": (lambda: Batches(X, [0, -1, 1, 0], size=2, classes=3), ArgumentError, "row 1 is -1"),
    "float labels": (lambda: Batches(X, X, size=2, classes=3), GraphTypeError, "are integers, not float64"),
    "no classes": (lambda: Batches(X, [0] * 4, size=2, classes=0), ArgumentError, "classes is 0"),
    "a seed": (lambda: Batches(X, size=2, seed=-1), ArgumentError, "seed is -1; expected at least 0"),
    "a truth": (lambda: Batches(X, size=2, shuffle="no"), GraphTypeError, "shuffle is True or False"),
    "an epoch": (lambda: Batches(X, size=2).epoch(-1), ArgumentError, "number is -1"),
    "no epoch": (lambda: Batches(X, size=2).epoch("a"), GraphTypeError, "number is 'a'"),
    "a start": (lambda: Batches(X, size=2).epoch(0, 3), ArgumentError, "start is 3, but an epoch has 2 batches"),
    "no epoch said": (lambda: iter(Batches(X, size=2)), GraphTypeError, r"write batches\.epoch\(0\)"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_arguments_are_told_when_given(case):
    """Not by the first batch, an hour later."""
    make, kind, message = REFUSED[case]
    with pytest.raises(kind, match=message) as caught:
        make()
    assert "test_batches.py" in str(caught.value) and "\n" not in str(caught.value)


def test_labels_in_range_are_taken():
    """One array of labels is enough, and may have several axes."""
    assert len(Batches([[0, 1], [1, 2]], size=1, classes=3)) == 2
    assert repr(Batches(X, size=3)) == "<Batches: 4 rows in 2 batches of 3, seed=0>"
    assert sd.data.Batches is Batches

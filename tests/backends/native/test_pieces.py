"""Loops that write parts of a buffer: joined values and changed slices, row by row."""

import itertools

import numpy as np

import symdrop as sd
import symdrop.tensor as T

x, y = T.tensor("float32", (None,) * 3, "x"), T.tensor("float32", (None,) * 3, "y")


def test_coordinates_of_rows_are_counted_on():
    """A division takes as long as dozens of additions: there is one for a thread's first row, and none a row."""
    for made in (T.concatenate([x, y], axis=1), T.set_subtensor(x[:, ::2], y[:, ::2])):
        listing = sd.function([x, y], made).source("kernels")
        loops = [part[: part.rindex("next v")] for part in listing.split("# rows")[1:]]
        assert loops and not [loop for loop in loops if " / " in loop]


def test_parts_of_all_sizes_lie_where_they_belong():
    """Rows and columns of none, of one, and of more than a vector holds; a part of none divides by nothing."""
    f = sd.function([x, y], [T.concatenate([x, y], axis=1), T.set_subtensor(T.concatenate([x, x, y], 1)[:, ::2], 7)])
    for first, one, other, last in itertools.product((0, 1, 3), (0, 1, 2), (0, 1, 5), (0, 1, 67)):
        a = np.arange(first * one * last, dtype="float32").reshape(first, one, last)
        b = -np.arange(first * other * last, dtype="float32").reshape(first, other, last)
        joined = np.concatenate([a, a, b], 1)
        joined[:, ::2] = 7
        for value, expected in zip(f(a, b), (np.concatenate([a, b], 1), joined), strict=True):
            np.testing.assert_array_equal(value, expected)

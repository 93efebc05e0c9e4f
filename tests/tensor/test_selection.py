"""What is selected without sorting is what sorting would have put there, bit for bit, and has its gradients."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import IndexingError
from symdrop.ops.selection.places import LEAST_FOR_ONE, LEAST_SELECTED, partition_order, values_at_places
from symdrop.ops.sort_keys import sorted_values
from tests.tensor.test_sorting import BACK_ENDS, DTYPES, some

# Short lines are sorted; of long ones that are many, and of many elements, single ones are selected.
SHAPES = (((40, 3), 0), ((2, 3, 4), 1), ((1,), 0), ((LEAST_SELECTED + 1, 70), 0), ((2, LEAST_FOR_ONE), 1))


def places_of(length: int) -> list[list[int]]:
    """The ends, the middle twice, neighbours, out of order, and more than are selected."""
    middle = length // 2
    return [
        [0], [length - 1], [middle, middle], [(length - 1) // 2, middle, length - 1], [length - 1, 0, length // 4],
        list(range(0, length, max(1, length // 7))), [],
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["ties", "far"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_values_at_places_are_those_of_the_sorted_lines(dtype: str, kind: str) -> None:
    # Zeros of both signs and every NaN included, so that a median does not depend on the way it was found.
    for shape, axis in SHAPES:
        x = some(dtype, shape, kind)
        for places in places_of(shape[axis]):
            found = values_at_places(np, x, np.array(places, "int64"), axis)
            expected = sorted_values(np, x, axis).take(np.array(places, "int64"), axis)
            assert (found.dtype, found.tobytes()) == (expected.dtype, expected.tobytes())


@pytest.mark.parametrize("kind", ["ties", "far"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_partition_parts_at_every_place(dtype: str, kind: str) -> None:
    # Between two places stand the elements that sorting puts there, in whichever order; NaN behind everything.
    for shape, axis in SHAPES:
        x, length = some(dtype, shape, kind), shape[axis]
        for places in places_of(length):
            order = partition_order(np, x, tuple(places), axis)
            np.testing.assert_array_equal(np.sort(order, axis), np.sort(np.argsort(x, axis), axis), strict=True)
            parted, ordered = np.take_along_axis(x, order, axis), np.sort(x, axis)
            ends = [0, *sorted({end for place in places for end in (place, place + 1)}), length]
            for start, stop in pairwise(ends):
                part = np.sort(np.take(parted, range(start, stop), axis), axis)
                np.testing.assert_array_equal(part, np.take(ordered, range(start, stop), axis))


def test_zeros_of_both_signs_stand_as_sorting_puts_them() -> None:
    # NumPy's selection, as its sort, makes one zero of another.
    x = np.where(np.random.default_rng(0).random(LEAST_FOR_ONE) < 0.5, -0.0, 0.0)
    for place in (0, len(x) // 4, len(x) // 2, len(x) - 1):
        assert np.signbit(values_at_places(np, x, np.array([place]), 0))[0] == (place < np.signbit(x).sum())


@BACK_ENDS
def test_quantiles_of_many_elements_are_numpys(backend: str) -> None:
    # Long enough to be selected, with few shares and with many; NaN spoils its own line only.
    value = np.random.default_rng(1).normal(size=(3, LEAST_FOR_ONE))
    value[1, 7] = np.nan
    x, q = T.dmatrix("x"), T.dvector("q")
    f = sd.function([x, q], [T.median(x, 1), T.median(x), T.quantile(x, q, 1), T.nanmedian(x, 1)], backend=backend)
    for shares in ([0.1], [0.1, 0.9], [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]):
        found = f(value, np.array(shares))
        expected: list[Any] = [np.median(value, 1), np.median(value), np.quantile(value, shares, 1)]
        for one, other in zip(found, [*expected, np.nanmedian(value, 1)], strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12)


@BACK_ENDS
@pytest.mark.parametrize("axis", [0, 1])
def test_gradients_of_quantiles_go_where_elements_came_from(backend: str, axis: int) -> None:
    # The middle of an odd number of elements is one of them; a tenth of the way lies between two.
    value = np.random.default_rng(2).permutation(35.0 + np.arange(35)).reshape(5, 7)
    x = T.dmatrix("x")
    slope = sd.function([x], sd.grad(T.median(x, axis).sum(), x), backend=backend)(value)
    np.testing.assert_array_equal(slope, value == np.median(value, axis, keepdims=True))
    sd.verify_grad(lambda v: T.quantile(v, [0.1, 0.5], axis), [value])


def test_selection_of_a_batch_is_that_of_its_members() -> None:
    # Also where each member has places of its own.
    value = np.random.default_rng(3).normal(size=(3, 6))
    x, q = T.dmatrix("x"), T.dvector("q")
    mapped = sd.vmap(lambda row: (T.median(row), T.argpartition(row, 2)))(x)
    own = sd.vmap(lambda row, share: T.quantile(row, share))(x, q)
    middle, order, shares = sd.function([x, q], [*mapped, own])(value, np.array([0.1, 0.5, 0.9]))
    np.testing.assert_allclose(middle, np.median(value, 1))
    parted = np.take_along_axis(value, order, 1)
    np.testing.assert_array_equal(parted[:, 2], np.sort(value)[:, 2])
    np.testing.assert_allclose(shares, [np.quantile(row, s) for row, s in zip(value, (0.1, 0.5, 0.9), strict=True)])


def test_places_that_are_not_there_are_refused() -> None:
    # NumPy refuses them too; places count from the end where they are negative.
    x = T.vector("x")
    assert T.argpartition(x, -1).eval({x: [2, 9, 1]})[-1] == 1
    with pytest.raises(IndexingError, match="no place 3 along axis 0 of size 3"):
        T.argpartition(x, 3).eval({x: [1, 2, 3]})
    with pytest.raises(IndexingError, match="no place 5 along axis 0 of size 3"):
        T.argpartition(T.vector("x", shape=(3,)), 5)
    with pytest.raises(IndexingError, match="no place 0 along axis 0 of size 0"):
        T.median(x).eval({x: []})

"""Orders along axes are NumPy's stable ones, whichever way they are found; gradients go where elements came from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, ShapeError
from symdrop.ops.sort_keys import LEAST_NARROW, LEAST_WIDE

BACK_ENDS = pytest.mark.parametrize("backend", ["native", "numpy"])
DTYPES = (
    "float16",
    "float32",
    "float64",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "bool",
)
LONG = max(LEAST_NARROW, LEAST_WIDE) + 3


def some(dtype: str, shape: Any, kind: str) -> Any:
    """Numbers with ties, with gaps beyond 32 bits, or all different; floats with NaN and zeros of both signs."""
    rng = np.random.default_rng(len(dtype) + len(kind))
    if dtype[0] == "f":
        x = rng.normal(0, 3, shape).astype(dtype)
        x = x.round(1) if kind == "ties" else x
        flat = x.reshape(-1)
        if kind != "different" and flat.size:
            flat[:: max(1, flat.size // 5)] = np.nan
            flat[1 :: max(1, flat.size // 7)] = -np.nan
            flat[2 :: max(1, flat.size // 6)] = 0.0
            flat[3 :: max(1, flat.size // 8)] = -0.0
            flat[4 :: max(1, flat.size // 3)] = -np.inf
        return x
    if dtype == "bool" or kind == "ties":
        return rng.integers(0, 2 if dtype == "bool" else 9, shape).astype(dtype)
    bounds = np.iinfo(dtype)
    return rng.integers(bounds.min, bounds.max, shape, dtype=dtype, endpoint=True)


@pytest.mark.parametrize("kind", ["ties", "far", "different"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_orders_and_values_are_numpys(dtype: str, kind: str) -> None:
    # Short lines, lines that are sorted by keys, and those of 64 bits that are not, along any axis.
    for shape, axis in (
        ((LONG,), 0),
        ((3, LEAST_NARROW + 1), 1),
        ((LEAST_NARROW + 1, 2), 0),
        ((40, 3), 0),
        ((2, 3, 4), 1),
        ((0,), 0),
        ((0, LONG), 1),
    ):
        x = some(dtype, shape, kind)
        ordered, order = (f(x) for f in compiled(dtype, len(shape), axis))
        expected = np.argsort(x, axis=axis, stable=True)
        np.testing.assert_array_equal(order, expected, strict=True)
        np.testing.assert_array_equal(ordered, np.sort(x, axis=axis), strict=True)


def compiled(dtype: str, ndim: int, axis: int, backend: str = "numpy") -> Any:
    x = T.tensor(dtype, (None,) * ndim)
    return [sd.function([x], made, backend=backend) for made in (T.sort(x, axis), T.argsort(x, axis))]


@BACK_ENDS
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64"])
def test_both_back_ends_sort_in_either_direction(backend: str, dtype: str) -> None:
    # Descending equal elements keep their order as well, and NaN comes first.
    x = T.tensor(dtype, (None, None))
    f = sd.function(
        [x],
        [T.sort(x), T.argsort(x, 0), T.sort(x, descending=True), T.argsort(x, descending=True), T.sort(x, None)],
        backend=backend,
    )
    value = some(dtype, (4, 60), "ties")
    found = f(value)
    np.testing.assert_array_equal(found[0], np.sort(value), strict=True)
    np.testing.assert_array_equal(found[1], np.argsort(value, 0, stable=True), strict=True)
    np.testing.assert_array_equal(found[2], np.flip(np.sort(value), 1), strict=True)
    np.testing.assert_array_equal(found[3], 59 - np.flip(np.argsort(np.flip(value, 1), stable=True), 1), strict=True)
    np.testing.assert_array_equal(found[4], np.sort(value, None), strict=True)


def test_bits_do_not_depend_on_the_machines_sort() -> None:
    # Which of equal zeros comes first, and which NaN, NumPy leaves to vector instructions.
    for dtype, bits in (("float32", "int32"), ("float64", "int64")):
        x = np.array([0.0, np.nan, -0.0, 1.0, -np.nan, 0.0, -0.0, -1.0], dtype)
        expected = np.array([-1.0, -0.0, -0.0, 0.0, 0.0, 1.0, np.nan, np.nan], dtype)
        found = T.sort(T.constant(x)).eval()
        assert found.view(bits).tolist() == expected.view(bits).tolist()
        many = np.where(np.random.default_rng(3).random(999) < 0.5, -0.0, 0.0).astype(dtype)
        assert np.signbit(T.sort(T.constant(many)).eval()).sum() == np.signbit(many).sum()
        both = T.sort(T.constant(np.stack([x, np.abs(x), -np.abs(x)], 1)), 0).eval()
        assert np.signbit(both[:, 0]).tolist() == np.signbit(expected).tolist()
        assert np.signbit(both[:6, 1]).sum() == 0 and np.signbit(both[:6, 2]).all()


@BACK_ENDS
@pytest.mark.parametrize("shape", [(7,), (3, 5), (2, 3, 4), (LEAST_NARROW + 1,)])
def test_gradients_go_where_elements_came_from(backend: str, shape: tuple[int, ...]) -> None:
    # The cotangent of an element of the order belongs to the element that stands there.
    rng = np.random.default_rng(1)
    value, weights = (
        rng.permutation(float(np.prod(shape)) + np.arange(np.prod(shape))).reshape(shape),
        rng.normal(size=shape),
    )
    x = T.tensor("float64", (None,) * len(shape))
    for axis in range(len(shape)):
        slope = sd.function([x], sd.grad((T.sort(x, axis) * weights).sum(), x), backend=backend)
        expected = np.zeros(shape)
        np.put_along_axis(expected, np.argsort(value, axis), weights, axis)
        np.testing.assert_array_equal(slope(value), expected)


def test_sorting_has_second_derivatives() -> None:
    # Between ties the order does not move, so a square's curvature is all there is.
    sd.verify_grad(lambda x: T.sort(x) ** 3 * np.arange(1.0, 6), [np.array([3.0, -1.0, 4.0, 1.5, -5.0])])
    x = T.dvector("x")
    hessian = sd.hessian((T.sort(x) ** 2 * np.array([1.0, 2.0, 3.0])).sum(), x)
    assert hessian.eval({x: [5.0, 1.0, 2.0]}).tolist() == np.diag([6.0, 2.0, 4.0]).tolist()


@pytest.mark.parametrize("kind", ["ties", "far", "different"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_largest_are_the_first_of_the_descending_order(dtype: str, kind: str) -> None:
    # Found by a partition where they are few of many; of equal ones the first, and NaN before all others.
    x1, x2 = T.tensor(dtype, (None,)), T.tensor(dtype, (None, None))
    for x, shape, axis, k in (
        (x1, (LONG,), 0, 5),
        (x1, (LONG,), 0, 0),
        (x1, (50,), 0, 50),
        (x2, (4, LEAST_NARROW), 1, 100),
        (x2, (LEAST_NARROW, 3), 0, 7),
    ):
        value = some(dtype, shape, kind)
        values, places = sd.function([x], list(T.top_k(x, k, axis)), backend="numpy")(value)
        backwards = shape[axis] - 1 - np.flip(np.argsort(np.flip(value, axis), axis, stable=True), axis)
        expected = np.take(backwards, np.arange(k), axis)
        np.testing.assert_array_equal(places, expected, strict=True)
        np.testing.assert_array_equal(values, np.take_along_axis(value, expected, axis), strict=True)


@BACK_ENDS
def test_the_largest_have_gradients_and_run_natively(backend: str) -> None:
    # The gradient goes to the elements chosen.
    x = T.dmatrix("x")
    values, places = T.top_k(x, 2)
    f = sd.function([x], [values, places, sd.grad((values * np.array([1.0, 10.0])).sum(), x)], backend=backend)
    found = f([[1.0, 5.0, 3.0], [4.0, 4.0, 0.0]])
    assert [one.tolist() for one in found] == [[[5, 3], [4, 4]], [[1, 2], [0, 1]], [[0, 1, 10], [1, 10, 0]]]


def test_too_many_largest_are_refused() -> None:
    # Slicing would give fewer, and whoever asked for k reads k.
    with pytest.raises(ShapeError, match="no 4 largest elements along axis 0 of size 3"):
        T.top_k(T.vector("x", shape=(3,)), 4)
    x = T.vector("x")
    with pytest.raises(ShapeError, match=r"no 4 largest.*size 3"):
        T.top_k(x, 4)[0].eval({x: [1, 2, 3]})
    with pytest.raises(ArgumentError, match="at least 0, not -1"):
        T.top_k(x, -1)


def test_a_batch_is_sorted_as_its_members_are() -> None:
    # vmap follows from the axis that the ops go along.
    x = T.dmatrix("x")
    value = np.random.default_rng(2).normal(size=(3, 6))
    mapped = sd.vmap(lambda row: (T.sort(row), T.argsort(row), T.top_k(row, 2)[1]))(x)
    found = sd.function([x], list(mapped))(value)
    np.testing.assert_array_equal(found[0], np.sort(value))
    np.testing.assert_array_equal(found[1], np.argsort(value))
    np.testing.assert_array_equal(found[2], np.argsort(-value)[:, :2])


def test_numpys_names_of_algorithms_are_accepted() -> None:
    # The order is stable whatever is asked for, in functions, in NumPy's own and in methods.
    x = T.dvector("x")
    value = np.array([2.0, 1.0, 2.0, 1.0])
    made = [
        T.argsort(x, kind="stable"), T.argsort(x, -1, "quicksort", stable=True), np.argsort(x, kind="mergesort"),
        x.argsort(kind="heapsort"), T.sort(x, kind="stable"), np.sort(x, stable=True), x.sort(-1, "stable"),
    ]  # fmt: skip
    found = sd.function([x], made)(value)
    for order in found[:4]:
        np.testing.assert_array_equal(order, [1, 3, 0, 2])
    for ordered in found[4:]:
        np.testing.assert_array_equal(ordered, [1, 1, 2, 2])
    for wrong in ("bubble", 1, value):
        with pytest.raises(ArgumentError, match="kind is one of quicksort"):
            T.sort(x, kind=wrong)

"""Casts: every pair of dtypes, on both back ends, to the last bit; floats saturate in integer dtypes."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.op.casting import cast_array
from symdrop.types import DTYPES

FLOATS = ("float16", "float32", "float64")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


def hard(dtype):
    """Values of a dtype around every bound of every integer dtype, and what is no number."""
    if dtype == "bool":
        return np.array([False, True] * 9)
    if np.dtype(dtype).kind != "f":
        limits = np.iinfo(dtype)
        bounds = [limits.min, limits.min + 1, limits.max, limits.max - 1, 0, 1, 200, 2**31, 2**32 + 5, -1, -129]
        return np.array([number for number in bounds if limits.min <= number <= limits.max] + [7] * 9, dtype)
    exponents = (7, 8, 15, 16, 31, 32, 63, 64)
    powers = [sign * 2.0**k + offset for k in exponents for sign in (1, -1) for offset in (-1, 0, 1)]
    numbers = np.array([*powers, 0.0, -0.0, 0.9, -0.9, 1e30, -1e30, np.inf, -np.inf, np.nan, 254.7, -128.5])
    with np.errstate(over="ignore"):
        near = numbers.astype(dtype)
    up, down = (np.asarray(bound, dtype) for bound in (np.inf, -np.inf))
    return np.concatenate([near, np.nextafter(near, up), np.nextafter(near, down)])


def exact(values, dtype):
    """The oracle, in Python's integers."""
    limits = np.iinfo(dtype)
    made = []
    for value in values.tolist():
        if value != value:
            made.append(0)
        elif value in (float("inf"), float("-inf")):
            made.append(limits.max if value > 0 else limits.min)
        else:
            made.append(min(max(int(value), limits.min), limits.max))
    return np.array(made, dtype)


@pytest.mark.parametrize("target", DTYPES)
def test_every_pair_of_dtypes(target):
    """Both back ends agree bit for bit, alone and inside a fused kernel; floats become the integer there is nearest."""
    inputs = [T.vector(name, dtype=name) for name in DTYPES]
    arrays = [hard(name) for name in DTYPES]
    alone = [x.astype(target) for x in inputs]
    inside = [T.where(T.neq(x.astype("float64") * 0.5, 3.0), x, x).astype(target) for x in inputs]
    results = [sd.function(inputs, alone + inside, backend=backend)(*arrays) for backend in ("native", "numpy")]
    for array, *values in zip(arrays * 2, *results, strict=True):
        native, numpy = values
        assert native.dtype == numpy.dtype == target
        np.testing.assert_array_equal(native, numpy, err_msg=f"{array.dtype} to {target}")
        if array.dtype.kind == "f" and target in INTEGERS:
            np.testing.assert_array_equal(numpy, exact(array, target), err_msg=f"{array.dtype} to {target}")
        elif target in INTEGERS:
            np.testing.assert_array_equal(numpy, array.astype(target))


@pytest.mark.parametrize("target", INTEGERS)
def test_constants_are_cast_alike(target):
    """Folded while compiling, written as a literal or given to T.constant: the same integer."""
    for source in FLOATS:
        values = hard(source)
        expected = exact(values, target)
        for made in (T.constant(values).astype(target), T.constant(values, dtype=target)):
            np.testing.assert_array_equal(sd.function([], made)(), expected)
    for number in (1e30, -1e30, float("nan"), 3.99):
        want = exact(np.array([number]), target)[0]
        for backend in ("native", "numpy"):
            assert sd.function([], T.cast(number, target), backend=backend)() == want
            assert sd.function([], T.full((2,), number, dtype=target), backend=backend)().tolist() == [want, want]


def test_scalars_and_strides():
    """0-d arrays, and arrays that are not contiguous, are cast by the same rule."""
    assert cast_array(np.float32(3e9), "int32") == 2**31 - 1
    assert cast_array(np.float64("nan"), "uint8").shape == ()
    x = T.dmatrix("x")
    values = np.array([[1e30, -1.0, np.nan], [2.5, -1e30, 256.0]]).T
    for backend in ("native", "numpy"):
        got = sd.function([x], x.T.astype("uint8"), backend=backend)(values)
        assert got.tolist() == [[255, 0, 0], [2, 0, 255]]


def test_what_is_set_into_integers():
    """A float stored among integers is a cast like any other, in place or not."""
    x, v = T.lvector("x"), T.dvector("v")
    for make in (lambda: T.set_subtensor(x[:2], v.astype("int64")), lambda: T.where(x > 0, v.astype("int8"), 1)):
        native, numpy = (sd.function([x, v], make(), backend=backend) for backend in ("native", "numpy"))
        np.testing.assert_array_equal(native([1, 2], [1e30, np.nan]), numpy([1, 2], [1e30, np.nan]))

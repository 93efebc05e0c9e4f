"""Reductions down columns: strips of columns and blocks of rows change no bit, and what later passes read was kept."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.lower.loops.column_reductions import COLUMNS, ROWS
from tests.helpers.native import native

SHAPES = [(rows, columns) for rows in (1, ROWS - 1, ROWS, ROWS + 1, 3 * ROWS + 2) for columns in (COLUMNS - 1, COLUMNS)]
SHAPES += [(ROWS + 3, COLUMNS + 1), (2 * ROWS, 2 * COLUMNS + 40)]


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_a_strip_has_the_bits_of_columns_by_themselves(dtype):
    """Columns known to be as few as lanes are walked down with their sums in registers: the reference for strips."""
    x, few = T.tensor(dtype, (None, None), "x"), T.tensor(dtype, (None, 8), "few")
    strips, alone = (native([v], [v.sum(axis=0), v.max(axis=0), T.argmin(v, axis=0)]) for v in (x, few))
    assert "strips" in strips.source("kernels") and "strips" not in alone.source("kernels")
    rng = np.random.default_rng(0)
    for rows, columns in SHAPES:
        value = (rng.normal(size=(rows, columns)) * 1e4).astype(dtype)
        padded = np.pad(value, [(0, 0), (0, -columns % 8)])
        expected = zip(*(alone(padded[:, i : i + 8]) for i in range(0, columns, 8)), strict=True)
        for got, parts in zip(strips(value), expected, strict=True):
            np.testing.assert_array_equal(got, np.concatenate(parts)[:columns])


def test_later_passes_read_what_earlier_ones_have_found():
    """Means are in private memory where they are no output; deviations, and what they are divided by, read them."""
    x, scale = T.dmatrix("x"), T.dvector("scale")
    mean = x.mean(axis=0)
    variance = ((x - mean) ** 2).mean(axis=0)
    third = (((x - mean) / T.sqrt(variance)) ** 3 * T.exp(scale)).mean(axis=0)
    f = native([x, scale], [third, variance * mean])
    rng = np.random.default_rng(1)
    for rows, columns in SHAPES[2:]:
        value, factor = rng.normal(1, 2, (rows, columns)), rng.normal(size=columns)
        m, v = value.mean(axis=0), value.var(axis=0)
        expected = (((value - m) / np.sqrt(v)) ** 3 * np.exp(factor)).mean(axis=0), v * m
        for got, wanted in zip(f(value, factor), expected, strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-9)


def test_axes_before_and_between_the_columns():
    """The sum over two of three axes, and over the middle one for every index of the first; whole numbers are exact."""
    x = T.ftensor3("x")
    f = native([x], [x.sum(axis=(0, 1)), x.sum(axis=1), T.any(x > 8, axis=1)])
    value = np.random.default_rng(2).integers(-9, 9, (3, ROWS + 2, COLUMNS + 9)).astype("float32")
    for got, wanted in zip(f(value), (value.sum((0, 1)), value.sum(1), (value > 8).any(1)), strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_a_state_changes_where_the_sum_of_its_columns_is_known():
    """A bias and its momentum are overwritten between passes, once, also those that fill no vector."""
    x = T.fmatrix("x")
    speed, bias = (sd.shared(np.ones(COLUMNS + 5, "float32"), name=name) for name in ("speed", "bias"))
    faster = 0.5 * speed - T.maximum(x, 0).sum(axis=0)
    step = native([x], T.maximum(x, 0), updates={speed: faster, bias: bias + faster})
    assert "strips" in step.source("kernels")
    value = np.random.default_rng(3).integers(-9, 9, (2 * ROWS + 1, COLUMNS + 5)).astype("float32")
    step(value)
    expected = 0.5 - np.maximum(value, 0).sum(axis=0)
    np.testing.assert_array_equal(speed.get_value(), expected)
    np.testing.assert_array_equal(bias.get_value(), 1 + expected)


def test_more_sums_than_fit_into_the_first_cache_are_walked_down():
    """Private memory is bounded, so the stack of a thread is too."""
    x = T.dmatrix("x")
    f = native([x], [(x * k).sum(axis=0) for k in range(2, 14)])
    assert "strips" not in f.source("kernels")
    value = np.random.default_rng(4).integers(-9, 9, (ROWS + 2, 70)).astype(float)
    for k, got in enumerate(f(value), 2):
        np.testing.assert_array_equal(got, k * value.sum(axis=0))


def test_several_arrays_are_gone_through_row_by_row():
    """Lines of eight rows of each would not fit into a set of the first cache; the sums are those of blocks."""
    x, y = T.fmatrix("x"), T.fmatrix("y")
    one, two = native([x], (x * 3).sum(axis=0)), native([x, y], (x + y).sum(axis=0))
    assert "blocks of rows" in one.source("kernels") and "blocks of rows" not in two.source("kernels")
    value = np.random.default_rng(6).integers(-99, 99, (ROWS + 3, COLUMNS + 9)).astype("float32")
    np.testing.assert_array_equal(one(value), two(value, 2 * value))


@pytest.mark.parametrize("guard", ["start", "end"])
@pytest.mark.parametrize("threads", [1, 2])
def test_nothing_outside_of_the_buffers_is_touched(guard, threads):
    """Strips that end within a vector, in guarded memory; the bits are those of a call without guards."""
    x = T.fmatrix("x")
    f = native([x], [x.sum(axis=0), x - x.mean(axis=0)])
    value = np.random.default_rng(5).normal(size=(ROWS + 3, COLUMNS + 19)).astype("float32")
    free = f(value)
    with sd.config.change(guard=guard, threads=threads):
        for got, wanted in zip(f(value), free, strict=True):
            np.testing.assert_array_equal(got, wanted)

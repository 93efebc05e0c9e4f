"""Prefix scans in native code: NumPy's bits along every axis, fused with what they are taken of, for any threads."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.ops.cumulative import cumsum, recurrence
from symdrop.ops.running.extrema import cummax, cummin

SHAPES = [(7,), (1,), (0,), (3, 5), (17, 33), (2, 3, 40), (4, 1, 6), (9, 3, 2), (64, 100)]


def scans(x, axis, reverse):
    """Sums and extrema, and a linear recurrence of floats, of what is computed on the way."""
    yield cumsum(x * 2, axis=axis, reverse=reverse)
    yield cummax(x + 1, axis=axis, reverse=reverse)
    yield cummin(x, axis=axis, reverse=reverse)
    if x.dtype[0] == "f":
        yield recurrence(x, x - 0.5, start=1, axis=axis, reverse=reverse)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "int64"])
@pytest.mark.parametrize("reverse", [False, True])
def test_bits_are_numpys(dtype, reverse):
    """Steps follow each other as in NumPy, whatever lanes, rows and threads do; each is one kernel with its operand."""
    rng = np.random.default_rng(0)
    for shape in SHAPES:
        x = T.tensor(dtype, (None,) * len(shape))
        outputs = [one for axis in range(len(shape)) for one in scans(x, axis, reverse)]
        value = (rng.normal(size=shape) * 3).astype(dtype)
        expected = sd.function([x], outputs, backend="numpy")(value)
        for threads in (1, 2):
            with sd.config.change(threads=threads, guard="end"):
                f = sd.function([x], outputs, backend="native")
                for one, other in zip(f(value), expected, strict=True):
                    assert one.dtype == other.dtype
                    np.testing.assert_array_equal(one, other)
        assert len(f.kernels) == len(outputs) and not [line for line in f.kernels if "fallback" in line]


def test_scans_in_loops_branches_and_gradients():
    """A scan is a kernel like others, wherever a graph has one; its slope is a scan the other way round."""
    x = T.dmatrix("x")
    inside = sd.scan(lambda row: T.cumsum(T.exp(row)), x)[0]
    chosen = sd.ifelse(T.gt(x.sum(), 0), T.cumsum(x, 1), T.cumprod(x, 0))
    outputs = [inside, chosen, *(sd.grad((one**2).sum(), x) for one in (inside, chosen)), sd.grad(x.prod(), x)]
    value = np.random.default_rng(1).normal(size=(5, 6))
    f = sd.function([x], outputs, backend="native")
    for given in (value, -abs(value), abs(value)):
        for one, other in zip(f(given), sd.function([x], outputs, backend="numpy")(given), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-13)
    assert not [line for line in f.kernels if "fallback" in line]


def test_a_state_is_not_overwritten_while_it_is_read():
    """The new value of a state that is a scan of the old one, backwards included."""
    for reverse in (False, True):
        state = sd.shared(np.arange(12.0).reshape(3, 4))
        made = cumsum(state, axis=0, reverse=reverse) + cumsum(state, axis=1, reverse=reverse)
        expected = made.eval()
        sd.function([], [], updates={state: made}, backend="native")()
        np.testing.assert_array_equal(state.get_value(), expected)
        alone = cumsum(state, axis=1, reverse=reverse)
        expected = alone.eval()
        sd.function([], [], updates={state: alone}, backend="native")()
        np.testing.assert_array_equal(state.get_value(), expected)


@pytest.mark.parametrize("name", ["argmax", "argmin"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "bool"])
def test_places_of_extrema_among_equal_ones(name, dtype):
    """The first of equals; NaN before anything; where all are the identity of the extremum, the first of all."""
    rng = np.random.default_rng(2)
    cases = [rng.integers(0, 3, shape).astype(dtype) for shape in ((4, 37), (37, 4), (1, 100), (5, 1))]
    if dtype[0] == "f":
        few = np.array([-np.inf, np.inf, np.nan, 0.0, -0.0], dtype)
        cases += [np.full((3, 21), value, dtype) for value in few]
        cases += [few[rng.integers(0, 5, (6, 19))], few[rng.integers(0, 2, (6, 19))]]
    elif dtype == "int8":
        cases += [np.full((3, 21), value, dtype) for value in (-128, 127)]
    x = T.tensor(dtype, (None, None))
    f = sd.function([x], [getattr(T, name)(x, axis=axis) for axis in (0, 1, None)], backend="native")
    for value in cases:
        for axis, made in zip((0, 1, None), f(value), strict=True):
            np.testing.assert_array_equal(made, getattr(np, name)(value, axis=axis))

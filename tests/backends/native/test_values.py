"""Values of native code: reductions, products and draws against NumPy, at every size."""

import numpy as np
import pytest
import scipy.special

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ShapeError
from tests.helpers.native import both, close, native, whole

SIZES = [0, 1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 70]


# Reductions, at every remainder of a vector.


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "uint64", "bool"])
def test_reductions_of_all_sizes(dtype):
    """Along rows, columns and everything, of sizes around those of vectors, and of none."""
    x = T.tensor(dtype, (None, None), "x")
    axes = (None, 0, 1)
    sums = [T.sum(x, axis=axis) for axis in axes] + [T.any(T.neq(x, 0), axis=axis) for axis in axes]
    extrema = [reduce(x, axis=axis) for reduce in (T.max, T.min) for axis in axes] if dtype != "bool" else []
    places = [T.argmax(x, axis=axis) for axis in axes] if dtype != "bool" else []
    f, g = native([x], sums), native([x], [*extrema, *places], on_unused_input="ignore")
    rng = np.random.default_rng(0)
    for n in SIZES:
        for m in (0, 1, 2, 33, 70):
            value = rng.integers(0, 100, (n, m)).astype(dtype)
            expected = [value.sum(axis=axis, dtype=sums[0].dtype) for axis in axes]
            expected += [(value != 0).any(axis=axis) for axis in axes]
            for a, b in zip(f(value), expected, strict=True):
                np.testing.assert_array_equal(a, b)
            if not extrema:
                continue
            if not value.size:
                with pytest.raises(ValueError):
                    g(value)
                continue
            expected = [reduce(value, axis=axis) for reduce in (np.max, np.min, np.argmax) for axis in axes]
            for a, b in zip(g(value), expected, strict=True):
                np.testing.assert_array_equal(a, b)


def test_long_sums_are_accurate():
    """Three million numbers: chunks leave partial sums, and none loses more than NumPy's pairwise sum."""
    x = T.fvector("x")
    f = native([x], x.sum())
    value = np.random.default_rng(0).uniform(-1, 1, 3_000_001).astype("float32") + np.float32(1)
    exact = value.astype("float64").sum()
    assert abs(f(value) - exact) <= max(abs(value.sum() - exact), 0.5 * np.spacing(np.float32(exact)))


def test_nan_wins_and_the_first_of_equals():
    """As NumPy: a NaN is the maximum, and argmax finds the first place."""
    x = T.fvector("x")
    f = native([x], [T.max(x), T.argmax(x), T.min(x), T.argmin(x)])
    rng = np.random.default_rng(0)
    for n in SIZES[1:]:
        value = rng.integers(0, 3, n).astype("float32")
        for number in (None, np.nan, np.inf, -np.inf):
            if number is not None:
                value[rng.integers(0, n, 2)] = number
            expected = value.max(), value.argmax(), value.min(), value.argmin()
            for a, b in zip(f(value), expected, strict=True):
                np.testing.assert_array_equal(a, b)


def test_cross_entropy_and_labels_out_of_range():
    """One pass over a row; a label that is none refuses the call before any state changes."""
    x, y = T.dmatrix("x"), T.lvector("y")
    count = sd.shared(0, "count")
    loss = T.nnet.categorical_crossentropy(T.nnet.softmax(x), y)
    f = native([x, y], [loss, sd.grad(loss.sum(), x)], updates={count: count + 1})
    whole(f)
    rng = np.random.default_rng(0)
    for n, k in [(1, 1), (3, 10), (70, 33), (0, 5)]:
        value, labels = rng.normal(size=(n, k)) * 100, rng.integers(0, k, n)
        got, slope = f(value, labels)
        logs = scipy.special.log_softmax(value, axis=1) if n else value
        close(got, -logs[np.arange(n), labels])
        close(slope, np.exp(logs) - np.eye(k)[labels])
    calls = count.get_value()
    for bad in ([0, 5, 1], [0, 1, -1]):
        with pytest.raises(IndexError):
            f(np.zeros((3, 5)), bad)
    with pytest.raises(ShapeError):
        f(np.zeros((3, 5)), [0, 1])
    assert count.get_value() == calls


# Products.


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_products_of_every_shape(dtype):
    """Vectors, matrices, stacks of matrices, each transposed or not, sizes 0 and 1 included."""
    rng = np.random.default_rng(0)
    for m, n, k in [(1, 1, 1), (3, 4, 5), (70, 33, 17), (4, 3, 0), (0, 3, 4), (64, 64, 64), (1, 70, 9)]:
        cases = [((m, k), (k, n)), ((k,), (k, n)), ((m, k), (k,)), ((k,), (k,)), ((2, m, k), (2, k, n))]
        for shape_a, shape_b in cases:
            for flip_a in (False, True)[: len(shape_a)]:
                for flip_b in (False, True)[: len(shape_b)]:
                    a, b = (T.tensor(dtype, (None,) * len(shape)) for shape in (shape_a, shape_b))
                    # Small whole numbers: exact in any order.
                    u, v = (rng.integers(-4, 5, shape).astype(dtype) for shape in (shape_a, shape_b))
                    x = T.swapaxes(a, -1, -2) if flip_a else a
                    y = T.swapaxes(b, -1, -2) if flip_b else b
                    f = native([a, b], T.matmul(x, y))
                    given = [np.swapaxes(w, -1, -2) if flip else w for w, flip in ((u, flip_a), (v, flip_b))]
                    # NumPy's own product of integers: its BLAS may raise warnings about padding.
                    expected = (u.astype("int64") @ v.astype("int64")).astype(dtype)
                    np.testing.assert_array_equal(f(*given), expected)


# Draws.


@pytest.mark.parametrize("columns", [1, 2, 3, 16, 17, 33, 64])
def test_draws_under_views(columns):
    """A view reads a draw's elements where they are, at odd and even places, forwards and backwards."""
    x = T.fmatrix("x")
    stream = sd.RandomStream(seed=5)
    draws = [
        stream.bernoulli(p=0.4, size=x.shape, dtype="float32"), stream.uniform(size=x.shape, dtype="float32"),
        stream.uniform(size=x.shape, dtype="float64"), stream.integers(low=-3, high=9, size=x.shape),
        stream.integers(low=0, high=2**40, size=x.shape),
    ]  # fmt: skip
    views = [
        lambda d: d, lambda d: d.T, lambda d: d[::-1, ::-1], lambda d: d[1:], lambda d: d[:, 1:], lambda d: d[::2, ::3],
        lambda d: d.dimshuffle(1, "x", 0), lambda d: T.flatten(d), lambda d: d[:, 0], lambda d: d[-1],
        lambda d: d.T[::-2],
    ]  # fmt: skip
    f, reference = both([x], [view(draw) for draw in draws for view in views], no_default_updates=True)
    for rows in (1, 2, 7):
        value = np.zeros((rows, columns), "float32")
        for a, b in zip(f(value), reference(value), strict=True):
            assert a.dtype == b.dtype and np.array_equal(a, b)

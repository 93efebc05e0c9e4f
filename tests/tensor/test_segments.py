"""Segmented reductions and slices at computed places: NumPy's values, differences for gradients, and JAX's clamping."""

import re

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, IndexingError, ShapeError

BACKENDS = ["native", "numpy"]
RNG = np.random.default_rng(4)
ROWS = RNG.normal(size=(7, 2))
# Unordered, one number without rows, and rows that count nowhere.
IDS = np.array([3, 0, 5, 0, -1, 3, 0])
REDUCED = {"sum": np.sum, "prod": np.prod, "max": np.max, "min": np.min, "mean": np.mean}
EMPTY = {"sum": 0, "prod": 1, "max": -np.inf, "min": np.inf, "mean": 0}


def by_hand(name, rows, ids, count):
    """A row for every number below a count."""
    parts = [rows[ids == k] for k in range(count)]
    return np.stack([REDUCED[name](part, axis=0) if len(part) else EMPTY[name] + 0 * rows[0] for part in parts])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", REDUCED)
@pytest.mark.parametrize("known", [True, False])
def test_segments_are_reductions_of_the_rows_of_one_number(name, backend, known):
    """For a count that is given, as a number or in the call, or follows from the numbers."""
    x, ids, n = T.dmatrix("x", shape=ROWS.shape if known else None), T.ivector("ids"), T.iscalar("n")
    segmented = getattr(T, f"segment_{name}")
    f = sd.function([x, ids, n], [segmented(x, ids, 4), segmented(x, ids, n), segmented(x, ids)], backend=backend)
    for got, count in zip(f(ROWS, IDS, 2), (4, 2, 6), strict=True):
        np.testing.assert_allclose(got, by_hand(name, ROWS, IDS, count), rtol=1e-13)


@pytest.mark.parametrize("name", ["sum", "prod", "max", "min"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "uint8", "int64", "bool"])
def test_segments_are_native_scatters(name, dtype):
    """No call of NumPy is left, and the bits are those of the NumPy back end: NaN, zeros' signs and wraps included."""
    x, ids, n = T.tensor(dtype, (None, None), "x"), T.ivector("ids"), T.iscalar("n")
    value = getattr(T, f"segment_{name}")(x, ids, n)
    native, numpy = (sd.function([x, ids, n], value, backend=backend) for backend in BACKENDS)
    assert not [kernel for kernel in native.kernels if "fallback" in kernel]
    rng = np.random.default_rng(0)
    rows, numbers = (3 * rng.normal(size=(60, 3))).astype(dtype), rng.integers(-2, 9, 60).astype("int32")
    if dtype.startswith("f"):
        rows[3:6] = [[np.nan, -0.0, 0.0]]
    for count in (7, 1, 0):
        got, expected = native(rows, numbers, count), numpy(rows, numbers, count)
        assert got.dtype == expected.dtype and got.shape == expected.shape and got.tobytes() == expected.tobytes()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", REDUCED)
@pytest.mark.parametrize("zeros", [0, 1, 2])
def test_gradients_of_segments(name, zeros, backend):
    """Products have an exact gradient where one factor or two of a segment are zero; ties of extrema are left out."""
    rows = ROWS.copy()
    if name == "prod":
        rows[[1, 3][:zeros]] = 0
    used = np.array([0, 3, 5])
    with sd.config.change(backend=backend):
        sd.verify_grad(
            lambda x: T.sum(T.sin(getattr(T, f"segment_{name}")(x, IDS, 6)[used])), [rows],
            order=1 if name == "prod" else 2, rng=np.random.default_rng(0),
        )  # fmt: skip


def test_segments_of_whole_numbers_and_of_vectors():
    """What there is no row of is the lowest, or the highest, number of the dtype; sums grow to 64 bits."""
    x = T.bvector("x")
    made = [getattr(T, f"segment_{name}")(x, [1, 1, 1], 2) for name in ("sum", "max", "min")]
    got = sd.function([x], made)(np.array([100, 100, 27], "int8"))
    assert [one.tolist() for one in got] == [[0, 227], [-128, 100], [127, 27]]
    assert [one.dtype.name for one in got] == ["int64", "int8", "int8"]


def test_segments_for_a_batch():
    """Each example has numbers of its own."""
    x, ids = T.dmatrix("x"), T.lmatrix("ids")
    f = sd.function([x, ids], sd.vmap(lambda x, ids: T.segment_max(x, ids, 2))(x, ids))
    assert f([[1.0, 2, 3], [4, 5, 6]], [[0, 1, 0], [1, 1, 0]]).tolist() == [[3, 2], [6, 5]]


# Slices at computed places.


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("known", [True, False])
def test_starts_are_moved_into_the_tensor(backend, known):
    """A part is as large as asked for, wherever its start would be; and is read and written at one place."""
    values, part = RNG.normal(size=(5, 3)), RNG.normal(size=(2, 3))
    x, u = T.dmatrix("x", shape=(5, 3) if known else None), T.dmatrix("u", shape=(2, 3) if known else None)
    i, j = T.iscalar("i"), T.lscalar("j")
    read, written = T.dynamic_slice(x, [i, j], (2, 2)), T.dynamic_update_slice(x, u, [i, j])
    assert read.type.shape == (2, 2)
    slopes = [sd.grad(T.sum(T.sin(read)), x), *sd.grad(T.sum(T.sin(written)), [x, u])]
    f = sd.function([x, u, i, j], [read, written, *slopes], backend=backend)
    assert not [kernel for kernel in f.kernels if "fallback" in kernel]
    for row in (-3, 0, 2, 4, 9):
        for column in (-1, 0, 1, 2):
            got = f(values, part, row, column)
            a, b = min(max(row, 0), 3), min(max(column, 0), 1)
            expected = values.copy()
            expected[a : a + 2] = part
            assert (got[0] == values[a : a + 2, b : b + 2]).all() and (got[1] == expected).all()
            slope = np.zeros((5, 3))
            slope[a : a + 2, b : b + 2] = np.cos(got[0])
            np.testing.assert_allclose(got[2], slope, rtol=1e-14)
            slope = np.cos(values)
            slope[a : a + 2] = 0
            np.testing.assert_allclose(got[3], slope, rtol=1e-14)
            np.testing.assert_allclose(got[4], np.cos(part), rtol=1e-14)


def test_a_part_that_is_too_large_is_refused_in_the_call():
    """A negative start would be counted from the end."""
    x = T.dvector("x")
    with pytest.raises(IndexingError):
        sd.function([x], T.dynamic_slice(x, [0], [3]), backend="numpy")([1.0, 2.0])


def test_a_slice_as_a_state_of_a_loop():
    """A row a step, as a cache of keys is filled."""
    start = T.zeros((4, 2), "float64")
    filled = sd.fori_loop(0, 4, lambda k, s: T.dynamic_update_slice(s, T.ones((1, 2), "float64") * k, [k, 0]), start)
    assert sd.function([], filled)()[:, 0].tolist() == [0, 1, 2, 3]


X, M = T.dvector("x"), T.dmatrix("m", shape=(3, None))


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda: T.segment_sum(2.0, [0]), GraphTypeError, "segment_sum: data has rows, which"),
    (lambda: T.segment_max(X, X), GraphTypeError, "segment_max: segment_ids are a vector of integers, not 'x'"),
    (lambda: T.segment_prod(M, [0, 1]), ShapeError, "segment_prod: 2 segment_ids for 3 rows of 'm'"),
    (lambda: T.segment_mean(M, [0, 1, 2], -1), ShapeError, "a size is at least 0"),
    (lambda: T.segment_min(M, [0, 1, 2], 2.5), GraphTypeError, "a size is an integer"),
    (lambda: T.dynamic_slice(M, [0], [1, 1]), ArgumentError, "dynamic_slice: 1 start_indices for the 2 axes of 'm'"),
    (lambda: T.dynamic_slice(M, [0, 0], [1]), ArgumentError, "slice_sizes has a size for each of the 2 axes"),
    (lambda: T.dynamic_slice(M, [0, 0], 3), ArgumentError, "slice_sizes has a size for each of the 2 axes"),
    (lambda: T.dynamic_slice(M, [0, 0.5], [1, 1]), GraphTypeError, "dynamic_slice: a start is an integer scalar, not"),
    (lambda: T.dynamic_slice(M, [0, 0], [4, 1]), ShapeError, "a part of size 4 along axis 0 of 'm'"),
    (lambda: T.dynamic_update_slice(M, X, [0, 0]), GraphTypeError, "update has as many axes as 'm'"),
    (lambda: T.dynamic_update_slice(M, M, X), GraphTypeError, "dynamic_update_slice: start_indices are integers"),
])  # fmt: skip
def test_what_is_wrong_is_told(call, error, says):
    """By the function's own name, at the user's line."""
    with pytest.raises(error, match=re.escape(says)) as caught:
        call()
    assert "test_segments.py" in str(caught.value)

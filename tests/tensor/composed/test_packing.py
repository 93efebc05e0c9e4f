"""Packing is NumPy's ravel and concatenate; unpacking is its inverse; interpolation goes through the points."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, IndexingError, ShapeError

RNG = np.random.default_rng(3)
BACK_ENDS = pytest.mark.parametrize("backend", ["native", "numpy"])
CASES = [
    (None, [(2, 3), (4,), (), (1, 2, 2)]),
    (0, [(2, 3), (2,), (2, 3, 2)]),
    (-1, [(2, 3), (3,), (4, 2, 3)]),
    ((0, -1), [(2, 4, 3), (2, 3), (2, 2, 2, 3)]),
    ((-2, -1), [(4, 2, 3), (5, 2, 3)]),
]


@BACK_ENDS
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(("axes", "shapes"), CASES)
def test_what_is_packed_is_unpacked(axes, shapes, known, backend):
    """Sizes known and not; slopes pass through both."""
    given = [RNG.normal(size=shape) for shape in shapes]
    xs = [T.tensor("float64", shape if known else (None,) * len(shape)) for shape in shapes]
    packed, sizes = T.pack(*xs, keep_axes=axes)
    back = T.unpack(packed, sizes, keep_axes=axes)
    slopes = sd.grad(sum((one**2).sum() for one in back), xs)
    made = sd.function(xs, [packed, *back, *slopes], backend=backend)(*given)
    kept = () if axes is None else np.atleast_1d(axes)
    front = sum(axis >= 0 for axis in kept)
    back_axes = len(kept) - front
    flat = [
        one.reshape(*one.shape[:front], -1, *one.shape[one.ndim - back_axes :]) for one in given
    ]
    np.testing.assert_array_equal(made[0], np.concatenate(flat, front))
    for one, value in zip(made[1:], [*given, *(2 * one for one in given)], strict=True):
        np.testing.assert_array_equal(one, value)


@BACK_ENDS
def test_parts_stretch_while_they_are_joined(backend):
    """Axes known to have size 1 do; others have to be equal."""
    x, y = T.dmatrix("x"), T.col("y", dtype="float64")
    f = sd.function([x, y], T.concat_with_broadcast([x, y, T.constant([[7.0]])], axis=1), backend=backend)
    a, b = RNG.normal(size=(3, 2)), RNG.normal(size=(3, 1))
    np.testing.assert_array_equal(f(a, b), np.concatenate([a, b, np.full((3, 1), 7.0)], 1))
    assert T.concat_with_broadcast([T.dvector(), T.dvector()]).ndim == 1


@BACK_ENDS
@pytest.mark.parametrize("outside", [True, False])
def test_interpolation_goes_through_the_points(outside, backend):
    """Points in any order; linear is np.interp between them, and the others take the values beside."""
    places, values = np.array([2.0, 0.0, 1.0, 4.0]), np.array([5.0, 1.0, 2.0, -1.0])
    at = T.dvector()
    given = np.array([0.0, 0.25, 0.75, 1.0, 1.6, 3.9, 4.0])
    order = np.argsort(places)
    x, y = places[order], values[order]
    above = np.clip(np.searchsorted(x, given), 1, 3)
    nearest = np.where(given - x[above - 1] <= x[above] - given, y[above - 1], y[above])
    inside = np.searchsorted(x, given) > 0
    expected = {
        "linear": np.interp(given, x, y), "nearest": nearest, "last": y[np.searchsorted(x, given)],
        "first": np.where(inside, y[above - 1], 1.0), "mean": (y[above - 1] + y[above]) / 2,
    }  # fmt: skip
    for method, value in expected.items():
        made = T.interpolate1d(places, values, method, 9.0, 8.0, extrapolate=outside)(at)
        f = sd.function([at], made, backend=backend)
        np.testing.assert_allclose(f(given)[1:], value[1:], rtol=1e-14)
        far = f(np.array([-1.0, 5.0]))
        if not outside:
            assert far.tolist() == [9.0, 8.0]
    outer = sd.function([], T.interpolate1d(places, values)(T.constant([-1.0, 5.0])), backend=backend)
    np.testing.assert_allclose(outer(), [0.0, -4.0])


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda x: T.pack(), ArgumentError, "at least one"),
    (lambda x: T.pack(x, keep_axes=1), ArgumentError, "the first ones"),
    (lambda x: T.pack(x, keep_axes=(-1, 0)), ArgumentError, "the first ones"),
    (lambda x: T.pack(x, keep_axes="a"), ArgumentError, "keep_axes is an axis"),
    (lambda x: T.pack(x, keep_axes=()), ArgumentError, "keep_axes is an axis"),
    (lambda x: T.pack(x, T.dvector(), keep_axes=(0, -1)), GraphTypeError, "fewer in"),
    (lambda x: T.unpack(x, [(2,)]), GraphTypeError, "of 1 axes"),
    (lambda x: T.unpack(T.dvector(), []), ArgumentError, "shapes that pack gave"),
    (lambda x: T.unpack(T.dvector(shape=(3,)), [(2,), (2,)]), ShapeError, "do not fill axis 0"),
    (lambda x: T.atleast_Nd(x, n=-1), ArgumentError, "number of axes"),
    (lambda x: T.concat_with_broadcast([]), ArgumentError, "at least one"),
    (lambda x: T.concat_with_broadcast([x, T.dvector()]), GraphTypeError, "equally many axes"),
    (lambda x: T.concat_with_broadcast([x, x], axis=2), IndexingError, "no axis 2"),
    (lambda x: T.interpolate1d(x, x), GraphTypeError, "points as vectors"),
    (lambda x: T.interpolate1d([0.0, 1.0], [0.0, 1.0], "cubic"), ArgumentError, "method is one of"),
])  # fmt: skip
def test_what_is_refused(call, error, says):
    """While the graph is built."""
    with pytest.raises(error, match=says):
        call(T.dmatrix())

"""Lists with symbolic parts, questions about dtypes, functions mapped over parts, histograms of points."""

import numpy as np
import pytest
import scipy.special

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, IndexingError, ShapeError

V, M, I = T.dvector("v"), T.dmatrix("m"), T.ivector("i")


def test_arrays_of_parts():
    """Nested lists of numbers, arrays and symbolic values are one tensor, as ``np.array`` would make it of values."""
    x, y = T.dscalar("x"), T.dscalar("y")
    made = T.array([[x, 2], [y, x * y]])
    np.testing.assert_array_equal(made.eval({x: 2.0, y: 3.0}), [[2.0, 2.0], [3.0, 6.0]])
    assert made.type.shape == (2, 2) and made.dtype == "float64"
    rows = T.asarray([V, np.arange(3.0), [1, x, 0]])
    assert rows.eval({V: np.ones(3), x: 5.0}).tolist() == [[1, 1, 1], [0, 1, 2], [1, 5, 0]]
    assert T.array(V) is V and T.array(V, ndmin=3).type.shape == (1, 1, None)
    assert T.array([1, x], "int8").dtype == "int8"
    assert T.as_tensor_variable([x, y]).ndim == 1
    np.testing.assert_array_equal(sd.grad(T.array([x, x * x]).sum(), x).eval({x: 3.0}), 7.0)
    with pytest.raises(GraphTypeError, match="has symbolic parts"):
        V * [x, 1, 2]
    with pytest.raises(GraphTypeError, match="different numbers of axes"):
        T.array([x, V])
    circle = []
    circle.append(circle)
    with pytest.raises(GraphTypeError):
        T.array(circle)


@pytest.mark.parametrize("given", [
    ("int8", "uint8"), ("float32", "int32"), ("float32", "float64"), ("bool", "int16"), ("uint8", "float32"),
])  # fmt: skip
def test_dtypes_meet_as_numpys_do(given):
    """Of arrays the rules are NumPy's, whose own functions answer for symbolic values."""
    assert T.promote_types(*given) == T.result_type(*given) == np.promote_types(*given)
    nodes = [T.tensor(one, (None,)) for one in given]
    assert np.result_type(*nodes) == np.promote_types(*given)
    for rule in ("safe", "same_kind", "unsafe"):
        assert np.can_cast(nodes[0], given[1], rule) == T.can_cast(*given, rule) == np.can_cast(*given, rule)


def test_kinds_of_dtypes():
    assert T.issubdtype(V, np.floating) and not T.issubdtype("int8", np.floating) and T.issubdtype(I, np.integer)
    assert T.isdtype("int8", ("integral", "bool")) and not T.isdtype(V, "integral")
    assert np.ndim(M) == 2 and not np.isscalar(V) and T.isscalar(2) and not T.isscalar(V)
    assert np.isrealobj(V) and not np.iscomplexobj(V)
    for wrong in (lambda: T.issubdtype(V, "nonsense"), lambda: T.promote_types("int8", complex)):
        with pytest.raises(GraphTypeError):
            wrong()
    for wrong in (lambda: T.isdtype(V, "whole"), lambda: T.can_cast(V, "int8", "loose"), lambda: T.result_type()):
        with pytest.raises(ArgumentError):
            wrong()


def test_methods_that_arrays_have():
    """Those of NumPy's arrays that mean the same for a formula."""
    values = np.array([[1.26, -2.5], [0.449, 3.5]])
    x = T.dmatrix("x")
    for made, expected in (
        (x.round(1), values.round(1)), (round(x), values.round()), (x.cumprod(1), values.cumprod(1)),
        (x.ptp(0), np.ptp(values, 0)), (x.real, values), (x.conj(), values), (x.conjugate(), values),
    ):  # fmt: skip
        np.testing.assert_allclose(made.eval({x: values}), expected, rtol=1e-15)
    with pytest.raises(GraphTypeError, match="number of decimals"):
        x.round(0.5)


def test_vectorize():
    """Parts by their number of axes, broadcast as NumPy's ``vectorize`` broadcasts, with gradients."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 1, 3)), rng.normal(size=(4, 3))
    x, y = T.dtensor3("x"), T.dmatrix("y")
    for signature, fn, of_numpy in (
        ("(n),(n)->()", lambda u, v: (u * v).sum(), np.vectorize(np.dot, signature="(n),(n)->()")),
        ("(n),(m,n)->(m)", lambda u, m: m @ u, np.vectorize(lambda u, m: m @ u, signature="(n),(m,n)->(m)")),
        (None, lambda u, v: T.exp(u) + v, lambda u, v: np.exp(u) + v),
    ):
        made = T.vectorize(fn, signature=signature)(x.reshape((2, 1, 3)), y)
        np.testing.assert_allclose(made.eval({x: a, y: b}), of_numpy(a, b), rtol=1e-14)
    power = T.vectorize(lambda u, n: u**n, excluded={1})(y, 2)
    np.testing.assert_allclose(sd.grad(power.sum(), y).eval({y: b}), 2 * b)
    assert T.vectorize(lambda u: u + 1)(2).eval() == 3
    for wrong, error in (
        (lambda: T.vectorize(3), GraphTypeError), (lambda: T.vectorize(lambda u: u, signature="(n)"), ArgumentError),
        (lambda: T.vectorize(lambda u: u, signature="(n),(m)->()")(y), ArgumentError),
        (lambda: T.vectorize(lambda u: u, signature="(n)->()")(T.dscalar()), ShapeError),
    ):  # fmt: skip
        with pytest.raises(error, match="vectorize"):
            wrong()


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_functions_along_and_over_axes(axis):
    """What a function of a vector returns stands where the axis stood: a scalar, a vector, a matrix."""
    values = np.random.default_rng(1).normal(size=(2, 3, 4))
    x = T.dtensor3("x")
    for fn, of_numpy in (
        (lambda v: v.sum(), np.sum), (lambda v: v[::-1], lambda v: v[::-1]),
        (lambda v: T.outer(v, v), lambda v: np.outer(v, v)),
    ):  # fmt: skip
        expected = np.apply_along_axis(of_numpy, axis, values)
        np.testing.assert_allclose(T.apply_along_axis(fn, axis, x).eval({x: values}), expected, rtol=1e-14)
        np.testing.assert_allclose(np.apply_along_axis(fn, axis, x).eval({x: values}), expected, rtol=1e-14)
    expected = np.apply_over_axes(np.sum, values, [0, axis or 2])
    np.testing.assert_allclose(np.apply_over_axes(T.sum, x, [0, axis or 2]).eval({x: values}), expected)
    grid = T.fromfunction(lambda i, j: 10 * i + j, (2, 3))
    np.testing.assert_array_equal(grid.eval(), np.fromfunction(lambda i, j: 10 * i + j, (2, 3)))
    with pytest.raises(GraphTypeError, match="apply_along_axis takes a function"):
        T.apply_along_axis(x, 0, x)
    with pytest.raises(ShapeError, match="apply_over_axes"):
        T.apply_over_axes(lambda a, axis: a.sum(), x, 0)


def test_histograms_of_points():
    """In as many axes as there are coordinates."""
    rng = np.random.default_rng(2)
    points, weights = rng.normal(size=(40, 3)), rng.random(40)
    x = T.dmatrix("x", shape=(None, 3))
    for kwargs in ({}, {"bins": (2, 3, 4)}, {"bins": 3, "range": [(-1, 1)] * 3, "density": True}):
        with sd.config.change(floatX="float64"):
            counts, edges = T.histogramdd(x, **{"bins": 2, **kwargs}, weights=weights)
        expected, bounds = np.histogramdd(points, **{"bins": 2, **kwargs}, weights=weights)
        np.testing.assert_allclose(counts.eval({x: points}), expected)
        for one, bound in zip(edges, bounds, strict=True):
            np.testing.assert_allclose(one.eval({x: points}), bound)
    with pytest.raises(ShapeError, match="known number of columns"):
        T.histogramdd(T.dmatrix())
    with pytest.raises(ArgumentError, match="2 bins"):
        T.histogramdd(x, (2, 3))


@pytest.mark.parametrize(("name", "arguments"), [
    ("boxcox", ([0.5, 1.0, 3.0], 0.7)), ("boxcox", ([0.5, 1.0, 3.0], 0.0)), ("boxcox1p", ([1e-12, 0.5], [0.0, 2.0])),
    ("comb", ([5.0, 4.0, 3.0, 6.5], [2.0, 0.0, 4.0, 1.5])), ("factorial", ([0.0, 3.0, 2.5, -1.0],)),
    ("gammasgn", ([2.5, -0.5, -1.5, 0.0],)), ("loggamma", ([0.5, 4.0],)), ("poch", ([3.0, 0.5, -0.5], [2.0, 1.5, 1.2])),
])  # fmt: skip
def test_combinatorics_are_scipys(name, arguments):
    made = getattr(T, name)(*(T.constant(one, "float64") for one in arguments)).eval()
    expected = getattr(scipy.special, name)(*(np.asarray(one) for one in arguments))
    np.testing.assert_allclose(made, expected, rtol=1e-12)


def test_places_of_masks():
    """Values put at true places one after another, or each at its own place."""
    values, mask = np.arange(6.0).reshape(2, 3), np.array([[True, False, True], [False, True, True]])
    for name in ("place", "putmask"):
        expected = values.copy()
        getattr(np, name)(expected, mask, [7.0, 8.0])
        np.testing.assert_array_equal(getattr(T, name)(M, mask, [7.0, 8.0]).eval({M: values}), expected)
    rows = T.mask_indices(3, T.triu, 1)
    for one, expected in zip(rows, np.mask_indices(3, np.triu, 1), strict=True):
        np.testing.assert_array_equal(one.eval(), expected)


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda: T.diag_indices_from(V), ShapeError, "diag_indices_from takes at least 2 axes"),
    (lambda: T.triu_indices_from(V), GraphTypeError, "takes a matrix"),
    (lambda: T.mask_indices(3, 4), GraphTypeError, "takes a function"),
    (lambda: T.resize(T.zeros((0, 2)), 3), ShapeError, "no elements to repeat"),
    (lambda: T.unstack(V), ShapeError, "of unknown size"),
    (lambda: T.rollaxis(M, 0, 5), IndexingError, "between -2 and 2"),
    (lambda: T.packbits(V), GraphTypeError, "truth values or integers"),
    (lambda: T.unpackbits(I), GraphTypeError, "takes uint8"),
    (lambda: T.packbits(I, bitorder="middle"), ArgumentError, "'big' or 'little'"),
    (lambda: T.cumulative_sum(M), GraphTypeError, "asks for an axis"),
    (lambda: T.polyder(V, -1), ArgumentError, "at least 0"),
    (lambda: T.polyint(V, 2, [1]), ArgumentError, "1 constants"),
    (lambda: T.polydiv([], [1.0]), ArgumentError, "at least one coefficient"),
    (lambda: T.poly(V), GraphTypeError, "of known length"),
    (lambda: T.histogram_bin_edges(V, 0), ArgumentError, "a positive Python integer"),
    (lambda: T.histogram(V, M), GraphTypeError, "bounds of bins are a vector"),
])  # fmt: skip
def test_what_is_wrong_is_told(call, error, says):
    with pytest.raises(error, match=says):
        call()

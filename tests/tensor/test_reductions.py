"""Reductions and orders against NumPy and SciPy: values, dtypes, axes, gradients, errors."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
import scipy.special

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, IndexingError
from tests.helpers.derivatives import check_derivatives

AXES = [None, 0, -1, (0, 2), (2, -3), (0, 1, 2), ()]
DTYPES = ["bool", "int8", "int32", "int64", "uint8", "uint64", "float32", "float64"]


def compute(op, x, *args, **kwargs):
    """The value of op on an input whose sizes are not known, so that everything is decided when running."""
    leaf = T.tensor(dtype=x.dtype, shape=(None,) * x.ndim, name="x")
    return sd.function([leaf], op(leaf, *args, **kwargs))(x)


def grad_of(op, x):
    """The gradient of sum(op(x))."""
    leaf = T.tensor(dtype=x.dtype, shape=(None,) * x.ndim, name="x")
    return sd.function([leaf], sd.grad(T.sum(op(leaf)), leaf))(x)


@pytest.fixture
def x():
    return np.random.default_rng(0).uniform(-2, 2, (2, 3, 4))


@pytest.mark.parametrize("name", ["sum", "prod", "mean", "var", "std", "max", "min", "any", "all", "ptp"])
def test_value_over_axes_is_that_of_numpy(name, x):
    # Axes in any order, negative, none at all: all are read as NumPy reads them.
    leaf = T.dtensor3("x")
    forms = [{"axis": axis, "keepdims": keepdims} for axis in AXES for keepdims in (False, True)]
    f = sd.function([leaf], [getattr(T, name)(leaf, **form) for form in forms])
    for found, form in zip(f(x), forms, strict=True):
        expected = getattr(np, name)(x, **form)
        assert found.shape == expected.shape and found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, rtol=1e-14, err_msg=str(form))


@pytest.mark.parametrize(
    "name", ["sum", "prod", "mean", "max", "any", "argmax", "cumsum", "cumprod", "sort", "argsort"]
)
def test_dtype_is_that_of_numpy(name):
    # Small integers grow to 64 bits in sums, positions are int64; means of integers are floatX, in NumPy float64.
    arrays = [np.array([1, 0, 2]).astype(dtype) for dtype in DTYPES]
    leaves = [T.vector(dtype=dtype) for dtype in DTYPES]
    f = sd.function(leaves, [getattr(T, name)(leaf, axis=0) for leaf in leaves])
    for found, array in zip(f(*arrays), arrays, strict=True):
        expected = getattr(np, name)(array, axis=0)
        assert found.dtype == ("float32" if name == "mean" and array.dtype.kind != "f" else expected.dtype)
        np.testing.assert_allclose(found, expected, err_msg=str(array.dtype))


@pytest.mark.parametrize(("given", "dtype"), [("int32", "int8"), ("float32", "float64"), ("float64", "int64")])
def test_dtype_argument_is_where_elements_meet(given, dtype):
    # NumPy converts first and adds then: 1.5 + 1.5 in int64 is 2.
    array, leaf = np.array([1.5, 1.5]).astype(given), T.vector(dtype=given)
    names = ("sum", "prod", "mean")
    f = sd.function([leaf], [getattr(T, name)(leaf, dtype=dtype) for name in names])
    for found, name in zip(f(array), names, strict=True):
        expected = getattr(np, name)(array, dtype=dtype)
        assert found.dtype == expected.dtype == dtype and found == expected


def test_float16_is_added_in_float32():
    # 65504 is the largest float16; as a storage dtype it must not limit sums.
    array = np.full(100, 1000, "float16")
    assert compute(T.sum, array) == np.float32(100_000) and compute(T.mean, array).dtype == "float32"
    assert compute(T.max, array).dtype == "float16"


def test_mean_of_float32_stays_float32():
    # The number of elements is a size, as weak as a Python integer.
    assert T.mean(T.matrix("x", dtype="float32"), axis=0).dtype == "float32"


@pytest.mark.parametrize("ddof", [0, 1, 2, 3])
def test_var_and_std_with_ddof(ddof):
    # ddof beyond the number of elements gives inf or NaN, never a negative variance.
    array = np.array([1.0, 4.0])
    with warnings.catch_warnings(action="ignore"):
        expected = [np.var(array, ddof=ddof), np.std(array, ddof=ddof)]
    found = [compute(T.var, array, ddof=ddof), compute(T.std, array, ddof=ddof)]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", ["argmax", "argmin"])
@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_first_position_among_ties(name, axis):
    # NumPy promises the first one; back ends that split the work must keep that.
    array = np.array([[3, 1, 3], [1, 3, 1], [3, 1, 1]])
    found = compute(getattr(T, name), array, axis=axis, keepdims=True)
    np.testing.assert_array_equal(found, getattr(np, name)(array, axis=axis, keepdims=True))


def test_position_over_several_axes_counts_in_c_order(x):
    # Theano allows several axes; positions count through them as if they were flattened.
    found = compute(T.argmax, x, axis=(0, 2))
    np.testing.assert_array_equal(found, x.transpose(1, 0, 2).reshape(3, -1).argmax(axis=1))
    assert compute(T.argmax, x, axis=(2, 0), keepdims=True).shape == (1, 3, 1)
    assert compute(T.argmax, np.array(3.0)) == 0


def test_max_and_argmax(x):
    largest, position = T.max_and_argmax(T.constant(x), axis=1)
    np.testing.assert_array_equal(largest.eval(), x.max(axis=1))
    np.testing.assert_array_equal(position.eval(), x.argmax(axis=1))


@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "mean", "argmax", "any", "all"])
def test_nan_spreads_as_in_numpy(name):
    array = np.array([1.0, np.nan, 3.0])
    np.testing.assert_equal(compute(getattr(T, name), array), getattr(np, name)(array))


def test_no_elements():
    """What has a neutral element has a value; what has none is an error, at build time where the size is known."""
    empty = np.zeros((0, 3))
    for name, value in (("sum", 0), ("prod", 1), ("any", False), ("all", True), ("logsumexp", -np.inf)):
        np.testing.assert_array_equal(compute(getattr(T, name), empty, axis=0), [value] * 3)
    assert np.isnan(compute(T.mean, empty))
    for name in ("max", "min", "argmax", "argmin"):
        assert compute(getattr(T, name), empty, axis=1).shape == (0,)
        with pytest.raises(ValueError):
            compute(getattr(T, name), empty, axis=0)
        with pytest.raises(GraphTypeError, match=rf"{name}.*no value over axis \(0,\) of size 0"):
            getattr(T, name)(T.matrix("x", shape=(0, 3)), axis=0)


@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1)])
def test_logsumexp_is_that_of_scipy(axis):
    # Far from 0 exp overflows or vanishes; infinite elements follow the limit.
    for array in (
        np.array([[1000.0, 1000, -1000], [-1000, -1001, -1000]]),
        np.array([[-np.inf, -np.inf, 0], [-np.inf, -np.inf, 1]]),
        np.array([[np.inf, 1, 0], [np.nan, -np.inf, 1]]),
    ):
        with np.errstate(all="ignore"):
            expected = scipy.special.logsumexp(array, axis=axis)
        np.testing.assert_allclose(compute(T.logsumexp, array, axis=axis), expected, rtol=1e-15)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_logsumexp_gradient_is_softmax_at_any_size(dtype):
    # Rounding of the value at 1000 must not become an error of the weights.
    array = np.array([1000, 1001, -1000], dtype)
    expected = scipy.special.softmax(array.astype("float64"))
    np.testing.assert_allclose(grad_of(T.logsumexp, array), expected, rtol=4 * np.finfo(dtype).eps)
    # Nothing but -inf has no weights: 0 and not NaN, as log-domain recursions need it.
    np.testing.assert_array_equal(grad_of(T.logsumexp, np.full(2, -np.inf, dtype)), [0, 0])


@pytest.mark.parametrize(
    ("array", "gradient"),
    [([2, 3, 4], [12, 8, 6]), ([0, 3, 4], [12, 0, 0]), ([0, 3, 0], [0, 0, 0]), ([5], [1]), ([], [])],
)
def test_gradient_of_prod_with_zeros(array, gradient):
    # y / x would be 0 / 0; the product of the others is right whatever they are.
    np.testing.assert_array_equal(grad_of(T.prod, np.array(array, "float64")), gradient)


def test_second_gradient_of_prod_with_two_zeros():
    # d2y / dx0 dx2 = x1 = 3, although every first derivative is 0.
    x = T.dvector("x")
    hessian = sd.hessian(T.prod(x), x).eval({x: [0.0, 3.0, 0.0]})
    np.testing.assert_array_equal(hessian, [[0, 0, 3], [0, 0, 0], [3, 0, 0]])
    for axis in (0, (0, 1), (0, 2), None):
        zeros = np.where(np.arange(12).reshape(2, 3, 2) % 4 == 0, 0.0, 1.5)
        check_derivatives(lambda node, axis=axis: T.prod(node, axis=axis), [zeros], order=2)


@pytest.mark.parametrize("name", ["max", "min"])
def test_ties_share_nothing(name):
    # Theano's rule: every element equal to the largest receives the whole gradient.
    np.testing.assert_array_equal(grad_of(getattr(T, name), np.array([2.0, 2.0, 2.0])), [1, 1, 1])
    array = np.array([[1.0, 2.0], [2.0, 1.0]])
    expected = [[0, 1], [1, 0]] if name == "max" else [[1, 0], [0, 1]]
    np.testing.assert_array_equal(grad_of(getattr(T, name), array), expected)


@pytest.mark.parametrize("name", ["mean", "var", "std", "ptp", "cumsum", "cumprod", "sort", "logsumexp", "norm"])
def test_gradients_to_second_order(name, x):
    check_derivatives(getattr(T, name), [x], order=2)
    check_derivatives(lambda node: getattr(T, name)(node, axis=1), [x], order=2)


@pytest.mark.parametrize("name", ["any", "all", "argmax", "argmin", "argsort"])
def test_discrete_results_hold_no_gradient(name):
    # Positions and truth do not move smoothly, so the cost depends on x only through the sum.
    gradient = grad_of(lambda x: T.sum(getattr(T, name)(x)) + T.sum(x), np.array([1.0, 2.0]))
    np.testing.assert_array_equal(gradient, [1, 1])


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_orders_are_those_of_numpy(axis):
    array = np.array([[3.0, np.nan, 1, 3], [2, 2, -np.inf, 0]])
    np.testing.assert_array_equal(compute(T.argsort, array, axis=axis), np.argsort(array, axis=axis, stable=True))
    np.testing.assert_array_equal(compute(T.sort, array, axis=axis), np.sort(array, axis=axis))


def test_argsort_of_words_is_stable():
    # Random permutations sort 64-bit words; those above 2**63 must not count as negative, nor equal ones change places.
    words = np.array([2**64 - 1, 5, 2**63, 5, 0], "uint64")
    np.testing.assert_array_equal(compute(T.argsort, words), [4, 1, 3, 2, 0])


def test_take_along_axis(x):
    indices = np.argsort(x, axis=1)
    found = T.take_along_axis(T.constant(x), indices, axis=1).eval()
    np.testing.assert_array_equal(found, np.take_along_axis(x, indices, axis=1))
    with pytest.raises(GraphTypeError, match="does not have as many axes"):
        T.take_along_axis(T.matrix("x"), [0, 1], axis=0)


@pytest.mark.parametrize("backend", ["native", "numpy"])
@pytest.mark.parametrize("reverse", [False, True])
def test_cumulative_products_keep_signs_of_zero(backend, reverse):
    """Products of zeros have the signs that NumPy's have."""
    x = T.dmatrix("x")
    data = np.array([[-0.0, 2.0, -1.0, 3.0], [1.0, 0.0, -2.0, -0.0], [0.0, -0.0, 5.0, -1.0]])
    found = sd.function([x], T.cumprod(x[:, ::-1] if reverse else x, axis=1), backend=backend)(data)
    expected = np.cumprod(data[:, ::-1] if reverse else data, axis=1)
    np.testing.assert_array_equal(np.signbit(found), np.signbit(expected))


@pytest.mark.parametrize("name", ["cumsum", "cumprod"])
@pytest.mark.parametrize("axis", [None, 0, -1])
def test_cumulative_values(name, axis, x):
    """Running sums and products are NumPy's, along any axis and of nothing."""
    np.testing.assert_allclose(compute(getattr(T, name), x, axis=axis), getattr(np, name)(x, axis=axis), rtol=1e-14)
    assert compute(getattr(T, name), np.zeros((0, 2)), axis=0).shape == (0, 2)


@pytest.mark.parametrize("order", [None, 1, 2, 3, 0, math.inf, -math.inf])
def test_norm_of_vectors(order, x):
    np.testing.assert_allclose(compute(T.norm, x, order, axis=1), np.linalg.norm(x, order, axis=1), rtol=1e-14)


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda x: x.sum(axis=2), IndexingError, "no axis 2 among 2"),
        (lambda x: T.mean(x, axis=(0, -3)), IndexingError, "no axis -3 among 2"),
        (lambda x: T.max(x, axis=(0, -2)), GraphTypeError, "names an axis twice"),
        (lambda x: T.argmax(x, axis=1.0), GraphTypeError, "an axis is a Python integer, not 1.0"),
        (lambda x: T.cumsum(x, axis=5), IndexingError, "no axis 5"),
        (lambda x: T.norm(x, "nuc"), ArgumentError, "no norm of vectors"),
        (lambda x: T.sum(x, dtype="complex64"), GraphTypeError, "complex64"),
    ],
)
def test_bad_axes_are_errors_where_they_are_written(build, error, message):
    with pytest.raises(error, match=message) as caught:
        build(T.matrix("x"))
    assert "test_reductions.py" in str(caught.value) or "complex" in message


def test_methods_and_numpy_functions_are_the_same_operations(x):
    # A model written with NumPy's functions or with methods stays one graph.
    leaf = T.tensor(dtype="float64", shape=(None, None, None), name="x")
    for built in (leaf.sum(axis=1), np.sum(leaf, axis=1), T.sum(leaf, axis=1)):
        np.testing.assert_array_equal(built.eval({leaf: x}), x.sum(axis=1))
    np.testing.assert_allclose(np.std(leaf, axis=(0, 1), keepdims=True).eval({leaf: x}), x.std((0, 1), keepdims=True))

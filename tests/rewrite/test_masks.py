"""A mask whose count nobody asks for runs in native code, with the values and gradients of NumPy's indexing."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import IndexingError

X = np.array([[1.0, -2.0, np.nan], [4.0, -0.5, -6.0]])


@pytest.mark.parametrize("backend", ["native", "numpy"])
@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (lambda x: x[x < 0].sum(), lambda x: x[x < 0].sum()),
        (lambda x: x[x[:, 0] > 1].sum(), lambda x: x[x[:, 0] > 1].sum()),
        (lambda x: x[x[:, 1] < 0].sum(axis=0), lambda x: x[x[:, 1] < 0].sum(axis=0)),
        (lambda x: (x > 0)[x < 2].sum(), lambda x: (x > 0)[x < 2].sum()),
        (lambda x: x.at[x < 0].set(0), lambda x: np.where(x < 0, 0, x)),
        (lambda x: x.at[T.isnan(x)].set(7), lambda x: np.where(np.isnan(x), 7, x)),
        (lambda x: x.at[x[:, 0] > 1].add(2), lambda x: np.where(x[:, :1] > 1, x + 2, x)),
        (lambda x: x.at[x < 0].multiply(3).at[x < 0].max(-5), lambda x: np.where(x < 0, np.maximum(x * 3, -5), x)),
    ],
)
def test_no_count_is_computed(backend, made, expected):
    """Elements that the mask leaves out may be NaN: a choice passes nothing of them on."""
    x = T.dmatrix("x")
    f = sd.function([x], made(x), backend=backend)
    np.testing.assert_allclose(f(X), expected(X), rtol=1e-15)
    assert not any("fallback" in kernel or "gather" in kernel for kernel in f.kernels)


def test_gradients_go_to_what_was_chosen():
    """The gradient of a sum is one number where the mask says; nothing is left of the gather."""
    x = T.dmatrix("x")
    f = sd.function([x], sd.grad(x[x < 0].sum() * 2, x))
    assert f(X).tolist() == [[0, 2, 0], [0, 2, 2]]
    assert not any("fallback" in kernel for kernel in f.kernels)


def test_a_mask_that_may_not_fit_is_left_to_the_call():
    """Sizes that are not known to be equal are compared where they always were."""
    x, mask = T.dmatrix("x"), T.tensor("bool", (None,), "mask")
    with pytest.raises(IndexingError):
        sd.function([x, mask], x[mask].sum())(X, [True])
    with pytest.raises(IndexingError):
        sd.function([x, mask], x.at[mask].set(0))(X, [True, False, True])


def kept_relu(p, dtype="float64", k=None):
    """Dropout of a relu, its gradient with a weight for every element, and what it is computed from."""
    x, weights = T.tensor(dtype, (None, None), "x"), T.tensor(dtype, (None, None), "weights")
    if k is None:
        left = sd.dropout(T.nnet.relu(x), p=p, stream=sd.RandomStream(seed=3))
    else:
        drop = sd.RandomStream(seed=3).bernoulli(p=p, size=x.shape, dtype="bool")
        left = T.where(drop, 0, T.nnet.relu(x) * k)
    return x, weights, left, sd.grad((left * weights).sum(), x)


@pytest.mark.parametrize("backend", ["native", "numpy"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("p", [0.5, 0.2])
def test_the_slope_of_a_kept_relu_is_told_by_its_value(backend, dtype, p):
    """The way back reads what dropout left; zeros, NaN, infinity and the least number have the slopes they had."""
    x, weights, left, slope = kept_relu(p, dtype)
    f = sd.function([x, weights], [left, slope], training=True, backend=backend)
    assert "slope_of_kept_relu" in {firing.rule for firing in f.rules}
    least = np.finfo(dtype).smallest_subnormal
    X = np.tile(np.array([1.5, -2.0, 0.0, -0.0, np.nan, np.inf, -np.inf, least, -least], dtype), (40, 1))
    given = np.random.default_rng(0).normal(size=X.shape).astype(dtype)
    mask = sd.RandomStream(seed=3).bernoulli(p=p, size=X.shape, dtype="bool").eval()
    scale = np.dtype(dtype).type(1 / (1 - p))
    value, gradient = f(X, given)
    np.testing.assert_array_equal(value, np.where(mask, 0, np.maximum(X, 0) * scale))
    np.testing.assert_array_equal(gradient, np.where((X > 0) & ~mask, given * scale, 0))


def test_a_scale_that_may_lose_a_number_keeps_the_mask():
    """Half of the least number is 0, but where it is kept the slope is a half."""
    x, weights, left, slope = kept_relu(0.5, k=0.5)
    f = sd.function([x, weights], [left, slope])
    assert "slope_of_kept_relu" not in {firing.rule for firing in f.rules}
    X = np.full((8, 8), np.finfo("float64").smallest_subnormal)
    assert set(f(X, np.ones_like(X))[1].ravel()) == {0, 0.5}


def test_the_mask_is_drawn_once_where_what_it_left_is_stored():
    """A product reads what dropout left; on the way back nothing is drawn."""
    x, W, V = T.fmatrix("x"), T.fmatrix("W"), T.fmatrix("V")
    left = sd.dropout(T.nnet.relu(x @ W), p=0.5, stream=sd.RandomStream(seed=3))
    f = sd.function([x, W, V], sd.grad((left @ V).sum(), [W, V]), training=True, backend="native")
    assert f.source("kernels").count("= bernoulli(") == 1

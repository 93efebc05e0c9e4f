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

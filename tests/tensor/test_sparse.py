"""Sparse matrices: SciPy's products, gradients by elements and by the dense factor, and what is refused."""

import numpy as np
import pytest
import scipy.sparse

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, IndexingError, ShapeError

RNG = np.random.default_rng(5)
S = scipy.sparse.random_array((7, 5), density=0.4, format="csr", rng=RNG)
X, V, LEFT = RNG.normal(size=(5, 3)), RNG.normal(size=5), RNG.normal(size=(2, 7))
BACK_ENDS = pytest.mark.parametrize("backend", ["native", "numpy"])


@BACK_ENDS
@pytest.mark.parametrize("format", ["csr", "csc", "coo", "bsr", "dia"])
def test_products_with_constants(format, backend):
    """On both sides, with vectors and matrices, transposed, by the operator and by NumPy's arrays."""
    s = T.sparse.constant(S.asformat(format))
    x, v, left = T.dmatrix(), T.dvector(), T.dmatrix()
    made = [s @ x, s @ v, T.sparse.dot(left, s), s.T @ left.T, LEFT @ s, T.sparse.to_dense(s)]
    expected = [S @ X, S @ V, LEFT @ S, S.T @ LEFT.T, LEFT @ S, S.toarray()]
    for one, value in zip(sd.function([x, v, left], made, backend=backend)(X, V, LEFT), expected, strict=True):
        np.testing.assert_allclose(one, value, rtol=1e-13, atol=1e-14)


@BACK_ENDS
def test_one_function_for_every_matrix(backend):
    """Elements and indices are inputs, and so are sizes: no new compile for another matrix."""
    data, indices, indptr, x = T.dvector(), T.lvector(), T.lvector(), T.dmatrix()
    rows = indptr.shape[0] - 1
    by_rows = T.sparse.csr(data, indices, indptr, (rows, x.shape[0]))
    by_columns = T.sparse.csc(data, indices, indptr, (x.shape[0], rows))
    f = sd.function([data, indices, indptr, x], [by_rows @ x, by_columns.T @ x], backend=backend)
    for shape in ((4, 6), (9, 3)):
        s, given = scipy.sparse.random_array(shape, density=0.3, format="csr", rng=RNG), RNG.normal(size=(shape[1], 2))
        for made in f(s.data, s.indices.astype(np.int64), s.indptr.astype(np.int64), given):
            np.testing.assert_allclose(made, s @ given, rtol=1e-13, atol=1e-14)
    assert f.compile_count == 1


def test_gradients():
    """By elements and by the dense factor, to second order; a stored element that repeats is added."""
    indices, indptr = S.indices, S.indptr

    def product(data, x):
        s = T.sparse.csr(data, indices, indptr, S.shape)
        return T.sin(s @ x).sum() + (s.T @ (s.with_data(data**2) @ x)).sum()

    twice = T.sparse.coo([1.0, 2.0], [0, 0], [1, 1], (1, 2))
    assert T.sparse.to_dense(twice).eval().tolist() == [[0.0, 3.0]] and (twice @ T.constant([0.0, 1.0])).eval() == [3.0]
    with sd.config.change(backend="numpy"):
        sd.verify_grad(product, [S.data, X], rng=RNG)


def test_a_batch_of_products():
    """vmap over dense factors is one product after the other."""
    s, x = T.sparse.constant(S), T.dtensor3()
    given = RNG.normal(size=(4, 5, 3))
    np.testing.assert_allclose(sd.function([x], sd.vmap(lambda a: s @ a)(x))(given), np.stack([S @ a for a in given]))


def test_a_regression_is_trained():
    """A bag of words and a linear model: the gradient is that of the dense matrix."""
    s, w = T.sparse.constant(S), T.dvector()
    y = RNG.normal(size=7)
    sparse, dense = (((p - y) ** 2).mean() for p in (s @ w, T.constant(S.toarray()) @ w))
    ours, other = sd.function([w], [sd.grad(sparse, w), sd.grad(dense, w)])(V)
    np.testing.assert_allclose(ours, other, rtol=1e-12)


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda s: s @ s, GraphTypeError, "one sparse matrix and one dense value"),
    (lambda s: s @ T.dtensor3(), GraphTypeError, "multiplied by vectors and matrices"),
    (lambda s: s @ np.ones(4), ShapeError, "of 5 columns does not fit the 4 rows"),
    (lambda s: T.sparse.constant(X), ArgumentError, "takes a matrix of scipy.sparse"),
    (lambda s: T.sparse.coo([1.0], [0.5], [0], (1, 1)), GraphTypeError, "are integers"),
    (lambda s: T.sparse.coo([1.0, 2.0], [0], [0], (1, 1)), ShapeError, "as many elements as rows"),
    (lambda s: T.sparse.coo([1.0], [0], [0], (1,)), ShapeError, "two sizes"),
    (lambda s: T.sparse.csr([1.0], [0], [1, 0], (1, 1)), GraphTypeError, "rising vector of integers"),
    (lambda s: T.sparse.to_dense(X), GraphTypeError, "takes a sparse matrix"),
])  # fmt: skip
def test_what_is_refused(call, error, says):
    """While the graph is built."""
    with pytest.raises(error, match=says):
        call(T.sparse.constant(S))


@BACK_ENDS
def test_what_is_refused_when_running(backend):
    """Elements that are stored outside of the matrix, and factors of another size."""
    columns, x = T.lvector(), T.dvector()
    f = sd.function([columns, x], T.sparse.coo(np.ones(2), [0, 1], columns, (2, 3)) @ x, backend=backend)
    assert f([0, 2], np.ones(3)).tolist() == [1.0, 1.0]
    with pytest.raises(IndexingError):
        f([0, 3], np.ones(3))
    with pytest.raises(ShapeError):
        f([0, 1], np.ones(4))


def test_numbers_scale_the_elements():
    """As SciPy's; sums and products of elements are refused, and the text says what to write."""
    s, x = T.sparse.constant(S), T.dscalar()
    made = T.sparse.to_dense(-(2 * s * x) / 4)
    np.testing.assert_allclose(made.eval({x: 3.0}), (-(2 * S * 3.0) / 4).toarray())
    for call in (lambda: s + 1, lambda: X.T - s, lambda: s**2):
        with pytest.raises(GraphTypeError, match="dense one of it"):
            call()
    with pytest.raises(GraphTypeError, match="scaled by numbers"):
        s * X.T

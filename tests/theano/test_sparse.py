"""``theano.sparse``: what Theano 1.0.5 gave for the matrix below, and for dense ones SciPy's own arithmetic."""

import numpy as np
import pytest
import scipy.sparse as sp

import symdrop.theano as theano
import symdrop.theano.tensor as T
from symdrop.errors import GraphTypeError
from symdrop.theano import sparse

M = sp.csr_matrix(np.array([[1.0, 0, 2], [0, 0, 3]]))
D = np.arange(6.0).reshape(2, 3)


def given(make, dense=D, matrix=M, format="csr"):
    """The value of an expression of a sparse input and a dense one."""
    x = (sparse.csr_matrix if format == "csr" else sparse.csc_matrix)("x")
    d = T.matrix("d")
    made = theano.function([x, d], make(x, d), on_unused_input="ignore")(matrix, dense)
    return made.toarray().tolist() if sp.issparse(made) else made.tolist()


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda x, d: sparse.dot(x, d.T), [[4, 13], [6, 15]]),
        (lambda x, d: sparse.structured_dot(x, d.T), [[4, 13], [6, 15]]),
        (lambda x, d: sparse.basic.dot(d, sparse.transpose(x)), [[4, 6], [13, 15]]),
        (lambda x, d: sparse.dot(x, sparse.transpose(x)), [[5, 6], [6, 9]]),
        (lambda x, d: sparse.dense_from_sparse(x), [[1, 0, 2], [0, 0, 3]]),
        (lambda x, d: x.toarray(), [[1, 0, 2], [0, 0, 3]]),
        (lambda x, d: sparse.add(x, d), [[1, 1, 4], [3, 4, 8]]),
        (lambda x, d: sparse.add(x, x), [[2, 0, 4], [0, 0, 6]]),
        (lambda x, d: sparse.sub(x, x), [[0, 0, 0], [0, 0, 0]]),
        (lambda x, d: sparse.mul(x, d), [[0, 0, 4], [0, 0, 15]]),
        (lambda x, d: sparse.mul(x, x), [[1, 0, 4], [0, 0, 9]]),
        (lambda x, d: x * 2, [[2, 0, 4], [0, 0, 6]]),
        (lambda x, d: -x, [[-1, 0, -2], [0, 0, -3]]),
        (lambda x, d: x.T, [[1, 0], [0, 0], [2, 3]]),
        (lambda x, d: sparse.sp_sum(x), 6),
        (lambda x, d: sparse.sp_sum(x, axis=0), [1, 0, 5]),
        (lambda x, d: sparse.sp_sum(x, axis=1, sparse_grad=True), [3, 3]),
        (lambda x, d: sparse.sqr(x), [[1, 0, 4], [0, 0, 9]]),
        (lambda x, d: sparse.sp_ones_like(x), [[1, 0, 1], [0, 0, 1]]),
        (lambda x, d: sparse.hstack([x, x]), [[1, 0, 2, 1, 0, 2], [0, 0, 3, 0, 0, 3]]),
        (lambda x, d: sparse.vstack([x, x], format="csc"), [[1, 0, 2], [0, 0, 3], [1, 0, 2], [0, 0, 3]]),
        (lambda x, d: sparse.csr_from_dense(d), D.tolist()),
        (lambda x, d: sparse.csc_from_dense(d), D.tolist()),
        (lambda x, d: sparse.cast(x, "int32"), [[1, 0, 2], [0, 0, 3]]),
        (lambda x, d: T.stack(list(x.shape)), [2, 3]),
    ],
)
def test_values_are_theanos(make, expected):
    """The numbers that Theano 1.0.5 gives, of inputs in both formats."""
    assert given(make) == given(make, format="csc") == expected


def test_structured_functions_leave_what_is_not_stored():
    """exp and sigmoid of nothing stay nothing, as in Theano."""
    np.testing.assert_allclose(
        given(lambda x, d: sparse.structured_sigmoid(x)),
        [[0.7310585786300049, 0, 0.8807970779778823], [0, 0, 0.9525741268224334]], rtol=1e-12,
    )  # fmt: skip
    assert given(lambda x, d: sparse.structured_exp(x))[0][1] == 0


def test_gradients_pass_to_dense_factors():
    """A layer whose input is sparse: bags of words into weights."""
    x, w = sparse.csr_matrix("x"), theano.shared(np.arange(6.0).reshape(3, 2), "W")
    for product in (sparse.dot, sparse.structured_dot):
        step = theano.function([x], T.grad(product(x, w).sum(), w))
        assert step(M).tolist() == [[1, 1], [0, 0], [5, 5]]
    cost = (sparse.structured_dot(x, w) ** 2).sum()
    train = theano.function([x], cost, updates=[(w, w - 0.01 * T.grad(cost, w))])
    costs = [float(train(matrix)) for matrix in (M, M, sp.csr_matrix((5, 3)))]
    assert costs[1] < costs[0] and costs[2] == 0


def test_outputs_and_constants_are_scipys():
    """A format goes in and comes out; what SciPy has can stand in an expression."""
    x = sparse.csc_matrix("x", dtype="float32")
    found = theano.function([x], [x.T, x])(M)
    assert [one.format for one in found] == ["csr", "csc"] and found[0].dtype == "float32"
    fixed = sparse.as_sparse_variable(M.tocsc())
    assert fixed.format == "csc" and isinstance(fixed.type, sparse.SparseType)
    assert sparse.dot(fixed, T.constant(D.T)).eval().tolist() == [[4, 13], [6, 15]]
    csr = sparse.CSR(M.data, M.indices, M.indptr, M.shape)
    assert csr.eval().toarray().tolist() == M.toarray().tolist()
    assert (csr.T.eval() != M.T).nnz == 0


def test_refusals():
    """Dense values for sparse inputs, functions of sums, and names that are not there."""
    x = sparse.csr_matrix("x")
    f = theano.function([x], sparse.dense_from_sparse(x))
    with pytest.raises(GraphTypeError, match=r"x takes a matrix of scipy.sparse of float64, not 'ndarray'"):
        f(M.toarray())
    with pytest.raises(GraphTypeError, match="takes 1 values, not 2"):
        f(M, M)
    with pytest.raises(GraphTypeError, match="sqr of a sum of sparse matrices"):
        sparse.sqr(sparse.add(x, x))
    with pytest.raises(GraphTypeError, match="expected a sparse variable or a matrix of scipy"):
        sparse.as_sparse_variable(3)
    with pytest.raises(AttributeError, match=r"symdrop has no theano.sparse.usmm"):
        sparse.usmm(1, x, x, x)

"""Full factors, and the options of NumPy's, SciPy's and JAX's decompositions, beside the values of these libraries."""

import re

import numpy as np
import pytest
import scipy.linalg

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError

RNG = np.random.default_rng(23)
A = RNG.normal(size=(4, 4))
SPD = A @ A.T + np.eye(4)
OTHER = np.diag([1.0, 2.0, 3.0, 4.0]) + 0.1
B, TALL, WIDE = RNG.normal(size=(4, 2)), RNG.normal(size=(5, 3)), RNG.normal(size=(3, 5))
SHAPES = [(5, 3), (3, 5), (4, 4), (2, 5, 3), (2, 3, 5), (5, 1), (1, 5), (3, 0)]
L = T.linalg


def value(build, *arrays, backend="native", known=False):
    """What a function of nodes gives, of sizes that are not known before, or that are."""
    given = [T.tensor("float64", a.shape if known else (None,) * a.ndim) for a in arrays]
    return sd.function(given, build(*given), backend=backend)(*arrays)


@pytest.mark.parametrize("backend", ["native", "numpy"])
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_full_factors(shape, known, backend):
    """Square and orthogonal, of NumPy's shapes; together they are the matrix, and the first ones are the reduced."""
    a = RNG.normal(size=shape)
    m, n = shape[-2:]
    u, s, v = value(lambda x: list(L.svd(x, full_matrices=True)), a, backend=backend, known=known)
    q, r = value(lambda x: list(L.qr(x, "complete")), a, backend=backend, known=known)
    for found, expected in zip((u, s, v, q, r), (*np.linalg.svd(a), *np.linalg.qr(a, "complete")), strict=True):
        assert found.shape == expected.shape
    for whole in (u, v, q):
        unit = np.broadcast_to(np.eye(whole.shape[-1]), whole.shape)
        np.testing.assert_allclose(whole @ np.swapaxes(whole, -1, -2), unit, atol=1e-13)
    k = min(m, n)
    np.testing.assert_allclose((u[..., :k] * s[..., None, :]) @ v[..., :k, :], a, atol=1e-13)
    np.testing.assert_allclose(q @ r, a, atol=1e-13)
    np.testing.assert_allclose(q, np.linalg.qr(a, "complete")[0], atol=1e-13)
    for found, expected in zip(
        value(lambda x: list(L.qr(x, "raw")), a, backend=backend, known=known), np.linalg.qr(a, "raw"), strict=True
    ):
        np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize("shape", [(5, 3), (4, 4), (2, 5, 3)])
def test_slopes_of_full_factors(shape):
    """By differences, of what does not depend on which columns complete a basis: projections on their span."""
    a = RNG.normal(size=shape)
    weights = RNG.normal(size=(shape[-2], shape[-2]))
    rows = shape[-2] - shape[-1]

    def beyond(q):
        kept = q[..., shape[-1] :]
        return (T.matmul(kept, T.swapaxes(kept, -1, -2)) * weights).sum() if rows else (q * weights).sum()

    sd.verify_grad(lambda x: beyond(L.qr(x, "complete").Q) + T.sin(L.qr(x, "complete").R).sum(), [a])
    sd.verify_grad(lambda x: beyond(L.svd(x, full_matrices=True).U) if rows else L.svd(x).S.sum(), [a])
    turned = np.swapaxes(a, -1, -2)
    sd.verify_grad(
        lambda x: beyond(T.swapaxes(L.svd(x, full_matrices=True).Vh, -1, -2)) if rows else L.svd(x).S.sum(), [turned]
    )
    sd.verify_grad(lambda x: T.cos(L.qr(x, pivoting=True)[1]).sum(), [a])


SYM = A + A.T
LOWER_ONLY = np.tril(SYM) + 7 * np.triu(np.ones((4, 4)), 1)
UPPER_ONLY = LOWER_ONLY.T
POS_LOWER = np.tril(SPD) + 9 * np.triu(np.ones((4, 4)), 1)

# What is written, its arguments, and the value by another library.
OPTIONS = {
    "cholesky(upper)": (lambda a: L.cholesky(a, upper=True), (SPD,), np.linalg.cholesky(SPD, upper=True)),
    "eigvalsh(UPLO)": (lambda a: L.eigvalsh(a, "L"), (LOWER_ONLY,), np.linalg.eigvalsh(LOWER_ONLY, "L")),
    "eigvalsh(U)": (lambda a: L.eigvalsh(a, UPLO="U"), (UPPER_ONLY,), np.linalg.eigvalsh(UPPER_ONLY, "U")),
    "eigh(lower)": (lambda a: L.eigh(a, lower=True)[0], (LOWER_ONLY,), scipy.linalg.eigh(LOWER_ONLY)[0]),
    "eigh(b)": (lambda a, b: L.eigvalsh(a, b=b), (SYM, OTHER), scipy.linalg.eigvalsh(SYM, OTHER)),
    "eigh(subset)": (
        lambda a: L.eigh(a, eigvals_only=True, subset_by_index=[1, 2]), (SYM,),
        scipy.linalg.eigh(SYM, eigvals_only=True, subset_by_index=[1, 2]),
    ),
    "eigh_tridiagonal": (
        lambda d, e: L.eigh_tridiagonal(d, e, True, "i", (0, 1)), (A[0], A[1, :3]),
        scipy.linalg.eigh_tridiagonal(A[0], A[1, :3], True, "i", (0, 1)),
    ),
    "solve(pos)": (
        lambda a, b: L.solve(a, b, lower=True, assume_a="pos"), (POS_LOWER, B),
        scipy.linalg.solve(SPD, B, assume_a="pos"),
    ),
    "solve(sym)": (lambda a, b: L.solve(a, b, assume_a="sym"), (UPPER_ONLY, B), scipy.linalg.solve(SYM, B)),
    "solve(transposed)": (lambda a, b: L.solve(a, b, transposed=True), (A, B), scipy.linalg.solve(A.T, B)),
    "solve(lower triangular)": (
        lambda a, b: L.solve(a, b, assume_a="lower triangular"), (SPD, B), np.linalg.solve(np.tril(SPD), B)
    ),
    "solve_triangular(T)": (
        lambda a, b: L.solve_triangular(a, b, lower=True, trans="T"), (A, B),
        scipy.linalg.solve_triangular(A, B, lower=True, trans="T"),
    ),
    "lu_solve(T)": (lambda a, b: L.lu_solve(L.lu_factor(a), b, "T"), (A, B), np.linalg.solve(A.T, B)),
    "lu(p_indices)": (lambda a: L.lu(a, p_indices=True)[0], (A,), scipy.linalg.lu(A, p_indices=True)[0]),
    "pinv(rcond)": (lambda a: L.pinv(a, rcond=0.5), (TALL,), np.linalg.pinv(TALL, rcond=0.5)),
    "pinv(hermitian)": (lambda a: L.pinv(a, hermitian=True), (SYM,), np.linalg.pinv(SYM, hermitian=True)),
    "pinv(atol)": (lambda a: L.pinv(a, atol=1.0), (TALL,), scipy.linalg.pinv(TALL, atol=1.0)),
    "pinv(rtol of each)": (
        lambda a: L.pinv(a, rtol=np.array([0.5, 1e-9])), (np.stack([TALL, TALL]),),
        np.linalg.pinv(np.stack([TALL, TALL]), rtol=np.array([0.5, 1e-9])),
    ),
    "matrix_rank(tol)": (lambda a: L.matrix_rank(a, 1.0), (TALL,), np.linalg.matrix_rank(TALL, 1.0)),
    "matrix_rank(hermitian)": (
        lambda a: L.matrix_rank(a, tol=2.0, hermitian=True), (SYM,), np.linalg.matrix_rank(SYM, 2.0, hermitian=True)
    ),
    "lstsq(rcond)": (lambda a, b: L.lstsq(a, b, rcond=-1), (A, B), np.linalg.lstsq(A, B, rcond=-1)[0]),
    "svd(hermitian)": (lambda a: L.svd(a, hermitian=True).S, (SYM,), np.linalg.svd(SYM, hermitian=True).S),
    "svd(subset)": (
        lambda a: L.svd(a, compute_uv=False, subset_by_index=(1, 3)), (TALL,), np.linalg.svd(TALL)[1][1:3]
    ),
    "svd of symmetric ones": (
        lambda a: (lambda u, s, v: T.matmul(u * s[:, None], v))(*L.svd(a, hermitian=True)),
        (np.stack([SYM, -SPD]),), np.stack([SYM, -SPD]),
    ),
    "qr(pivoting)": (
        lambda a: L.qr(a, pivoting=True)[1], (TALL,), scipy.linalg.qr(TALL, mode="economic", pivoting=True)[1]
    ),
    "qr(order)": (lambda a: L.qr(a, "r", pivoting=True)[1], (WIDE,), scipy.linalg.qr(WIDE, mode="r", pivoting=1)[1]),
    "qr(full)": (lambda a: L.qr(a, "full", pivoting=True)[0], (TALL,), scipy.linalg.qr(TALL, pivoting=True)[0]),
    "qr_multiply": (
        lambda a, b: L.qr_multiply(a, b, pivoting=True)[0], (A, B.T), scipy.linalg.qr_multiply(A, B.T, pivoting=True)[0]
    ),
    "tensorsolve(axes)": (
        lambda a, b: L.tensorsolve(a, b, axes=(0,)), (A.reshape(2, 4, 2), A[0]),
        np.linalg.tensorsolve(A.reshape(2, 4, 2), A[0], axes=(0,)),
    ),
    "schur": (lambda a: L.schur(a, output="real", lwork=None)[0], (A,), scipy.linalg.schur(A)[0]),
    "options of effort": (
        lambda a, b: L.solve(a, b, overwrite_a=True, check_finite=False), (A, B), scipy.linalg.solve(A, B)
    ),
    "expm": (lambda a: L.expm(a, max_squarings=20, upper_triangular=False), (A,), scipy.linalg.expm(A)),
    "cho_factor": (
        lambda a, b: L.cho_solve(L.cho_factor(a, overwrite_a=True), b, overwrite_b=True), (SPD, B),
        scipy.linalg.solve(SPD, B),
    ),
}  # fmt: skip


@pytest.mark.parametrize("backend", ["native", "numpy"])
@pytest.mark.parametrize("name", OPTIONS)
def test_options(name, backend):
    """The value by the library that has the option."""
    build, arrays, expected = OPTIONS[name]
    found = value(build, *arrays, backend=backend)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    assert found.dtype == np.asarray(expected).dtype or found.dtype == "int64"


@pytest.mark.parametrize("build", [
    lambda a: L.eigh(a, "L")[0],
    lambda a: T.sin(L.eigvalsh(a, b=T.matmul(a, a.T) + 2 * np.eye(4))),
    lambda a: abs(L.eigh(a + a.T, b=T.matmul(a, a.T) + 2 * np.eye(4))[1]),
    lambda a: L.solve(T.matmul(a, a.T) + np.eye(4), B, assume_a="pos", lower=True),
    lambda a: L.pinv(a + a.T, hermitian=True),
    lambda a: T.sin(L.svd(a + a.T, hermitian=True).S),
])  # fmt: skip
def test_slopes_with_options(build):
    """By differences: of one triangle alone, of pairs of matrices, of known symmetry."""
    sd.verify_grad(lambda a: build(a).sum(), [A])


@pytest.mark.parametrize(("call", "says"), [
    (lambda a: L.eigh(a, "X"), "UPLO is 'L' or 'U'"),
    (lambda a: L.eigh(a, a), "UPLO is 'L' or 'U'"),
    (lambda a: L.eigh(a, "L", lower=True), "say the same"),
    (lambda a: L.eigh(a, subset_by_index=[2, 1]), "does not fall"),
    (lambda a: L.eigh(a, subset_by_index=2), "the first and the last"),
    (lambda a: L.eigh_tridiagonal(a[0], a[0, 1:], select="v", select_range=(0, 1)), "select is 'a', or 'i'"),
    (lambda a: L.solve(a, a, assume_a="posh"), "assume_a is one of general, gen, "),
    (lambda a: L.solve_triangular(a, a, trans="Q"), "trans is False, True, 'N', 'T' or 'C'"),
    (lambda a: L.pinv(a, 0.1, rcond=0.1), "say the same"),
    (lambda a: L.svd(a, True, subset_by_index=(0, 1)), "without full_matrices"),
    (lambda a: L.qr(a, "raw", pivoting=True), "without pivoting, 'raw'"),
    (lambda a: L.schur(a, output="complex"), "output is 'real'"),
    (lambda a: L.solve(a, a, overwrite_z=True), "unexpected keyword argument 'overwrite_z'"),
    (lambda a: L.inv(a, hermitian=True), "unexpected keyword argument 'hermitian'"),
])  # fmt: skip
def test_options_that_are_refused(call, says):
    """With a sentence that says what there is."""
    with pytest.raises((ArgumentError, GraphTypeError), match=re.escape(says)):
        call(T.dmatrix())

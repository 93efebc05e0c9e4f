"""Linear algebra: NumPy's and SciPy's values, gradients by differences, stacks, and errors that name the matrix."""

import re

import numpy as np
import pytest
import scipy.linalg

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, NotDifferentiableError, ShapeError

RNG = np.random.default_rng(17)
A, W = RNG.normal(size=(3, 3)) + 2 * np.eye(3), RNG.normal(size=(3, 2))
S = A @ A.T + np.eye(3)
STACK = 0.5 * RNG.normal(size=(2, 3, 3)) + 3 * np.eye(3)
TALL, WIDE, V = RNG.normal(size=(4, 2)), RNG.normal(size=(2, 4)), RNG.normal(size=3)
LOW = np.tril(A)
SPD = STACK @ np.swapaxes(STACK, -1, -2) + np.eye(3)


def triangular(a, b, **kwargs):
    return scipy.linalg.solve_triangular(a, b, **kwargs)


# The arguments, and the value; the function is T.linalg's of the name before a space.
CASES = {
    "cholesky": ((S,), {}, np.linalg.cholesky(S)),
    "cholesky of a stack": ((SPD,), {}, np.linalg.cholesky(SPD)),
    "cholesky upper": ((S,), {"lower": False}, np.linalg.cholesky(S).T),
    "solve_triangular": ((A, W), {}, triangular(A, W)),
    "solve_triangular lower": ((A, V), {"lower": True}, triangular(A, V, lower=True)),
    "solve_triangular trans": ((A, W), {"lower": True, "trans": 1}, triangular(A, W, lower=True, trans=1)),
    "solve_triangular unit": ((A, W), {"unit_diagonal": True}, triangular(A, W, unit_diagonal=True)),
    "solve_triangular of a stack": ((STACK, W), {}, np.stack([triangular(a, W) for a in STACK])),
    "solve": ((A, W), {}, np.linalg.solve(A, W)),
    "solve of a vector": ((A, V), {}, np.linalg.solve(A, V)),
    "solve of a stack": ((STACK, W), {}, np.linalg.solve(STACK, W)),
    "solve of vectors": ((STACK, V), {}, np.linalg.solve(STACK, np.stack([V, V])[..., None])[..., 0]),
    "inv": ((A,), {}, np.linalg.inv(A)),
    "inv of a stack": ((STACK,), {}, np.linalg.inv(STACK)),
    "det": ((STACK,), {}, np.linalg.det(STACK)),
    "slogdet": ((STACK,), {}, np.linalg.slogdet(STACK)),
    "svdvals": ((TALL,), {}, np.linalg.svd(TALL, compute_uv=False)),
    "eigvalsh": ((SPD,), {}, np.linalg.eigvalsh(SPD)),
    "pinv": ((TALL,), {}, np.linalg.pinv(TALL)),
    "pinv of a wide one": ((WIDE,), {}, np.linalg.pinv(WIDE)),
    "matrix_rank": ((np.stack([A, np.outer(V, V)]),), {}, np.array([3, 1])),
    "lstsq": ((TALL, RNG.normal(size=4)), {}, None),
    "matrix_power": ((A, 5), {}, np.linalg.matrix_power(A, 5)),
    "matrix_power of a negative": ((STACK, -2), {}, np.linalg.matrix_power(STACK, -2)),
    "matrix_power of 0": ((STACK, 0), {}, np.linalg.matrix_power(STACK, 0)),
    **{
        f"norm {order} {axis}": ((x, order), {"axis": axis}, np.linalg.norm(x, order, axis))
        for order in ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)
        for x, axis in ((A, None), (STACK, (1, 2)), (STACK, (0, 2)))
    },
    "norm": ((STACK,), {}, np.linalg.norm(STACK)),
    "norm kept": ((STACK, 1), {"axis": (0, 2), "keepdims": True}, np.linalg.norm(STACK, 1, (0, 2), keepdims=True)),
    "norm of vectors": ((STACK, 3), {"axis": 1}, np.linalg.norm(STACK, 3, 1)),
    "cond": ((STACK,), {}, np.linalg.cond(STACK)),
    "cond 1": ((A, 1), {}, np.linalg.cond(A, 1)),
    "cond -2": ((A, -2), {}, np.linalg.cond(A, -2)),
    "multi_dot": (([W.T, A, W, WIDE],), {}, np.linalg.multi_dot([W.T, A, W, WIDE])),
    "multi_dot of vectors": (([V, A, V],), {}, V @ A @ V),
    "block_diag": ((A, W, 2.0, V), {}, scipy.linalg.block_diag(A, W, 2.0, V)),
    "toeplitz": ((V,), {}, scipy.linalg.toeplitz(V)),
    "toeplitz of both": ((V, W[:, 0]), {}, scipy.linalg.toeplitz(V, W[:, 0])),
    "tensorsolve": ((A.reshape(3, 1, 3), V), {}, np.linalg.tensorsolve(A.reshape(3, 1, 3), V)),
    "cho_solve": ((np.linalg.cholesky(S), W), {}, np.linalg.solve(S, W)),
}  # fmt: skip
CASES["lstsq"] = (CASES["lstsq"][0], {}, np.linalg.lstsq(*CASES["lstsq"][0])[0])


def flat(made):
    return list(made) if isinstance(made, tuple) else [made]


def variables(args, arrays, known=True):
    """The arguments with variables for arrays of floats."""
    made = []
    for one in args:
        if isinstance(one, list):
            made.append(variables(one, arrays, known))
        elif isinstance(one, np.ndarray):
            shape = one.shape if known else (None,) * one.ndim
            arrays.append((T.tensor("float64", shape), one))
            made.append(arrays[-1][0])
        else:
            made.append(one)
    return made


@pytest.mark.parametrize("name", CASES)
def test_values(name):
    """Of known sizes, natively, and of unknown ones by the reference."""
    args, kwargs, expected = CASES[name]
    for known in (True, False):
        arrays = []
        made = flat(getattr(T.linalg, name.split()[0])(*variables(args, arrays, known), **kwargs))
        f = sd.function([v for v, _ in arrays], made, backend="native" if known else "numpy")
        for one, value in zip(f(*[value for _, value in arrays]), flat(expected), strict=True):
            np.testing.assert_allclose(one, value, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", [name for name in CASES if "rank" not in name])
def test_gradients(name):
    """By every matrix."""
    args, kwargs, _ = CASES[name]
    points = []
    variables(args, points)

    def of(*nodes):
        given = iter(nodes)

        def put(one):
            if isinstance(one, list):
                return [put(x) for x in one]
            return next(given) if isinstance(one, np.ndarray) else one

        made = flat(getattr(T.linalg, name.split()[0])(*map(put, args), **kwargs))
        return sum((i + 1) * T.sin(one).sum() for i, one in enumerate(made))

    with sd.config.change(backend="numpy"):
        sd.verify_grad(of, [value for _, value in points], rng=np.random.default_rng(1))


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 4, 3)])
def test_factors_make_the_matrix(shape):
    """svd, qr and eigh are not unique, but what they make together is."""
    x = T.tensor("float64", (None,) * len(shape))
    u, s, v = T.linalg.svd(x)
    q, r = T.linalg.qr(x)
    a = RNG.normal(size=shape)
    f = sd.function([x], [T.matmul(u * s[..., None, :], v), T.matmul(q, r), T.matmul(T.swapaxes(q, -1, -2), q)])
    first, second, unit = f(a)
    np.testing.assert_allclose(first, a, atol=1e-12)
    np.testing.assert_allclose(second, a, atol=1e-12)
    np.testing.assert_allclose(unit, np.broadcast_to(np.eye(unit.shape[-1]), unit.shape), atol=1e-12)
    w, e = T.linalg.eigh(T.constant(SPD))
    np.testing.assert_allclose(T.matmul(e * w[..., None, :], T.swapaxes(e, -1, -2)).eval(), SPD, atol=1e-12)


def test_a_gaussian_process_is_trained():
    """A log-likelihood by cholesky, solve_triangular and a gradient of it: the closed form has the same."""
    x, y = np.linspace(0, 1, 6), np.sin(np.linspace(0, 3, 6))
    width = T.dscalar("width")
    K = T.exp(-(((T.constant(x)[:, None] - x[None, :]) / width) ** 2)) + 0.1 * np.eye(6)
    L = T.linalg.cholesky(K)
    z = T.linalg.solve_triangular(L, y, lower=True)
    cost = 0.5 * (z**2).sum() + T.log(T.diagonal(L)).sum()
    closed = 0.5 * T.dot(y, T.linalg.solve(K, y)) + 0.5 * T.linalg.slogdet(K).logabsdet
    f = sd.function([width], [cost, closed, sd.grad(cost, width), sd.grad(closed, width)])
    ours, other, slope, other_slope = f(0.3)
    np.testing.assert_allclose([ours, slope], [other, other_slope], rtol=1e-9)


def test_vmap_takes_stacks():
    """A function of one matrix over a batch is the function of the stack."""
    x = T.dtensor3()
    both = [sd.vmap(T.linalg.inv)(x), T.linalg.inv(x), sd.vmap(lambda a: T.linalg.solve(a, W))(x)]
    first, second, third = sd.function([x], both)(STACK)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(third, np.linalg.solve(STACK, W), rtol=1e-12)


def test_numpys_own_functions_answer():
    """np.linalg.f(x) builds T.linalg.f(x)."""
    x = T.dmatrix()
    for f in (np.linalg.inv, np.linalg.det, np.linalg.cholesky, np.linalg.norm, np.linalg.svdvals, np.linalg.pinv):
        np.testing.assert_allclose(sd.function([x], f(x), backend="numpy")(S), f(S), rtol=1e-9)


def slope_of_r(x):
    """The gradient of the sum of R."""
    return sd.grad(T.linalg.qr(x).R.sum(), x)


SINGULAR = np.stack([np.eye(2), np.zeros((2, 2))])


@pytest.mark.parametrize(("call", "value", "says"), [
    (T.linalg.cholesky, -np.eye(2), "the matrix is not positive definite"),
    (T.linalg.cholesky, SINGULAR, "matrix [1] of [2] is not positive definite"),
    (T.linalg.inv, SINGULAR, "matrix [1] of [2] is not regular, it is singular"),
    (lambda a: T.linalg.solve(a, a), SINGULAR, "matrix [1] of [2] is not regular"),
    (lambda a: T.linalg.solve_triangular(a, a), SINGULAR, "its diagonal holds a 0"),
])  # fmt: skip
@pytest.mark.parametrize("backend", ["native", "numpy"])
def test_the_matrix_at_fault_is_named(call, value, says, backend):
    """Which one of the stack, and where the function was called."""
    x = T.tensor("float64", (None,) * value.ndim, name="x")
    f = sd.function([x], call(x), backend=backend)
    with pytest.raises(ArgumentError, match=re.escape(says)):
        f(value)


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda: T.linalg.inv(T.dvector()), GraphTypeError, "inv takes matrices"),
    (lambda: T.linalg.det(T.dmatrix(shape=(2, 3))), ShapeError, "square matrices, not of 2 rows and 3 columns"),
    (lambda: T.linalg.solve(T.dmatrix(shape=(3, 3)), np.ones(2)), ShapeError, "do not fit right sides of 2 rows"),
    (lambda: T.linalg.qr(T.dmatrix(), "complete"), ArgumentError, "mode is 'reduced' or 'r'"),
    (lambda: T.linalg.svd(T.dmatrix(), full_matrices=True), ArgumentError, "not there"),
    (lambda: T.linalg.norm(T.dmatrix(), "l2"), ArgumentError, "'fro', 'nuc'"),
    (lambda: T.linalg.norm(T.dtensor3(), 1), ArgumentError, "one or two axes, not 3"),
    (lambda: T.linalg.matrix_power(T.dmatrix(), 0.5), GraphTypeError, "an exponent is an integer"),
    (lambda: T.linalg.multi_dot([T.dmatrix()]), ArgumentError, "two or more matrices"),
    (lambda: T.linalg.block_diag(), ArgumentError, "no blocks"),
    (lambda: T.linalg.toeplitz(T.dmatrix()), GraphTypeError, "toeplitz takes vectors"),
    (lambda: slope_of_r(T.dmatrix(shape=(2, 3))), NotDifferentiableError, "at least as many rows as columns"),
])  # fmt: skip
def test_what_is_refused(call, error, says):
    """By the function's name, while the graph is built."""
    with pytest.raises(error, match=says):
        call()

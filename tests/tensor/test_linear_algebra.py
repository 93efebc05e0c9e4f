"""Linear algebra: NumPy's and SciPy's values, gradients by differences, stacks, and errors that name the matrix."""

import re

import numpy as np
import pytest
import scipy.linalg

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, MissingNameError, NotDifferentiableError, ShapeError

RNG = np.random.default_rng(17)
A, W = RNG.normal(size=(3, 3)) + 2 * np.eye(3), RNG.normal(size=(3, 2))
S = A @ A.T + np.eye(3)
STACK = 0.5 * RNG.normal(size=(2, 3, 3)) + 3 * np.eye(3)
TALL, WIDE, V = RNG.normal(size=(4, 2)), RNG.normal(size=(2, 4)), RNG.normal(size=3)
LOW = np.tril(A)
SPD = STACK @ np.swapaxes(STACK, -1, -2) + np.eye(3)


def triangular(a, b, **kwargs):
    return scipy.linalg.solve_triangular(a, b, **kwargs)


REAL = 0.3 * RNG.normal(size=(2, 3, 3)) + np.diag([1.0, 3.0, 5.0])
POLY = RNG.normal(size=6)


def each(f, stack, *others):
    """A function of SciPy's on every matrix of a stack."""
    return np.stack([f(a, *(x[i] for x in others)) for i, a in enumerate(stack)])


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
    "expm": ((A,), {}, scipy.linalg.expm(A)),
    "expm of a stack": ((STACK,), {}, each(scipy.linalg.expm, STACK)),
    "sqrtm": ((SPD,), {}, each(scipy.linalg.sqrtm, SPD)),
    "logm": ((SPD,), {}, each(scipy.linalg.logm, SPD)),
    "solve_sylvester": ((A + 2 * np.eye(3), S, A), {}, scipy.linalg.solve_sylvester(A + 2 * np.eye(3), S, A)),
    "solve_sylvester of a stack": (
        (STACK, SPD, STACK), {}, each(scipy.linalg.solve_sylvester, STACK, SPD, STACK)
    ),
    "polar": ((TALL,), {}, scipy.linalg.polar(TALL)),
    "polar of squares": ((STACK[0],), {}, scipy.linalg.polar(STACK[0])),
    "polar left": ((WIDE, "left"), {}, scipy.linalg.polar(WIDE, "left")),
    "polar of a rotation": ((np.eye(3)[::-1].copy(),), {}, (np.eye(3)[::-1], np.eye(3))),
    "eig": ((REAL[0],), {}, np.linalg.eig(REAL[0])),
    "eig of a stack": ((REAL,), {}, np.linalg.eig(REAL)),
    "eigvals": ((REAL,), {}, np.linalg.eigvals(REAL)),
    "cho_factor": ((S,), {}, (np.linalg.cholesky(S).T, False)),
    "eigh_tridiagonal": ((V, W[:2, 0]), {"eigvals_only": True}, scipy.linalg.eigh_tridiagonal(V, W[:2, 0], True)),
    "matrix_norm": ((STACK,), {"ord": "nuc"}, np.linalg.matrix_norm(STACK, ord="nuc")),
    "matrix_norm kept": ((STACK,), {"keepdims": True}, np.linalg.matrix_norm(STACK, keepdims=True)),
    "vector_norm": ((STACK,), {"ord": 3}, np.linalg.vector_norm(STACK, ord=3)),
    "vector_norm of axes": (
        (STACK,), {"ord": 1, "axis": (2, 0), "keepdims": True},
        np.linalg.vector_norm(STACK, ord=1, axis=(2, 0), keepdims=True),
    ),
    "vector_norm of one axis": ((STACK,), {"axis": 1}, np.linalg.vector_norm(STACK, axis=1)),
    "tensorinv": ((A.reshape(3, 1, 3), 1), {}, np.linalg.tensorinv(A.reshape(3, 1, 3), 1)),
    "circulant": ((V,), {}, scipy.linalg.circulant(V)),
    "companion": ((POLY,), {}, scipy.linalg.companion(POLY)),
    "fiedler": ((V,), {}, scipy.linalg.fiedler(V)),
    "hankel": ((V,), {}, scipy.linalg.hankel(V)),
    "hankel of both": ((V, POLY), {}, scipy.linalg.hankel(V, POLY)),
    "leslie": ((V, W[:2, 0]), {}, scipy.linalg.leslie(V, W[:2, 0])),
    **{
        f"convolution_matrix {mode} {n}": ((V, n, mode), {}, scipy.linalg.convolution_matrix(V, n, mode))
        for mode in ("full", "same", "valid")
        for n in (2, 5)
    },
    "cho_solve": ((np.linalg.cholesky(S), W), {}, np.linalg.solve(S, W)),
}  # fmt: skip
CASES["lstsq"] = (CASES["lstsq"][0], {}, np.linalg.lstsq(*CASES["lstsq"][0])[0])


def flat(made):
    """The tensors of a result."""
    return [one for one in made if not isinstance(one, bool)] if isinstance(made, tuple) else [made]


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


@pytest.mark.says_backend
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


@pytest.mark.numpy_alone
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


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 3, 3)])
def test_triangular_and_orthogonal_factors(shape):
    """lu is SciPy's; schur and hessenberg make the matrix."""
    a = RNG.normal(size=shape)
    x = T.tensor("float64", (None,) * len(shape))
    for made, expected in zip(sd.function([x], list(T.linalg.lu(x)))(a), scipy.linalg.lu(a), strict=True):
        np.testing.assert_allclose(made, expected, atol=1e-13)
    for made, expected in zip(
        sd.function([x], list(T.linalg.lu(x, True)))(a), scipy.linalg.lu(a, permute_l=True), strict=True
    ):
        np.testing.assert_allclose(made, expected, atol=1e-13)
    if shape[-1] == shape[-2]:
        for form, q in (T.linalg.schur(x), T.linalg.hessenberg(x, calc_q=True)):
            made, zeros = sd.function([x], [T.matmul(T.matmul(q, form), T.swapaxes(q, -1, -2)), T.tril(form, -2)])(a)
            np.testing.assert_allclose(made, a, atol=1e-12)
            assert not zeros.any()


@pytest.mark.parametrize("trans", [0, 1])
def test_systems_by_factors(trans):
    """lu_solve takes what lu_factor gives, and SciPy's; with gradients to order 2 through both."""
    expected = scipy.linalg.lu_solve(scipy.linalg.lu_factor(A), W, trans)
    x = T.dmatrix(shape=(3, 3))
    packed, pivots = T.linalg.lu_factor(x)
    given, own, made = sd.function([x], [packed, pivots, T.linalg.lu_solve((packed, pivots), W, trans)])(A)
    np.testing.assert_allclose(given, scipy.linalg.lu_factor(A)[0], atol=1e-13)
    np.testing.assert_array_equal(own, scipy.linalg.lu_factor(A)[1])
    np.testing.assert_allclose(made, expected, atol=1e-13)
    from_scipy = T.linalg.lu_solve(tuple(map(T.constant, scipy.linalg.lu_factor(A))), V, trans).eval()
    np.testing.assert_allclose(from_scipy, np.linalg.solve(A.T if trans else A, V), atol=1e-13)
    with sd.config.change(backend="numpy"):
        sd.verify_grad(lambda a, b: T.linalg.lu_solve(T.linalg.lu_factor(a), b, trans), [A, W])


def test_products_with_orthonormal_columns():
    """qr_multiply is SciPy's, but for signs; eigh_tridiagonal's vectors make the matrix."""
    for mode, c in (("right", TALL.T), ("left", WIDE[:, :2])):
        made = [x.eval() for x in T.linalg.qr_multiply(TALL, c, mode)]
        for one, expected in zip(made, scipy.linalg.qr_multiply(TALL, c, mode), strict=True):
            np.testing.assert_allclose(abs(one), abs(expected), atol=1e-13)
    values, vectors = T.linalg.eigh_tridiagonal(V, W[:2, 0])
    whole = np.diag(V) + np.diag(W[:2, 0], 1) + np.diag(W[:2, 0], -1)
    np.testing.assert_allclose(T.matmul(vectors * values, vectors.T).eval(), whole, atol=1e-13)


@pytest.mark.parametrize(("name", "args"), [
    ("hadamard", (8,)), ("helmert", (5,)), ("helmert", (5, True)), ("hilbert", (6,)), ("invhilbert", (6,)),
    *[(name, (9, kind)) for name in ("pascal", "invpascal") for kind in ("symmetric", "lower", "upper")],
    ("pascal", (34,)), ("invpascal", (32,)), ("fiedler_companion", (POLY,)), ("fiedler_companion", (POLY[:5],)),
    ("fiedler_companion", (POLY[:3],)),
])  # fmt: skip
def test_named_matrices(name, args):
    """SciPy's, in floatX or whole numbers."""
    with sd.config.change(floatX="float64"):
        made = getattr(T.linalg, name)(*args)
        np.testing.assert_allclose(made.eval(), getattr(scipy.linalg, name)(*args), rtol=1e-15)


@pytest.mark.parametrize("scale", [None, "sqrtn", "n"])
def test_fouriers_matrix(scale):
    """SciPy's, as pairs; by it a vector becomes its transform."""
    with sd.config.change(floatX="float64"):
        made = T.linalg.dft(5, scale).eval()
    np.testing.assert_allclose(made[..., 0] + 1j * made[..., 1], scipy.linalg.dft(5, scale), atol=1e-15)
    if scale is None:
        signal = np.stack([POLY[:5], 0 * POLY[:5]], -1)
        np.testing.assert_allclose(np.einsum("jkp,k->jp", made, POLY[:5]), T.fft.fft(signal).eval(), atol=1e-13)


def test_vmap_takes_stacks():
    """A function of one matrix over a batch is the function of the stack."""
    x = T.dtensor3()
    both = [sd.vmap(T.linalg.inv)(x), T.linalg.inv(x), sd.vmap(lambda a: T.linalg.solve(a, W))(x)]
    functions = (T.linalg.expm, T.linalg.sqrtm, T.linalg.logm, lambda a: T.linalg.lu(a)[2], T.linalg.eigvals)
    of_stacks = sd.function([x], [f(x) for f in functions])(REAL)
    for one, whole in zip(sd.function([x], [sd.vmap(f)(x) for f in functions])(REAL), of_stacks, strict=True):
        np.testing.assert_array_equal(one, whole)
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
    (T.linalg.sqrtm, np.stack([np.eye(2), -np.eye(2)]), "matrix [1] of [2] has no real square root"),
    (T.linalg.logm, np.stack([np.eye(2), -np.eye(2)]), "matrix [1] of [2] has no real logarithm"),
    (T.linalg.logm, SINGULAR, "matrix [1] of [2] has no logarithm: it is singular"),
    (T.linalg.logm, np.full((2, 2), np.nan), "the matrix has no logarithm: it holds NaN"),
    (T.linalg.eigvals, np.stack([np.eye(2), [[0, 1], [-1, 0]]]), "matrix [1] of [2] has complex eigenvalues, one of"),
    (T.linalg.eigvals, np.full((2, 2), np.nan), "the matrix is not decomposed"),
    (lambda a: T.linalg.schur(a)[0], np.full((2, 2), np.nan), "the matrix holds NaN"),
    (lambda a: T.linalg.solve_sylvester(a, -a, a), np.eye(2), "the matrix belongs to an equation without a unique"),
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
    (lambda: T.linalg.expm(T.dmatrix(shape=(2, 3))), ShapeError, "square matrices, not of 2 rows"),
    (lambda: T.linalg.solve_sylvester(np.eye(2), np.eye(3), np.eye(2)), ShapeError, "b, of shape .3, 3., does not fit"),
    (lambda: T.linalg.lu_solve(T.dmatrix(), V), ArgumentError, "the first argument is what lu_factor gives"),
    (lambda: T.linalg.lu_solve((T.dmatrix(), V), V), GraphTypeError, "pivots of .* are integers"),
    (lambda: T.linalg.polar(T.dmatrix(), "up"), ArgumentError, "side is 'right' or 'left'"),
    (lambda: T.linalg.hadamard(6), ArgumentError, "a power of 2, not 6"),
    (lambda: T.linalg.pascal(35), ArgumentError, "between 1 and 34"),
    (lambda: T.linalg.pascal(3, "middle"), ArgumentError, "kind is 'symmetric'"),
    (lambda: T.linalg.leslie(V, V), ShapeError, "one element less"),
    (lambda: T.linalg.companion(V[:1]), ShapeError, "at least 2"),
    (lambda: T.linalg.convolution_matrix(V, 2, "half"), ArgumentError, "'full', 'same' or 'valid'"),
    (lambda: T.linalg.tensorinv(T.dmatrix()), ArgumentError, "leaves no axes on one side"),
    (lambda: T.linalg.funm, MissingNameError, "has expm, logm, sqrtm"),
    (lambda: T.linalg.dft(0), ArgumentError, "between 1 and"),
    (lambda: T.linalg.dft(3, "m"), ArgumentError, "scale is None, 'sqrtn' or 'n'"),
    (lambda: T.linalg.qr(T.dmatrix(), "economical"), ArgumentError, "mode is 'reduced', 'complete', 'r' or"),
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


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("shape", [(4, 2), (2, 4), (2, 5, 3), (3, 3)])
def test_slopes_of_triangular_factors(shape, known):
    """Tall and wide matrices, and those of which nothing is known before; by each factor, and by both."""
    a = RNG.normal(size=shape)
    x = T.tensor("float64", shape if known else (None,) * len(shape))
    _, lower, upper = T.linalg.lu(x)
    costs = [T.sin(lower).sum(), T.cos(upper).sum(), T.sin(lower).sum() * (upper**2).sum()]
    along = RNG.normal(size=shape)
    f = sd.function([x], costs)
    slopes = sd.function([x], [sd.grad(cost, x) for cost in costs])(a)
    after, before = f(a + 1e-6 * along), f(a - 1e-6 * along)
    for slope, high, low in zip(slopes, after, before, strict=True):
        np.testing.assert_allclose((slope * along).sum(), (high - low) / 2e-6, rtol=1e-6, atol=1e-7)


def test_the_derivative_of_the_exponential():
    """SciPy's, also of stacks, alone and beside the exponential; it has slopes itself."""
    expected = scipy.linalg.expm_frechet(A, S)
    for made, value in zip(T.linalg.expm_frechet(T.constant(A), S), expected, strict=True):
        np.testing.assert_allclose(made.eval(), value, rtol=1e-12)
    alone = T.linalg.expm_frechet(T.constant(STACK), SPD, compute_expm=False).eval()
    np.testing.assert_allclose(alone, [scipy.linalg.expm_frechet(*pair)[1] for pair in zip(STACK, SPD, strict=True)])
    sd.verify_grad(lambda a, e: T.linalg.expm_frechet(a, e)[1], [0.3 * A, 0.3 * S])
    with pytest.raises(GraphTypeError, match="a and e have one shape"):
        T.linalg.expm_frechet(T.constant(STACK), A)
    with pytest.raises(ShapeError):
        T.linalg.expm_frechet(T.constant(A), np.eye(2))

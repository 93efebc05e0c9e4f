"""Functions of the modules below ``theano.tensor``, with the values and errors of Theano 1.0.5 as literals."""

from __future__ import annotations

import numpy as np
import pytest

import symdrop.theano as theano
import symdrop.theano.tensor as T
from symdrop.theano.tensor import nlinalg, slinalg
from symdrop.theano.tensor.opt import Assert, make_vector

MATRIX = np.array([[2.0, 0.0], [1.0, 1.0]])


def value(expression, **values):
    """A list of the value where the inputs of these names have these values."""
    leaves = {one.name: one for one in theano.gof.graph.inputs([expression])}
    return expression.eval({leaves[name]: np.asarray(given) for name, given in values.items()}).tolist()


def test_decompositions_that_numpy_makes():
    x = T.matrix("x")
    assert [value(one, x=MATRIX) for one in nlinalg.eig(x)] == [
        [1.0, 2.0],
        pytest.approx(np.array([[0.0, 0.7071067811865475], [1.0, 0.7071067811865475]])),
    ]
    raw, scales = (value(one, x=MATRIX) for one in nlinalg.qr(x, "raw"))
    np.testing.assert_allclose(
        raw, [[-2.23606797749979, 0.2360679774997897], [-0.4472135954999579, 0.8944271909999159]]
    )
    np.testing.assert_allclose(scales, [1.8944271909999157, 0.0])
    solved = nlinalg.lstsq()(x, T.constant([[6.0], [0.0], [0.0]]), T.constant(1e-9))
    solution, rest, rank, singular = (value(one, x=[[1.0, 0], [1, 1], [1, 2]]) for one in solved)
    np.testing.assert_allclose(np.ravel(solution), [5, -3])
    np.testing.assert_allclose(singular, [2.6762431989952598, 0.9152717300515844])
    assert rank == 2 and rest == pytest.approx([6.0])
    with pytest.raises(np.linalg.LinAlgError, match="singular"):
        nlinalg.matrix_inverse(x).eval({x: np.zeros((2, 2))})


def test_ops_of_matrices_by_their_classes():
    """Scripts make the ops behind det, matrix_inverse and pinv."""
    x = T.matrix("x")
    assert float(value(nlinalg.Det()(x), x=[[2.0, 1.0], [0.0, 3.0]])) == 6
    np.testing.assert_allclose(value(nlinalg.MatrixInverse()(x), x=[[2.0, 0.0], [0.0, 4.0]]), [[0.5, 0], [0, 0.25]])
    np.testing.assert_allclose(
        value(nlinalg.MatrixPinv()(x), x=[[2.0, 0.0], [0.0, 0.0]]), [[0.5, 0], [0, 0]], atol=1e-12
    )


def test_cholesky_may_answer_nan():
    """Where no matrix is wrong the factor and the gradient are those of a decomposition that raises."""
    x = T.matrix("x")
    quiet, loud = (slinalg.Cholesky(on_error=reaction)(x) for reaction in ("nan", "raise"))
    f = theano.function([x], [quiet, T.grad(quiet.sum(), x)])
    assert all(np.isnan(one).all() for one in f(-MATRIX))
    definite = MATRIX @ MATRIX.T
    for got, wanted in zip(f(definite), theano.function([x], [loud, T.grad(loud.sum(), x)])(definite), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-12)
    with pytest.raises(np.linalg.LinAlgError):
        loud.eval({x: -MATRIX})


def test_triangles_of_symmetric_matrices():
    """Eigenvalues look at one triangle, as SciPy does."""
    x, right = T.matrix("x"), np.array([[2.0, 9.0], [1.0, 3.0]])
    np.testing.assert_allclose(value(slinalg.eigvalsh(x, right), x=MATRIX), [0.2, 1.0])
    upper = slinalg.eigvalsh(x, np.array([[2.0, 0.5], [9.0, 3.0]]), lower=False)
    np.testing.assert_allclose(value(upper, x=MATRIX), [0.32672689677223615, 1.0645774510538506])
    np.testing.assert_allclose(
        value(slinalg.eigvalsh(x, T.NoneConst), x=MATRIX), np.linalg.eigvalsh(MATRIX), rtol=1e-12
    )


def test_kronecker_products_of_other_ranks():
    v, x, cube = T.vector("v"), T.matrix("x"), np.arange(8.0).reshape(2, 2, 2)
    assert value(slinalg.kron(v, x), v=[1.0, 2.0], x=MATRIX) == [2, 0, 4, 0, 1, 1, 2, 2]
    made = slinalg.kron(x, cube).eval({x: MATRIX})
    assert made.shape == (4, 4, 2) and made.sum(0).tolist() == [[12, 18], [24, 30], [4, 6], [8, 10]]


def test_sorting_along_a_variable_axis():
    x, k = T.matrix("x"), T.lscalar("k")
    assert value(T.sort(x, k), x=MATRIX, k=0) == [[1, 0], [2, 1]]
    assert value(T.argsort(x, k), x=MATRIX, k=-1) == [[1, 0], [0, 1]]
    assert value(T.sort(x, T.scalar("f")), x=MATRIX, f=1.0) == [[0, 2], [1, 1]]


def test_choices_along_the_first_axis():
    i, x = T.ivector("i"), T.matrix("x")
    for mode, places, chosen in (("raise", [0, 1], [2, 1]), ("wrap", [2, -1], [2, 1]), ("clip", [5, -3], [1, 0])):
        assert value(T.choose(i, x, mode=mode), i=np.array(places, "int32"), x=MATRIX) == chosen
    assert T.choose(T.iscalar("k"), T.col("c")).broadcastable == (True,)
    with pytest.raises(TypeError, match="takes integers"):
        T.choose(T.vector("v"), x)


def test_permutations_of_one_row_and_of_several():
    v, p = T.vector("v"), T.imatrix("p")
    orders = np.array([[2, 0, 1], [0, 2, 1]], "int32")
    assert value(T.permute_row_elements(v, p), v=[5.0, 6, 7], p=orders) == [[7, 5, 6], [5, 7, 6]]


def test_tiles_by_a_vector_of_counts():
    v, r = T.vector("v"), T.ivector("r")
    made = T.tile(v, r, 2)
    assert value(made, v=[1.0, 2], r=np.array([2], "int32")) == [[1, 2, 1, 2]]
    assert value(made, v=[1.0, 2], r=np.array([2, 1], "int32")) == [[1, 2], [1, 2]]
    with pytest.raises(AssertionError, match="more counts"):
        value(made, v=[1.0, 2], r=np.array([2, 1, 1], "int32"))


def test_bessel_functions_of_an_order():
    v = T.vector("v")
    for function, values, slopes in (
        (T.jv, [0.09170169962565139, 0.49129377868716273], [0.26586869105757444, 0.14454580254645616]),
        (T.iv, [0.09640347383401678, 1.0994731886331102], [0.29878266528836617, 1.2216319716142225]),
    ):
        np.testing.assert_allclose(value(function(1.5, v), v=[0.5, 2.0]), values, rtol=1e-12)
        np.testing.assert_allclose(value(T.grad(function(1.5, v).sum(), v), v=[0.5, 2.0]), slopes, rtol=1e-12)


def test_numbers_that_variables_are_known_to_be():
    known, v = T.stack([T.iscalar("k"), 2, 3]), T.vector("v")
    fixed = known[1], known[2], T.second(v, T.constant(5)), Assert()(T.constant(2), T.constant(1)), make_vector(1, 4)[1]
    assert [int(T.get_scalar_constant_value(one)) for one in fixed] == [2, 3, 5, 2, 4]
    for unknown in (known[0], v[0], Assert()(T.constant(2), T.constant(0)), np.array([0, 1])):
        with pytest.raises(T.NotScalarConstantError):
            T.get_scalar_constant_value(unknown)
    with pytest.raises(T.EmptyConstantError):
        T.get_scalar_constant_value(np.array([]))
    copied = T.extract_constant(T.constant(3))
    copied += 1
    assert copied == 4 and T.extract_constant(T.constant(3)) == 3 and T.extract_constant(v) is v


def test_assertions_hold_when_running():
    x = T.scalar("x")
    checked = Assert("x is positive")(x, x > 0)
    assert value(checked, x=2.0) == 2 and T.grad(checked**2, x).eval({x: 3.0}) == 6
    with pytest.raises(AssertionError, match="x is positive"):
        checked.eval({x: -2.0})
    with pytest.raises(AssertionError):
        value(T.bincount(T.ivector("i"), assert_nonneg=True), i=np.array([-1], "int32"))


def test_what_stays_itself_and_what_is_called_how():
    x, m = T.vector("x"), T.matrix("m")
    assert T.concatenate([m], axis=1) is m and T.patternbroadcast(m, ()) is m
    assert T.transpose(m).name == "m.T" and T.transpose(x).name == "x.T" and x.name == "x"
    assert T.vector(dtype="float16").var().dtype == T.vector(dtype="float16").std().dtype == "float16"
    assert value(T.advanced_inc_subtensor(m, 1.0, [0, 0], [1, 1]), m=MATRIX) == [[2, 2], [1, 1]]


X, V = T.matrix("x"), T.vector("v")


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda: T.flatten(X, 3), ValueError), (lambda: T.flatten(X, 0), ValueError),
        (lambda: T.addbroadcast(X, 2), ValueError), (lambda: T.tensordot(X, X, (0, 1, 2)), ValueError),
        (lambda: T.as_tensor_variable(X, ndim=1), ValueError), (lambda: T.nonzero(T.scalar()), ValueError),
        (lambda: T.flatnonzero(T.scalar()), ValueError), (lambda: T.tile(X, [1, 2, 3], 1), ValueError),
        (lambda: T.tile(X, 2.5), ValueError), (lambda: T.tile(X, T.ivector()), ValueError),
        (lambda: nlinalg.norm(3, None), ValueError), (lambda: nlinalg.norm([2, 1], "fro"), ValueError),
        (lambda: nlinalg.norm(np.zeros((2, 2, 2)), None), NotImplementedError),
        (lambda: T.inc_subtensor(V[T.lvector()], X), TypeError), (lambda: slinalg.kron(V, V), TypeError),
        (lambda: T.fft.irfft(T.tensor3(), is_odd=123), ValueError),
    ],
)  # fmt: skip
def test_errors_are_of_theanos_kind(call, kind):
    with pytest.raises(kind):
        call()


def test_an_application_stands_for_its_default_output():
    class Two(theano.Op):
        default_output: object = 1

        def make_node(self, x):
            return theano.Apply(self, [x], [x.type(), x.type()])

    op = Two()
    assert T.as_tensor_variable(op.make_node(V)).index == 1
    for wrong in (None, 2, -1, [0, 1]):
        op.default_output = wrong
        with pytest.raises(AttributeError):
            T.as_tensor_variable(op.make_node(V))

"""Softmax, costs and activations: values against SciPy, and finite wherever the mathematics is."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.special

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import GraphTypeError, IndexingError, ShapeError
from tests.helpers.derivatives import check_derivatives

HUGE = np.array([[1000.0, -1000.0, 0.0], [-1000.0, 999.0, 1000.0], [-1000.0, -1000.0, -1000.0]])
CLASSES = np.array([1, 0, 2])
ONE_HOT = np.eye(3)[CLASSES]


def value_and_gradient(build, x, *others):
    """The value of a cost with one input, and the gradient of its sum."""
    leaf = T.tensor(dtype=x.dtype, shape=(None,) * x.ndim, name="x")
    cost = build(leaf, *others)
    return sd.function([leaf], [cost, sd.grad(cost.sum(), leaf)])(x)


@pytest.mark.parametrize("axis", [-1, 0, 1, -3])
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_of_any_rank_along_any_axis(name, axis):
    # Only Theano's old names read a vector as a row and refuse three axes; here every rank is alike.
    x = np.random.default_rng(0).uniform(-2, 2, (2, 3, 4))
    found = getattr(T.nnet, name)(T.constant(x), axis=axis).eval()
    np.testing.assert_allclose(found, getattr(scipy.special, name)(x, axis=axis), rtol=1e-14)
    check_derivatives(lambda node: getattr(T.nnet, name)(node, axis=axis), [x], order=2)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_softmax_of_huge_numbers(dtype):
    # The largest element is subtracted first: no overflow, and full precision among what is left.
    x = HUGE.astype(dtype)
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(T.nnet.softmax(x).eval(), scipy.special.softmax(HUGE, axis=-1), rtol=4 * eps)
    np.testing.assert_allclose(T.nnet.log_softmax(x).eval(), scipy.special.log_softmax(HUGE, axis=-1), rtol=4 * eps)
    assert T.nnet.softmax(x).eval().dtype == dtype


def test_softmax_of_no_elements_and_of_integers():
    assert T.nnet.softmax(T.constant(np.zeros((2, 0)))).eval().shape == (2, 0)
    assert T.nnet.softmax(T.constant([1, 2])).dtype == "float32"
    assert T.nnet.logsoftmax is T.nnet.log_softmax


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("targets", [CLASSES, ONE_HOT, CLASSES.astype("uint8"), ONE_HOT.astype("int64"), ONE_HOT > 0])
@pytest.mark.parametrize("from_logits", [False, True])
def test_categorical_crossentropy_is_stable(dtype, targets, from_logits):
    # The wrong class at distance 2000 costs 2000, and its gradient still says which way to go.
    def cost(x):
        if from_logits:
            return T.nnet.softmax_crossentropy(x, targets)
        return T.nnet.categorical_crossentropy(T.nnet.softmax(x), targets)

    found, gradient = value_and_gradient(cost, HUGE.astype(dtype))
    tolerance = 4 * np.finfo(dtype).eps * 1000
    expected = -scipy.special.log_softmax(HUGE, axis=-1)[np.arange(3), CLASSES]
    assert np.max(np.abs(found - expected)) <= tolerance
    assert np.max(np.abs(gradient - (scipy.special.softmax(HUGE, axis=-1) - ONE_HOT))) <= tolerance
    if targets.dtype.kind != "f":
        # Classes, whatever integers they come as, do not widen the cost.
        assert found.dtype == dtype


@pytest.mark.parametrize("targets", [np.array(2), np.array([[0, 2], [1, 1]])])
def test_categorical_crossentropy_of_other_ranks(targets):
    # A single distribution with one class, and a class for every position of every sequence.
    p = scipy.special.softmax(np.random.default_rng(0).uniform(-1, 1, (*targets.shape, 3)), axis=-1)
    found = T.nnet.categorical_crossentropy(T.constant(p), targets).eval()
    expected = -np.log(np.take_along_axis(p, targets[..., None], -1)[..., 0])
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_targets_must_fit_the_rows():
    p, y = T.matrix("p"), T.ivector("y")
    cost = sd.function([p, y], T.nnet.categorical_crossentropy(p, y))
    rows = np.full((3, 2), 0.5, "float32")
    # A single target must not be stretched over all rows, as NumPy's indexing would.
    with pytest.raises(ShapeError, match="was declared to have size 3"):
        cost(rows, np.array([0], "int32"))
    with pytest.raises(IndexError):
        cost(rows, np.array([0, 2, 0], "int32"))
    with pytest.raises(ShapeError, match=r"y: int32\[4\]"):
        T.nnet.categorical_crossentropy(T.matrix("p", shape=(3, 2)), T.tensor(dtype="int32", shape=(4,), name="y"))
    for wrong in (T.vector("y"), T.scalar("y"), T.tensor3("y")):
        with pytest.raises(GraphTypeError, match="targets are integers with one axis less"):
            T.nnet.categorical_crossentropy(p, wrong)
    with pytest.raises(IndexingError):
        T.nnet.softmax(T.scalar("x"))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_binary_crossentropy_of_sigmoid_is_stable(dtype):
    # log(1 - sigmoid(x)) = -softplus(x): 1000 where the written-out formula has log(0).
    t = (HUGE > 0).astype("int64")[::-1].copy()
    found, gradient = value_and_gradient(
        lambda x: T.nnet.binary_crossentropy(T.nnet.sigmoid(x), t), HUGE.astype(dtype)
    )
    expected = np.logaddexp(0, HUGE) - t * HUGE
    assert found.dtype == dtype
    assert np.max(np.abs(found - expected)) <= 4 * np.finfo(dtype).eps * 1000
    np.testing.assert_allclose(gradient, scipy.special.expit(HUGE) - t, atol=4 * np.finfo(dtype).eps)


def test_binary_crossentropy_of_probabilities():
    p, t = np.array([0.1, 0.5, 0.9]), np.array([0.0, 0.3, 1.0])
    found = T.nnet.binary_crossentropy(T.constant(p), t).eval()
    np.testing.assert_allclose(found, -(t * np.log(p) + (1 - t) * np.log(1 - p)), rtol=1e-14)


ACTIVATIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0))),
    "gelu": lambda x: x * scipy.special.ndtr(x),
    "silu": lambda x: x * scipy.special.expit(x),
    "softplus": lambda x: np.logaddexp(0, x),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "hard_sigmoid": lambda x: np.clip(0.2 * x + 0.5, 0, 1),
    "sigmoid": scipy.special.expit,
    "tanh": np.tanh,
}


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_activations(name, dtype):
    """Values everywhere, and gradients that stay finite where a branch not taken would overflow."""
    x = np.array([-1000.0, -30.0, -1.5, -0.1, 0.1, 1.5, 30.0, 1000.0]).astype(dtype)
    found, gradient = value_and_gradient(getattr(T.nnet, name), x)
    assert found.dtype == gradient.dtype == dtype
    np.testing.assert_allclose(found, ACTIVATIONS[name](x.astype("float64")), rtol=1e-6, atol=1e-7)
    assert np.isfinite(gradient).all()
    if dtype == "float64":
        check_derivatives(getattr(T.nnet, name), [np.array([-1.5, -0.1, 0.1, 1.5])], order=2)


def test_the_approximate_gelu():
    """Its formula (Hendrycks and Gimpel), near to the exact one."""
    x = np.linspace(-6, 6, 101)
    found, slope = value_and_gradient(lambda x: T.nnet.gelu(x, approximate=True), x)
    expected = 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)
    assert abs(found - ACTIVATIONS["gelu"](x)).max() < 5e-4 and np.isfinite(slope).all()
    check_derivatives(lambda x: T.nnet.gelu(x, approximate=True), [np.array([-1.5, -0.1, 0.1, 1.5])], order=2)


def test_derivatives_at_the_kink():
    # relu'(0) = 0, as PyTorch and JAX have it; the others continue the left side.
    for build, slope in (
        (T.nnet.relu, 0),
        (lambda x: T.nnet.relu(x, 0.25), 0.25),
        (lambda x: T.nnet.elu(x, 0.5), 0.5),
    ):
        assert value_and_gradient(build, np.array([0.0]))[1] == slope


def test_slopes_may_be_learned():
    # A symbolic alpha makes a parametric rectifier, with a gradient of its own.
    alpha = T.dscalar("alpha")
    cost = T.sum(T.nnet.relu(T.constant([-2.0, 3.0], dtype="float64"), alpha))
    assert sd.grad(cost, alpha).eval({alpha: 0.1}) == -2
    assert math.isclose(cost.eval({alpha: 0.1}), 2.8)


BACK_ENDS = pytest.mark.parametrize("backend", ["native", "numpy"])
COSTS = pytest.mark.parametrize(
    "cost",
    [T.nnet.softmax_crossentropy, lambda z, y, **more: T.nnet.categorical_crossentropy(T.nnet.softmax(z), y, **more)],
)


@BACK_ENDS
@COSTS
@pytest.mark.parametrize("dtype", ["int8", "int32", "int64"])
def test_a_label_that_is_no_class_is_refused(backend, cost, dtype):
    # As an index -1 would be the last class: everybody's padding, trained silently. In the gradient alone, too.
    z, y = T.dmatrix("z"), T.tensor(dtype, (None,), "y")
    value = cost(z, y).sum()
    for output in (value, sd.grad(value, z), cost(z, y)):
        f = sd.function([z, y], output, backend=backend)
        assert np.isfinite(f(np.zeros((3, 3)), np.array([0, 2, 1], dtype))).all()
        for bad in (-1, -3, 3, -128):
            with pytest.raises(IndexError, match=f"class label of 'y' .* is {bad} at position 1, which is not a class"):
                f(np.zeros((3, 3)), np.array([0, bad, 1], dtype))


@COSTS
def test_labels_of_other_kinds(cost):
    # Constants are refused while building, many classes fit small dtypes, and positions are those of the labels.
    z = T.dmatrix("z")
    with pytest.raises(IndexError, match=r"is -1 at position 1, which is not a class from 0 to 2 .*made at test_nnet"):
        cost(T.tensor("float64", (None, 3), "z"), [0, -1])
    with pytest.raises(IndexError, match="is 7 at position 0"):
        cost(z, np.array([7, 0])).eval({z: np.zeros((2, 3))})
    wide = T.tensor("float32", (None, 1000), "wide")
    y = T.tensor("int8", (None,), "y")
    assert cost(wide, y).eval({wide: np.zeros((2, 1000), "float32"), y: np.array([0, 127], "int8")}).shape == (2,)
    cube, labels = T.tensor("float64", (None, None, 3), "cube"), T.lmatrix("labels")
    with pytest.raises(IndexError, match=r"is -2 at position \(1, 0\)"):
        cost(cube, labels).eval({cube: np.zeros((2, 2, 3)), labels: [[0, 1], [-2, 0]]})
    u = T.tensor("uint64", (None,), "u")
    with pytest.raises(IndexError, match="is 18446744073709551615 at position 0"):
        cost(z, u).eval({z: np.zeros((1, 3)), u: np.array([2**64 - 1], "uint64")})
    assert np.asarray(cost(T.dvector("v"), 1).ndim) == 0


@BACK_ENDS
@COSTS
@pytest.mark.parametrize("ignored", [-1, -100, 1])
def test_ignored_labels_cost_nothing(backend, cost, ignored):
    # PyTorch's meaning: no cost and no gradient, while every other label outside the classes is still refused.
    z, y = T.dmatrix("z"), T.ivector("y")
    each = cost(z, y, ignore_index=ignored)
    f = sd.function([z, y], [each, sd.grad(each.sum(), z)], backend=backend)
    logits = np.array([[1, 2, 0.5], [0.1, 3, -1], [2, 2, 2.5]])
    labels = np.array([0, ignored, 2], "int32")
    costs, slopes = f(logits, labels)
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    counts = labels != ignored
    expected = np.where(counts, -np.log(p[np.arange(3), np.where(counts, labels, 0)]), 0)
    np.testing.assert_allclose(costs, expected, rtol=1e-12)
    np.testing.assert_allclose(slopes, (p - np.eye(3)[np.where(counts, labels, 0)]) * counts[:, None], atol=1e-12)
    assert costs[1] == 0 and not slopes[1].any()
    with pytest.raises(IndexError, match="is -7 at position 0"):
        f(logits, np.array([-7, ignored, 0], "int32"))


@BACK_ENDS
@COSTS
def test_weights_of_classes_and_smoothed_targets(backend, cost):
    # PyTorch's meaning, for labels and for distributions: a class's weight times its share of the target.
    rng = np.random.default_rng(2)
    logits, labels, weights, share = rng.normal(size=(4, 3)), np.array([0, 2, -1, 1]), np.array([0.5, 2.0, 1.0]), 0.2
    z, y, t, w, s = T.dmatrix("z"), T.lvector("y"), T.dmatrix("t"), T.dvector("w"), T.dscalar("s")
    each = cost(z, y, ignore_index=-1, weights=w, smoothing=s), cost(z, t, weights=w, smoothing=s)
    f = sd.function([z, y, t, w, s], [*each, sd.grad(each[0].sum(), z)], backend=backend)
    target = np.eye(3)[labels]
    logs = scipy.special.log_softmax(logits, -1)
    smooth = weights * ((1 - share) * target + share / 3)
    counts = labels >= 0
    by_labels, by_targets, slopes = f(logits, labels, target, weights, share)
    np.testing.assert_allclose(by_targets, -(smooth * logs).sum(-1), rtol=1e-12)
    np.testing.assert_allclose(by_labels, by_targets * counts, rtol=1e-12)
    expected = (np.exp(logs) * smooth.sum(-1, keepdims=True) - smooth) * counts[:, None]
    np.testing.assert_allclose(slopes, expected, atol=1e-12)
    for wrong in (z, 2.0):
        with pytest.raises(ShapeError, match="weights are a vector, one for each class"):
            cost(z, y, weights=wrong)
    with pytest.raises(ShapeError):
        cost(T.dmatrix(shape=(4, 3)), y, weights=[1.0, 2.0])


def test_wrong_ignore_index():
    # A label is an integer, and distributions have none.
    z = T.dmatrix("z")
    for wrong in (0.5, "1", True, [1]):
        with pytest.raises(GraphTypeError, match="ignore_index is a label, an integer"):
            T.nnet.softmax_crossentropy(z, T.ivector("y"), ignore_index=wrong)
    with pytest.raises(GraphTypeError, match="ignore_index=1 is a label"):
        T.nnet.softmax_crossentropy(z, T.dmatrix("y"), ignore_index=1)

"""Activations, normalisations and costs: torch's values and gradients where it is installed, and formulas of our own.

The formulas are the papers', written in NumPy, so that nothing depends on another library being there.
"""

import numpy as np
import pytest
import scipy.special

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, IndexingError, ShapeError
from tests.helpers.derivatives import check_derivatives

RNG = np.random.default_rng(3)
X, Y = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 4))
LABELS = np.array([1, 0, 3])
P = scipy.special.softmax(Y, -1)


def softplus(x):
    return np.logaddexp(0, x)


def one_by_one(x, y):
    """Cosines of rows."""
    return (x * y).sum(-1) / np.linalg.norm(x, axis=-1) / np.linalg.norm(y, axis=-1)


def huber(d, delta):
    return np.where(abs(d) <= delta, d**2 / 2, delta * (abs(d) - delta / 2))


def margins(x, labels, power):
    own = x[np.arange(len(x)), labels][:, None]
    cost = np.maximum(1 - own + x, 0) ** power
    cost[np.arange(len(x)), labels] = 0
    return cost.mean(-1)


# The expression, and its value by NumPy.
CASES = {
    "celu": (lambda x: T.nnet.celu(x, 0.7), np.where(X > 0, X, 0.7 * np.expm1(X / 0.7))),
    "mish": (T.nnet.mish, X * np.tanh(softplus(X))),
    "hard_tanh": (lambda x: T.nnet.hard_tanh(x, -0.4, 0.6), np.clip(X, -0.4, 0.6)),
    "relu6": (lambda x: T.nnet.relu6(5 * x), np.clip(5 * X, 0, 6)),
    "hard_silu": (T.nnet.hard_silu, X * np.clip(X + 3, 0, 6) / 6),
    "prelu": (lambda x: T.nnet.prelu(x, [0.1, 0.2, 0.3, 0.4]), np.where(X > 0, X, X * [0.1, 0.2, 0.3, 0.4])),
    "glu": (T.nnet.glu, X[:, :2] * scipy.special.expit(X[:, 2:])),
    "maxout": (lambda x: T.nnet.maxout(x, 2), X.reshape(3, 2, 2).max(-1)),
    "maxout of rows": (lambda x: T.nnet.maxout(x, 3, axis=0), X.max(0, keepdims=True)),
    "log_sigmoid": (T.nnet.log_sigmoid, scipy.special.log_expit(X)),
    "softmin": (lambda x: T.nnet.softmin(x, 0), scipy.special.softmax(-X, 0)),
    "soft_shrink": (T.nnet.soft_shrink, np.sign(X) * np.maximum(abs(X) - 0.5, 0)),
    "hard_shrink": (T.nnet.hard_shrink, np.where(abs(X) > 0.5, X, 0)),
    "tanh_shrink": (T.nnet.tanh_shrink, X - np.tanh(X)),
    "squareplus": (T.nnet.squareplus, (X + np.sqrt(X**2 + 4)) / 2),
    "threshold": (lambda x: T.nnet.threshold(x, 0.1, 7.0), np.where(X > 0.1, X, 7.0)),
    "standardize": (lambda x: T.nnet.standardize(x, 0, 0.0), (X - X.mean(0)) / X.std(0)),
    "layer_norm": (
        lambda x: T.nnet.layer_norm(x, [1.0, 2, 3, 4], 0.5),
        (X - X.mean(-1, keepdims=True)) / np.sqrt(X.var(-1, keepdims=True) + 1e-5) * [1, 2, 3, 4] + 0.5,
    ),
    "rms_norm": (T.nnet.rms_norm, X / np.sqrt((X**2).mean(-1, keepdims=True) + 1e-6)),
    "normalize": (T.nnet.normalize, X / np.linalg.norm(X, axis=-1, keepdims=True)),
    "squared_error": (lambda x: T.nnet.squared_error(x, Y), (X - Y) ** 2),
    "absolute_error": (lambda x: T.nnet.absolute_error(x, Y), abs(X - Y)),
    "huber": (lambda x: T.nnet.huber(x, Y, 0.6), huber(X - Y, 0.6)),
    "smooth_l1": (lambda x: T.nnet.smooth_l1(x, Y, 0.6), huber(X - Y, 0.6) / 0.6),
    "log_cosh": (lambda x: T.nnet.log_cosh(x, Y), np.log(np.cosh(X - Y))),
    "bce": (
        lambda x: T.nnet.binary_crossentropy_with_logits(x, P, 2.0),
        2 * P * softplus(-X) + (1 - P) * softplus(X),
    ),
    "hinge": (lambda x: T.nnet.hinge(x, np.sign(Y)), np.maximum(1 - np.sign(Y) * X, 0)),
    "multi_margin": (lambda x: T.nnet.multi_margin(x, LABELS), margins(X, LABELS, 1)),
    "multi_margin squared": (lambda x: T.nnet.multi_margin(x, LABELS, power=2), margins(X, LABELS, 2)),
    "kl_divergence": (
        lambda x: T.nnet.kl_divergence(T.nnet.log_softmax(x), P),
        P * (np.log(P) - scipy.special.log_softmax(X, -1)),
    ),
    "poisson_nll": (lambda x: T.nnet.poisson_nll(x, 2.0), np.exp(X) - 2 * X),
    "gaussian_nll": (lambda x: T.nnet.gaussian_nll(x, Y, x**2 + 1), (np.log(X**2 + 1) + (X - Y) ** 2 / (X**2 + 1)) / 2),
    "cosine_similarity": (lambda x: T.nnet.cosine_similarity(x, Y), one_by_one(X, Y)),
    "cosine": (lambda x: T.nnet.cosine(x, Y), 1 - one_by_one(X, Y)),
    "triplet": (
        lambda x: T.nnet.triplet(x, Y, P),
        np.maximum(np.linalg.norm(X - Y, axis=-1) - np.linalg.norm(X - P, axis=-1) + 1, 0),
    ),
    "focal": (
        lambda x: T.nnet.focal(x, LABELS),
        -((1 - scipy.special.softmax(X, -1)) ** 2 * scipy.special.log_softmax(X, -1))[np.arange(3), LABELS],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_values_and_gradients(name):
    """The formula's value, and derivatives to order 2 that differences confirm."""
    build, expected = CASES[name]
    x = T.dmatrix()
    np.testing.assert_allclose(sd.function([x], build(x))(X), expected, rtol=1e-12, atol=1e-14)
    check_derivatives(build, [X], order=2)


def test_names_that_other_libraries_write_in_one_word():
    """torch's and SciPy's spellings are the same functions."""
    for ours, theirs in (
        ("soft_shrink", "softshrink"), ("hard_shrink", "hardshrink"), ("tanh_shrink", "tanhshrink"),
        ("kl_divergence", "kl_div"), ("soft_sign", "softsign"), ("silu", "swish"),
    ):  # fmt: skip
        assert getattr(T.nnet, ours) is getattr(T.nnet, theirs)


def test_sparsemax_is_the_nearest_distribution():
    """It sums to 1, and no distribution of many drawn at random is nearer."""
    x = T.dmatrix()
    f = sd.function([x], [T.nnet.sparsemax(x), T.nnet.sparsemax(x, 0)])
    rows, columns = f(3 * X)
    np.testing.assert_allclose(rows.sum(-1), 1, rtol=1e-12)
    np.testing.assert_allclose(columns.sum(0), 1, rtol=1e-12)
    assert (rows == 0).any() and (rows >= 0).all()
    others = RNG.dirichlet(np.ones(4), 2000)
    for row, near in zip(3 * X, rows, strict=True):
        assert ((others - row) ** 2).sum(-1).min() >= ((near - row) ** 2).sum() - 1e-12
    check_derivatives(T.nnet.sparsemax, [X])


def test_gumbel_softmax_draws_classes_by_their_logits():
    """One-hot draws have the classes' frequencies; the gradient is that of the relaxed draw."""
    logits, count = np.log([0.5, 0.3, 0.2]), 20_000
    x = T.dvector()
    made = T.nnet.gumbel_softmax(T.broadcast_to(x, (count, 3)), stream=sd.RandomStream(seed=4), hard=True)
    soft = T.nnet.gumbel_softmax(T.broadcast_to(x, (count, 3)), stream=sd.RandomStream(seed=4), temperature=0.5)
    drawn, slope, weights = sd.function([x], [made, sd.grad(made[:, 0].sum(), x), soft])(logits)
    np.testing.assert_allclose(drawn.mean(0), [0.5, 0.3, 0.2], atol=4 * np.sqrt(0.25 / count))
    np.testing.assert_allclose(np.sort(drawn, -1), np.broadcast_to([0, 0, 1], (count, 3)), atol=1e-12)
    np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-12)
    assert slope[0] > 0 > slope[1]
    with pytest.raises(ArgumentError, match="pass stream="):
        T.nnet.gumbel_softmax(x, stream=None)


def test_label_smoothing_gives_distributions():
    """The share is spread over all classes, the right one included."""
    made = T.nnet.label_smoothing(T.constant(LABELS), 4, 0.2).eval()
    np.testing.assert_allclose(made, 0.8 * np.eye(4)[LABELS] + 0.05, rtol=1e-6)


@pytest.mark.parametrize("name", ["log_sigmoid", "mish", "hard_silu", "squareplus", "celu", "log_cosh", "bce"])
def test_extremes_stay_finite(name):
    """Values and gradients of large numbers, in float32."""
    build, _ = CASES[name]
    x = T.fmatrix()
    cost = build(x)
    for value in (-1e4, 1e4):
        made = sd.function([x], [cost, sd.grad(cost.sum(), x)])(np.full((3, 4), value, "float32"))
        assert all(np.isfinite(one).all() for one in made)


def test_distances_of_equal_points_have_a_gradient():
    """A square root of 0 would make it NaN."""
    x = T.dmatrix()
    for cost in (T.nnet.triplet(x, X, Y).sum(), T.nnet.cosine_similarity(x, 0 * X).sum()):
        assert np.isfinite(sd.function([x], sd.grad(cost, x))(X)).all()


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda x: T.nnet.glu(T.dmatrix(shape=(2, 3))), ShapeError, "no two halves"),
    (lambda x: T.nnet.maxout(x, 0), ArgumentError, "at least 1"),
    (lambda x: T.nnet.maxout(T.dvector(shape=(5,)), 2), ShapeError, "groups of 2"),
    (lambda x: T.nnet.multi_margin(x, x), GraphTypeError, "one axis less"),
    (lambda x: T.nnet.focal(x, [5]), IndexingError, "class label"),
    (lambda x: T.nnet.standardize(x, 7), IndexingError, "no axis 7"),
])  # fmt: skip
def test_bad_arguments(call, error, says):
    """The name of the function, and what it takes."""
    with pytest.raises(error, match=says):
        call(T.dmatrix("x", shape=(1, 4)))


def test_group_and_instance_normalisation_are_torchs():
    """Channels in groups, and each alone, with a scale and a shift for every channel."""
    rng = np.random.default_rng(0)
    value, scale, shift = rng.normal(size=(2, 6, 3, 4)), rng.normal(size=6), rng.normal(size=6)
    x = T.tensor("float64", (None, 6, None, None))
    grouped = value.reshape(2, 3, -1)
    apart = grouped - grouped.mean(2, keepdims=True)
    expected = (apart / np.sqrt(grouped.var(2, keepdims=True) + 1e-5)).reshape(value.shape)
    expected = expected * scale[:, None, None] + shift[:, None, None]
    np.testing.assert_allclose(T.nnet.group_norm(x, 3, scale, shift).eval({x: value}), expected, rtol=1e-12)
    each = (value - value.mean((2, 3), keepdims=True)) / np.sqrt(value.var((2, 3), keepdims=True) + 1e-5)
    np.testing.assert_allclose(T.nnet.instance_norm(x).eval({x: value}), each, rtol=1e-12)
    for wrong in (lambda: T.nnet.group_norm(x, 4), lambda: T.nnet.group_norm(T.dmatrix(), 2),
                  lambda: T.nnet.instance_norm(T.dmatrix())):  # fmt: skip
        with pytest.raises(ShapeError):
            wrong()

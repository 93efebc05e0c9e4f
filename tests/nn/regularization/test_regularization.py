"""Penalties, noise, mixup: closed forms and laws."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError

RNG = np.random.default_rng(0)


def test_penalties_and_their_slopes():
    """rate * |W| and rate * W**2, over all parameters."""
    values = RNG.normal(size=(3, 2)), RNG.normal(size=4)
    W, b = (sd.shared(value) for value in values)
    one, two = sd.nn.l1_penalty({"W": W, "b": b}, 0.1), sd.nn.l2_penalty([W, b], T.constant(0.2))
    np.testing.assert_allclose(one.eval(), 0.1 * sum(np.abs(v).sum() for v in values))
    np.testing.assert_allclose(two.eval(), 0.2 * sum((v**2).sum() for v in values))
    np.testing.assert_allclose(sd.grad(one, W).eval(), 0.1 * np.sign(values[0]))
    np.testing.assert_allclose(sd.grad(two, b).eval(), 0.4 * values[1])


def test_noise_is_normal_while_training():
    """By the test of Kolmogorov and Smirnov; the layer is the function at its site; testing changes nothing."""
    stats = pytest.importorskip("scipy.stats")
    x, value = T.dmatrix("x"), RNG.normal(size=(50, 40))
    stream = sd.RandomStream(seed=3)
    layer = sd.nn.GaussianNoise(0.5, stream=stream, site="noise")
    noisy = layer(x)
    train = sd.function([x], [noisy, sd.nn.gaussian_noise(x, 0.5, stream=stream, site="noise")], training=True)
    made, same = train(value)
    np.testing.assert_array_equal(made, same)
    assert stats.kstest((made - value).ravel() / 0.5, "norm").pvalue > 0.01
    test = sd.function([x], noisy, training=False)
    np.testing.assert_array_equal(test(value), value)
    assert not test.updates
    np.testing.assert_array_equal(sd.grad(noisy.sum(), x).eval({x: value}, flags={sd.training: True}), 1)


def test_mixup_mixes_all_arrays_alike():
    """One share for the batch and one order: recovered from a marked array, and what it says holds for the others."""
    x, y = T.dmatrix("x"), T.dmatrix("y")
    mixed = sd.nn.mixup(x, y, alpha=0.5, stream=sd.RandomStream(seed=2))
    f = sd.function([x, y], mixed, training=True)
    marks, other = np.eye(7), RNG.normal(size=(7, 3))
    shares = set()
    for _ in range(5):
        mixture, made = f(marks, other)
        np.testing.assert_allclose(mixture.sum(axis=1), 1)
        np.testing.assert_allclose(mixture.sum(axis=0), 1)
        np.testing.assert_allclose(made, mixture @ other, rtol=1e-12)
        shares.add(round(float(np.diag(mixture).min()), 6))
    assert len(shares) > 1
    test = sd.function([x, y], mixed, training=False)
    np.testing.assert_array_equal(test(marks, other)[1], other)
    assert not test.updates


def test_shares_of_mixup_are_beta():
    """By the test of Kolmogorov and Smirnov, folded, as a share and what is left of it cannot be told apart."""
    stats = pytest.importorskip("scipy.stats")
    x = T.dmatrix("x")
    (mixed,) = sd.nn.mixup(x, alpha=0.7, stream=sd.RandomStream(seed=5))
    f = sd.function([x], mixed, training=True, backend="numpy")
    found = []
    while len(found) < 200:
        made = f(np.array([[0.0], [1.0]]))
        if made[0, 0] != 0:  # the order was another than the batch's own
            found.append(min(made[0, 0], made[1, 0]))
    law = lambda s: stats.beta.cdf(s, 0.7, 0.7) + 1 - stats.beta.cdf(1 - s, 0.7, 0.7)
    assert stats.kstest(found, law).pvalue > 0.01


x, stream = T.dmatrix("x"), sd.RandomStream(seed=1)


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda: sd.nn.l1_penalty([], 0.1), ArgumentError, "there are no parameters"),
    (lambda: sd.nn.l2_penalty(x, 0.1), GraphTypeError, "parameters are shared variables"),
    (lambda: sd.nn.gaussian_noise(x, 0.1), ArgumentError, "pass stream="),
    (lambda: sd.nn.GaussianNoise(-0.1, stream=stream), ArgumentError, r"0 or more, not -0\.1"),
    (lambda: sd.nn.GaussianNoise(0.1, stream=3), GraphTypeError, "from a RandomStream, not 3"),
    (lambda: sd.nn.mixup(stream=stream), ArgumentError, "mixup takes the arrays of a batch"),
    (lambda: sd.nn.mixup(x), ArgumentError, "pass stream="),
    (lambda: sd.nn.mixup(x, T.ivector("y"), stream=stream), GraphTypeError, "write T.one_hot"),
    (lambda: sd.nn.mixup(x, alpha=0.0, stream=stream), ArgumentError, "shape a"),
])  # fmt: skip
def test_wrong_arguments(call, error, says):
    """One sentence each."""
    with pytest.raises(error, match=says):
        call()

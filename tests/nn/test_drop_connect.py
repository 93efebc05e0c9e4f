"""DropConnect: weights and biases dropped for a batch or for every example, and the two ways of testing."""

import numpy as np
import pytest
import scipy.stats

import symdrop as sd
import symdrop.tensor as T
from tests.helpers.laws import same_frequency, stream, train_and_test


def connect(per="batch", testing="mean", mode="inverted", **options):
    x, W, b = T.dmatrix("x"), T.dmatrix("W"), T.dvector("b")
    y = sd.nn.drop_connect(x, W, b, 0.3, stream=stream(), per=per, testing=testing, mode=mode, **options)
    return train_and_test([x, W, b], y)


def test_drop_connect_drops_weights_and_biases_of_the_batch():
    """With W of ones and x of unit vectors the outputs are the masks; every example meets the same."""
    train, _ = connect(mode="scale")
    size = 60
    y = train(np.vstack([np.eye(size), np.eye(size)]), np.ones((size, size)), np.zeros(size))
    assert (y[:size] == y[size:]).all() and set(y.ravel()) == {0.0, 1.0}
    assert same_frequency((y == 0).sum() // 2, size**2, 0.3)
    biases = train(np.zeros((2, size)), np.ones((size, size)), np.ones(size))
    assert (biases[0] == biases[1]).all() and set(biases[0]) == {0.0, 1.0}


def test_drop_connect_of_every_example_has_masks_of_its_own():
    train, _ = connect("example")
    y = train(np.tile([1.0, 0.0], (4000, 1)), np.ones((2, 3)), np.zeros(3)) * 0.7
    assert same_frequency((y == 0).sum(), 12_000, 0.3) and np.allclose(y[y != 0], 1)
    assert np.abs(np.corrcoef(y.T) - np.eye(3)).max() < 0.1


@pytest.mark.parametrize("mode", ["inverted", "scale"])
def test_drop_connect_is_tested_by_the_mean_weights(mode):
    rng = np.random.default_rng(0)
    x, W, b = rng.normal(size=(2, 4)), rng.normal(size=(4, 3)), rng.normal(size=3)
    train, test = connect("example", mode=mode)
    factor = 0.7 if mode == "scale" else 1
    np.testing.assert_allclose(test(x, W, b), factor * (x @ W + b), rtol=1e-12)
    many = train(np.repeat(x, 20_000, axis=0), W, b).reshape(2, 20_000, 3)
    deviation = many.std(axis=1) / np.sqrt(20_000)
    assert (np.abs(many.mean(axis=1) - test(x, W, b)) < 5 * deviation).all()


@pytest.mark.parametrize("mode", ["inverted", "scale"])
def test_drop_connect_is_tested_by_matching_moments(mode):
    """N(pWv, p(1-p)W^2 v^2) before the activation, averaged behind it: the mean over masks, of many inputs."""
    rng = np.random.default_rng(0)
    x, W, b = rng.normal(size=(1, 200)), 0.1 * rng.normal(size=(200, 3)), 0.1 * rng.normal(size=3)
    train, test = connect("example", "moments", mode, activation=T.nnet.relu, samples=20_000)
    masks = train(np.repeat(x, 2000, axis=0), W, b)
    deviation = masks.std(axis=0) / np.sqrt(2000)
    assert (np.abs(test(x, W, b)[0] - masks.mean(axis=0)) < 5 * deviation).all()
    scale = 1 / 0.7 if mode == "inverted" else 1
    mean, var = 0.7 * scale * (x @ W + b), 0.21 * scale**2 * (x**2 @ W**2 + b**2)
    z = mean / np.sqrt(var)
    exact = mean * scipy.stats.norm.cdf(z) + np.sqrt(var) * scipy.stats.norm.pdf(z)
    np.testing.assert_allclose(test(x, W, b), exact, rtol=0.05)
    # The mean of the weights alone misses what the activation does to the noise where it is bent.
    assert abs(exact[0, 0] - np.maximum(mean, 0)[0, 0]) > 10 * abs(exact[0, 0] - test(x, W, b)[0, 0])


def test_layers_with_parameters_are_walked_and_trained_like_others():
    """A chain of both, whose every parameter has a gradient; in testing it is the chain of dense layers."""
    source = stream()
    model = sd.nn.Sequential(
        sd.nn.DropConnect(4, 3, p=0.3, stream=source, seed=0, activation=T.tanh, per="example"),
        sd.nn.ConcreteDropout(0.2, stream=source),
        sd.nn.Dense(3, 1, seed=1),
    )
    x = T.matrix("x")
    parameters = sd.nn.parameters(model)
    assert {"0.W", "0.b", "1.logit", "2.W", "2.b"} == set(parameters)
    slopes = sd.grad((model(x) ** 2).sum(), list(parameters.values()))
    value = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    assert all(slope.any() for slope in sd.function([x], slopes, training=True)(value))
    W, b, _, V, c = (parameter.get_value() for parameter in parameters.values())
    test = sd.function([x], model(x), training=False)
    np.testing.assert_allclose(test(value), np.tanh(value @ W + b) @ V + c, rtol=1e-5)

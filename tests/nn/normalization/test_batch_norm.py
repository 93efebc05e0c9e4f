"""Batch normalisation: torch's values, gradients and running statistics, in training and in testing."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, IndexingError, ShapeError

RNG = np.random.default_rng(0)
SHAPES = {1: (6, 3), 2: (4, 3, 5), 3: (4, 3, 2, 5), 4: (3, 3, 2, 2, 2)}
VARIABLES = {1: T.dmatrix, 2: T.dtensor3, 3: T.dtensor4, 4: T.dtensor5}


def compiled(layer, x):
    """A step that gives values and gradients and moves the statistics, and a test function."""
    y = layer(x)
    loss = T.sum(T.sin(y))
    slopes = sd.grad(loss, [x, *sd.nn.parameters(layer).values()])
    step = sd.function([x], [y, *slopes], updates=sd.nn.statistics_updates(loss), training=True)
    return step, sd.function([x], [y, *slopes], updates=sd.nn.statistics_updates(loss), training=False)


@pytest.mark.parametrize("axes", SHAPES)
def test_torchs_values_gradients_and_statistics(axes):
    """Three steps of training, each followed by a test; batches of other sizes."""
    torch = pytest.importorskip("torch")
    theirs = [torch.nn.BatchNorm1d, torch.nn.BatchNorm1d, torch.nn.BatchNorm2d, torch.nn.BatchNorm3d][axes - 1]
    layer, other = sd.nn.BatchNorm(3, momentum=0.3, dtype="float64"), theirs(3, momentum=0.3, dtype=torch.float64)
    with torch.no_grad():
        for own, its in ((layer.scale, other.weight), (layer.shift, other.bias)):
            own.set_value(RNG.normal(size=3))
            its.copy_(torch.tensor(own.get_value()))
    step, test = compiled(layer, VARIABLES[axes]("x"))
    for rows in (SHAPES[axes][0], 2, 5):
        value = RNG.normal(1, 2, (rows, *SHAPES[axes][1:]))
        for f, mode in ((step, True), (test, False)):
            other.train(mode)
            other.zero_grad()
            there = torch.tensor(value, requires_grad=True)
            z = other(there)
            torch.sin(z).sum().backward()
            expected = [z.detach(), there.grad, other.weight.grad, other.bias.grad]
            for found, wanted in zip(f(value), expected, strict=True):
                np.testing.assert_allclose(found, wanted.numpy(), rtol=1e-9, atol=1e-9)
            for own, its in ((layer.mean, other.running_mean), (layer.variance, other.running_var)):
                np.testing.assert_allclose(own.get_value(), its.numpy(), rtol=1e-12)


def test_float32_and_the_last_axis():
    """Channels last, as other libraries have images; the formula in NumPy's float64."""
    layer, x = sd.nn.BatchNorm(4, axis=-1, affine=False), T.ftensor3("x")
    value = RNG.normal(3, 2, (5, 6, 4)).astype("float32")
    y = layer(x)
    made = sd.function([x], y, updates=sd.nn.statistics_updates(y), training=True)(value)
    m, v = value.mean((0, 1), dtype="float64"), value.var((0, 1), dtype="float64")
    assert made.dtype == np.float32 and layer.scale is None
    np.testing.assert_allclose(made, (value - m) / np.sqrt(v + 1e-5), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(layer.mean.get_value(), 0.1 * m, rtol=1e-5)
    np.testing.assert_allclose(layer.variance.get_value(), 0.9 + 0.1 * v * 30 / 29, rtol=1e-5)


def test_a_flag_of_its_own_freezes_statistics():
    """Fine-tuning: dropout trains while this layer is in test mode, and its updates move nothing."""
    frozen = sd.flag("batch norm trains")
    layer, x = sd.nn.BatchNorm(2, training=frozen, dtype="float64"), T.dmatrix("x")
    y = layer(x)
    updates = sd.nn.statistics_updates(y)
    f = sd.function([x], y, updates=updates, flags={sd.training: True, frozen: False}, on_unused_input="ignore")
    value = RNG.normal(size=(4, 2))
    np.testing.assert_allclose(f(value), value / np.sqrt(1 + 1e-5), rtol=1e-12)
    assert layer.mean.get_value().tolist() == [0, 0] and layer.variance.get_value().tolist() == [1, 1]


def test_testing_computes_no_statistics():
    """What is left is one pass over x, without sums."""
    layer, x = sd.nn.BatchNorm(3), T.ftensor4("x")
    test = sd.function([x], layer(x), training=False, backend="native")
    assert {node.op.kind for node in test.stages["rewritten"].nodes()} <= {"leaf", "elementwise", "view", "structured"}
    assert len(test.kernels) <= 2


def test_a_run_time_flag_leaves_statistics_alone_in_testing():
    """One function, two ways to call it."""
    train, x = T.bscalar("train"), T.dmatrix("x")
    layer = sd.nn.BatchNorm(2, training=T.eq(train, 1), dtype="float64")
    y = layer(x)
    f = sd.function([x, train], y, updates=sd.nn.statistics_updates(y))
    value = RNG.normal(size=(4, 2))
    assert f(value[:1], 0).shape == (1, 2)
    assert layer.mean.get_value().tolist() == [0, 0]
    f(value, 1)
    np.testing.assert_allclose(layer.mean.get_value(), 0.1 * value.mean(0), rtol=1e-5)


def test_one_value_for_each_channel_is_refused_while_training():
    """Its variance says nothing; nothing is changed by the refused call, and testing takes it."""
    layer, x = sd.nn.BatchNorm(2, dtype="float64"), T.dmatrix("x")
    step, test = compiled(layer, x)
    with pytest.raises(ArgumentError, match=r"the variance of one value for each channel .* takes two or more"):
        step(np.ones((1, 2)))
    assert layer.variance.get_value().tolist() == [1, 1]
    assert test(np.ones((1, 2)))[0].shape == (1, 2)


def test_paths_and_gradients_to_second_order():
    """Statistics are states that are not trained; derivatives go through mean and variance of the batch."""
    model = {"norm": sd.nn.BatchNorm(3, dtype="float64")}
    assert list(sd.nn.parameters(model)) == ["norm.scale", "norm.shift"]
    assert list(sd.nn.states(model)) == ["norm.scale", "norm.shift", "norm.mean", "norm.variance"]
    norm = sd.nn.BatchNorm(3, training=True, dtype="float64")
    sd.verify_grad(lambda x: T.sin(norm(x)), [RNG.normal(size=(4, 3))])
    sd.verify_grad(lambda x: sd.grad(T.sum(norm(x) ** 3), x), [RNG.normal(size=(4, 3))])


state, plain = sd.shared(np.zeros(2)), T.dmatrix("x")


@pytest.mark.parametrize(("call", "error", "says"), [
    (lambda: sd.nn.BatchNorm(0), ArgumentError, "BatchNorm: channels=0"),
    (lambda: sd.nn.BatchNorm(2, momentum=2), ArgumentError, "momentum is a share between 0 and 1, not 2"),
    (lambda: sd.nn.BatchNorm(2, affine="yes"), GraphTypeError, "affine is True or False, not 'yes'"),
    (lambda: sd.nn.BatchNorm(2, training=0.5), GraphTypeError, "training is a flag"),
    (lambda: sd.nn.BatchNorm(2)(T.tensor("float32", (None, 3))), ShapeError, "x has size 2 along axis 1"),
    (lambda: sd.nn.BatchNorm(2)(T.fvector()), GraphTypeError, "2 or more axes"),
    (lambda: sd.nn.batch_norm(T.dvector("x"), state, state), GraphTypeError, "an axis of channels and others"),
    (lambda: sd.nn.batch_norm(plain, np.zeros(2), state), GraphTypeError, "the running mean is a shared vector"),
    (lambda: sd.nn.batch_norm(plain, state, plain), GraphTypeError, "the running variance is a shared vector"),
    (lambda: sd.nn.batch_norm(plain, state, state, axis=2), IndexingError, "there is no axis 2"),
    (lambda: sd.nn.BatchNorm(2, axis=3)(plain), IndexingError, r"BatchNorm\(2, axis=3\): x has an axis 3, which"),
    (lambda: sd.nn.BatchNorm(2, axis=-3)(plain), IndexingError, r"BatchNorm\(2, axis=-3\): x has an axis -3, which"),
    (lambda: sd.nn.BatchNorm(2, axis=0.5), GraphTypeError, "BatchNorm: axis"),
    (lambda: sd.nn.batch_norm(plain, state, state, momentum=None), GraphTypeError, "count is a shared integer"),
    (lambda: sd.nn.batch_norm(plain, state, state, count=state), GraphTypeError, "count is a shared integer"),
])  # fmt: skip
def test_wrong_arguments(call, error, says):
    """One sentence each."""
    with pytest.raises(error, match=says):
        call()


def test_the_mean_of_all_batches_is_torchs():
    """momentum=None: a cumulative average, of which the number of batches is a state that files hold."""
    torch = pytest.importorskip("torch")
    layer, x = sd.nn.BatchNorm(3, momentum=None, dtype="float64"), T.dmatrix("x")
    other = torch.nn.BatchNorm1d(3, momentum=None, dtype=torch.float64)
    assert list(sd.nn.states(layer)) == ["scale", "shift", "mean", "variance", "count"]
    assert list(sd.nn.parameters(layer)) == ["scale", "shift"]
    step, test = compiled(layer, x)
    for rows in (6, 2, 5):
        value = RNG.normal(1, 2, (rows, 3))
        other.train(True)
        np.testing.assert_allclose(step(value)[0], other(torch.tensor(value)).detach(), rtol=1e-9, atol=1e-9)
        other.train(False)
        np.testing.assert_allclose(test(value)[0], other(torch.tensor(value)).detach(), rtol=1e-9)
    np.testing.assert_allclose(layer.mean.get_value(), other.running_mean, rtol=1e-12)
    np.testing.assert_allclose(layer.variance.get_value(), other.running_var, rtol=1e-12)
    assert int(layer.count.get_value()) == 3


def test_the_mean_of_all_batches_of_a_layer_that_is_called_twice():
    """The second call of a step sees the statistics and the number of the first."""
    layer, x, y = sd.nn.BatchNorm(2, momentum=None, dtype="float64"), T.dmatrix("x"), T.dmatrix("y")
    outputs = [layer(x), layer(y)]
    step = sd.function([x, y], outputs, updates=sd.nn.statistics_updates(outputs), training=True)
    first, second = RNG.normal(size=(2, 4, 2))
    step(first, second)
    np.testing.assert_allclose(layer.mean.get_value(), np.vstack([first, second]).mean(0), rtol=1e-12)
    assert int(layer.count.get_value()) == 2


def test_forgotten_statistics_are_warned_of():
    """Training works without them, and testing then uses 0 and 1."""
    layer, x = sd.nn.BatchNorm(2, dtype="float64"), T.dmatrix("x")
    loss, parameters = T.sum(layer(x) ** 3), sd.nn.parameters(layer)
    updates = sd.optim.sgd(loss, parameters, rate=0.1)
    for flag in (True, "runtime"):
        with pytest.warns(RuntimeWarning, match=r"mean, variance; write updates=.*statistics_updates"):
            sd.function([x], [], updates=updates, training=flag)
    sd.function([x], loss, updates=updates, training=False)
    sd.function([x], loss, training=True)
    sd.function([x], loss, updates={**updates, **sd.nn.statistics_updates(loss)}, training=True)

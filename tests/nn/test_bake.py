"""bake: the test network with its factors moved into the weights."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.graph import toposort

rng = np.random.default_rng(0)


def weight(*shape, name="W"):
    return sd.shared(rng.normal(size=shape).astype(np.float32), name=name)


def kinds(node):
    return [source.op.name for source in toposort([node])]


def assert_equal(inputs, baked, original, *values):
    expected = sd.function(inputs, original, training=False)(*values)
    np.testing.assert_allclose(sd.function(inputs, baked)(*values), expected, rtol=1e-5, atol=1e-6)


@pytest.fixture
def network():
    x = T.matrix("x")
    stream = sd.RandomStream(seed=1)
    W1, b1, W2, b2 = weight(4, 6, name="W1"), weight(6, name="b1"), weight(6, 3, name="W2"), weight(3, name="b2")
    h = T.tanh(sd.dropout(x, p=0.2, stream=stream, mode="scale") @ W1 + b1)
    return x, sd.dropout(h, p=0.5, stream=stream, mode="scale") @ W2 + b2, (W1, b1, W2, b2)


def test_factors_move_into_the_weights(network):
    x, y, (W1, b1, W2, b2) = network
    baked = sd.bake(y)
    assert not {"mul", "where", "flag", "bernoulli", "fold_in"} & set(kinds(baked))
    stored = {node.name: node for node in toposort([baked]) if node.op.name == "shared"}
    np.testing.assert_allclose(stored["W1"].get_value(), W1.get_value() * 0.8, rtol=1e-6)
    np.testing.assert_allclose(stored["W2"].get_value(), W2.get_value() * 0.5, rtol=1e-6)
    assert stored["b1"] is b1 and stored["b2"] is b2
    assert_equal([x], baked, y, rng.normal(size=(5, 4)).astype(np.float32))


def test_the_old_weights_are_left_alone(network):
    x, y, (W1, *_) = network
    before = W1.get_value()
    baked = sd.bake(y)
    assert (W1.get_value() == before).all()
    W1.set_value(before * 0)
    assert sd.function([x], baked)(np.ones((1, 4), np.float32)).any()


def test_structures_are_kept(network):
    x, y, _ = network
    as_dict, as_list = sd.bake({"y": y, "mean": y.mean()}), sd.bake([y, y * 2])
    assert list(as_dict) == ["y", "mean"] and len(as_list) == 2
    assert_equal([x], as_dict["mean"], y.mean(), np.ones((5, 4), np.float32))
    assert_equal([x], as_list[1], y * 2, np.ones((5, 4), np.float32))


def test_dropped_weights_are_scaled():
    x, W = T.matrix("x"), weight(4, 3)
    y = x @ sd.dropout(W, p=0.5, stream=sd.RandomStream(seed=1), mode="scale")
    baked = sd.bake(y)
    assert kinds(baked) == ["input", "shared", "matmul"]
    assert (baked.inputs[1].get_value() == W.get_value() * 0.5).all()
    assert_equal([x], baked, y, np.ones((2, 4), np.float32))


def test_both_at_once_multiply():
    x, W = T.matrix("x"), weight(4, 3)
    stream = sd.RandomStream(seed=1)
    dropped = sd.dropout(W, p=0.5, stream=stream, mode="scale")
    y = sd.dropout(x, p=0.75, stream=stream, mode="scale") @ dropped
    baked = sd.bake(y)
    assert (baked.inputs[1].get_value() == W.get_value() * 0.125).all()


def test_tied_weights_keep_both_versions():
    x, W = T.matrix("x"), weight(4, 4)
    h = sd.dropout(T.tanh(x @ W), p=0.5, stream=sd.RandomStream(seed=1), mode="scale")
    y = h @ W.T
    baked = sd.bake(y)
    values = [node for node in toposort([baked]) if node.op.name == "shared"]
    assert len(values) == 2 and W in values
    assert_equal([x], baked, y, rng.normal(size=(2, 4)).astype(np.float32))


def test_a_factor_passes_linear_ops():
    x, W = T.matrix("x"), weight(4, 3)
    h = sd.dropout(x, p=0.5, stream=sd.RandomStream(seed=1), mode="scale")
    y = (-h.T).T.reshape((-1, 4)) @ W
    baked = sd.bake(y)
    assert "mul" not in kinds(baked)
    assert_equal([x], baked, y, rng.normal(size=(2, 4)).astype(np.float32))


def test_a_factor_before_a_nonlinearity_stays():
    x, W = T.matrix("x"), weight(4, 3)
    h = T.tanh(sd.dropout(x, p=0.5, stream=sd.RandomStream(seed=1), mode="scale"))
    y = h @ W
    baked = sd.bake(y)
    assert "mul" in kinds(baked) and W in toposort([baked])
    assert_equal([x], baked, y, rng.normal(size=(2, 4)).astype(np.float32))


def test_a_symbolic_p_stays():
    x, rate, W = T.matrix("x"), T.scalar("rate"), weight(4, 3)
    y = sd.dropout(x, p=rate, stream=sd.RandomStream(seed=1), mode="scale") @ W
    baked = sd.bake(y)
    assert W in toposort([baked])
    assert_equal([x, rate], baked, y, rng.normal(size=(2, 4)).astype(np.float32), 0.25)


def test_inverted_dropout_leaves_the_weights_as_they_are():
    x, W = T.matrix("x"), weight(4, 3)
    baked = sd.bake(sd.dropout(x, p=0.5, stream=sd.RandomStream(seed=1)) @ W)
    assert kinds(baked) == ["input", "shared", "matmul"] and baked.inputs[1] is W


def test_what_cannot_be_baked():
    x = T.matrix("x")
    stream = sd.RandomStream(seed=1)
    sampled = sd.dropout(x, p=0.5, stream=stream, training=sd.flag("mc"))
    with pytest.raises(sd.errors.UnsetFlagError, match="mc"):
        sd.bake(sampled)
    assert sd.bake(sampled, flags={"mc": False}) is x
    with pytest.raises(sd.errors.ArgumentError, match="draws"):
        sd.bake(x + stream.normal(size=x.shape))

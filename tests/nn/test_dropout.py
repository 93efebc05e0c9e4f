"""Dropout: both modes, the flag, masks shared along axes, p = 1, and one mask for forward and backward."""

import math

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from tests.helpers.laws import ones

MODES = ("inverted", "scale")


def make(p=0.5, mode="inverted", x=None, seed=3, **options):
    x = T.matrix("x") if x is None else x
    stream = sd.RandomStream(seed=seed)
    return x, stream, sd.dropout(x, p=p, stream=stream, mode=mode, **options)


def op_names(f):
    return {node.op.name for node in f.stages["rewritten"].nodes()}


def draws(f):
    return [node for node in f.stages["rewritten"].nodes() if node.op.kind == "draw"]


# Values.


@pytest.mark.parametrize("p", [0.2, 0.5, 0.9])
def test_inverted(p):
    """Kept elements are scaled up in training, by the mask that replay gives; testing changes nothing."""
    x, stream, h = make(p)
    train, test = (sd.function([x], h, training=flag) for flag in (True, False))
    value = np.random.default_rng(0).normal(size=(30, 40)).astype(np.float32)
    drop = stream.replay(stream.bernoulli(p=p, size=(30, 40), site=0), step=0) == 1
    np.testing.assert_allclose(train(value), np.where(drop, 0, value / np.float32(1 - p)), rtol=1e-6)
    assert (test(value) == value).all()
    assert abs(drop.mean() - p) < 0.05


@pytest.mark.parametrize("p", [0.2, 0.5, 0.9])
def test_scale(p):
    """Training keeps elements as they are; testing scales all by the probability of being kept."""
    x, stream, h = make(p, "scale")
    train, test = (sd.function([x], h, training=flag) for flag in (True, False))
    value = np.random.default_rng(0).normal(size=(30, 40)).astype(np.float32)
    drop = stream.replay(stream.bernoulli(p=p, size=(30, 40), site=0), step=0) == 1
    assert (train(value) == np.where(drop, 0, value)).all()
    np.testing.assert_allclose(test(value), value * np.float32(1 - p), rtol=1e-6)


def test_the_two_modes_drop_the_same_elements():
    a, b = (sd.function([x], h, training=True)(ones(20, 20)) for x, _, h in (make(mode=mode) for mode in MODES))
    assert (a == 2 * b).all()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("p", [0.1, 0.5, 0.75])
def test_training_and_testing_have_equal_expectation(mode, p):
    x, _, h = make(p, mode)
    train, test = (sd.function([x], h.mean(), training=flag) for flag in (True, False))
    value = ones(200, 50)
    means = np.array([train(value) for _ in range(100)])
    assert abs(means.mean() - test(value)) < 5 * means.std() / math.sqrt(len(means))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("p", [0.3, "p"])
def test_the_dtype_is_kept(mode, dtype, p):
    rate = T.dscalar("p") if p == "p" else p
    x = T.tensor(dtype, (None, 3), "x")
    _, _, h = make(rate, mode, x)
    assert h.type == x.type
    f = sd.function([x, rate] if p == "p" else [x], h, training=True)
    assert f(np.ones((4, 3), dtype), *([0.5] if p == "p" else [])).dtype == dtype


def test_weights_can_be_dropped():
    W = sd.shared(ones(30, 20), name="W")
    x = T.matrix("x")
    h = x @ sd.dropout(W, p=0.5, stream=sd.RandomStream(seed=1))
    train, test = (sd.function([x], h, training=flag) for flag in (True, False))
    rows = train(ones(2, 30))
    # One mask for all rows, as the weights are one array.
    assert (rows[0] == rows[1]).all() and len(set(rows[0].tolist())) > 1
    assert (test(ones(2, 30)) == 30).all()


@pytest.mark.parametrize("axes", [0, 1, -1, (0,), (0, 1), ()])
def test_shared_axes(axes):
    """One draw serves all positions along a shared axis, and along no other."""
    x, _, h = make(shared_axes=axes)
    mask = sd.function([x], h, training=True)(ones(30, 40))
    shared = {axis % 2 for axis in ((axes,) if isinstance(axes, int) else axes)}
    for axis in range(2):
        same = (mask == np.take(mask, [0], axis=axis)).all()
        assert same == (axis in shared)


@pytest.mark.parametrize("mode", MODES)
def test_p_zero_is_x_itself_but_takes_a_site(mode):
    x, stream, h = make(0.0, mode)
    assert h is x and stream.get_state()["next_site"] == 1


# p = 1, and p as a variable.


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("symbolic", [False, True])
def test_p_one_gives_zeros_and_zero_gradient(mode, symbolic):
    rate = T.scalar("p")
    x, _, h = make(rate if symbolic else 1.0, mode)
    outputs = [h, sd.grad((h * h).sum(), x), sd.grad(h.sum(), x)]
    f = sd.function([x, rate] if symbolic else [x], outputs, training=True)
    value = np.float32([[1.0, np.inf, -np.inf, np.nan, 0.0]])
    for result in f(value, *([1.0] if symbolic else [])):
        assert (result == 0).all()
    g = sd.function([x, rate] if symbolic else [x], outputs, training=False)
    assert np.isfinite(g(ones(2, 3), *([1.0] if symbolic else []))).all()


def test_the_gradient_with_respect_to_a_symbolic_p_is_finite_at_one():
    rate = T.dscalar("p")
    x, _, h = make(rate, x=T.dmatrix("x"))
    f = sd.function([x, rate], sd.grad(h.sum(), rate), training=True)
    assert np.isfinite(f(np.ones((3, 3)), 1.0))


def test_inf_does_not_leak_through_a_mask():
    x, _, h = make(0.5)
    f = sd.function([x], [h, sd.grad(h.sum(), x)], training=True)
    value, slope = f(np.full((20, 20), np.inf, np.float32))
    assert set(np.unique(value)) == {0.0, np.inf} and set(np.unique(slope)) == {0.0, 2.0}


def test_a_symbolic_p_equals_the_constant():
    rate = T.scalar("p")
    for mode in MODES:
        x, _, symbolic = make(rate, mode)
        y, _, constant = make(0.25, mode)
        for flag in (True, False):
            f, g = sd.function([x, rate], symbolic, training=flag), sd.function([y], constant, training=flag)
            np.testing.assert_allclose(f(ones(30, 30), 0.25), g(ones(30, 30)), rtol=1e-6)


@pytest.mark.parametrize("p", [-0.5, 1.01, math.nan])
def test_p_outside_is_an_error(p):
    with pytest.raises(sd.errors.ArgumentError, match=r"probability.*test_dropout\.py"):
        make(p)
    rate = T.scalar("rate")
    x, stream, h = make(rate)
    train = sd.function([x, rate], h, training=True)
    with pytest.raises(sd.errors.ArgumentError, match="'rate'"):
        train(ones(2, 2), p)
    assert stream.step == 0


# The flag.


@pytest.mark.parametrize("mode", MODES)
def test_the_test_function_and_its_gradient_hold_no_draw_and_no_stream_update(mode):
    x, stream, h = make(0.5, mode)
    W = sd.shared(ones(3, 2), name="W")
    cost = T.tanh(h @ W).sum()
    outputs = [cost, sd.grad(cost, W), sd.grad(cost, x)]
    test = sd.function([x], outputs, training=False)
    assert not draws(test) and not test.updates
    assert not {"fold_in", "flag"} & op_names(test)
    test(ones(4, 3))
    assert stream.step == 0
    train = sd.function([x], outputs, training=True)
    assert len(draws(train)) == 1 and len(train.updates) == 1
    train(ones(4, 3))
    assert stream.step == 1


def test_the_flag_must_be_set():
    x, _, h = make()
    with pytest.raises(sd.errors.UnsetFlagError, match="training"):
        sd.function([x], h)


def test_python_bools_choose_at_once():
    x, _, kept = make(training=False)
    assert kept is x
    x, _, dropped = make(training=True)
    assert (sd.function([x], dropped)(ones(10, 10)) == 0).any()


def test_an_input_can_be_the_flag():
    train = T.iscalar("train")
    x, stream, h = make(training=train)
    f = sd.function([x, train], h)
    assert (f(ones(10, 10), 0) == 1).all() and (f(ones(10, 10), 1) == 0).any()
    assert stream.step == 2


def test_masks_in_testing_by_another_flag():
    x = T.matrix("x")
    stream = sd.RandomStream(seed=2)
    h = sd.dropout(x, p=0.5, stream=stream, training=sd.flag("mc"))
    y = sd.dropout(h, p=0.5, stream=stream)
    sampled = sd.function([x], y, flags={sd.training: False, sd.flag("mc"): True})
    assert (sampled(ones(10, 10)) != sampled(ones(10, 10))).any()
    assert len(draws(sampled)) == 1


def test_training_runtime():
    """A function that takes the flag draws, and takes a step, only in training."""
    x, stream, h = make()
    both = sd.function([x], h, training="runtime")
    assert (both(ones(5, 5), training=False) == 1).all() and stream.step == 0
    assert (both(ones(5, 5), training=True) == 0).any() and stream.step == 1


# One mask.


@pytest.mark.parametrize("mode", MODES)
def test_forward_and_backward_use_one_mask(mode):
    x, _, h = make(0.5, mode)
    f = sd.function([x], [h, sd.grad((h * h).sum() / 2, x)], training=True)
    for _ in range(5):
        value = np.random.default_rng(0).normal(size=(20, 20)).astype(np.float32)
        kept, slope = f(value)
        scale = 2 if mode == "inverted" else 1
        np.testing.assert_allclose(slope, kept * scale, rtol=1e-6)
        assert ((slope == 0) == (kept == 0)).all()


def test_functions_compiled_apart_replay_one_mask():
    x, stream, h = make()
    forward = sd.function([x], h, training=True, no_default_updates=True)
    backward = sd.function([x], sd.grad(h.sum(), x), training=True)
    value, slope = forward(ones(9, 9)), backward(ones(9, 9))
    assert (value == slope).all()
    assert (forward(ones(9, 9)) != value).any() and stream.step == 1


def test_masks_differ_between_calls_and_sites():
    x = T.matrix("x")
    stream = sd.RandomStream(seed=4)
    first, second = sd.dropout(x, stream=stream), sd.dropout(x, stream=stream)
    f = sd.function([x], [first, second], training=True)
    (a, b), (c, d) = f(ones(16, 16)), f(ones(16, 16))
    for one, other in ((a, b), (a, c), (b, d), (a, d)):
        assert 60 < (one != other).sum() < 196


# Bad input.


def test_bad_arguments():
    """A missing stream, an unknown mode, a wrong axis, integers and several probabilities are refused by name."""
    x, stream = T.matrix("x"), sd.RandomStream(seed=1)
    with pytest.raises(sd.errors.ArgumentError, match="RandomStream"):
        sd.dropout(x, p=0.5)
    with pytest.raises(sd.errors.ArgumentError, match="mode"):
        sd.dropout(x, p=0.5, stream=stream, mode="scaled")
    with pytest.raises(sd.errors.ArgumentError, match="shared_axes"):
        sd.dropout(x, p=0.5, stream=stream, shared_axes=2)
    with pytest.raises(sd.errors.GraphTypeError, match="floats"):
        sd.dropout(T.imatrix("ids"), p=0.5, stream=stream)
    with pytest.raises(sd.errors.GraphTypeError, match="RandomStream"):
        sd.dropout(x, p=0.5, stream=1234)
    with pytest.raises(sd.errors.GraphTypeError, match="one number"):
        sd.dropout(x, p=T.vector("ps"), stream=stream)
    with pytest.raises(sd.errors.GraphTypeError, match="training"):
        sd.dropout(x, p=0.5, stream=stream, training="yes")
    assert stream.get_state()["next_site"] == 0


def test_jacobian_and_hessian_of_the_test_network_hold_no_draw():
    """Matrices of derivatives are computed for all rows at once; fixing the flag must reach every row."""
    x = T.dvector("x")
    stream = sd.RandomStream(seed=1)
    W = sd.shared(np.random.default_rng(0).standard_normal((3, 4)), "W")
    h = sd.dropout(T.tanh(x @ W), 0.5, stream=stream)
    for derivative in (sd.jacobian(h, x), sd.hessian((h**2).sum(), x)):
        test = sd.function([x], derivative, training=False)
        assert not test.updates
        kinds = {node.op.kind for node in test.stages["rewritten"].nodes()}
        assert kinds.isdisjoint({"draw", "control"})
        assert not test.stages["rewritten"].leaves("flag")
    slope = 1 - np.tanh(np.ones(3) @ W.get_value()) ** 2
    assert np.allclose(sd.function([x], sd.jacobian(h, x), training=False)(np.ones(3)), (W.get_value() * slope).T)


def test_shared_axes_are_integers():
    """What is no axis is refused; 0.5 was between two axes and shared none."""
    x, stream = T.matrix("x"), sd.RandomStream(seed=1)
    for wrong in (0.5, [0.5], "0", True, [None], np.array([0.0])):
        with pytest.raises(TypeError, match="shared_axes holds integers"):
            sd.dropout(x, 0.5, stream=stream, shared_axes=wrong)
    for right in (0, -1, [0, 1], (1,), np.array([0]), np.int64(1)):
        sd.dropout(x, 0.5, stream=stream, shared_axes=right)

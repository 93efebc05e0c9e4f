"""Ops that scripts make by their classes, checks that calls make, and settings that are variables; as Theano 1.0.5.

Numbers of streams were drawn by Theano 1.0.5, other values are NumPy's.
"""

from __future__ import annotations

import numpy as np
import pytest

import symdrop.theano as theano
import symdrop.theano.tensor as T
from symdrop.theano.sandbox.rng_mrg import MRG_RandomStreams
from symdrop.theano.tensor.nnet.abstract_conv import assert_conv_shape, assert_shape, check_conv_gradinputs_shape
from symdrop.theano.tensor.nnet.blocksparse import sparse_block_dot, sparse_block_gemv, sparse_block_outer
from symdrop.theano.tensor.nnet.conv3d2d import get_diagonal_subtensor_view
from symdrop.theano.tensor.nnet.neighbours import images2neibs
from symdrop.theano.tensor.signal.pool import pool_2d

RNG = np.random.default_rng(3)


def test_assert_refuses_by_the_call_and_lets_gradients_through():
    """``T.opt.Assert``: the message is the user's."""
    x = T.vector("x")
    y = T.opt.Assert("x is empty")(x, x.size > 0) * 3
    f = theano.function([x], [y, T.grad(y.sum(), x)])
    assert [one.tolist() for one in f([1.0, 2.0])] == [[3, 6], [3, 3]]
    with pytest.raises(AssertionError, match="x is empty"):
        f([])
    assert T.opt.assert_(x, 1).eval({x: [1.0]}) == 1


def test_ops_of_costs_refuse_classes_below_0():
    """The classes of ops that ``crossentropy_softmax_argmax_1hot_with_bias`` and its gradient had names for."""
    x, b, y = RNG.normal(size=(3, 4)), RNG.normal(size=4), np.array([0, 3, 1])
    classes, m, v = T.lvector(), T.matrix(), T.vector()
    cost, chances, best = T.nnet.CrossentropySoftmaxArgmax1HotWithBias()(m, v, classes)
    f = theano.function([m, v, classes], [cost, chances, best])
    e = np.exp(x + b)
    expected = e / e.sum(1, keepdims=True)
    found = f(x, b, y)
    assert np.allclose(found[1], expected) and np.allclose(found[0], -np.log(expected[range(3), y]))
    assert found[2].tolist() == expected.argmax(1).tolist()
    with pytest.raises(ValueError, match="y_i value out of bounds"):
        f(x, b, -y)
    # Whoever asks for the best class alone may still give the classes.
    assert theano.function([m, v, classes], best)(x, b, y).tolist() == found[2].tolist()
    g = theano.function([v, m, classes], T.nnet.CrossentropySoftmax1HotWithBiasDx()(v, m, classes))
    hot = np.eye(4)[y]
    assert np.allclose(g(b[:3], expected, y), b[:3, None] * (expected - hot))
    with pytest.raises(ValueError, match="y_i value out of bounds"):
        g(b[:3], expected, y - 1)


def test_a_cost_of_classes_does_not_look_at_the_others():
    """A probability of 0 for another class has the gradient 0, not nan."""
    x = T.matrix("x")
    given = np.array([[0.4, 0.6, 0.0], [0.1, 0.8, 0.1]])
    cost = T.nnet.crossentropy_categorical_1hot(x, [0, 1])
    assert np.allclose(cost.eval({x: given}), -np.log([0.4, 0.8]))
    assert np.allclose(T.grad(cost.sum(), x).eval({x: given}), [[-1 / 0.4, 0, 0], [0, -1 / 0.8, 0]])


def test_numbers_in_front_of_rows():
    """The classes of ops."""
    x = np.ones((2, 3))
    assert T.nnet.Prepend_scalar_constant_to_each_row(4.0)(T.constant(x)).eval()[:, 0].tolist() == [4, 4]
    assert T.nnet.Prepend_scalar_to_each_row()(5.0, T.constant(x)).eval().tolist() == [[5, 1, 1, 1]] * 2
    one = T.nnet.Prepend_scalar_constant_to_each_row
    assert one(4.0) == one(4.0) != one(3.0) and hash(one(4.0)) == hash(one(4.0))


def test_blocks_of_weights():
    """Products of chosen blocks and the outer products that train them; a block may be chosen twice."""
    weights, h, b = RNG.normal(size=(4, 3, 2, 5)), RNG.normal(size=(2, 3, 2)), RNG.normal(size=(3, 5))
    first, last = np.array([[0, 2, 2], [3, 1, 0]]), np.array([[2, 0], [1, 1]])
    expected = np.einsum("bih,biohk->bok", h, weights[first[:, :, None], last[:, None]])
    assert np.allclose(sparse_block_dot(weights, h, first, b, last).eval(), expected + b[last])
    assert np.allclose(sparse_block_gemv(np.ones((2, 2, 5)), weights, h, first, last).eval(), expected + 1)
    top = RNG.normal(size=(2, 2, 5))
    made = weights.copy()
    np.add.at(made, (first[:, :, None], last[:, None]), 0.5 * h[:, :, None, :, None] * top[:, None, :, None])
    assert np.allclose(sparse_block_outer(weights, h, top, first, last, alpha=0.5).eval(), made)


def test_diagonals_are_views():
    """Along i0 the diagonals, along i1 the elements of each."""
    x = np.arange(20).reshape(5, 4)
    assert get_diagonal_subtensor_view(x, 0, 1).tolist() == [[12, 9, 6, 3], [16, 13, 10, 7]]
    three = np.arange(24).reshape(4, 3, 2)
    found = get_diagonal_subtensor_view(three, 0, 2)
    assert found.shape == (3, 3, 2) and np.shares_memory(found, three)
    assert found.tolist() == [[[three[k + 1 - j, i, j] for j in range(2)] for i in range(3)] for k in range(3)]
    with pytest.raises(ValueError, match="axis 1 is shorter than axis 0"):
        get_diagonal_subtensor_view(x, 1, 0)


@pytest.mark.parametrize("mode", ["max", "sum", "average_inc_pad", "average_exc_pad"])
@pytest.mark.parametrize(
    ("window", "stride", "zeros", "border"),
    [((3, 3), (2, 2), (1, 1), True), ((2, 3), (1, 2), (0, 0), False), ((2, 2), (3, 4), (0, 0), False)],
)
def test_windows_of_pooling_may_be_variables(mode, window, stride, zeros, border):
    """Values and gradients are those of the same numbers."""
    x, w, s, p = T.tensor4("x"), *T.ivectors("w", "s", "p")
    given = RNG.normal(size=(2, 1, 7, 6))
    by_number, by_variable = (
        pool_2d(x, a, border, b, c, mode) for a, b, c in ((window, stride, zeros), (w, s, p))
    )  # fmt: skip
    outputs = [[made, T.grad((made**2).sum(), x)] for made in (by_number, by_variable)]
    expected = theano.function([x], outputs[0])(given)
    int32 = [np.array(one, "int32") for one in (window, stride, zeros)]
    found = theano.function([x, w, s, p], outputs[1])(given, *int32)
    for one, other in zip(found, expected, strict=True):
        assert one.shape == other.shape and np.allclose(one, other)


@pytest.mark.parametrize("mode", ["valid", "ignore_borders", "half", "full", "wrap_centered"])
def test_windows_of_neighbours_may_be_variables(mode):
    """The same numbers, given as a vector."""
    x, w, s = T.tensor4("x"), *T.ivectors("w", "s")
    given = np.arange(2 * 6 * 6.0).reshape(1, 2, 6, 6)
    sizes = ((3, 3), (1, 1)) if mode == "wrap_centered" else ((3, 2), (1, 2))
    expected = images2neibs(x, *sizes, mode=mode).eval({x: given})
    f = theano.function([x, w, s], images2neibs(x, w, s, mode=mode))
    assert np.array_equal(f(given, *(np.array(one, "int32") for one in sizes)), expected)


@pytest.mark.parametrize(
    ("mode", "window", "step", "rows"),
    [
        ("valid", (4, 4), None, 0), ("valid", (3, 3), (4, 4), 0), ("half", (4, 4), (2, 2), 96),
        ("full", (4, 4), (3, 3), 0), ("half", (2, 2), (2, 2), 96), ("full", (2, 2), (2, 2), 96),
        ("half", (3, 3), (4, 4), 0),
        ("wrap_centered", (3, 2), None, 0), ("wrap_centered", (7, 7), (1, 1), 0), ("ignore_borders", (4, 4), None, 6),
    ],
)  # fmt: skip
def test_windows_that_do_not_fill_an_image(mode, window, step, rows):
    """Refused by the call, as in Theano by a TypeError."""
    images = theano.shared(np.arange(2 * 3 * 6 * 6.0).reshape(2, 3, 6, 6))
    f = theano.function([], images2neibs(images, window, step, mode=mode))
    if rows:
        assert f().shape == (rows, window[0] * window[1])
    else:
        with pytest.raises(TypeError, match=r"not consistent|odd sizes"):
            f()


def test_shapes_of_convolutions_are_checked_when_asked():
    """``config.conv.assert_shape``; numbers that are wrong are refused at once."""
    x, w, n = T.tensor4("x"), T.tensor4("w"), T.iscalar("n")
    with theano.change_flags([("conv.assert_shape", True)]):
        f = theano.function([x, w], T.nnet.conv2d(x, w, input_shape=(1, 2, 5, None), filter_shape=(3, 2, 3, 3)))
        g = theano.function([x, n], assert_shape(x, (None, n, None, None), "other channels"))
    assert f(np.ones((1, 2, 5, 6)), np.ones((3, 2, 3, 3))).shape == (1, 3, 3, 4)
    for given in (((1, 2, 6, 6), (3, 2, 3, 3)), ((1, 2, 5, 6), (3, 2, 2, 3))):
        with pytest.raises(AssertionError, match="do not have the shape"):
            f(*map(np.ones, given))
    assert g(np.ones((1, 2, 1, 1)), 2).size == 2
    with pytest.raises(AssertionError, match="other channels"):
        g(np.ones((1, 2, 1, 1)), 3)
    sizes = theano.function([n], assert_conv_shape((2, 3, n)))
    assert [int(one) for one in sizes(1)] == [2, 3, 1]
    with pytest.raises(AssertionError, match="axis 2 has a size below 1"):
        sizes(0)
    with pytest.raises(ValueError, match="axis 0 has a size below 0"):
        assert_conv_shape((-1, 3, 3))
    assert check_conv_gradinputs_shape((2, 1, 7, 7), (3, 1, 3, 3), (2, 3, 5, 5), "valid", (1, 1))
    assert not check_conv_gradinputs_shape((2, 1, 7, 7), (3, 1, 3, 3), (2, 3, 6, 5), "valid", (1, 1), (1, 1))
    assert not check_conv_gradinputs_shape((2, 1, 7, 7), (3, 1, 3), (2, 3, 6), "valid", (1, 1))
    with pytest.raises(ValueError, match="constant int values"):
        T.nnet.abstract_conv.AbstractConv2d(imshp=x.shape)


def test_truncated_normal_numbers():
    """Theano's numbers, those beyond two standard deviations drawn again behind the others."""
    streams = MRG_RandomStreams(1234)
    found = theano.function([], streams.truncated_normal((7,), target="cpu"))()
    expected = [
        0.2972961809132501, 1.0220981621114176, -0.7382134071818145, -1.2875106946460124, -1.5696182496726088,
        0.1960531166263866, -0.8988491159441282,
    ]  # fmt: skip
    assert np.allclose(found, expected, rtol=1e-12)
    found = theano.function([], streams.normal((4,), truncate=True, avg=3.0, std=2.0))()
    assert np.allclose(found, [2.900278202233557, 6.307782913678336, 3.8947719084861685, 3.3194190523550007])
    many = theano.function([], streams.truncated_normal((20000,)))()
    assert np.abs(many).max() < 2.2737 and abs(many.std() - 1) < 0.02
    assert streams.truncated_normal((3, 1)).broadcastable == (False, True)


def test_refusals_of_streams():
    """Classes of errors as Theano's."""
    streams = MRG_RandomStreams(1234)
    with pytest.raises(ValueError, match="no size"):
        streams.multinomial((0, 100), 1, [])
    chances = np.array([[0.98, 0.01, 0.01], [0.01, 0.49, 0.5]])
    f = theano.function([], streams.choice(size=4, p=chances, replace=False))
    with pytest.raises(ValueError, match="fewer categories"):
        f()
    twister = T.shared_randomstreams.RandomStreams(3)
    assert theano.function([], twister.choice((3,), 10, 1, 0))().tolist() == [0, 0, 6]


def test_loops_that_keep_few_steps():
    """Every N-th step and the last one; the gradient is that of the whole loop."""
    k, a = T.iscalar("k"), T.vector("a")
    whole, _ = theano.scan(lambda p, a: p * a, outputs_info=T.ones_like(a), non_sequences=a, n_steps=k)
    few, _ = theano.scan_checkpoints(
        lambda p, a: p * a, outputs_info=T.ones_like(a), non_sequences=a, n_steps=k, save_every_N=4
    )
    made = [one for loop in (whole, few) for one in (loop, T.grad(loop[-1].sum(), a))]
    values = theano.function([a, k], made)([1.5, 0.5], 10)
    assert np.allclose(values[2], values[0][[3, 7, 9]]) and np.allclose(values[1], values[3])
    with pytest.raises(RuntimeError, match="taps"):
        theano.scan_checkpoints(lambda: None, [], {"initial": a, "taps": [-2]})

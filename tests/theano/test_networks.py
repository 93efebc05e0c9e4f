"""``theano.tensor.nnet`` and ``signal``: values and gradients of every name, against Theano's own numbers."""

import json

import numpy as np
import pytest

import symdrop.theano as theano
import symdrop.theano.tensor as T
from symdrop.errors import ArgumentError, ShapeError
from tests.theano.networks import HERE, PROGRAMS, outputs_of

GOLDEN = json.loads(HERE.read_text())


@pytest.mark.parametrize("name", PROGRAMS)
def test_values_and_gradients_are_theanos(name):
    """The same program in both: what it computes, and the gradients of a weighted sum of that by all it was given."""
    made = theano.function([], outputs_of(name, theano))()
    assert len(made) == len(GOLDEN[name])
    for number, (value, expected) in enumerate(zip(made, GOLDEN[name], strict=True)):
        expected = np.array(expected)
        assert value.shape == expected.shape, number
        np.testing.assert_allclose(value, expected, rtol=1e-8, atol=1e-9, err_msg=f"{name}, output {number}")


def test_refusals_say_what_to_write():
    """Unshared filters, a border by another library's name, and other ranks are errors in a sentence."""
    x, w = T.dtensor4("x"), T.dtensor4("w")
    with pytest.raises(ArgumentError, match=r"unshared filters, one for every place, are not there.*test_networks\.py"):
        T.nnet.conv2d(x, w, unshared=True)
    with pytest.raises(ArgumentError, match=r"expected valid, full, half or numbers"):
        T.nnet.conv2d(x, w, border_mode="same")
    with pytest.raises(ArgumentError, match=r"conv\.conv2d knows valid and full"):
        T.nnet.conv.conv2d(x, w, border_mode="half")
    with pytest.raises(ArgumentError, match="earlier name of input_shape"):
        T.nnet.conv2d(x, w, (1, 1, 2, 2), image_shape=(1, 1, 2, 2))
    with pytest.raises(ShapeError, match="expected 4 axes"):
        T.nnet.conv2d(T.dtensor3(), w)
    with pytest.raises(ArgumentError, match="epsilon=1e-07: expected at least 1e-5"):
        T.nnet.bn.batch_normalization_train(x, x, x, epsilon=1e-7)
    with pytest.raises(ArgumentError, match="give both or neither"):
        T.nnet.bn.batch_normalization_train(x, x, x, running_mean=x)
    with pytest.raises(ArgumentError, match="expected per-activation, spatial or numbers"):
        T.nnet.bn.batch_normalization_train(x, x, x, axes="channels")
    with pytest.raises(ShapeError, match="have 3 axes, those kept, or 4"):
        T.nnet.bn.batch_normalization_train(x, T.dvector(), T.dvector())


def test_saturated_costs_stay_finite():
    """Theano's rules kept them so, and scripts lean on it."""
    x, t = T.dvector("x"), T.dvector("t")
    costs = [T.nnet.sigmoid_binary_crossentropy(x, t), T.nnet.binary_crossentropy(T.nnet.sigmoid(x), t)]
    for made in theano.function([x, t], costs)([800, -800, -800], [0, 1, 0]):
        assert made.tolist() == [800, 800, 0]


def test_shapes_are_known_without_values():
    """What Theano 1.0.5 says of sizes, borders and strides."""
    conv, pool = T.nnet.abstract_conv, T.signal.pool
    assert conv.get_conv_output_shape((2, 3, 7, 8), (4, 3, 3, 2), "half", (2, 1)) == (2, 4, 4, 9)
    assert conv.get_conv_output_shape((2, 3, 7, 8), (4, 3, 3, 2), "full", (2, 3)) == (2, 4, 5, 3)
    assert conv.get_conv_output_shape((2, 3, None, 8), (None, 3, 3, 2), (1, 2), (2, 3)) == (2, None, None, 4)
    assert conv.get_conv_output_shape((2, 3, 7, 8), (4, 3, 3, 2), ((1, 2), (0, 1)), (2, 3)) == (2, 4, 4, 3)
    assert conv.get_conv_output_shape((2, 3, 7, 8), (4, 3, 3, 2), "valid", (1, 1), (2, 2)) == (2, 4, 3, 6)
    assert T.nnet.ConvOp.getOutputShape((7, 8), (3, 2), (2, 1), "valid") == (3, 7)
    assert pool.Pool.out_shape((2, 3, 7, 8), (2, 3), True, (1, 2), (1, 0)) == [2, 3, 8, 3]
    assert pool.Pool.out_shape((2, 3, 7, 8), ds=(2, 3), st=(1, 2)) == [2, 3, 6, 4]


def test_running_averages_are_states():
    """The way Lasagne and others write it: new averages as updates, of a batch of another size each time."""
    x = T.dmatrix("x")
    mean, var = theano.shared(np.zeros(2)), theano.shared(np.ones(2))
    out, _, _, new_mean, new_var = T.nnet.bn.batch_normalization_train(
        x, T.ones(2), T.zeros(2), running_average_factor=0.5, running_mean=mean, running_var=var
    )
    step = theano.function([x], out, updates=[(mean, new_mean), (var, new_var)])
    step([[0, 1], [2, 3]])
    step([[0, 1], [0, 1], [3, 1]])
    assert mean.get_value().tolist() == [0.75, 1]
    np.testing.assert_allclose(var.get_value(), [0.75 + 1.5, 0.75])


def test_gradients_of_another_shape_are_refused():
    """A gradient that no convolution of these sizes could have is an error, as in Theano, not a value."""
    top, w = T.dtensor4("top"), T.dtensor4("w")
    by_images = theano.function([top, w], T.nnet.conv2d_transpose(top, w, (None, None, 9, 9)))
    by_filters = theano.function([w, top], T.nnet.abstract_conv.conv2d_grad_wrt_weights(w, top, (None, None, 3, 3)))
    small, large = np.ones((1, 1, 3, 3)), np.ones((1, 1, 9, 9))
    assert by_images(np.ones((1, 1, 7, 7)), small).shape == (1, 1, 9, 9)
    assert by_filters(large, np.ones((1, 1, 7, 7))).shape == (1, 1, 3, 3)
    for size in (5, 8, 9):
        with pytest.raises(ValueError, match="shape of a convolution"):
            by_images(np.ones((1, 1, size, size)), small)
        with pytest.raises(ValueError, match="shape of a convolution"):
            by_filters(large, np.ones((1, 1, size, size)))

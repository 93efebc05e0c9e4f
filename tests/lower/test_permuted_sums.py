"""Sums of what a product wants permuted: one pass makes the permuted value and the sum, whose bits stay."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from tests.helpers.native import native


def slopes(of):
    """The gradients of a convolution behind a bias and a relu by some of its parameters."""
    x, W, b = T.ftensor4("x"), T.ftensor4("W"), T.fvector("b")
    y = T.nnet.relu(T.nnet.conv(x, W) + b.dimshuffle("x", 0, "x", "x"))
    wanted = {"W": W, "b": b}
    return native([x, W, b], sd.grad((y**2).sum(), [wanted[name] for name in of]))


def given(channels=5):
    rng = np.random.default_rng(3)
    shapes = (4, 3, 9, 21), (channels, 3, 3, 3), (channels,)
    return [rng.normal(size=shape).astype("float32") for shape in shapes]


def test_the_gradient_of_a_bias_is_summed_where_the_products_operand_is_made():
    """Otherwise all that lies behind the cotangent would be computed twice."""
    titles = slopes("Wb").kernels
    assert any("dimshuffle" in title and "sum" in title for title in titles)
    assert len(titles) < len(slopes("W").kernels) + len(slopes("b").kernels)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_bits_of_the_sum_are_its_own(threads):
    """The sum beside the operand, and the sum alone, are the same chain of additions; torch's value to rounding."""
    torch = pytest.importorskip("torch")
    with sd.config.change(threads=threads):
        both, alone = slopes("Wb")(*given()), slopes("b")(*given())
    assert np.array_equal(both[1], alone[0])
    x, W, b = (torch.tensor(value, requires_grad=True) for value in given())
    (torch.relu(torch.nn.functional.conv2d(x, W, b)) ** 2).sum().backward()
    assert np.allclose(both[0], W.grad, rtol=1e-4, atol=1e-3) and np.allclose(both[1], b.grad, rtol=1e-4, atol=1e-3)


def test_a_sum_whose_order_would_change_stays():
    """The operand has its axes the other way round: the sum over both would go over them in another order."""
    x, W = T.tensor("float32", (None, None, None, None), name="x"), T.fmatrix("W")
    h = T.exp(x) * 2
    rows = h.dimshuffle(1, 0, 2, 3).reshape((-1, x.shape[3]))
    value = np.random.default_rng(1).normal(size=(3, 5, 4, 17)).astype("float32")
    matrix = np.ones((17, 6), "float32")
    product, total = native([x, W], [rows @ W, h.sum(axis=(0, 1))])(value, matrix)
    assert np.array_equal(total, native([x], h.sum(axis=(0, 1)))(value))
    expected = 2 * np.exp(value.astype("float64"))
    assert np.allclose(total, expected.sum((0, 1)), rtol=1e-5)
    assert np.allclose(product, (expected.transpose(1, 0, 2, 3).reshape(-1, 17) @ matrix), rtol=1e-4)

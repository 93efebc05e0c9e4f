"""Pooling by windows that only the call knows, as Lasagne's spatial pyramids pool. The values are Theano 1.0.5's.

Made by a script that pools the same image by ``pool_2d`` with ``ws``, ``stride`` and ``pad`` as vectors of integers:
each pair holds the sums of the result and of its gradient, their elements counted by their places.
"""

from __future__ import annotations

import numpy as np
import pytest

import symdrop.theano as theano
import symdrop.theano.tensor as T

IMAGE = np.random.RandomState(0).randint(0, 5, (1, 1, 7, 6)).astype(float)
# By mode and ignore_border: for windows of (2, 3) every (2, 3), (3, 2) every (1, 2), (2, 3) every (3, 4).
SIZES = ([2, 3], [2, 3]), ([3, 2], [1, 2]), ([2, 3], [3, 4])
THEANOS = {
    ("max", True): [(69.0, 825.0), (426.0, 4943.0), (12.0, 50.0)],
    ("max", False): [(129.0, 1427.0), (426.0, 4943.0), (80.0, 864.0)],
    ("sum", True): [(190.0, 2934.0), (1241.0, 18840.0), (42.0, 306.0)],
    ("sum", False): [(325.0, 4716.0), (1241.0, 18840.0), (188.0, 2004.0)],
    ("average_inc_pad", True): [(31.666666666666664, 489.0), (206.83333333333334, 3140.0), (7.0, 51.0)],
    ("average_inc_pad", False): [(230 / 3, 1083.0), (1241 / 6, 3140.0), (331 / 6, 636.0)],
    ("average_exc_pad", True): [(31.666666666666664, 489.0), (206.83333333333334, 3140.0), (7.0, 51.0)],
    ("average_exc_pad", False): [(230 / 3, 1083.0), (1241 / 6, 3140.0), (331 / 6, 636.0)],
}


def counted(array):
    return float((array.ravel() * np.arange(1, array.size + 1)).sum())


def pooling(mode, ignore_border):
    x, (ws, stride, pad) = T.dtensor4("x"), T.lvectors("ws", "stride", "pad")
    y = T.signal.pool.pool_2d(x, ws, ignore_border=ignore_border, stride=stride, pad=pad, mode=mode)
    gradient = T.grad((y * (T.arange(y.size).reshape(y.shape) + 1)).sum(), x)
    return theano.function([x, ws, stride, pad], [y, gradient])


@pytest.mark.parametrize(("mode", "ignore_border"), THEANOS)
def test_windows_that_are_variables(mode, ignore_border):
    """Borders, strides that leave gaps, windows that overlap, and equal maxima, each of which receives the gradient."""
    f = pooling(mode, ignore_border)
    for (window, stride), expected in zip(SIZES, THEANOS[mode, ignore_border], strict=True):
        found = [counted(array) for array in f(IMAGE, window, stride, [0, 0])]
        np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize(("mode", "expected"), [
    ("max", 303.0), ("sum", 904.0), ("average_inc_pad", 100.44444444444446),
])  # fmt: skip
def test_padding_that_is_a_variable(mode, expected):
    """Zeros around the image count in one of the averages; a maximum does not see them."""
    values = pooling(mode, True)(IMAGE, [3, 3], [2, 2], [1, 1])[0]
    np.testing.assert_allclose(counted(values), expected, rtol=1e-12)


@pytest.mark.parametrize("mode", ["max", "sum", "average_inc_pad", "average_exc_pad"])
@pytest.mark.parametrize("ignore_border", [True, False])
def test_windows_of_an_image_whose_size_is_a_variable(mode, ignore_border):
    """A pyramid's windows are quotients of sizes: what numbers give, value and gradient, they give too."""
    x = T.dmatrix("x")
    window = tuple((n + 1) // 2 for n in x.shape)
    stride = tuple(n // 2 for n in x.shape)
    by_sizes = T.signal.pool.pool_2d(x, window, ignore_border, stride, mode=mode)
    by_numbers = T.signal.pool.pool_2d(x, (4, 3), ignore_border, (3, 3), mode=mode)
    for one, other in ((by_sizes, by_numbers), *[[T.grad((y**2).sum(), x) for y in (by_sizes, by_numbers)]]):
        np.testing.assert_allclose(one.eval({x: IMAGE[0, 0]}), other.eval({x: IMAGE[0, 0]}), rtol=1e-12)

"""``theano.tensor.signal`` and convolutions: Theano's names, arguments and meaning, against SciPy and plain loops."""

import itertools

import numpy as np
import pytest
import scipy.signal

import symdrop.theano as theano
import symdrop.theano.tensor as T
from symdrop.errors import ArgumentError, ShapeError
from symdrop.theano.tensor.signal import downsample, pool
from tests.helpers.processes import run_python

RNG = np.random.default_rng(0)
IMAGES = RNG.normal(size=(2, 3, 7, 6))
FILTERS = RNG.normal(size=(4, 3, 3, 2))


def convolved(images, filters, mode):
    """Every filter summed over the channels, as SciPy convolves two arrays."""
    return np.array(
        [
            [sum(scipy.signal.convolve2d(x, w, mode) for x, w in zip(image, filter, strict=True)) for filter in filters]
            for image in images
        ]
    )


@pytest.mark.parametrize("function", [T.nnet.conv2d, T.nnet.conv.conv2d])
def test_convolutions_are_scipys(function):
    """Both border modes of the old function, with shapes given as the old one and the new one name them."""
    x, w = T.dtensor4("x"), T.dtensor4("w")
    for mode in ("valid", "full"):
        shapes = {"image_shape": IMAGES.shape, "filter_shape": FILTERS.shape}
        made = function(x, w, border_mode=mode, **shapes).eval({x: IMAGES, w: FILTERS})
        np.testing.assert_allclose(made, convolved(IMAGES, FILTERS, mode), rtol=1e-10)
    positional = function(x, w, IMAGES.shape, FILTERS.shape, "valid", (2, 3)).eval({x: IMAGES, w: FILTERS})
    np.testing.assert_allclose(positional, convolved(IMAGES, FILTERS, "valid")[..., ::2, ::3], rtol=1e-10)


def test_padding_of_convolutions_by_name_and_by_number():
    """ "half", a number for all, and one for rows and one for columns are zeros around the images."""
    x, w = T.dtensor4("x"), T.dtensor4("w")
    odd = FILTERS[:, :, :, [0, 1, 0]]
    for border, zeros in {"half": (1, 1), 2: (2, 2), (1, 2): (1, 2)}.items():
        wide = np.pad(IMAGES, [(0, 0), (0, 0), *((n, n) for n in zeros)])
        made = T.nnet.conv2d(x, w, border_mode=border).eval({x: IMAGES, w: odd})
        np.testing.assert_allclose(made, convolved(wide, odd, "valid"), rtol=1e-10)
    unflipped = T.nnet.conv2d(x, w, filter_flip=False).eval({x: IMAGES, w: FILTERS})
    np.testing.assert_allclose(unflipped, convolved(IMAGES, FILTERS[..., ::-1, ::-1], "valid"), rtol=1e-10)


def outputs(size, window, stride, ignore_border):
    """How many windows there are, as Theano counts them (``Pool.out_shape``)."""
    if ignore_border:
        return (size - window) // stride + 1
    if stride >= window:
        return (size - 1) // stride + 1
    return max(0, (size - 1 - window + stride) // stride) + 1


def pooled(x, window, stride, pad, ignore_border, mode):
    """Pooling of a matrix, window by window."""
    rows, columns = (
        outputs(n + 2 * p, k, s, ignore_border) for n, p, k, s in zip(x.shape, pad, window, stride, strict=True)
    )
    made = np.empty((rows, columns))
    inside, wide = np.pad(np.ones(x.shape, bool), [(p, p) for p in pad]), np.pad(x, [(p, p) for p in pad])
    for i, j in itertools.product(range(rows), range(columns)):
        part = tuple(slice(s * at, s * at + k) for s, at, k in zip(stride, (i, j), window, strict=True))
        own, all_of_it = wide[part][inside[part]], wide[part]
        rules = {"max": own.max, "sum": own.sum, "average_exc_pad": own.mean, "average_inc_pad": all_of_it.mean}
        made[i, j] = rules[mode]()
    return made


@pytest.mark.parametrize("mode", ["max", "sum", "average_inc_pad", "average_exc_pad"])
def test_pooling_is_a_loop_over_windows(mode):
    """Windows that fill the image or do not, overlap or leave gaps, with zeros around or the border taken."""
    x = T.dmatrix("x")
    image = IMAGES[0, 0]
    cases = [
        ((2, 2), None, (0, 0), True), ((2, 3), None, (0, 0), False), ((3, 2), (2, 1), (0, 0), False),
        ((3, 3), (2, 2), (1, 2), True), ((1, 2), (3, 4), (0, 0), False), ((8, 9), None, (0, 0), False),
    ]  # fmt: skip
    made = [pool.pool_2d(x, window, ignore, stride, pad, mode) for window, stride, pad, ignore in cases]
    values = theano.function([x], made)(image)
    for (window, stride, pad, ignore), value in zip(cases, values, strict=True):
        expected = pooled(image, window, stride or window, pad, ignore, mode)
        np.testing.assert_allclose(value, expected, rtol=1e-12, err_msg=str((window, stride, pad, ignore)))


def test_axes_in_front_are_left_alone():
    """Theano pools the last axes of anything; other libraries want a batch and channels."""
    for ndim in (2, 3, 4, 5, 6):
        x = T.TensorType("float64", (False,) * ndim)("x")
        values = RNG.normal(size=(2, 1, 3, 2, 4, 5)[-ndim:])
        made = pool.pool_2d(x, (2, 2), ignore_border=True).eval({x: values})
        assert made.shape == (*values.shape[:-2], 2, 2)
        lead = values.reshape((-1, 4, 5))
        expected = [pooled(one, (2, 2), (2, 2), (0, 0), True, "max") for one in lead]
        np.testing.assert_array_equal(made.reshape((-1, 2, 2)), expected)


def test_earlier_names_and_the_default_of_the_border():
    """``ds``, ``st`` and ``padding`` are ws, stride and pad; the border counts unless somebody says otherwise."""
    x = T.dtensor4("x")
    new = pool.pool_2d(x, ws=(2, 2), stride=(1, 3), pad=(1, 1), ignore_border=True).eval({x: IMAGES})
    old = downsample.max_pool_2d(x, ds=(2, 2), st=(1, 3), padding=(1, 1), ignore_border=True).eval({x: IMAGES})
    np.testing.assert_array_equal(new, old)
    with pytest.warns(UserWarning, match=r"max_pool_2d|pool_2d\(\) counts the border"):
        assert downsample.max_pool_2d(x, (4, 4)).eval({x: IMAGES}).shape == (2, 3, 2, 2)
    with pytest.warns(UserWarning, match=r"pool_3d\(\) counts the border"):
        assert T.signal.pool.pool_3d(x, (2, 2, 2), mode="sum").eval({x: IMAGES}).shape == (2, 2, 4, 3)
    with pytest.raises(ArgumentError, match=r"ds= is the earlier name of ws=.*test_signal\.py"):
        pool.pool_2d(x, (2, 2), ds=(2, 2))
    with pytest.raises(ArgumentError, match="no window is given"):
        pool.pool_2d(x)
    with pytest.raises(ShapeError, match="expected at least 2 axes"):
        pool.pool_2d(T.dvector(), (2, 2))
    with pytest.raises(ArgumentError, match="expected sum, average_inc_pad, average_exc_pad, max"):
        pool.pool_2d(x, (2, 2), mode="min")


def test_every_largest_element_receives_the_gradient():
    """As in Theano (``MaxPoolGrad``); ``sd.tensor.nnet.pool`` gives it to the first of them."""
    x = T.dmatrix("x")
    g = T.grad(pool.pool_2d(x, (2, 2), ignore_border=True).sum(), x)
    assert g.eval({x: [[1, 1, 0, 2], [0, 1, 0, 1]]}).tolist() == [[1, 1, 0, 1], [0, 1, 0, 0]]


def test_scripts_import_them_by_all_their_names():
    """Every module under which Theano kept these functions in its years."""
    code = """
import symdrop.theano; symdrop.theano.install()
import theano.tensor as T
from theano.tensor.signal import downsample, pool
from theano.tensor.signal.downsample import max_pool_2d
from theano.tensor.signal.pool import pool_2d
from theano.tensor.nnet import conv, conv2d
from theano.tensor.nnet.conv import conv2d as older
from theano.tensor.nnet.abstract_conv import conv2d as abstract
import theano.tensor.signal.pool
print(max_pool_2d is pool_2d is downsample.max_pool_2d is T.signal.pool.pool_2d)
print(older is conv.conv2d and abstract is T.nnet.abstract_conv2d and conv2d is T.nnet.conv2d)
"""
    assert run_python(code).split() == ["True", "True"]

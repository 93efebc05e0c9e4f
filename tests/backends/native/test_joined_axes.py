"""Neighbouring reduced axes are one long row where everything read has them all or none of them, and only there."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from tests.helpers.native import close, native

SHAPES = [(2, 3, 14, 14), (3, 4, 1, 5), (2, 2, 7, 1), (1, 2, 3, 3), (3, 5, 16, 4)]


def joins(f):
    """True if a function has no loop over the rows of images."""
    return "# axis 2" not in f.source("kernels")


def test_statistics_of_images_go_through_whole_images():
    """Batch normalisation: means, variances and what they divide; factors of channels are read once for each image."""
    x, scale = T.ftensor4("x"), T.fvector("scale")
    mean, variance = (reduce(x, axis=(0, 2, 3), keepdims=True) for reduce in (T.mean, T.var))
    f = native([x, scale], (x - mean) / T.sqrt(variance + 1e-5) * scale.dimshuffle("x", 0, "x", "x"))
    assert joins(f)
    rng = np.random.default_rng(0)
    for shape in SHAPES:
        value, factor = (rng.normal(size=s).astype("float32") for s in (shape, shape[1:2]))
        wide = value.astype("float64")
        deviation = wide - wide.mean((0, 2, 3), keepdims=True)
        spread = np.sqrt(wide.var((0, 2, 3), keepdims=True) + 1e-5)
        close(f(value, factor), (deviation / spread * factor[:, None, None]).astype("float32"), 256)


def along_rows(x):
    """A factor for each column of an image."""
    return x * T.arange(x.shape[3]), lambda v: v * np.arange(v.shape[3])


def upside_down(x):
    """The rows of an image in another order."""
    return x * x[:, :, ::-1], lambda v: v * v[:, :, ::-1]


def transposed(x):
    """Images read by columns."""
    return x * x.dimshuffle(0, 1, 3, 2).sum(axis=3).dimshuffle(0, 1, "x", 2), lambda v: v * v.sum(2, keepdims=True)


def of_rows(x):
    """A mean of every row."""
    return x - x.mean(axis=3, keepdims=True), lambda v: v - v.mean(3, keepdims=True)


@pytest.mark.parametrize("make", [along_rows, upside_down, transposed, of_rows])
def test_what_depends_on_one_of_the_axes_keeps_them_apart(make):
    """An element's column is not known where rows are joined; the sums are those of NumPy."""
    x = T.dtensor4("x")
    made, expected = make(x)
    f = native([x], made.sum(axis=(2, 3)))
    assert not joins(f)
    for shape in SHAPES:
        value = np.random.default_rng(1).normal(size=shape)
        np.testing.assert_allclose(f(value), expected(value).sum((2, 3)), rtol=0, atol=1e-10)


def test_masks_are_those_of_the_whole():
    """A draw's linear index is that of the element: masks of NumPy's back end; one mask for a row keeps rows apart."""
    x, stream = T.ftensor4("x"), sd.RandomStream(seed=3)
    outputs = [sd.dropout(x, 0.5, stream=stream, shared_axes=axes).sum(axis=(0, 2, 3)) for axes in (None, (2, 3), (3,))]
    value = np.random.default_rng(2).integers(-9, 9, (3, 4, 5, 7)).astype("float32")
    f, g = (
        sd.function([x], outputs, training=True, no_default_updates=True, backend=backend)
        for backend in ("native", "numpy")
    )
    for got, wanted in zip(f(value), g(value), strict=True):
        np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("guard", ["start", "end"])
@pytest.mark.parametrize("threads", [1, 2])
def test_images_end_where_their_memory_does(guard, threads):
    """The rest of a row is the rest of an image; the bits are those of a call without guards."""
    x = T.ftensor4("x")
    f = native([x], [x.sum(axis=(0, 2, 3)), x.max(axis=(1, 2, 3)), T.any(x > 2, axis=(2, 3))])
    value = np.random.default_rng(3).normal(size=(3, 5, 7, 9)).astype("float32")
    free = f(value)
    with sd.config.change(guard=guard, threads=threads):
        for got, wanted in zip(f(value), free, strict=True):
            np.testing.assert_array_equal(got, wanted)

"""Shuffled loads and lane masks: neighbours in another order are loaded as they lie, and nothing else is touched."""

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.ops.convolution.windows import overlaps, pad, windows
from tests.helpers.native import native

pytestmark = pytest.mark.usefixtures("quick_code")

SLICES = {
    "every second": np.s_[:, ::2], "every third": np.s_[:, 1::3], "every fourth": np.s_[:, 2::4],
    "every fifth": np.s_[:, ::5], "from the end": np.s_[:, ::-1], "every second from the end": np.s_[:, ::-2],
}  # fmt: skip
# Rows that end before, at, and behind the end of a vector, and of two.
COLUMNS = (0, 1, 2, 3, 7, 15, 16, 17, 31, 32, 33, 64, 65, 79)


@pytest.fixture(params=["end", "start"])
def guarded(request):
    """A read outside of an array faults, behind its end or before its beginning."""
    with sd.config.change(guard=request.param):
        yield


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "bool"])
@pytest.mark.parametrize("slices", SLICES.values(), ids=SLICES)
def test_slices_with_a_step(slices, dtype, guarded):
    """Every element of a slice is NumPy's, and no element around the array is read."""
    x = T.matrix("x", dtype=dtype)
    f = native([x], T.where(x[slices], x[slices], x[slices]))
    for columns in COLUMNS:
        given = np.random.default_rng(columns).integers(-9, 9, (3, columns)).astype(dtype)
        assert np.array_equal(f(given), given[slices])


@pytest.mark.parametrize("name", ["every second", "every fourth", "from the end"])
def test_what_lies_near_is_not_gathered(name):
    """Gathers go element by element on most machines: a step of up to four needs none."""
    x = T.fmatrix("x")
    text = native([x], T.exp(x[SLICES[name]])).source("lanes")
    assert "shuffle" in text and "gather" not in text


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("before", [0, 1, 2])
def test_windows_of_a_padded_row(stride, before, guarded):
    """Windows with a step, of a row with zeros around it, are those that NumPy slides along the row."""
    x = T.fmatrix("x")
    count = (x.shape[1] + 2 * before - 3) // stride + 1
    around = pad(x, before, x.shape[1] + 2 * before)
    f = native([x], windows(around, 3, count, stride=(stride,), dilation=(1,)))
    for columns in (3, 7, 16, 17, 33, 66):
        given = np.random.default_rng(columns).normal(size=(2, columns)).astype("float32")
        wide = np.pad(given, ((0, 0), (before, before)))
        expected = np.lib.stride_tricks.sliding_window_view(wide, 3, axis=1)[:, ::stride].swapaxes(1, 2)
        assert np.array_equal(f(given), expected)


@pytest.mark.parametrize(("stride", "terms"), [(1, 2), (2, 1), (2, 2), (3, 1)])
def test_elements_that_are_read_twice(stride, terms, guarded):
    """Of every element what windows have there: halves of indices, which two lanes share, and what they leave."""
    x, taps = T.ftensor3("x"), stride * terms
    f = native([x], overlaps(x, terms, x.shape[2] * stride, stride=(stride,), dilation=(1,)))
    for count in (1, 4, 8, 9, 16, 17, 40):
        given = np.random.default_rng(count).normal(size=(2, taps, count)).astype("float32")
        assert np.array_equal(f(given), reference(given, stride, terms))


def reference(x, stride, terms):
    """The same, element by element."""
    rows, taps, count = x.shape
    found = np.zeros((rows, terms, count * stride), x.dtype)
    for place in range(count):
        for tap in range(taps):
            if place * stride + tap < count * stride:
                found[:, tap // stride, place * stride + tap] = x[:, tap, place]
    return found


def test_gradient_of_a_maximum_over_windows(guarded):
    """The slopes of max pooling at sizes that windows fill and do not fill are torch's."""
    torch = pytest.importorskip("torch")
    x = T.ftensor4("x")
    f = native([x], sd.grad((T.nnet.pool(x, 2) ** 2).sum(), x))
    for rows, columns in ((2, 2), (3, 5), (8, 16), (9, 33), (24, 24)):
        given = np.random.default_rng(columns).normal(size=(2, 3, rows, columns)).astype("float32")
        there = torch.tensor(given, requires_grad=True)
        (torch.nn.functional.max_pool2d(there, 2) ** 2).sum().backward()
        assert np.array_equal(f(given), there.grad.numpy())

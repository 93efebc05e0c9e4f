"""Convolutions against SciPy's correlation, their gradients against JAX's where it is installed, and what is refused.

Every option is compiled once and called with many sizes: sizes are symbolic.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.signal

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, ShapeError

# rank, padding, stride, dilation, groups, flip, layout.
OPTIONS = {
    "2d-full": (2, "full", 1, 1, 1, False, "channels_first"),
    "2d-stride-same-last": (2, "same", (2, 1), 1, 1, False, "channels_last"),
    "2d-dilation-groups": (2, ((1, 2), 0), (1, 3), (2, 1), 2, False, "channels_first"),
    "2d-depthwise": (2, "half", (1, 2), 1, "all", False, "channels_first"),
    "1d-half-flip": (1, "half", 2, 2, 1, True, "channels_last"),
    "1d-groups": (1, "same", 3, 2, 2, False, "channels_first"),
    "3d": (3, (1, 0, 1), (1, 2, 2), 1, 1, False, "channels_first"),
}


def reference(x, w, padding, stride, dilation, groups, flip):
    """The convolution by its definition: filters with zeros between, SciPy's correlation, every stride-th place."""
    rank = x.ndim - 2
    spread = np.zeros((*w.shape[:2], *(d * (k - 1) + 1 for k, d in zip(w.shape[2:], dilation, strict=True))), w.dtype)
    spread[(..., *(slice(None, None, d) for d in dilation))] = w[(..., *(slice(None, None, -1),) * rank)] if flip else w
    whole = np.pad(x, ((0, 0), (0, 0), *padding))
    part, mine = x.shape[1] // groups, w.shape[0] // groups
    made = []
    for image, f in itertools.product(range(len(x)), range(len(w))):
        first = f // mine * part
        (one,) = scipy.signal.correlate(whole[image, first : first + part], spread[f], "valid", method="direct")
        made.append(one[tuple(slice(None, None, s) for s in stride)])
    return np.stack(made).reshape(len(x), len(w), *made[0].shape)


def zeros(padding, sizes, taps, stride, dilation):
    """The zeros before and after every axis."""
    reach = [d * (k - 1) + 1 for k, d in zip(taps, dilation, strict=True)]
    if isinstance(padding, tuple):
        return [one if isinstance(one, tuple) else (one, one) for one in padding]
    if padding == "same":
        missing = [max(-(-n // s) * s - s + r - n, 0) for n, s, r in zip(sizes, stride, reach, strict=True)]
        return [(n // 2, n - n // 2) for n in missing]
    return [{"valid": (0, 0), "full": (r - 1, r - 1), "half": (r // 2, r // 2)}.get(padding, (1, 1)) for r in reach]


class Case:
    """One choice of options, compiled for both back ends, with gradients; arrays of many sizes for it."""

    def __init__(self, name):
        rank, padding, stride, dilation, groups, flip, layout = OPTIONS[name]
        self.rank, self.flip, self.layout, self.padding = rank, flip, layout, padding
        self.stride, self.dilation = ((n,) * rank if isinstance(n, int) else n for n in (stride, dilation))
        self.depthwise, self.groups = groups == "all", 4 if groups == "all" else groups
        x, w, g = T.tensor("float64", (None,) * (rank + 2), "x"), None, T.tensor("float64", (None,) * (rank + 2), "g")
        w = T.tensor("float64", (None, 1 if self.depthwise else None, *(None,) * rank), "w")
        y = T.nnet.conv(x, w, self.padding, stride, dilation, self.groups, flip, layout)
        self.node, self.variables = y, (x, w, g)
        outputs = [y, *sd.grad(T.sum(y * g), [x, w])]
        self.native, self.numpy = (sd.function([x, w, g], outputs, backend=name) for name in ("native", "numpy"))

    def arrays(self, rng):
        """A batch, and filters that are not larger than it."""
        taps = rng.integers(1, 4, self.rank)
        sizes = [int(d * (k - 1) + 1 + rng.integers(0, 6)) for k, d in zip(taps, self.dilation, strict=True)]
        n, c, f = (int(k) for k in rng.integers(1, 4, 3))
        c = 1 if self.depthwise else c
        x = rng.normal(size=(n, c * self.groups, *sizes))
        w = rng.normal(size=(f * self.groups, c, *taps))
        around = zeros(self.padding, sizes, taps, self.stride, self.dilation)
        expected = reference(x, w, around, self.stride, self.dilation, self.groups, self.flip)
        return x, w, around, expected

    def last(self, array):
        """An array in the layout."""
        return np.moveaxis(array, 1, -1) if self.layout == "channels_last" else array


CASES = {}


@pytest.fixture(params=OPTIONS)
def case(request):
    """Compiled once for all tests of this file."""
    if request.param not in CASES:
        CASES[request.param] = Case(request.param)
    return CASES[request.param]


def test_against_scipy(case):
    """Values of both back ends, and gradients that are the transposed sums: <g, conv(x, w)> in each of x and w."""
    rng = np.random.default_rng(1)
    assert not any("fallback" in kernel for kernel in case.native.kernels)
    for _ in range(25):
        x, w, _, expected = case.arrays(rng)
        g = rng.normal(size=expected.shape)
        outputs = case.native(case.last(x), w, case.last(g))
        for ours, theirs in zip(outputs, case.numpy(case.last(x), w, case.last(g)), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-11)
        y, by_x, by_w = outputs
        np.testing.assert_allclose(y, case.last(expected), rtol=1e-10, atol=1e-11)
        # Of what is linear, the product with the slope is the value.
        total = np.sum(g * expected)
        found = np.sum(by_x * case.last(x)), np.sum(by_w * w)
        np.testing.assert_allclose(found, [total, total], rtol=1e-9, atol=1e-9)


def test_gradients_against_jax(case):
    """The gradients, element by element, and the transpose as an op of its own."""
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    rng = np.random.default_rng(2)
    x, w, around, expected = case.arrays(rng)
    turn = (slice(None), slice(None), *(slice(None, None, -1),) * case.rank) if case.flip else ...

    def conv(x, w):
        return jax.lax.conv_general_dilated(
            x, w[turn], case.stride, around, rhs_dilation=case.dilation, feature_group_count=case.groups
        )

    @jax.jit
    def reference(x, w, g):
        value, back = jax.vjp(conv, x, w)
        return value, *back(g)

    g = rng.normal(size=expected.shape)
    value, by_x, by_w = reference(x, w, g)
    ours = case.native(case.last(x), w, case.last(g))
    for one, other in zip(ours, (case.last(value), case.last(by_x), by_w), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-10)


def test_a_transpose_is_the_gradient_by_the_input():
    """With padding, strides, groups and sizes that the windows do not fill; and conv is its transpose again."""
    rng = np.random.default_rng(3)
    x, w, y = (T.tensor("float64", (None,) * 4, name) for name in "xwy")
    options = {"padding": "half", "stride": (2, 3), "dilation": (1, 2), "groups": 2, "flip": True}
    z = T.nnet.conv(x, w, **options)
    back = T.nnet.conv_transpose(y, w, **options, output_padding=(1, 2))
    f = sd.function([x, w, y], [back, sd.grad(T.sum(z * y), x), sd.grad(T.sum(back * x), y), z])
    images, filters = rng.normal(size=(2, 6, 6, 9)), rng.normal(size=(4, 3, 3, 3))
    found = f(images, filters, rng.normal(size=(2, 4, 3, 3)))
    np.testing.assert_allclose(found[0], found[1], rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(found[2], found[3], rtol=1e-11, atol=1e-12)


def test_integers_and_mixed_dtypes():
    """Integers stay integers, and a float beside them makes a float."""
    x, w, v = T.tensor("int32", (None,) * 3), T.tensor("int32", (None,) * 3), T.tensor("float64", (None,) * 3)
    f = sd.function([x, w, v], [T.nnet.conv(x, w), T.nnet.conv(x, v)])
    whole, real = f(np.arange(5).reshape(1, 1, 5), np.array([[[1, 2]]]), np.array([[[0.5, 1.0]]]))
    assert (whole.dtype, real.dtype) == ("int32", "float64")
    np.testing.assert_array_equal(whole, 2 * real)
    np.testing.assert_array_equal(whole, [[[2, 5, 8, 11]]])


def test_what_is_refused_while_building():
    """One sentence that says what was given and what is expected."""
    x, w = T.ftensor4("x"), T.ftensor4("w")
    known = T.tensor("float32", (None, 6, 8, 8), "known")
    for build, error, message in (
        (lambda: T.nnet.conv(x, T.ftensor3()), ShapeError, "expected two tensors of 3, 4 or 5 axes"),
        (lambda: T.nnet.conv(T.fmatrix(), T.fmatrix()), ShapeError, "expected two tensors of 3, 4 or 5 axes"),
        (lambda: T.nnet.conv(known, np.zeros((2, 4, 3, 3))), ShapeError, "has 6 channels; expected 4"),
        (lambda: T.nnet.conv(known, np.ones((2, 2, 3, 3)), groups=2), ShapeError, r"4, filters.shape\[1\] \* groups=2"),
        (lambda: T.nnet.conv(known, np.ones((3, 3, 3, 3)), groups=2), ShapeError, "3 filters cannot be cut"),
        (lambda: T.nnet.conv(known, np.zeros((2, 6, 9, 3))), ShapeError, "x with its zeros: 8 along axis 2, exp"),
        (lambda: T.nnet.conv(known, np.zeros((2, 6, 0, 3))), ShapeError, "one element or more: 0 along axis 2"),
        (lambda: T.nnet.conv_transpose(known, np.zeros((4, 2, 3, 3))), ShapeError, "has 6 channels; expected 4"),
        (lambda: T.nnet.conv(x, w, "wide"), ArgumentError, "expected valid, full, half, same"),
        (lambda: T.nnet.conv(x, w, (1, 2, 3)), ArgumentError, "a number, or for each of 2 axes one or a pair"),
        (lambda: T.nnet.conv(x, w, ((1, 2, 3), 0)), ArgumentError, "expected a number or a pair"),
        (lambda: T.nnet.conv(x, w, -1), ShapeError, "at least 0"),
        (lambda: T.nnet.conv(x, w, stride=0), ArgumentError, "stride=0: expected an integer of at least 1"),
        (lambda: T.nnet.conv(x, w, dilation=(1, 1, 1)), ArgumentError, "or 2 of them, one an axis"),
        (lambda: T.nnet.conv(x, w, groups=0), ArgumentError, "groups=0"),
        (lambda: T.nnet.conv(x, w, layout="NCHW"), ArgumentError, "expected channels_first or channels_last"),
    ):
        with pytest.raises(error, match=message):
            build()


@pytest.mark.parametrize("backend", ["native", "numpy"])
def test_what_is_refused_in_a_call(backend):
    """The same when only a call tells the sizes; batches of nothing are values of nothing."""
    x, w = T.ftensor4("x"), T.ftensor4("w")
    y = T.nnet.conv(x, w, groups=2)
    f = sd.function([x, w], [y, *sd.grad(y.sum(), [x, w])], backend=backend)

    def call(images, filters):
        return f(np.ones(images, "float32"), np.ones(filters, "float32"))

    for images, filters, message in (
        ((1, 4, 5, 5), (2, 3, 2, 2), r"are not filters.shape\[1\] \* groups=2: its size along axis 1 is 4, not 6"),
        ((1, 4, 5, 5), (3, 2, 2, 2), "the number of filters is no multiple of groups=2"),
        ((1, 4, 5, 5), (2, 2, 6, 2), "larger than x with its zeros: 5 along axis 2, expected 6 or more"),
        ((1, 4, 0, 5), (2, 2, 1, 1), "larger than x with its zeros: 0 along axis 2, expected 1 or more"),
        ((1, 4, 5, 5), (2, 2, 2, 0), "a filter has one element or more: 0 along axis 3, expected 1 or more"),
    ):
        with pytest.raises(ValueError, match=message):
            call(images, filters)
    for images, filters in (((0, 4, 5, 5), (2, 2, 2, 2)), ((3, 4, 5, 5), (0, 2, 2, 2)), ((3, 0, 5, 5), (4, 0, 2, 2))):
        value, by_x, by_w = call(images, filters)
        assert value.shape == (images[0], filters[0], 4, 4) and by_x.shape == images and by_w.shape == filters
        assert not value.any() and not by_x.any() and not by_w.any()


@pytest.mark.parametrize("axes", [(0, None), (None, 0), (0, 0)])
def test_a_batch_of_convolutions(axes):
    """Mapped over images, over filters and over both, with gradients of every example: no loop, and no fallback."""
    rng = np.random.default_rng(4)
    images, filters = rng.normal(size=(3, 2, 7, 6)), rng.normal(size=(3, 4, 2, 3, 2))
    x, w = T.dtensor3("x"), T.dtensor4("w")

    def one(x, w):
        y = T.nnet.pool(T.tanh(T.nnet.conv(x[None], w, padding=1, stride=(1, 2))), 2)
        return [y, *sd.grad((y**2).sum(), [x, w])]

    given = [a if axis == 0 else a[0] for a, axis in zip((images, filters), axes, strict=True)]
    variables = [T.tensor("float64", (None,) * a.ndim) for a in given]
    f = sd.function(variables, sd.vmap(one, axes)(*variables))
    by_one = sd.function([x, w], one(x, w), backend="numpy")
    rows = [by_one(*(a[k] if axis == 0 else a for a, axis in zip(given, axes, strict=True))) for k in range(3)]
    for found, expected in zip(f(*given), zip(*rows, strict=True), strict=True):
        np.testing.assert_allclose(found, np.stack(expected), rtol=1e-10, atol=1e-12)
    assert not any(node.op.name == "scan" for node in f.stages["rewritten"].nodes())
    assert not any("fallback" in kernel for kernel in f.kernels)


@pytest.mark.parametrize(("rank", "padding", "dilation"), [(1, "same", 1), (2, "same", 2), (2, "full", 1), (3, 1, 1)])
def test_the_gradient_of_a_padded_convolution_is_one_product(rank, padding, dilation):
    """With zeros around x its gradient is a convolution too, whose windows are read where they are packed."""
    rng = np.random.default_rng(6)
    x, w = (T.tensor("float64", (None,) * (2 + rank), name) for name in "xw")
    slope = sd.grad(T.tanh(T.nnet.conv(x, w, padding, dilation=dilation)).sum(), x)
    native, plain = (sd.function([x, w], slope, backend=backend) for backend in ("native", "numpy"))
    given = rng.normal(size=(2, 5, *(6, 7, 8)[:rank])), rng.normal(size=(4, 5, *(3, 2, 3)[:rank]))
    np.testing.assert_allclose(native(*given), plain(*given), rtol=1e-10, atol=1e-12)
    assert not any("sum" in kernel or "affine_view" in kernel for kernel in native.kernels), native.kernels
    step, at = 1e-6, (1, 3, *(2,) * rank)
    f = sd.function([x, w], T.tanh(T.nnet.conv(x, w, padding, dilation=dilation)).sum())
    more, less = (given[0].copy() for _ in range(2))
    more[at] += step
    less[at] -= step
    np.testing.assert_allclose(native(*given)[at], (f(more, given[1]) - f(less, given[1])) / (2 * step), rtol=1e-6)


@pytest.mark.parametrize(("filters", "channels", "is_sum"), [(64, 3, True), (8, 8, False), (64, 16, False)])
def test_the_gradient_by_few_channels_stays_a_sum(filters, channels, is_sum):
    """Windows are not packed for a few rows: the filters that a state holds tell, where their type does not."""
    x, w = T.ftensor4("x"), sd.shared(np.ones((filters, channels, 3, 3), "float32"))
    f = sd.function([x], sd.grad(T.nnet.conv(x, w, "same").sum(), x), backend="native")
    assert any("sum" in kernel for kernel in f.kernels) == is_sum
    w.set_value(np.ones((2, 5, 3, 3), "float32"))
    np.testing.assert_array_equal(
        f(np.zeros((1, 5, 4, 3), "float32"))[0, 0], [[8, 12, 8]] + [[12, 18, 12]] * 2 + [[8, 12, 8]]
    )


def test_threads_give_the_same_bits():
    """Layers in a row, forward and backward: the sums do not depend on who computes them."""
    rng = np.random.default_rng(5)
    x, w, v = (T.ftensor4(name) for name in "xwv")
    d = T.tensor("float32", (None, 1, None, None), "d")
    h = T.nnet.pool(T.nnet.relu(T.nnet.conv(x, w, "same")), (3, 2), stride=2, padding=1)
    y = T.nnet.conv_transpose(T.nnet.conv(h, d, "half", groups=16), v, stride=2)
    loss = T.sum(y**2)
    shapes = (9, 3, 31, 29), (16, 3, 5, 4), (16, 4, 3, 3), (16, 1, 3, 3)
    arrays = [rng.normal(size=shape).astype("float32") for shape in shapes]
    found = []
    for threads in (1, 2):
        with sd.config.change(threads=threads):
            f = sd.function([x, w, v, d], [y, *sd.grad(loss, [x, w, v, d])])
            found.append(f(*arrays))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)

"""Pooling, sliding windows and resizing against plain loops and JAX, and what is refused.

Every option is compiled once and called with many sizes: sizes are symbolic.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, ShapeError

BACKENDS = ("native", "numpy")

# window, stride, padding, ignore_border.
WINDOWS = [
    ((2, 2), None, 0, True),
    ((3, 2), (2, 1), 1, True),
    ((3, 3), (2, 3), (1, 0), False),
    ((2,), None, 0, False),
    ((1, 2, 2), (2, 2, 1), 0, True),
]
MODES = ("max", "sum", "average", "average_inc_pad", "average_exc_pad")


def around(padding, rank):
    """The same number before and after every axis."""
    return [(n, n) for n in (padding if isinstance(padding, tuple) else (padding,) * rank)]


def by_loops(x, window, stride, padding, ignore_border, mode):
    """Pooling by its definition, and where the first largest elements are."""
    rank = len(window)
    stride, zeros, own = stride or window, around(padding, rank), x.shape[2:]
    counts = []
    for n, k, s, (before, after) in zip(own, window, stride, zeros, strict=True):
        starts = range(-before, n if not ignore_border else n + after - k + 1, s)
        found = [i for i in starts if i + k <= n + after or not ignore_border]
        if not ignore_border:
            # Not one more behind the first that reaches the end.
            found = found[: next((i + 1 for i, at in enumerate(found) if at + k >= n + after), len(found))]
        counts.append(found)
    value = np.zeros((*x.shape[:2], *map(len, counts)))
    slope = np.zeros_like(x)
    for image in np.ndindex(*x.shape[:2]):
        for place in np.ndindex(*map(len, counts)):
            starts = [found[i] for found, i in zip(counts, place, strict=True)]
            inside = [slice(max(i, 0), min(i + k, n)) for i, k, n in zip(starts, window, own, strict=True)]
            part = x[(*image, *inside)]
            padded = [min(i + k, n + b) - i for i, k, n, (b, _) in zip(starts, window, own, zeros, strict=True)]
            divisor = {"sum": 1, "max": 1, "average_exc_pad": part.size}.get(mode, np.prod(padded))
            value[(*image, *place)] = part.max() if mode == "max" else part.sum() / divisor
            if mode == "max":
                where = np.unravel_index(np.argmax(part), part.shape)
                slope[(*image, *(w + s.start for w, s in zip(where, inside, strict=True)))] += value[(*image, *place)]
            else:
                slope[(*image, *inside)] += value[(*image, *place)] / divisor
    return value, slope


@pytest.mark.parametrize("options", WINDOWS, ids=str)
def test_pool_by_loops(options):
    """Values, and gradients of half the sum of squares, in which ties between small integers are many."""
    rng, rank = np.random.default_rng(3), len(options[0])
    window, stride, padding, ignore_border = options
    x = T.tensor("float64", (None,) * (rank + 2), "x")
    pools = [T.nnet.pool(x, window, mode, stride, padding, ignore_border) for mode in MODES]
    outputs = [*pools, *(sd.grad(T.sum(y**2) / 2, x) for y in pools)]
    functions = [sd.function([x], outputs, backend=backend) for backend in BACKENDS]
    assert not any("fallback" in kernel for kernel in functions[0].kernels)
    for _ in range(8):
        sizes = [int(k + rng.integers(0, 6)) for k in window]
        images = rng.integers(-2, 3, (*rng.integers(1, 4, 2), *sizes)).astype(float)
        found = [f(images) for f in functions]
        for k, mode in enumerate(MODES):
            value, slope = by_loops(images, window, stride, padding, ignore_border, mode)
            for one in found:
                np.testing.assert_allclose(one[k], value, rtol=1e-12, atol=1e-12, err_msg=mode)
                np.testing.assert_allclose(one[k + len(MODES)], slope, rtol=1e-12, atol=1e-12, err_msg=mode)


@pytest.mark.parametrize("backend", BACKENDS)
def test_windows_are_views_and_fold_is_their_transpose(backend):
    """NumPy's sliding_window_view; and <unfold(x), y> is <x, fold(y)>."""
    rng = np.random.default_rng(4)
    x, y = T.dtensor3("x"), T.tensor("float64", (None,) * 5, "y")
    for stride, dilation, padding in ((1, 1, 0), ((2, 1), (1, 3), 0), ((2, 3), (2, 2), ((1, 0), (2, 1)))):
        unfolded = T.nnet.unfold(x, (2, 3), stride, dilation, padding)
        folded = T.nnet.fold(y, x.shape[1:], stride, dilation, padding)
        f = sd.function([x, y], [T.exp(unfolded), T.sum(unfolded * y), T.sum(x * folded), folded], backend=backend)
        signal = rng.normal(size=(2, 9, 11))
        pads = padding or ((0, 0), (0, 0))
        (s, r), (d, e) = (one if isinstance(one, tuple) else (one, one) for one in (stride, dilation))
        whole = np.pad(signal, ((0, 0), *pads))
        expected = np.lib.stride_tricks.sliding_window_view(whole, (d + 1, 2 * e + 1), axis=(1, 2))
        expected = expected[:, ::s, ::r, ::d, ::e]
        value, one, other, _ = f(signal, rng.normal(size=expected.shape))
        np.testing.assert_array_equal(value, f(signal, np.zeros(expected.shape))[0])
        np.testing.assert_allclose(value, np.exp(expected), rtol=1e-13)
        np.testing.assert_allclose(one, other, rtol=1e-11)


def test_global_pooling_and_layouts():
    """One window for everything; the last axis as channels is the same after a transposition."""
    rng = np.random.default_rng(5)
    images = rng.integers(-3, 3, (2, 3, 4, 5)).astype("float64")
    x = T.dtensor4("x")
    last = x.dimshuffle(0, 2, 3, 1)
    outputs = [T.nnet.global_pool(x, mode) for mode in ("max", "sum", "average")]
    outputs.append(sd.grad(outputs[0].sum(), x))
    outputs += [T.nnet.pool(x, 2), T.nnet.pool(last, 2, layout="channels_last").dimshuffle(0, 3, 1, 2)]
    largest, total, average, slope, first, second = sd.function([x], outputs)(images)
    np.testing.assert_array_equal(largest, images.max((2, 3)))
    np.testing.assert_allclose(total, images.sum((2, 3)))
    np.testing.assert_allclose(average, images.mean((2, 3)))
    np.testing.assert_array_equal(first, second)
    rows = slope.reshape(2, 3, -1)
    np.testing.assert_array_equal(rows.argmax(-1), images.reshape(2, 3, -1).argmax(-1))
    np.testing.assert_array_equal(rows.sum(-1), 1)


def test_first_largest_of_nan_and_of_integers():
    """A NaN is the largest, as for NumPy, and receives the gradient; integers and truth values are pooled, too."""
    x = T.dtensor3("x")
    values = np.array([[[1.0, np.nan, np.nan, 2.0]]])
    slope = sd.function([x], sd.grad(T.nnet.pool(x, 2).sum(), x))(values)
    np.testing.assert_array_equal(slope, [[[0, 1, 1, 0]]])
    for dtype in ("int8", "uint8", "bool", "int64"):
        array = np.array([[[0, 1, 1, 0, 0]]], dtype)
        node = T.tensor(dtype, (None,) * 3)
        largest, total = sd.function([node], [T.nnet.pool(node, 2, padding=1), T.nnet.pool(node, 2, "sum")])(array)
        np.testing.assert_array_equal(largest, [[[0, 1, 0]]])
        np.testing.assert_array_equal(total, [[[1, 1]]])


@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("mode", ["nearest", "linear"])
def test_resize_against_jax(rank, mode):
    """Larger, smaller, by whole factors and others, from and to a size of one; gradients too."""
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    rng = np.random.default_rng(6)
    x = T.tensor("float64", (None,) * (rank + 2), "x")
    wanted = [T.iscalar() for _ in range(rank)]
    y = T.nnet.resize(x, wanted, mode)
    f = sd.function([x, *wanted], [y, sd.grad(T.sum(y**2), x)])
    assert not any("fallback" in kernel for kernel in f.kernels)
    for before, after in (((5, 3), (11, 7)), ((6, 4), (4, 9)), ((1, 5), (3, 1)), ((6, 2), (3, 6))):
        array, sizes = rng.normal(size=(2, 2, *before[:rank])), after[:rank]

        def resized(a, sizes=sizes):
            return jax.image.resize(a, (*a.shape[:2], *sizes), mode, antialias=False)

        value, slope = f(array, *sizes)
        @jax.jit
        def reference(a, resized=resized):
            expected, pull = jax.vjp(resized, a)
            return expected, pull(2 * expected)[0]

        expected, expected_slope = reference(array)
        np.testing.assert_allclose(value, expected, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(slope, expected_slope, rtol=1e-5, atol=1e-6)


@pytest.mark.numpy_alone
def test_gradients_to_order_2():
    """Of a pool whose windows overlap, and of resized images: differences agree."""
    rng = np.random.default_rng(7)
    images = rng.permutation(2 * 5 * 6).reshape(1, 2, 5, 6) / 10
    with sd.config.change(backend="numpy"):
        for mode in MODES[1:3]:
            sd.verify_grad(lambda x, mode=mode: T.tanh(T.nnet.pool(x, (2, 3), mode, (1, 2), (1, 1))), [images], order=2)
        sd.verify_grad(lambda x: T.sin(T.nnet.pool(x, 3, stride=2, padding=1)), [images], order=2)
        sd.verify_grad(lambda x: T.sin(T.nnet.resize(x, (7, 4), "linear")), [images], order=2)


def test_what_is_refused():
    """One sentence that says what was given and what is expected; while building as far as sizes are known."""
    x = T.ftensor4("x")
    small = T.tensor("float32", (None, 3, 2, 8), "small")
    for build, error, message in (
        (lambda: T.nnet.pool(x, 2, "median"), ArgumentError, "mode='median': expected max, sum, average"),
        (lambda: T.nnet.pool(x, (2, 2, 2)), ArgumentError, "expected an integer of at least 1, or 2 of them"),
        (lambda: T.nnet.pool(x, 0), ArgumentError, "window=0: expected an integer of at least 1"),
        (lambda: T.nnet.pool(x, 2, padding=2), ArgumentError, "leaves windows of 2 without an element"),
        (lambda: T.nnet.pool(T.fmatrix(), 2), ShapeError, "expected 3, 4 or 5 axes"),
        (lambda: T.nnet.pool(small, 3), ShapeError, "a window is larger than x: 2 along axis 2, expected 3 or more"),
        (lambda: T.nnet.unfold(T.fvector(), (2, 2)), ShapeError, "do not slide along"),
        (lambda: T.nnet.resize(x, 2, "cubic"), ArgumentError, "expected nearest or linear"),
        (lambda: T.nnet.global_pool(x, "min"), ArgumentError, "mode='min'"),
        (lambda: T.nnet.pool(x, 2, layout="NHWC"), ArgumentError, "expected channels_first or channels_last"),
    ):
        with pytest.raises(error, match=message):
            build()
    f = [sd.function([x], T.nnet.pool(x, 3), backend=backend) for backend in BACKENDS]
    for function, size in itertools.product(f, (0, 1, 2)):
        with pytest.raises(ValueError, match=f"a window is larger than x: {size} along axis 2, expected 3 or more"):
            function(np.zeros((1, 1, size, 5), "float32"))
        assert function(np.zeros((0, 2, 3, 7), "float32")).shape == (0, 2, 1, 2)

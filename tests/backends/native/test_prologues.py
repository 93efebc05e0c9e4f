"""Prologues of matrix products: an operand that is computed where it is packed has the bits of one that was stored."""

from math import prod

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.inspect import cost
from tests.helpers.native import native

pytest.importorskip("llvmlite")

# Images, filters, and how these slide: lines that fill vectors and lines that do not, panels over several lines, blocks
# of several hundred steps, more rows than a block has.
SLIDING = {
    "lines fill vectors": ((2, 3, 12, 18), (5, 3, 3, 3), {}),
    "short lines": ((3, 2, 7, 5), (4, 2, 2, 3), {}),
    "padding": ((2, 3, 9, 11), (7, 3, 3, 3), {"padding": "same"}),
    "stride and dilation": ((2, 2, 17, 19), (3, 2, 3, 2), {"stride": (2, 3), "dilation": (2, 1)}),
    "one pixel": ((4, 9, 6, 6), (8, 9, 1, 1), {}),
    "many steps": ((2, 70, 10, 9), (6, 70, 3, 3), {"padding": 1}),
    "many filters": ((1, 4, 8, 8), (330, 4, 2, 2), {}),
    "many places": ((4, 8, 20, 21), (70, 8, 3, 3), {"padding": "same"}),
    "groups": ((2, 6, 9, 8), (4, 3, 3, 3), {"groups": 2}),
}


def windows(x, taps, *, padding=0, stride=1, dilation=1):
    """The windows of images, as matrices of (channels * taps, places), by NumPy."""
    if padding == "same":
        before = [(n - 1) // 2 for n in taps]
        around = [(b, n - 1 - b) for b, n in zip(before, taps, strict=True)]
    else:
        around = [(padding, padding)] * 2
    x = np.pad(x, ((0, 0), (0, 0), *around))
    stride, dilation = (one if isinstance(one, tuple) else (one, one) for one in (stride, dilation))
    spans = [(n - 1) * d + 1 for n, d in zip(taps, dilation, strict=True)]
    seen = np.lib.stride_tricks.sliding_window_view(x, spans, axis=(2, 3))
    seen = seen[:, :, :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]
    n, c, *places = seen.shape[:4]
    return np.ascontiguousarray(seen.transpose(0, 1, 4, 5, 2, 3)).reshape(n, c * prod(taps), prod(places))


def matrices(dtype):
    """A product of two matrices that lie in memory."""
    a, b = T.tensor(dtype, (None, None)), T.tensor(dtype, (None, None))
    return sd.function([a, b], a @ b)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", SLIDING)
def test_convolutions_have_the_bits_of_products_of_stored_windows(name, dtype, threads):
    """Forward and by the filters, by quick code and by full code: which part is packed when is seen by nobody."""
    images, filters, how = SLIDING[name]
    groups = how.get("groups", 1)
    sliding = {key: value for key, value in how.items() if key != "groups"}
    rng = np.random.default_rng(0)
    x, w = (rng.normal(size=size).astype(dtype) for size in (images, filters))
    with sd.config.change(threads=threads, guard=("off", "end")[threads - 1]):
        vx, vw, vg = (T.tensor(dtype, (None,) * 4) for _ in range(3))
        y = T.nnet.conv(vx, vw, **how)
        forward = sd.function([vx, vw], y)
        by_filters = sd.function([vx, vw, vg], sd.grad((y * vg).sum(), vw, consider_constant=[vg]))
        multiply = matrices(dtype)
        g = rng.normal(size=forward(x, w).shape).astype(dtype)
        for _ in ("quick code", "full code"):
            got, slope = forward(x, w), by_filters(x, w, g)
            for group in range(groups):
                own = np.split(np.arange(images[1]), groups)[group]
                made = np.split(np.arange(filters[0]), groups)[group]
                seen = windows(x[:, own], filters[2:], **sliding)
                flat = w[made].reshape(len(made), -1)
                wanted = [multiply(flat, one) for one in seen]
                np.testing.assert_array_equal(got[:, made].reshape(len(x), len(made), -1), wanted)
                along = g[:, made].transpose(1, 0, 2, 3).reshape(len(made), -1)
                wanted = multiply(along, np.concatenate(list(seen), axis=1).T)
                np.testing.assert_array_equal(slope[made].reshape(len(made), -1), wanted)
            forward.wait(), by_filters.wait()


def test_a_convolution_stores_no_windows():
    """No buffer of a convolution, or of its gradient by the filters, is larger than the image or the result."""
    x, w = T.ftensor4("x"), T.ftensor4("w")
    y = T.nnet.conv(x, w, padding="same")
    f = sd.function([x, w], [y, sd.grad((y * y).sum(), w)])
    sizes = {"x": (4, 16, 20, 20), "w": (16, 16, 5, 5)}
    plan = cost(f, sizes=sizes, by="kernel").memory
    assert max(buffer.size for buffer in plan.buffers if buffer.name != "scratch") == 4 * prod(sizes["x"])


def test_what_a_prologue_reads_is_not_overwritten():
    """A state that is convolved is read until the last panel is packed, so its new value is copied there afterwards."""
    rng = np.random.default_rng(1)
    start = rng.normal(size=(2, 4, 9, 9)).astype("float32")
    w = rng.normal(size=(4, 4, 3, 3)).astype("float32")
    v, x = T.ftensor4("v"), T.ftensor4("x")
    state = sd.shared(start, name="state")
    step = sd.function([v], updates={state: T.nnet.conv(state, v, padding="same") + state})
    apart = sd.function([x, v], T.nnet.conv(x, v, padding="same") + x)
    value = start
    for _ in range(3):
        step(w)
        value = apart(value, w)
        np.testing.assert_array_equal(state.get_value(), value)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_matrix_for_each_of_a_batch_is_not_repeated_in_memory(threads):
    """One filter for every image is read where it lies."""
    rng = np.random.default_rng(2)
    x, w = T.ftensor3("x"), T.fmatrix("w")
    a, b = rng.normal(size=(5, 30, 40)).astype("float32"), rng.normal(size=(20, 30)).astype("float32")
    with sd.config.change(threads=threads):
        f = sd.function([x, w], T.matmul(T.broadcast_to(w, (x.shape[0], w.shape[0], w.shape[1])), x))
        multiply = matrices("float32")
        assert [str(kernel) for kernel in f.kernels] == ["product matmul"] or len(f.kernels) == 1
        np.testing.assert_array_equal(f(a, b), [multiply(b, one) for one in a])


@pytest.mark.parametrize("examples", [1, 2])
@pytest.mark.parametrize("threads", [2, 3])
def test_all_threads_have_a_part_of_a_single_example(examples, threads):
    """A batch of one is dealt like a product that is no batch: its bits, epilogue included, are those of one thread."""
    x, W, b = T.ftensor4("x"), T.ftensor4("W"), T.tensor3("b")
    rng = np.random.default_rng(examples)
    shapes = (examples, 8, 40, 40), (24, 8, 3, 3), (examples, 72, 65)
    values = [rng.normal(size=shape).astype("float32") for shape in shapes]
    outputs = [T.nnet.relu(T.nnet.conv(x, W, padding="same")), T.tanh(T.matmul(b.dimshuffle(0, 2, 1), b))]
    found = []
    for count in (1, threads):
        with sd.config.change(threads=count):
            f = native([x, W, b], outputs)
            found.append(f(*values))
    assert all(np.array_equal(one, other) for one, other in zip(*found, strict=True))
    wide = np.pad(values[0], ((0, 0), (0, 0), (1, 1), (1, 1)))
    seen = np.lib.stride_tricks.sliding_window_view(wide, (3, 3), axis=(2, 3))
    assert np.allclose(found[0][0], np.maximum(np.einsum("ncrqab,ocab->norq", seen, values[1]), 0), atol=1e-3)
    assert np.allclose(found[0][1], np.tanh(values[2].swapaxes(1, 2) @ values[2]), atol=1e-3)


def test_what_is_added_while_packing_is_read_where_it_is():
    """A vector's load was moved out of the condition that it lies in a line, and read past the end of a short bias."""
    value = np.random.default_rng(0).normal(size=(2, 3, 4))
    found = []
    for guard in ("off", "end"):
        layer = sd.nn.MultiHeadAttention(4, 2, seed=0, dtype="float64")
        with sd.config.change(guard=guard, tiered_compilation="full"):
            found.append(sd.function([], layer(value))())
    np.testing.assert_array_equal(*found)

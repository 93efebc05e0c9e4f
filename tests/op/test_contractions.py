"""Contractions of a user's own: einsum's letters, and a convolution, declared by their indexing maps alone.

Decision 20 claims that these fit without another mechanism: values, gradients by the declared pullback, native code
without a fallback, and a batch of examples without a rule.
"""

from __future__ import annotations

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.op import Contraction, lookup
from symdrop.types import TensorType

BACKENDS = ("numpy", "native")


def einsum(name, subscripts, reduced):
    """An op for an einsum of factors, declared by its letters."""
    inputs, output = subscripts.split("->")
    letters = inputs.split(",")
    summed = "".join(dict.fromkeys(c for one in letters for c in one if c not in output))

    def formula(m, *factors):
        """The sum of products that the subscripts say."""
        return m.einsum(subscripts, *factors)

    def place(letter):
        """The factor and the axis that a letter first stands for."""
        return next((k, one.index(letter)) for k, one in enumerate(letters) if letter in one)

    op = Contraction(formula, name=name, reduced=reduced, factors=tuple(range(len(letters))))
    op.infer(lambda *x: TensorType(x[0].dtype, tuple(x[place(c)[0]].type.shape[place(c)[1]] for c in output)))
    op.sizes(lambda sizes, *x: [sizes(x[place(c)[0]])[place(c)[1]] for c in output])

    @op.indexing_maps
    def maps(at, over, *x):
        """An index by its letter."""
        found = {**dict(zip(output, at, strict=True)), **dict(zip(summed, over, strict=True))}
        return tuple(tuple(found[c] for c in one) for one in letters)

    return op


batched_product = einsum("bij_bkj_bik", "bij,bkj->bik", 1)
bilinear = einsum("i_ij_j", "i,ij,j->", 2)
diagonal_times = einsum("ii_i_i", "ii,i->i", 0)
summed_alone = einsum("ij_k_i", "ij,k->i", 2)
scaled_sum = einsum("ijk_kl_jil", "ijk,kl->jil", 1)


@batched_product.pullback
def batched_product_pullback(g, y, a, b):
    """Two more products."""
    return batched_product(g, b.dimshuffle(0, 2, 1)), batched_product(g.dimshuffle(0, 2, 1), a.dimshuffle(0, 2, 1))


@bilinear.pullback
def bilinear_pullback(g, y, a, m, b):
    """By each factor the product of the others."""
    return g * (m @ b), g * T.outer(a, b), g * (a @ m)


def _convolve(m, x, w, *, stride):
    """Of every window of x the sum of its products with w."""
    windows = m.lib.stride_tricks.sliding_window_view(x, w.shape[0])[::stride]
    return windows @ w


convolve = Contraction(_convolve, name="a_convolution", linear_in=(0, 1))
convolve.infer(lambda x, w, stride: TensorType(x.dtype, (None,)))
convolve.sizes(lambda sizes, x, w, stride: ((sizes(x)[0] - sizes(w)[0]) // stride + 1,))
convolve.indexing_maps(lambda at, over, x, w, stride: ((stride * at[0] + over[0],), (over[0],)))


@convolve.pullback
def convolve_pullback(g, y, x, w, stride):
    """By the filter the same contraction, the roles exchanged; by the signal what every window adds to it."""
    rows = T.arange(g.shape[0]).dimshuffle(0, "x") * stride + T.arange(w.shape[0])
    return T.inc_subtensor(T.zeros_like(x)[rows], T.outer(g, w)), g @ x[rows]


RNG = np.random.default_rng(0)
CASES = {
    "stacks": (batched_product, {}, [(2, 3, 4), (2, 5, 4)], "bij,bkj->bik", 1),
    "bilinear": (bilinear, {}, [(3,), (3, 4), (4,)], "i,ij,j->", 1),
    "diagonal": (diagonal_times, {}, [(3, 3), (3,)], "ii,i->i", 1),
    "alone": (summed_alone, {}, [(3, 2), (4,)], "ij,k->i", 1),
    "tensor": (scaled_sum, {}, [(2, 3, 4), (4, 5)], "ijk,kl->jil", 1),
}


def native_without_fallback(f):
    """All kernels are native ones."""
    return f.kernels and not any("fallback" in kernel for kernel in f.kernels)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_einsum_by_its_letters(name, backend, dtype):
    """The letters are the iterators: NumPy's einsum is the oracle."""
    op, params, shapes, subscripts, _ = CASES[name]
    arrays = [RNG.normal(size=shape).astype(dtype) for shape in shapes]
    x = [T.tensor(dtype, (None,) * len(shape)) for shape in shapes]
    f = sd.function(x, T.tanh(op(*(v * 2 for v in x), **params)), backend=backend)
    expected = np.tanh(np.einsum(subscripts, *(2 * array for array in arrays)))
    np.testing.assert_allclose(f(*arrays), expected, rtol=2e-5 if dtype == "float32" else 1e-11, atol=1e-6)
    assert backend == "numpy" or native_without_fallback(f)


def test_an_einsum_that_is_a_product_of_matrices_becomes_one():
    """Axes in another order are read in place: the routine of products computes it."""
    x, y = (T.tensor("float32", (None,) * 3) for _ in range(2))
    (kernel,) = sd.function([x, y], batched_product(x, y), backend="native").kernels
    assert kernel.startswith("product")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize(("size", "width"), [(9, 3), (9, 1), (4, 4), (20, 7)])
def test_a_convolution(backend, stride, size, width):
    """A sum of two iterators is an index; NumPy's convolve is the oracle, and finite differences that of its slopes."""
    signal, taps = RNG.normal(size=size), RNG.normal(size=width)
    x, w = T.dvector("x"), T.dvector("w")
    y = convolve(x * 2, w, stride=stride)
    f = sd.function([x, w], [T.tanh(y), *sd.grad(T.sum(T.tanh(y)), [x, w])], backend=backend)
    value, by_signal, by_filter = f(signal, taps)
    windows = np.convolve(signal * 2, taps[::-1], "valid")[::stride]
    np.testing.assert_allclose(value, np.tanh(windows), rtol=1e-11, atol=1e-13)
    outer = 1 - np.tanh(windows) ** 2
    expected = np.zeros(size)
    for k, slope in enumerate(outer):
        expected[k * stride : k * stride + width] += 2 * slope * taps
    np.testing.assert_allclose(by_signal, expected, rtol=1e-10, atol=1e-12)
    sums = [np.sum(outer * 2 * signal[j : j + stride * len(outer) : stride][: len(outer)]) for j in range(width)]
    np.testing.assert_allclose(by_filter, sums, rtol=1e-10, atol=1e-12)
    assert backend == "numpy" or native_without_fallback(f)


def test_a_convolution_checks_its_sizes():
    """A filter longer than the signal is no error of generated code: the formula says so."""
    x, w = T.dvector("x"), T.dvector("w")
    f = sd.function([x, w], convolve(x, w, stride=1), backend="native")
    with pytest.raises(ValueError):
        f(np.ones(2), np.ones(5))
    sd.verify_grad(lambda x, w: convolve(x, w, stride=2), [RNG.normal(size=8), RNG.normal(size=3)])


# The convolution of decision 20: images (n, k, row, column), filters (f, k, h, w); what is summed over is (k, h, w).


def _patches(m, x, w, stride):
    """The windows of every image, (n, k, r, c, h, w)."""
    windows = m.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    return windows[:, :, ::stride, ::stride]


def _convolve2d(m, x, w, *, stride):
    """Of every window of every image the sum of its products with every filter."""
    return m.einsum("nkrchw,fkhw->nfrc", _patches(m, x, w, stride), w)


convolve2d = Contraction(_convolve2d, name="a_convolution_of_images", reduced=3)
convolve2d.infer(lambda x, w, stride: TensorType(x.dtype, (None,) * 4))
convolve2d.sizes(
    lambda sizes, x, w, stride: (
        sizes(x)[0], sizes(w)[0], *((sizes(x)[k] - sizes(w)[k]) // stride + 1 for k in (2, 3)),
    )
)  # fmt: skip


@convolve2d.indexing_maps
def convolve2d_maps(at, over, x, w, stride):
    """An index is a sum of two iterators, as in a sliding window."""
    (n, f, r, c), (k, i, j) = at, over
    return (n, k, stride * r + i, stride * c + j), (f, k, i, j)


def _by_filter(m, x, g, w, *, stride):
    """The slope by the filters."""
    return m.einsum("nkrchw,nfrc->fkhw", _patches(m, x, w, stride), g)


by_filter = Contraction(_by_filter, name="a_slope_by_filters", reduced=3)
by_filter.infer(lambda x, g, w, stride: w.type)
by_filter.sizes(lambda sizes, x, g, w, stride: sizes(w))


@by_filter.indexing_maps
def by_filter_maps(at, over, x, g, stride):
    """The same maps, the roles of the iterators exchanged."""
    (f, k, i, j), (n, r, c) = at, over
    return (n, k, stride * r + i, stride * c + j), (n, f, r, c)


@convolve2d.pullback
def convolve2d_pullback(g, y, x, w, stride):
    """By the image the transposed map, a scatter; by the filters another contraction."""
    total = T.zeros_like(x)
    rows, columns = (T.arange(g.shape[k]) * stride for k in (2, 3))
    spread = T.tensordot(g, w, axes=((1,), (0,))).dimshuffle(0, 3, 1, 4, 2, 5)
    i, j = (T.arange(w.shape[k]) for k in (2, 3))
    row = (rows.dimshuffle(0, "x") + i).dimshuffle(0, 1, "x", "x")
    column = (columns.dimshuffle(0, "x") + j).dimshuffle("x", "x", 0, 1)
    return T.inc_subtensor(total[:, :, row, column], spread), by_filter(x, g, w, stride=stride)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("stride", [1, 2])
def test_a_convolution_of_images(backend, stride):
    """Four iterators and three that are summed over; padding is zeros joined around the images."""
    images, filters = RNG.normal(size=(2, 3, 5, 6)), RNG.normal(size=(4, 3, 2, 3))
    x, w = (T.tensor("float64", (None,) * 4, name) for name in "xw")
    zeros = T.zeros((x.shape[0], x.shape[1], 1, x.shape[3]), "float64")
    y = T.tanh(convolve2d(T.concatenate([zeros, x, zeros], axis=2), w, stride=stride))
    f = sd.function([x, w], [y, *sd.grad(T.sum(y**2), [x, w])], backend=backend)
    assert backend == "numpy" or native_without_fallback(f)

    def by_hand(images, filters):
        padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (0, 0)))
        rows, columns = ((padded.shape[k] - filters.shape[k]) // stride + 1 for k in (2, 3))
        made = np.zeros((len(images), len(filters), rows, columns))
        for r, c in np.ndindex(rows, columns):
            window = padded[:, :, stride * r : stride * r + 2, stride * c : stride * c + 3]
            made[:, :, r, c] = np.einsum("nkhw,fkhw->nf", window, filters)
        return np.tanh(made)

    value, slope, filter_slope = f(images, filters)
    np.testing.assert_allclose(value, by_hand(images, filters), rtol=1e-11, atol=1e-13)
    step = 1e-6
    for array, found in ((images, slope), (filters, filter_slope)):
        for place in [tuple(RNG.integers(array.shape)) for _ in range(6)]:
            ends = []
            for by in (step, -step):
                moved = {id(array): array.copy()}
                moved[id(array)][place] += by
                pair = (moved.get(id(images), images), moved.get(id(filters), filters))
                ends.append(np.sum(by_hand(*pair) ** 2))
            np.testing.assert_allclose(found[place], (ends[0] - ends[1]) / (2 * step), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("backend", BACKENDS)
def test_sizes_that_do_not_fit_are_refused(backend):
    """Native code once summed over as many elements as the first factor has, whatever the second one had."""
    a, b, c = T.dvector("a"), T.dmatrix("b"), T.dvector("c")
    f = sd.function([a, b, c], bilinear(a, b, c), backend=backend)
    g = sd.function([b, c], diagonal_times(b, c), backend=backend)
    x = T.dmatrix("x")
    h = sd.function([x, b, c], sd.vmap(lambda a: bilinear(a, b, c))(x), backend=backend)
    assert f(np.ones(3), np.ones((3, 4)), np.ones(4)) == 12
    for shapes in ([(3,), (4, 4), (4,)], [(3,), (3, 4), (5,)], [(2,), (3, 4), (4,)], [(3,), (3, 4), (3,)]):
        with pytest.raises(ValueError):
            f(*map(np.ones, shapes))
        with pytest.raises(ValueError):
            h(np.ones((2, *shapes[0])), *map(np.ones, shapes[1:]))
    for shapes in ([(3, 3), (2,)], [(3, 4), (3,)], [(3, 3), (4,)]):
        with pytest.raises(ValueError):
            g(*map(np.ones, shapes))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("axes", [(0, 0), (0, None), (None, 0), (1, 0)])
def test_a_batch_of_convolutions(backend, axes):
    """An iterator more in front, and no loop; slopes of what all share are sums."""
    batch = RNG.normal(size=(4, 9)), RNG.normal(size=(4, 3))
    arrays = [b[0] if axis is None else np.moveaxis(b, 0, axis) for b, axis in zip(batch, axes, strict=True)]
    x, w = (T.tensor("float64", (None,) * array.ndim) for array in arrays)
    y = sd.vmap(lambda x, w: T.tanh(convolve(x, w, stride=2)), axes)(x, w)
    f = sd.function([x, w], [y, *sd.grad(T.sum(y**2), [x, w])], backend=backend)
    v, u = T.dvector("v"), T.dvector("u")
    one = T.tanh(convolve(v, u, stride=2))
    by_one = sd.function([v, u], [one, *sd.grad(T.sum(one**2), [v, u])], backend="numpy")
    rows = [[b[0] if axis is None else b[k] for b, axis in zip(batch, axes, strict=True)] for k in range(4)]
    values, *slopes = (np.stack(part) for part in zip(*(by_one(*row) for row in rows), strict=True))
    got, *found = f(*arrays)
    np.testing.assert_allclose(got, values, rtol=1e-11, atol=1e-13)
    for slope, expected, axis in zip(found, slopes, axes, strict=True):
        whole = expected.sum(0) if axis is None else np.moveaxis(expected, 0, axis)
        np.testing.assert_allclose(slope, whole, rtol=1e-10, atol=1e-12)
    assert not any(node.op is lookup("scan") for node in f.stages["rewritten"].nodes())
    assert backend == "numpy" or native_without_fallback(f)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_batch_of_einsums(backend):
    """Three factors, of which two have examples of their own; and stacks of stacks."""
    a, m, b = RNG.normal(size=(5, 3)), RNG.normal(size=(3, 4)), RNG.normal(size=(5, 4))
    x, w, y = T.dmatrix("x"), T.dmatrix("w"), T.dmatrix("y")
    value = sd.vmap(lambda x, y: bilinear(x, w, y))(x, y)
    f = sd.function([x, w, y], [value, sd.grad(T.sum(value**2), w)], backend=backend)
    expected = np.einsum("ni,ij,nj->n", a, m, b)
    got, slope = f(a, m, b)
    np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(slope, np.einsum("n,ni,nj->ij", 2 * expected, a, b), rtol=1e-11)
    p, q = (T.tensor("float64", (None,) * 4) for _ in range(2))
    g = sd.function([p, q], sd.vmap(batched_product, (1, 0))(p, q), backend=backend)
    left, right = RNG.normal(size=(2, 3, 4, 5)), RNG.normal(size=(3, 2, 6, 5))
    np.testing.assert_allclose(g(left, right), np.einsum("bnij,nbkj->nbik", left, right), rtol=1e-11, atol=1e-13)

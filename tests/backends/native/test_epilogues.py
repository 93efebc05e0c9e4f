"""Epilogues of matrix products: the same bits as the product and its consumers in two programs, wherever blocks lie."""

import ctypes

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends.native import blas
from tests.backends.native.products import DTYPES, OWN, call, library, matrix

pytest.importorskip("llvmlite")

BLOCK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, *[ctypes.c_int64] * 4)
# Small, with a vector from either side, of several blocks of rows, panels and blocks of the summed index.
SHAPES = [
    (3, 5, 4), (1, 1, 30), (1, 300, 500), (900, 1, 250), (37, 91, 513), (700, 130, 90), (128, 784, 160), (0, 5, 3),
    (5, 3, 0),
]  # fmt: skip
LIBRARIES = {"own": OWN["host" if "host" in OWN else max(OWN)], "BLAS": library("host", blas.find())}


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", LIBRARIES)
def test_every_element_is_finished_once(name, dtype, threads):
    """The blocks that an epilogue is called for cover the result without meeting, and hold its final values."""
    for (m, n, k), ta in [*((shape, False) for shape in SHAPES), ((900, 10, 250), True), ((300, 90, 40), True)]:
        rng = np.random.default_rng(0)
        a, b, c = (
            matrix(rng, *((k, m) if ta else (m, k)), dtype),
            matrix(rng, k, n, dtype),
            np.full((m, n), np.nan, dtype),
        )
        seen, count = np.zeros((m, n), dtype), np.zeros((m, n), int)

        @BLOCK
        def note(_, row, row_end, column, column_end, c=c, seen=seen, count=count):
            assert column % 2 == 0
            block = np.s_[row:row_end, column:column_end]
            seen[block], count[block] = c[block], count[block] + 1

        call(LIBRARIES[name], a, b, c, ta=ta, threads=threads, epilogue=ctypes.cast(note, ctypes.c_void_p))
        assert (count == 1).all(), (m, n, k)
        np.testing.assert_array_equal(seen, c)


def dropped(product, b, r):
    """Bias, relu and dropout."""
    return [sd.dropout(T.nnet.relu(product + b), p=0.5, stream=sd.RandomStream(seed=7))]


CONSUMERS = {
    "bias and relu": lambda p, b, r: [T.nnet.relu(p + b)],
    "dropout": dropped,
    "residual, other way round": lambda p, b, r: [p + r.T],
    "several, and itself": lambda p, b, r: [T.tanh(p), p, T.tanh(p) * p + r.T],
    "another dtype": lambda p, b, r: [p > 0.5, T.cast(p, "float64")],
}

# Computed from blocks where their rows are known to fill vectors.
DEAR = ("dropout", "several, and itself")


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", CONSUMERS)
def test_an_epilogue_has_the_bits_of_a_program_of_its_own(name, threads):
    """What a kernel computes from a product's blocks is what another program computes from the whole product."""
    known = [n for _, n, _ in SHAPES if n >= 16] if name in DEAR else [None]
    for columns in known:
        x, w = T.fmatrix("x"), T.fmatrix("w", shape=(None, columns))
        b, r, p = T.fvector("b"), T.fmatrix("r"), T.fmatrix("p")
        with sd.config.change(threads=threads):
            fused = sd.function([x, w, b, r], CONSUMERS[name](x @ w, b, r), training=True, on_unused_input="ignore")
            product = sd.function([x, w], x @ w)
            consumers = sd.function([p, b, r], CONSUMERS[name](p, b, r), training=True, on_unused_input="ignore")
            first, *others = map(str, fused.kernels)
            # The stream's step is counted on.
            assert first.startswith("product ") and others == ["add"] * (name == "dropout")
            for m, n, k in SHAPES:
                if columns not in (None, n):
                    continue
                rng = np.random.default_rng(1)
                values = [rng.normal(size=size).astype("float32") for size in ((m, k), (k, n), (n,), (n, m))]
                wanted = consumers(product(*values[:2]), *values[2:])
                for got, value in zip(fused(*values), wanted, strict=True):
                    np.testing.assert_array_equal(got, value)


SHAPED = {
    "batch": ((6, 5, 9), (6, 9, 40)),
    "batch of batches": ((2, 3, 5, 9), (2, 3, 9, 40)),
    "matrix times vector": ((300, 40), (40,)),
    "vector times matrix": ((40,), (40, 300)),
    "one column": ((300, 40), (40, 1)),
    "one row": ((1, 40), (40, 300)),
    "one element": ((1, 40), (40, 1)),
    "batch of elements": ((7, 1, 40), (7, 40, 1)),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", SHAPED)
def test_epilogues_of_any_shape(name, dtype):
    """Batches and vectors, with sizes that are fixed and sizes that a call tells."""
    sizes, rng = SHAPED[name], np.random.default_rng(2)
    values = [rng.normal(size=size).astype(dtype) for size in sizes]
    for fixed in (True, False):
        x, w = (T.tensor(dtype, size if fixed else [None] * len(size)) for size in sizes)
        p = x @ w
        got = sd.function([x, w], [T.tanh(p * 2), p * p])(*values)
        q = T.tensor(dtype, p.type.shape)
        wanted = sd.function([q], [T.tanh(q * 2), q * q])(sd.function([x, w], p)(*values))
        for one, other in zip(got, wanted, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("threads", [1, 2])
def test_momentum_is_an_epilogue(threads):
    """Speed and value of a weight are updated in the kernel of the gradient's product, both in place."""
    rng = np.random.default_rng(3)
    start = rng.normal(size=(70, 90)).astype("float32")
    x, d, v, w = T.fmatrix("x"), T.fmatrix("d"), T.fmatrix("v"), T.fmatrix("w")
    W, V = sd.shared(start, name="W"), sd.shared(np.zeros_like(start), name="V")
    with sd.config.change(threads=threads):
        train = sd.function([x, d], updates={V: 0.9 * V - 0.1 * (x.T @ d), W: W + (0.9 * V - 0.1 * (x.T @ d))})
        speed = sd.function([x, d, v], 0.9 * v - 0.1 * (x.T @ d))
        moved = sd.function([v, w], w + v)
        assert [str(kernel) for kernel in train.kernels] == ["product V, add"]
        value, fast = start, np.zeros_like(start)
        for step in range(3):
            batch = [rng.normal(size=(200 + step, n)).astype("float32") for n in start.shape]
            train(*batch)
            fast = speed(*batch, fast)
            value = moved(fast, value)
            np.testing.assert_array_equal(V.get_value(), fast)
            np.testing.assert_array_equal(W.get_value(), value)


def test_a_product_lies_where_its_consumer_goes():
    """A product that only its epilogue reads takes no memory of its own, in a state neither, unless that is read."""
    x, w = T.fmatrix("x"), T.fmatrix("w")
    state = sd.shared(np.ones((40, 30), "float32"), name="state")
    values = np.ones((40, 20), "float32"), np.ones((20, 30), "float32")
    for new, kernel, wanted in (
        (T.nnet.relu(x @ w), "    state = x @ w", 20),
        (T.nnet.relu(x @ w) - state, "    matmul = x @ w", 0),
    ):
        f = sd.function([x, w], updates={state: new})
        f(*values)
        assert f.source("kernels").splitlines()[1].startswith(kernel)
        np.testing.assert_array_equal(state.get_value(), np.full((40, 30), wanted, "float32"))


def test_an_index_out_of_range_in_an_epilogue_changes_nothing():
    """What an epilogue reads by an index array is checked like everywhere, before any state is overwritten."""
    x, w, i = T.fmatrix("x"), T.fmatrix("w"), T.ivector("i")
    table = np.arange(40, dtype="float32").reshape(2, 20)
    f = sd.function([x, w, i], (x @ w) + sd.shared(table)[i])
    a, b = np.ones((3, 4), "float32"), np.ones((4, 20), "float32")
    np.testing.assert_array_equal(f(a, b, np.array([0, 1, 0], "int32")), 4 + table[[0, 1, 0]])
    with pytest.raises(IndexError):
        f(a, b, np.array([0, 2, 0], "int32"))

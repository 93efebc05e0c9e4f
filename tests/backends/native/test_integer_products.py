"""Matrix products of integers in native code: NumPy's to the last bit, which drops what a dtype does not hold."""

from __future__ import annotations

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from tests.backends.native.products import LEVELS

INTEGERS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
# Of each way: small, dots, a row, few rows in place and with edges, few columns, blocks, several blocks of steps.
SHAPES = (
    (3, 4, 5), (0, 3, 2), (2, 3, 0), (1, 1, 300), (50, 1, 90), (1, 310, 70), (4, 600, 50), (13, 70, 300), (128, 5, 300),
    (33, 65, 21), (70, 90, 1100),
)  # fmt: skip


def numbers(rng, shape, dtype):
    """Any integers that the dtype holds, its ends among them."""
    info = np.iinfo(dtype)
    made = rng.integers(info.min, info.max, shape, dtype=dtype, endpoint=True)
    made.reshape(-1)[:2] = (info.min, info.max)[: made.size]
    return made


@pytest.mark.parametrize(
    ("dtype", "level"), [*((dtype, LEVELS[-1]) for dtype in INTEGERS), *(("int32", level) for level in LEVELS[:-1])]
)
def test_products_wrap_as_numpys(dtype, level):
    """Every way of multiplying, operands as they are or transposed, alone or consumed at once, with two threads."""
    rng = np.random.default_rng(0)
    a, b = (T.tensor(dtype, (None, None), name=name) for name in "ab")
    with sd.config.change(backend="native", target=level, threads=2):
        f = sd.function([a, b], [a @ b, (a @ b) * 3])
        g = sd.function([a, b], a.T @ b.T)
        assert not any("fallback" in kernel for kernel in (*f.kernels, *g.kernels))
        for m, n, k in SHAPES:
            x, y = numbers(rng, (m, k), dtype), numbers(rng, (k, n), dtype)
            plain, tripled = f(x, y)
            np.testing.assert_array_equal(plain, x @ y)
            np.testing.assert_array_equal(tripled, (x @ y) * np.array(3, dtype))
            np.testing.assert_array_equal(g(x.T.copy(), y.T.copy()), x @ y)


@pytest.mark.parametrize("dtype", ["int16", "int64"])
def test_batches_vectors_and_both_tiers(dtype):
    """A batch, vectors on either side, and quick code as well as full."""
    rng = np.random.default_rng(1)
    a, b, v = T.tensor(dtype, (None,) * 3), T.tensor(dtype, (None,) * 3), T.tensor(dtype, (None,))
    x, y, z = (numbers(rng, shape, dtype) for shape in ((5, 20, 30), (5, 30, 40), (30,)))
    for tiers in ("quick", "full"):
        with sd.config.change(backend="native", tiered_compilation=tiers):
            f = sd.function([a, b, v], [a @ b, a[0] @ v, v @ b[0], v @ v])
        for made, wanted in zip(f(x, y, z), (x @ y, x[0] @ z, z @ y[0], z @ z), strict=True):
            np.testing.assert_array_equal(made, wanted)


def test_a_blas_has_no_products_of_integers():
    """Where everything is left to a BLAS these are not."""
    x = np.arange(200 * 300).reshape(200, 300)
    a, b = T.lmatrix("a"), T.lmatrix("b")
    with sd.config.change(backend="native", blas="on"):
        f = sd.function([a, b], a @ b)
        np.testing.assert_array_equal(f(x, x.T.copy()), x @ x.T)

"""Sums of products in the native runtime: one chain an element, whatever the tile, block, thread or machine."""

from __future__ import annotations

import numpy as np
import pytest

from symdrop.backends.native.jit import compiler
from symdrop.lower.loops.register_tile import SCRATCH_BYTES, tiling
from tests.backends.native.products import DTYPES, JOBS, LEVELS, OWN, WORD, call, check, expected, matrix

CHAINS = [
    (3, 4, 5), (7, 20, 31), (2, 3, 300), (2, 700, 300), (13, 33, 600), (37, 91, 513), (64, 64, 64), (300, 200, 190),
    (331, 70, 90), (700, 10, 260), (30, 900, 40), (128, 130, 512), (331, 5, 300), (70, 16, 129), (65, 8, 400),
    (70, 10, 1100), (129, 13, 40), (4, 544, 70), (16, 576, 130), (13, 700, 65), (45, 132, 70),
]  # fmt: skip


@pytest.mark.parametrize("shape", CHAINS, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_sum_is_one_chain(shape, dtype):
    """Every element is the chain of fused multiply-adds over p in order: no tile, block, layout or thread shows."""
    (m, n, k), rng = shape, np.random.default_rng(3)
    a, b = matrix(rng, m, k, dtype), matrix(rng, k, n, dtype)
    wanted = chain(a, b) if dtype == np.float32 else call(OWN[LEVELS[-1]], a, b, np.zeros((m, n), dtype))
    for level in LEVELS:
        if not compiler.target(level).fma:
            continue
        for ta, tb in ((0, 0), (1, 0), (0, 1), (1, 1)):
            left, right = (np.ascontiguousarray(x.T) if t else x for x, t in ((a, ta), (b, tb)))
            for threads in (1, 3):
                made = call(OWN[level], left, right, np.zeros((m, n), dtype), ta=ta, tb=tb, threads=threads)
                np.testing.assert_array_equal(made, wanted)


@pytest.mark.parametrize(("n", "k"), [(20, 300), (75, 600), (4230, 21)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_row_times_rows_of_a_matrix_is_one_chain(n, k, dtype):
    """Where rows of B lie side by side, vectors run along them, so that sums need no parts; turned round likewise."""
    rng = np.random.default_rng(7)
    row, b = matrix(rng, 1, k, dtype), matrix(rng, k, n, dtype)
    wanted = chain(row, b) if dtype == np.float32 else call(OWN[LEVELS[-1]], np.repeat(row, 3, 0), b, np.zeros((3, n)))
    for level in LEVELS:
        if compiler.target(level).fma:
            for threads in (1, 3):
                made = call(OWN[level], row, b, np.zeros((1, n), dtype), threads=threads)
                np.testing.assert_array_equal(made, wanted[:1])
                made = call(OWN[level], b, row.T.copy(), np.zeros((n, 1), dtype), ta=True, threads=threads)
                np.testing.assert_array_equal(made, wanted[:1].T)


@pytest.mark.parametrize("shape", [(5, 1, 40), (9, 1, 333), (1, 30, 333), (1, 1, 4000)], ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_partial_sums_are_those_of_every_machine(shape, dtype):
    """Dot products have as many partial sums where vectors are narrow, so equal bits wherever sums are fused."""
    (m, n, k), rng = shape, np.random.default_rng(5)
    a, b = matrix(rng, m, k, dtype), matrix(rng, n, k, dtype)
    fused = [level for level in LEVELS if compiler.target(level).fma]
    made = [call(OWN[level], a, b, np.zeros((m, n), dtype), tb=True) for level in fused]
    for one in made[1:]:
        np.testing.assert_array_equal(one, made[0])


@pytest.mark.parametrize("shape", [(4, 5, 6), (40, 50, 60)], ids=str)
def test_small_and_blocked_products_scale_alike(shape):
    """alpha * sum is rounded, then beta * C is added to it in one rounding, whatever loops compute it."""
    (m, n, k), rng = shape, np.random.default_rng(6)
    a, b, c = (matrix(rng, *size, np.float32) for size in ((m, k), (k, n), (m, n)))
    alpha, beta = np.float32(-0.3), np.float32(0.9)
    scaled = (alpha * chain(a, b)).astype(np.longdouble)
    wanted = (beta.astype(np.longdouble) * c.astype(np.longdouble) + scaled).astype(np.float32)
    for level in LEVELS:
        if compiler.target(level).fma:
            made = call(OWN[level], a, b, c.copy(), alpha=alpha, beta=beta, name="gemm")
            np.testing.assert_array_equal(made, wanted)


def chain(a, b):
    """float32 products summed in order; the wider type holds every product, and rounds sums where nobody can see."""
    sums = np.zeros((len(a), b.shape[1]), np.float32)
    for p in range(b.shape[0]):
        product = a[:, p, None].astype(np.longdouble) * b[None, p].astype(np.longdouble)
        sums = (product + sums).astype(np.float32)
    return sums


@pytest.mark.parametrize(
    "shape", [(300, 200, 1100), (20, 1000, 600), (9, 704, 200), (16, 90, 65), (600, 1100, 530), (530, 90, 600)], ids=str
)
def test_what_is_added_to_stays_until_the_end(shape):
    """A sum that is longer than a block is put aside as long as the old value of C is needed."""
    (m, n, k), rng = shape, np.random.default_rng(4)
    a, b, c = (matrix(rng, *size, np.float64) for size in ((m, k), (k, n), (m, n)))
    wanted, size = expected(a, b, c, 0, 0, -0.5, 0.9)
    for level in LEVELS:
        made = [
            call(OWN[level], a, b, c.copy(), alpha=-0.5, beta=0.9, name="gemm", threads=threads) for threads in (1, 2)
        ]
        check(made[0], wanted, size, k)
        np.testing.assert_array_equal(*made)


# As the pool deals them out: halves of what is left of two stretches, some of them to the other thread.
DEALT = [(0, 4), (2, 4), (6, 8), (14, 16), (30, 32), (31, 32), (2, 8), (6, 16), (14, 32), (15, 32)]


@pytest.mark.parametrize(
    "shape", [(300, 200, 90), (130, 700, 300), (1000, 70, 600), (2100, 40, 700), (90, 2200, 800), (20, 9, 300)], ids=str
)
@pytest.mark.parametrize("dtype", DTYPES)
def test_parts_of_different_sizes_make_one_product(shape, dtype):
    """Parts may be halves and sixteenths of one product, and cover it without meeting: its bits are those of one call.

    Two products take turns, as in a parallel region, so what one has packed is not what the other finds.
    """
    (m, n, k), rng = shape, np.random.default_rng(8)
    a, b, d = matrix(rng, m, k, dtype), matrix(rng, k, n, dtype), matrix(rng, k, n, dtype)
    for level in LEVELS:
        for ta, tb in ((0, 0), (1, 0), (0, 1)):
            left, right, other = (np.ascontiguousarray(x.T) if t else x for x, t in ((a, ta), (b, tb), (d, tb)))
            for name in ("product", "gemm"):
                first, second = (
                    call(OWN[level], left, x, np.ones((m, n), dtype), ta=ta, tb=tb, beta=1.0, name=name)
                    for x in (right, other)
                )
                worker = (WORD * 5)(1, 2, next(JOBS), -1, 0)
                made, changed = np.ones((2, m, n), dtype)
                for i, part in enumerate(DEALT):
                    for x, c in ((right, made), (other, changed)):
                        if x is right or i % 3 == 0:
                            call(OWN[level], left, x, c, ta=ta, tb=tb, beta=1.0, name=name, parts=[part], worker=worker)
                np.testing.assert_array_equal(made, first)
                rest = [part for i, part in enumerate(DEALT) if i % 3]
                call(OWN[level], left, other, changed, ta=ta, tb=tb, beta=1.0, name=name, parts=rest, worker=worker)
                np.testing.assert_array_equal(changed, second)


@pytest.mark.parametrize(("bits", "registers"), [(128, 16), (128, 32), (256, 16), (512, 32)])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "int16"])
def test_scratch_memory_is_enough(dtype, bits, registers):
    """What a thread is given holds what the tiling of any machine needs; tiles fit in its registers."""
    made = tiling(dtype, bits, registers)
    assert made.scratch * np.dtype(dtype).itemsize <= SCRATCH_BYTES
    assert made.rows * made.vectors + made.vectors + 1 <= registers
    assert made.block_rows % made.rows == 0 and made.depth % made.width == 0

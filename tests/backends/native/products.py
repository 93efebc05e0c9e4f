"""Matrix products of the native runtime, called by address: for one target, connected to a BLAS or to none."""

from __future__ import annotations

import ctypes
import itertools
from functools import cache

import numpy as np

from symdrop.backends.native import blas
from symdrop.backends.native.jit import compiler
from symdrop.backends.native.runtime import product
from symdrop.backends.native.runtime.library import joined
from symdrop.lower.loops.register_tile import SCRATCH_BYTES

LEVELS = [
    level for level in compiler.LEVELS if compiler.LEVELS.index(level) <= compiler.LEVELS.index(compiler.host().level)
]
DTYPES = (np.float32, np.float64)
WORD, ADDRESS = ctypes.c_int64, ctypes.c_void_p
JOBS = itertools.count(1)


def library(level: str, found: blas.Blas | None) -> compiler.Library:
    """The products for one target, connected to a BLAS or (None) to none."""
    target = compiler.target(level)
    kinds = [(target.vector_bits, suffix, target.registers, target.fma) for suffix in ("f32", "f64")]
    types = [piece(*kind) for kind in kinds for piece in (product.tiles, product.few, product.text)]
    text = joined([product.routines(), product.callers(), *types])
    made = compiler.load(compiler.compile_object(text, target), {})
    blas.connect(made.address, found or blas.Blas())
    return made


OWN = {level: library(level, None) for level in LEVELS}


def call(
    lib,
    a,
    b,
    c,
    *,
    ta=False,
    tb=False,
    alpha=1.0,
    beta=0.0,
    threads=1,
    parts=None,
    worker=None,
    name="product",
    epilogue=None,
):
    """C becomes alpha op(A) op(B) + beta C; matrices may be columns of wider ones.

    Parts are pairs of a number and how many there are, by default one a thread, all of a worker, who finds packed what
    it has packed before. The epilogue is the address of a procedure.
    """
    scalar = ctypes.c_float if c.dtype == np.float32 else ctypes.c_double
    matrix_at, sizes = (ADDRESS, WORD, WORD), (WORD, WORD, WORD)
    kind = (*sizes, scalar, *matrix_at, *matrix_at, scalar, ADDRESS, *sizes, *[ADDRESS] * 5)
    run = ctypes.CFUNCTYPE(None, *kind)(lib.address(f"symdrop_{name}_f{8 * c.itemsize}"))
    m, n, k = *c.shape, a.shape[0] if ta else a.shape[1]
    steps = [x.strides[0] // x.itemsize if x.shape[0] > 1 else max(1, x.shape[1]) for x in (a, b, c)]
    worker = worker or (WORD * 5)(0, threads, next(JOBS), -1, 0)
    for part, count in parts or [(thread, threads) for thread in range(threads)]:
        run(m, n, k, alpha, a.ctypes.data, steps[0], ta, b.ctypes.data, steps[1], tb, beta, c.ctypes.data, steps[2],
            part, count, scratch().ctypes.data, worker if count > 1 else None,
            epilogue, None, None)  # fmt: skip
    return c


@cache
def scratch():
    """Scratch memory of two threads, with what must not be read before it is written."""
    return np.full(SCRATCH_BYTES // 4, np.nan)


def matrix(rng, rows, columns, dtype, pad=0):
    """Random numbers, as the first columns of a wider matrix."""
    return rng.normal(size=(rows, columns + pad)).astype(dtype)[:, :columns]


def expected(a, b, c, ta, tb, alpha, beta):
    """The value in double precision, and how far from it rounding may lead."""
    a, b, c = (x.astype(np.float64) for x in (a.T if ta else a, b.T if tb else b, c))
    size = abs(alpha) * (abs(a) @ abs(b)) + abs(beta) * abs(c)
    return alpha * (a @ b) + beta * c, size


def check(got, wanted, size, k):
    tolerance = (k + 4) * np.finfo(got.dtype).eps
    assert (abs(got - wanted) <= tolerance * size).all()

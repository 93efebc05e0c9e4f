"""Matrix products of the native runtime, against NumPy: any shape, transposition, factor and number of threads.

The functions are called one thread's share after the other, which shows that shares cover C without meeting. How a
BLAS is held to one thread is tried on one that is written in Python and remembers what it saw.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from symdrop.backends.native import blas
from symdrop.backends.native.jit import compiler
from tests.backends.native.products import ADDRESS, DTYPES, LEVELS, OWN, call, check, expected, library, matrix
from tests.helpers.processes import ROOT, inherited

GEMM = ctypes.CFUNCTYPE(None, *[ADDRESS] * 13)
MANY = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
REAL = library("host", blas.find())

sizes = st.integers(0, 9) | st.integers(0, 40) | st.sampled_from([1, 16, 17, 32, 33, 64, 70])


@pytest.mark.parametrize("level", LEVELS)
@MANY
@given(
    st.tuples(sizes, sizes, sizes), st.booleans(), st.booleans(), st.sampled_from([1.0, -0.5, 0.0]),
    st.sampled_from([0.0, 1.0, 0.9]), st.tuples(*[st.integers(0, 3)] * 3), st.sampled_from(DTYPES), st.integers(1, 3),
)  # fmt: skip
def test_own_loops(level, shape, ta, tb, alpha, beta, pads, dtype, threads):
    """Own loops give NumPy's product for all vector lengths, whatever the shape; what lies beside C stays."""
    (m, n, k), rng = shape, np.random.default_rng(0)
    a = matrix(rng, *((k, m) if ta else (m, k)), dtype, pads[0])
    b = matrix(rng, *((n, k) if tb else (k, n)), dtype, pads[1])
    whole = rng.normal(size=(m, n + pads[2])).astype(dtype)
    before = whole.copy()
    c = whole[:, :n]
    wanted, size = expected(a, b, c, ta, tb, alpha, beta)
    call(OWN[level], a, b, c, ta=ta, tb=tb, alpha=alpha, beta=beta, threads=threads)
    check(c, wanted, size, k)
    np.testing.assert_array_equal(whole[:, n:], before[:, n:])
    single = call(OWN[level], a, b, before[:, :n], ta=ta, tb=tb, alpha=alpha, beta=beta)
    np.testing.assert_array_equal(c, single)


SHAPES = [
    (20, 21, 22), (64, 64, 64), (65, 30, 300), (128, 10, 700), (30, 900, 40), (5, 1500, 300), (300, 200, 190),
    (700, 130, 90), (128, 784, 160), (1, 300, 500), (900, 1, 250), (1, 1, 5000), (400, 1, 3), (2, 2, 3000),
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_with_the_library(shape, dtype):
    """Medium and large products and those with vectors: NumPy's values, the same bits for 1 to 5 threads."""
    (m, n, k), rng = shape, np.random.default_rng(1)
    for ta, tb, alpha, beta in ((0, 0, 1.0, 0.0), (1, 0, -0.1, 0.9), (0, 1, 1.0, 1.0), (1, 1, 2.0, 0.0)):
        a = matrix(rng, *((k, m) if ta else (m, k)), dtype, 3)
        b = matrix(rng, *((n, k) if tb else (k, n)), dtype, 2)
        c = matrix(rng, m, n, dtype, 1)
        wanted, size = expected(a, b, c, ta, tb, alpha, beta)
        first = None
        for threads in (1, 2, 3, 5):
            made = call(REAL, a, b, c.copy(), ta=ta, tb=tb, alpha=alpha, beta=beta, threads=threads)
            check(made, wanted, size, k)
            first = made if first is None else first
            if "x86" in compiler.host().triple:
                np.testing.assert_array_equal(made, first)


@pytest.mark.parametrize("shape", [(3, 4, 5), (30, 40, 50), (1, 300, 500)], ids=str)
@pytest.mark.parametrize("lib", [OWN[LEVELS[-1]], REAL], ids=["own", "library"])
def test_factors_of_zero(shape, lib):
    """A product with beta 0 does not read C; a gemm multiplies by zeros, so that NaN stays NaN, as in NumPy."""
    m, n, k = shape
    a, b = np.ones((m, k)), np.ones((k, n))
    assert (call(lib, a, b, np.full((m, n), np.nan)) == k).all()
    assert np.isnan(call(lib, a, b, np.full((m, n), np.nan), name="gemm")).all()
    assert (call(lib, a, b, np.ones((m, n)), name="gemm", beta=0.0, threads=3) == k).all()
    a[0, 0] = np.inf
    got = call(lib, a, b, np.ones((m, n)), name="gemm", alpha=0.0, beta=2.0)
    assert np.isnan(got[0]).all() and (got[1:] == 2).all()


@pytest.mark.parametrize("lib", [OWN[LEVELS[-1]], REAL], ids=["own", "library"])
def test_nothing_to_sum(lib):
    """A sum over no elements is 0: what is left is beta * C."""
    c = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(call(lib, np.ones((2, 0)), np.ones((0, 3)), c.copy(), beta=2.0), 2 * c)
    np.testing.assert_array_equal(call(lib, np.ones((2, 0)), np.ones((0, 3)), c.copy()), 0 * c)
    for empty in ((0, 3), (2, 0)):
        call(lib, np.ones((empty[0], 4)), np.ones((4, empty[1])), np.ones(empty))


def at_the_edge(array):
    """A copy whose last element is followed by memory that may not be touched."""
    page = mmap.PAGESIZE
    room = -(-array.nbytes // page) * page
    region = mmap.mmap(-1, room + page)
    start = ctypes.addressof(ctypes.c_char.from_buffer(region))
    assert ctypes.CDLL(None).mprotect(ctypes.c_void_p(start + room), ctypes.c_size_t(page), 0) == 0
    copy = np.frombuffer(region, array.dtype, array.size, room - array.nbytes).reshape(array.shape)
    copy[...] = array
    return copy


@pytest.mark.skipif(sys.platform != "linux", reason="needs mprotect")
@pytest.mark.parametrize("level", LEVELS)
def test_no_access_past_the_end(level):
    """Vectors at the right edge of a matrix are cut off, not read and thrown away."""
    rng = np.random.default_rng(2)
    shapes = ((3, 5, 7), (1, 1, 19), (6, 1, 33), (1, 33, 3), (5, 17, 18), (40, 45, 37), (41, 3, 77), (4, 528, 66))
    for m, n, k in shapes:
        for ta in (False, True):
            for tb in (False, True):
                for dtype in DTYPES:
                    dims = (k, m) if ta else (m, k), (n, k) if tb else (k, n), (m, n)
                    a, b, c = (at_the_edge(rng.normal(size=size).astype(dtype)) for size in dims)
                    wanted, size = expected(a, b, c, ta, tb, 1.0, 0.5)
                    check(call(OWN[level], a, b, c, ta=ta, tb=tb, beta=0.5), wanted, size, k)


def test_small_products_are_the_first_threads():
    """The other threads have nothing to do, and the first does not wait for them."""
    a, b = np.ones((3, 4)), np.ones((4, 5))
    assert (call(REAL, a, b, np.zeros((3, 5)), parts=[(1, 2)]) == 0).all()
    assert (call(REAL, a, b, np.zeros((3, 5)), parts=[(0, 2)]) == 4).all()


class PythonBlas:
    """A BLAS that computes nothing and remembers with how many threads it was called."""

    def __init__(self, held: bool = True) -> None:
        self.threads, self.seen, self.shapes = 7, [], []
        self.inside = lambda: None
        self._get = ctypes.CFUNCTYPE(ctypes.c_int)(lambda: self.threads)
        self._set = ctypes.CFUNCTYPE(None, ctypes.c_int)(self.set)
        self._gemm = GEMM(self.gemm)
        self._gemv = ctypes.CFUNCTYPE(None, *[ADDRESS] * 11)(lambda *_: self.seen.append(self.threads))
        places = [ctypes.cast(f, ADDRESS).value for f in (self._gemm, self._gemv, self._get, self._set)]
        settings = places[2:] if held else [0, 0]
        self.library = library("host", blas.Blas(places[0], places[0], places[1], places[1], *settings))

    def set(self, threads):
        self.threads = threads

    def gemm(self, *arguments):
        self.seen.append(self.threads)
        self.shapes.append(tuple(ctypes.c_int.from_address(place).value for place in arguments[2:5]))
        self.inside()


BIG = np.ones((400, 400)), np.ones((400, 400)), np.ones((400, 400))


def test_the_library_is_held_to_one_thread_only_inside():
    """Its user's setting is back after every product; matrices and vectors alike."""
    fake = PythonBlas()
    call(fake.library, *BIG, threads=3)
    call(fake.library, BIG[0], BIG[1][:, :1], BIG[2][:, :1])
    assert len(fake.seen) > 3 and set(fake.seen) == {1} and fake.threads == 7
    fake.threads = 1
    call(fake.library, *BIG)
    assert fake.threads == 1


def test_the_last_to_leave_gives_the_setting_back():
    """While any thread is in the library it stays held, however their calls overlap."""
    fake, meet = PythonBlas(), threading.Barrier(2, timeout=200)
    left = []

    def inside():
        if meet.wait() == 0:
            meet.wait()
            assert fake.threads == 1
        else:
            left.append(fake.threads)
            meet.wait()

    fake.inside = inside
    workers = [threading.Thread(target=call, args=(fake.library, *BIG)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert left == [1] and fake.seen == [1, 1] and fake.threads == 7


def test_a_library_with_its_own_ways():
    """Where a library cannot be held, one thread calls it once, and its setting is not touched."""
    fake = PythonBlas(held=False)
    for thread in range(3):
        call(fake.library, *BIG, parts=[(thread, 3)])
    assert fake.shapes == [(400, 400, 400)] and fake.seen == [7]


def test_a_child_forked_in_the_middle():
    """The child has none of the threads that were in the library, so it starts from its user's setting."""
    fake = PythonBlas()
    after_fork = ctypes.CFUNCTYPE(None)(fake.library.address("symdrop_blas_after_fork"))
    seen = []
    fake.inside = lambda: (after_fork(), seen.append(fake.threads))
    call(fake.library, *BIG)
    assert seen == [7]


FORKING = """
import os, numpy as np
from tests.backends.native.test_product import BIG, REAL, call
call(REAL, *BIG, threads=2)
child = os.fork()
if not child:
    os._exit(0 if (call(REAL, *BIG, threads=2) == 400).all() else 1)
print(os.waitpid(child, 0)[1])
"""


@pytest.mark.skipif(os.name != "posix", reason="needs fork")
def test_products_in_a_forked_child():
    """A child can multiply as its parent could, whose BLAS has threads."""
    environment = inherited(OPENBLAS_NUM_THREADS="2")
    command = [sys.executable, "-W", "ignore", "-c", FORKING]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.stdout.strip() == "0", done.stderr


def test_scipys_blas_is_found():
    """All four routines are there, and OpenBLAS with its own threads, as SciPy's wheels have it, can be held."""
    found = blas.find()
    assert all((found.sgemm, found.dgemm, found.sgemv, found.dgemv))
    from scipy import show_config

    library = show_config(mode="dicts")["Build Dependencies"]["blas"]
    if library["name"] == "scipy-openblas":
        assert found.get_threads and found.set_threads
        threads = ctypes.CFUNCTYPE(ctypes.c_int)(found.get_threads)
        put = ctypes.CFUNCTYPE(None, ctypes.c_int)(found.set_threads)
        before = threads()
        try:
            put(2)
            call(REAL, *BIG, threads=2)
            assert threads() == 2
        finally:
            put(before)

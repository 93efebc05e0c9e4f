"""Products of thirty shapes against the BLAS that NumPy is linked to, with one thread and with two; and against MKL,
where torch is installed here and was built with it.

All multiply the same arrays in one process, in turns, after their values were compared; what is printed is the median
of the ratios of times that followed each other. One thread is timed by its own processor time, which other programs
disturb least; two by the clock, with a pause before every turn and calls that are not counted, since threads of one
pool that spin would slow down the other's, and those that sleep need a processor each again.

Read next: memory.py
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

import symdrop as sd
import symdrop.tensor as T

from ..backends.native import blas
from .contest.entry import Array, library
from .process import ContestError
from .race import Plan

THREADS = (1, 2)
# Times of a shape, of which each takes so many seconds at least.
TURNS, LEAST = 21, 0.004
# Seconds between turns of several threads, after which those of the BLAS no longer spin.
PAUSE = 0.15
# Seconds of calls that are not counted, in which those that fell asleep wake up and find a processor each.
WAKING = 0.05
NUMPYS, MKL = "NumPy's BLAS", "torch's MKL"


class Shape(NamedTuple):
    """A product of the table.

    Args:
        label: as in the table.
        m, n, k: sizes of the result, and of the index that is summed over.
        dtype: of the operands.
        transposed: which operands lie in memory transposed: "", "a" or "b".
        batch: how many such products there are, 0 for a single one without an axis of batches.
    """

    label: str
    m: int
    n: int
    k: int
    dtype: str = "float32"
    transposed: str = ""
    batch: int = 0

    def operands(self, most: int) -> tuple[Array, Array]:
        """Both operands as they lie in memory, of at most so many rows and columns."""
        m, n, k = (min(size, most) for size in (self.m, self.n, self.k))
        rng, batch = np.random.default_rng(4), (self.batch,) * (self.batch > 0)
        a = rng.standard_normal((*batch, *((k, m) if self.transposed == "a" else (m, k))))
        b = rng.standard_normal((*batch, *((n, k) if self.transposed == "b" else (k, n))))
        return a.astype(self.dtype), b.astype(self.dtype)


def _squares() -> Iterator[Shape]:
    for size in (512, 1024, 2048):
        for dtype in ("float32", "float64"):
            yield Shape(f"square {size}, {dtype}", size, size, size, dtype)


SHAPES = (
    *_squares(),
    Shape("37 x 513 @ 513 x 91", 37, 91, 513),
    Shape("37 x 513 @ 513 x 91, float64", 37, 91, 513, "float64"),
    Shape("batch 100, 1200 to 1200", 100, 1200, 1200),
    Shape("batch 100, 1200 to 1200, float64", 100, 1200, 1200, "float64"),
    Shape("MLP forward, 128 x 784 @ 784 x 1024", 128, 1024, 784),
    Shape("MLP forward, 128 x 1024 @ 1024 x 1024", 128, 1024, 1024),
    Shape("MLP forward, 128 x 1024 @ 1024 x 10", 128, 10, 1024),
    Shape("MLP backward, 128 x 1024 @ (1024 x 1024).T", 128, 1024, 1024, transposed="b"),
    Shape("MLP backward, 128 x 10 @ (1024 x 10).T", 128, 1024, 10, transposed="b"),
    Shape("MLP weights, (128 x 1024).T @ 128 x 1024", 1024, 1024, 128, transposed="a"),
    Shape("MLP weights, (128 x 784).T @ 128 x 1024", 784, 1024, 128, transposed="a"),
    Shape("MLP weights, (128 x 1024).T @ 128 x 10", 1024, 10, 128, transposed="a"),
    Shape("left transposed, 512", 512, 512, 512, transposed="a"),
    Shape("right transposed, 512", 512, 512, 512, transposed="b"),
    Shape("5 columns, (256 x 256).T @ 256 x 5", 256, 5, 256, transposed="a"),
    Shape("5 columns, 1024 x 1024 @ 1024 x 5", 1024, 5, 1024),
    Shape("5 columns, 1024 x 1024 @ 1024 x 5, float64", 1024, 5, 1024, "float64"),
    Shape("1 column, 4096 x 4096", 4096, 1, 4096),
    Shape("1 row, 4096 x 4096", 1, 4096, 4096),
    Shape("4 rows, 4 x 1024 @ 1024 x 1024", 4, 1024, 1024),
    Shape("10 rows, 10 x 1024 @ (1024 x 1024).T", 10, 1024, 1024, transposed="b"),
    Shape("tall, 10000 x 64 @ 64 x 64", 10000, 64, 64),
    Shape("64 times 128 x 64 @ 64 x 128", 128, 128, 64, batch=64),
    Shape("64 times 128 x 64 @ (128 x 64).T", 128, 128, 64, transposed="b", batch=64),
)


class Times(NamedTuple):
    """Seconds of a shape's product, one number a turn: symdrop's, and those of others by name."""

    shape: Shape
    threads: int
    ours: list[float]
    others: dict[str, list[float]]


def shape_times(
    plan: Plan, tell: Callable[[str], None], shapes: Sequence[Shape] = SHAPES, threads: Sequence[int] = THREADS
) -> list[Times]:
    """Compare the values of every shape's product with NumPy's, then time all.

    Args:
        plan: how carefully; with ``small`` sizes are at most 40.
        tell: is given a line about what is going on.
        shapes: of the products.
        threads: how many threads each of them may use.

    Raises:
        ContestError: if values differ by more than rounding.

    Example:
        >>> [found.shape.label for found in shape_times(Plan(small=True), len, SHAPES[:1], [1])]
        ['square 512, float32']
    """
    found = []
    torch = _torch_with_mkl()
    for count in threads:
        with sd.config.change(threads=count), _numpy_threads(count):
            if torch is not None:
                torch.set_num_threads(count)
            for shape in shapes:
                tell(f"products: {shape.label}, threads: {count}")
                ours, *others = _measured(shape, count, plan, torch)
                found.append(Times(shape, count, ours, dict(zip((NUMPYS, MKL), others, strict=False))))
    return found


def _torch_with_mkl() -> Any:
    """torch, if this interpreter has it and it multiplies by MKL, else None."""
    if find_spec("torch") is None:
        return None
    torch = library("torch")
    return torch if torch.backends.mkl.is_available() else None


def _measured(shape: Shape, threads: int, plan: Plan, torch: Any) -> list[list[float]]:
    """Seconds of symdrop's turns, NumPy's and, if it is there, torch's."""
    a, b = shape.operands(40 if plan.small else max(shape[1:4]))
    left, right = (x.swapaxes(-1, -2) if name == shape.transposed else x for x, name in ((a, "a"), (b, "b")))
    out = np.matmul(left, right)
    contestants = [partial(_product(shape), a, b), partial(np.matmul, left, right, out=out)]
    if torch is not None:
        tensors = map(torch.from_numpy, (left, right, np.empty_like(out)))
        contestants.append(partial(_into, torch.matmul, *tensors))
    for product in contestants:
        _check(shape, np.asarray(product()), out)
    clock = time.thread_time if threads == 1 else time.perf_counter
    start = time.perf_counter()
    contestants[0]()
    calls = max(1, int((0 if plan.small else LEAST) / max(time.perf_counter() - start, 1e-7)))
    times: list[list[float]] = [[] for _ in contestants]
    for turn in range(3 if plan.small else TURNS):
        for product, seconds in list(zip(contestants, times, strict=True))[:: 1 if turn % 2 else -1]:
            if threads > 1 and not plan.small:
                time.sleep(PAUSE)
                awake = time.perf_counter() + WAKING
                while time.perf_counter() < awake:
                    product()
            begin = clock()
            for _ in range(calls):
                product()
            seconds.append((clock() - begin) / calls)
    return times


def _into(product: Callable[..., Any], a: Any, b: Any, out: Any) -> Any:
    return product(a, b, out=out)


def _product(shape: Shape) -> sd.Function:
    a, b = (T.tensor(shape.dtype, (None,) * (3 if shape.batch else 2), name=name) for name in "ab")
    left, right = (T.swapaxes(x, -1, -2) if x.name == shape.transposed else x for x in (a, b))
    f = sd.function([a, b], T.matmul(left, right))
    f.wait()
    return f


def _check(shape: Shape, found: Array, expected: Array) -> None:
    tolerance = shape.k * np.finfo(shape.dtype).eps
    if not np.allclose(found, expected, rtol=tolerance, atol=tolerance):
        worst = np.abs(found - expected).max()
        raise ContestError(f"{shape.label}: symdrop's product differs from NumPy's by {worst:.3g}")


@contextmanager
def _numpy_threads(count: int) -> Iterator[None]:
    """NumPy's BLAS uses so many threads, where it can be told."""
    library: Any = blas.of_numpy() or blas.Blas()
    if not library.set_threads:
        yield
        return
    put = ctypes.CFUNCTYPE(None, ctypes.c_int)(library.set_threads)
    before = ctypes.CFUNCTYPE(ctypes.c_int)(library.get_threads)()
    put(count)
    try:
        yield
    finally:
        put(before)

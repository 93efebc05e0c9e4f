"""Products, each alone, float32: MATVEC, a matrix of 4096 x 4096 times a vector; BATCHED, 64 products of (128, 64) and
(64, 128).

Read next: worker.py
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import symdrop as sd
import symdrop.tensor as T

from .convolutions import of_one
from .entry import Array, Contestant, Draft, Work, library

Shapes = tuple[tuple[int, ...], tuple[int, ...]]
# The shapes of both operands, and small ones.
PRODUCTS: dict[str, tuple[Shapes, Shapes]] = {
    "MATVEC": (((4096, 4096), (4096,)), ((16, 16), (16,))),
    "BATCHED": (((64, 128, 64), (64, 64, 128)), ((3, 4, 5), (3, 5, 4))),
}


def data(shapes: Shapes) -> tuple[Array, Array]:
    """Both operands."""
    rng = np.random.default_rng(4)
    first, second = (rng.standard_normal(shape, dtype="float32") for shape in shapes)
    return first, second


def with_symdrop(shapes: Shapes) -> Draft:
    a, b = (T.tensor("float32", (None,) * len(shape), name=name) for shape, name in zip(shapes, "ab", strict=True))

    def compile() -> Contestant:
        f = sd.function([a, b], T.matmul(a, b))
        return Contestant(f, data(shapes), of_one, about={"back end": f.backend}, settle=f.wait)

    return compile


def with_numpy(shapes: Shapes) -> Draft:
    operands = data(shapes)
    out = np.matmul(*operands)
    return lambda: Contestant(lambda a, b: np.matmul(a, b, out=out), operands, of_one)


def with_jax(shapes: Shapes) -> Draft:
    jax = library("jax")
    arguments = tuple(jax.device_put(data(shapes)))
    return lambda: Contestant(jax.jit(jax.numpy.matmul), arguments, of_one, jax.block_until_ready)


def with_torch(shapes: Shapes, compiled: bool = False) -> Draft:
    torch = library("torch")
    arguments = tuple(torch.from_numpy(values) for values in data(shapes))

    def product(a: Any, b: Any) -> Any:
        return torch.matmul(a, b)

    return lambda: Contestant(torch.compile(product) if compiled else product, arguments, of_one)


def work(name: str, full: Shapes, small: Shapes) -> Work:
    """One of the products."""
    entries: dict[str, Callable[[Shapes], Draft]] = {
        "symdrop": with_symdrop,
        "numpy": with_numpy,
        "jax": with_jax,
        "torch": with_torch,
        "torch.compile": partial(with_torch, compiled=True),
    }

    def of(entry: Callable[[Shapes], Draft]) -> Callable[[bool, bool], Draft]:
        return lambda dropping, quick: entry(small if quick else full)

    return Work(
        name=name,
        entries={key: of(entry) for key, entry in entries.items()},
        drops=False,
        plain=True,
        steps=1,
        tolerance=1e-4,
        rough=0,
    )


ALONE = [work(name, full, small) for name, (full, small) in PRODUCTS.items()]

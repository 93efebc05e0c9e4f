"""Products, each alone, float32: MATVEC, a matrix of 4096 x 4096 times a vector; BATCHED, 64 products of (128, 64) and
(64, 128).

Read next: worker.py
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

import symdrop as sd
import symdrop.tensor as T

from .convolutions import of_one
from .entry import Array, Contestant, Draft, Work, entries, jax_draft, library, symdrop_draft, torch_draft

Shapes = tuple[tuple[int, ...], tuple[int, ...]]
Sizes = tuple[Shapes, Shapes]
# The shapes of both operands, and small ones.
PRODUCTS: dict[str, Sizes] = {
    "MATVEC": (((4096, 4096), (4096,)), ((16, 16), (16,))),
    "BATCHED": (((64, 128, 64), (64, 64, 128)), ((3, 4, 5), (3, 5, 4))),
}


def data(shapes: Shapes) -> tuple[Array, Array]:
    """Both operands."""
    rng = np.random.default_rng(4)
    first, second = (rng.standard_normal(shape, dtype="float32") for shape in shapes)
    return first, second


def with_symdrop(shapes: Sizes, dropping: bool, small: bool) -> Draft:
    operands = data(shapes[small])
    a, b = (T.tensor("float32", (None,) * x.ndim, name=name) for x, name in zip(operands, "ab", strict=True))
    return symdrop_draft(lambda: sd.function([a, b], T.matmul(a, b)), operands, of_one)


def with_numpy(shapes: Sizes, dropping: bool, small: bool) -> Draft:
    operands = data(shapes[small])
    out = np.matmul(*operands)
    return lambda: Contestant(lambda a, b: np.matmul(a, b, out=out), operands, of_one)


def with_jax(shapes: Sizes, dropping: bool, small: bool) -> Draft:
    return jax_draft(library("jax").numpy.matmul, data(shapes[small]), of_one)


def with_torch(shapes: Sizes, dropping: bool, small: bool, compiled: bool = False) -> Draft:
    torch = library("torch")

    def product(a: Any, b: Any) -> Any:
        return torch.matmul(a, b)

    return torch_draft(product, data(shapes[small]), of_one, compiled)


def work(name: str, shapes: Sizes) -> Work:
    """One of the products."""
    found = (partial(entry, shapes) for entry in (with_symdrop, with_numpy, with_jax, with_torch))
    return Work(name=name, entries=entries(*found))


ALONE = [work(name, shapes) for name, shapes in PRODUCTS.items()]

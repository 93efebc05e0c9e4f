"""Systems of linear equations, inverses and determinants.

Read next: spectral.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...graph import Node
from ...op import ZERO, Size, Sizes
from ...types import TensorType, TupleType
from ..linalg import matmul, transposed
from .matrices import MatrixFunction, of_dtype, same_sizes, same_type, system_type
from .routines import routine

_SINGULAR = "regular, it is singular"


def _solve(m: Any, a: Any, b: Any) -> Any:
    """The x of a @ x = b, for square matrices a."""
    return _solution(a, b)


_solution = routine("solve", np.linalg.solve, _SINGULAR)


solve = MatrixFunction(_solve, name="solve", linear_in=(1,))


@solve.infer
def solve_type(a: Node, b: Node) -> TensorType:
    return system_type(a, b)


@solve.sizes
def solve_sizes(sizes: Sizes, a: Node, b: Node) -> Sequence[Size | None]:
    return sizes(b)


@solve.pullback
def solve_pullback(g: Any, y: Node, a: Node, b: Node) -> Any:
    to_b = solve(transposed(a), g)
    return -matmul(to_b, transposed(y)), to_b


@solve.samples
def solve_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for leading, n, k in (((), 3, 2), ((2,), 2, 3), ((), 1, 1), ((), 0, 2)):
        a = rng.uniform(-1, 1, (*leading, n, n)) + 2 * np.eye(n)
        yield (of_dtype(a, dtype), rng.uniform(-1, 1, (*leading, n, k)).astype(dtype)), {}


def _inv(m: Any, a: Any) -> Any:
    """The inverses of square matrices."""
    return _inverse(a)


_inverse = routine("inv", np.linalg.inv, _SINGULAR)


inv = MatrixFunction(_inv, name="inv")
inv.infer(same_type)
inv.sizes(same_sizes)


@inv.pullback
def inv_pullback(g: Any, y: Node, a: Node) -> Any:
    turned = transposed(y)
    return -matmul(matmul(turned, g), turned)


def _det(m: Any, a: Any) -> Any:
    """The determinants of square matrices."""
    return m.linalg.det(a)


det = MatrixFunction(_det, name="det")


@det.infer
def det_type(a: Node) -> TensorType:
    return TensorType(a.dtype, a.type.shape[:-2])


@det.sizes
def det_sizes(sizes: Sizes, a: Node) -> Sequence[Size | None]:
    return sizes(a)[:-2]


@det.pullback
def det_pullback(g: Any, y: Node, a: Node) -> Any:
    return _on_matrices(g * y) * transposed(inv(a))


def _on_matrices(x: Node) -> Node:
    """Numbers as matrices of one element."""
    return x.dimshuffle(*range(x.ndim), "x", "x")


def _slogdet(m: Any, a: Any) -> Any:
    """The signs of the determinants of square matrices, and the logarithms of their absolute values."""
    return tuple(m.linalg.slogdet(a))


slogdet = MatrixFunction(_slogdet, name="slogdet")


@slogdet.infer
def slogdet_type(a: Node) -> TupleType:
    one = TensorType(a.dtype, a.type.shape[:-2])
    return TupleType((one, one))


@slogdet.sizes
def slogdet_sizes(sizes: Sizes, a: Node) -> Sequence[Sequence[Size | None]]:
    return [sizes(a)[:-2]] * 2


@slogdet.pullback
def slogdet_pullback(g: Sequence[Any], y: Node, a: Node) -> Any:
    _, to_logarithm = g
    return ZERO if to_logarithm is ZERO else _on_matrices(to_logarithm) * transposed(inv(a))


@inv.samples
@det.samples
@slogdet.samples
def regular_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for shape in ((3, 3), (2, 2, 2), (1, 1)):
        yield (of_dtype(rng.uniform(-1, 1, shape) + 2 * np.eye(shape[-1]), dtype),), {}

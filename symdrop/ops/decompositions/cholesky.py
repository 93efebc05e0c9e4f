"""Cholesky factors, and systems of equations with triangular matrices.

Source: I. Murray, "Differentiation of the Cholesky decomposition", arXiv:1602.07527, 2016.

Read next: solving.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...graph import Node
from ...op import Size, Sizes
from ...types import TensorType
from ..linalg import matmul, transposed
from .matrices import (
    MatrixFunction,
    mean_of_triangles,
    of_dtype,
    one_by_one,
    same_sizes,
    same_type,
    symmetrised,
    system_type,
)
from .routines import routine
from .triangles import lower_triangle, upper_triangle


def _cholesky(m: Any, a: Any) -> Any:
    """The lower triangular L with positive diagonal for which L @ L.T is the mean of a matrix and its transpose."""
    return _factor(mean_of_triangles(a))


_factor = routine("cholesky_lo", np.linalg.cholesky, "positive definite")


cholesky = MatrixFunction(_cholesky, name="cholesky")
cholesky.infer(same_type)
cholesky.sizes(same_sizes)


@cholesky.pullback
def cholesky_pullback(g: Any, y: Node, a: Node) -> Any:
    inside = lower_triangle(matmul(transposed(y), lower_triangle(g, 0)), 0)
    halved = inside - 0.5 * (inside - lower_triangle(inside, -1))
    left = solve_triangular(y, halved, lower=True, transposed=True, unit=False)
    return symmetrised(transposed(solve_triangular(y, transposed(left), lower=True, transposed=True, unit=False)))


@cholesky.samples
def cholesky_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for shape in ((3, 3), (2, 2, 2), (1, 1), (0, 0)):
        a = rng.uniform(-1, 1, shape)
        yield (of_dtype(a @ np.swapaxes(a, -1, -2) + 2 * np.eye(shape[-1]), dtype),), {}


def _solve_triangular(m: Any, a: Any, b: Any, *, lower: bool, transposed: bool, unit: bool) -> Any:
    """The x of a @ x = b, of whose a one triangle is looked at, transposed if so asked."""
    from scipy.linalg import solve_triangular

    def solve(a: Any, b: Any) -> Any:
        made = np.empty_like(b)
        for index in np.ndindex(b.shape[:-2]):
            made[index] = solve_triangular(
                a[index], b[index], trans=1 if transposed else 0, lower=lower, unit_diagonal=unit, check_finite=False
            )
        return made

    return one_by_one(solve, "regular: its diagonal holds a 0", a, b) if b.size else b * 0


solve_triangular = MatrixFunction(_solve_triangular, name="solve_triangular", linear_in=(1,))


@solve_triangular.infer
def solve_triangular_type(a: Node, b: Node, **params: bool) -> TensorType:
    return system_type(a, b)


@solve_triangular.sizes
def solve_triangular_sizes(sizes: Sizes, a: Node, b: Node, **params: bool) -> Sequence[Size | None]:
    return sizes(b)


@solve_triangular.pullback
def solve_triangular_pullback(g: Any, y: Node, a: Node, b: Node, *, lower: bool, transposed: bool, unit: bool) -> Any:
    to_b = solve_triangular(a, g, lower=lower, transposed=not transposed, unit=unit)
    both = (y, to_b) if transposed else (to_b, y)
    slope = -matmul(both[0], _t(both[1]))
    triangle = lower_triangle if lower else upper_triangle
    return triangle(slope, (-1 if lower else 1) if unit else 0), to_b


_t = transposed


@solve_triangular.samples
def solve_triangular_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for leading, n, k in (((), 3, 2), ((2,), 2, 3), ((), 1, 1), ((), 0, 2)):
        for lower, turned, unit in ((True, False, False), (False, True, False), (True, True, True)):
            a = rng.uniform(-1, 1, (*leading, n, n)) + 2 * np.eye(n)
            b = rng.uniform(-1, 1, (*leading, n, k))
            yield (of_dtype(a, dtype), b.astype(dtype)), {"lower": lower, "transposed": turned, "unit": unit}

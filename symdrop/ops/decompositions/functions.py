"""Functions of matrices that are power series: the exponential, the square root, the logarithm; Sylvester's equation.

The derivative of such a function stands in a block of its value at a block matrix:
``f([[a, e], [0, a]])`` is ``[[f(a), d], [0, f(a)]]`` with the derivative ``d`` at ``a`` along ``e``; along a cotangent
at ``a.T`` it is the gradient.

Source: N. J. Higham, "Functions of matrices", SIAM 2008, theorems 3.6 and 6.2; A. H. Al-Mohy and N. J. Higham, "A new
scaling and squaring algorithm for the matrix exponential", SIAM J. Matrix Anal. Appl. 31, 2009.

Read next: general.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...errors import ShapeError
from ...graph import Node
from ...op import Op, Size, Sizes, convert
from ...types import TensorType, merge_shapes
from ..join import concatenate
from ..linalg import matmul, transposed
from ..logic import STRUCTURAL_ZERO
from ..views import filled
from .matrices import (
    Array,
    MatrixError,
    MatrixFunction,
    each,
    merge_leading,
    of_dtype,
    one_by_one,
    same_sizes,
    same_type,
)


def _real(made: Array, what: str) -> Array:
    """A finite real value, without the imaginary parts that rounding left.

    Raises:
        MatrixError: if there is none.
    """
    if not np.isfinite(made).all():
        raise MatrixError(f"has no {what}")
    if made.dtype.kind == "c":
        largest = np.abs(made).max(initial=0)
        if np.abs(made.imag).max(initial=0) > 1e3 * np.finfo(made.dtype).eps * largest:
            raise MatrixError(f"has no real {what}: it has eigenvalues below 0, and values here are real")
    return made.real


def _expm(m: Any, a: Any) -> Any:
    """The exponentials of square matrices, the sums of a^k / k!."""
    from scipy.linalg import expm

    return each(expm, a) if a.size else a * 0


expm = MatrixFunction(_expm, name="expm")
expm.infer(same_type)
expm.sizes(same_sizes)


def _sqrtm(m: Any, a: Any) -> Any:
    """The principal square roots of square matrices: their eigenvalues have positive real parts."""
    from scipy.linalg import sqrtm

    def root(a: Array) -> Array:
        return _real(np.asarray(sqrtm(_finite(a, "square root"))), "square root")

    return one_by_one(lambda a: each(root, a), "", a) if a.size else a * 0


sqrtm = MatrixFunction(_sqrtm, name="sqrtm")
sqrtm.infer(same_type)
sqrtm.sizes(same_sizes)


def _logm(m: Any, a: Any) -> Any:
    """The principal logarithms of square matrices: their eigenvalues have imaginary parts within pi of 0."""
    from scipy.linalg import logm

    def logarithm(a: Array) -> Array:
        if np.linalg.matrix_rank(_finite(a, "logarithm")) < len(a):
            raise MatrixError("has no logarithm: it is singular")
        return _real(np.asarray(logm(a.astype(np.float64))), "logarithm")

    return one_by_one(lambda a: each(logarithm, a), "", a) if a.size else a * 0


logm = MatrixFunction(_logm, name="logm")
logm.infer(same_type)
logm.sizes(same_sizes)


def _finite(a: Array, what: str) -> Array:
    """A matrix in double precision, in which SciPy's estimates of errors are meant."""
    if not np.isfinite(a).all():
        raise MatrixError(f"has no {what}: it holds NaN or infinity")
    return a.astype(np.float64)


def _derivative(function: Op, a: Node, along: Node) -> Node:
    """The derivative of a function of matrices at matrices, along others."""
    axis, size = a.ndim - 1, a.shape[-1]
    zeros = filled(convert(STRUCTURAL_ZERO, a.dtype), a.shape)
    above, below = concatenate(a, along, axis=axis), concatenate(zeros, a, axis=axis)
    made: Node = function(concatenate(above, below, axis=axis - 1))
    part: Node = made[..., :size, size:]
    return part


def expm_along(a: Node, along: Node) -> Node:
    """The derivative of the exponential at matrices, along others."""
    return _derivative(expm, a, along)


@expm.pullback
def expm_pullback(g: Any, y: Node, a: Node) -> Any:
    return _derivative(expm, transposed(a), g)


@logm.pullback
def logm_pullback(g: Any, y: Node, a: Node) -> Any:
    return _derivative(logm, transposed(a), g)


@sqrtm.pullback
def sqrtm_pullback(g: Any, y: Node, a: Node) -> Any:
    """From y y = a it follows that y' y + y y' = a', Sylvester's equation; its adjoint is that of the transposes."""
    turned = transposed(y)
    return solve_sylvester(turned, turned, g)


@expm.samples
@sqrtm.samples
@logm.samples
def function_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for shape in ((3, 3), (2, 2, 2), (1, 1), (0, 0)):
        yield (of_dtype(0.4 * rng.uniform(-1, 1, shape) + 2 * np.eye(shape[-1]), dtype),), {}


def _solve_sylvester(m: Any, a: Any, b: Any, q: Any) -> Any:
    """The x of a @ x + x @ b = q, for square matrices a and b of which no two eigenvalues add to 0."""
    if not q.size:
        return q * 0
    return one_by_one(lambda *stacks: each(_sylvester, *stacks)[0], "", q, a, b)


def _sylvester(q: Array, a: Array, b: Array) -> tuple[Array]:
    """By R. H. Bartels and G. W. Stewart, "Solution of the matrix equation AX + XB = C", Comm. ACM 15, 1972."""
    from scipy.linalg import get_lapack_funcs, schur

    if not all(np.isfinite(x).all() for x in (a, b)):
        raise MatrixError("belongs to an equation that holds NaN or infinity")
    (first, left), (second, right) = schur(a, output="real"), schur(b.T, output="real")
    trsyl: Any = get_lapack_funcs("trsyl", (first, second, q))
    made, scale, info = trsyl(first, second, left.T @ q @ right, tranb="T")
    if info:
        raise MatrixError("belongs to an equation without a unique solution: eigenvalues of a and of -b are equal")
    return (left @ (made * scale) @ right.T,)


solve_sylvester = MatrixFunction(_solve_sylvester, name="solve_sylvester", linear_in=(2,))


@solve_sylvester.infer
def solve_sylvester_type(a: Node, b: Node, q: Node) -> TensorType:
    merge_leading([a, b, q])
    shape = q.type.shape
    for label, own, given in (("a", a, shape[-2]), ("b", b, shape[-1])):
        if any(None not in (size, given) and size != given for size in own.type.shape[-2:]):
            raise ShapeError(f"{label}, of shape {own.type.shape}, does not fit right sides of shape {shape}")
    return TensorType(q.dtype, merge_shapes(shape, (*a.type.shape[:-1], b.type.shape[-1])))


@solve_sylvester.sizes
def solve_sylvester_sizes(sizes: Sizes, a: Node, b: Node, q: Node) -> Sequence[Size | None]:
    return sizes(q)


@solve_sylvester.pullback
def solve_sylvester_pullback(g: Any, y: Node, a: Node, b: Node, q: Node) -> Any:
    to_q = solve_sylvester(transposed(a), transposed(b), g)
    return -matmul(to_q, transposed(y)), -matmul(transposed(y), to_q), to_q


@solve_sylvester.samples
def solve_sylvester_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for leading, n, k in (((), 3, 2), ((2,), 2, 3), ((), 1, 1)):
        a, b = (0.5 * rng.uniform(-1, 1, (*leading, size, size)) + 2 * np.eye(size) for size in (n, k))
        yield (of_dtype(a, dtype), of_dtype(b, dtype), rng.uniform(-1, 1, (*leading, n, k)).astype(dtype)), {}

"""Eigenvalues of matrices that need not be symmetric, where they are real; Schur's and Hessenberg's forms.

Source: M. B. Giles, "An extended collection of matrix derivative results for forward and reverse mode algorithmic
differentiation", Oxford report NA-08/01, 2008, with eigenvectors of length 1.

Read next: triangular_factors.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...graph import Node
from ...op import ZERO, Size, Sizes
from ...types import TensorType, TupleType
from ..join import item
from ..linalg import matmul, transposed
from .matrices import Array, MatrixError, MatrixFunction, each, of_dtype, one_by_one
from .solving import solve
from .spectral import diagonal_matrices, over_differences


def _eig(m: Any, a: Any) -> Any:
    """The eigenvalues of square matrices, which are real, and their eigenvectors as columns of length 1."""

    def pairs(a: Array) -> tuple[Array, Array]:
        values, vectors = m.linalg.eig(a)
        if values.dtype.kind == "c":
            value = complex(values[m.argmax(abs(values.imag))])
            raise MatrixError(f"has complex eigenvalues, one of them {value:.3g}, and values here are real")
        return values, vectors

    return one_by_one(lambda a: each(pairs, a), "decomposed: its eigenvalues do not converge, or it holds NaN", a)


eig = MatrixFunction(_eig, name="eig")


@eig.infer
def eig_type(a: Node) -> TupleType:
    return TupleType((TensorType(a.dtype, a.type.shape[:-1]), TensorType(a.dtype, a.type.shape)))


@eig.sizes
def eig_sizes(sizes: Sizes, a: Node) -> Sequence[Sequence[Size | None]]:
    return [sizes(a)[:-1], sizes(a)]


@eig.pullback
def eig_pullback(g: Sequence[Any], y: Node, a: Node) -> Any:
    to_values, to_vectors = g
    values, vectors = item(y, index=0), item(y, index=1)
    turned = transposed(vectors)
    inside: Any = ZERO
    if to_vectors is not ZERO:
        # What would change a vector's length does not count.
        lengths = (vectors * to_vectors).sum(axis=(vectors.ndim - 2,))
        across = lengths.dimshuffle(*range(lengths.ndim - 1), "x", lengths.ndim - 1)
        inside = matmul(turned, to_vectors - vectors * across) * over_differences(values)
    if to_values is not ZERO:
        diagonal = diagonal_matrices(to_values)
        inside = diagonal if inside is ZERO else inside + diagonal
    return inside if inside is ZERO else solve(turned, matmul(inside, turned))


@eig.samples
def eig_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for shape in ((3, 3), (2, 2, 2), (1, 1)):
        yield (of_dtype(rng.uniform(-0.2, 0.2, shape) + np.diag(np.arange(1.0, shape[-1] + 1)), dtype),), {}


def _schur(m: Any, a: Any) -> Any:
    """Real Schur form t and orthogonal z with z @ t @ z.T the matrix; complex pairs are blocks of 2 rows."""
    from scipy.linalg import schur

    return _orthogonal(schur, a)


schur = MatrixFunction(_schur, name="schur")


def _hessenberg(m: Any, a: Any) -> Any:
    """Hessenberg's form h, zero below its first subdiagonal, and orthogonal q with q @ h @ q.T the matrix."""
    from scipy.linalg import hessenberg

    return _orthogonal(lambda a: hessenberg(a, calc_q=True), a)


hessenberg = MatrixFunction(_hessenberg, name="hessenberg")


def _orthogonal(of: Any, a: Array) -> Any:
    """The two factors that a function of SciPy's gives, of finite matrices."""

    def factors(a: Array) -> Any:
        if not np.isfinite(a).all():
            raise MatrixError("holds NaN or infinity")
        return of(a) if a.size else (a, a)

    return one_by_one(lambda a: each(factors, a), "decomposed: it does not converge", a)


@schur.infer
@hessenberg.infer
def orthogonal_type(a: Node) -> TupleType:
    one = TensorType(a.dtype, a.type.shape)
    return TupleType((one, one))


@schur.sizes
@hessenberg.sizes
def orthogonal_sizes(sizes: Sizes, a: Node) -> Sequence[Sequence[Size | None]]:
    return [sizes(a)] * 2


@schur.samples
@hessenberg.samples
def orthogonal_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for shape in ((3, 3), (2, 2, 2), (1, 1)):
        yield (of_dtype(rng.uniform(-1, 1, shape), dtype),), {}

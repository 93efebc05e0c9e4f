"""The matrix product: the one op that linear algebra here is built from, and its sum with a matrix.

Its operands are vectors, matrices, or stacks of matrices with equal leading axes. Which
axes are summed over, and what else must be moved or stretched first, is decided by the
front end (tensor/linalg.py), so that every product reaches the same fast routine.

Read next: einsum/__init__.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import GraphTypeError, ShapeError
from ..graph import Node
from ..op import Batched, BatchedResult, Contraction, Size, Sizes, convert
from ..types import Shape, TensorType, is_float, merge_shapes, promote
from .views import dimshuffle, reshape, stacked

Index = tuple[Any, ...]


class MatrixProduct(Contraction):
    """An op on two operands that are brought to one dtype."""

    def prepare(self, inputs: list[Node], params: Mapping[str, Any]) -> Sequence[Node]:
        dtype = promote(node.type for node in inputs)
        return [convert(node, dtype) for node in inputs]


def check_fit(a: Shape, b: Shape) -> None:
    """Refuse shapes whose sizes summed over are known to differ.

    Raises:
        ShapeError: naming the axes and their sizes.
    """
    first, second = a[-1], b[-2:][0]
    if None not in (first, second) and first != second:
        axis = "the only axis" if len(b) == 1 else f"axis {len(b) - 2}"
        raise ShapeError(
            f"shapes {a} and {b} do not fit: axis {len(a) - 1} of the first has size {first}, "
            f"{axis} of the second {second}; they must be equal"
        )


def _check_leading(a: Shape, b: Shape) -> None:
    if any(None not in pair and pair[0] != pair[1] for pair in zip(a[:-2], b[:-2], strict=True)):
        raise ShapeError(f"the leading axes of shapes {a} and {b} differ")


def _matmul(m: Any, a: Any, b: Any) -> Any:
    """Matrix product: the last axis of a is summed over with the second-to-last of b (the last of a vector)."""
    check_fit(a.shape, b.shape)
    _check_leading(a.shape, b.shape)
    return m.matmul(a, b)


matmul = MatrixProduct(_matmul, name="matmul", linear_in=(0, 1), symbol="@")


@matmul.infer
def matmul_type(a: Node, b: Node) -> TensorType:
    first, second = a.type.shape, b.type.shape
    if not a.ndim or not b.ndim:
        raise GraphTypeError("a scalar has no matrix product; write a * b")
    if a.ndim != b.ndim and max(a.ndim, b.ndim) > 2:
        raise GraphTypeError(f"a stack of matrices and a value with another number of axes: {a.type}, {b.type}")
    check_fit(first, second)
    _check_leading(first, second)
    return TensorType(a.dtype, (*merge_shapes(first[:-2], second[:-2]), *_rows_and_columns(first, second)))


def _rows_and_columns(a: Sequence[Any], b: Sequence[Any]) -> tuple[Any, ...]:
    return (*a[-2:-1], *(b[-1:] if len(b) > 1 else ()))


@matmul.indexing_maps
def matmul_maps(at: Index, over: Index, a: Node, b: Node) -> tuple[Index, Index]:
    """A vector has no row, or no column; the axes before the last two are those of a stack of matrices."""
    stack, row = at[: a.ndim - 2] if a.ndim > 2 else (), at[a.ndim - 2 : a.ndim - 1] if a.ndim > 1 else ()
    column = at[-1:] if b.ndim > 1 else ()
    return (*stack, *row, *over), (*stack, *over, *column)


@matmul.sizes
def matmul_sizes(sizes: Sizes, a: Node, b: Node) -> Sequence[Size | None]:
    return (*sizes(a)[:-2], *_rows_and_columns(sizes(a), sizes(b)))


@matmul.pullback
def matmul_pullback(g: Any, y: Node, a: Node, b: Node) -> Any:
    if a.ndim == b.ndim == 1:
        return g * b, g * a
    if a.ndim == 1:
        return b @ g, outer(a, g)
    if b.ndim == 1:
        return outer(g, b), transposed(a) @ g
    return matmul(g, transposed(b)), matmul(transposed(a), g)


# A rule of its own: where one factor is shared, one taller product is quicker than many.
@matmul.batching
def matmul_batching(rows: Node, y: Node, a: Batched, b: Batched) -> BatchedResult:
    ndims = y.inputs[0].ndim, y.inputs[1].ndim
    if max(ndims) > 2 or (a.batched and b.batched):
        return _stacks(stacked(a, rows), stacked(b, rows), ndims)
    if a.batched:
        return _taller(a.value, b.value, ndims)
    # a @ b = (b.T @ a.T).T, of which b is batched; vectors have no other form.
    first = transposed(b.value) if ndims[1] == 2 else b.value
    second = transposed(a.value) if ndims[0] == 2 else a.value
    made = _taller(first, second, (ndims[1], ndims[0]))
    return transposed(made) if ndims == (2, 2) else made


def _taller(a: Node, b: Node, ndims: tuple[int, int]) -> Node:
    """All products with one and the same b: one product of a taller matrix."""
    if ndims[0] == 1:
        return matmul(a, b)
    examples, height, width = a.shape
    flat = matmul(reshape(a, examples * height, width), b)
    made = reshape(flat, *((examples, height) if ndims[1] == 1 else (examples, height, b.shape[1])))
    return made


def _stacks(a: Node, b: Node, ndims: tuple[int, int]) -> Node:
    """The products of two stacks, one by one."""
    if ndims == (1, 1):
        dots = (a * b).sum(axis=(1,))
        # Sums of small integers grow to 64 bits, products of them do not.
        return dots if is_float(dots.dtype) else convert(dots, a.dtype)
    if ndims == (1, 2):
        made = matmul(dimshuffle(a, pattern=(0, "x", 1)), b)[:, 0]
    elif ndims == (2, 1):
        made = matmul(a, dimshuffle(b, pattern=(0, 1, "x")))[:, :, 0]
    else:
        made = matmul(a, b)
    return made


def transposed(x: Node) -> Node:
    """x with its last two axes exchanged."""
    return x.dimshuffle(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2)


def outer(a: Node, b: Node) -> Node:
    """The products of every element of one vector with every element of another."""
    return a.dimshuffle(0, "x") * b.dimshuffle("x", 0)


@matmul.samples
def matmul_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for a, b in (
        ((2, 3), (3, 4)),
        ((2, 3), (3,)),
        ((3,), (3, 2)),
        ((3,), (3,)),
        ((2, 2, 3), (2, 3, 4)),
        ((1, 3), (3, 1)),
        ((2, 0), (0, 3)),
        ((0, 2), (2, 3)),
    ):
        yield (rng.uniform(-2, 2, a).astype(dtype), rng.uniform(-2, 2, b).astype(dtype)), {}


def _check_sum(c: Shape, a: Shape, b: Shape) -> None:
    if any(None not in pair and pair[0] != pair[1] for pair in zip(c, (a[0], b[1]), strict=True)):
        raise ShapeError(f"a matrix of shape {c} cannot be added to the product of shapes {a} and {b}")


def _gemm(m: Any, c: Any, a: Any, b: Any, alpha: Any, beta: Any) -> Any:
    """alpha * (a @ b) + beta * c for matrices of floats and scalar factors: what BLAS computes in one go."""
    _check_sum(c.shape, a.shape, b.shape)
    return alpha * _matmul(m, a, b) + beta * c


gemm = MatrixProduct(_gemm, name="gemm", factors=(1, 2), added=0, jointly_linear_in=(0, 1))


@gemm.infer
def gemm_type(c: Node, a: Node, b: Node, alpha: Node, beta: Node) -> TensorType:
    ndims = tuple(node.ndim for node in (c, a, b, alpha, beta))
    if ndims != (2, 2, 2, 0, 0) or not is_float(c.dtype):
        raise GraphTypeError(f"three matrices and two scalars of floats are needed, not {ndims} axes of {c.dtype}")
    check_fit(a.type.shape, b.type.shape)
    _check_sum(c.type.shape, a.type.shape, b.type.shape)
    return TensorType(c.dtype, merge_shapes(c.type.shape, (a.type.shape[0], b.type.shape[1])))


@gemm.indexing_maps
def gemm_maps(at: Index, over: Index, a: Node, b: Node) -> tuple[Index, Index]:
    (row, column), (k,) = at, over
    return (row, k), (k, column)


@gemm.sizes
def gemm_sizes(sizes: Sizes, c: Node, a: Node, b: Node, alpha: Node, beta: Node) -> Sequence[Size | None]:
    return sizes(c)


@gemm.pullback
def gemm_pullback(g: Any, y: Node, c: Node, a: Node, b: Node, alpha: Any, beta: Any) -> Any:
    to_a = alpha * matmul(g, transposed(b))
    to_b = alpha * matmul(transposed(a), g)
    return beta * g, to_a, to_b, (g * matmul(a, b)).sum(), (g * c).sum()


@gemm.samples
def gemm_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for rows, shared, columns in ((2, 3, 4), (3, 1, 1), (2, 0, 3), (0, 2, 3)):
        shapes = (rows, columns), (rows, shared), (shared, columns), (), ()
        yield tuple(np.asarray(rng.uniform(-2, 2, shape)).astype(dtype) for shape in shapes), {}

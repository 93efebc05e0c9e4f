"""Contractions written out: views of the factors over all iterators, their product, and its sum.

An op that declares its factors' indexing maps (op/contractions.py) needs nothing more to run in native code::

    y[i] = sum over k of x[i + k] * w[k]      is      affine_view(x)[i, k] * affine_view(w)[i, k]   summed over k

One whose maps are those of a product of matrices but for the order of axes, an einsum ``"bij,bkj->bik"``, becomes that
product.

Source: the generic op of MLIR's linalg dialect; einsum's letters are its iterators.

Read next: composed.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any

import numpy as np

from ..errors import GraphTypeError
from ..graph import Node
from ..op import Affine, Contraction, Guard, IndexSpace, Size, Sizes, as_node, constant_scalar, convert, view
from ..types import TensorType, is_float
from .arithmetic import add, mul
from .barriers import structural_zeros_like
from .creation import arange
from .join import specify_shape
from .lengths import product
from .linalg import matmul
from .reduce import sum_
from .scatter import inc_subtensor
from .views import broadcast, dimshuffle, reshape

# Of every axis of a value the index at which it is read: a number, and by what each iterator is multiplied.
AffineIndex = tuple[tuple[int, tuple[int, ...]], ...]


@view(sizes=slice(1, None))
def affine_view(m: Any, x: Any, *sizes: Any, index: AffineIndex) -> Any:
    """The elements of x at sums of multiples of iterators, which count to the given sizes."""
    shape = tuple(map(int, sizes))
    at = np.indices(shape, sparse=True)
    positions = [offset + sum(factor * one for factor, one in zip(by, at, strict=True)) for offset, by in index]
    for axis, (position, size) in enumerate(zip(positions, x.shape, strict=True)):
        if 0 not in shape and (np.min(position) < 0 or np.max(position) >= size):
            raise IndexError(f"axis {axis} of size {size} is read from {np.min(position)} to {np.max(position)}")
    return m.broadcast_to(x[tuple(positions)], shape) if 0 not in shape else m.zeros(shape, x.dtype)


@affine_view.infer
def affine_view_type(x: Node, *sizes: Node, index: AffineIndex) -> TensorType:
    if len(index) != x.ndim or any(len(by) != len(sizes) for _, by in index):
        raise GraphTypeError(f"expected an index for each of {x.ndim} axes, over {len(sizes)} iterators, not {index}")
    return TensorType(x.dtype, tuple(map(constant_scalar, sizes)), x.type.weak)


@affine_view.sizes
def affine_view_sizes(sizes: Sizes, x: Node, *given: Node, index: AffineIndex) -> Sequence[Size | None]:
    return given


@affine_view.indexing_map
def affine_view_map(i: IndexSpace, at: tuple[Any, ...], x: Node, *sizes: Node, index: AffineIndex) -> tuple[Any, ...]:
    return tuple(
        reduce(add_index, (one if factor == 1 else factor * one for factor, one in zip(by, at, strict=True) if factor),
               offset)
        for offset, by in index
    )  # fmt: skip


def add_index(a: Any, b: Any) -> Any:
    """The sum of two indices; 0 adds nothing, so that an iterator alone stays bare."""
    return b if isinstance(a, int) and a == 0 else a + b


@affine_view.guards
def affine_view_guards(sizes: Sizes, y: Node, x: Node, *given: Node, index: AffineIndex) -> Iterator[Guard]:
    """Nothing is read outside; where one iterator counts the whole axis nothing can be."""
    for (offset, by), size in zip(index, sizes(x), strict=True):
        used = [(factor, n) for factor, n in zip(by, sizes(y), strict=True) if factor]
        if offset == 0 and [(1, size)] == used:
            continue
        first = [as_node(factor * (as_node(n) - 1)) for factor, n in used if factor < 0]
        last = [as_node(factor * (as_node(n) - 1)) for factor, n in used if factor > 0]
        yield Guard("least", (_total([as_node(offset), *first]), as_node(size) - 1 - _total([as_node(offset), *last])))


def _total(sizes: Sequence[Node]) -> Node:
    made: Node = reduce(add, sizes)
    return made


@affine_view.pullback
def affine_view_pullback(g: Any, y: Node, x: Node, *sizes: Node, index: AffineIndex) -> Any:
    if not x.ndim:
        return sum_(g, axis=tuple(range(g.ndim)))
    positions = [_positions(offset, by, y) for offset, by in index]
    return inc_subtensor(structural_zeros_like(x), g, *positions, entries=("a",) * x.ndim)


def _positions(offset: int, by: Sequence[int], y: Node) -> Node:
    """The index that is read for every element of a value."""
    made: Node = broadcast(as_node(np.int64(offset)), *y.shape, axes=tuple(range(y.ndim)), ndim=y.ndim)
    for axis, factor in enumerate(by):
        if factor:
            pattern = tuple(0 if k == axis else "x" for k in range(y.ndim))
            made = made + factor * dimshuffle(arange(0, y.shape[axis], 1, dtype="int64"), pattern=pattern)
    return made


@affine_view.samples
def affine_view_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    x = rng.uniform(-2, 2, (4, 3)).astype(dtype)
    yield (x, 3, 4), {"index": ((0, (0, 1)), (0, (1, 0)))}
    yield (x, 3), {"index": ((0, (1,)), (0, (1,)))}
    yield (x[:, 0], 2, 2), {"index": ((0, (1, 2)),)}
    yield (x[:, 0], 4), {"index": ((3, (-1,)),)}
    yield (x, 2, 3), {"index": ((1, (0, 0)), (0, (0, 1)))}


def written_out(node: Node, sizes: Sizes) -> Node | None:
    """A contraction as a product of matrices, or as the sum of products of views; None where its maps do not say it.

    Args:
        node: the contraction.
        sizes: gives the sizes of nodes.
    """
    assert isinstance(node.op, Contraction)
    if node.op.maps_rule is None or node.op.added is not None:
        return None
    maps = node.op.maps(node)
    product = _matrix_product(node, maps, sizes) if is_float(node.dtype) else None
    if product is not None:
        return product
    space = node.op.iteration_space(node, sizes)
    numbers = [_affine_index(one, len(space)) for one in maps]
    if None in space or None in numbers:
        return None
    factors = [node.inputs[k] for k in node.op.factors]
    whole = [_of_sizes(x, space, one, sizes) for x, one in zip(factors, maps, strict=True)]
    views = [affine_view(x, *space, index=index) for x, index in zip(whole, numbers, strict=True)]
    made = reduce(mul, [convert(one, node.dtype) for one in views])
    return convert(sum_(made, axis=tuple(range(node.ndim, len(space)))), node.dtype)


def _of_sizes(x: Node, space: Sequence[Any], index: Sequence[Affine], sizes: Sizes) -> Node:
    """A factor whose axes, where an iterator stands alone, are as long as that counts: other sizes are refused."""
    own = sizes(x)
    counted = {axis: space[one.bare] for axis, one in enumerate(index) if one.bare is not None}
    axes = tuple(axis for axis, size in counted.items() if own[axis] is not size and own[axis] != size)
    made: Node = specify_shape(x, *(counted[axis] for axis in axes), axes=axes) if axes else x
    return made


def _affine_index(index: Sequence[Affine], iterators: int) -> AffineIndex | None:
    found = []
    for one in index:
        if one.varies or one.offset is None or None in one.factors.values():
            return None
        found.append((one.offset, tuple(one.factors.get(k) or 0 for k in range(iterators))))
    return tuple(found)


def _matrix_product(node: Node, maps: Sequence[Sequence[Affine]], sizes: Sizes) -> Node | None:
    """The product of matrices, or of stacks of them, that a contraction is but for the order of axes.

    Rows, columns and what is summed over may be several iterators each, whose axes are joined.
    """
    letters = [[index.bare for index in one] for one in maps]
    if len(letters) != 2 or any(None in one or len(set(one)) < len(one) for one in letters):
        return None
    a, b = letters
    value = range(node.ndim)
    stack = [k for k in value if k in a and k in b]
    row, column = ([k for k in value if k in one and k not in other] for one, other in ((a, b), (b, a)))
    over = [k for k in a if k not in value]
    if not over or set(a) | set(b) != {*value, *over} or not set(over) <= set(b) or (stack and not (row or column)):
        return None
    first, second = (node.inputs[k] for k in node.op.factors)  # type: ignore[attr-defined]
    if len(over) > 1:
        # Once joined, sizes could differ and have equal products.
        space = node.op.iteration_space(node, sizes)  # type: ignore[attr-defined]
        second = _of_sizes(second, space, maps[1], sizes)
    single = [1] * len(stack)
    # A stack of vectors is one of matrices that have one row, or one column.
    rows, columns = ([len(own)] if own or stack else [] for own in (row, column))
    left = _in_order(first, [a.index(k) for k in (*stack, *row, *over)])
    left = _joined(left, [*single, *rows, len(over)], sizes)
    right = _in_order(second, [b.index(k) for k in (*stack, *over, *column)])
    right = _joined(right, [*single, len(over), *columns], sizes)
    made = matmul(left, right)
    if 0 in (*rows, *columns):
        made = dimshuffle(made, pattern=(*range(len(stack)), len(stack) + (not row)))
    order = (*stack, *row, *column)
    if len(row) > 1 or len(column) > 1:
        found = sizes(node)
        made = reshape(made, *(found[k] for k in order))
    return convert(_in_order(made, [order.index(k) for k in value]), node.dtype)


def _in_order(x: Node, axes: Sequence[int]) -> Node:
    made: Node = x if list(axes) == list(range(x.ndim)) else dimshuffle(x, pattern=tuple(axes))
    return made


def _joined(x: Node, groups: Sequence[int], sizes: Sizes) -> Node:
    """x with the axes of each group, as many as it says, joined to one; a group of none is an axis of size 1."""
    if all(count == 1 for count in groups):
        return x
    axes = iter(range(x.ndim))
    if max(groups) == 1:
        return dimshuffle(x, pattern=tuple(next(axes) if count else "x" for count in groups))
    own = sizes(x)
    made: Node = reshape(x, *(product(own[next(axes)] for _ in range(count)) for count in groups))
    return made

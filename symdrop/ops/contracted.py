"""Contractions written out: views of the factors over all iterators, their product, and its sum.

An op that declares its factors' indexing maps (op/contractions.py) needs nothing more to run in native code::

    y[i] = sum over k of x[i + k] * w[k]      is      affine_view(x)[i, k] * affine_view(w)[i, k]   summed over k

One whose maps are those of a product of matrices but for the order of axes and for axes that are joined, an einsum
``"bijm,bkjm->bik"``, becomes that product; so does a convolution, of which one matrix is the windows laid out.

Source: the generic op of MLIR's linalg dialect; einsum's letters are its iterators.

Read next: composed.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
from .linalg import matmul, transposed
from .reduce import plain_sum, sum_
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
    maps, space = node.op.maps(node), node.op.iteration_space(node, sizes)
    if None in space or any(_affine_index(one, range(len(space))) is None for one in maps):
        return None
    factors = [node.inputs[k] for k in node.op.factors]
    read = [Factor(_of_sizes(x, space, one, sizes), one) for x, one in zip(factors, maps, strict=True)]
    made = _matrix_product(node, read, space) if is_float(node.dtype) else None
    if made is None:
        order = _sum_order(node, read, len(space))
        made = reduce(mul, [convert(one.over(order, space), node.dtype) for one in read])
        made = plain_sum(made, axis=tuple(place for place, k in enumerate(order) if k >= node.ndim))
    return convert(made, node.dtype)


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor of a contraction, and the index at which it is read."""

    value: Node
    index: Sequence[Affine]

    @property
    def iterators(self) -> tuple[int, ...]:
        """The iterators that its index names, in the order in which it does."""
        return tuple(dict.fromkeys(k for one in self.index for k in one.factors))

    @property
    def along(self) -> int | None:
        """The iterator along which its elements lie side by side: the first one that its last axis names."""
        return next(iter(self.index[-1].factors), None) if self.index else None

    @property
    def is_permuted(self) -> bool:
        """True if every axis is a whole iterator."""
        own = [one.bare for one in self.index]
        return None not in own and len(set(own)) == len(own)

    def is_one(self, iterator: int) -> bool:
        """True if an iterator counts an axis of size 1."""
        sizes = zip(self.index, self.value.type.shape, strict=True)
        return any(one.bare == iterator and size == 1 for one, size in sizes)

    def over(self, order: Sequence[int], space: Sequence[Any]) -> Node:
        """Its elements over some iterators, in that order."""
        index = _affine_index(self.index, order)
        assert index is not None
        made: Node = affine_view(self.value, *(space[k] for k in order), index=index)
        return made

    def matrices(self, groups: Sequence[Sequence[int]], space: Sequence[Any]) -> Node:
        """Its elements over groups of iterators, each of which is one axis; in front it is repeated over those that its
        index does not name."""
        repeated = [group for group in groups if not {*group} <= {*self.iterators}]
        if repeated:
            made = self.matrices([group for group in groups if group not in repeated], space)
            return _repeated(made, [space[k] for group in repeated for k in group])
        order = [k for group in groups for k in group]
        if self.is_permuted:
            own = [one.bare for one in self.index]
            made = _in_order(self.value, tuple(map(own.index, order)))
        else:
            made = self.over(order, space)
        if all(len(group) == 1 for group in groups):
            return made
        joined: Node = reshape(made, *(product([space[k] for k in group]) for group in groups))
        return joined


def _repeated(x: Node, sizes: Sequence[Any]) -> Node:
    """A value for every one of a stack."""
    count = len(sizes)
    made: Node = dimshuffle(x, pattern=(*("x",) * count, *range(x.ndim)))
    return broadcast(made, *sizes, axes=tuple(range(count)), ndim=made.ndim)


def _sum_order(node: Node, factors: Sequence[Factor], count: int) -> tuple[int, ...]:
    """The iterators of a sum of products, outermost first: the last one goes along elements that lie side by side."""
    kept, summed = tuple(range(node.ndim)), tuple(range(node.ndim, count))
    along = max(factors, key=lambda one: len(one.index)).along
    if kept and along == kept[-1]:
        return (*kept[:-1], *summed, kept[-1])
    if along in summed:
        summed = (*(k for k in summed if k != along), along)
    return (*kept, *summed)


def _of_sizes(x: Node, space: Sequence[Any], index: Sequence[Affine], sizes: Sizes) -> Node:
    """A factor whose axes, where an iterator stands alone, are as long as that counts: other sizes are refused."""
    own = sizes(x)
    counted = {axis: space[one.bare] for axis, one in enumerate(index) if one.bare is not None}
    axes = tuple(axis for axis, size in counted.items() if own[axis] is not size and own[axis] != size)
    made: Node = specify_shape(x, *(counted[axis] for axis in axes), axes=axes) if axes else x
    return made


def _affine_index(index: Sequence[Affine], order: Sequence[int]) -> AffineIndex | None:
    found = []
    for one in index:
        if one.varies or one.offset is None or None in one.factors.values():
            return None
        found.append((one.offset, tuple(one.factors.get(k) or 0 for k in order)))
    return tuple(found)


def _matrix_product(node: Node, factors: Sequence[Factor], space: Sequence[Any]) -> Node | None:
    """The product of matrices, or of stacks of them, that a contraction is but for the order and the joining of axes.

    None where it is none, and where windows are better not laid out as a matrix.
    """
    if len(factors) != 2:
        return None
    a, b = factors
    value = range(node.ndim)
    both = [k for k in a.iterators if k in b.iterators]
    stack, over = ([k for k in both if (k in value) is kept] for kept in (True, False))
    row, column = ([k for k in one.iterators if k not in both] for one in factors)
    ones = [k for k in stack if a.is_one(k) and b.is_one(k)]
    stack = [k for k in stack if k not in ones]
    if not over or {*both, *row, *column} != set(range(len(space))) or not {*row, *column} <= set(value):
        return None
    if stack and not (row or column):
        return None
    if not (a.is_permuted and b.is_permuted) and not _pays(node, factors, (row, column)):
        return None
    for one, own, other in ((a, row, column), (b, column, row)):
        # Windows of every example are a matrix of its own: so the value's axes come in their order, and C is small.
        leading = [] if one.is_permuted or not other else [k for k in own if k < min(other)]
        if len(leading) < len(own):
            stack = sorted((*leading, *stack))
            own[:] = [k for k in own if k not in leading]
    # The rows of the second matrix, not its columns, go along the value's last axis.
    last = row if value[-1:] and value[-1] in row else column
    first, second = ((b, column), (a, row)) if last is row else ((a, row), (b, column))
    made = matmul(_matrix(*first, stack, over, space, False), _matrix(*second, stack, over, space, True))
    order = (*stack, *first[1], *second[1])
    if any(len(group) > 1 or (stack and not group) for group in (row, column)):
        made = reshape(made, *(space[k] for k in order))
    pattern = tuple("x" if k in ones else order.index(k) for k in value)
    return made if pattern == tuple(range(made.ndim)) else dimshuffle(made, pattern=pattern)


def _pays(node: Node, factors: Sequence[Factor], free: Sequence[Sequence[int]]) -> bool:
    """True if a matrix of windows is multiplied often enough to lay it out."""
    assert isinstance(node.op, Contraction)
    return node.op.lays_out(node) and not any(
        all(any(one.is_one(k) for one in factors) for k in group) for group in free
    )


def _matrix(
    factor: Factor, free: Sequence[int], stack: Sequence[int], over: Sequence[int], space: Sequence[Any], last: bool
) -> Node:
    """A factor as a matrix, or a stack of them, of the iterators of its own and those summed over, which come last or
    first; as it lies in memory, so that other orders are a transposition."""
    groups = [over, free] if factor.along in free else [free, over]
    # A stack of vectors is one of matrices that have one row, or one column.
    kept = groups if stack else [group for group in groups if group]
    made = factor.matrices([*([k] for k in stack), *kept], space)
    return made if len(kept) == 1 or (groups[1] is free) is last else transposed(made)


def _in_order(x: Node, axes: tuple[int, ...]) -> Node:
    made: Node = x if axes == tuple(range(x.ndim)) else dimshuffle(x, pattern=axes)
    return made

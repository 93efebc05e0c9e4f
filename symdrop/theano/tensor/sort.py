"""``theano.tensor.sort``: sorting, the largest elements, and permutations.

Read next: numpy_ops.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import tensor as engine
from ...binding import public
from ...graph import Node
from ...op import Constant
from ...tensor.branches import ifelse
from ..dtypes import variable
from ..missing import missing_name
from ..part_ops import ArgSortOp, SortOp
from ..settings import resolved
from ..variable import speaking


@speaking
@public
def sort(a: Any, axis: Any = -1, kind: str = "quicksort", order: Any = None) -> Node:
    """The elements in ascending order along an axis.

    Args:
        a: a tensor.
        axis: an axis, which may be a variable, or None for all elements.
        kind, order: accepted; equal elements keep their order in any case.

    Returns:
        A tensor.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.sort(T.constant([[3, 1], [0, 2]]), None).eval().tolist()
        [0, 1, 2, 3]
    """
    return _along(engine.sort, variable(a), axis)


@speaking
@public
def argsort(a: Any, axis: Any = -1, kind: str = "quicksort", order: Any = None) -> Node:
    """The positions that sort the elements along an axis, int64.

    Args:
        a, axis, kind, order: as of ``sort``.

    Returns:
        A tensor.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.argsort(T.constant([3, 1, 2])).eval().tolist()
        [1, 2, 0]
    """
    return _along(engine.argsort, variable(a), axis)


def _along(function: Callable[..., Node], node: Node, axis: Any) -> Node:
    """A function along an axis; of a variable, of which the call computes one, by a choice among all axes."""
    if not isinstance(axis, Node) or isinstance(axis, Constant):
        return function(node, int(axis.value) if isinstance(axis, Constant) else axis)
    asked = engine.mod(engine.cast(axis, "int64"), node.ndim)
    made = function(node, node.ndim - 1)
    for k in reversed(range(node.ndim - 1)):
        made = ifelse(engine.eq(asked, k), function(node, k), made)
    return made


@speaking
@public
def topk_and_argtopk(
    x: Any, kth: int, axis: int | None = -1, sorted: bool = True, idx_dtype: Any = "int64"
) -> list[Node]:
    """The k largest elements along an axis, largest first, and where they stand.

    Args:
        x: a tensor.
        kth: how many; if negative, so many of the smallest, smallest first.
        axis: an axis, or None for all elements.
        sorted: accepted; they come in order in any case.
        idx_dtype: dtype of the positions.

    Returns:
        Two tensors.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> [part.eval().tolist() for part in T.topk_and_argtopk(T.constant([3, 1, 2]), 2)]
        [[3, 2], [0, 2]]
    """
    node = variable(x)
    node, along = (engine.flatten(node), 0) if axis is None else (node, axis)
    places = engine.argsort(node, along, descending=kth > 0)
    # Those in front along the axis.
    front = (slice(None),) * (along % node.ndim)
    found = places[(*front, slice(0, abs(kth)))]
    return [engine.take_along_axis(node, found, along), engine.cast(found, resolved(idx_dtype))]


@speaking
@public
def topk(x: Any, kth: int, axis: int | None = -1, sorted: bool = True, idx_dtype: Any = "int64") -> Node:
    """The k largest elements along an axis; see ``topk_and_argtopk``.

    Args:
        x, kth, axis, sorted, idx_dtype: as there.

    Returns:
        A tensor.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.topk(T.constant([3, 1, 2]), 2).eval().tolist()
        [3, 2]
    """
    return topk_and_argtopk(x, kth, axis)[0]


@speaking
@public
def argtopk(x: Any, kth: int, axis: int | None = -1, sorted: bool = True, idx_dtype: Any = "int64") -> Node:
    """Positions of the k largest elements along an axis; see ``topk_and_argtopk``.

    Args:
        x, kth, axis, sorted, idx_dtype: as there.

    Returns:
        A tensor of integers.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.argtopk(T.constant([3, 1, 2]), 2).eval().tolist()
        [0, 2]
    """
    return topk_and_argtopk(x, kth, axis, sorted, idx_dtype)[1]


@speaking
@public
def inverse_permutation(perm: Any) -> Node:
    """The permutation that undoes another.

    Args:
        perm: a vector of the integers below its length, or rows of such.

    Returns:
        A tensor of integers.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.inverse_permutation(T.constant([2, 0, 1])).eval().tolist()
        [1, 2, 0]
    """
    return engine.cast(engine.argsort(variable(perm)), variable(perm).dtype)


@speaking
@public
def permute_row_elements(x: Any, y: Any, inverse: Any = 0) -> Node:
    """The elements of every row in another order.

    Args:
        x: a tensor whose last axis is permuted.
        y: a permutation, or one for every row.
        inverse: 1 to undo it.

    Returns:
        A tensor.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.permute_row_elements(T.constant([[5, 6, 7]]), [2, 0, 1]).eval().tolist()
        [[7, 5, 6]]
    """
    node, order = variable(x), variable(y)
    if inverse:
        order = engine.argsort(order)
    if order.ndim == 1:
        return engine.take(node, order, node.ndim - 1)
    if order.ndim != node.ndim:
        # What has fewer axes, or an axis of size 1, is permuted in each of several orders.
        rank = max(order.ndim, node.ndim)
        node, order = (one.dimshuffle(*["x"] * (rank - one.ndim), *range(one.ndim)) for one in (node, order))
        zero = engine.zeros_like(engine.sum(order, -1, None, True))
        node = engine.add(node, engine.cast(zero, node.dtype))
        order = engine.add(order, engine.cast(engine.zeros_like(engine.sum(node, -1, None, True)), order.dtype))
    return engine.take_along_axis(node, order, node.ndim - 1)


__all__ = [
    "ArgSortOp", "SortOp", "argsort", "argtopk", "inverse_permutation", "permute_row_elements", "sort",
    "topk", "topk_and_argtopk",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor.sort", name, __all__)

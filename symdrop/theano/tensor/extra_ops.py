"""``theano.tensor.extra_ops``: counting, repeating, filling and looking up.

Read next: sort.py
"""

from __future__ import annotations

from typing import Any

from ... import tensor as engine
from ...binding import public
from ...errors import ArgumentError, GraphTypeError, here, shown
from ...graph import Node, describe
from ...tensor.costs import class_labels
from ...types import is_float
from ..dtypes import variable
from ..missing import missing_name
from ..part_ops import CumOp
from ..settings import resolved
from ..variable import speaking
from .opt import Assert


@speaking
@public
def cumsum(x: Any, axis: int | None = None) -> Node:
    """Sums of the elements up to each one along an axis, in x's dtype.

    Args:
        x: a tensor.
        axis: an axis; by default x is flattened.

    Returns:
        A tensor.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.cumsum(T.constant([[1, 2], [3, 4]])).eval().tolist()
        [1, 3, 6, 10]
    """
    node = variable(x)
    return engine.cumsum(node, axis, node.dtype)


@speaking
@public
def cumprod(x: Any, axis: int | None = None) -> Node:
    """Products of the elements up to each one along an axis, in x's dtype.

    Args:
        x, axis: as of ``cumsum``.

    Returns:
        A tensor.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.cumprod(T.constant([1, 2, 3])).eval().tolist()
        [1, 2, 6]
    """
    node = variable(x)
    return engine.cumprod(node, axis, node.dtype)


@speaking
@public
def diff(x: Any, n: int = 1, axis: int = -1) -> Node:
    """Differences of neighbours along an axis.

    Args:
        x: a tensor.
        n: how many times.
        axis: an axis.

    Returns:
        A tensor, shorter by n.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.extra_ops.diff(T.constant([1, 4, 9])).eval().tolist()
        [3, 5]
    """
    made: Node = engine.diff(variable(x), n, axis)
    return made


@speaking
@public
def bincount(x: Any, weights: Any = None, minlength: Any = None, assert_nonneg: bool = False) -> Node:
    """Counts of the integers 0, 1, ..., or sums of weights.

    Args:
        x: a vector of integers, none negative.
        weights: a vector to sum.
        minlength: least length of the result.
        assert_nonneg: whether a negative integer is an ``AssertionError``; it is an error in any case.

    Returns:
        A vector.

    Raises:
        GraphTypeError: if x is not of integers.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.bincount(T.constant([1, 1, 3])).eval().tolist()
        [0, 2, 0, 1]
    """
    node, amounts = variable(x), None if weights is None else variable(weights)
    if assert_nonneg:
        node = Assert("bincount: an integer is negative")(node, engine.all(node >= 0))
    made: Node = engine.bincount(node, amounts, 0 if minlength is None else minlength)
    return made


@speaking
@public
def squeeze(x: Any, axis: Any = None) -> Node:
    """x without the axes whose size is known to be 1.

    Args:
        x: a tensor.
        axis: only these.

    Returns:
        A tensor.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.squeeze(T.row("x")).ndim
        1
    """
    return engine.squeeze(variable(x), axis)


@speaking
@public
def compress(condition: Any, x: Any, axis: int | None = None) -> Node:
    """The slices of x along an axis where a condition is true.

    Args:
        condition: a vector, true where it is not 0.
        x: a tensor.
        axis: an axis; by default x is flattened.

    Returns:
        A tensor.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.extra_ops.compress(T.constant([1, 0, 1]), T.constant([5, 6, 7])).eval().tolist()
        [5, 7]
    """
    made: Node = engine.compress(engine.neq(variable(condition), 0), variable(x), axis)
    return made


@speaking
@public
def repeat(x: Any, repeats: Any, axis: int | None = None) -> Node:
    """Every element several times, one after another.

    Args:
        x: a tensor.
        repeats: how many times: a number, or a vector of one for each.
        axis: an axis; by default x is flattened.

    Returns:
        A tensor.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.repeat(T.constant([1, 2]), 2).eval().tolist()
        [1, 1, 2, 2]
    """
    return engine.repeat(variable(x), repeats, axis)


@speaking
@public
def bartlett(M: Any) -> Node:
    """A Bartlett window: rising to 1 in the middle and falling again.

    Args:
        M: the number of points.

    Returns:
        A float64 vector.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.bartlett(5).eval().tolist()
        [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    return engine.cast(engine.bartlett(M), "float64")


@speaking
@public
def fill_diagonal(a: Any, val: Any) -> Node:
    """A copy whose main diagonal has one value.

    Args:
        a: a matrix.
        val: a number.

    Returns:
        A matrix.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.fill_diagonal(T.zeros((2, 2)), 3).eval().tolist()
        [[3.0, 0.0], [0.0, 3.0]]
    """
    node = variable(a)
    made: Node = engine.fill_diagonal(node, engine.cast(variable(val), node.dtype))
    return made


@speaking
@public
def fill_diagonal_offset(a: Any, val: Any, offset: Any) -> Node:
    """A copy of which one diagonal has one value.

    Args:
        a: a matrix.
        val: a number.
        offset: which diagonal, 0 for the main one.

    Returns:
        A matrix.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.fill_diagonal_offset(T.zeros((2, 2)), 3, 1).eval().tolist()
        [[0.0, 3.0], [0.0, 0.0]]
    """
    node = variable(a)
    rows, columns = (engine.arange(node.shape[axis]) for axis in (0, 1))
    on = engine.eq(engine.sub(columns.dimshuffle("x", 0), rows.dimshuffle(0, "x")), offset)
    return engine.where(on, engine.cast(variable(val), node.dtype), node)


@speaking
@public
def to_one_hot(y: Any, nb_class: Any, dtype: Any = None) -> Node:
    """Classes as rows of zeros with a one.

    Args:
        y: a vector of integers.
        nb_class: the number of classes.
        dtype: by default ``theano.config.floatX``.

    Returns:
        A matrix (len(y), nb_class).

    Raises:
        GraphTypeError: if y is not of integers.
        IndexingError: for a label below 0 or not below ``nb_class``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.extra_ops.to_one_hot(T.constant([1, 0]), 2).eval().tolist()
        [[0.0, 1.0], [1.0, 0.0]]
    """
    given = variable(y)
    if is_float(given.dtype):
        raise GraphTypeError(f"class labels are integers, not {describe(given)}{here()}")
    labels = class_labels(given, nb_class, f"a class label of {describe(given)}")
    return engine.cast(engine.eq(labels.dimshuffle(0, "x"), engine.arange(nb_class)), resolved(dtype))


@speaking
@public
def unravel_index(indices: Any, dims: Any, order: str = "C", ndim: int | None = None) -> tuple[Node, ...]:
    """Positions along every axis, from positions in flat order.

    Args:
        indices: a tensor of integers.
        dims: the sizes of the axes.
        order: "C", the last axis fastest, or "F", the first one.
        ndim: accepted; it changes nothing.

    Returns:
        A tensor for every axis.

    Raises:
        ArgumentError: for another order.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> [part.eval().tolist() for part in T.unravel_index(T.constant([5, 1]), (2, 3))]
        [[1, 0], [2, 1]]
    """
    sizes = _in_order([*dims], order)
    found = engine.unravel_index(variable(indices), tuple(sizes))
    return tuple(_in_order([*found], order))


@speaking
@public
def ravel_multi_index(multi_index: Any, dims: Any, mode: str = "raise", order: str = "C") -> Node:
    """Positions in flat order, from positions along every axis.

    Args:
        multi_index: a tensor of integers for every axis.
        dims: the sizes of the axes.
        mode: "raise", "wrap" or "clip": what is done with positions outside.
        order: as of ``unravel_index``.

    Returns:
        A tensor.

    Raises:
        ArgumentError: for another order.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.ravel_multi_index((T.constant([1, 0]), T.constant([2, 1])), (2, 3)).eval().tolist()
        [5, 1]
    """
    listed = _in_order([variable(one) for one in multi_index], order)
    made: Node = engine.ravel_multi_index(tuple(listed), tuple(_in_order([*dims], order)), mode)
    return made


def _in_order(parts: list[Any], order: str) -> list[Any]:
    if order not in ("C", "F"):
        raise ArgumentError(f"order is 'C' or 'F', not {shown(order)}{here()}")
    return parts if order == "C" else parts[::-1]


@speaking
@public
def searchsorted(x: Any, v: Any, side: str = "left", sorter: Any = None) -> Node:
    """Positions of values in a sorted vector.

    Args:
        x: a vector in ascending order.
        v: the values.
        side: "left", before equal ones, or "right", behind them.
        sorter: the positions that sort x, if it is not sorted.

    Returns:
        A tensor of v's shape.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> int(T.searchsorted(T.constant([1.0, 2.0, 3.0]), 2.5).eval())
        2
    """
    line = variable(x)
    made: Node = engine.searchsorted(line if sorter is None else line[variable(sorter)], variable(v), side)
    return made


class Unique:
    """The elements of a vector in ascending order, each once.

    Args:
        return_index: give where each stands first, too.
        return_inverse: give which of them each element is, too.
        return_counts: give how often each occurs, too.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.extra_ops.Unique()(T.constant([3, 1, 3])).eval().tolist()
        [1, 3]
    """

    @public
    def __init__(self, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False) -> None:
        self._more = return_index, return_inverse, return_counts

    def __call__(self, x: Any) -> Any:
        made = speaking(engine.unique)(variable(x), *self._more)
        return list(made) if isinstance(made, tuple) else made


__all__ = [
    "CumOp", "Unique", "bartlett", "bincount", "compress", "cumprod", "cumsum", "diff", "fill_diagonal",
    "fill_diagonal_offset", "ravel_multi_index", "repeat", "searchsorted", "squeeze", "to_one_hot", "unravel_index",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor.extra_ops", name, __all__)

"""Functions that symdrop has too, with the arguments that Theano gave them.

Read next: nnet/__init__.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import tensor as engine
from ...binding import public
from ...errors import ArgumentError, ShapeError, here, shown
from ...graph import Node, describe
from ...op import as_node


@public
def sum(input: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, acc_dtype: Any = None) -> Node:
    """Sum over axes.

    Args:
        input: a tensor.
        axis, dtype, keepdims: as of ``sd.tensor.sum``.
        acc_dtype: dtype in which to add; by default that of the result.

    Returns:
        A tensor without those axes.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.sum(T.constant([[1, 2], [3, 4]]), axis=0).eval().tolist()
        [4, 6]
    """
    return _accumulated(engine.sum, input, axis, dtype, keepdims, acc_dtype)


@public
def prod(input: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, acc_dtype: Any = None) -> Node:
    """Product over axes.

    Args:
        input, axis, dtype, keepdims, acc_dtype: as of ``sum``.

    Returns:
        A tensor without those axes.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> int(T.prod(T.constant([2, 3])).eval())
        6
    """
    return _accumulated(engine.prod, input, axis, dtype, keepdims, acc_dtype)


@public
def mean(
    input: Any, axis: Any = None, dtype: Any = None, op: bool = False, keepdims: bool = False, acc_dtype: Any = None
) -> Node:
    """Mean over axes; float64 for integers, whatever floatX is.

    Args:
        input, axis, dtype, keepdims, acc_dtype: as of ``sum``.
        op: accepted; it changes nothing.

    Returns:
        A tensor without those axes.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.mean(T.constant([[1, 2], [3, 5]]), axis=1).eval().tolist()
        [1.5, 4.0]
    """
    return _accumulated(engine.mean, input, axis, dtype, keepdims, acc_dtype)


def _accumulated(over: Any, input: Any, axis: Any, dtype: Any, keepdims: bool, acc_dtype: Any) -> Node:
    made: Node = over(input, axis, acc_dtype if acc_dtype is not None else dtype, keepdims)
    if acc_dtype is None:
        return made
    return engine.cast(made, dtype if dtype is not None else over(input, axis, None, keepdims).dtype)


@public
def clip(x: Any, min: Any, max: Any) -> Node:
    """x limited to [min, max].

    Args:
        x: a tensor.
        min, max: the limits.

    Returns:
        A tensor of x's shape.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.clip(T.constant([-1, 5]), 0, 2).eval().tolist()
        [0, 2]
    """
    return engine.clip(x, min, max)


@public
def reshape(x: Any, newshape: Any, ndim: int | None = None) -> Node:
    """The elements of x in another shape.

    Args:
        x: a tensor.
        newshape: a size, a sequence of sizes, or an integer vector; one size may be -1.
        ndim: how many sizes the vector holds, if its length is not known.

    Returns:
        A tensor.

    Raises:
        ShapeError: if the elements do not fill the shape.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.reshape(T.constant([1, 2, 3, 4]), newshape=(2, 2)).eval().tolist()
        [[1, 2], [3, 4]]
    """
    return engine.reshape(x, newshape, ndim)


@public
def flatten(x: Any, ndim: int | None = None, outdim: int | None = None) -> Node:
    """The elements of x with the last axes joined into one.

    Args:
        x: a tensor.
        ndim: how many axes remain; by default 1.
        outdim: the same by its older name.

    Returns:
        A tensor with that many axes.

    Raises:
        ArgumentError: if both are given.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.flatten(T.tensor3("x"), outdim=2).ndim
        2
    """
    if ndim is not None and outdim is not None:
        raise ArgumentError(f"flatten: ndim={ndim} and outdim={outdim} say the same; give one{here()}")
    return engine.flatten(x, ndim or outdim or 1)


@public
def transpose(x: Any, axes: Any = None) -> Node:
    """x with its axes permuted, or reversed.

    Args:
        x: a tensor.
        axes: the axes in their new order.

    Returns:
        A tensor.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.transpose(T.row("x")).broadcastable
        (False, True)
    """
    return engine.transpose(x) if axes is None else engine.transpose(x, *axes)


@public
def stack(*tensors: Any, axis: int = 0) -> Node:
    """Tensors along a new axis.

    Args:
        *tensors: a list of tensors and perhaps the axis; or, as in old scripts, each of them.
        axis: where the new axis stands.

    Returns:
        A tensor with one axis more.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.stack([T.constant([1, 2]), T.constant([3, 4])], 1).eval().tolist()
        [[1, 3], [2, 4]]
        >>> T.stack(T.constant(1), T.constant(2)).eval().tolist()
        [1, 2]
    """
    if tensors and isinstance(tensors[0], list | tuple):
        return engine.stack(tensors[0], *(tensors[1:] or (axis,)))
    return engine.stack(list(tensors), axis)


@public
def horizontal_stack(*tensors: Any) -> Node:
    """Matrices side by side.

    Args:
        *tensors: matrices with equally many rows.

    Returns:
        A matrix.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.horizontal_stack(T.constant([[1]]), T.constant([[2]])).eval().tolist()
        [[1, 2]]
    """
    return engine.concatenate(list(tensors), 1)


@public
def vertical_stack(*tensors: Any) -> Node:
    """Matrices below each other.

    Args:
        *tensors: matrices with equally many columns.

    Returns:
        A matrix.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.vertical_stack(T.constant([[1]]), T.constant([[2]])).eval().tolist()
        [[1], [2]]
    """
    return engine.concatenate(list(tensors), 0)


@public
def unbroadcast(x: Any, *axes: int) -> Node:
    """x itself: a state whose axis may have any size takes an update whose axis has size 1.

    Args:
        x: a tensor.
        *axes: accepted; they change nothing.

    Returns:
        x.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.row("x")
        >>> T.unbroadcast(x, 0) is x
        True
    """
    return as_node(x)


@public
def patternbroadcast(x: Any, broadcastable: Sequence[bool]) -> Node:
    """x, declared to have size 1 along some axes.

    Args:
        x: a tensor.
        broadcastable: for every axis whether its size is 1; where not, nothing is changed.

    Returns:
        A tensor of x's value; what was declared is checked when running.

    Raises:
        ShapeError: if there are not as many truth values as axes, or a size is another.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.patternbroadcast(T.matrix("x"), (True, False)).broadcastable
        (True, False)
    """
    node = as_node(x)
    if len(broadcastable) != node.ndim:
        raise ShapeError(f"{len(broadcastable)} truth values do not fit the axes of {describe(node)}{here()}")
    return engine.addbroadcast(node, *(axis for axis, one in enumerate(broadcastable) if one))


@public
def round(a: Any, mode: str | None = None) -> Node:
    """a rounded to whole numbers.

    Args:
        a: a tensor.
        mode: "half_to_even" (the default), or "half_away_from_zero".

    Returns:
        A tensor of a's shape.

    Raises:
        ArgumentError: for another mode.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.constant([0.5, -2.5])
        >>> T.round(x).eval().tolist(), T.round(x, "half_away_from_zero").eval().tolist()
        ([0.0, -2.0], [1.0, -3.0])
    """
    if mode not in (None, "half_to_even", "half_away_from_zero"):
        raise ArgumentError(f"round: mode={shown(mode)} is neither 'half_to_even' nor 'half_away_from_zero'{here()}")
    node = as_node(a)
    return engine.round(node) if mode != "half_away_from_zero" else _half_away(node)


def _half_away(x: Node) -> Node:
    whole = engine.trunc(x)
    # x - trunc(x) is exact, where x + 0.5 may round up.
    return whole + engine.where(abs(x - whole) >= 0.5, engine.sgn(x), 0)


__all__ = [
    "clip", "flatten", "horizontal_stack", "mean", "patternbroadcast", "prod", "reshape", "round", "stack", "sum",
    "transpose", "unbroadcast", "vertical_stack",
]  # fmt: skip

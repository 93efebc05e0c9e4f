"""``theano.tensor.subtensor``: parts of tensors, read, replaced and added to.

Read next: extra_ops.py
"""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

import numpy as np

from ... import tensor as engine
from ...binding import public
from ...errors import ArgumentError, GraphTypeError, ShapeError, here
from ...graph import Node, describe
from ...types import is_float
from ..applications import Apply, Op
from ..dtypes import upcast, variable
from ..generic import sliced
from ..missing import missing_name
from ..part_ops import (
    AdvancedIncSubtensor,
    AdvancedIncSubtensor1,
    AdvancedSubtensor,
    AdvancedSubtensor1,
    IncSubtensor,
    Subtensor,
)
from ..variable import TensorType, speaking


@speaking
@public
def set_subtensor(x: Any, y: Any, inplace: bool = False, tolerate_inplace_aliasing: bool = False) -> Node:
    """A copy of a tensor with a part of it replaced: ``T.set_subtensor(x[2:], y)``.

    Args:
        x: the part, an index of a tensor.
        y: what stands there; it is cast to the tensor's dtype, whatever is lost by that.
        inplace, tolerate_inplace_aliasing: accepted; they change nothing.

    Returns:
        A tensor of the type of the one indexed.

    Raises:
        GraphTypeError: if x is no part of a tensor.
        ShapeError: if y does not fit.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.set_subtensor(T.constant([1, 2, 3])[1], 7.9).eval().tolist()
        [1, 7, 3]
    """
    return engine.set_subtensor(x, _fitting(x, y))


@speaking
@public
def inc_subtensor(
    x: Any,
    y: Any,
    inplace: bool = False,
    set_instead_of_inc: bool = False,
    tolerate_inplace_aliasing: bool = False,
) -> Node:
    """A copy of a tensor with something added to a part of it; places that are indexed twice get both.

    Args:
        x, y, inplace, tolerate_inplace_aliasing: as of ``set_subtensor``.
        set_instead_of_inc: replace instead of adding.

    Returns:
        A tensor of the type of the one indexed.

    Raises:
        GraphTypeError, ShapeError: as ``set_subtensor``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.inc_subtensor(T.zeros(3)[T.constant([1, 1])], 2).eval().tolist()
        [0.0, 4.0, 0.0]
    """
    return (engine.set_subtensor if set_instead_of_inc else engine.inc_subtensor)(x, _fitting(x, y))


def _fitting(part: Any, value: Any) -> Any:
    """A value in the dtype of the part of a tensor that it is written to."""
    if not isinstance(part, Node):
        return value
    node = variable(value)
    if node.ndim > part.ndim:
        raise GraphTypeError(f"{describe(node)} has more axes than {describe(part)}, where it is to be written{here()}")
    return engine.cast(node, part.dtype)


@speaking
@public
def advanced_inc_subtensor(x: Any, y: Any, *indices: Any) -> Node:
    """A copy of a tensor with y added at ``x[indices]``.

    Args:
        x: a tensor.
        y: what is added.
        *indices: one for every axis indexed.

    Returns:
        A tensor.

    Raises:
        GraphTypeError, ShapeError: as ``inc_subtensor``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.advanced_inc_subtensor(T.zeros(3), 1.0, [0, 0]).eval().tolist()
        [2.0, 0.0, 0.0]
    """
    return inc_subtensor(getitem(x, indices), y)


@speaking
@public
def take(a: Any, indices: Any, axis: int | None = None, mode: str = "raise") -> Node:
    """Elements at integer positions along an axis.

    Args:
        a: a tensor.
        indices: a tensor or list of integers.
        axis: an axis; by default a is flattened.
        mode: "raise", "wrap" or "clip": what is done with positions outside.

    Returns:
        A tensor.

    Raises:
        IndexingError: for a position outside.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.take(T.constant([5, 6, 7]), [0, 4], mode="wrap").eval().tolist()
        [5, 6]
    """
    node, places = variable(a), variable(indices)
    if mode != "raise":
        size = node.size if axis is None else node.shape[axis]
        places = engine.mod(places, size) if mode == "wrap" else engine.clip(places, 0, engine.sub(size, 1))
    return engine.take(node, places, axis)


@speaking
@public
def nonzero(a: Any, return_matrix: bool = False) -> Any:
    """The indices of the elements that are not zero.

    Args:
        a: a tensor.
        return_matrix: give them as rows of one matrix.

    Returns:
        A vector for every axis, or a matrix.

    Raises:
        ShapeError: if a has no axes.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> [part.eval().tolist() for part in T.nonzero(T.constant([[0, 3], [4, 0]]))]
        [[0, 1], [1, 0]]
    """
    node = variable(a)
    if not node.ndim:
        raise ShapeError(f"nonzero: {describe(node)} has no axes, so no positions{here()}")
    found = engine.nonzero(node)
    return engine.stack(list(found)) if return_matrix else tuple(found)


@speaking
@public
def nonzero_values(a: Any) -> Node:
    """The elements that are not zero, one after another.

    Args:
        a: a tensor.

    Returns:
        A vector.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nonzero_values(T.constant([[0, 3], [4, 0]])).eval().tolist()
        [3, 4]
    """
    flat = engine.flatten(variable(a))
    return engine.getitem(flat, engine.nonzero(flat)[0])


@speaking
@public
def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Node:
    """Of several tensors, for every element the one that an integer names.

    Args:
        a: a tensor of integers.
        choices: the tensors, in a list or along a first axis; where one has size 1 it is stretched.
        out: accepted; it changes nothing.
        mode: "raise", "wrap" or "clip": what is done with other integers.

    Returns:
        A tensor.

    Raises:
        GraphTypeError: if a is not of integers.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.choose(T.constant([0, 1]), [T.constant([1, 2]), T.constant([3, 4])]).eval().tolist()
        [1, 4]
    """
    listed = [variable(one) for one in choices] if isinstance(choices, list | tuple) else [variable(choices)]
    chosen: Node = Choose(mode, isinstance(choices, list | tuple))(variable(a), *listed)
    return chosen


@public
def flatnonzero(a: Any) -> Node:
    """The indices of the elements that are not zero, all on one axis.

    Args:
        a: a tensor.

    Returns:
        A vector.

    Raises:
        ShapeError: if a has no axes.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.flatnonzero(T.constant([[0, 3], [4, 0]])).eval().tolist()
        [1, 2]
    """
    node = variable(a)
    found: Node = nonzero(node if not node.ndim else engine.flatten(node))[0]
    return found


class Choose(Op):
    """The op that chooses, for every element, among tensors, or among the slices of one along its first axis.

    Args:
        mode: "raise", "wrap" or "clip": what is done with integers that name none.
        is_listed: whether it is called with a list of tensors, one by one.
    """

    __props__ = ("mode", "is_listed")

    @public
    def __init__(self, mode: str = "raise", is_listed: bool = False) -> None:
        self.mode: Any = mode
        self.is_listed = is_listed

    def make_node(self, *inputs: Any, **options: Any) -> Apply:
        """The application to integers and tensors."""
        places, *choices = map(variable, inputs if self.is_listed else self.taken(inputs, "places", "choices"))
        if is_float(places.dtype):
            raise GraphTypeError(f"choose takes integers, not {describe(places)}{here()}")
        if not choices or not (self.is_listed or choices[0].ndim):
            raise ShapeError(f"choose: there is no axis of choices{here()}")
        patterns = [one.broadcastable if self.is_listed else one.broadcastable[1:] for one in choices]
        stretched = [pattern[::-1] for pattern in (places.broadcastable, *patterns)]
        pattern = [all(axis) for axis in zip_longest(*stretched, fillvalue=True)][::-1]
        return Apply(self, [places, *choices], [TensorType(upcast(*(one.dtype for one in choices)), pattern)()])

    def perform(self, node: Any, inputs: Any, output_storage: Any, *params: Any) -> None:
        """The elements, by NumPy."""
        places, *choices = inputs
        try:
            output_storage[0][0] = np.choose(places, choices if self.is_listed else list(choices[0]), mode=self.mode)
        except ValueError as error:
            raise ArgumentError(f"choose: {error}") from None


@speaking
@public
def advanced_subtensor(x: Any, *indices: Any) -> Node:
    """``x[indices]``.

    Args:
        x: a tensor.
        *indices: one for every axis indexed.

    Returns:
        A tensor.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.advanced_subtensor(T.constant([5, 6, 7]), T.constant([2, 0])).eval().tolist()
        [7, 5]
    """
    return engine.getitem(variable(x), indices)


@speaking
@public
def getitem(x: Any, index: Any) -> Node:
    """``x[index]``, with Theano's meaning of ``None``.

    Where ``None`` stands in an index that names fewer axes than x has, Theano keeps none of the others, and allows that
    if each of them has size 1: ``mask[:, None]`` of a column is a column. Scripts on masks rely on it.

    Args:
        x: a tensor.
        index: an index, or a tuple of them.

    Returns:
        A tensor.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.col("mask")[:, None].ndim, T.matrix("mask")[:, None].ndim
        (2, 3)
    """
    node, index = variable(x), sliced(index)
    if isinstance(index, list) and any(isinstance(one, slice) for one in index):
        # NumPy took such a list for a tuple in Theano's time, and so did Theano.
        index = tuple(index)
    parts = index if isinstance(index, tuple) else (index,)
    left = node.ndim - sum(one is not None for one in parts)
    if left and any(one is None for one in parts) and all(_names_one_axis(one) for one in parts):
        index = (*parts, *[0] * left) if all(node.broadcastable[-left:]) else index
    return engine.getitem(node, index)


def _names_one_axis(index: Any) -> bool:
    return index is not Ellipsis and getattr(index, "dtype", None) != "bool"


advanced_subtensor1 = advanced_subtensor

__all__ = [
    "AdvancedIncSubtensor", "AdvancedIncSubtensor1", "AdvancedSubtensor", "AdvancedSubtensor1", "Choose",
    "IncSubtensor", "Subtensor",
    "advanced_inc_subtensor", "advanced_subtensor", "advanced_subtensor1", "choose", "flatnonzero", "getitem",
    "inc_subtensor", "nonzero", "nonzero_values",
    "set_subtensor", "take",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor.subtensor", name, __all__)

"""Ops of neural networks that scripts make by their classes, and numbers put in front of every row.

Read next: nnet.py
"""

from __future__ import annotations

from typing import Any

from ....binding import public
from ....graph import Node
from ....op import as_node
from ....tensor import all as all_over
from ....tensor import concatenate, zeros
from ...applications import OpObject
from ...variable import spoken
from ..opt import RefusedValue
from .costs import crossentropy_softmax_1hot_with_bias_dx, crossentropy_softmax_argmax_1hot_with_bias


def _prepended(column: Any, matrix: Any) -> Node:
    rows = as_node(matrix)
    first = zeros((rows.shape[0], 1), rows.dtype) + as_node(column)
    made: Node = spoken(concatenate([first, rows], 1))
    return made


@public
def prepend_scalar_to_each_row(val: Any, mat: Any) -> Node:
    """A matrix with a number in front of every row.

    Args:
        val: the number.
        mat: the matrix.

    Returns:
        A matrix of one more column.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nnet.prepend_scalar_to_each_row(5.0, T.constant([[1.0, 2.0]])).eval().tolist()
        [[5.0, 1.0, 2.0]]
    """
    return _prepended(val, mat)


@public
def prepend_0_to_each_row(mat: Any) -> Node:
    """A matrix with a 0 in front of every row."""
    return _prepended(0, mat)


@public
def prepend_1_to_each_row(mat: Any) -> Node:
    """A matrix with a 1 in front of every row."""
    return _prepended(1, mat)


class Prepend_scalar_constant_to_each_row(OpObject):
    """The op that puts a number in front of every row of a matrix.

    Args:
        val: the number.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nnet.Prepend_scalar_constant_to_each_row(4.0)(T.ones((1, 2))).eval().tolist()
        [[4.0, 1.0, 1.0]]
    """

    @public
    def __init__(self, val: Any = 0) -> None:
        self.val = val

    @public
    def __call__(self, mat: Any) -> Node:
        """The matrix of one more column."""
        return _prepended(self.val, mat)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Prepend_scalar_constant_to_each_row) and bool(self.val == other.val)

    __hash__ = OpObject.__hash__


class Prepend_scalar_to_each_row(OpObject):
    """The op of ``prepend_scalar_to_each_row``."""

    @public
    def __call__(self, val: Any, mat: Any) -> Node:
        """The matrix of one more column."""
        return _prepended(val, mat)


class CrossentropySoftmaxArgmax1HotWithBias(OpObject):
    """The op of ``crossentropy_softmax_argmax_1hot_with_bias``; a call refuses classes below 0."""

    @public
    def __call__(self, x: Any, b: Any, y_idx: Any) -> tuple[Node, Node, Node]:
        """Costs, probabilities and the class of the largest one of every row."""
        return crossentropy_softmax_argmax_1hot_with_bias(x, b, _classes(y_idx))


class CrossentropySoftmax1HotWithBiasDx(OpObject):
    """The op of ``crossentropy_softmax_1hot_with_bias_dx``; a call refuses classes below 0."""

    @public
    def __call__(self, dy: Any, sm: Any, y_idx: Any) -> Node:
        """The gradient by what the softmax was taken of."""
        return crossentropy_softmax_1hot_with_bias_dx(dy, sm, _classes(y_idx))


def _classes(y_idx: Any) -> Node:
    given = as_node(y_idx)
    checked: Node = RefusedValue("y_i value out of bounds: a class is below 0")(given, all_over(given >= 0))
    return checked


__all__ = [
    "CrossentropySoftmax1HotWithBiasDx", "CrossentropySoftmaxArgmax1HotWithBias", "Prepend_scalar_constant_to_each_row",
    "Prepend_scalar_to_each_row", "prepend_0_to_each_row", "prepend_1_to_each_row", "prepend_scalar_to_each_row",
]  # fmt: skip

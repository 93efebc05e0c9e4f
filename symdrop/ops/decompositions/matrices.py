"""Functions of matrices: the kind of op that takes stacks of them, and which matrix of a stack is at fault.

Read next: routines.py
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import ArgumentError, GraphTypeError, ShapeError
from ...graph import Node
from ...op import Size, Sizes, Structured, convert
from ...types import TensorType, float_dtype, merge_shapes, promote
from ..linalg import transposed

Array = np.ndarray[Any, Any]


class MatrixFunction(Structured):
    """An op on the last two axes of its operands, whose leading axes, those of stacks, are equal.

    Args:
        square: whether the first operand consists of square matrices.
    """

    def __init__(self, formula: Callable[..., Any], *, square: bool = True, **declared: Any) -> None:
        self.square = square
        super().__init__(formula, axis_params=(), **declared)

    def prepare(self, inputs: list[Node], params: Mapping[str, Any]) -> Sequence[Node]:
        dtype = float_dtype(promote(node.type for node in inputs))
        for node in inputs:
            if node.ndim < 2:
                raise GraphTypeError(f"it takes matrices, not {node.type}")
        rows, columns = inputs[0].type.shape[-2:]
        if self.square and None not in (rows, columns) and rows != columns:
            raise ShapeError(f"it takes square matrices, not of {rows} rows and {columns} columns")
        merge_leading(inputs)
        return [convert(node, dtype) for node in inputs]


def merge_leading(inputs: Sequence[Node]) -> tuple[int | None, ...]:
    """The leading sizes of operands, which are equal.

    Raises:
        ShapeError: if they are known to differ.
        GraphTypeError: if there are not equally many.
    """
    if len({node.ndim for node in inputs}) > 1:
        raise GraphTypeError(f"its operands have different numbers of axes: {', '.join(str(x.type) for x in inputs)}")
    leading = inputs[0].type.shape[:-2]
    for node in inputs[1:]:
        own = node.type.shape[:-2]
        if any(None not in pair and pair[0] != pair[1] for pair in zip(leading, own, strict=True)):
            raise ShapeError(f"its operands are stacks of {list(leading)} and {list(own)} matrices")
        leading = merge_shapes(leading, own)
    return leading


def same_type(a: Node) -> TensorType:
    """The type of what has the shape of the matrices."""
    return TensorType(a.dtype, a.type.shape)


def same_sizes(sizes: Sizes, a: Node) -> Sequence[Size | None]:
    """The sizes of what has the shape of the matrices."""
    return sizes(a)


def system_type(a: Node, b: Node) -> TensorType:
    """The type of the solution of a system of equations ``a @ x = b``.

    Raises:
        ShapeError: if sizes are known not to fit.
    """
    rows, given = a.type.shape[-1], b.type.shape[-2]
    if None not in (rows, given) and rows != given:
        raise ShapeError(f"matrices of size {rows} do not fit right sides of {given} rows")
    return TensorType(b.dtype, (*merge_leading([a, b]), given if rows is None else rows, b.type.shape[-1]))


class UndefinedError(ArgumentError, np.linalg.LinAlgError):
    """A matrix in a call for which a function is not defined; NumPy's own error, too, for whoever catches that."""


class MatrixError(np.linalg.LinAlgError):
    """A matrix that a function is not defined for, or not in real numbers; its text says so of "the matrix"."""


def one_by_one(of: Callable[..., Any], what: str, *stacks: Array) -> Any:
    """A function of every matrix of a stack, and which one it fails for.

    Args:
        of: NumPy's or SciPy's function, of stacks.
        what: what a matrix is not if it fails, where no ``MatrixError`` says so.
        stacks: its operands.

    Raises:
        UndefinedError: naming the first matrix for which it fails.
    """
    try:
        return of(*stacks)
    except np.linalg.LinAlgError as error:
        leading = stacks[0].shape[:-2]
        for index in np.ndindex(leading):
            try:
                of(*(stack[index] for stack in stacks))
            except np.linalg.LinAlgError as own:
                which = f"matrix {list(index)} of {list(leading)}" if leading else "the matrix"
                reason = own if isinstance(own, MatrixError) else f"is not {what}"
                raise UndefinedError(f"{which} {reason}") from None
        raise UndefinedError(str(error)) from None


def each(of: Callable[..., Any], *stacks: Array) -> Any:
    """A function of single matrices on all matrices of stacks, in the dtype of the first.

    Args:
        of: gives an array, or a tuple of arrays; integers keep their dtype.
        stacks: its operands, of equal leading axes.
    """
    leading = stacks[0].shape[:-2]
    # Of no matrices, or of none with elements, the shapes are those of unit matrices.
    if math.prod(leading):
        made = [of(*(stack[index] for stack in stacks)) for index in np.ndindex(leading)]
    else:
        made = [of(*(np.eye(*stack.shape[-2:], dtype=stack.dtype) for stack in stacks))]
    several = isinstance(made[0], tuple)
    parts = zip(*made, strict=True) if several else [made]
    together = tuple(_stacked(part, leading, stacks[0].dtype) for part in parts)
    return together if several else together[0]


def _stacked(parts: Sequence[Array], leading: tuple[int, ...], dtype: Any) -> Array:
    kind = parts[0].dtype if parts[0].dtype.kind in "iu" else dtype
    made = np.empty((*leading, *parts[0].shape), kind)
    for index, part in zip(np.ndindex(leading), parts, strict=False):
        made[index] = part
    return made


def mean_of_triangles(a: Array) -> Array:
    """The mean of matrices and their transposes; of symmetric ones, themselves to the last bit."""
    made: Array = a + a.swapaxes(-1, -2)
    made *= 0.5
    return made


def of_dtype(a: Array, dtype: str) -> Array:
    """Matrices in a dtype; other than floats diagonal ones, regular, definite, and of different eigenvalues."""
    if dtype[0] == "f":
        return a.astype(dtype)
    diagonal = np.eye(*a.shape[-2:]) * np.arange(2, a.shape[-1] + 2)
    return np.broadcast_to(diagonal, a.shape).astype(dtype)


def symmetrised(x: Node) -> Node:
    """The mean of matrices and their transposes."""
    return (x + transposed(x)) * 0.5

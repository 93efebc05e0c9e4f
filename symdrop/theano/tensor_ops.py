"""Theano's classes of the ops that make tensors and put elements elsewhere: ``T.Dot``, ``T.DimShuffle`` and others.

Read next: part_ops.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..binding import public
from ..errors import GraphTypeError, here
from ..graph import Node
from ..op import as_node
from .engine_ops import CalledOp
from .methods import operators
from .settings import resolved


class DimShuffle(CalledOp):
    """An op that rearranges axes; ``new_order`` has their numbers, and "x" for new ones.

    Args:
        input_broadcastable: for every axis of the input whether its size is 1.
        new_order: the axes of the output.
        inplace: accepted; it changes nothing.
    """

    @public
    def __init__(self, input_broadcastable: Sequence[bool], new_order: Sequence[Any], inplace: bool = True) -> None:
        super().__init__()
        self._order(tuple(input_broadcastable), tuple(new_order))

    def read(self, node: Node) -> None:
        """Take the order of the axes."""
        source = node.inputs[0]
        new = ("x",) * (node.ndim - source.ndim)
        self._order(source.broadcastable, tuple(node.params.get("pattern", (*new, *range(source.ndim)))))

    def _order(self, input_broadcastable: tuple[bool, ...], new_order: tuple[Any, ...]) -> None:
        self.input_broadcastable, self.new_order = input_broadcastable, new_order
        self.shuffle = [axis for axis in new_order if axis != "x"]
        self.drop = [axis for axis in range(len(input_broadcastable)) if axis not in self.shuffle]
        self.augment = [axis for axis, old in enumerate(new_order) if old == "x"]

    def compute(self, *inputs: Any) -> Any:
        """The input with its axes in the new order."""
        node = as_node(self.taken(inputs, "a tensor")[0])
        if node.ndim != len(self.input_broadcastable):
            axes = f"{len(self.input_broadcastable)} axes, not {node.ndim}"
            raise GraphTypeError(f"the op {self} is made for {axes}{here()}")
        return operators["dimshuffle"](node, *self.new_order)

    def __str__(self) -> str:
        return f"InplaceDimShuffle{{{','.join(map(str, self.new_order))}}}"


class Reshape(CalledOp):
    """An op that puts the elements into another shape, of ``ndim`` axes.

    Args:
        ndim: the number of axes.
        name: accepted; it changes nothing.
    """

    @public
    def __init__(self, ndim: int, name: str | None = None) -> None:
        super().__init__()
        self.ndim = ndim

    def read(self, node: Node) -> None:
        """Take the number of axes."""
        self.ndim = node.ndim

    def compute(self, *inputs: Any) -> Any:
        """The tensor in the shape."""
        tensor, shape = self.taken(inputs, "a tensor", "a shape")
        return operators["reshape"](tensor, shape, ndim=self.ndim)

    def __str__(self) -> str:
        return f"Reshape{{{self.ndim}}}"


class Dot(CalledOp):
    """A product of matrices or vectors."""

    function = "dot"

    def compute(self, *inputs: Any) -> Any:
        """The product of two, each a matrix or a vector."""
        nodes = [as_node(one) for one in self.taken(inputs, "a tensor", "another")]
        for k, node in enumerate(nodes):
            if node.ndim not in (1, 2):
                raise GraphTypeError(
                    f"the op dot: input {k} has {node.ndim} axes, not 1 or 2; T.dot takes any number{here()}"
                )
        return super().compute(*nodes)

    def __str__(self) -> str:
        return "dot"


class BatchedDot(CalledOp):
    """Products of matrices, one for each example."""

    function = "batched_dot"


class Join(CalledOp):
    """Tensors one after the other along an axis, which is the first input.

    Args:
        view: accepted; it changes nothing.
    """

    function = "join"

    @public
    def __init__(self, view: int = -1) -> None:
        super().__init__()


class Split(CalledOp):
    """A tensor in parts along an axis: called with the tensor, the axis and the sizes.

    Args:
        len_splits: the number of parts.
    """

    @public
    def __init__(self, len_splits: int) -> None:
        super().__init__()
        self.len_splits = len_splits

    def read(self, node: Node) -> None:
        """Take the number of parts."""
        self.len_splits = len(node.items or ())

    def compute(self, *inputs: Any) -> Any:
        """The parts."""
        x, axis, sizes = self.taken(inputs, "a tensor", "an axis", "sizes")
        return operators["split"](x, sizes, self.len_splits, axis)

    def __str__(self) -> str:
        return f"Split{{{self.len_splits}}}"


class Alloc(CalledOp):
    """A value stretched to a shape."""

    function = "alloc"


class ARange(CalledOp):
    """Numbers one after the other.

    Args:
        dtype: their dtype.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.ARange("int32"), T.ARange("int32")(0, 5, 2).eval().tolist()
        (ARange{dtype='int32'}, [0, 2, 4])
    """

    @public
    def __init__(self, dtype: Any) -> None:
        super().__init__()
        self.dtype = str(np.dtype(resolved(dtype)))

    def read(self, node: Node) -> None:
        """Take the dtype."""
        self.dtype = node.dtype

    def compute(self, *inputs: Any) -> Any:
        """The numbers."""
        return operators["arange"](*self.taken(inputs, "a start", "a stop", "a step"), dtype=self.dtype)

    def __str__(self) -> str:
        return f"ARange{{dtype={self.dtype!r}}}"


class Shape_i(CalledOp):
    """The size of axis ``i``.

    Args:
        i: the axis.
    """

    @public
    def __init__(self, i: int) -> None:
        super().__init__()
        self.i = i

    def read(self, node: Node) -> None:
        """Take the axis."""
        self.i = node.params["axis"]

    def compute(self, *inputs: Any) -> Any:
        """The size."""
        return operators["as_tensor_variable"](as_node(self.taken(inputs, "a tensor")[0]).shape[self.i])

    def __str__(self) -> str:
        return f"Shape_i{{{self.i}}}"


class SpecifyShape(CalledOp):
    """A tensor whose shape is declared."""

    function = "specify_shape"

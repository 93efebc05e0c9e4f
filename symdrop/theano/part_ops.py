"""Theano's classes of the ops of parts and orders of tensors, of rows, of loops and of draws.

Read next: op_names.py
"""

from __future__ import annotations

from typing import Any

from ..binding import public
from ..errors import ArgumentError, here, shown
from ..graph import Node, substitute
from ..op import as_node
from .engine_ops import CalledOp, EngineOp
from .methods import operators


class Subtensor(EngineOp):
    """Elements at numbers and slices."""


class AdvancedSubtensor1(CalledOp):
    """Rows at a vector of numbers."""

    def compute(self, *inputs: Any) -> Any:
        """The rows."""
        tensor, rows = self.taken(inputs, "a tensor", "numbers of rows")
        return as_node(tensor)[as_node(rows)]


class AdvancedSubtensor(EngineOp):
    """Elements at arrays of numbers."""


class IncSubtensor(EngineOp):
    """A tensor of which a part at numbers and slices is set or increased; ``set_instead_of_inc`` says which."""

    inplace = False

    def read(self, node: Node) -> None:
        """Take whether it sets."""
        self.set_instead_of_inc = "set" in node.op.name


class AdvancedIncSubtensor1(IncSubtensor):
    """A tensor of which rows at a vector of numbers are set or increased."""


class AdvancedIncSubtensor(IncSubtensor):
    """A tensor of which elements at arrays of numbers are set or increased."""


class SortOp(CalledOp):
    """The elements in order along an axis, which is the second input.

    Args:
        kind: accepted; equal elements keep their order.
        order: accepted; it changes nothing.

    Example:
        >>> from symdrop.theano.tensor.sort import SortOp
        >>> SortOp("mergesort")([[3, 1], [2, 5]], 0).eval().tolist()
        [[2, 1], [3, 5]]
    """

    function = "sort"

    @public
    def __init__(self, kind: str, order: Any = None) -> None:
        super().__init__()
        self.kind, self.order = kind, order

    def read(self, node: Node) -> None:
        """Take the kind that ``T.sort`` has by default."""
        self.kind, self.order = "quicksort", None

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{self.kind}, {self.order}}}"


class ArgSortOp(SortOp):
    """The places of the elements in order along an axis, which is the second input.

    Args:
        kind, order: as of ``SortOp``.
    """

    function = "argsort"


class CumOp(CalledOp):
    """Running sums or products.

    Args:
        axis: the axis, or None for all elements one after the other.
        mode: "add" or "mul".
    """

    @public
    def __init__(self, axis: int | None = None, mode: str = "add") -> None:
        if mode not in ("add", "mul"):
            raise ArgumentError(f"CumOp(mode={shown(mode)}): expected 'add' or 'mul'{here()}")
        super().__init__()
        self.axis, self.mode = axis, mode
        self.function = "cumsum" if mode == "add" else "cumprod"

    def read(self, node: Node) -> None:
        """Take the axis."""
        self.axis, self.mode = node.params["axis"], "add"

    def compute(self, *inputs: Any) -> Any:
        """The running values."""
        return operators[self.function](as_node(self.taken(inputs, "a tensor")[0]), self.axis)

    def __str__(self) -> str:
        return f"CumOp{{{self.axis}, {self.mode}}}"


class ExtractDiag(EngineOp):
    """A diagonal."""


class Nonzero(EngineOp):
    """The places of elements that are not zero."""


class Softmax(CalledOp):
    """The softmax of every row."""

    function = "softmax"


class LogSoftmax(CalledOp):
    """Its logarithm."""

    function = "logsoftmax"


class AbstractConv2d(EngineOp):
    """A convolution."""


class Scan(EngineOp):
    """A loop; ``inputs`` and ``outputs`` are the variables of its step, a copy of it for each loop."""

    def read(self, node: Node) -> None:
        """Take the step."""
        body, made = node.params["body"], node.results
        # The step's inputs are the engine's: as Theano's they have tags, and what is computed from them has.
        copies = {old: made(old.op, (), old.type, None, old.name, old.lines) for old in body.inputs}
        self.inputs, self.outputs = [*copies.values()], substitute(list(body.outputs), copies)

    def __str__(self) -> str:
        return "for{cpu,scan_fn}"


class IfElse(EngineOp):
    """A choice of which only the chosen branch is computed."""

    def __str__(self) -> str:
        return "if{}"


class RandomFunction(EngineOp):
    """A draw."""

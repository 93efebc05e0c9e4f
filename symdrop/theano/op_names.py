"""Theano's names of the ops that the engine has, for scripts that ask ``isinstance(x.owner.op, T.Dot)``.

The table leads from the name of an op of the engine to Theano's class. What is not in it is an ``EngineOp``.

Read next: shapes.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..graph import Node
from .element_ops import All, Any_, CAReduce, Elemwise, MaxAndArgmax, Prod, Sum
from .engine_ops import EngineOp
from .part_ops import (
    AbstractConv2d,
    AdvancedIncSubtensor,
    AdvancedIncSubtensor1,
    AdvancedSubtensor,
    AdvancedSubtensor1,
    ArgSortOp,
    CumOp,
    ExtractDiag,
    IfElse,
    IncSubtensor,
    LogSoftmax,
    Nonzero,
    RandomFunction,
    Scan,
    Softmax,
    SortOp,
    Subtensor,
)
from .python_ops import PythonOp
from .tensor_ops import (
    Alloc,
    ARange,
    BatchedDot,
    DimShuffle,
    Dot,
    Join,
    Reshape,
    Shape_i,
    SpecifyShape,
    Split,
)

# Ops of the engine by name, and the classes that Theano gave them.
CLASSES: dict[str, type[EngineOp]] = {
    "affine_view": DimShuffle, "all": All, "any": Any_, "arange": ARange, "argmax": MaxAndArgmax,
    "argsort": ArgSortOp, "bernoulli": RandomFunction, "concatenate": Join, "convolution": AbstractConv2d,
    "cumsum": CumOp, "diagonal": ExtractDiag, "dim": Shape_i, "dimshuffle": DimShuffle, "ifelse": IfElse,
    "integers": RandomFunction, "log_softmax": LogSoftmax, "max": MaxAndArgmax, "min": CAReduce, "nonzero": Nonzero,
    "prod": Prod, "reshape": Reshape, "scan": Scan, "softmax": Softmax, "sort": SortOp, "specify_shape": SpecifyShape,
    "split": Split, "standard_normal": RandomFunction, "subtensor": Subtensor, "sum": Sum, "uniform": RandomFunction,
}  # fmt: skip
# The same where the class depends on the node.
CHOSEN: dict[str, Callable[[Node], type[EngineOp]]] = {
    "broadcast": lambda node: Alloc if node.inputs[0].is_leaf and not node.inputs[0].ndim else DimShuffle,
    "gather": lambda node: AdvancedSubtensor1 if _is_rows(node) else AdvancedSubtensor,
    "inc_subtensor": lambda node: _written(node),
    "set_subtensor": lambda node: _written(node),
    "matmul": lambda node: Dot if node.ndim < 3 else BatchedDot,
}


def _entries(node: Node) -> tuple[str, ...]:
    found: tuple[str, ...] = tuple(node.params.get("entries", ()))
    return found


def _is_rows(node: Node) -> bool:
    """True if a vector of numbers chooses along the first axis, and nothing else is chosen."""
    entries = _entries(node)
    return entries[:1] == ("a",) and node.inputs[-1].ndim == 1 and "a" not in entries[1:]


def _written(node: Node) -> type[IncSubtensor]:
    if "a" not in _entries(node):
        return IncSubtensor
    return AdvancedIncSubtensor1 if _is_rows(node) else AdvancedIncSubtensor


def class_of(node: Node) -> type[EngineOp]:
    """Theano's class of the op that a computed node of the engine applies."""
    name = node.op.name
    kind = CHOSEN[name](node) if name in CHOSEN else CLASSES.get(name)
    return kind or (Elemwise if node.op.kind == "elementwise" else EngineOp)


def op_of(node: Node) -> tuple[Any, Sequence[Node]]:
    """The op that a node of the engine applies as Theano would call it, and the inputs it would have."""
    op = node.op
    if isinstance(op, PythonOp):
        return op.defined, node.inputs
    made = class_of(node).view(node)
    # The sizes to which an operand is stretched are no inputs of Theano's.
    return made, node.inputs[:1] if isinstance(made, DimShuffle) else node.inputs

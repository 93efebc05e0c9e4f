"""The kinds of op, the registry of ops, and evaluation.

Read next: base.py
"""

from .base import ZERO, Batched, BatchedResult, Cotangent, Op, Size, Sizes, Zero, as_node, lookup, ops_of_kind, registry
from .elementwise import Elementwise, convert, elementwise, give_way, stretch
from .evaluate import check_same_shape, evaluate, evaluate_node, explain, leaf_value, raise_shapes_differ
from .leaves import (
    CONSTANT,
    FLAG,
    INPUT,
    SHARED,
    Constant,
    Flag,
    constant,
    constant_scalar,
    flag,
    refuse_python_bool,
)
from .shaped import (
    Control,
    Draw,
    Reduction,
    Structured,
    View,
    as_size,
    bodies,
    checked_shape,
    control,
    draw,
    reduction,
    renamed,
    structured,
    view,
    with_bodies,
)
from .sizes import LONGEST, KnownSizes, size_outside
from .states import Container, SharedVariable, shared
from .verify import Verifier, check_replacement

__all__ = [
    "CONSTANT", "FLAG", "INPUT", "LONGEST", "SHARED", "ZERO", "Batched", "BatchedResult",
    "Constant", "Container", "Control", "Cotangent", "Draw",
    "Elementwise", "Flag", "KnownSizes", "Op", "Reduction", "SharedVariable", "Size", "Sizes", "Structured",
    "Verifier", "View", "Zero", "as_node", "as_size", "bodies",
    "check_replacement", "check_same_shape", "checked_shape", "constant", "constant_scalar", "control", "convert",
    "draw", "elementwise", "evaluate", "evaluate_node", "explain", "flag", "give_way", "leaf_value", "lookup",
    "ops_of_kind", "raise_shapes_differ", "reduction", "refuse_python_bool",
    "registry", "renamed", "shared", "size_outside", "stretch", "structured", "view", "with_bodies",
]  # fmt: skip

"""The kinds of op, the registry of ops, and evaluation.

Read next: notation.py
"""

from .affine import Affine, ReadMap, read_map
from .base import (
    Batched,
    BatchedResult,
    Op,
    Size,
    Sizes,
    as_node,
    lookup,
    ops_of_kind,
    registry,
)
from .contractions import Contraction
from .cotangent import ZERO, Cotangent, Cotangents, Zero
from .counts import elements_read, operations
from .elementwise import Elementwise, convert, elementwise, give_way, stretch
from .evaluate import STRETCHING, check_same_shape, evaluate, evaluate_node, explain, leaf_value, raise_shapes_differ
from .guards import Guard, equal
from .index_maps import (
    ArrayIndices,
    IndexSpace,
    InOrder,
    Owner,
    check_indexing_map,
    map_owner,
    read_elements,
    read_index,
)
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
from .notation import ATOM, COMPARISON, POWER, PRODUCT, SUM, TEXT, Form, Style, Text, item_text
from .shaped import (
    Choice,
    Control,
    Draw,
    Reduction,
    SizeOf,
    Structured,
    View,
    as_size,
    bodies,
    captures_from,
    checked_shape,
    choice,
    control,
    draw,
    is_choice,
    is_dim,
    is_item,
    reduction,
    renamed,
    sequences_of,
    structured,
    view,
    with_bodies,
)
from .sizes import LONGEST, KnownSizes, size_outside
from .states import Container, SharedVariable, shared
from .values import members
from .verify import Verifier, check_replacement

__all__ = [
    "ATOM", "COMPARISON", "CONSTANT", "FLAG", "INPUT", "LONGEST", "POWER", "PRODUCT", "SHARED", "STRETCHING", "SUM",
    "TEXT", "ZERO", "Affine", "ArrayIndices", "Batched", "BatchedResult", "Choice", "Constant", "Container",
    "Contraction", "Control", "Cotangent", "Cotangents", "Draw", "Elementwise", "Flag", "Form", "Guard", "InOrder",
    "IndexSpace", "KnownSizes", "Op", "Owner", "ReadMap", "Reduction", "SharedVariable", "Size", "SizeOf", "Sizes",
    "Structured", "Style", "Text", "Verifier", "View", "Zero", "as_node", "as_size", "bodies", "captures_from",
    "check_indexing_map", "check_replacement", "check_same_shape", "checked_shape", "choice", "constant",
    "constant_scalar", "control", "convert", "draw", "elements_read", "elementwise", "equal", "evaluate",
    "evaluate_node", "explain", "flag", "give_way", "is_choice", "is_dim", "is_item", "item_text", "leaf_value",
    "lookup", "map_owner", "members", "operations", "ops_of_kind", "raise_shapes_differ", "read_elements",
    "read_index", "read_map", "reduction", "refuse_python_bool", "registry", "renamed", "sequences_of", "shared",
    "size_outside", "stretch", "structured", "view", "with_bodies",
]  # fmt: skip

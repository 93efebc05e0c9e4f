"""Legality: the nodes that can be lowered, and the sizes that are known before anything is computed.

An op is legal by its kind (elementwise, draw, reduction, product, view), by a lowering of its own, or not at all;
a loop or a branch is legal if every node of its bodies is.

Read next: segments.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ...graph import Graph, Node, toposort
from ...op import (
    Draw,
    Elementwise,
    KnownSizes,
    Op,
    Reduction,
    Size,
    bodies,
    constant_scalar,
    is_dim,
    is_item,
    map_owner,
    read_map,
    size_outside,
)
from ...op.bounds import may_read_anywhere
from ...ops.branches import branch
from ...ops.cumulative import PrefixScan
from ...ops.indexing import indexed_sizes
from ...ops.join import Concatenate
from ...ops.linalg import MatrixProduct
from ...ops.logic import cast
from ...ops.scan import loop_of, scan
from ...ops.scatter import Scatter
from ..ir.product_types import PRODUCT_SUFFIXES
from ..ir.vector_ir import INDEX, IRBuilder
from ..vectorize.elemental import lowering
from ..vectorize.reductions import Accumulator
from ..vectorize.vector_maths import Unlowered, VectorMaths

# Ops that hold graphs, and have a lowering.
_CONTROL = frozenset((scan, branch))


def is_control(node: Node) -> bool:
    """True if a node is a loop or a branch that has a lowering."""
    return node.op in _CONTROL


def is_of_control(node: Node) -> bool:
    """True if a node is one of the values of a loop or a branch."""
    return is_item(node) and is_control(node.inputs[0])


# Whether a formula can be lowered depends on the op, its dtypes and its parameters; remembered for the process.
_tried: dict[Any, bool] = {}


def formula_lowers(node: Node, operands: Sequence[Any], words: str) -> bool:
    """True if a formula finds everything it asks for in the vector IR."""
    params = str(node.params) if node.params else ""
    key = node.op, tuple([(x.dtype, constant_scalar(x)) for x in operands]), words, node.dtype, params
    if key not in _tried:
        builder = IRBuilder(VectorMaths, 2)
        zero = builder.constant(0, INDEX)
        builder.maths.type = node.dtype
        arguments = []
        for i, source in enumerate(operands):
            scalar = constant_scalar(source)
            loaded = builder.load(f"operand {i}", zero, source.dtype, 2)
            arguments.append(loaded if scalar is None else builder.constant(scalar, source.dtype))
        if words:
            arguments.insert(0, builder.load("words", zero, words, 2))
        try:
            node.op.follow(node, builder.maths, arguments)
            _tried[key] = True
        except Unlowered:
            _tried[key] = False
    return _tried[key]


def lowers(node: Node, sizes: GivenSizes) -> bool:
    """True if a node can be part of a native segment, if what it is computed from can."""
    if node.is_leaf:
        return True
    if isinstance(node.op, Op) and node.op.map_rule is not None and node.items is not None:
        # Nothing is computed until one of its items is read.
        return all(map(sizes.is_given, (*sizes(node.inputs[0]), *node.inputs[1:])))
    if is_control(node):
        return _control_lowers(node, sizes)
    if is_of_control(node):
        # Asked again for every value, branches in branches would be asked as often as the product of their values.
        return True
    if node.items is not None or not all(_is_given_before(size, node, sizes) for size in sizes(node)):
        return False
    for kind, is_legal in _KINDS:
        if isinstance(node.op, kind):
            return is_legal(node, sizes)
    return _structured_lowers(node, sizes)


def _elementwise_lowers(node: Node, sizes: GivenSizes) -> bool:
    halves = "float16" in (node.dtype, *(source.dtype for source in node.inputs))
    if halves and not (node.op is cast and {node.dtype, node.inputs[0].dtype} <= {"float16", "float32"}):
        return False
    return formula_lowers(node, node.inputs, "")


def _draw_lowers(node: Node, sizes: GivenSizes) -> bool:
    assert isinstance(node.op, Draw)
    return formula_lowers(node, node.inputs[2 + node.params["ndim"] :], f"uint{node.op.bits[node.dtype]}")


def product_types(graph: Graph) -> list[str]:
    """The types, by their suffixes, that matrix products of a graph have, bodies of its loops and branches included."""
    found: set[str] = set()
    waiting = [graph]
    for one in waiting:
        nodes = one.nodes()
        found |= {node.dtype for node in nodes if isinstance(node.op, MatrixProduct)} & PRODUCT_SUFFIXES.keys()
        waiting += (body for node in nodes for body in bodies(node).values())
    return sorted({PRODUCT_SUFFIXES[dtype] for dtype in found})


def _product_lowers(node: Node, sizes: GivenSizes) -> bool:
    return node.dtype in PRODUCT_SUFFIXES


def _joined_lowers(node: Node, sizes: GivenSizes) -> bool:
    return node.dtype != "float16"


def _structured_lowers(node: Node, sizes: GivenSizes) -> bool:
    """True if a node has a lowering rule, or an indexing map; what is still composed could not be decomposed."""
    if isinstance(node.op, Op) and node.op.composed:
        return False
    own = lowering(node)
    if own is not None:
        return own.lowers(node)
    owner = map_owner(node)
    if owner is None or not sizes.are_given(owner.source):
        return False
    return read_map(owner, node, sizes) is not None and not may_read_anywhere(node, owner, sizes)


def _control_lowers(node: Node, sizes: GivenSizes) -> bool:
    """True if the graphs that a loop or a branch holds can be lowered, with sizes known before they run."""
    several: Sequence[Any] = sizes(node)
    if any(size is None or not sizes.is_given(size) for own in several for size in own):
        return False
    if not all(sizes.are_given(source) for source in node.inputs):
        return False
    loop = loop_of(node)
    if loop is not None:
        return _body_lowers(loop.body, loop.outside, sizes)

    def outside(size: Size, body: Graph) -> Size | None:
        return size_outside(size, dict(zip(body.inputs, node.inputs[1:], strict=True)), body.inputs)

    return all(_body_lowers(body, partial(outside, body=body), sizes) for body in bodies(node).values())


def _body_lowers(body: Graph, outside: Callable[[Size], Size | None], sizes: GivenSizes) -> bool:
    inside = sizes.inside(body)
    for inner in body.nodes():
        if not lowers(inner, inside):
            return False
        if inner.items is None:
            around = [outside(size) for size in inside(inner)]
            if any(size is None or not sizes.is_given(size) for size in around):
                return False
    return True


def _reduction_lowers(node: Node, sizes: GivenSizes) -> bool:
    source = node.inputs[0]
    assert isinstance(node.op, Reduction)
    if node.op.combine is None or not node.params["axis"]:
        return False
    try:
        Accumulator(IRBuilder(VectorMaths, 1), node.op.combine, source.dtype, node.dtype)
    except Unlowered:
        return False
    return True


def _scatter_lowers(node: Node, sizes: GivenSizes) -> bool:
    """True if the part of a value that is set or added to has sizes known before anything is computed."""
    target, value, *parts = node.inputs
    entries = node.params["entries"]
    if (
        "float16" in (node.dtype, value.dtype)
        or any(part.dtype == "bool" for part in parts)
        or not node.ndim
        or 0 in node.type.shape
    ):
        return False
    return all(
        size is not None and sizes.is_given(size) for size in indexed_sizes(entries, parts, sizes(target), sizes)
    )


_KINDS: Sequence[tuple[type, Callable[[Node, GivenSizes], bool]]] = (
    (Elementwise, _elementwise_lowers),
    (Draw, _draw_lowers),
    (Reduction, _reduction_lowers),
    (MatrixProduct, _product_lowers),
    (Concatenate, _joined_lowers),
    (PrefixScan, _joined_lowers),
    (Scatter, _scatter_lowers),
)


def _is_given_before(size: Size, node: Node, sizes: GivenSizes) -> bool:
    """True if a size of a node is given, and not data-dependent, so that only computing the node tells it."""
    return sizes.is_given(size) and not (is_dim(size) and size.inputs[0] is node)


class GivenSizes(KnownSizes):
    """Known sizes, and a test if they follow from those of inputs and from single numbers given."""

    def __init__(self) -> None:
        super().__init__()
        self._given: dict[Node, bool] = {}

    def are_given(self, node: Node) -> bool:
        """True if all sizes of a node are given."""
        return all(map(self.is_given, self(node)))

    def is_given(self, size: Size) -> bool:
        """True if a size is given."""
        if not isinstance(size, Node):
            return True
        known = self._given.get(size)
        if known is None:
            for part in toposort([size], stop=self._is_end):
                if part not in self._given:
                    self._given[part] = self._follows(part)
            known = self._given[size]
        return known

    def _is_end(self, node: Node) -> bool:
        return node in self._given or not isinstance(node.op, Elementwise)

    def _follows(self, node: Node) -> bool:
        if not isinstance(node.op, Elementwise):
            return is_dim(node) or (node.is_leaf and not node.ndim)
        known = all(self._given[source] for source in node.inputs)
        return known and not node.ndim and formula_lowers(node, node.inputs, "")

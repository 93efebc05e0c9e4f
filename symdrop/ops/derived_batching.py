"""Derived batching rules: what follows from the axes an op goes along, from its indexing map, or from its formula.

* An op that goes along the axes that a parameter numbers, whatever other axes there are, is the same op with larger
  numbers (``axis_params``).
* An op with an indexing map reads ``(b, *index)`` for example ``b`` (vectorized.py).
* An op whose formula is composed of ops is these, one by one.

An op declares a rule of its own (``@op.batching``) where it knows a shorter way.

Read next: batched_indexing.py
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import RLock
from typing import Any

from ..graph import Node, toposort
from ..op import Batched, BatchedResult, Contraction, KnownSizes, Op, Size, View, as_node, is_dim, map_owner
from ..threads import once_per_key
from .composed import composition
from .join import item
from .vectorized import Vectorize, Vectorized, VectorizedContraction, VectorizedView
from .views import stacked


def derived_batching(node: Node, rows: Node, operands: Sequence[Batched], vectorize: Vectorize) -> BatchedResult:
    """The values of a node for all examples, as far as its op declares something that they follow from; None if not.

    Args:
        node: the node for one example.
        rows: the number of examples.
        operands: its inputs.
        vectorize: gives the values of other nodes for all examples.
    """
    op = node.op
    assert isinstance(op, Op)
    if op.axis_params is not None:
        return _later_axes(node, rows, operands, op.axis_params)
    made = _mapped(node, operands, vectorize)
    return _composed(node, rows, operands, vectorize) if made is None else made


def _later_axes(node: Node, rows: Node, operands: Sequence[Batched], names: Sequence[str]) -> BatchedResult:
    """The op along axes that come one later; sizes are those of every example."""
    sizes = range(len(operands))[getattr(node.op, "size_inputs", slice(0))]
    if any(operands[k].batched for k in sizes):
        return None
    # A number that all share stretches by itself.
    alone = [k in sizes or (not x.batched and x.value.ndim < _ndim(node)) for k, x in enumerate(operands)]
    values = [x.value if as_it_is else stacked(x, rows) for x, as_it_is in zip(operands, alone, strict=True)]
    made = Node.apply(node.op, values, {**node.params, **{name: _later(node.params[name]) for name in names}})
    if node.items is None:
        return made
    return [Batched(item(made, index=k), True) for k in range(len(node.items))]


def _ndim(node: Node) -> int:
    return 0 if node.items is not None else node.ndim


def _later(axes: Any) -> Any:
    """Axes counted from the front, of one axis more; one counted from the end, or none, is the same."""
    if axes is None or isinstance(axes, int):
        return axes if axes is None or axes < 0 else axes + 1
    return tuple(map(_later, axes))


def _mapped(node: Node, operands: Sequence[Batched], vectorize: Vectorize) -> Node | None:
    """The vectorized op, where examples have values of one shape, which follows from their operands' shapes."""
    if node.items is not None or not _has_map(node) or not _has_one_shape(node, operands):
        return None
    batched = tuple(operand.batched for operand in operands)
    inner = node.params.get("batched", ()) if isinstance(node.op, Vectorized) else ()
    assert isinstance(node.op, Op)
    op = node.op if isinstance(node.op, Vectorized) else vectorized(node.op, vectorize)
    made: Node = Node.apply(op, [x.value for x in operands], {**node.params, "batched": (batched, *inner)})
    return made


def _composed(node: Node, rows: Node, operands: Sequence[Batched], vectorize: Vectorize) -> Node | None:
    """The ops that an op's formula is composed of, for all examples."""
    assert isinstance(node.op, Op)
    made = composition(node) if node.op.composed and node.items is None else None
    if made is None:
        return None
    leaves = dict(zip(node.inputs, operands, strict=True))
    return stacked(vectorize([made], rows, leaves)[made], rows)


def _has_map(node: Node) -> bool:
    if isinstance(node.op, Contraction):
        return node.op.maps_rule is not None and node.op.added is None
    return map_owner(node) is not None


def _has_one_shape(node: Node, operands: Sequence[Batched]) -> bool:
    """True if the sizes of a node's value follow from the sizes of what differs from example to example."""
    sizes: Sequence[Size | None] = node.op.output_sizes(node, KnownSizes())
    varying = {source for source, operand in zip(node.inputs, operands, strict=True) if operand.batched}
    for known, size in zip(node.type.shape, sizes, strict=True):
        if known is not None:
            continue
        if size is None or not varying.isdisjoint(toposort([as_node(size)], stop=is_dim)):
            return False
    return True


@once_per_key(RLock())
def vectorized(op: Op, vectorize: Vectorize) -> Vectorized:
    """The op on all examples that is derived from an op's indexing map; one for each op, so that equal nodes merge."""
    if isinstance(op, Contraction):
        return VectorizedContraction(op, vectorize, _again)
    return (VectorizedView if isinstance(op, View) else Vectorized)(op, vectorize, _again)


def _again(op: Op, vectorize: Vectorize) -> Vectorized:
    """The derived op where it was pickled."""
    return vectorized(op, vectorize)

"""One node of a loop's body for all steps at once: a value per step becomes a row per step.

A product per step becomes one product; everything elementwise gets a leading axis. What
has no entry in the table, draws among it, stays in the loop.

Read next: ranges.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ..graph import Node, unstretched
from ..op import Constant, as_node, constant_scalar, convert, lookup
from ..ops.indexing import axes_of, place
from ..ops.linalg import matmul, transposed
from ..ops.views import broadcast, dimshuffle, reshape
from ..types import is_float


class Operand(NamedTuple):
    """An input of a node in the body, seen from outside.

    Attributes:
        value: the same in every step; or, where it changes, the values of all steps along a leading axis.
        changes: whether it changes.
    """

    value: Node
    changes: bool


# The node, its inputs, the number of rows, and its sizes where they are known outside.
EachStep = Callable[[Node, Sequence[Operand], Node, Sequence[Node] | None], Node | None]


def each_step(node: Node, operands: Sequence[Operand], rows: Node, sizes: Sequence[Node] | None) -> Node | None:
    """A node's values of all steps along a leading axis, or None if there is no way known.

    Args:
        node: a node of the body that ``has_rule``.
        operands: its inputs, of which some change.
        rows: the number of steps.
        sizes: the sizes of the node outside, None if they are not known there.
    """
    return _rule(node)(node, operands, rows, sizes)


def has_rule(node: Node) -> bool:
    """Whether the table has an entry for a node."""
    return node.op.name in _BY_NAME or node.op.kind in _BY_KIND


def _rule(node: Node) -> EachStep:
    return _BY_NAME[node.op.name] if node.op.name in _BY_NAME else _BY_KIND[node.op.kind]


def _elementwise(node: Node, operands: Sequence[Operand], rows: Node, sizes: Sequence[Node] | None) -> Node | None:
    return Node.apply(node.op, [one.value if one.changes else _beside(one.value) for one in operands], node.params)


def _beside(fixed: Node) -> Node:
    """What does not change, to stand beside what has a leading axis: stretching adds the axis."""
    return fixed if constant_scalar(fixed) is not None else unstretched(fixed)


def _broadcast(node: Node, operands: Sequence[Operand], rows: Node, sizes: Sequence[Node] | None) -> Node | None:
    (x, _), *given = operands
    if any(size.changes for size in given):
        return None
    missing = node.ndim - (x.ndim - 1)
    if missing:
        x = dimshuffle(x, pattern=(0, *("x",) * missing, *range(1, x.ndim)))
    axes = tuple(axis + 1 for axis in node.params["axes"])
    made: Node = broadcast(x, *(size.value for size in given), axes=axes, ndim=node.ndim + 1)
    return made


def _dimshuffle(node: Node, operands: Sequence[Operand], rows: Node, sizes: Sequence[Node] | None) -> Node | None:
    made: Node = dimshuffle(operands[0].value, pattern=(0, *_shifted(node.params["pattern"])))
    return made


def _shifted(pattern: Sequence[int | str]) -> list[int | str]:
    return [axis + 1 if isinstance(axis, int) else axis for axis in pattern]


def _reshape(node: Node, operands: Sequence[Operand], rows: Node, sizes: Sequence[Node] | None) -> Node | None:
    if sizes is None:
        return None
    made: Node = reshape(operands[0].value, rows, *sizes)
    return made


def _specify_shape(node: Node, operands: Sequence[Operand], rows: Node, sizes: Sequence[Node] | None) -> Node | None:
    x, *given = operands
    if not x.changes or any(size.changes for size in given):
        return None
    axes = tuple(axis + 1 for axis in node.params["axes"])
    return Node.apply(node.op, [x.value, *(size.value for size in given)], {**node.params, "axes": axes})


def _concatenate(node: Node, operands: Sequence[Operand], rows: Node, sizes: Sequence[Node] | None) -> Node | None:
    if not all(one.changes for one in operands):
        return None
    return Node.apply(node.op, [one.value for one in operands], {"axis": node.params["axis"] + 1})


def _reduction(node: Node, operands: Sequence[Operand], rows: Node, sizes: Sequence[Node] | None) -> Node | None:
    axis = tuple(axis + 1 for axis in node.params["axis"])
    return Node.apply(node.op, [operands[0].value], {**node.params, "axis": axis}) if axis else None


def _row_function(node: Node, operands: Sequence[Operand], rows: Node, sizes: Sequence[Node] | None) -> Node | None:
    return Node.apply(node.op, [operands[0].value], node.params)


# Products.


def _matmul(node: Node, operands: Sequence[Operand], rows: Node, sizes: Sequence[Node] | None) -> Node | None:
    (a, a_changes), (b, b_changes) = operands
    ndims = node.inputs[0].ndim, node.inputs[1].ndim
    if max(ndims) > 2:
        return None
    if a_changes and b_changes:
        return _BATCHED[ndims](a, b)
    if a_changes:
        return _changing_with_fixed(a, b, ndims)
    # a @ b = (b.T @ a.T).T, of which b is what changes; vectors have no other form.
    first = transposed(b) if ndims[1] == 2 else b
    second = transposed(a) if ndims[0] == 2 else a
    made = _changing_with_fixed(first, second, (ndims[1], ndims[0]))
    return transposed(made) if ndims == (2, 2) else made


def _changing_with_fixed(a: Node, b: Node, ndims: tuple[int, int]) -> Node:
    if ndims[0] == 1:
        made: Node = matmul(a, b)
        return made
    steps, height, width = a.shape
    flat = matmul(reshape(a, steps * height, width), b)
    sizes = (steps, height) if ndims[1] == 1 else (steps, height, b.shape[1])
    made = reshape(flat, *sizes)
    return made


def _dots(a: Node, b: Node) -> Node:
    made: Node = (a * b).sum(axis=(1,))
    # Sums of small integers grow to 64 bits, products of them do not.
    return made if is_float(made.dtype) else convert(made, a.dtype)


def _vectors_with_matrices(a: Node, b: Node) -> Node:
    made: Node = matmul(dimshuffle(a, pattern=(0, "x", 1)), b)[:, 0]
    return made


def _matrices_with_vectors(a: Node, b: Node) -> Node:
    made: Node = matmul(a, dimshuffle(b, pattern=(0, 1, "x")))[:, :, 0]
    return made


def _matrices(a: Node, b: Node) -> Node:
    made: Node = matmul(a, b)
    return made


# Both change, by their numbers of axes.
_BATCHED: Mapping[tuple[int, int], Callable[[Node, Node], Node]] = {
    (1, 1): _dots,
    (1, 2): _vectors_with_matrices,
    (2, 1): _matrices_with_vectors,
    (2, 2): _matrices,
}


# Indexing.


def _index(node: Node, operands: Sequence[Operand], rows: Node, sizes: Sequence[Node] | None) -> Node | None:
    x, *parts = operands
    changing = [one for one in parts if one.changes]
    if x.changes:
        return None if changing else _part_of_every(node, x.value, parts)
    return _elements_of(node, x.value, parts) if len(changing) == 1 else None


def _part_of_every(node: Node, x: Node, parts: Sequence[Operand]) -> Node | None:
    """The same part of every step's value: its index comes one axis later."""
    entries = node.params["entries"]
    if "a" in entries and ("i" in entries or entries.count("a") > 1):
        # Axes that several indices yield together may change places.
        return None
    return Node.apply(node.op, [x, *(part.value for part in parts)], {"entries": ("::", *entries)})


def _elements_of(node: Node, x: Node, parts: Sequence[Operand]) -> Node | None:
    """Of one value, an element (or row) for every step: an index of all steps' positions."""
    entries = node.params["entries"]
    placed = [one for one in place(entries, node.inputs[1:]) if one.parts]
    if len(placed) != 1 or placed[0].entry not in ("i", "a") or placed[0].parts[0].dtype == "bool":
        return None
    if any(entry not in ("::", "i", "a") for entry in entries):
        return None
    at = sum(axes_of(entry, ()) for entry in entries[: entries.index(placed[0].entry)])
    made = lookup("gather")(x, parts[0].value, entries=("::",) * at + ("a",))
    # The steps' axis stands where the index stood.
    order = (at, *range(at), *range(at + 1, made.ndim))
    result: Node = dimshuffle(made, pattern=order) if at else made
    return result


def positions(rows: Node) -> Node:
    """The positions of all steps."""
    made: Node = lookup("arange")(0, rows, 1, dtype="int64")
    if isinstance(rows, Constant):
        return made
    result: Node = lookup("specify_shape")(made, as_node(rows), axes=(0,))
    return result


_BY_NAME: Mapping[str, EachStep] = {
    "broadcast": _broadcast,
    "dimshuffle": _dimshuffle,
    "reshape": _reshape,
    "specify_shape": _specify_shape,
    "concatenate": _concatenate,
    "matmul": _matmul,
    "softmax": _row_function,
    "log_softmax": _row_function,
    "subtensor": _index,
    "gather": _index,
}

_BY_KIND: Mapping[str, EachStep] = {"elementwise": _elementwise, "reduction": _reduction}

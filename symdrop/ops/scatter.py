"""Indexing the other way: putting values at positions.

A node never changes, so ``set_subtensor`` and ``inc_subtensor`` compute a changed copy.
They are the transposes of reading: the pullback of x[index] adds the cotangent into
zeros, and the pullback of adding reads the cotangent at the index. Repeated positions add
up in ``inc_subtensor``; in ``set_subtensor`` the last value stays, so the gradient of the
others is zero.

Read next: diagonal.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..graph import Node
from ..op import Elementwise, Guard, Owner, Size, Sizes, Structured, Style, Text, convert, equal
from ..op.base import Formula
from ..types import TensorType
from .arithmetic import add
from .creation import arange
from .index_notation import index_text
from .indexing import Entries, at, gather, gather_guards, indexed_sizes, indexed_type, numpy_index
from .logic import STRUCTURAL_ZERO, eq, where
from .views import filled


class Scatter(Structured):
    """An op ``(x, value, *index)``: x with other values at the index; the value has the shape of x[index].

    Args:
        combines: the op that makes one of an element of x and a value for it; None where the value replaces it.
    """

    def __init__(self, formula: Formula, *, combines: Elementwise | None, **declared: Any) -> None:
        self.combines = combines
        super().__init__(formula, **declared)
        self.guards_rule = self._value_fits

    def written(self, node: Node) -> Owner:
        """The indices to which the elements of a node's value go: those at which the indexing map of x[index] reads."""
        x, _, *parts = node.inputs
        return Owner(gather, (x, *parts), node.params)

    def prepare(self, inputs: list[Node], params: Mapping[str, Any]) -> Sequence[Node]:
        x, value, *parts = inputs
        return [x, convert(value, x.dtype), *parts]

    def infer_type(self, inputs: Sequence[Node], params: Mapping[str, Any]) -> TensorType:
        x, value, *parts = inputs
        target = indexed_type(x, parts, params["entries"])
        if value.ndim != target.ndim:
            raise ShapeError(f"the value has {value.ndim} axes, the indexed part {target} has {target.ndim}")
        for axis, (size, expected) in enumerate(zip(value.type.shape, target.shape, strict=True)):
            if None not in (size, expected) and size != expected:
                raise ShapeError(f"axis {axis} of the value has size {size}, of the indexed part {target} {expected}")
        return TensorType(x.dtype, x.type.shape)

    def output_sizes(self, node: Node, sizes: Sizes) -> Sequence[Size | None]:
        return sizes(node.inputs[0])

    def _value_fits(
        self, sizes: Sizes, y: Node, x: Node, value: Node, *parts: Node, entries: Entries
    ) -> Iterator[Guard]:
        yield from gather_guards(sizes, y, x, *parts, entries=entries)
        target = indexed_sizes(entries, parts, sizes(x), sizes)
        yield from (equal(a, b) for a, b in zip(target, sizes(value), strict=True) if a is not None)


def changeable(m: Any, x: Any, value: Any, index: Any) -> Any:
    """A copy of x, after refusing a value that NumPy would stretch: only sizes known to be 1 stretch."""
    result = m.array(x, order="C")
    if 1 in value.shape and (expected := result[index].shape) != value.shape:
        raise ShapeError(f"a value of shape {value.shape} does not fill the indexed part of shape {expected}")
    return result


def _set_subtensor(m: Any, x: Any, value: Any, *parts: Any, entries: Entries) -> Any:
    """x with x[index] replaced by the value; where an index repeats, the last value stays."""
    # NumPy goes through arrays in the order in which they lie in memory; the last one is meant in C order.
    index = numpy_index(entries, [m.ascontiguousarray(part) if part.ndim else part for part in parts])
    result = changeable(m, x, value, index)
    result[index] = m.ascontiguousarray(value) if value.ndim else value
    return result


def _inc_subtensor(m: Any, x: Any, value: Any, *parts: Any, entries: Entries) -> Any:
    """x with the value added to x[index]; where an index repeats, all its values are added."""
    index = numpy_index(entries, parts)
    result = changeable(m, x, value, index)
    if "a" not in entries:
        result[index] += value
    elif entries == ("a",) and result.ndim > 1:
        _add_rows(m, result, parts[0], value)
    else:
        m.add.at(result, index, value)
    return result


def _add_rows(m: Any, result: Any, rows: Any, value: Any) -> None:
    """Add values to rows (the subarrays along the leading axes), by flat position: NumPy's fastest way."""
    leading = rows.ndim if rows.dtype == bool else 1
    sizes = result.shape[:leading]
    numbers = m.arange(m.prod(sizes, dtype=int)).reshape(sizes)[rows].reshape(-1)
    length = int(m.prod(result.shape[leading:], dtype=int))
    positions = (numbers[:, None] * length + m.arange(length)).reshape(-1)
    m.add.at(result.reshape(-1), positions, value.reshape(-1))


def is_scatter_add(node: Node) -> bool:
    """True if a node is a value to some elements of which parts are added."""
    return isinstance(node.op, Scatter) and node.op.combines is add


set_subtensor = Scatter(_set_subtensor, name="set_subtensor", combines=None, jointly_linear_in=(0, 1), moves=(0, 1))
inc_subtensor = Scatter(_inc_subtensor, name="inc_subtensor", combines=add, jointly_linear_in=(0, 1))


@set_subtensor.notation
@inc_subtensor.notation
def scatter_notation(style: Style, node: Any, x: Text, value: Text, *parts: Text) -> Text:
    """The call that the user writes: inc_subtensor(x[1:], y)."""
    return style.call(node.op.name, [style.indexed(x, index_text(node.params["entries"], parts)), value], {})


@inc_subtensor.pullback
def inc_subtensor_pullback(g: Any, y: Node, x: Node, value: Node, *parts: Node, entries: Entries) -> Any:
    return g, at(g, parts, entries)


@set_subtensor.pullback
def set_subtensor_pullback(g: Any, y: Node, x: Node, value: Node, *parts: Node, entries: Entries) -> Any:
    passed = at(g, parts, entries)
    overwritten = set_subtensor(g, filled(convert(STRUCTURAL_ZERO, g.dtype), value.shape), *parts, entries=entries)
    if "a" not in entries:
        return overwritten, passed
    # Number the values, write the numbers, read them back: a value whose number is gone was overwritten by a later one.
    numbers = arange(0, value.size, 1, dtype="int64").reshape(value.shape)
    written = set_subtensor(filled(0, x.shape), numbers, *parts, entries=entries)
    return overwritten, where(eq(at(written, parts, entries), numbers), passed, STRUCTURAL_ZERO)


@set_subtensor.samples
@inc_subtensor.samples
def scatter_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    x = rng.uniform(-2, 2, (3, 4)).astype(dtype)
    value = rng.uniform(-2, 2, (3, 4)).astype(dtype)
    yield (x, value[0], 1), {"entries": ("i",)}
    yield (x, value[0, 0], 1, -1), {"entries": ("i", "i")}
    yield (x, value[:, :2, None], -1, 1, -1), {"entries": ("::", "i:i:i", "x")}
    yield (x, value[:0], 5), {"entries": ("i::",)}
    yield (x, value, np.array([0, 2, 0])), {"entries": ("a",)}
    yield (x, value[:2, :3], np.array([[0, 0, 2], [1, 2, 0]]), np.array([3, 3, -1])), {"entries": ("a", "a")}
    yield (x, value[:, :2], np.array([1, 1])), {"entries": ("::", "a")}
    yield (x, value[0, :3], np.eye(3, 4) > 0), {"entries": ("a",)}
    yield (x[:, :0], value[:2, :0], np.array([1, 1])), {"entries": ("a",)}
    yield (x[:1], value[:2], np.zeros(2, np.int8)), {"entries": ("a",)}

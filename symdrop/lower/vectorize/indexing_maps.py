"""Views and gathers: the element of the value at a point is that of the input where the op's indexing map says.

The map is run over the coordinates of vectors (op/index_maps.py says what a map is, op/affine.py what else is asked of
it). An index that is out of range is replaced by 0, and the frame remembers that the call has failed; so a loop needs
no way out. Of an axis that may have no elements nothing is read then.

Source: indexing maps after N. Vasilache et al., "Composable and modular code generation in
MLIR", arXiv:2202.03293, 2022.

Read next: elemental.py
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from functools import reduce
from typing import Any

from ...graph import Node
from ...op import IndexSpace, InOrder, Owner, ReadMap, Size, constant_scalar, read_index
from ...ops.creation import counts_axis
from ...ops.indexing import in_range
from ..ir.frame import without_ones
from ..ir.vector_ir import INDEX, Value
from .index_expressions import Coordinate, Flat, Point
from .lane_masks import LaneMasks
from .shuffled_loads import repeats
from .vector_maths import Unlowered


class Elements(LaneMasks):
    """The interface of an emitter of elements, as far as indexing maps need it."""

    def value(self, node: Node, at: Point) -> Value:
        """The value of a node at a point."""
        raise NotImplementedError

    def number(self, node: Node) -> Value:
        """The value of a scalar node."""
        raise NotImplementedError

    def check(self, holds: Value, node: Node) -> None:
        """Note a failure at run time unless the condition holds for every element there is."""
        raise NotImplementedError

    def reading(self) -> Value | None:
        """The mask under which neighbours are loaded now, None if all are."""
        raise NotImplementedError

    def only_if(self, holds: Value) -> AbstractContextManager[None]:
        """Nothing is read from memory in the ``with`` block unless the condition, a number or a lane value, holds."""
        raise NotImplementedError


class VectorIndex:
    """An index as a coordinate of lanes: affine arithmetic on it, and comparisons.

    Args:
        emitter: makes the operations.
        coordinate: the index; None for a size that nobody has used yet.
        size: the size.
    """

    __slots__ = ("_coordinate", "emitter", "size")

    def __init__(self, emitter: Elements, coordinate: Coordinate | None, size: Size | None = None) -> None:
        self.emitter = emitter
        self._coordinate = coordinate
        self.size = size

    @property
    def coordinate(self) -> Coordinate:
        """The coordinate; a size becomes one when it is first used."""
        if self._coordinate is None:
            assert self.size is not None
            self._coordinate = Coordinate(self.emitter.size(self.size))
        return self._coordinate

    def __add__(self, other: Any) -> VectorIndex:
        return self._sum(other, 1)

    def __sub__(self, other: Any) -> VectorIndex:
        return self._sum(other, -1)

    def __rsub__(self, other: Any) -> VectorIndex:
        return lifted(self.emitter, other)._sum(self, -1)

    def __neg__(self) -> VectorIndex:
        return self * -1

    def __mul__(self, other: Any) -> VectorIndex:
        a, b = self.coordinate, lifted(self.emitter, other).coordinate
        if not is_number(b):
            a, b = b, a
        if is_number(b):
            return VectorIndex(self.emitter, self.emitter.affine([(a, b.base)]))
        product = self.emitter.builder.make("mul", self.emitter.materialize(a), self.emitter.materialize(b))
        return VectorIndex(self.emitter, self.emitter.numbers(product))

    __radd__ = __add__
    __rmul__ = __mul__

    def _sum(self, other: Any, factor: int) -> VectorIndex:
        emitter, a, b = self.emitter, self.coordinate, lifted(self.emitter, other).coordinate
        one = emitter.index(1)
        if factor < 0 and is_number(a) and is_number(b) and not a.base.op == b.base.op == "constant":
            return VectorIndex(emitter, Coordinate(emitter.builder.make("sub", a.base, b.base)))
        return VectorIndex(emitter, emitter.affine([(a, one), (b, one if factor == 1 else emitter.index(-1))]))

    def __floordiv__(self, by: int) -> VectorIndex:
        """The quotient by a positive number, of an index that is a multiple of it or not negative."""
        if (known := self._from_multiple(by)) is not None:
            base = self.emitter.builder.make("div", self.coordinate.base, self.emitter.index(by))
            return VectorIndex(self.emitter, self.emitter.at_distances(base, tuple(one // by for one in known)))
        made = self.emitter.builder.make("div", self._spread(), self.emitter.index(by))
        return VectorIndex(self.emitter, self.emitter.numbers(made))

    def __mod__(self, by: int) -> VectorIndex:
        """The remainder, of an index that is not negative."""
        if (known := self._from_multiple(by)) is not None:
            zero = self.emitter.index(0)
            return VectorIndex(self.emitter, self.emitter.at_distances(zero, tuple(one % by for one in known)))
        return self - self // by * by

    def _from_multiple(self, by: int) -> tuple[int, ...] | None:
        """How far the lanes lie from a base that is known to be a multiple of a number, None if it is not."""
        width, coordinate = self.emitter.builder.width, self.coordinate
        is_multiple = by == 2 and self.emitter.is_even(coordinate.base)
        known = coordinate.distances(width) if is_multiple and not is_number(coordinate) else None
        return known if known is not None and width > 1 and min(known) >= 0 else None

    def _spread(self) -> Value:
        return self.emitter.materialize(self.coordinate)

    def _compared(self, op: str, other: Any) -> Value:
        a, b = self.coordinate, lifted(self.emitter, other).coordinate
        return self.emitter.builder.make(op, self.emitter.materialize(a), self.emitter.materialize(b))

    def __lt__(self, other: Any) -> Value:
        return self._compared("lt", other)

    def __le__(self, other: Any) -> Value:
        return self._compared("le", other)

    def __gt__(self, other: Any) -> Value:
        return self._compared("gt", other)

    def __ge__(self, other: Any) -> Value:
        return self._compared("ge", other)

    def __repr__(self) -> str:
        return f"<index {self.size or self._coordinate}>"


def is_number(coordinate: Coordinate) -> bool:
    """True if a coordinate is the same for all lanes."""
    return coordinate.lanes is None and coordinate.step == 0


def lifted(emitter: Elements, value: Any) -> VectorIndex:
    """An index or an int as an index."""
    return value if isinstance(value, VectorIndex) else VectorIndex(emitter, Coordinate(emitter.index(int(value))))


class VectorIndices(IndexSpace):
    """Indices as coordinates of lanes, in one kernel.

    Args:
        emitter: computes values and indices.
        node: the node of whose value an element is wanted, and that notes a failure where an index is out of range.

    Attributes:
        doubtful: the sizes of the axes indexed by numbers that may be out of range, where they may be 0.
        reads: the conditions on which an element is read, and not 0 instead of it.
    """

    index = (VectorIndex,)

    def __init__(self, emitter: Elements, node: Node) -> None:
        super().__init__(node, emitter.memory.sizes)
        self.emitter = emitter
        self.doubtful: list[Size] = []
        self.reads: list[Value] = []

    def at(self, point: Sequence[Coordinate]) -> tuple[VectorIndex, ...]:
        """A point, as indices."""
        return tuple(VectorIndex(self.emitter, coordinate) for coordinate in point)

    def coordinate(self, index: Any) -> Coordinate:
        """An index, as a coordinate."""
        return lifted(self.emitter, index).coordinate

    def _size(self, size: Node) -> VectorIndex:
        return VectorIndex(self.emitter, None, size)

    def number(self, x: Node) -> Any:
        known = constant_scalar(x)
        if known is not None:
            return int(known)
        number = self.emitter.number(x)
        if x.dtype == "uint64":
            number = self.emitter.builder.maths.minimum(number, 2**62)
        return VectorIndex(self.emitter, Coordinate(self.emitter.builder.convert(number, INDEX)))

    def offset(self, sizes: tuple[Node, ...], part: int) -> Any:
        # A word of the frame: the sums are shared by the kernels of all parts.
        return self.size(self.emitter.memory.offsets(sizes)[part])

    def element(self, x: Node, at: tuple[Any, ...]) -> VectorIndex:
        emitter = self.emitter
        number = emitter.builder.convert(emitter.value(x, tuple(map(self.coordinate, at))), INDEX)
        return VectorIndex(emitter, emitter.numbers(number))

    def linear_index(self, at: Sequence[Any], sizes: Sequence[Size]) -> VectorIndex:
        where = self.emitter.linear_index(sizes, tuple(map(self.coordinate, at)))
        return VectorIndex(self.emitter, where)

    def _position(self, index: Node, at: tuple[Any, ...], size: Size) -> Any:
        if counts_axis(index, size, self.known_sizes):
            # The element's own index; that there are so many of them was checked before.
            return at[0]
        emitter = self.emitter
        number = emitter.builder.convert(emitter.value(index, tuple(map(self.coordinate, at))), INDEX)
        if not in_range(index):
            number = inside(emitter, self.node, index, number, emitter.size(size))
        if not isinstance(size, int) or size == 0:
            self.doubtful.append(size)
        return VectorIndex(emitter, emitter.numbers(number))

    def within(self, index: Any, size: Any) -> VectorIndex:
        made = lifted(self.emitter, index)
        where, limit = made.coordinate, lifted(self.emitter, size).coordinate.base
        known = None if where.step == 0 else where.distances(self.emitter.builder.width)
        if known is not None and where.base.op == limit.op == "constant":
            first, last = (where.base.attribute + end(known) for end in (min, max))
            if first >= 0 and last < limit.attribute:
                return made
        if known is not None and where.lanes is None and (lanes := self._lanes_within(where, limit, known)) is not None:
            self.reads.append(lanes)
        else:
            # A negative number is a large one without its sign.
            number, end = (self.emitter.builder.convert(x, "uint64") for x in (self.emitter.materialize(where), limit))
            self.reads.append(self.emitter.builder.make("lt", number, end))
        return made

    def _lanes_within(self, at: Coordinate, size: Value, known: tuple[int, ...]) -> Value | None:
        """The lanes that are inside of an axis, None if they may be no range.

        Args:
            at: the index.
            size: the size of the axis.
            known: how far the lanes lie from the base.
        """
        emitter, ends = self.emitter, (self.emitter.index(0), size)
        first, stop = (emitter.sub(end, at.base) for end in ends)
        if each := repeats(known):
            first, stop = (emitter.mul(end, emitter.index(each)) for end in (first, stop))
        elif isinstance(at.step, int) and at.step > 1:
            first, stop = (emitter.pieces(end, at.step) for end in (first, stop))
        elif at.step != 1:
            return None
        return emitter.lanes_between(first, stop, len(known))

    def _where(self, condition: Any, a: Any, b: Any) -> VectorIndex:
        emitter = self.emitter
        chosen = (emitter.materialize(self.coordinate(one)) for one in (a, b))
        return VectorIndex(emitter, emitter.numbers(emitter.builder.maths.where(condition, *chosen)))


def inside(emitter: Elements, node: Node, index: Node, number: Value, n: Value) -> Value:
    """An index counted from the front; 0, and a failed check, if it is out of range."""
    maths = emitter.builder.maths
    scalar = constant_scalar(index)
    if index.dtype[0] == "i" and (scalar is None or scalar < 0):
        number = maths.where(number < 0, number + n, number)
    fits = (number >= 0) & (number < n)
    emitter.check(fits, node)
    safe: Value = maths.where(fits, number, emitter.index(0))
    return safe


def mapped_point(emitter: Elements, node: Node, owner: Owner, at: Sequence[Coordinate]) -> tuple[Point, VectorIndices]:
    """The point at which a node's indexing map reads, and its index space, which knows when nothing may be read there.

    Args:
        emitter: computes values and indices.
        node: the node, or the one that writes to where the map says.
        owner: what declares the map.
        at: the point of the element.

    Raises:
        Unlowered: if the op has no map for its parameters.
    """
    space = VectorIndices(emitter, node)
    made = read_index(space, owner, space.at(at))
    if made is None:
        raise Unlowered(f"an indexing map of {node.op.name}")
    indices = made.indices if isinstance(made, InOrder) else made
    if indices is None:
        assert isinstance(made, InOrder)
        return Flat(space.coordinate(made.linear_index)), space
    return tuple(map(space.coordinate, indices)), space


def mapped_value(emitter: Elements, node: Node, read: ReadMap, at: Point) -> Value:
    """The element of a view or a gather at a point."""
    source = read.source
    own, sizes = (emitter.memory.sizes(x) for x in (source, node))
    if isinstance(at, Flat):
        if read.keeps_order(own, sizes):
            return emitter.value(source, at if without_ones(own) else (emitter.zero(),) * source.ndim)
        if node.ndim == 1:
            at = (at.index,)
        elif without_ones(sizes) and without_ones(own):
            raise Unlowered("a part of a value in flat order")
        else:
            at = (emitter.zero(),) * node.ndim
    where, space = mapped_point(emitter, node, read.owner, at)
    if not isinstance(where, Flat):
        where = tuple(emitter.zero() if size == 1 else c for size, c in zip(own, where, strict=True))
    if space.reads:
        return _or_zero(emitter, source, where, space.reads)
    with _if_any(emitter, space.doubtful):
        return emitter.value(source, where)


def _or_zero(emitter: Elements, source: Node, at: Point, reads: Sequence[Value]) -> Value:
    """The element of a value at a point where some conditions hold, 0 elsewhere."""
    holds = reduce(emitter.both, reads)
    with ExitStack() as stack:
        # A number is read on the conditions that are numbers, whatever holds for single lanes.
        for one in reads:
            stack.enter_context(emitter.only_if(one))
        value = emitter.value(source, at)
        mask = emitter.reading()
    if value.op == "load" and value.width > 1 and value.inputs[1:] == (mask,):
        # A load under a mask has zeros where nothing is read.
        return value
    made: Value = emitter.builder.maths.where(holds, value, emitter.builder.constant(0, source.dtype))
    return made


def _if_any(emitter: Elements, sizes: Sequence[Size]) -> AbstractContextManager[None]:
    """Nothing is read in the ``with`` block if one of the sizes is 0."""
    if not sizes:
        return nullcontext()
    return emitter.only_if(emitter.builder.make("gt", emitter.elements(sizes), emitter.index(0)))

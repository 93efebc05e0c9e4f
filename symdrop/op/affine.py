"""Affine analysis of indexing maps: the index of an input as a sum of multiples of the iterators of the value.

What a compiler asks of a view follows from it: along which axis of the value an axis of the input is read (fusion,
writing in place), whether C order stays C order (flat loops), whether two elements are read from one place (storing
what is expensive to compute), whether an index may be refused.

Source: affine access functions, A. Aho, M. Lam, R. Sethi and J. Ullman, "Compilers", 2nd ed.,
2006, section 11.4.

Read next: bounds.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..graph import Node
from .base import Size
from .index_maps import IndexSpace, InOrder, Owner, read_index
from .leaves import constant_scalar


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """An index as an affine function of iterators.

    Attributes:
        factors: for every iterator that counts its factor, None if it is not known as a number.
        offset: what is added, None if it is not known as a number.
        varies: whether it also depends on values read for each element, or on iterators in another way.
    """

    factors: Mapping[int, int | None] = field(default_factory=dict)
    offset: int | None = None
    varies: bool = False

    @property
    def bare(self) -> int | None:
        """The iterator that it is, None if it is anything else."""
        if self.varies or self.offset != 0 or len(self.factors) != 1:
            return None
        ((iterator, factor),) = self.factors.items()
        return iterator if factor == 1 else None

    @property
    def is_zero(self) -> bool:
        """True if it is 0 for every element."""
        return self.offset == 0 and not self.factors and not self.varies

    def __add__(self, other: Any) -> Affine:
        other = affine(other)
        factors = dict(self.factors)
        for iterator, factor in other.factors.items():
            known = factors.get(iterator, 0)
            factors[iterator] = None if factor is None or known is None else known + factor
        kept = {iterator: factor for iterator, factor in factors.items() if factor != 0}
        offset = None if self.offset is None or other.offset is None else self.offset + other.offset
        return Affine(kept, offset, self.varies or other.varies)

    def __mul__(self, other: Any) -> Affine:
        other = affine(other)
        if self.factors or self.varies:
            self, other = other, self
        if self.factors or self.varies:
            return Affine({}, None, True)
        by = self.offset
        if by == 0:
            return Affine({}, 0)
        factors = {iterator: None if f is None or by is None else f * by for iterator, f in other.factors.items()}
        offset = 0 if other.offset == 0 else None if other.offset is None or by is None else other.offset * by
        return Affine(factors, offset, other.varies)

    def __neg__(self) -> Affine:
        return self * -1

    def __sub__(self, other: Any) -> Affine:
        return self + affine(other) * -1

    def __rsub__(self, other: Any) -> Affine:
        return affine(other) + self * -1

    __radd__ = __add__
    __rmul__ = __mul__

    def _compared(self, other: Any) -> Affine:
        """A truth value that only running can tell; it varies if an operand does."""
        other = affine(other)
        return Affine({}, None, bool(self.factors or other.factors or self.varies or other.varies))

    __lt__ = __le__ = __gt__ = __ge__ = _compared

    def _divided(self, other: int) -> Affine:
        """A quotient or a remainder: no sum of multiples."""
        return Affine({}, None, self.varies or bool(self.factors))

    __floordiv__ = __mod__ = _divided


def affine(value: Any) -> Affine:
    """An index, or a number, as an affine function."""
    return value if isinstance(value, Affine) else Affine({}, int(value))


class Iterators(IndexSpace):
    """Indices as affine functions of the iterators of a value.

    Attributes:
        numbers: the inputs whose values were asked for: scalars, and those of which elements are.
        positions: the inputs whose elements are indices, and the sizes of the axes they index.
        padded: whether 0 is read in place of elements that are not there.
        sums: whether the index at which a part begins was asked for, a sum of sizes.
    """

    index = (Affine,)

    def __init__(self, node: Node, known_sizes: Callable[[Node], tuple[Size, ...]]) -> None:
        super().__init__(node, known_sizes)
        self.numbers: list[Node] = []
        self.positions: list[tuple[Node, Size]] = []
        self.padded = False
        self.sums = False

    def _size(self, size: Node) -> Affine:
        return Affine()

    def number(self, x: Node) -> Any:
        known = constant_scalar(x)
        if known is not None:
            return int(known)
        self.numbers.append(x)
        return Affine()

    def offset(self, sizes: tuple[Node, ...], part: int) -> Any:
        # Not summed for every part anew; where the first one begins is all that anybody asks.
        self.sums = True
        return Affine() if part else 0

    def element(self, x: Node, at: tuple[Any, ...]) -> Any:
        self.numbers.append(x)
        return Affine({}, None, any(affine(one).factors or affine(one).varies for one in at))

    def _position(self, index: Node, at: tuple[Any, ...], size: Size) -> Any:
        self.positions.append((index, size))
        known = constant_scalar(index)
        if known is not None and (known >= 0 or isinstance(size, int)):
            return int(known) if known >= 0 else int(known) + size
        return Affine({}, None, any(affine(one).factors or affine(one).varies for one in at))

    def within(self, index: Any, size: Any) -> Any:
        self.padded = True
        return index

    def _where(self, condition: Any, a: Any, b: Any) -> Affine:
        a, b = affine(a), affine(b)
        varies = condition.varies or a.varies or b.varies or bool(a.factors or b.factors)
        return Affine({}, None, varies)


@dataclass(frozen=True, slots=True)
class ReadMap:
    """An analysed indexing map.

    Attributes:
        owner: the op that declares it, and its inputs.
        indices: for every axis of the input the index it is read at; None where only the linear index is known.
        positions: inputs whose elements are indices, and the sizes of the axes they index.
        numbers: the other inputs whose values are used.
        in_order: whether the elements keep their C order whatever the sizes are.
        padded: whether 0 is read in place of elements that are not there.
        sums: whether it reads a part that begins at a sum of sizes.
    """

    owner: Owner
    indices: tuple[Affine, ...] | None
    positions: tuple[tuple[Node, Size], ...]
    numbers: tuple[Node, ...]
    in_order: bool
    padded: bool = False
    sums: bool = False

    @property
    def source(self) -> Node:
        """The input that is read."""
        return self.owner.source

    @property
    def others(self) -> list[Node]:
        """The other inputs whose values are used: indices, bounds."""
        return [*self.numbers, *(index for index, _ in self.positions)]

    def permutes(self, own: Sequence[Size], sizes: Sequence[Size]) -> bool:
        """True if every axis of the input is a whole axis of the value, or is dropped, its size being 1.

        Args:
            own: the input's sizes.
            sizes: the value's sizes.
        """
        return self._axes(own, sizes) is not None

    def keeps_order(self, own: Sequence[Size], sizes: Sequence[Size]) -> bool:
        """True if the elements of the input, in C order, are those of the value; arguments as of ``permutes``."""
        if self.in_order:
            return True
        return self._axes(own, sizes) == [axis for axis, size in enumerate(sizes) if size != 1]

    def exchanges(self, own: Sequence[Size], sizes: Sequence[Size]) -> bool:
        """True if the last two axes are exchanged and nothing else; arguments as of ``permutes``."""
        if self.indices is None or not len(own) == len(sizes) >= 2 or not self.permutes(own, sizes):
            return False
        first = range(len(own) - 2)
        return [index.bare for index in self.indices] == [*first, len(own) - 1, len(own) - 2]

    def _axes(self, own: Sequence[Size], sizes: Sequence[Size]) -> list[int] | None:
        """The axes of the value that those of the input are, but for those of size 1; None if one is no whole axis."""
        if self.indices is None or self.padded:
            return None
        found = []
        for index, size in zip(self.indices, own, strict=True):
            if size != 1 and (index.bare is None or sizes[index.bare] != size):
                return None
            if size != 1 and index.bare is not None:
                found.append(index.bare)
        return found

    def repeats(self, sizes: Sequence[Size]) -> bool:
        """True unless every element of the input is known to be read for at most one element of the value."""
        if self.in_order or self.indices is None:
            return False
        own = [index.factors for index in self.indices if not index.varies and len(index.factors) == 1]
        alone = {iterator for factors in own for iterator, factor in factors.items() if factor}
        return any(size != 1 and axis not in alone for axis, size in enumerate(sizes))


def read_map(owner: Owner, node: Node, known_sizes: Callable[[Node], tuple[Size, ...]]) -> ReadMap | None:
    """The analysed indexing map of a node, None where its op has none for its parameters.

    Args:
        owner: what declares it.
        node: the node.
        known_sizes: gives the sizes of a node.

    Raises:
        GraphTypeError: if the map returns something else than an index for every axis of the input.
    """
    space = Iterators(node, known_sizes)
    at = [Affine({axis: 1}, 0) for axis in range(node.ndim)]
    made = read_index(space, owner, at)
    if made is None:
        return None
    in_order = isinstance(made, InOrder)
    indices = made.indices if isinstance(made, InOrder) else made
    known = None if indices is None else tuple(map(affine, indices))
    return ReadMap(owner, known, tuple(space.positions), tuple(space.numbers), in_order, space.padded, space.sums)

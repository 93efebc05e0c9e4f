"""Indexing maps: the index at which an op reads its input for the element of its value at an index.

A view, or an op that gathers, declares beside its formula where its elements come from::

    @reverse.indexing_map
    def reverse_map(i, at, x):
        return (i.sizes(x)[0] - 1 - at[0], *at[1:])

``at`` holds one index per axis of the value, the result one index per axis of the first input. Indices are added,
subtracted and multiplied, compared, and chosen by ``i.where``. As a formula is run over maths namespaces, a map is run
over *index spaces* ``i``: over arrays of numbers (to check it against the formula), over iterators (affine.py, for all
that a compiler asks), over the coordinates of vectors (lower/vectorize/indexing_maps.py, to generate code). Nothing
else knows what the op does. The term is that of MLIR's linalg dialect.

Read next: affine.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..errors import GraphTypeError, IndexingError, VerificationError, shown
from ..graph import Node, describe
from .base import Op, Size


class Owner(NamedTuple):
    """The op that declares a node's indexing map, and what its rule is given.

    Attributes:
        op: the op; of one value among several the op that gives them all.
        inputs: its inputs, of which the first is read.
        params: its parameters, and ``index``, the number of the value, where it has several.
    """

    op: Op
    inputs: tuple[Node, ...]
    params: Mapping[str, Any]

    def describe(self) -> str:
        """The map, named for an error message."""
        return f"the indexing map {getattr(self.op.map_rule, '__name__', 'rule')} of op {shown(self.op.name)}"

    @property
    def source(self) -> Node:
        """The input that is read."""
        return self.inputs[0]


def map_owner(node: Node) -> Owner | None:
    """The op that declares the indexing map of a node, None if there is none."""
    params = node.params
    if node.items is not None:
        return None
    if "index" in params and node.inputs[0].items is not None:
        # One value of several: the op that gives them says where each is read.
        params = {**node.inputs[0].params, **params}
        node = node.inputs[0]
    op = node.op
    if not isinstance(op, Op) or op.map_rule is None:
        return None
    return Owner(op, node.inputs, params)


@dataclass(frozen=True, slots=True)
class InOrder:
    """The elements of the input in their C order, as a reshape has them.

    Attributes:
        indices: an index for every axis of the input, where axes are only split; else None.
        linear_index: where axes are joined too, the index into the input's elements in C order.
    """

    indices: tuple[Any, ...] | None
    linear_index: Any = None


class IndexSpace:
    """An index namespace: what an indexing map may ask for.

    Args:
        node: the node of whose value an element is wanted.
        known_sizes: gives the sizes of a node, ints where they are known.

    Attributes:
        index: the types of indices that the space computes with, beside ints.
    """

    index: tuple[type, ...] = ()

    def __init__(self, node: Node, known_sizes: Callable[[Node], tuple[Size, ...]]) -> None:
        self.node = node
        self.known_sizes = known_sizes

    def sizes(self, x: Node) -> tuple[Any, ...]:
        """The sizes of an input's axes, as indices."""
        return tuple(map(self.size, self.known_sizes(x)))

    def size(self, size: Size) -> Any:
        """A size, as an index."""
        return size if isinstance(size, int) else self._size(size)

    def _size(self, size: Node) -> Any:
        raise NotImplementedError

    def number(self, x: Node) -> Any:
        """The value of an integer scalar among the inputs, as an index."""
        raise NotImplementedError

    def offset(self, sizes: tuple[Node, ...], part: int) -> Any:
        """The index at which a part begins, of parts one after the other: the sum of the sizes before it.

        Args:
            sizes: those of all parts, inputs that are known to be integers before anything is computed.
            part: which part.
        """
        return sum(map(self.number, sizes[:part]))

    def element(self, x: Node, at: tuple[Any, ...]) -> Any:
        """An element of an input of integers, as an index that is what the map takes it for: nothing is checked."""
        raise NotImplementedError

    def position(self, index: Node, at: Sequence[Any], x: Node, axis: int) -> Any:
        """An element of an input of integers, as an index into an axis of x.

        Negative ones count from the end; one that is out of range is refused in the call.

        Args:
            index: the input of integers.
            at: where it is read; along an axis of size 1 that is 0, whatever is given.
            x: the input whose axis is indexed.
            axis: which axis.
        """
        sizes = self.known_sizes(index)
        where = tuple(0 if n == 1 else c for n, c in zip(sizes, at, strict=True))
        return self._position(index, where, self.known_sizes(x)[axis])

    def _position(self, index: Node, at: tuple[Any, ...], size: Size) -> Any:
        raise NotImplementedError

    def within(self, index: Any, size: Any) -> Any:
        """An index that may lie outside of an axis: where it does, 0 is read instead of an element.

        Args:
            index: the index.
            size: the size of the axis, an index.
        """
        raise NotImplementedError

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        """``a`` if a comparison of indices holds, else ``b``."""
        return (a if condition else b) if isinstance(condition, bool) else self._where(condition, a, b)

    def _where(self, condition: Any, a: Any, b: Any) -> Any:
        raise NotImplementedError

    def reshaped(self, x: Node, at: Sequence[Any]) -> InOrder:
        """The index in x of the element of the same linear index."""
        own, target = self.known_sizes(x), self.known_sizes(self.node)
        if 0 in own:
            # Nothing is read; an index that is the same for all elements might be, before the first one is asked for.
            return InOrder(None, self.linear_index(at, target))
        mine = [axis for axis, size in enumerate(own) if size != 1]
        theirs = [axis for axis, size in enumerate(target) if size != 1]
        found: dict[int, Any] = {}
        for end in (0, -1):
            while mine and theirs and own[mine[end]] == target[theirs[end]]:
                found[mine.pop(end)] = at[theirs.pop(end)]
        if len(mine) > 1:
            return InOrder(None, self.linear_index(at, target))
        for axis in mine:
            found[axis] = self.linear_index([at[k] for k in theirs], [target[k] for k in theirs])
        return InOrder(tuple(found.get(axis, 0) for axis in range(len(own))))

    def linear_index(self, at: Sequence[Any], sizes: Sequence[Size]) -> Any:
        """The linear index, in C order, of an index among some sizes."""
        linear: Any = 0
        for index, size in zip(at, sizes, strict=True):
            linear = linear * self.size(size) + index
        return linear


def read_index(space: IndexSpace, owner: Owner, at: Sequence[Any]) -> tuple[Any, ...] | InOrder | None:
    """The index at which the first input is read for the element at an index.

    Args:
        space: over which indices the map is run.
        owner: what declares it.
        at: an index for every axis of the space's node.

    Returns:
        An index for every axis of the input, or a linear index; None where the op has no map for its parameters.

    Raises:
        GraphTypeError: if the map returns another number of indices, or something else than indices.
    """
    assert owner.op.map_rule is not None
    try:
        made = owner.op.map_rule(space, tuple(at), *owner.inputs, **owner.params)
    except (TypeError, AttributeError) as error:
        error.add_note(f"in {owner.describe()}, which is given i, the index of an element, and the inputs")
        raise
    if made is None or isinstance(made, InOrder):
        return made
    rank = owner.source.ndim
    if not isinstance(made, tuple) or len(made) != rank:
        count = f"{len(made)} indices" if isinstance(made, tuple | list) else shown(made)
        raise GraphTypeError(
            f"{owner.describe()} returned {count}; expected a tuple of {rank}, one index for every axis of its input "
            f"{describe(owner.source)}"
        )
    for axis, index in enumerate(made):
        if not isinstance(index, (int, np.integer, *space.index)) or isinstance(index, bool):
            raise GraphTypeError(
                f"{owner.describe()} returned {shown(index)} for axis {axis}; expected an int, one of the indices "
                "it was given, or what is computed from them by +, -, *, comparisons and the functions of i"
            )
    return made


class ArrayIndices(IndexSpace):
    """Indices as arrays of numbers, one number for every element of the value.

    Args:
        node: the node of whose value elements are wanted.
        values: the values of its inputs, and its own.

    Attributes:
        reads: where an element is read, and not 0 instead of it.
    """

    index = (np.ndarray,)

    def __init__(self, node: Node, values: Mapping[Node, Any]) -> None:
        super().__init__(node, lambda x: values[x].shape)
        self._values = values
        self.reads: Any = True

    def number(self, x: Node) -> int:
        return int(self._values[x])

    def element(self, x: Node, at: tuple[Any, ...]) -> Any:
        return np.asarray(self._values[x][at]).astype("int64")

    def _position(self, index: Node, at: tuple[Any, ...], size: Size) -> Any:
        assert isinstance(size, int)
        found = np.asarray(self._values[index][at]).astype("int64")
        if ((found < -size) | (found >= size)).any():
            raise IndexingError(f"index {found} is out of range for an axis of size {size}")
        return np.where(found < 0, found + size, found)

    def within(self, index: Any, size: Any) -> Any:
        self.reads = self.reads & (index >= 0) & (index < size)
        return np.clip(index, 0, max(size - 1, 0))

    def _where(self, condition: Any, a: Any, b: Any) -> Any:
        return np.where(condition, a, b)


def read_elements(owner: Owner, node: Node, values: Mapping[Node, Any]) -> Any:
    """The elements of the first input where an indexing map says, in the shape of a node's value.

    Args:
        owner: what declares the map.
        node: the node of whose value elements are wanted.
        values: arrays for the node, of which only the shape is used, and for the inputs of the owner.

    Returns:
        An array, None where the op has no map for its parameters.

    Raises:
        VerificationError: if the map reads outside of its input.
        GraphTypeError: if the map returns something else than an index for every axis.
    """
    shape, source = values[node].shape, values[owner.source]
    space = ArrayIndices(node, values)
    made = read_index(space, owner, tuple(np.indices(shape, sparse=True)))
    if made is None:
        return None
    if not np.any(space.reads):
        return np.zeros(shape, source.dtype)
    if isinstance(made, InOrder) and made.indices is None:
        return source.reshape(-1)[np.broadcast_to(made.linear_index, shape)]
    index = tuple(np.asarray(one) for one in (made.indices if isinstance(made, InOrder) else made))  # type: ignore[union-attr]
    for axis, (one, size) in enumerate(zip(index, source.shape, strict=True)):
        wrong = (one < 0) | (one >= size)
        if wrong.any() and 0 not in shape:
            raise VerificationError(
                f"{owner.describe()} reads index {one[wrong].flat[0]} of axis {axis}; expected 0 to {size - 1}, since "
                f"{describe(owner.source)} has {size} elements there"
            )
    if 0 in shape:
        return np.zeros(shape, source.dtype)
    return np.broadcast_to(np.where(space.reads, source[index], np.zeros((), source.dtype)), shape)


def check_indexing_map(node: Node, values: Mapping[Node, Any]) -> bool:
    """Compare a node's indexing map with its value: every element is that of the input where the map says.

    Args:
        node: a node whose op declares a map.
        values: arrays for the node and for the inputs of the op that declares it.

    Returns:
        True if the op has a map for its parameters, and it is right.

    Raises:
        VerificationError: naming op, map and element, if the map says something else than the formula.
        GraphTypeError: if the map returns something else than an index for every axis.
    """
    owner = map_owner(node)
    if owner is None:
        return False
    expected, read = values[node], read_elements(owner, node, values)
    if read is None:
        return False
    same = (read == expected) | ((read != read) & (expected != expected))
    if not same.all():
        place = tuple(int(k) for k in np.argwhere(~same)[0])
        raise VerificationError(
            f"{owner.describe()} reads {read[place]} for the element at {place} of {describe(node)}; its formula "
            f"computes {expected[place]} there"
        )
    return True

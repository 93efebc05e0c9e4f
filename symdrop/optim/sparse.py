"""Sparse updates: of a table, as an embedding has, only the rows that a batch looks up are read and written.

    i = ids of the batch, several of them perhaps the same row
    slot[i] <- 0 ... n-1             r = slot[i]: of every id the last place that holds the same row
    G[r] += gradients of the rows    G: summed over equal ids, 0 elsewhere
    state[i] <- new(state[i], G)[r]  whatever an optimizer makes of a row and its gradient

What the step costs is proportional to the rows that are looked up; of the table's size only the slots are, four bytes
a row, which are copied. Rows that are not looked up keep their parameters and states: the moving means of an optimizer
do not decay there ("lazy").

Source: the sparse Adagrad and Adam of M. Abadi et al., "TensorFlow: large-scale machine learning on heterogeneous
systems", arXiv:1603.04467, 2016.

Read next: plateau.py
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import tensor as T
from ..binding import public
from ..errors import ArgumentError, GraphTypeError, here, shown
from ..graph import Node, describe, toposort
from ..op import SharedVariable, is_dim, shared
from ..ops.indexing import gather
from ..ops.join import specify_shape
from ..types import is_float


@dataclass(frozen=True, eq=False)
class Sparse:
    """A parameter of which a loss only looks up rows; made by ``sd.optim.sparse``.

    Attributes:
        table: the parameter.
    """

    table: SharedVariable


@public
def sparse(table: Any) -> Sparse:
    """A parameter whose rows are updated where a batch looks them up, and nowhere else.

    Args:
        table: a shared variable of floats that the loss reads as ``table[ids]`` only, ids being integers of any shape.

    Returns:
        What stands for it among the parameters of an optimizer.

    Raises:
        GraphTypeError: if it is no shared variable of floats with axes.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> E, ids = sd.shared(np.ones((1000, 2)), name="E"), T.lvector("ids")
        >>> loss = (E[ids] ** 2).sum()
        >>> step = sd.function([ids], loss, updates=sd.optim.adam(loss, [sd.optim.sparse(E)], rate=0.5))
        >>> float(step([7, 7, 3])), E.get_value()[[2, 3, 7]].round(3).tolist()
        (6.0, [[1.0, 1.0], [0.5, 0.5], [0.5, 0.5]])
    """
    if not isinstance(table, SharedVariable) or not is_float(table.dtype) or not table.ndim:
        raise GraphTypeError(f"a sparse parameter is a shared variable of floats with rows, not {shown(table)}{here()}")
    return Sparse(table)


class Storage(ABC):
    """The way in which a parameter, and states of its form, are read and written.

    Attributes:
        table: the parameter.
    """

    table: SharedVariable

    @abstractmethod
    def wrt(self) -> Sequence[Node]:
        """The nodes by which the loss is differentiated."""

    @abstractmethod
    def gradient(self, slopes: Sequence[Node]) -> Node:
        """The gradient, in the form of what ``read`` gives, from the slopes by these nodes."""

    @abstractmethod
    def read(self, state: SharedVariable) -> Node:
        """The part that a step sees of the parameter, or of a state of its form."""

    @abstractmethod
    def write(self, state: SharedVariable, value: Node) -> Node:
        """The new value of a whole state from that of what was read."""

    def own_updates(self) -> dict[Node, Node]:
        """The updates of states of the storage itself."""
        return {}


class Whole(Storage):
    """A parameter that is read and written as a whole."""

    def __init__(self, table: SharedVariable) -> None:
        self.table = table

    def wrt(self) -> Sequence[Node]:
        return [self.table]

    def gradient(self, slopes: Sequence[Node]) -> Node:
        return slopes[0]

    def read(self, state: SharedVariable) -> Node:
        return state

    def write(self, state: SharedVariable, value: Node) -> Node:
        return value


class Rows(Storage):
    """A parameter of which the rows that a loss looks up are read and written.

    Args:
        table: the parameter.
        loss: the loss.

    Raises:
        ArgumentError: if the loss looks up no rows of it, or uses it in any other way.
    """

    def __init__(self, table: SharedVariable, loss: Node) -> None:
        self.table = table
        self._lookups = _lookups(table, loss)
        ids = [T.cast(one.inputs[1], "int64").flatten() for one in self._lookups]
        self._ids = ids[0] if len(ids) == 1 else T.concatenate(ids, 0)
        rows = table.get_value(borrow=True).shape[0]
        self._slot = shared(np.zeros(rows, "int32"), name=f"{table.name or 'parameter'}.slot")
        places = T.cast(T.arange(self._ids.shape[0]), "int32")
        self._slots = T.set_subtensor(self._slot[self._ids], places)
        self._last = self._slots[self._ids]
        # Where a row is looked up several times, its last place stands for it.
        self._is_last = T.eq(self._last, places)

    def wrt(self) -> Sequence[Node]:
        return self._lookups

    def gradient(self, slopes: Sequence[Node]) -> Node:
        row = self.table.ndim - 1
        flat = [one.reshape((-1, *one.shape[one.ndim - row :])) for one in slopes]
        all_rows = flat[0] if len(flat) == 1 else T.concatenate(flat, 0)
        return T.inc_subtensor(T.zeros_like(all_rows)[self._last], all_rows)

    def read(self, state: SharedVariable) -> Node:
        # Norms are sums over rows, and count each of them once.
        rows = state[self._ids]
        return T.where(self._is_last.dimshuffle(0, *("x",) * (rows.ndim - 1)), rows, 0)

    def write(self, state: SharedVariable, value: Node) -> Node:
        # Equal ids get the same row, so that the order of writing does not matter.
        return T.set_subtensor(state[self._ids], value[self._last])

    def own_updates(self) -> dict[Node, Node]:
        return {self._slot: self._slots}


def _lookups(table: SharedVariable, loss: Node) -> list[Node]:
    """The nodes of a loss that look up rows of a table."""
    found: list[Node] = []
    same: set[Node] = {table}
    for node in toposort([loss]):
        if is_dim(node) or not same.intersection(node.inputs):
            continue
        if node.op is specify_shape and node.inputs[0] in same:
            same.add(node)
        elif node.op is gather and node.params["entries"] == ("a",) and node.inputs[1].dtype != "bool":
            found.append(node)
        else:
            raise ArgumentError(
                f"sparse: of {describe(table)} the loss does not only look up rows, table[ids]: {describe(node)} reads "
                f"it too; give the parameter without sd.optim.sparse{here()}"
            )
    if not found:
        raise ArgumentError(f"sparse: the loss looks up no rows of {describe(table)}, table[ids]{here()}")
    return found


__all__ = ["Rows", "Sparse", "Storage", "Whole", "sparse"]

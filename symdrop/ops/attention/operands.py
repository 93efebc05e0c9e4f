"""The operands of attention in native code: in blocks of queries and keys, and loops over these.

A bias or a mask of dropped weights that is a formula (of positions, of a draw) goes into the loops as a formula, not as
a value: it is computed for a block alone. With ``causal``, blocks that no query may see are left out.

Read next: streamed.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ...graph import Node, toposort
from ...op import INPUT, Draw, Elementwise, Size, Sizes, View
from ...types import TensorType
from ..arithmetic import maximum, minimum
from ..closures import close_over
from ..join import refine_shape, with_sizes
from ..linalg import matmul
from ..logic import ge, where
from ..reduce import MINUS_INFINITY
from ..scan import Loop, scan
from ..views import broadcast
from .blocks import UNIT, Blocks, block, block_of_formula
from .formulas import NODES, Pairs
from .scores import kept, optional, weights

# The most queries, or keys, of a block: their scores for a few heads stay in cache.
BLOCK = 128

# Values after a step, and rows to stack.
Step = tuple[Sequence[Node], Sequence[Node]]


def block_loop(
    step: Callable[..., Step],
    range_: tuple[Any, Any, Any],
    initial: Sequence[Node],
    formulas: Sequence[Node],
    name: str,
) -> Loop:
    """A loop whose step is a function of its position and the states.

    Args:
        step: gives the new states and what is stacked, from nodes for the position and for the states.
        range_: the number of rows that are stacked, the first position, and the number of steps.
        initial: the states before the first step.
        formulas: what is computed in every step although it does not depend on the step.
        name: the loop's name.
    """
    position = Node(INPUT, (), TensorType("int64", ()), None, "block")
    states = [Node(INPUT, (), TensorType(x.dtype, x.type.shape), None, "state") for x in initial]
    new, stacked = step(position, *states)
    new = [refine_shape(x, state.type.shape) for x, state in zip(new, states, strict=True)]
    body, captured = close_over([*new, *stacked], [position, *states], formulas)
    made = scan(
        *range_, *initial, *captured, body=body, offsets=(), carries=len(states), reverse=False, until=False,
        truncate=-1, keep="states",
    )  # fmt: skip
    made.name = name
    return Loop(made)


def _formula(nodes: Sequence[Node]) -> list[Node]:
    """The part of the computation of values that is a formula of their indices: draws, elementwise ops and views."""

    def is_end(node: Node) -> bool:
        return not node.ndim or not isinstance(node.op, Elementwise | View | Draw)

    return [node for node in toposort(nodes, stop=is_end) if not is_end(node)]


@dataclass(frozen=True)
class Operands:
    """The operands of attention, and the blocks of their queries and keys.

    Attributes:
        q, k, v: queries, keys and values, their sizes known to fit.
        bias, drop: what is added to the scores and where weights are dropped, or None.
        causal: whether a query sees no key behind its own place.
        rows, columns: the blocks of queries and of keys.
        formulas: the nodes of bias and mask that are computed block by block.
        declared: the keys and values, where they are views that say a size.
        sizes: gives the sizes of nodes.
    """

    q: Node
    k: Node
    v: Node
    bias: Node | None
    drop: Node | None
    causal: bool
    rows: Blocks
    columns: Blocks
    formulas: Sequence[Node]
    declared: Sequence[Node]
    sizes: Sizes

    @property
    def is_one_block(self) -> bool:
        """True if the lengths are known to be those of one block."""
        return self.rows.count == self.columns.count == 1

    def queries(self, x: Node, i: Node, axis: int = -2) -> Node:
        """The part of a value for the queries of a block."""
        return block(x, self.rows.half(i), self.rows.size, axes=(x.ndim + axis,))

    def keys(self, x: Node, j: Node) -> Node:
        """The part of a value for the keys of a block."""
        return block(x, self.columns.half(j), self.columns.size, axes=(x.ndim - 2,))

    def pair(self, x: Node, i: Node, j: Node) -> Node:
        """The part of a value for the queries of one block and the keys of another."""
        spans = (self.rows.half(i), self.rows.size), (self.columns.half(j), self.columns.size)
        return block_of_formula(x, dict(enumerate(spans, x.ndim - 2)), self.sizes)

    def scores(self, q: Node, k: Node, i: Node, j: Node, new_rows: bool) -> Node:
        """The scores of two blocks, -inf where a key must not be seen or was met in the block before.

        Args:
            q, k: the blocks, that of the keys transposed.
            i, j: their numbers.
            new_rows: whether queries that were met in the block before are to see nothing.
        """
        made: Node = matmul(q, k)
        if self.bias is not None:
            made = made + self.pair(self.bias, i, j)
        rows, columns = self.rows.positions(i).dimshuffle(0, "x"), self.columns.positions(j).dimshuffle("x", 0)
        across = broadcast(rows, self.columns.size, axes=(1,), ndim=2)
        along_keys = broadcast(columns, self.rows.size, axes=(0,), ndim=2)
        seen = []
        if not self.columns.fits:
            seen.append(ge(along_keys, self.columns.first_new(j)))
        if new_rows and not self.rows.fits:
            seen.append(ge(across, self.rows.first_new(i)))
        if self.causal:
            seen.append(ge(across, along_keys))
        for one in seen:
            lead = tuple(range(q.ndim - 2))
            whole = broadcast(one, *q.shape[:-2], axes=lead, ndim=q.ndim) if lead else one
            made = where(whole, made, MINUS_INFINITY)
        return made

    def all_pairs(self, sums: Node, logs: Node, g: Node) -> Pairs:
        """All queries and keys; ``sums``, ``logs`` and ``g`` are those of attention's gradient."""
        weight = weights(self.q, self.k, self.bias, self.causal, logs)
        return Pairs(NODES, weight, lambda x: kept(x, self.drop), self.q, self.k, self.v, sums, g)

    def dropped(self, x: Node, i: Node, j: Node) -> Node:
        """Weights, or their cotangents, of two blocks without those that are dropped."""
        return kept(x, None if self.drop is None else self.pair(self.drop, i, j))

    def blocks_seen(self, i: Node) -> Size:
        """How many blocks of keys the queries of a block may see."""
        if not self.causal:
            return self.columns.count
        last = UNIT * self.rows.half(i) + (self.rows.size - 1)
        made: Node = minimum(self.columns.of(maximum(last, 0)) + 1, self.columns.count)
        return made

    def first_seeing(self, j: Node) -> Size:
        """The number of the first block of queries that may see a block of keys."""
        if not self.causal:
            return 0
        made: Node = minimum(self.rows.of(self.columns.first_new(j)), self.rows.count)
        return made


def operands_of(
    sizes: Sizes, q: Node, k: Node, v: Node, given: Sequence[Node], causal: bool, biased: bool, dropped: bool,
    slopes: Node | None = None,
) -> Operands:  # fmt: skip
    """The operands of attention, their sizes declared where these are not seen to fit.

    Args:
        sizes: gives the sizes of nodes.
        q, k, v: queries, keys and values.
        given: the bias and the mask, as far as there are such.
        causal, biased, dropped: the parameters of attention.
        slopes: what else there is for every pair, if anything is.
    """
    *lead, queries, depth = sizes(q)
    keys = sizes(k)[-2]
    masks = [with_sizes(x, [*lead, queries, keys], sizes) for x in given]
    bias, drop = optional(masks, biased, dropped)
    key, value = with_sizes(k, [*lead, keys, depth], sizes), with_sizes(v, [*lead, keys, sizes(v)[-1]], sizes)
    # Before the loops a view that only says a size would be a copy.
    declared = [new for x, new in ((k, key), (v, value)) if new is not x]
    rows, columns = Blocks(queries, BLOCK), Blocks(keys, BLOCK)
    formulas = _formula([*masks, *([] if slopes is None else [slopes])])
    return Operands(q, key, value, bias, drop, causal, rows, columns, formulas, declared, sizes)

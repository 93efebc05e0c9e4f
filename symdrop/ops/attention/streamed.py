"""Attention in native code: a loop over blocks of queries around a loop over blocks of keys.

The scores of one pair of blocks are all that is there at a time, so memory grows with the number of queries and keys,
not with their product. The softmax of a row is found as its keys come along: a larger score than all before rescales
what has been added up. On the way back the scores are computed again, block by block, keys outside and queries inside.
Lengths that are known to be those of one block need no loop.

A bias or a mask of dropped weights that is a formula (of positions, of a draw) goes into the loops as a formula, not as
a value: it is computed for a block alone. With ``causal``, blocks that no query may see are left out.

Sources: M. Milakov and N. Gimelshein, "Online normalizer calculation for softmax", arXiv:1805.02867, 2018; M. Rabe and
C. Staats, "Self-attention does not need O(n^2) memory", arXiv:2112.05682, 2021; T. Dao et al., "FlashAttention: fast
and memory-efficient exact attention with IO-awareness", NeurIPS 2022.

Read next: ../decompositions/__init__.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ...graph import Node, toposort
from ...op import INPUT, Draw, Elementwise, Size, Sizes, View, as_node, convert
from ...types import TensorType
from ..arithmetic import add, maximum, minimum
from ..closures import close_over
from ..functions import exp, log
from ..join import refine_shape, with_sizes
from ..linalg import matmul, transposed
from ..logic import ge, gt, where
from ..reduce import MINUS_INFINITY, along, max_, sum_
from ..scan import Loop, scan
from ..views import broadcast, filled
from .attention import attention
from .blocks import UNIT, Blocks, block, block_of_formula
from .gradient import attention_gradient, slopes
from .scores import finite, kept, means, optional

# The most queries, or keys, of a block: their scores for a few heads stay in cache.
BLOCK = 128

# Values after a step, and rows to stack.
Step = tuple[Sequence[Node], Sequence[Node]]


def _loop(
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
class _Operands:
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


def _operands(
    sizes: Sizes, q: Node, k: Node, v: Node, given: Sequence[Node], causal: bool, biased: bool, dropped: bool
) -> _Operands:
    *lead, queries, depth = sizes(q)
    keys = sizes(k)[-2]
    masks = [with_sizes(x, [*lead, queries, keys], sizes) for x in given]
    bias, drop = optional(masks, biased, dropped)
    key, value = with_sizes(k, [*lead, keys, depth], sizes), with_sizes(v, [*lead, keys, sizes(v)[-1]], sizes)
    # Before the loops a view that only says a size would be a copy.
    declared = [new for x, new in ((k, key), (v, value)) if new is not x]
    rows, columns = Blocks(queries, BLOCK), Blocks(keys, BLOCK)
    return _Operands(q, key, value, bias, drop, causal, rows, columns, _formula(masks), declared, sizes)


@attention.decomposition
def streamed_attention(
    sizes: Sizes, y: Node, q: Node, k: Node, v: Node, *given: Node, causal: bool, biased: bool, dropped: bool
) -> tuple[Node, Node]:
    parts = _operands(sizes, q, k, v, given, causal, biased, dropped)
    if parts.is_one_block:
        return means(q, parts.k, parts.v, parts.bias, parts.drop, causal)
    lead = sizes(q)[:-2]
    last = (q.ndim - 1,)

    def for_queries(i: Node) -> Step:
        mine = parts.queries(q, i)

        def for_keys(j: Node, top: Node, total: Node, mean: Node) -> Step:
            score = parts.scores(mine, transposed(parts.keys(parts.k, j)), i, j, new_rows=False)
            above = maximum(top, max_(score, axis=last))
            base = finite(above)
            before = exp(top - base)
            weight = exp(score - along(score, base, last))
            added = matmul(parts.dropped(weight, i, j), parts.keys(parts.v, j))
            return (above, total * before + sum_(weight, axis=last), mean * along(mean, before, last) + added), ()

        shape = (*lead, parts.rows.size)
        zero, low = (convert(as_node(number), q.dtype) for number in (0, MINUS_INFINITY))
        initial = filled(low, shape), filled(zero, shape), filled(zero, (*shape, sizes(v)[-1]))
        steps = parts.columns.count, 0, parts.blocks_seen(i)
        loop = _loop(for_keys, steps, initial, [*parts.formulas, *parts.declared], "blocks of keys")
        top, total, mean = (loop.last_state(number) for number in range(3))
        divisor = where(gt(total, 0), total, 1)
        return (), (mean / along(mean, divisor, last), add(finite(top), log(divisor)))

    count = parts.rows.count
    loop = _loop(for_queries, (count, 0, count), (), [*parts.formulas, *parts.declared], "blocks of queries")
    out, logs = (parts.rows.joined(loop.stack(number), len(lead)) for number in (0, 1))
    return out, logs


@attention_gradient.decomposition
def streamed_attention_gradient(
    sizes: Sizes, y: Node, q: Node, k: Node, v: Node, out: Node, logs: Node, g: Node, *given: Node,
    causal: bool, biased: bool, dropped: bool,
) -> tuple[Node, Node, Node]:  # fmt: skip
    parts = _operands(sizes, q, k, v, given, causal, biased, dropped)
    *lead, queries, depth = sizes(q)
    last = (q.ndim - 1,)
    shape = [*lead, queries, sizes(v)[-1]]
    g, logs, out = with_sizes(g, shape, sizes), with_sizes(logs, shape[:-1], sizes), with_sizes(out, shape, sizes)
    if parts.is_one_block:
        return slopes(q, parts.k, parts.v, out, logs, g, parts.bias, parts.drop, causal)
    sums = sum_(g * out, axis=last)
    zero = convert(as_node(0), q.dtype)
    count = parts.rows.count

    def for_keys(j: Node, to_queries: Node) -> Step:
        key, value = parts.keys(parts.k, j), parts.keys(parts.v, j)
        # Products read them in place, if they are there inside the loop.
        across = key_across, value_across = transposed(key), transposed(value)

        def for_queries(i: Node, to_key: Node, to_value: Node) -> Step:
            mine, arrived = parts.queries(q, i), parts.queries(g, i)
            score = parts.scores(mine, key_across, i, j, new_rows=True)
            weight = exp(score - along(score, parts.queries(logs, i, -1), last))
            to_weight = parts.dropped(matmul(arrived, value_across), i, j)
            slope = weight * (to_weight - along(score, parts.queries(sums, i, -1), last))
            weight_kept = parts.dropped(weight, i, j)
            return (
                to_key + matmul(transposed(slope), mine),
                to_value + matmul(transposed(weight_kept), arrived),
            ), (matmul(slope, key),)

        first = parts.first_seeing(j)
        initial = [filled(zero, (*lead, parts.columns.size, width)) for width in (depth, shape[-1])]
        steps = count, first, as_node(count) - first if parts.causal else count
        formulas = [*parts.formulas, *across]
        loop = _loop(for_queries, steps, initial, formulas, "blocks of queries, backwards")
        return (to_queries + loop.stack(0),), (loop.last_state(0), loop.last_state(1))

    initial = filled(zero, (count, *lead, parts.rows.size, depth))
    keys = parts.columns.count
    formulas = [*parts.formulas, *parts.declared]
    loop = _loop(for_keys, (keys, 0, keys), [initial], formulas, "blocks of keys, backwards")
    to_q = parts.rows.joined(loop.last_state(0), len(lead))
    to_k, to_v = (parts.columns.joined(loop.stack(number), len(lead)) for number in (0, 1))
    return to_q, to_k, to_v

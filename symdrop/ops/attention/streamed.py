"""Attention in native code: a loop over blocks of queries around a loop over blocks of keys.

The scores of one pair of blocks are all that is there at a time, so memory grows with the number of queries and keys,
not with their product. The softmax of a row is found as its keys come along: a larger score than all before rescales
what has been added up. On the way back the scores are computed again, block by block, keys outside and queries inside.
Lengths that are known to be those of one block need no loop.

Sources: M. Milakov and N. Gimelshein, "Online normalizer calculation for softmax", arXiv:1805.02867, 2018; M. Rabe and
C. Staats, "Self-attention does not need O(n^2) memory", arXiv:2112.05682, 2021; T. Dao et al., "FlashAttention: fast
and memory-efficient exact attention with IO-awareness", NeurIPS 2022.

Read next: pairs.py
"""

from __future__ import annotations

from ...graph import Node
from ...op import Sizes, as_node, convert
from ..arithmetic import add, maximum
from ..functions import exp, log
from ..join import with_sizes
from ..linalg import matmul, transposed
from ..logic import gt, where
from ..reduce import MINUS_INFINITY, along, max_, sum_
from ..views import filled
from .attention import attention
from .gradient import attention_gradient
from .operands import Step, block_loop, operands_of
from .scores import finite, means


@attention.decomposition
def streamed_attention(
    sizes: Sizes, y: Node, q: Node, k: Node, v: Node, *given: Node, causal: bool, biased: bool, dropped: bool
) -> tuple[Node, Node]:
    parts = operands_of(sizes, q, k, v, given, causal, biased, dropped)
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
        loop = block_loop(for_keys, steps, initial, [*parts.formulas, *parts.declared], "blocks of keys")
        top, total, mean = (loop.last_state(number) for number in range(3))
        divisor = where(gt(total, 0), total, 1)
        return (), (mean / along(mean, divisor, last), add(finite(top), log(divisor)))

    count = parts.rows.count
    loop = block_loop(for_queries, (count, 0, count), (), [*parts.formulas, *parts.declared], "blocks of queries")
    out, logs = (parts.rows.joined(loop.stack(number), len(lead)) for number in (0, 1))
    return out, logs


@attention_gradient.decomposition
def streamed_attention_gradient(
    sizes: Sizes, y: Node, q: Node, k: Node, v: Node, sums: Node, logs: Node, g: Node, *given: Node,
    causal: bool, biased: bool, dropped: bool,
) -> tuple[Node, Node, Node]:  # fmt: skip
    parts = operands_of(sizes, q, k, v, given, causal, biased, dropped)
    *lead, queries, depth = sizes(q)
    last = (q.ndim - 1,)
    shape = [*lead, queries, sizes(v)[-1]]
    g, logs, sums = (with_sizes(x, shape[: x.ndim], sizes) for x in (g, logs, sums))
    if parts.is_one_block:
        return parts.all_pairs(sums, logs, g).gradient()
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
        loop = block_loop(for_queries, steps, initial, formulas, "blocks of queries, backwards")
        return (to_queries + loop.stack(0),), (loop.last_state(0), loop.last_state(1))

    initial = filled(zero, (count, *lead, parts.rows.size, depth))
    keys = parts.columns.count
    formulas = [*parts.formulas, *parts.declared]
    loop = block_loop(for_keys, (keys, 0, keys), [initial], formulas, "blocks of keys, backwards")
    to_q = parts.rows.joined(loop.last_state(0), len(lead))
    to_k, to_v = (parts.columns.joined(loop.stack(number), len(lead)) for number in (0, 1))
    return to_q, to_k, to_v

"""The gradient by a bias, and second derivatives, in native code: one loop over all pairs of blocks.

What a pair of blocks gives is added where it belongs in results that the loop carries and changes in place. Queries and
keys that were met in the block before have no weight, and add zeros.

Read next: ../decompositions/__init__.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...graph import Node
from ...op import Size, Sizes, as_node, convert
from ..arithmetic import floor_div, mod
from ..functions import exp
from ..join import with_sizes
from ..lengths import product
from ..linalg import transposed
from ..reduce import along
from ..views import filled
from .bias import Axes, attention_bias_gradient, left, summed_over
from .blocks import add_block
from .curvature import attention_bias_curvature, attention_curvature, split_operands
from .formulas import NODES, Cotangents, Pairs, by_scores, curvature
from .operands import Operands, block_loop, operands_of

# What is added to a result: a value for a pair of blocks, and whether axes of it count queries or keys.
Added = tuple[Node, Sequence[str]]


class _PairLoop:
    """A loop over all pairs of blocks.

    Args:
        parts: the operands.
        sums, logs, g: those of attention's gradient.
        to: the cotangents that second derivatives begin with.
    """

    def __init__(self, parts: Operands, sums: Node, logs: Node, g: Node, to: Cotangents | None = None) -> None:
        self.parts = parts
        *lead, queries, _ = parts.sizes(parts.q)
        self.scores = (*lead, queries, parts.sizes(parts.k)[-2])
        self.lead = ("",) * len(lead)
        shape = (*lead, queries, parts.sizes(parts.v)[-1])
        self.g, self.logs, self.sums = (with_sizes(x, shape[: x.ndim], parts.sizes) for x in (g, logs, sums))
        self.to = to
        if to is not None:
            like = zip(to[:3], (parts.q, parts.k, parts.v), strict=True)
            q, k, v = (with_sizes(x, parts.sizes(y), parts.sizes) for x, y in like)
            self.to = Cotangents(q, k, v, to.slopes)

    def pairs(self, i: Node, j: Node) -> Pairs:
        """The pairs of two blocks."""
        parts = self.parts
        q, k, v = parts.queries(parts.q, i), parts.keys(parts.k, j), parts.keys(parts.v, j)
        score = parts.scores(q, transposed(k), i, j, new_rows=True)
        logs, sums = (parts.queries(x, i, -1) for x in (self.logs, self.sums))
        weight = exp(score - along(score, logs, (score.ndim - 1,)))
        return Pairs(NODES, weight, lambda x: parts.dropped(x, i, j), q, k, v, sums, parts.queries(self.g, i))

    def cotangents(self, i: Node, j: Node) -> Cotangents:
        """The blocks of the cotangents."""
        assert self.to is not None
        parts, (q, k, v, slopes) = self.parts, self.to
        across = None if slopes is None else parts.pair(slopes, i, j)
        return Cotangents(parts.queries(q, i), parts.keys(k, j), parts.keys(v, j), across)

    def totals(self, shapes: Sequence[Sequence[Size]], added: Callable[[Node, Node], Sequence[Added]]) -> list[Node]:
        """The sums of values that all pairs of blocks give.

        Args:
            shapes: those of the results.
            added: gives what the pair of two blocks adds to each of them.
        """
        parts = self.parts
        rows, count = parts.rows.count, product((parts.rows.count, parts.columns.count))

        def step(t: Node, *totals: Node) -> Any:
            i, j = mod(t, rows), floor_div(t, rows)
            pairs = zip(totals, added(i, j), strict=True)
            return [self._put(total, value, axes, i, j) for total, (value, axes) in pairs], ()

        zero = convert(as_node(0), parts.q.dtype)
        formulas = [*parts.formulas, *parts.declared]
        initial = [filled(zero, tuple(shape)) for shape in shapes]
        loop = block_loop(step, (count, 0, count), initial, formulas, "pairs of blocks")
        return [loop.last_state(number) for number in range(len(initial))]

    def _put(self, total: Node, value: Node, axes: Sequence[str], i: Node, j: Node) -> Node:
        """A total with a value added where the two blocks lie."""
        numbers = {"queries": (self.parts.rows, i), "keys": (self.parts.columns, j)}
        places = {axis: numbers[name] for axis, name in enumerate(axes) if name}
        halves = [blocks.half(number) for blocks, number in places.values()]
        made: Node = add_block(total, value, *halves, axes=tuple(places), entries=()) if places else total + value
        return made

    def of_scores(self, slopes: Callable[[Node, Node], Node], summed: Axes) -> Node:
        """Slopes of all scores, summed over some axes."""
        axes = left((*self.lead, "queries", "keys"), summed)
        shape = left(self.scores, summed)
        (total,) = self.totals([shape], lambda i, j: [(summed_over(slopes(i, j), summed), axes)])
        return total


@attention_bias_gradient.decomposition
def streamed_bias_gradient(
    sizes: Sizes, y: Node, q: Node, k: Node, v: Node, sums: Node, logs: Node, g: Node, *given: Node,
    summed: Axes, **params: Any,
) -> Node:  # fmt: skip
    parts = operands_of(sizes, q, k, v, given, **params)
    if parts.is_one_block:
        return summed_over(parts.all_pairs(sums, logs, g).slopes(), summed)
    loop = _PairLoop(parts, sums, logs, g)
    return loop.of_scores(lambda i, j: loop.pairs(i, j).slopes(), summed)


@attention_curvature.decomposition
def streamed_curvature(sizes: Sizes, y: Node, *inputs: Node, **params: Any) -> Sequence[Node]:
    (q, k, v, sums, logs, g, *given), to = split_operands(inputs, params["biased"])
    parts = operands_of(sizes, q, k, v, given, **params, slopes=to.slopes)
    if parts.is_one_block:
        return curvature(parts.all_pairs(sums, logs, g), to)
    loop = _PairLoop(parts, sums, logs, g, to)
    rows, keys = (*loop.lead, "queries"), (*loop.lead, "keys")
    axes = (*rows, ""), (*keys, ""), (*keys, ""), rows, rows, (*rows, "")

    def added(i: Node, j: Node) -> Sequence[Added]:
        return list(zip(curvature(loop.pairs(i, j), loop.cotangents(i, j)), axes, strict=True))

    like = parts.q, parts.k, parts.v, loop.sums, loop.logs, loop.g
    shapes = [sizes(parts.q), sizes(parts.k), sizes(parts.v), loop.scores[:-1], loop.scores[:-1], sizes(like[-1])]
    return loop.totals(shapes, added)


@attention_bias_curvature.decomposition
def streamed_bias_curvature(sizes: Sizes, y: Node, *inputs: Node, summed: Axes, **params: Any) -> Node:
    (q, k, v, sums, logs, g, *given), to = split_operands(inputs, params["biased"])
    parts = operands_of(sizes, q, k, v, given, **params, slopes=to.slopes)
    if parts.is_one_block:
        return summed_over(by_scores(parts.all_pairs(sums, logs, g), to), summed)
    loop = _PairLoop(parts, sums, logs, g, to)
    return loop.of_scores(lambda i, j: by_scores(loop.pairs(i, j), loop.cotangents(i, j)), summed)

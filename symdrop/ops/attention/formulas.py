"""Slopes of scores and what follows from them: one text for arrays, for nodes of all pairs, and for blocks of pairs.

    slopes     = weights * (kept(g @ v.T) - sums)                 of the scores
    by slopes  = to_q @ k.T + q @ to_k.T + to_bias                what their cotangent is
    by scores  = weights * (by slopes * slopes / weights + kept(g @ to_v.T))

Source: T. Dao et al., "FlashAttention: fast and memory-efficient exact attention with IO-awareness", NeurIPS 2022,
appendix B; the second derivative is that formula, differentiated.

Read next: scores.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..linalg import matmul, transposed
from ..reduce import along, sum_


class Maths(NamedTuple):
    """The functions of matrices that the formulas take, for arrays or for nodes.

    Attributes:
        matmul, transposed: of matrices.
        total: the sums over the last axis.
        along: a number for every row, as large as a matrix that is given first.
    """

    matmul: Callable[[Any, Any], Any]
    transposed: Callable[[Any], Any]
    total: Callable[[Any], Any]
    along: Callable[[Any, Any], Any]


NODES = Maths(matmul, transposed, lambda x: sum_(x, axis=(x.ndim - 1,)), lambda x, rows: along(x, rows, (x.ndim - 1,)))


def of_arrays(m: Any) -> Maths:
    """The functions of arrays."""
    return Maths(
        m.matmul, lambda x: m.swapaxes(x, -1, -2), lambda x: m.sum(x, axis=-1), lambda x, rows: rows[..., None]
    )


class Pairs(NamedTuple):
    """Queries and keys, all or a block of each, with what is known of their pairs.

    Attributes:
        maths: the functions of matrices.
        weight: the weights of all pairs, before any are dropped.
        kept: gives a matrix of pairs without those that are dropped.
        q, k, v: queries, keys and values.
        sums: for every query what is subtracted from the cotangents of its weights.
        g: the cotangent of attention.
    """

    maths: Maths
    weight: Any
    kept: Callable[[Any], Any]
    q: Any
    k: Any
    v: Any
    sums: Any
    g: Any

    def centred(self) -> Any:
        """The cotangents of the weights, less the number of their query."""
        to_weight = self.kept(self.maths.matmul(self.g, self.maths.transposed(self.v)))
        return to_weight - self.maths.along(to_weight, self.sums)

    def slopes(self) -> Any:
        """The cotangents of the scores."""
        return self.weight * self.centred()

    def gradient(self) -> tuple[Any, Any, Any]:
        """The cotangents of queries, keys and values."""
        matmul, transposed, *_ = self.maths
        slope = self.slopes()
        return (
            matmul(slope, self.k),
            matmul(transposed(slope), self.q),
            matmul(transposed(self.kept(self.weight)), self.g),
        )


class Cotangents(NamedTuple):
    """Cotangents of the three values of a gradient, and of the slopes of scores; None for zeros of the latter."""

    q: Any
    k: Any
    v: Any
    slopes: Any = None


def by_slopes(pairs: Pairs, to: Cotangents) -> Any:
    """The cotangent of the slopes."""
    matmul, transposed, *_ = pairs.maths
    made = matmul(to.q, transposed(pairs.k)) + matmul(pairs.q, transposed(to.k))
    return made if to.slopes is None else made + to.slopes


def by_scores(pairs: Pairs, to: Cotangents) -> Any:
    """The cotangents of the scores, from those of what their slopes gave."""
    matmul, transposed, *_ = pairs.maths
    inner = pairs.kept(matmul(pairs.g, transposed(to.v)))
    return pairs.weight * (by_slopes(pairs, to) * pairs.centred() + inner)


def curvature(pairs: Pairs, to: Cotangents) -> tuple[Any, ...]:
    """The cotangents of queries, keys, values, sums, logarithms and g, from those of what the slopes gave."""
    matmul, transposed, total, _ = pairs.maths
    slope, to_score = pairs.slopes(), by_scores(pairs, to)
    by_centred = pairs.weight * by_slopes(pairs, to)
    by_weight = pairs.kept(by_centred)
    return (
        matmul(to_score, pairs.k) + matmul(slope, to.k),
        matmul(transposed(to_score), pairs.q) + matmul(transposed(slope), to.q),
        matmul(transposed(by_weight), pairs.g),
        -total(by_centred),
        -total(to_score),
        matmul(by_weight, pairs.v) + matmul(pairs.kept(pairs.weight), to.v),
    )

"""The pullback of attention, an op of its own: from the logarithms of the sums a weight follows from its score alone.

    weights = exp(q @ k.T + bias - logs)
    to v:      kept(weights).T @ g
    slopes = weights * (kept(g @ v.T) - sum(g * out))
    to q, k:   slopes @ k, slopes.T @ q

Its own pullback is written out for all pairs of queries and keys.

Source: T. Dao et al., "FlashAttention: fast and memory-efficient exact attention with IO-awareness", NeurIPS 2022,
appendix B.

Read next: attention.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...graph import Node
from ...op import ZERO, Sizes
from ...types import TensorType, TupleType
from ..barriers import structural_zeros_like
from ..linalg import matmul, transposed
from ..reduce import sum_
from .scores import Attention, attention_arrays, kept, optional, row_sum, scores, shape_of_scores, weights


def _attention_gradient(
    m: Any, q: Any, k: Any, v: Any, out: Any, logs: Any, g: Any, *given: Any, causal: bool, biased: bool, dropped: bool
) -> Any:
    """The cotangents of queries, keys and values from that of attention."""
    bias, drop = optional(given, biased, dropped)
    shape_of_scores(q.shape, k.shape, v.shape, *(x.shape for x in given))
    weight = m.exp(scores(m, q, k, bias, causal) - logs[..., None])
    to_weight = m.matmul(g, m.swapaxes(v, -1, -2))
    weight_kept = weight
    if dropped:
        weight_kept, to_weight = (m.where(drop, m.zeros_like(x), x) for x in (weight, to_weight))
    slope = weight * (to_weight - m.sum(g * out, axis=-1, keepdims=True))
    return m.matmul(slope, k), m.matmul(m.swapaxes(slope, -1, -2), q), m.matmul(m.swapaxes(weight_kept, -1, -2), g)


attention_gradient = Attention(_attention_gradient, name="attention_gradient", floats=6, axis_params=())


@attention_gradient.infer
def attention_gradient_type(
    q: Node, k: Node, v: Node, out: Node, logs: Node, g: Node, *given: Node, **params: Any
) -> TupleType:
    shape_of_scores(q.type.shape, k.type.shape, v.type.shape, *(x.type.shape for x in given))
    return TupleType(tuple(TensorType(x.dtype, x.type.shape) for x in (q, k, v)))


@attention_gradient.sizes
def attention_gradient_sizes(sizes: Sizes, q: Node, k: Node, v: Node, *others: Node, **params: Any) -> Sequence[Any]:
    return [sizes(q), sizes(k), sizes(v)]


@attention_gradient.pullback
def attention_gradient_pullback(
    h: Sequence[Any], y: Node, q: Node, k: Node, v: Node, out: Node, logs: Node, g: Node, *given: Node,
    causal: bool, biased: bool, dropped: bool,
) -> Any:  # fmt: skip
    bias, drop = optional(given, biased, dropped)
    to_q, to_k, to_v = (
        structural_zeros_like(x) if part is ZERO else part for x, part in zip((q, k, v), h, strict=True)
    )
    weight = weights(q, k, bias, causal, logs)
    centred = kept(matmul(g, transposed(v)), drop) - row_sum(g * out, k.shape[-2])
    slope = weight * centred
    by_slope = matmul(to_q, transposed(k)) + matmul(q, transposed(to_k))
    by_centred = weight * by_slope
    by_to_weight = kept(by_centred, drop)
    by_score = weight * (by_slope * centred + kept(matmul(g, transposed(to_v)), drop))
    by_sum = row_sum(by_centred, v.shape[-1])
    return (
        matmul(by_score, k) + matmul(slope, to_k),
        matmul(transposed(by_score), q) + matmul(transposed(slope), to_q),
        matmul(transposed(by_to_weight), g),
        -by_sum * g,
        -sum_(by_score, axis=(q.ndim - 1,)),
        matmul(by_to_weight, v) + matmul(kept(weight, drop), to_v) - by_sum * out,
        *([by_score] if biased else []),
    )


def slopes(
    q: Node, k: Node, v: Node, out: Node, logs: Node, g: Node, bias: Node | None, drop: Node | None, causal: bool
) -> tuple[Node, Node, Node]:
    """The cotangents of queries, keys and values of all pairs at once, as nodes."""
    weight = weights(q, k, bias, causal, logs)
    slope = weight * (kept(matmul(g, transposed(v)), drop) - row_sum(g * out, k.shape[-2]))
    return matmul(slope, k), matmul(transposed(slope), q), matmul(transposed(kept(weight, drop)), g)


@attention_gradient.samples
def attention_gradient_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    if np.dtype(dtype).kind != "f":
        return
    for (q, k, v, *given), params in attention_arrays(rng, dtype):
        score = scores(np, q, k, given[0] if params["biased"] else None, params["causal"])
        logs = np.log(np.sum(np.exp(score), axis=-1))
        weight = np.exp(score - logs[..., None])
        out = np.where(given[1], 0, weight).astype(dtype) @ v if params["dropped"] else weight @ v
        yield (q, k, v, out, logs, rng.uniform(-1, 1, out.shape).astype(dtype), *given), params

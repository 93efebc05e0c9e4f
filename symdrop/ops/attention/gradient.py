"""The pullback of attention, an op of its own: from the logarithms of the sums a weight follows from its score alone.

    weights = exp(q @ k.T + bias - logs)
    to v:      kept(weights).T @ g
    slopes = weights * (kept(g @ v.T) - sums)                     sums = sum(g * out), a number for every query
    to q, k:   slopes @ k, slopes.T @ q

Source: T. Dao et al., "FlashAttention: fast and memory-efficient exact attention with IO-awareness", NeurIPS 2022,
appendix B.

Read next: bias.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...graph import Node
from ...op import Sizes
from ...types import TensorType, TupleType
from .formulas import NODES, Pairs, of_arrays
from .scores import Attention, attention_arrays, kept, optional, scores, shape_of_scores, weights


def array_pairs(m: Any, q: Any, k: Any, v: Any, sums: Any, logs: Any, g: Any, *given: Any, **params: Any) -> Pairs:
    """All pairs of queries and keys, as arrays."""
    bias, drop = optional(given, params["biased"], params["dropped"])
    shape_of_scores(q.shape, k.shape, v.shape, *(x.shape for x in given))
    weight = m.exp(scores(m, q, k, bias, params["causal"]) - logs[..., None])

    def keep(x: Any) -> Any:
        return x if drop is None else m.where(drop, m.zeros_like(x), x)

    return Pairs(of_arrays(m), weight, keep, q, k, v, sums, g)


def node_pairs(q: Node, k: Node, v: Node, sums: Node, logs: Node, g: Node, *given: Node, **params: Any) -> Pairs:
    """All pairs of queries and keys, as nodes."""
    bias, drop = optional(given, params["biased"], params["dropped"])
    weight = weights(q, k, bias, params["causal"], logs)
    return Pairs(NODES, weight, lambda x: kept(x, drop), q, k, v, sums, g)


def _attention_gradient(
    m: Any, q: Any, k: Any, v: Any, sums: Any, logs: Any, g: Any, *given: Any, **params: Any
) -> Any:
    """The cotangents of queries, keys and values from that of attention."""
    return array_pairs(m, q, k, v, sums, logs, g, *given, **params).gradient()


attention_gradient = Attention(_attention_gradient, name="attention_gradient", floats=6, axis_params=())


@attention_gradient.infer
def attention_gradient_type(
    q: Node, k: Node, v: Node, sums: Node, logs: Node, g: Node, *given: Node, **params: Any
) -> TupleType:
    shape_of_scores(q.type.shape, k.type.shape, v.type.shape, *(x.type.shape for x in given))
    return TupleType(tuple(TensorType(x.dtype, x.type.shape) for x in (q, k, v)))


@attention_gradient.sizes
def attention_gradient_sizes(sizes: Sizes, q: Node, k: Node, v: Node, *others: Node, **params: Any) -> Sequence[Any]:
    return [sizes(q), sizes(k), sizes(v)]


def gradient_arrays(rng: np.random.Generator, dtype: str) -> Iterator[tuple[list[Any], list[Any], dict[str, bool]]]:
    """The operands of the gradient, bias and mask apart, as the tests try it on, and the parameters with them."""
    for (q, k, v, *given), params in attention_arrays(rng, dtype):
        score = scores(np, q, k, given[0] if params["biased"] else None, params["causal"])
        logs = np.log(np.sum(np.exp(score), axis=-1))
        weight = np.exp(score - logs[..., None])
        out = np.where(given[1], 0, weight).astype(dtype) @ v if params["dropped"] else weight @ v
        g = rng.uniform(-1, 1, out.shape).astype(dtype)
        yield [q, k, v, np.sum(g * out, axis=-1), logs, g], given, params


@attention_gradient.samples
def attention_gradient_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    if np.dtype(dtype).kind == "f":
        yield from (((*operands, *given), params) for operands, given, params in gradient_arrays(rng, dtype))

"""The second derivatives of attention: the pullbacks of its gradient, ops of their own like that.

From the cotangents of the gradient's values, and of the slopes of the scores where there is a bias, follow those of
queries, keys, values, the numbers of the queries and g; and, by another op, that of the bias. Both say what they are as
nodes of all pairs; derivatives of the third order are those of these nodes.

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
from ..join import item
from .bias import Axes, attention_bias_gradient, left, spread, summed_over
from .formulas import Cotangents, by_scores, curvature
from .gradient import array_pairs, attention_gradient, gradient_arrays, node_pairs
from .scores import Attention, shape_of_scores


def split_operands(inputs: Sequence[Any], biased: bool) -> tuple[list[Any], Cotangents]:
    """The operands of the gradient, and the cotangents among those of the curvature."""
    end = 9 + biased
    return [*inputs[:6], *inputs[end:]], Cotangents(*inputs[6:end])


def _attention_curvature(m: Any, *inputs: Any, causal: bool, biased: bool, dropped: bool) -> Any:
    """The cotangents of what the gradient of attention is computed from, but the bias."""
    operands, to = split_operands(inputs, biased)
    return curvature(array_pairs(m, *operands, causal=causal, biased=biased, dropped=dropped), to)


def _attention_bias_curvature(m: Any, *inputs: Any, summed: Axes, causal: bool, biased: bool, dropped: bool) -> Any:
    """The cotangent of the bias that the gradient of attention is computed from, summed over some axes."""
    operands, to = split_operands(inputs, biased)
    return m.sum(by_scores(array_pairs(m, *operands, causal=causal, biased=biased, dropped=dropped), to), axis=summed)


attention_curvature = Attention(_attention_curvature, name="attention_curvature", floats=9, slopes=True, axis_params=())
attention_bias_curvature = Attention(
    _attention_bias_curvature,
    name="attention_bias_curvature",
    floats=9,
    slopes=True,
    axis_params=("summed",),
    sums_over="summed",
)


@attention_curvature.infer
def attention_curvature_type(*inputs: Node, **params: Any) -> TupleType:
    (q, k, v, *_), _ = split_operands(inputs, params["biased"])
    given = inputs[9:]
    shape = shape_of_scores(q.type.shape, k.type.shape, v.type.shape, *(x.type.shape for x in given))
    known = q.type.shape, k.type.shape, v.type.shape, shape[:-1], shape[:-1], (*shape[:-1], v.type.shape[-1])
    return TupleType(tuple(TensorType(q.dtype, one) for one in known))


@attention_curvature.sizes
def attention_curvature_sizes(sizes: Sizes, q: Node, k: Node, v: Node, *others: Node, **params: Any) -> Sequence[Any]:
    rows = sizes(q)[:-1]
    return [sizes(q), sizes(k), sizes(v), rows, rows, (*rows, sizes(v)[-1])]


@attention_bias_curvature.infer
def attention_bias_curvature_type(*inputs: Node, summed: Axes, **params: Any) -> TensorType:
    (q, k, v, *_), _ = split_operands(inputs, params["biased"])
    masks = inputs[9:]
    shape = shape_of_scores(q.type.shape, k.type.shape, v.type.shape, *(x.type.shape for x in masks))
    return TensorType(q.dtype, left(shape, summed))


@attention_bias_curvature.sizes
def attention_bias_curvature_sizes(
    sizes: Sizes, q: Node, k: Node, *others: Node, summed: Axes, **params: Any
) -> Sequence[Any]:
    return left((*sizes(q)[:-1], sizes(k)[-2]), summed)


@attention_curvature.expansion
def all_curvature(*inputs: Node, **params: Any) -> Sequence[Node]:
    operands, to = split_operands(inputs, params["biased"])
    return curvature(node_pairs(*operands, **params), to)


@attention_bias_curvature.expansion
def all_bias_curvature(*inputs: Node, summed: Axes, **params: Any) -> Sequence[Node]:
    operands, to = split_operands(inputs, params["biased"])
    return [summed_over(by_scores(node_pairs(*operands, **params), to), summed)]


@attention_gradient.pullback
def attention_gradient_pullback(
    h: Sequence[Any], y: Node, q: Node, k: Node, v: Node, sums: Node, logs: Node, g: Node, *given: Node,
    causal: bool, biased: bool, dropped: bool,
) -> Any:  # fmt: skip
    to = [structural_zeros_like(x) if part is ZERO else part for x, part in zip((q, k, v), h, strict=True)]
    # The scores' slopes are read by nobody else.
    to += [structural_zeros_like(given[0])] if biased else []
    inputs = (q, k, v, sums, logs, g, *to, *given)
    params = {"causal": causal, "biased": biased, "dropped": dropped}
    made = attention_curvature(*inputs, **params)
    found = [item(made, index=index) for index in range(6)]
    return (*found, attention_bias_curvature(*inputs, **params, summed=())) if biased else tuple(found)


@attention_bias_gradient.pullback
def attention_bias_gradient_pullback(
    h: Node, y: Node, q: Node, k: Node, v: Node, sums: Node, logs: Node, g: Node, *given: Node,
    causal: bool, biased: bool, dropped: bool, summed: Axes,
) -> Any:  # fmt: skip
    whole = spread(h, (*q.shape[:-1], k.shape[-2]), summed)
    inputs = (q, k, v, sums, logs, g, *map(structural_zeros_like, (q, k, v)), whole, *given)
    params = {"causal": causal, "biased": biased, "dropped": dropped}
    made = attention_curvature(*inputs, **params)
    found = [item(made, index=index) for index in range(6)]
    return (*found, attention_bias_curvature(*inputs, **params, summed=()))


def _arrays(rng: np.random.Generator, dtype: str) -> Iterator[tuple[tuple[Any, ...], dict[str, bool]]]:
    if np.dtype(dtype).kind != "f":
        return
    for operands, given, params in gradient_arrays(rng, dtype):
        like = [*operands[:3], *given[: params["biased"]]]
        yield (*operands, *(rng.uniform(-1, 1, x.shape).astype(dtype) for x in like), *given), params


@attention_curvature.samples
def attention_curvature_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield from _arrays(rng, dtype)


@attention_bias_curvature.samples
def attention_bias_curvature_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    for inputs, params in _arrays(rng, dtype):
        if params["biased"]:
            ndim = inputs[0].ndim
            for summed in ((), tuple(range(ndim - 2))):
                yield inputs, {**params, "summed": summed}

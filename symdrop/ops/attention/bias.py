"""The gradient of attention by what is added to the scores: the slopes of the scores, summed over some axes.

A bias that repeats over examples and heads has a gradient that is summed over them; the axes are a parameter, so that
no more than the sum need be there. ``rewrite/rules/attention.py`` finds them.

Read next: curvature.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ...graph import Node
from ...op import Size, Sizes
from ...types import TensorType
from ..reduce import keep, sum_
from ..views import broadcast
from .gradient import array_pairs, gradient_arrays
from .scores import Attention, shape_of_scores

Axes = tuple[int, ...]


def left(shape: Sequence[Any], summed: Axes) -> tuple[Any, ...]:
    """The sizes of axes that are not summed over."""
    return tuple(size for axis, size in enumerate(shape) if axis not in summed)


def summed_over(x: Node, summed: Axes) -> Node:
    """The sum over some axes, perhaps none."""
    made: Node = sum_(x, axis=summed) if summed else x
    return made


def spread(x: Node, sizes: Sequence[Size], summed: Axes) -> Node:
    """The pullback of a sum over axes: a value repeated along them."""
    made: Node = broadcast(keep(x, summed), *(sizes[axis] for axis in summed), axes=summed, ndim=len(sizes))
    return made if summed else x


def _attention_bias_gradient(
    m: Any, q: Any, k: Any, v: Any, sums: Any, logs: Any, g: Any, *given: Any, summed: Axes, **params: Any
) -> Any:
    """The cotangent of what is added to the scores, from that of attention, summed over some axes."""
    return m.sum(array_pairs(m, q, k, v, sums, logs, g, *given, **params).slopes(), axis=summed)


attention_bias_gradient = Attention(
    _attention_bias_gradient, name="attention_bias_gradient", floats=6, axis_params=("summed",), sums_over="summed"
)


@attention_bias_gradient.infer
def attention_bias_gradient_type(
    q: Node, k: Node, v: Node, sums: Node, logs: Node, g: Node, *given: Node, summed: Axes, **params: Any
) -> TensorType:
    shape = shape_of_scores(q.type.shape, k.type.shape, v.type.shape, *(x.type.shape for x in given))
    return TensorType(q.dtype, left(shape, summed))


@attention_bias_gradient.sizes
def attention_bias_gradient_sizes(
    sizes: Sizes, q: Node, k: Node, *others: Node, summed: Axes, **params: Any
) -> Sequence[Any]:
    return left((*sizes(q)[:-1], sizes(k)[-2]), summed)


@attention_bias_gradient.samples
def attention_bias_gradient_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    if np.dtype(dtype).kind != "f":
        return
    for operands, given, params in gradient_arrays(rng, dtype):
        if params["biased"]:
            ndim = operands[0].ndim
            for summed in ((), tuple(range(ndim - 2)), (ndim - 2,)):
                yield (*operands, *given), {**params, "summed": summed}

"""Ops that leave a value as it is, and change its gradient or name a state that follows it.

    m = tracked(mean(x), state, 0.9 * state + 0.1 * mean(x))        m is mean(x)

Of ``tracked`` compiled code keeps nothing; whoever collects updates reads the state and its next value off the graph
(nn/normalization/statistics.py).

Read next: index_notation.py
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..graph import Node
from ..op import ZERO, Elementwise, Size, Sizes, convert, elementwise, structured
from ..types import TensorType, cotangent_dtype
from .arithmetic import clip, mul
from .logic import STRUCTURAL_ZERO
from .views import filled


def structural_zeros_like(x: Node, dtype: str | None = None) -> Node:
    """Structural zeros in the shape of x, of its cotangents' dtype if none is given: its gradient where it has none."""
    made: Node = filled(convert(STRUCTURAL_ZERO, dtype or cotangent_dtype(x.dtype)), x.shape)
    return made


@elementwise(moves=(0,))
def disconnected_grad(m: Any, x: Any) -> Any:
    """x held constant: no gradient flows through; one asked for behind it is disconnected."""
    return x


@disconnected_grad.pullback
def disconnected_grad_pullback(g: Any, y: Any, x: Any) -> Any:
    return ZERO


@elementwise(moves=(0,))
def zero_grad(m: Any, x: Any) -> Any:
    """x held constant: the gradient through it is zeros."""
    return x


@zero_grad.pullback
def zero_grad_pullback(g: Any, y: Any, x: Any) -> Any:
    return structural_zeros_like(x)


# No pullback: a gradient that would pass is refused.
@elementwise(moves=(0,))
def undefined_grad(m: Any, x: Any) -> Any:
    """x whose gradient is an error."""
    return x


@elementwise
def grad_clip(m: Any, x: Any, *, low: float, high: float) -> Any:
    """x whose gradient is limited to [low, high] on the way back."""
    return x


@grad_clip.pullback
def grad_clip_pullback(g: Any, y: Any, x: Any, *, low: float, high: float) -> Any:
    return clip(g, low, high)


@elementwise(moves=(0,))
def gradient_from(m: Any, x: Any, other: Any) -> Any:
    """x whose gradient is that of another value of its shape."""
    return x


@gradient_from.pullback
def gradient_from_pullback(g: Any, y: Any, x: Any, other: Any) -> Any:
    return ZERO, g


@elementwise(hidden=True)
def reparameterized(m: Any, x: Any, parameter: Any, *, slope: Elementwise) -> Any:
    """x, a draw held constant, whose derivative by a parameter of its law is another op: slope(parameter, x)."""
    return x


@reparameterized.pullback
def reparameterized_pullback(g: Any, y: Any, x: Any, parameter: Any, *, slope: Elementwise) -> Any:
    return ZERO, g * slope(parameter, x)


@reparameterized.samples
def reparameterized_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    yield (rng.uniform(0.5, 2, 3).astype(dtype), rng.uniform(0.5, 2, 3).astype(dtype)), {"slope": mul}


@structured(aliases=True, axis_params=(), linear_in=(0,), moves=(0,))
def tracked(m: Any, x: Any, state: Any, next: Any) -> Any:
    """x itself; names a state and the value that a step of training gives it."""
    return x


@tracked.infer
def tracked_type(x: Node, state: Node, next: Node) -> TensorType:
    return x.type


@tracked.pullback
def tracked_pullback(g: Any, y: Node, x: Node, state: Node, next: Node) -> Any:
    return g, ZERO, ZERO


@tracked.sizes
def tracked_sizes(sizes: Sizes, x: Node, state: Node, next: Node) -> Sequence[Size | None]:
    return sizes(x)


@tracked.samples
def tracked_samples(rng: np.random.Generator, dtype: str) -> Iterator[Any]:
    x = rng.uniform(0.5, 2, (2, 3)).astype(dtype)
    yield (x, np.float64(1), np.float64(2)), {}
    yield (x[0], x[1], x[0]), {}

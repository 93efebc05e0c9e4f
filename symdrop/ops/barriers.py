"""Ops that leave a value as it is and change its gradient.

Read next: index_notation.py
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..graph import Node
from ..op import ZERO, Elementwise, convert, elementwise
from ..types import cotangent_dtype
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

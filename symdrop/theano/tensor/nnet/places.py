"""Windows whose sizes, strides or borders are variables: their elements are gathered by their places.

Read next: neighbours.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ....errors import ArgumentError, here, shown
from ....graph import Node
from ....op import as_node, constant
from ....tensor import arange, cast, clip, maximum, where
from ....tensor import max as max_over
from ....tensor import sum as sum_over


def is_variable(*settings: Any) -> bool:
    """True if a setting, or one of its numbers, is a variable."""
    several = [one for given in settings for one in (given if isinstance(given, list | tuple) else [given])]
    return any(isinstance(one, Node) for one in several)


def numbers_of(setting: Any, rank: int) -> list[Any]:
    """A number for every axis: a vector's elements, or the one number each time."""
    if isinstance(setting, Node):
        return [setting[k] if setting.ndim else setting for k in range(rank)]
    return list(setting) if isinstance(setting, list | tuple) else [setting] * rank


def gathered(x: Node, windows: Sequence[Node], lead: int) -> Node:
    """The windows of x, of shape (*others, count, size, count, size, ...).

    Args:
        x: slid along behind the first ``lead`` axes.
        windows: for every axis the places, of shape (count, size); those beyond x give its first or last element.
    """
    made = x
    for k in reversed(range(len(windows))):
        within = clip(windows[k], 0, made.shape[lead + k] - 1)
        made = made[(*[slice(None)] * (lead + k), within)]
    return made


def places(count: Any, size: Any, step: Any, before: Any) -> Node:
    """The places of the elements of windows along an axis, of shape (count, size); 0 is the first behind the border."""
    made: Node = arange(count).dimshuffle(0, "x") * step + arange(size).dimshuffle("x", 0) - before
    return made


def window_count(size: Any, window: Any, step: Any, with_border: bool) -> Any:
    """How many windows an axis has, as ``pool_2d`` counts them."""
    if not with_border:
        return maximum((size - window) // step + 1, 0)
    over = maximum((size - 1 - window + step) // step, 0) + 1
    return where(as_node(step) >= window, (size - 1) // step + 1, over)


def pooled_by_places(x: Node, window: Any, ignore_border: bool, stride: Any, pad: Any, mode: str, rank: int) -> Node:
    """Pooling whose settings are variables; of x with batch and channels in front."""
    taps = numbers_of(window, rank)
    steps = taps if stride is None else numbers_of(stride, rank)
    around = numbers_of(pad, rank)
    sizes = [x.shape[2 + k] for k in range(rank)]
    each = list(zip(sizes, taps, steps, around, strict=True))
    found = [places(window_count(n + 2 * p, k, s, not ignore_border), k, s, p) for n, k, s, p in each]
    values = gathered(x, found, 2)
    inside = _inside(found, [(0, n) for n in sizes])
    axes = tuple(3 + 2 * k for k in range(rank))
    if mode == "max":
        made: Node = max_over(where(inside, values, constant(_least(x.dtype))), axes)
        return made
    if mode not in ("sum", "average_inc_pad", "average_exc_pad"):
        known = "max, sum, average_inc_pad, average_exc_pad"
        raise ArgumentError(f"mode={shown(mode)}: expected {known}{here()}")
    total: Node = sum_over(where(inside, values, constant(np.zeros((), x.dtype))), axes)
    if mode == "sum":
        return total
    counted = inside
    if mode == "average_inc_pad":
        counted = _inside(found, [(-p, n + p) for n, _, _, p in each])
    return total / sum_over(cast(counted, total.dtype), axes)


def _inside(windows: Sequence[Node], ranges: Sequence[tuple[Any, Any]]) -> Node:
    """Which elements of windows lie in ranges of every axis, with two axes of size 1 in front."""
    made: Any = None
    for k, (one, (first, end)) in enumerate(zip(windows, ranges, strict=True)):
        rest = len(windows) - 1 - k
        here_in = ((one >= first) & (one < end)).dimshuffle(*"xx", *"xx" * k, 0, 1, *"xx" * rest)
        made = here_in if made is None else made & here_in
    found: Node = made
    return found


def _least(dtype: str) -> Any:
    kind = np.dtype(dtype)
    return kind.type(-np.inf if kind.kind == "f" else np.iinfo(kind).min)

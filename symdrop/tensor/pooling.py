"""Pooling: windows that slide along an input, and one number for each; and the windows themselves.

Read next: resizing.py
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..binding import public
from ..errors import ArgumentError, ShapeError, here, shown
from ..graph import Node, describe
from ..op import as_node, constant, convert
from ..ops.arithmetic import maximum, minimum
from ..ops.convolution.first_maximum import first_max
from ..ops.convolution.windows import fold as fold_op
from ..ops.convolution.windows import pad, span, window_count, windows
from ..ops.reduce import max_, sum_
from ..ops.views import filled
from ..types import float_dtype
from .arguments import product, sizes_of_shape
from .convolution import channels_back, channels_first, holding, padded, steps, zeros_around
from .elementwise import where
from .shaping import shape

# Makes the value of every window; of x with batch and channels in front, and its windows.
Rule = Callable[[Node, "_Sliding"], Node]


@public
def pool(
    x: Any,
    window: Any,
    mode: str = "max",
    stride: Any = None,
    padding: Any = 0,
    ignore_border: bool = True,
    layout: str = "channels_first",
) -> Node:
    """The largest element, the sum or the average of every window.

    Args:
        x: of shape (batch, channels, *sizes), or (batch, *sizes, channels) with layout "channels_last"; of any dtype.
        window: the window's size, an integer or one for every axis that windows slide along, one to three.
        mode: "max"; "sum"; "average_inc_pad", which counts zeros around x as elements, or "average" for short; or
            "average_exc_pad", which does not. Of equal largest elements the first one receives the gradient.
        stride: from window to window, an integer or one for every axis; by default the window, so that none overlap.
        padding: as of ``conv``; around x nothing is there for "max", zeros for the others.
        ignore_border: True leaves out windows that reach beyond the end; False takes of them what is there, if they
            begin in x or before it.
        layout: "channels_first" or "channels_last".

    Returns:
        Of shape (batch, channels, *counts), or (batch, *counts, channels); averages of integers are floats, sums of
        small integers are of 64 bits. The number of windows along an axis is ``(size + zeros - window) // stride + 1``,
        rounded up without ``ignore_border``.

    Raises:
        ShapeError: if a window is larger than x with its padding, as far as known; when running, a ValueError.
        ArgumentError: for another mode, padding as large as the window, or a window or stride that is not positive.

    Source: Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based learning applied to document recognition",
    Proceedings of the IEEE 86(11), 1998.

    Example:
        >>> import symdrop.tensor as T
        >>> x = T.constant([[[1.0, 3.0, 2.0, 4.0, 5.0]]])
        >>> T.nnet.pool(x, 2).eval().tolist(), T.nnet.pool(x, 2, ignore_border=False).eval().tolist()
        ([[[3.0, 4.0]]], [[[3.0, 4.0, 5.0]]])
    """
    return pooled(x, window, mode, stride, padding, ignore_border, layout, MODES)


def pooled(
    x: Any,
    window: Any,
    mode: str,
    stride: Any,
    padding: Any,
    ignore_border: bool,
    layout: str,
    modes: Mapping[str, Rule],
) -> Node:
    """Pooling in one of some modes; the arguments are those of ``pool``."""
    node = channels_first(_batch(x, "pool"), layout)
    rank = node.ndim - 2
    taps = steps(window, rank, "window")
    stride = taps if stride is None else steps(stride, rank, "stride")
    rule = modes.get(mode)
    if rule is None:
        raise ArgumentError(f"mode={shown(mode)}: expected {', '.join(modes)}{here()}")
    own = shape(node)[2:]
    amounts = zeros_around(padding, own, taps, stride, (1,) * rank)
    for (before, after), size in zip(amounts, taps, strict=True):
        if any(isinstance(one, int) and one >= size for one in (before, after)):
            raise ArgumentError(f"padding={shown(padding)} leaves windows of {size} without an element of x{here()}")
    whole = [before + size + after for (before, after), size in zip(amounts, own, strict=True)]
    counts = [window_count(n, size, s, 1) for n, size, s in zip(whole, taps, stride, strict=True)]
    reach = whole
    if not ignore_border:
        starts = [before + n for (before, _), n in zip(amounts, own, strict=True)]
        counts = [_with_border(*one) for one in zip(whole, starts, taps, stride, strict=True)]
        reach = [_greatest((n - 1) * s + k, end) for n, s, k, end in zip(counts, stride, taps, whole, strict=True)]
    else:
        node = holding(node, [k - b - a for k, (b, a) in zip(taps, amounts, strict=True)], "a window is larger than x")
    before = [first for first, _ in amounts]
    is_padded = reach is not whole or any(not isinstance(one, int) or one for pair in amounts for one in pair)
    return channels_back(rule(node, _Sliding(taps, counts, stride, before, whole, reach, is_padded)), layout)


@public
def global_pool(x: Any, mode: str = "max", layout: str = "channels_first") -> Node:
    """The largest element, the sum or the average of every channel: pooling with one window that holds everything.

    Args:
        x: of shape (batch, channels, *sizes), or (batch, *sizes, channels) with layout "channels_last"; of any dtype.
        mode: "max", "sum" or "average". Of equal largest elements the first one receives the gradient.
        layout: "channels_first" or "channels_last".

    Returns:
        Of shape (batch, channels).

    Raises:
        ArgumentError: for another mode or layout.

    Source: M. Lin, Q. Chen and S. Yan, "Network in network", ICLR 2014.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.global_pool(T.constant([[[1.0, 3.0, 2.0]]]), "average").eval().tolist()
        [[2.0]]
    """
    node = channels_first(_batch(x, "global_pool"), layout)
    axes = tuple(range(2, node.ndim))
    rules: Mapping[str, Callable[[], Any]] = {
        "max": lambda: first_max(node, axis=axes),
        "sum": lambda: sum_(node, axis=axes),
        "average": lambda: sum_(node, axis=axes) / product(shape(node)[2:]),
    }
    if mode not in rules:
        raise ArgumentError(f"mode={shown(mode)}: expected {', '.join(rules)}{here()}")
    made: Node = rules[mode]()
    return made


@public
def unfold(x: Any, window: Any, stride: Any = 1, dilation: Any = 1, padding: Any = 0) -> Node:
    """The windows that slide along the last axes of x.

    Args:
        x: of any dtype and shape.
        window: the window's size along every axis that it slides along, the last ones; an integer for one axis.
        stride: from window to window, an integer or one for every axis.
        dilation: from element to element of a window, likewise.
        padding: zeros around x, as of ``conv``.

    Returns:
        A view of shape (*others, *counts, *window).

    Raises:
        ShapeError: if a window is larger than x with its zeros, as far as known; when running, a ValueError.
        ArgumentError: if a number is not positive, or there is not one for every axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.unfold(T.constant([1.0, 2.0, 3.0, 4.0]), 2).eval().tolist()
        [[1.0, 2.0], [2.0, 3.0], [3.0, 4.0]]
    """
    node, taps = as_node(x), _window(window)
    rank = len(taps)
    if rank > node.ndim:
        raise ShapeError(f"windows of {rank} axes do not slide along {describe(node)}{here()}")
    stride, dilation = steps(stride, rank, "stride"), steps(dilation, rank, "dilation")
    node = padded(node, zeros_around(padding, shape(node)[node.ndim - rank :], taps, stride, dilation))
    node = holding(node, list(map(span, taps, dilation)), "a window is larger than x")
    counts = map(window_count, shape(node)[node.ndim - rank :], taps, stride, dilation)
    made = windows(node, *taps, *counts, stride=stride, dilation=dilation)
    lead = node.ndim - rank
    return made.dimshuffle(*range(lead), *range(lead + rank, made.ndim), *range(lead, lead + rank))


@public
def fold(x: Any, size: Any, stride: Any = 1, dilation: Any = 1, padding: Any = 0) -> Node:
    """The sum of windows at their places, the transpose of ``unfold``.

    Args:
        x: of shape (*others, *counts, *window), of any dtype: what ``unfold`` gives.
        size: the sizes of the axes that the windows slide along; an integer for one axis.
        stride, dilation, padding: those of the ``unfold``.

    Returns:
        Of shape (*others, *size): every element is the sum of those that ``unfold`` would read there.

    Raises:
        ShapeError: if the windows reach beyond the size, as far as known; when running, a ValueError.
        ArgumentError: as ``unfold``.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.fold(T.constant([[1.0, 2.0], [10.0, 20.0]]), 3).eval().tolist()
        [1.0, 12.0, 20.0]
    """
    node, own = as_node(x), sizes_of_shape(size)
    rank = len(own)
    if 2 * rank > node.ndim:
        raise ShapeError(f"{describe(node)} holds no windows of {rank} axes: expected {2 * rank} axes or more{here()}")
    lead = node.ndim - 2 * rank
    stride, dilation = steps(stride, rank, "stride"), steps(dilation, rank, "dilation")
    amounts = zeros_around(padding, own, shape(node)[lead + rank :], stride, dilation)
    whole = [before + n + after for (before, after), n in zip(amounts, own, strict=True)]
    moved = node.dimshuffle(*range(lead), *range(lead + rank, node.ndim), *range(lead, lead + rank))
    made = fold_op(moved, *whole, stride=stride, dilation=dilation)
    return padded(made, [(-before, -after) for before, after in amounts])


def _window(window: Any) -> tuple[int, ...]:
    rank = len(window) if isinstance(window, tuple | list) else 1
    return steps(window, rank, "window")


def _batch(x: Any, name: str) -> Node:
    node = as_node(x)
    if node.ndim not in (3, 4, 5):
        raise ShapeError(f"{name} of {describe(node)}: expected 3, 4 or 5 axes, (batch, channels, *sizes){here()}")
    return node


def _with_border(whole: Any, starts: Any, taps: int, stride: int) -> Any:
    """How many windows begin in x or before it, up to the first that reaches its end."""
    over = _greatest(whole - taps + stride - 1, 0)
    return _least(over // stride + 1, (starts + stride - 1) // stride)


def _greatest(a: Any, b: Any) -> Any:
    return max(a, b) if isinstance(a, int) and isinstance(b, int) else maximum(a, b)


def _least(a: Any, b: Any) -> Any:
    return min(a, b) if isinstance(a, int) and isinstance(b, int) else minimum(a, b)


class _Sliding(NamedTuple):
    """Windows that slide along x and what is around it.

    Attributes:
        taps, counts, stride: of the windows.
        before: how much stands before every axis.
        whole: the sizes with what stands around.
        reach: the sizes that the windows reach over at the border.
        is_padded: whether anything stands around.
    """

    taps: Sequence[int]
    counts: Sequence[Any]
    stride: tuple[int, ...]
    before: Sequence[Any]
    whole: Sequence[Any]
    reach: Sequence[Any]
    is_padded: bool

    @property
    def axes(self) -> tuple[int, ...]:
        """The axes of the elements of windows, behind batch and channels."""
        return tuple(range(2, 2 + len(self.taps)))

    def around(self, x: Node) -> Node:
        """x with zeros around its last axes."""
        made: Node = pad(x, *self.before, *self.reach) if self.is_padded else x
        return made

    def windows(self, x: Node) -> Node:
        """The windows of x, which has what is around it."""
        ones = (1,) * len(self.taps)
        made: Node = windows(x, *self.taps, *self.counts, stride=self.stride, dilation=ones)
        return made

    def elements_in(self, sizes: Sequence[Any], before: Sequence[Any], dtype: str) -> Node:
        """The number of elements in each window, of those of an axis that begin after some others."""
        ones = filled(convert(constant(1), dtype), sizes)
        made: Node = sum_(self.windows(pad(ones, *before, *self.reach)), axis=tuple(range(len(self.taps))))
        return made


def _first_max(x: Node, sliding: _Sliding) -> Node:
    found: Node = first_max(_windows_of_x(x, sliding), axis=sliding.axes)
    return found


def every_max(x: Node, sliding: _Sliding) -> Node:
    """The largest element of every window, each of equal ones receiving the whole gradient, as of ``T.max``."""
    found: Node = max_(_windows_of_x(x, sliding), axis=sliding.axes)
    return found


def _windows_of_x(x: Node, sliding: _Sliding) -> Node:
    """The windows of x, what is around it being smaller than any element."""
    made = sliding.around(x)
    if sliding.is_padded:
        there = sliding.around(filled(constant(np.bool_(True)), shape(x)[2:])).dimshuffle("x", "x", *range(x.ndim - 2))
        made = where(there, made, constant(_least_of(x.dtype)))
    return sliding.windows(made)


def _least_of(dtype: str) -> Any:
    kind = np.dtype(dtype)
    if kind.kind == "b":
        return np.bool_(False)
    return kind.type(-np.inf if kind.kind == "f" else np.iinfo(kind).min)


def _sum(x: Node, sliding: _Sliding) -> Node:
    made: Node = sum_(sliding.windows(sliding.around(x)), axis=sliding.axes)
    return made


def _average_of_x(x: Node, sliding: _Sliding) -> Node:
    total = _sum(x, sliding)
    if not sliding.is_padded:
        return total / math.prod(sliding.taps)
    return total / sliding.elements_in(shape(x)[2:], sliding.before, float_dtype(total.dtype))


def _average(x: Node, sliding: _Sliding) -> Node:
    total = _sum(x, sliding)
    if sliding.whole is sliding.reach:
        return total / math.prod(sliding.taps)
    return total / sliding.elements_in(sliding.whole, (0,) * len(sliding.taps), float_dtype(total.dtype))


MODES: Mapping[str, Rule] = {
    "max": _first_max, "sum": _sum, "average": _average, "average_inc_pad": _average, "average_exc_pad": _average_of_x,
}  # fmt: skip

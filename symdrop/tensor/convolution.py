"""Convolutions in one, two or three dimensions, and their transposes.

The axes are brought into the order of the ops (``ops/convolution/convolution.py``), which has an axis of groups, and
zeros are put around the input; how many follows from the sizes, so that one function serves every size.

Read next: pooling.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..binding import public
from ..errors import ArgumentError, ShapeError, here, shown
from ..graph import Node, describe
from ..op import Size, as_node
from ..ops.arithmetic import maximum
from ..ops.convolution.convolution import convolution, convolution_transpose
from ..ops.convolution.windows import at_least, pad, span, window_count
from ..ops.join import specify_shape
from ..ops.lengths import less
from .arguments import one_size, python_integer
from .shaping import shape

LAYOUTS = ("channels_first", "channels_last")
PADDINGS = ("valid", "full", "half", "same")

# Zeros before and after an axis.
Amounts = Sequence[tuple[Any, Any]]


@public
def conv(
    x: Any,
    filters: Any,
    padding: Any = "valid",
    stride: Any = 1,
    dilation: Any = 1,
    groups: int = 1,
    flip: bool = False,
    layout: str = "channels_first",
) -> Node:
    """Convolution of a batch with filters, in one, two or three dimensions.

    The value at a place is the sum of the products of a filter with the window of x that begins there.

    Args:
        x: of shape (batch, channels, *sizes) with one to three sizes; with layout "channels_last" (batch, *sizes,
            channels). Of any dtype.
        filters: of shape (filters, channels // groups, *taps), in both layouts.
        padding: zeros around x: "valid" for none, "full" for as many as a filter reaches over less one, "half" for half
            of that (rounded as ``taps // 2``), "same" for a value of size ``size / stride``, rounded up (an odd one of
            the zeros stands at the end); or a number, or for every axis a number or a pair (before, after).
        stride: from window to window, an integer or one for every axis.
        dilation: from element to element of a window, likewise.
        groups: how many groups the channels and the filters are cut into, in order; a filter sees its own group alone.
            With as many groups as channels it is a depthwise convolution.
        flip: True turns the filters around along all axes, as mathematics and Theano have it; else it is a correlation,
            as in other libraries.
        layout: "channels_first" or "channels_last".

    Returns:
        Of shape (batch, filters, *counts), or (batch, *counts, filters), of the common dtype; the number of windows
        along an axis is ``(size + zeros - dilation * (taps - 1) - 1) // stride + 1``.

    Raises:
        ShapeError: if x has other channels than the filters, groups do not divide channels or filters, or a filter is
            larger than x with its zeros, as far as known; when running, a ValueError that says the same.
        ArgumentError: for another padding or layout, or a stride, dilation or number of groups that is not positive.

    Source: V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285, 2016.

    Example:
        >>> import symdrop.tensor as T
        >>> x, w = T.constant([[[1.0, 2.0, 3.0, 4.0]]]), T.constant([[[1.0, 10.0]]])
        >>> T.nnet.conv(x, w).eval().tolist(), T.nnet.conv(x, w, stride=2, flip=True).eval().tolist()
        ([[[21.0, 32.0, 43.0]]], [[[12.0, 34.0]]])
    """
    x, w = as_node(x), as_node(filters)
    rank = _rank(x, w, "conv")
    stride, dilation, groups = steps(stride, rank, "stride"), steps(dilation, rank, "dilation"), _groups(groups)
    x = channels_first(x, layout)
    amounts = zeros_around(padding, shape(x)[2:], shape(w)[2:], stride, dilation)
    x = _fitting_input(x, shape(w)[1] * groups, f"filters.shape[1] * groups={groups}")
    w = _fitting_filters(w, groups, flip)
    spans = [span(taps, d) for taps, d in zip(shape(w)[3:], dilation, strict=True)]
    x = _grouped(holding(padded(x, amounts), spans, "a filter is larger than x with its zeros"), groups)
    counts = map(window_count, shape(x)[3:], shape(w)[3:], stride, dilation)
    return channels_back(_ungrouped(convolution(x, w, *counts, stride=stride, dilation=dilation)), layout)


@public
def conv_transpose(
    x: Any,
    filters: Any,
    padding: Any = "valid",
    stride: Any = 1,
    dilation: Any = 1,
    groups: int = 1,
    flip: bool = False,
    layout: str = "channels_first",
    output_padding: Any = 0,
) -> Node:
    """The transpose of a convolution: every element of x adds a filter, times itself, to the window it stands for.

    It is the gradient of ``conv`` by its input: ``conv_transpose(conv(x, w), w)`` has the shape of x if the windows
    fill it. Other libraries call it a deconvolution or a fractionally strided convolution.

    Args:
        x: of shape (batch, filters, *counts), or with layout "channels_last" (batch, *counts, filters), one to three
            counts; what ``conv`` gives. Of any dtype.
        filters: of shape (filters, channels // groups, *taps), those of the ``conv``.
        padding, stride, dilation, groups, flip, layout: those of the ``conv``; "same" means as many zeros as ``conv``
            puts around a value whose sizes the stride divides.
        output_padding: how much larger than the least size the value is, as several sizes may have the same windows; an
            integer or one for every axis.

    Returns:
        Of shape (batch, channels, *sizes), or (batch, *sizes, channels), of the common dtype; a size is
        ``stride * (count - 1) + dilation * (taps - 1) + 1 - zeros + output_padding``.

    Raises:
        ShapeError: if x has other channels than there are filters, or groups do not divide them, as far as known; when
            running, a ValueError that says the same.
        ArgumentError: as ``conv``.

    Source: M. Zeiler, D. Krishnan, G. Taylor and R. Fergus, "Deconvolutional networks", CVPR 2010.

    Example:
        >>> import symdrop.tensor as T
        >>> x, w = T.constant([[[1.0, 2.0]]]), T.constant([[[1.0, 10.0, 100.0]]])
        >>> T.nnet.conv_transpose(x, w, stride=2).eval().tolist()
        [[[1.0, 10.0, 102.0, 20.0, 200.0]]]
    """
    x, w = as_node(x), as_node(filters)
    rank = _rank(x, w, "conv_transpose")
    stride, dilation, groups = steps(stride, rank, "stride"), steps(dilation, rank, "dilation"), _groups(groups)
    extra = steps(output_padding, rank, "output_padding", least=0)
    x = channels_first(x, layout)
    whole = [s * n for s, n in zip(stride, shape(x)[2:], strict=True)]
    amounts = zeros_around(padding, whole, shape(w)[2:], stride, dilation)
    x = _fitting_input(x, shape(w)[0], "filters.shape[0]")
    w = _fitting_filters(w, groups, flip)
    x = _grouped(x, groups)
    sizes = [
        s * (n - 1) + span(taps, d) + more
        for s, n, taps, d, more in zip(stride, shape(x)[3:], shape(w)[3:], dilation, extra, strict=True)
    ]
    y = _ungrouped(convolution_transpose(x, w, *sizes, stride=stride, dilation=dilation))
    return channels_back(padded(y, [(-before, -after) for before, after in amounts]), layout)


# Arguments.


def steps(value: Any, rank: int, name: str, least: int = 1) -> tuple[int, ...]:
    """A Python integer for every axis.

    Raises:
        ArgumentError: if there are more or fewer, or one is too small.
    """
    given = tuple(value) if isinstance(value, tuple | list) else (value,) * rank
    made = tuple(python_integer(one, f"a {name}") for one in given)
    if len(made) != rank or min(made) < least:
        raise ArgumentError(
            f"{name}={shown(value)}: expected an integer of at least {least}, or {rank} of them, one an axis{here()}"
        )
    return made


def _groups(groups: Any) -> int:
    (made,) = steps(groups, 1, "groups")
    return made


def zeros_around(
    padding: Any, sizes: Sequence[Any], taps: Sequence[Any], stride: Sequence[int], dilation: Sequence[int]
) -> Amounts:
    """The zeros before and after every axis.

    Args:
        padding: as of ``conv``.
        sizes, taps: of the axes and the windows; integers or scalar nodes.
        stride, dilation: of the windows.

    Raises:
        ArgumentError: for anything else.
    """
    reach = [span(*one) for one in zip(taps, dilation, strict=True)]
    if isinstance(padding, str):
        rule = {"valid": _valid, "full": _full, "half": _half, "same": _same}.get(padding)
        if rule is None:
            raise ArgumentError(f"padding={shown(padding)}: expected {', '.join(PADDINGS)}, or numbers{here()}")
        return [rule(*one) for one in zip(sizes, reach, stride, strict=True)]
    given = tuple(padding) if isinstance(padding, tuple | list) else (padding,) * len(sizes)
    if len(given) != len(sizes):
        raise ArgumentError(
            f"padding={shown(padding)}: expected a number, or for each of {len(sizes)} axes one or a pair{here()}"
        )
    return [_pair(one) for one in given]


def _pair(amount: Any) -> tuple[Size, Size]:
    pair = tuple(amount) if isinstance(amount, tuple | list) else (amount, amount)
    if len(pair) != 2:
        raise ArgumentError(f"padding {shown(amount)}: expected a number or a pair (before, after){here()}")
    return one_size(pair[0]), one_size(pair[1])


def _valid(size: Any, reach: Any, stride: int) -> tuple[Any, Any]:
    return 0, 0


def _full(size: Any, reach: Any, stride: int) -> tuple[Any, Any]:
    return less(reach, 1), less(reach, 1)


def _half(size: Any, reach: Any, stride: int) -> tuple[Any, Any]:
    return reach // 2, reach // 2


def _same(size: Any, reach: Any, stride: int) -> tuple[Any, Any]:
    if stride == 1:
        zeros = less(reach, 1)
    else:
        missing = (size + stride - 1) // stride * stride - stride + reach - size
        zeros = max(missing, 0) if isinstance(missing, int) else maximum(missing, 0)
    return zeros // 2, (zeros + 1) // 2


def padded(x: Node, amounts: Amounts) -> Node:
    """x with zeros around its last axes; negative amounts crop."""
    if all(isinstance(one, int) and not one for pair in amounts for one in pair):
        return x
    sizes = shape(x)[x.ndim - len(amounts) :]
    whole = [before + size + after for (before, after), size in zip(amounts, sizes, strict=True)]
    made: Node = pad(x, *(before for before, _ in amounts), *whole)
    return made


# What fits together.


def _rank(x: Node, w: Node, name: str) -> int:
    if x.ndim not in (3, 4, 5) or w.ndim != x.ndim:
        raise ShapeError(
            f"{name} of {describe(x)} with filters {describe(w)}: expected two tensors of 3, 4 or 5 axes, (batch, "
            f"channels, *sizes) and (filters, channels, *taps){here()}"
        )
    return x.ndim - 2


def channels_first(x: Node, layout: str) -> Node:
    if layout not in LAYOUTS:
        raise ArgumentError(f"layout={shown(layout)}: expected {' or '.join(LAYOUTS)}{here()}")
    return x if layout == LAYOUTS[0] else x.dimshuffle(0, x.ndim - 1, *range(1, x.ndim - 1))


def channels_back(y: Node, layout: str) -> Node:
    return y if layout == LAYOUTS[0] else y.dimshuffle(0, *range(2, y.ndim), 1)


def _fitting_input(x: Node, expected: Any, count: str) -> Node:
    """x, whose channels are as many as the filters take."""
    own = shape(x)[1]
    if isinstance(own, int) and isinstance(expected, int):
        if own != expected:
            raise ShapeError(f"{describe(x)} has {own} channels; expected {expected}, {count}{here()}")
        return x
    made: Node = specify_shape(x, expected, axes=(1,), label=f"the channels of x are not {count}")
    return made


def _fitting_filters(w: Node, groups: int, flip: bool) -> Node:
    """The filters of every group, of shape (groups, filters, channels, *taps)."""
    count, rank = shape(w)[0], w.ndim - 2
    if isinstance(count, int) and count % groups:
        raise ShapeError(f"{count} filters cannot be cut into groups={groups}: expected a multiple of it{here()}")
    if not isinstance(count, int) and groups > 1:
        label = f"the number of filters is no multiple of groups={groups}"
        w = specify_shape(w, count // groups * groups, axes=(0,), label=label)
    w = holding(w, (1,) * rank, "a filter has one element or more")
    if flip:
        w = w[(slice(None), slice(None), *(slice(None, None, -1),) * rank)]
    own = shape(w)
    if groups == 1:
        return w.dimshuffle("x", *range(w.ndim))
    return w.reshape((groups, own[0] // groups, *own[1:]))


def holding(x: Node, sizes: Sequence[Any], label: str) -> Node:
    """x, whose last axes are of these sizes at least."""
    made: Node = at_least(x, *sizes, axes=tuple(range(x.ndim - len(sizes), x.ndim)), label=label)
    known = (*sizes, *shape(x)[x.ndim - len(sizes) :])
    return x if all(isinstance(size, int) for size in known) else made


def _grouped(x: Node, groups: int) -> Node:
    """x with an axis of groups in front of the channels of each."""
    own = shape(x)
    if groups == 1:
        return x.dimshuffle(0, "x", *range(1, x.ndim))
    return x.reshape((own[0], groups, own[1] // groups, *own[2:]))


def _ungrouped(y: Node) -> Node:
    """y, whose groups stand one behind the other along the axis of channels."""
    own = shape(y)
    if own[1] == 1:
        return y.dimshuffle(0, *range(2, y.ndim))
    return y.reshape((own[0], own[1] * own[2], *own[3:]))

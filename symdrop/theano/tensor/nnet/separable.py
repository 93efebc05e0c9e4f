"""Convolutions made of others: separable ones, causal ones along time, and the transpose.

Read next: bilinear.py
"""

from __future__ import annotations

from typing import Any

from ....binding import public
from ....errors import ArgumentError, here
from ....graph import Node
from ....op import as_node
from ....tensor import nnet as engine
from ...variable import spoken
from .convolutions import conv2d, conv2d_grad_wrt_inputs, conv3d


@public
def separable_conv2d(
    input: Any,
    depthwise_filters: Any,
    pointwise_filters: Any,
    num_channels: int,
    input_shape: Any = None,
    depthwise_filter_shape: Any = None,
    pointwise_filter_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1),
    filter_flip: bool = True,
    filter_dilation: Any = (1, 1),
) -> Node:
    """Convolution of every channel with filters of its own, then of all channels with filters of one element.

    Args:
        input: of shape (batch, num_channels, rows, columns).
        depthwise_filters: of shape (num_channels * multiplier, 1, rows, columns).
        pointwise_filters: of shape (filters, num_channels * multiplier, 1, 1).
        num_channels: how many channels there are.
        input_shape, depthwise_filter_shape, pointwise_filter_shape: nothing depends on them.
        border_mode, subsample, filter_flip, filter_dilation: of the first, as of ``conv2d``.

    Returns:
        Of shape (batch, filters, rows, columns).

    Raises:
        ShapeError, ArgumentError: as ``conv2d``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x, ones = T.ones((1, 2, 3, 3)), T.ones((2, 1, 2, 2))
        >>> T.nnet.separable_conv2d(x, ones, T.ones((1, 2, 1, 1)), 2).eval().tolist()
        [[[[8.0, 8.0], [8.0, 8.0]]]]
    """
    settings = border_mode, subsample, filter_flip, filter_dilation, num_channels
    return conv2d(conv2d(input, depthwise_filters, None, None, *settings), pointwise_filters)


@public
def separable_conv3d(
    input: Any,
    depthwise_filters: Any,
    pointwise_filters: Any,
    num_channels: int,
    input_shape: Any = None,
    depthwise_filter_shape: Any = None,
    pointwise_filter_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1, 1),
    filter_flip: bool = True,
    filter_dilation: Any = (1, 1, 1),
) -> Node:
    """``separable_conv2d`` of volumes, with the same arguments."""
    settings = border_mode, subsample, filter_flip, filter_dilation, num_channels
    return conv3d(conv3d(input, depthwise_filters, None, None, *settings), pointwise_filters)


@public
def causal_conv1d(
    input: Any,
    filters: Any,
    filter_shape: Any = None,
    input_shape: Any = None,
    subsample: int = 1,
    filter_flip: bool = True,
    filter_dilation: int = 1,
    num_groups: int = 1,
    unshared: bool = False,
) -> Node:
    """Convolution along time in which no value depends on a later one.

    Args:
        input: of shape (batch, channels, times).
        filters: of shape (filters, channels // num_groups, taps).
        filter_shape, input_shape: nothing depends on them.
        subsample, filter_flip, filter_dilation, num_groups: as of ``conv2d``, along one axis.
        unshared: refused.

    Returns:
        Of shape (batch, filters, times).

    Raises:
        ShapeError, ArgumentError: as ``conv2d``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x, w = T.constant([[[1.0, 2.0, 3.0]]]), T.constant([[[1.0, 10.0]]])
        >>> T.nnet.abstract_conv.causal_conv1d(x, w, (1, 1, 2)).eval().tolist()
        [[[1.0, 12.0, 23.0]]]
    """
    if unshared:
        raise ArgumentError(f"unshared filters, one for every place, are not there{here()}")
    taps = as_node(filters)
    zeros = (taps.shape[2] - 1) * filter_dilation
    made = engine.conv(input, taps, [(zeros, 0)], subsample, filter_dilation, num_groups, filter_flip)
    said: Node = spoken(made)
    return said


@public
def conv2d_transpose(
    input: Any,
    filters: Any,
    output_shape: Any,
    filter_shape: Any = None,
    border_mode: Any = "valid",
    input_dilation: Any = (1, 1),
    filter_flip: bool = True,
    filter_dilation: Any = (1, 1),
    num_groups: int = 1,
    unshared: bool = False,
) -> Node:
    """The transpose of ``conv2d``: its gradient by images of a given shape.

    Args:
        input: of shape (batch, filters, rows, columns).
        filters: of shape (filters, channels // num_groups, rows, columns).
        output_shape: the shape of the value; its first two sizes may be None.
        filter_shape: nothing depends on it.
        border_mode, filter_flip, filter_dilation, num_groups, unshared: of the convolution, as of ``conv2d``.
        input_dilation: the stride of the convolution.

    Returns:
        Of shape ``output_shape``.

    Raises:
        ShapeError, ArgumentError: as ``conv2d``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x, w = T.constant([[[[1.0, 2.0]]]]), T.constant([[[[1.0, 10.0]]]])
        >>> T.nnet.conv2d_transpose(x, w, (1, 1, 1, 4), input_dilation=(1, 2)).eval().tolist()
        [[[[10.0, 1.0, 20.0, 2.0]]]]
    """
    settings = border_mode, input_dilation, filter_flip, filter_dilation, num_groups, unshared
    return conv2d_grad_wrt_inputs(input, filters, output_shape, filter_shape, *settings)


__all__ = ["causal_conv1d", "separable_conv2d", "separable_conv3d"]

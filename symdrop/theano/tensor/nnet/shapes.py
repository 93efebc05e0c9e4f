"""Shapes of convolutions, known before there are any values; None where a size is not known.

Read next: shape_checks.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....binding import public
from ....errors import ArgumentError, here, shown


@public
def get_conv_shape_1axis(
    image_shape: Any, kernel_shape: Any, border_mode: Any, subsample: int, dilation: int = 1
) -> Any:
    """The size of a convolution along an axis.

    Args:
        image_shape, kernel_shape: the sizes of an image and a filter, integers or nodes; None if not known.
        border_mode: "valid", "full", "half", a number of zeros or a pair of them.
        subsample, dilation: the stride, and from element to element of a window.

    Returns:
        A size, or None.

    Raises:
        ArgumentError: for another border.

    Example:
        >>> from symdrop.theano.tensor.nnet.abstract_conv import get_conv_shape_1axis
        >>> get_conv_shape_1axis(7, 3, "half", 2), get_conv_shape_1axis(None, 3, "half", 2)
        (4, None)
    """
    if None in (image_shape, kernel_shape):
        return None
    reach = (kernel_shape - 1) * dilation + 1
    before, after = _zeros(border_mode, reach)
    room = image_shape + before + after - reach
    return (room if subsample == 1 else room // subsample) + 1


@public
def get_conv_output_shape(
    image_shape: Sequence[Any],
    kernel_shape: Sequence[Any],
    border_mode: Any,
    subsample: Sequence[int],
    filter_dilation: Sequence[int] | None = None,
) -> tuple[Any, ...]:
    """The shape of a convolution.

    Args:
        image_shape: (batch, channels, *sizes).
        kernel_shape: (filters, channels, *sizes).
        border_mode, subsample, filter_dilation: as of ``conv2d``.

    Returns:
        (batch, filters, *sizes), None where a size is not known.

    Raises:
        ArgumentError: for another border.

    Example:
        >>> from symdrop.theano.tensor.nnet.abstract_conv import get_conv_output_shape
        >>> get_conv_output_shape((2, 3, 7, 8), (4, 3, 3, 2), (1, 2), (2, 3))
        (2, 4, 4, 4)
    """
    settings = _axes(border_mode, subsample, filter_dilation)
    sizes = zip(image_shape[2:], kernel_shape[-len(subsample) :], *settings, strict=True)
    return (image_shape[0], kernel_shape[0], *(get_conv_shape_1axis(*one) for one in sizes))


@public
def get_conv_gradweights_shape_1axis(
    image_shape: Any, top_shape: Any, border_mode: Any, subsample: int, dilation: int
) -> Any:
    """The size of a filter along an axis, None where several lead to the same result.

    Args:
        image_shape, top_shape: the sizes of an image and of the convolution's value.
        border_mode, subsample, dilation: as of ``get_conv_shape_1axis``.

    Returns:
        A size, or None.

    Raises:
        ArgumentError: for another border.

    Example:
        >>> from symdrop.theano.tensor.nnet.abstract_conv import get_conv_gradweights_shape_1axis
        >>> get_conv_gradweights_shape_1axis(7, 5, "valid", 1, 1), get_conv_gradweights_shape_1axis(7, 5, "half", 1, 1)
        (3, None)
    """
    if None in (image_shape, top_shape) or subsample != 1 or border_mode == "half":
        return None
    if border_mode == "full":
        return (top_shape - image_shape) // dilation + 1
    before, after = _zeros(border_mode, 1)
    return (image_shape + before + after - top_shape) // dilation + 1


@public
def get_conv_gradinputs_shape_1axis(
    kernel_shape: Any, top_shape: Any, border_mode: Any, subsample: int, dilation: int
) -> Any:
    """The size of an image along an axis, None where several lead to the same result.

    Args:
        kernel_shape, top_shape: the sizes of a filter and of the convolution's value.
        border_mode, subsample, dilation: as of ``get_conv_shape_1axis``.

    Returns:
        A size, or None.

    Raises:
        ArgumentError: for another border.

    Example:
        >>> from symdrop.theano.tensor.nnet.abstract_conv import get_conv_gradinputs_shape_1axis
        >>> get_conv_gradinputs_shape_1axis(3, 5, "valid", 1, 1), get_conv_gradinputs_shape_1axis(3, 5, "valid", 2, 1)
        (7, None)
    """
    if None in (kernel_shape, top_shape) or subsample != 1:
        return None
    reach = (kernel_shape - 1) * dilation + 1
    before, after = _zeros(border_mode, reach)
    return top_shape + reach - 1 - before - after


@public
def get_conv_gradweights_shape(
    image_shape: Sequence[Any],
    top_shape: Sequence[Any],
    border_mode: Any,
    subsample: Sequence[int],
    filter_dilation: Sequence[int] | None = None,
    num_groups: int = 1,
    unshared: bool = False,
) -> tuple[Any, ...]:
    """The shape of a convolution's filters, from those of its images and value.

    Args:
        image_shape, top_shape: (batch, channels, *sizes) and (batch, filters, *sizes).
        border_mode, subsample, filter_dilation, num_groups: as of ``conv2d``.
        unshared: refused.

    Returns:
        (filters, channels, *sizes), None where a size is not known.

    Raises:
        ArgumentError: for another border, or if ``unshared``.

    Example:
        >>> from symdrop.theano.tensor.nnet.abstract_conv import get_conv_gradweights_shape
        >>> get_conv_gradweights_shape((2, 3, 7, 8), (2, 4, 5, 5), "valid", (1, 1))
        (4, 3, 3, 4)
    """
    if unshared:
        raise ArgumentError(f"unshared filters, one for every place, are not there{here()}")
    settings = _axes(border_mode, subsample, filter_dilation)
    sizes = zip(image_shape[2:], top_shape[2:], *settings, strict=True)
    channels = None if image_shape[1] is None else image_shape[1] // num_groups
    return (top_shape[1], channels, *(get_conv_gradweights_shape_1axis(*one) for one in sizes))


@public
def get_conv_gradinputs_shape(
    kernel_shape: Sequence[Any],
    top_shape: Sequence[Any],
    border_mode: Any,
    subsample: Sequence[int],
    filter_dilation: Sequence[int] | None = None,
    num_groups: int = 1,
) -> tuple[Any, ...]:
    """The shape of a convolution's images, from those of its filters and value.

    Args:
        kernel_shape, top_shape: (filters, channels, *sizes) and (batch, filters, *sizes).
        border_mode, subsample, filter_dilation, num_groups: as of ``conv2d``.

    Returns:
        (batch, channels, *sizes), None where a size is not known.

    Raises:
        ArgumentError: for another border.

    Example:
        >>> from symdrop.theano.tensor.nnet.abstract_conv import get_conv_gradinputs_shape
        >>> get_conv_gradinputs_shape((4, 3, 3, 4), (2, 4, 5, 5), "valid", (1, 1))
        (2, 3, 7, 8)
    """
    settings = _axes(border_mode, subsample, filter_dilation)
    sizes = zip(kernel_shape[2:], top_shape[2:], *settings, strict=True)
    channels = None if kernel_shape[1] is None else kernel_shape[1] * num_groups
    return (top_shape[0], channels, *(get_conv_gradinputs_shape_1axis(*one) for one in sizes))


def _axes(border_mode: Any, subsample: Sequence[int], dilation: Sequence[int] | None) -> tuple[Sequence[Any], ...]:
    """Border, stride and dilation for every axis."""
    rank = len(subsample)
    borders = border_mode if isinstance(border_mode, tuple | list) else (border_mode,) * rank
    return borders, subsample, (1,) * rank if dilation is None else dilation


def _zeros(border_mode: Any, reach: Any) -> tuple[Any, Any]:
    """The zeros before and after an axis."""
    known = {"valid": 0, "full": reach - 1, "half": reach // 2}
    if isinstance(border_mode, str):
        if border_mode not in known:
            raise ArgumentError(f"border_mode={shown(border_mode)}: expected valid, full, half or numbers{here()}")
        return known[border_mode], known[border_mode]
    return tuple(border_mode) if isinstance(border_mode, tuple | list) else (border_mode, border_mode)


__all__ = [
    "get_conv_gradinputs_shape", "get_conv_gradinputs_shape_1axis", "get_conv_gradweights_shape",
    "get_conv_gradweights_shape_1axis", "get_conv_output_shape", "get_conv_shape_1axis",
]  # fmt: skip

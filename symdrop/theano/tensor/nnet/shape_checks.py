"""Checks of the shapes of convolutions: known ones at once, others by the call.

Read next: convolutions.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....binding import public
from ....errors import ArgumentError, here, shown
from ....graph import Node
from ....op import Constant, as_node
from ....tensor import eq
from ...settings import config
from ...shapes import Sizes
from ..opt import Assert
from .shapes import get_conv_output_shape


@public
def check_conv_gradinputs_shape(
    image_shape: Sequence[Any],
    kernel_shape: Sequence[Any],
    output_shape: Sequence[Any],
    border_mode: Any,
    subsample: Sequence[int],
    filter_dilation: Sequence[int] | None = None,
) -> bool:
    """True if a convolution of these sizes may have the given shape; what is None or a variable fits.

    Args:
        image_shape, kernel_shape: (batch, channels, *sizes) and (filters, channels, *sizes).
        output_shape: (batch, filters, *sizes).
        border_mode, subsample, filter_dilation: as of ``conv2d``.

    Returns:
        A truth value.

    Example:
        >>> from symdrop.theano.tensor.nnet.abstract_conv import check_conv_gradinputs_shape
        >>> check_conv_gradinputs_shape((2, 1, 7, 7), (3, 1, 3, 3), (2, 3, 5, None), "valid", (1, 1))
        True
    """
    if not len(image_shape) == len(kernel_shape) == len(output_shape) == len(subsample) + 2:
        return False
    if filter_dilation is not None and len(filter_dilation) != len(subsample):
        return False
    known = get_conv_output_shape(image_shape, kernel_shape, border_mode, subsample, filter_dilation)
    return all(_may_be(one, other) for one, other in zip(known, output_shape, strict=True))


def _may_be(one: Any, other: Any) -> bool:
    return any(size is None or isinstance(size, Node) for size in (one, other)) or bool(one == other)


@public
def assert_conv_shape(shape: Sequence[Any]) -> tuple[Any, ...]:
    """The shape of a convolution, which is refused where a size is too small: by the call where it is a variable.

    Args:
        shape: two sizes that are not negative, then sizes above 0; integers or variables.

    Returns:
        A tuple of as many sizes.

    Raises:
        ArgumentError: for a number that is too small. ``AssertionError`` by a call.

    Example:
        >>> from symdrop.theano.tensor.nnet.abstract_conv import assert_conv_shape
        >>> assert_conv_shape((0, 1, 3, 3))
        (0, 1, 3, 3)
    """
    made = []
    for k, size in enumerate(shape):
        least = 0 if k < 2 else 1
        message = f"The convolution would produce an invalid shape: axis {k} has a size below {least}"
        known = size.value if isinstance(size, Constant) else size
        if isinstance(known, Node):
            made.append(Assert(message)(known, known >= least))
        elif known < least:
            raise ArgumentError(f"{message}, {shown(known)}{here()}")
        else:
            made.append(size)
    return tuple(made)


@public
def assert_shape(x: Any, expected_shape: Any, msg: str = "Unexpected shape.") -> Any:
    """x itself, whose shape a call checks if ``theano.config.conv.assert_shape`` is set.

    Args:
        x: a variable.
        expected_shape: a size for every axis, None where any will do; or None.
        msg: what the error says.

    Returns:
        A variable.

    Raises:
        AssertionError: by a call.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> from symdrop.theano.tensor.nnet.abstract_conv import assert_shape
        >>> x = T.matrix("x")
        >>> assert_shape(x, (None, 2)) is x
        True
    """
    return checked_with(x, x, expected_shape, msg)


def checked_with(value: Any, x: Any, expected_shape: Any, msg: str) -> Any:
    """A value, with which a call checks the shape of x as ``assert_shape`` does."""
    if expected_shape is None or not config.conv.assert_shape:
        return value
    node = as_node(x)
    fits = [eq(node.shape[k], size) for k, size in enumerate(expected_shape) if size is not None]
    return Assert(msg)(value, *fits) if fits else value


def checked_hint(shape: Any, name: str) -> Any:
    """A shape given as a hint: None, or numbers and None; variables are refused.

    Raises:
        ArgumentError: for a variable, and for one among the sizes.
    """
    if isinstance(shape, Node | Sizes) or any(
        isinstance(one, Node) and not isinstance(one, Constant) for one in shape or ()
    ):
        raise ArgumentError(f"{name} should be None or a tuple of constant int values, not {shown(shape)}{here()}")
    return shape


__all__ = ["assert_conv_shape", "assert_shape", "check_conv_gradinputs_shape"]

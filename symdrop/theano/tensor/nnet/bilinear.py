"""Upsampling of images by straight lines between their elements.

Read next: abstract_conv.py
"""

from __future__ import annotations

from typing import Any

from .... import tensor as engine
from ....binding import public
from ....errors import ArgumentError, ShapeError, here
from ....graph import Node, describe
from ....op import as_node
from ....tensor.arguments import python_integer
from ...settings import resolved
from ...variable import spoken


@public
def bilinear_kernel_1D(ratio: int, normalize: bool = True) -> Node:
    """A filter that rises in a straight line to its middle and falls again.

    Args:
        ratio: in how many steps it rises.
        normalize: whether its middle is 1; else it is ratio.

    Returns:
        A vector of 2 * ratio - 1 elements of dtype floatX.

    Example:
        >>> from symdrop.theano.tensor.nnet.abstract_conv import bilinear_kernel_1D
        >>> bilinear_kernel_1D(2).eval().tolist(), bilinear_kernel_1D(2, normalize=False).eval().tolist()
        ([0.5, 1.0, 0.5], [1.0, 2.0, 1.0])
    """
    steps = python_integer(ratio, "bilinear_kernel_1D: ratio")
    rising = [*range(1, steps), *range(steps, 0, -1)]
    made: Node = spoken(engine.constant([one / steps if normalize else one for one in rising], resolved(None)))
    return made


@public
def bilinear_kernel_2D(ratio: int, normalize: bool = True) -> Node:
    """The products of two ``bilinear_kernel_1D``.

    Args:
        ratio, normalize: as there.

    Returns:
        A matrix.

    Example:
        >>> from symdrop.theano.tensor.nnet.abstract_conv import bilinear_kernel_2D
        >>> bilinear_kernel_2D(2).eval().tolist()
        [[0.25, 0.5, 0.25], [0.5, 1.0, 0.5], [0.25, 0.5, 0.25]]
    """
    line = bilinear_kernel_1D(ratio, normalize)
    return engine.outer(line, line)


@public
def bilinear_upsampling(
    input: Any,
    ratio: Any = None,
    frac_ratio: Any = None,
    batch_size: Any = None,
    num_input_channels: Any = None,
    use_1D_kernel: bool = True,
) -> Node:
    """Images with ratio times as many rows and columns, on straight lines between the elements.

    Args:
        input: of shape (batch, channels, rows, columns).
        ratio: how many times as many, an integer.
        frac_ratio: refused: ratios that are no integers.
        batch_size, num_input_channels, use_1D_kernel: accepted; they change nothing.

    Returns:
        Of shape (batch, channels, ratio * rows, ratio * columns).

    Raises:
        ArgumentError: for a ``frac_ratio``, or no ratio.
        ShapeError: for another number of axes.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nnet.abstract_conv.bilinear_upsampling(T.constant([[[[0.0, 1.0, 2.0]]]]), 2).eval()[0, 0, 0].tolist()
        [0.0, 0.5, 1.0, 1.5, 2.0, 2.0]
    """
    if frac_ratio is not None or ratio is None:
        raise ArgumentError(f"bilinear_upsampling takes an integer ratio, and no frac_ratio{here()}")
    node = as_node(input)
    if node.ndim != 4:
        raise ShapeError(f"bilinear_upsampling of {describe(node)}: expected 4 axes{here()}")
    times = python_integer(ratio, "bilinear_upsampling: ratio")
    rows, columns = (_weights(node.shape[axis], times, node.dtype) for axis in (2, 3))
    # (batch, channels, columns, rows), then (batch, channels, rows, columns).
    tall = engine.dot(node.dimshuffle(0, 1, 3, 2), rows.T)
    made: Node = spoken(engine.dot(tall.dimshuffle(0, 1, 3, 2), columns.T))
    return made


def _weights(size: Any, ratio: int, dtype: str) -> Node:
    """Weights of the elements of a line in those of a longer one."""
    places = (engine.cast(engine.arange(ratio * size), dtype) - (ratio - 1) // 2) / ratio
    inside = engine.minimum(engine.maximum(places, 0), engine.cast(size - 1, dtype))
    apart = abs(inside.dimshuffle(0, "x") - engine.cast(engine.arange(size), dtype).dimshuffle("x", 0))
    return engine.maximum(1 - apart, 0)


__all__ = ["bilinear_kernel_1D", "bilinear_kernel_2D", "bilinear_upsampling"]

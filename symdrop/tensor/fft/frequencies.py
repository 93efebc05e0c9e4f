"""Frequencies that a transform's numbers belong to, and spectra with the frequency 0 in the middle.

Read next: ../sparse/__init__.py
"""

from __future__ import annotations

from typing import Any

from ...binding import public
from ...config import config
from ...graph import Node
from ...op import as_node
from ..arguments import one_size, several_axes
from ..creation import arange
from ..elementwise import cast, where
from ..joining import concatenate


def _over(places: Node, n: Node, d: Any) -> Node:
    made: Node = cast(places, config.floatX) / (cast(n, config.floatX) * d)
    return made


@public
def fftfreq(n: Any, d: Any = 1.0) -> Node:
    """Frequencies of the numbers that ``fft`` gives: the rising ones from 0 on, then the negative ones.

    Args:
        n: the number of points, an integer or an integer scalar.
        d: the distance of points.

    Returns:
        A vector of n floats of ``sd.config.floatX``.

    Raises:
        ShapeError: if n is known not to be positive.

    Example:
        >>> import symdrop.tensor as T
        >>> T.fft.fftfreq(4).eval().tolist()
        [0.0, 0.25, -0.5, -0.25]
    """
    count = as_node(one_size(n, 1))
    places = arange(count)
    return _over(where(places < (count + 1) // 2, places, places - count), count, d)


@public
def rfftfreq(n: Any, d: Any = 1.0) -> Node:
    """Frequencies of the numbers that ``rfft`` gives.

    Args:
        n: the number of points, an integer or an integer scalar.
        d: the distance of points.

    Returns:
        A vector of ``n // 2 + 1`` floats of ``sd.config.floatX``.

    Raises:
        ShapeError: if n is known not to be positive.

    Example:
        >>> import symdrop.tensor as T
        >>> T.fft.rfftfreq(4).eval().tolist()
        [0.0, 0.25, 0.5]
    """
    count = as_node(one_size(n, 1))
    return _over(arange(count // 2 + 1), count, d)


def _turned(x: Any, axes: Any, inverse: bool) -> Node:
    """x with its first half, the larger one unless inverse, moved behind the second, along axes."""
    node = as_node(x)
    for axis in several_axes(tuple(range(node.ndim)) if axes is None else axes, node.ndim):
        size = node.shape[axis]
        first = size // 2 if inverse else (size + 1) // 2
        before = (slice(None),) * axis
        node = concatenate([node[(*before, slice(first, None))], node[(*before, slice(None, first))]], axis)
    return node


@public
def fftshift(x: Any, axes: Any = None) -> Node:
    """x with the frequency 0 moved to the middle.

    Args:
        x: a tensor.
        axes: the axis or axes; by default all, of pairs the last one too, so name them there.

    Returns:
        A tensor of x's shape.

    Raises:
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.fft.fftshift(T.fft.fftfreq(4)).eval().tolist()
        [-0.5, -0.25, 0.0, 0.25]
    """
    return _turned(x, axes, inverse=False)


@public
def ifftshift(x: Any, axes: Any = None) -> Node:
    """Inverse of ``fftshift``.

    Args:
        x, axes: as of ``fftshift``.

    Returns:
        A tensor of x's shape.

    Raises:
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.fft.ifftshift(T.constant([-0.5, -0.25, 0.0, 0.25])).eval().tolist()
        [0.0, 0.25, -0.5, -0.25]
    """
    return _turned(x, axes, inverse=True)


__all__ = ["fftfreq", "fftshift", "ifftshift", "rfftfreq"]

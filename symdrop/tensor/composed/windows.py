"""Window functions: weights that fall off towards the ends of a stretch of samples.

Source: A. V. Oppenheim and R. W. Schafer, "Discrete-Time Signal Processing" (1989), section 7.4.

Read next: stacking.py
"""

from __future__ import annotations

import math
from typing import Any

from ...binding import public
from ...config import config
from ...graph import Node
from ...op import as_node, convert
from ...ops.special.bessel import i0
from ..arguments import one_size
from ..creation import arange
from ..elementwise import cast, cos, gt, maximum, minimum, sqrt, where


def _samples(m: Any) -> tuple[Node, Node]:
    """The places of m samples as shares of the way, in ``config.floatX``, and True where there are several."""
    count = one_size(m)
    last = cast(as_node(count) - 1, config.floatX)
    return cast(arange(count), config.floatX) / maximum(last, 1.0), gt(last, 0)


def _of_cosines(m: Any, constant: float, *amplitudes: float) -> Node:
    """A constant and cosines of one period, two periods, ...; a single sample is 1."""
    share, several = _samples(m)
    waves = [amplitude * cos(2 * math.pi * k * share) for k, amplitude in enumerate(amplitudes, 1)]
    return where(several, sum(waves, as_node(constant)), 1.0)


@public
def hanning(m: Any) -> Node:
    """The Hann window: a raised cosine.

    Args:
        m: how many samples, known or symbolic.

    Returns:
        A vector in ``config.floatX``.

    Example:
        >>> import symdrop.tensor as T
        >>> T.hanning(5).eval().round(3).tolist()
        [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    return _of_cosines(m, 0.5, -0.5)


@public
def hamming(m: Any) -> Node:
    """The Hamming window: a raised cosine on a pedestal, ``0.54 - 0.46 cos``.

    Args:
        m: how many samples, known or symbolic.

    Returns:
        A vector in ``config.floatX``.
    """
    return _of_cosines(m, 0.54, -0.46)


@public
def blackman(m: Any) -> Node:
    """The Blackman window: ``0.42 - 0.5 cos + 0.08 cos`` of twice the angle.

    Args:
        m: how many samples, known or symbolic.

    Returns:
        A vector in ``config.floatX``.
    """
    return _of_cosines(m, 0.42, -0.5, 0.08)


@public
def bartlett(m: Any) -> Node:
    """The Bartlett window: a triangle that is 0 at both ends.

    Args:
        m: how many samples, known or symbolic.

    Returns:
        A vector in ``config.floatX``.

    Example:
        >>> import symdrop.tensor as T
        >>> T.bartlett(5).eval().tolist()
        [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    share, several = _samples(m)
    return where(several, minimum(2.0 * share, 2.0 - 2.0 * share), 1.0)


@public
def kaiser(m: Any, beta: Any) -> Node:
    """The Kaiser window: a Bessel function over half a circle.

    Args:
        m: how many samples, known or symbolic.
        beta: the shape: 0 is a rectangle, 14 is narrow.

    Returns:
        A vector in ``config.floatX``.

    Source: J. F. Kaiser, "Digital filters", in "System Analysis by Digital Computer" (1966).

    Example:
        >>> import symdrop.tensor as T
        >>> T.kaiser(3, 0.0).eval().tolist()
        [1.0, 1.0, 1.0]
    """
    share, several = _samples(m)
    width = convert(as_node(beta), config.floatX)
    across = where(several, 2.0 * share - 1.0, 0.0)
    return i0(width * sqrt(maximum(1.0 - across * across, 0.0))) / i0(width)


__all__ = ["bartlett", "blackman", "hamming", "hanning", "kaiser"]

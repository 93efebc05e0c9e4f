"""Polynomials fitted to points.

Read next: shifted.py
"""

from __future__ import annotations

from typing import Any

from ...binding import public
from ...graph import Node
from ..arguments import as_float, vector
from ..composed.polynomials import order_of
from ..composed.sequences import vander
from .least_squares import lstsq


@public
def polyfit(x: Any, y: Any, deg: int, w: Any = None) -> Node:
    """The polynomial of a degree that is nearest to points, by least squares.

    Args:
        x: where the points lie, a vector.
        y: their values, a vector of equal length, or a matrix with a column for each of several fits.
        deg: the degree.
        w: weights of the distances, a vector; by default 1.

    Returns:
        The coefficients, a vector of ``deg + 1`` elements, or a matrix with a column for each fit.

    Raises:
        ArgumentError: if the degree is negative.

    Example:
        >>> import symdrop.tensor as T
        >>> T.polyfit([0.0, 1.0, 2.0], [1.0, 3.0, 5.0], 1).eval().round(6).tolist()
        [2.0, 1.0]
    """
    at, values = as_float(vector("polyfit", x)), as_float(y)
    columns = vander(at, order_of("polyfit", deg) + 1)
    if w is not None:
        weights = as_float(vector("polyfit", w))
        columns = columns * weights[:, None]
        values = values * (weights if values.ndim == 1 else weights[:, None])
    # Columns of length 1 keep high powers from drowning the low ones.
    lengths = (columns * columns).sum(axis=0) ** 0.5
    found = lstsq(columns / lengths, values)
    return found / (lengths if values.ndim == 1 else lengths[:, None])


__all__ = ["polyfit"]

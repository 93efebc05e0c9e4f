"""Histograms: how many elements, or points, lie in each of several bins.

Read next: missing.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...binding import public
from ...errors import ArgumentError, GraphTypeError, ShapeError, here, shown
from ...graph import Node, describe
from ...op import as_node, members
from ..arguments import as_float, one_size, product
from ..creation import linspace
from ..elementwise import cast, eq, le, lt, where
from ..extrema import max as max_over
from ..extrema import min as min_over
from ..reductions import sum as sum_over
from .counting import bincount, searchsorted


@public
def histogram(
    x: Any, bins: Any = 10, range: Any = None, weights: Any = None, density: bool = False
) -> tuple[Node, Node]:  # fmt: skip
    """How many elements lie in each of several bins.

    Args:
        x: a tensor of numbers.
        bins: how many bins of equal width, a Python integer; or their bounds, an ordered vector.
        range: for a number of bins the lowest and the highest bound; by default the extrema of x.
        weights: what each element counts, of x's shape; by default 1.
        density: True divides by the total and the bins' widths.

    Returns:
        The counts, an int64 vector (floats where there are weights or densities), and the bounds.

    Raises:
        ArgumentError: if the number of bins is not positive.

    Example:
        >>> import symdrop.tensor as T
        >>> [one.eval().tolist() for one in T.histogram(T.constant([1.0, 2.0, 2.5]), 2, (0.0, 4.0))]
        [[1, 2], [0.0, 2.0, 4.0]]
    """
    counts, edges = _counts([as_node(x).flatten()], [_edges("histogram", as_node(x), bins, range)], weights, density)
    return counts, edges[0]


@public
def histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None) -> Node:
    """The bounds of the bins that ``histogram`` counts in.

    Args:
        a: a tensor of numbers.
        bins: how many bins of equal width, a Python integer; or their bounds, which are returned.
        range: the lowest and the highest bound; by default the extrema of a.

    Returns:
        A vector of one element more than there are bins.

    Raises:
        ArgumentError: if the number of bins is not positive.

    Example:
        >>> import symdrop.tensor as T
        >>> T.histogram_bin_edges(T.constant([1.0, 3.0]), 2).eval().tolist()
        [1.0, 2.0, 3.0]
    """
    return _edges("histogram_bin_edges", as_node(a), bins, range)


@public
def histogram2d(
    x: Any, y: Any, bins: Any = 10, range: Any = None, density: bool = False, weights: Any = None
) -> tuple[Node, Node, Node]:
    """How many points of a plane lie in each of several rectangles.

    Args:
        x: the first coordinates, a vector.
        y: the second ones, a vector of equal length.
        bins: a number of bins for both, or a pair with a number or the bounds for each.
        range: a pair of pairs: the lowest and the highest bound of each; by default the extrema.
        density: True divides by the total and the rectangles' areas.
        weights: what each point counts, a vector; by default 1.

    Returns:
        The counts, a matrix, and the bounds along each axis. Counts are floats, as NumPy has them.

    Example:
        >>> import symdrop.tensor as T
        >>> T.histogram2d(T.constant([0.0, 1.0]), T.constant([0.0, 1.0]), 2)[0].eval().tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """
    counts, edges = histogramdd([x, y], bins, range, density, weights)
    return counts, edges[0], edges[1]


@public
def histogramdd(
    sample: Any, bins: Any = 10, range: Any = None, density: bool = False, weights: Any = None
) -> tuple[Node, list[Node]]:
    """How many points of a space lie in each of several boxes.

    Args:
        sample: the points, a matrix with a known number of columns; or a list of the coordinates' vectors.
        bins: a number of bins for all, or a list with a number or the bounds for each coordinate.
        range: a list of pairs: the lowest and the highest bound of each; by default the extrema.
        density: True divides by the total and the boxes' volumes.
        weights: what each point counts, a vector; by default 1.

    Returns:
        The counts, a float tensor with an axis for every coordinate, and a list of the bounds along each.

    Raises:
        ShapeError: if the number of coordinates is not known.
        ArgumentError: if there are other numbers of bins or ranges.
    """
    if isinstance(sample, list | tuple):
        columns = [as_node(one).flatten() for one in members(sample, "coordinates")]
    else:
        points = as_node(sample)
        if points.ndim != 2 or not isinstance(width := points.type.shape[1], int):
            raise ShapeError(
                f"histogramdd takes a matrix with a known number of columns, not {describe(points)}{here()}"
            )
        columns = [points[:, i] for i, _ in enumerate([None] * width)]
    each = list(bins) if isinstance(bins, list | tuple) else [bins] * len(columns)
    bounds = [None] * len(columns) if range is None else list(range)
    if not len(each) == len(bounds) == len(columns):
        raise ArgumentError(
            f"histogramdd: {len(each)} bins and {len(bounds)} ranges for {len(columns)} coordinates{here()}"
        )
    edges = [_edges("histogramdd", *one) for one in zip(columns, each, bounds, strict=True)]
    counts, edges = _counts(columns, edges, weights, density)
    return cast(counts, as_float(edges[0]).dtype) if counts.dtype == "int64" else counts, edges


def _counts(columns: list[Node], edges: list[Node], weights: Any, density: bool) -> tuple[Node, list[Node]]:
    """How many points lie in each box, and the bounds."""
    flat: Any = 0
    inside: Any = None
    sizes = [edge.shape[0] - 1 for edge in edges]
    for values, edge, count in zip(columns, edges, sizes, strict=True):
        # The last bin holds its upper bound too.
        place = searchsorted(edge, values, "right") - where(eq(values, edge[-1]), 2, 1)
        held = le(0, place) & lt(place, count)
        inside = held if inside is None else inside & held
        flat = flat * count + place
    total = product(sizes)
    amounts = None if weights is None else as_float(weights).flatten()
    counts = bincount(where(inside, flat, total), amounts, length=total)
    if len(sizes) > 1:
        counts = counts.reshape(tuple(sizes))
    if density:
        whole = cast(sum_over(counts), edges[0].dtype)
        for axis, edge in enumerate(edges):
            counts = counts / (edge[1:] - edge[:-1]).dimshuffle(0, *["x"] * (len(edges) - 1 - axis))
        counts = counts / whole
    return counts, edges


def _edges(name: str, x: Node, bins: Any, bounds: Any) -> Node:
    if isinstance(bins, Sequence) or (isinstance(bins, Node) and bins.ndim) or getattr(bins, "ndim", 0):
        edges = as_node(bins)
        if edges.ndim != 1:
            raise GraphTypeError(f"{name}: bounds of bins are a vector, not {describe(edges)}{here()}")
        return edges
    count = one_size(bins)
    if not isinstance(count, int) or count < 1:
        raise ArgumentError(f"{name}: a number of bins is a positive Python integer, not {shown(bins)}{here()}")
    low, high = (min_over(x), max_over(x)) if bounds is None else map(as_node, bounds)
    low, high = as_float(low), as_float(high)
    equal = eq(low, high)
    return linspace(where(equal, low - 0.5, low), where(equal, high + 0.5, high), count + 1)


__all__ = ["histogram", "histogram2d", "histogram_bin_edges", "histogramdd"]

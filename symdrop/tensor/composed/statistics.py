"""Means with weights, quantiles and covariances.

Read next: counting.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...binding import public
from ...errors import ArgumentError, GraphTypeError, ShapeError, here, shown
from ...graph import Node, describe
from ...op import as_node, give_way
from ...ops.checks import required
from ...ops.selection.statistics import order_statistics
from ..arguments import as_float, product
from ..axes import expand_dims, moveaxis, transpose
from ..elementwise import cast, ceil, clip, floor, ge, isnan, le, maximum, round_, sqrt, where
from ..extrema import reduced_axes
from ..joining import concatenate
from ..matrix_products import dot
from ..reductions import mean
from ..reductions import sum as sum_over


def _inner(alpha: float, beta: float) -> Callable[[Node, Node], Node]:
    """Hyndman and Fan's place of a share among elements whose own shares are (k - alpha) / (n + 1 - alpha - beta)."""
    return lambda share, count: count * share + (alpha + share * (1 - alpha - beta)) - 1


# The place, counted from 0, that a share has among ordered elements; of the first ones it is a whole number.
_WHOLE: Mapping[str, Callable[[Node, Node], Node]] = {
    "lower": lambda share, count: floor(share * (count - 1)),
    "higher": lambda share, count: ceil(share * (count - 1)),
    "nearest": lambda share, count: round_(share * (count - 1)),
    "inverted_cdf": lambda share, count: ceil(count * share) - 1,
    "closest_observation": lambda share, count: round_(count * share) - 1,
}
_METHODS: Mapping[str, Callable[[Node, Node], Node]] = {
    "linear": lambda share, count: share * (count - 1),
    "midpoint": lambda share, count: (floor(share * (count - 1)) + ceil(share * (count - 1))) / 2,
    "averaged_inverted_cdf": lambda share, count: (floor(count * share) + ceil(count * share) - 1) / 2,
    "interpolated_inverted_cdf": _inner(0, 1),
    "hazen": _inner(0.5, 0.5),
    "weibull": _inner(0, 0),
    "median_unbiased": _inner(1 / 3, 1 / 3),
    "normal_unbiased": _inner(3 / 8, 3 / 8),
    **_WHOLE,
}


@public
def average(x: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: bool = False) -> Any:
    """Weighted mean.

    Args:
        x: a tensor.
        axis: the axis or axes to average over; by default all.
        weights: of x's shape, or a vector along the one axis; by default all are equal.
        returned: True gives the sum of the weights too.
        keepdims: True leaves the axes with size 1.

    Returns:
        A float tensor, or two.

    Raises:
        ShapeError: if the weights do not fit.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.average(T.constant([1.0, 4.0]), weights=[2.0, 1.0]).eval())
        2.0
    """
    node = as_node(x)
    axes = reduced_axes(axis, node.ndim)
    if weights is None:
        made = mean(node, axes, keepdims=keepdims)
        return (made, made * 0 + product(node.shape[i] for i in axes)) if returned else made
    given = as_node(weights)
    if given.ndim != node.ndim:
        if given.ndim != 1 or len(axes) != 1:
            raise ShapeError(
                f"average: weights have the shape of x, or are a vector along one axis, not {describe(given)}{here()}"
            )
        given = expand_dims(given, tuple(i for i in range(node.ndim) if i != axes[0]))
    given = as_float(given)
    total = sum_over(given + node * 0, axes, keepdims=keepdims)
    made = sum_over(node * given, axes, keepdims=keepdims) / total
    return (made, total) if returned else made


@public
def quantile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Node:
    """Quantiles along axes: the values below which shares of the elements lie.

    Args:
        x: a tensor that is not empty.
        q: shares from 0 to 1: a number or a tensor of them.
        axis: the axis or axes over which x is ordered; by default all.
        method: between two elements: "linear" for what lies between them, "lower", "higher", "midpoint" or "nearest";
            or one of NumPy's other names for Hyndman and Fan's definitions: "inverted_cdf", "averaged_inverted_cdf",
            "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull", "median_unbiased",
            "normal_unbiased".
        keepdims: True leaves the axes with size 1.

    Returns:
        A float tensor; the axes of q stand first. NaN where an element is NaN. Gradients go to the elements chosen.

    Raises:
        ArgumentError: for another method, or a share outside.

    Source: R. J. Hyndman and Y. Fan, "Sample quantiles in statistical packages", The American Statistician 50, 1996;
    "linear" is definition 7.

    Example:
        >>> import symdrop.tensor as T
        >>> T.quantile(T.constant([1.0, 2.0, 4.0]), [0.5, 0.75]).eval().tolist()
        [2.0, 3.0]
    """
    node = as_float(x)
    share = shares("quantile", q, method, node)
    axes = reduced_axes(axis, node.ndim)
    made = _at_share(transposed_together(node, axes), share, method)
    return expand_dims(made, tuple(share.ndim + i for i in axes)) if keepdims else made


def shares(name: str, q: Any, method: Any, x: Node) -> Node:
    """The shares that a quantile of x is asked at, after refusing a method that there is not.

    Raises:
        ArgumentError: for another method, or a share that is not from 0 to 1; for a variable when it is computed.
    """
    if not isinstance(method, str) or method not in _METHODS:
        raise ArgumentError(f"{name}: method is one of {', '.join(_METHODS)}, not {shown(method)}{here()}")
    share = give_way(as_float(q), x.dtype)
    return required(share, ge(share, 0) & le(share, 1), f"{name}: a share", "a number from 0 to 1")


def place_of(share: Node, count: Node, method: str) -> tuple[Node, Node, Node | None]:
    """The place of a share among ``count`` ordered elements, a float.

    Returns:
        The number of the element below, that of the element above, and how far it is from the one to the other, from 0
        to 1; None where the method takes the element below.
    """
    place = clip(_METHODS[method](share, count), 0, maximum(count - 1, 0))
    below = floor(place)
    part = None if method in _WHOLE else place - below
    return cast(below, "int64"), cast(ceil(place), "int64"), part


def transposed_together(node: Node, axes: Sequence[int]) -> Node:
    """A tensor with some axes joined into one, which stands last."""
    kept = [i for i in range(node.ndim) if i not in axes]
    count = product(node.shape[i] for i in axes)
    return transpose(node, (*kept, *axes)).reshape((*(node.shape[i] for i in kept), count))


def _at_share(lines: Node, share: Node, method: str) -> Node:
    """The values at shares of the way through every sorted line of the last axis; NaN where one is NaN."""
    count = as_node(lines.shape[-1])
    below, above, part = place_of(share, cast(count, share.dtype), method)
    asked = [below] if part is None else [below, above]
    places = concatenate([*(place.reshape((-1,)) for place in asked), (count - 1).reshape((1,))], 0)
    found = moveaxis(order_statistics(lines, places, axis=lines.ndim - 1), -1, 0)
    shape, number = (*share.shape, *found.shape[1:]), product(share.shape)
    made = found[:number].reshape(shape)
    if part is not None:
        upper = found[number : 2 * number].reshape(shape)
        made = made + (upper - made) * expand_dims(part, tuple(range(share.ndim, share.ndim + lines.ndim - 1)))
    # NaN stands last.
    return where(isnan(found[-1]), float("nan"), made)


@public
def percentile(x: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Node:
    """Percentiles: quantiles whose shares are in hundredths.

    Args:
        x: a tensor that is not empty.
        q: numbers from 0 to 100.
        axis, method, keepdims: as of ``quantile``.

    Returns:
        A float tensor; the axes of q stand first.

    Raises:
        ArgumentError: as ``quantile``.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.percentile(T.constant([1.0, 2.0, 4.0]), 50).eval())
        2.0
    """
    return quantile(x, as_node(q) / 100.0, axis, method, keepdims)


@public
def median(x: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """The element in the middle, or the mean of the two nearest to it.

    Args:
        x: a tensor that is not empty.
        axis: the axis or axes over which x is ordered; by default all.
        keepdims: True leaves them with size 1.

    Returns:
        A float tensor.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.median(T.constant([1.0, 4.0, 2.0])).eval())
        2.0
    """
    return quantile(x, 0.5, axis, keepdims=keepdims)


@public
def cov(m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None) -> Node:
    """Covariance matrix of variables, estimated from observations.

    Args:
        m: a matrix, a row for each variable; or a vector, one variable.
        y: more variables, likewise.
        rowvar: False if variables are the columns.
        bias: True divides by the number of observations; else by one less.
        ddof: what is taken from that number instead.

    Returns:
        A float matrix; a scalar for one variable.

    Raises:
        GraphTypeError: if m has more than two axes.

    Example:
        >>> import symdrop.tensor as T
        >>> T.cov(T.constant([[1.0, 2.0], [3.0, 5.0]])).eval().tolist()
        [[0.5, 1.0], [1.0, 2.0]]
    """
    rows = _variables(m, rowvar)
    if y is not None:
        rows = concatenate([rows, _variables(y, rowvar)], 0)
    freedom = (0 if bias else 1) if ddof is None else ddof
    count = cast(as_node(rows.shape[1]), rows.dtype) - freedom
    apart = rows - mean(rows, 1, keepdims=True)
    made = dot(apart, transpose(apart)) / maximum(count, 0)
    return made[0, 0] if made.type.shape == (1, 1) else made


def _variables(x: Any, rowvar: bool) -> Node:
    node = as_float(x)
    if node.ndim > 2:
        raise GraphTypeError(f"cov takes a matrix or a vector, not {describe(node)}{here()}")
    if node.ndim < 2:
        return node.reshape((1, -1))
    return node if rowvar or node.type.shape[0] == 1 else transpose(node)


@public
def corrcoef(x: Any, y: Any = None, rowvar: bool = True) -> Node:
    """Matrix of Pearson's correlation coefficients.

    Args:
        x, y, rowvar: as of ``cov``.

    Returns:
        A float matrix; a scalar for one variable.

    Raises:
        GraphTypeError: if x has more than two axes.

    Example:
        >>> import symdrop.tensor as T
        >>> T.corrcoef(T.constant([[1.0, 2.0, 4.0], [2.0, 4.0, 8.0]])).eval().round(6).tolist()
        [[1.0, 1.0], [1.0, 1.0]]
    """
    together = cov(x, y, rowvar)
    if together.ndim == 0:
        return together / together
    spread = sqrt(together.diagonal())
    return clip(together / spread[:, None] / spread[None, :], -1, 1)


__all__ = ["average", "corrcoef", "cov", "median", "percentile", "quantile"]

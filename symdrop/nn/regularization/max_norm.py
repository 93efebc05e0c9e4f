"""Max-norm: after every step the weights of a unit are shortened to a limit where they are longer.

    W <- W * min(1, limit / |W|)        |W|: of the weights of every unit

It is a function from updates to updates, behind any optimizer.

Source: N. Srebro and A. Shraibman, "Rank, trace-norm and max-norm", COLT 2005; with dropout: N. Srivastava et al.,
"Dropout: a simple way to prevent neural networks from overfitting", JMLR 15, 2014.

Read next: noise.py
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ... import tensor as T
from ...binding import public
from ...errors import ArgumentError, here, shown
from ...graph import Node, describe
from ...op import as_node, constant_scalar
from ...ops.checks import required
from ...ops.logic import gt
from ...optim.transformations import parameters_in
from ...tensor.extrema import reduced_axes


@public
def max_norm(updates: Mapping[Node, Node], parameters: Any, limit: Any, axis: Any = 0) -> dict[Node, Node]:
    """Updates after which no unit's weights are longer than a limit.

    Args:
        updates: those of an optimizer.
        parameters: the weights that are limited: a shared variable, or a list, tuple or dict of them. One with fewer
            than two axes, as biases have, is refused.
        limit: the largest Euclidean length, a number or a scalar above 0.
        axis: the axis or axes along which lengths are taken: 0 for the weights that lead to a unit, of matrices
            (inputs, units); 1 for those that lead away from an input, as the rows of an embedding; (1, 2, 3) for the
            filters of a convolution of images. None is all axes.

    Returns:
        The updates; those of the parameters are other ones.

    Raises:
        ArgumentError: if the limit is not above 0 (symbolic: in the call), or a parameter is not updated.
        GraphTypeError: if a parameter is no shared variable of floats, or has fewer than two axes.
        IndexingError: if there is no such axis.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> W = sd.shared(np.array([[3.0, 0.3], [4.0, 0.4]]), name="W")
        >>> loss = 0.0 * W.sum()
        >>> step = sd.function([], loss, updates=sd.nn.max_norm(sd.optim.sgd(loss, W, rate=0.1), W, limit=1.0))
        >>> float(step()), W.get_value().round(3).tolist()
        (0.0, [[0.6, 0.3], [0.8, 0.4]])
    """
    longest = _limit(limit)
    made = dict(updates)
    for parameter in parameters_in(parameters):
        if parameter not in made:
            raise ArgumentError(f"max_norm: the updates have none of {describe(parameter)}{here()}")
        if parameter.ndim < 2:
            raise ArgumentError(f"max_norm: {describe(parameter)} has no units with weights; leave it out{here()}")
        made[parameter] = _shortened(made[parameter], longest, reduced_axes(axis, parameter.ndim))
    return made


def _limit(limit: Any) -> Node:
    node = as_node(limit)
    number = constant_scalar(node)
    if node.ndim or (number is not None and not number > 0):
        raise ArgumentError(f"max_norm: a limit is one number above 0, not {shown(limit)}{here()}")
    return node if number is not None else required(node, gt(node, 0), "the limit of max_norm", "above 0")


def _shortened(W: Node, limit: Node, axes: tuple[int, ...]) -> Node:
    square = _sum(T.sqr(W), axes)
    bound = T.cast(limit, W.dtype)
    longer = T.gt(square, T.sqr(bound))
    return W * T.where(longer, bound / T.sqrt(T.where(longer, square, 1)), 1)


def _sum(squares: Node, axes: tuple[int, ...]) -> Node:
    """Sums along axes, which stay, of size 1."""
    if squares.ndim == 2 and axes == (0,):
        # A product reads a matrix as it lies in memory, row by row; a sum down columns takes three times as long.
        return T.ones((1, squares.shape[0]), squares.dtype) @ squares
    return T.sum(squares, axes, keepdims=True)


__all__ = ["max_norm"]

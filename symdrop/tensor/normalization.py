"""Values brought to mean 0 and length or spread 1 along axes.

Read next: losses.py
"""

from __future__ import annotations

from typing import Any

from ..binding import public
from ..errors import ShapeError, here
from ..graph import Node, describe
from ..op import as_node
from .arguments import as_float, python_integer
from .elementwise import maximum, sqr, sqrt
from .extrema import reduced_axes
from .reductions import mean, norm


@public
def standardize(x: Any, axis: Any = -1, epsilon: Any = 1e-5) -> Node:
    """x less its mean, over its standard deviation, along axes.

    Args:
        x: a tensor of at least one axis.
        axis: the axis or axes; None means all.
        epsilon: is added to the variance.

    Returns:
        A float tensor of the shape of x.

    Raises:
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.standardize(T.constant([1.0, 3.0]), epsilon=0.0).eval().tolist()
        [-1.0, 1.0]
    """
    node = as_float(x)
    axes = reduced_axes(axis, node.ndim)
    apart = node - mean(node, axes, keepdims=True)
    return apart / sqrt(mean(sqr(apart), axes, keepdims=True) + epsilon)


@public
def layer_norm(x: Any, scale: Any = None, shift: Any = None, axis: Any = -1, epsilon: Any = 1e-5) -> Node:
    """Layer normalisation: ``standardize``, then a scale and a shift that are learnt.

    Args:
        x: a tensor of at least one axis, usually (batch, features).
        scale: factors, a tensor that broadcasts with x; by default 1.
        shift: summands, likewise; by default 0.
        axis: the axis or axes of the features.
        epsilon: is added to the variance.

    Returns:
        A float tensor of the shape of x.

    Raises:
        IndexingError: if there is no such axis.

    Source: Ba, Kiros and Hinton, "Layer normalization", arXiv:1607.06450, 2016.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.layer_norm(T.constant([1.0, 3.0]), 2.0, 1.0, epsilon=0.0).eval().tolist()
        [-1.0, 3.0]
    """
    made = standardize(x, axis, epsilon)
    made = made if scale is None else made * as_node(scale)
    return made if shift is None else made + as_node(shift)


@public
def group_norm(x: Any, groups: int, scale: Any = None, shift: Any = None, epsilon: Any = 1e-5) -> Node:
    """Group normalisation: every example's channels, in groups, brought to mean 0 and spread 1.

    Args:
        x: (batch, channels, ...), of a known number of channels.
        groups: how many groups; it divides the number of channels.
        scale: factors (channels,); by default 1.
        shift: summands (channels,); by default 0.
        epsilon: is added to the variance.

    Returns:
        A float tensor of the shape of x.

    Raises:
        ShapeError: if x has fewer axes, or the groups do not divide a known number of channels.

    Source: Wu and He, "Group normalization", ECCV 2018.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.group_norm(T.constant([[1.0, 3.0, 2.0, 6.0]]), 2, epsilon=0.0).eval().tolist()
        [[-1.0, 1.0, -1.0, 1.0]]
    """
    node, count = as_float(x), python_integer(groups, "group_norm: groups")
    if node.ndim < 2 or not isinstance(channels := node.type.shape[1], int):
        raise ShapeError(f"group_norm takes (batch, channels, ...) of known channels, not {describe(node)}{here()}")
    if count < 1 or channels % count:
        raise ShapeError(f"group_norm: {channels} channels are not {groups} groups of equal size{here()}")
    parts = node.reshape((node.shape[0], count, channels // count, *node.shape[2:]))
    made = standardize(parts, tuple(range(2, parts.ndim)), epsilon).reshape(node.shape)
    return _of_channels(made, scale, shift)


@public
def instance_norm(x: Any, scale: Any = None, shift: Any = None, epsilon: Any = 1e-5) -> Node:
    """Instance normalisation: every channel of every example brought to mean 0 and spread 1.

    Args:
        x: (batch, channels, places, ...).
        scale: factors (channels,); by default 1.
        shift: summands (channels,); by default 0.
        epsilon: is added to the variance.

    Returns:
        A float tensor of the shape of x.

    Raises:
        ShapeError: if x has fewer than three axes.

    Source: Ulyanov, Vedaldi and Lempitsky, "Instance normalization", arXiv:1607.08022, 2016.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.instance_norm(T.constant([[[1.0, 3.0]]]), epsilon=0.0).eval().tolist()
        [[[-1.0, 1.0]]]
    """
    node = as_float(x)
    if node.ndim < 3:
        raise ShapeError(f"instance_norm takes (batch, channels, places, ...), not {describe(node)}{here()}")
    return _of_channels(standardize(node, tuple(range(2, node.ndim)), epsilon), scale, shift)


def _of_channels(x: Node, scale: Any, shift: Any) -> Node:
    """x with a factor and a summand for every channel, along axis 1."""
    ones = ["x"] * (x.ndim - 2)
    made = x if scale is None else x * as_node(scale).dimshuffle(0, *ones)
    return made if shift is None else made + as_node(shift).dimshuffle(0, *ones)


@public
def rms_norm(x: Any, scale: Any = None, axis: Any = -1, epsilon: Any = 1e-6) -> Node:
    """x over the square root of its mean square, along axes.

    Args:
        x: a tensor of at least one axis.
        scale: factors, a tensor that broadcasts with x; by default 1.
        axis: the axis or axes.
        epsilon: is added to the mean square.

    Returns:
        A float tensor of the shape of x.

    Raises:
        IndexingError: if there is no such axis.

    Source: Zhang and Sennrich, "Root mean square layer normalization", NeurIPS 2019.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.rms_norm(T.constant([3.0, 3.0]), epsilon=0.0).eval().tolist()
        [1.0, 1.0]
    """
    node = as_float(x)
    made = node / sqrt(mean(sqr(node), reduced_axes(axis, node.ndim), keepdims=True) + epsilon)
    return made if scale is None else made * as_node(scale)


@public
def normalize(x: Any, ord: float | str | None = 2, axis: int = -1, epsilon: Any = 1e-12) -> Node:
    """x over its norm along an axis.

    Args:
        x: a tensor of at least one axis.
        ord: the kind of norm, as of ``T.norm``.
        axis: the axis.
        epsilon: the least that is divided by.

    Returns:
        A float tensor of the shape of x.

    Raises:
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.normalize(T.constant([3.0, 4.0])).eval().round(3).tolist()
        [0.6, 0.8]
    """
    node = as_float(x)
    return node / maximum(norm(node, ord, axis, keepdims=True), epsilon)


__all__ = ["group_norm", "instance_norm", "layer_norm", "normalize", "rms_norm", "standardize"]

"""Maps onto probabilities besides the softmax, relaxed draws and smoothed targets of classes.

Read next: normalization.py
"""

from __future__ import annotations

import math
from typing import Any

from ..binding import public
from ..graph import Node
from ..op import as_node
from ..ops.barriers import disconnected_grad
from ..ops.nnet import softmax as softmax_op
from .arguments import as_float, product, several_axes
from .axes import expand_dims, moveaxis
from .composed.choosing import one_hot
from .creation import arange
from .elementwise import cast, eq, log, maximum
from .extrema import argmax
from .nnet import softmax
from .reductions import logsumexp
from .reductions import sum as sum_over
from .sorting import cumsum, sort, take_along_axis
from .training import MaskSource, checked_stream


@public
def softmin(x: Any, axis: int = -1) -> Node:
    """Softmax of -x.

    Args:
        x: a tensor of at least one axis.
        axis: the axis along which the probabilities sum to 1.

    Returns:
        A float tensor of the shape of x.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.softmin(T.constant([0.0, 1000.0])).eval().tolist()
        [1.0, 0.0]
    """
    return softmax(-as_node(x), axis)


@public
def sparsemax(x: Any, axis: int = -1) -> Node:
    """The probabilities nearest to x in Euclidean distance, many of which are 0.

    Args:
        x: a tensor of at least one axis, which is not empty.
        axis: the axis along which the probabilities sum to 1.

    Returns:
        A float tensor of the shape of x.

    Source: Martins and Astudillo, "From softmax to sparsemax", ICML 2016, algorithm 1.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.sparsemax(T.constant([1.0, 0.5, -1.0])).eval().tolist()
        [0.75, 0.25, 0.0]
    """
    node = as_float(x)
    rows = moveaxis(node, axis, -1)
    falling = -sort(-rows, -1)
    sums = cumsum(falling, -1)
    number = cast(arange(1, as_node(rows.shape[-1]) + 1), rows.dtype)
    supported = 1 + number * falling > sums
    count = sum_over(cast(supported, "int64"), -1, keepdims=True)
    threshold = (take_along_axis(sums, count - 1, -1) - 1) / cast(count, rows.dtype)
    return moveaxis(maximum(rows - threshold, 0), -1, axis)


@public
def gumbel_softmax(
    logits: Any, *, stream: MaskSource, temperature: Any = 1.0, hard: bool = False, axis: int = -1
) -> Node:
    """A draw of a class by its logits, relaxed so that gradients pass: softmax((logits + Gumbel noise) / temperature).

    Args:
        logits: a tensor of at least one axis.
        stream: of the noise.
        temperature: near 0 the draw is nearly one-hot.
        hard: True draws a one-hot vector, with the gradient of the relaxed draw.
        axis: that of the classes.

    Returns:
        A float tensor of the shape of the logits.

    Raises:
        ArgumentError, GraphTypeError: if ``stream`` is none.

    Source: Jang, Gu and Poole, "Categorical reparameterization with Gumbel-softmax", ICLR 2017.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> y = T.nnet.gumbel_softmax(T.constant([1.0, 2.0]), stream=sd.RandomStream(seed=1), hard=True)
        >>> float(y.sum().eval())
        1.0
    """
    node = moveaxis(as_float(logits), axis, -1)
    uniform = checked_stream(stream, "gumbel_softmax").uniform(size=node.shape, dtype=node.dtype)
    # 1 - u lies above 0, and so does its negative logarithm but for u = 0.
    noise = -log(maximum(-log(1 - uniform), math.ulp(0.5) * 1e-20))
    soft: Node = softmax_op((node + noise) / temperature)
    if hard:
        chosen = cast(eq(expand_dims(argmax(soft, -1), -1), arange(node.shape[-1])), soft.dtype)
        soft = disconnected_grad(chosen - soft) + soft
    return moveaxis(soft, -1, axis)


@public
def logmeanexp(x: Any, axis: Any = None, keepdims: bool = False) -> Node:
    """log(mean(exp(x))) over axes, finite for every finite x.

    Args:
        x: a tensor of any dtype and shape.
        axis: the axis or axes; by default all.
        keepdims: True leaves them with size 1.

    Returns:
        A float tensor.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.nnet.logmeanexp(T.constant([1000.0, 1000.0])).eval())
        1000.0
    """
    node = as_float(x)
    axes = range(node.ndim) if axis is None else several_axes(axis, node.ndim)
    return logsumexp(node, axis, keepdims) - log(cast(product([node.shape[i] for i in axes]), node.dtype))


@public
def label_smoothing(labels: Any, classes: Any, smoothing: Any = 0.1, dtype: Any = None) -> Node:
    """Distributions that give the right class all but a share, which is spread over all classes evenly.

    Args:
        labels: the right classes, integers (...).
        classes: how many there are.
        smoothing: the share.
        dtype: by default ``config.floatX``.

    Returns:
        A float tensor (..., classes), to be the targets of a cross-entropy.

    Source: Szegedy, Vanhoucke, Ioffe, Shlens and Wojna, "Rethinking the Inception architecture", CVPR 2016.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.label_smoothing(T.constant([1]), 2, 0.2, "float64").eval().tolist()
        [[0.1, 0.9]]
    """
    made = one_hot(labels, classes, dtype)
    return made * (1 - as_node(smoothing)) + as_node(smoothing) / cast(as_node(classes), made.dtype)


__all__ = ["gumbel_softmax", "label_smoothing", "logmeanexp", "softmin", "sparsemax"]

"""More activations: smooth and piecewise linear units, gates, groups and shrinkage.

Read next: probabilities.py
"""

from __future__ import annotations

from typing import Any

from ..binding import public
from ..errors import ArgumentError, ShapeError, here
from ..graph import Node, describe
from ..op import as_node
from ..ops.functions import sigmoid, softplus
from .arguments import as_float, one_axis, python_integer
from .creation import zeros_like
from .elementwise import abs_, clip, expm1, minimum, sqr, sqrt, tanh, where
from .extrema import max as max_over
from .nnet import relu


@public
def celu(x: Any, alpha: Any = 1.0) -> Node:
    """Continuously differentiable exponential linear unit: x above 0, alpha * (exp(x / alpha) - 1) below.

    Args:
        x: a tensor of any dtype and shape.
        alpha: minus the limit for very negative x, a number or tensor above 0.

    Returns:
        A float tensor of the shape of x.

    Source: Barron, "Continuously differentiable exponential linear units", arXiv:1704.07483, 2017.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.celu(T.constant([-1000.0, 3.0]), 2.0).eval().tolist()
        [-2.0, 3.0]
    """
    node = as_float(x)
    return where(node > 0, node, alpha * expm1(minimum(node, 0) / alpha))


@public
def mish(x: Any) -> Node:
    """x * tanh(softplus(x)).

    Args:
        x: a tensor of any dtype and shape.

    Returns:
        A float tensor of the shape of x.

    Source: Misra, "Mish: a self regularized non-monotonic activation function", BMVC 2020.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.mish(T.constant([0.0, 100.0])).eval().tolist()
        [0.0, 100.0]
    """
    node = as_float(x)
    return node * tanh(softplus(node))


@public
def hard_tanh(x: Any, low: Any = -1.0, high: Any = 1.0) -> Node:
    """x limited to an interval.

    Args:
        x: a tensor of any dtype and shape.
        low, high: the bounds.

    Returns:
        A float tensor of the shape of x.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.hard_tanh(T.constant([-9.0, 0.5])).eval().tolist()
        [-1.0, 0.5]
    """
    return clip(as_float(x), low, high)


@public
def relu6(x: Any) -> Node:
    """Rectifier limited at 6.

    Args:
        x: a tensor of any dtype and shape.

    Returns:
        A float tensor of the shape of x.

    Source: Krizhevsky, "Convolutional deep belief networks on CIFAR-10", 2010.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.relu6(T.constant([-1.0, 9.0])).eval().tolist()
        [0.0, 6.0]
    """
    return minimum(relu(as_float(x)), 6)


@public
def hard_silu(x: Any) -> Node:
    """x * relu6(x + 3) / 6, a piecewise silu, also known as hard swish.

    Args:
        x: a tensor of any dtype and shape.

    Returns:
        A float tensor of the shape of x.

    Source: Howard and others, "Searching for MobileNetV3", ICCV 2019.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.hard_silu(T.constant([-9.0, 9.0])).eval().tolist()
        [-0.0, 9.0]
    """
    node = as_float(x)
    return node * relu6(node + 3) / 6.0


hard_swish = hard_silu


@public
def prelu(x: Any, alpha: Any) -> Node:
    """Parametric rectifier: x above 0, alpha * x below, with a slope that is learnt.

    Args:
        x: a tensor of any dtype and shape.
        alpha: the slope, a tensor that broadcasts with x: usually a shared vector, one number for each channel.

    Returns:
        A tensor of the shape of x.

    Source: He, Zhang, Ren and Sun, "Delving deep into rectifiers", ICCV 2015.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.prelu(T.constant([-2.0, 3.0]), 0.25).eval().tolist()
        [-0.5, 3.0]
    """
    return relu(x, alpha)


@public
def glu(x: Any, axis: int = -1) -> Node:
    """Gated linear unit: the first half of x along an axis, times the sigmoid of the second.

    Args:
        x: a tensor of at least one axis.
        axis: the axis to halve.

    Returns:
        A float tensor.

    Raises:
        ShapeError: if the axis is known to have an odd size.

    Source: Dauphin, Fan, Auli and Grangier, "Language modeling with gated convolutional networks", ICML 2017.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.glu(T.constant([3.0, 100.0])).eval().tolist()
        [3.0]
    """
    node = as_float(x)
    along = one_axis(axis, node.ndim)
    size = node.type.shape[along]
    if size is not None and size % 2:
        raise ShapeError(f"glu: axis {along} of {describe(node)} has no two halves{here()}")
    half = node.shape[along] // 2
    before = (slice(None),) * along
    return node[(*before, slice(None, half))] * sigmoid(node[(*before, slice(half, None))])


@public
def maxout(x: Any, pieces: int, axis: int = -1) -> Node:
    """Maxout: the largest of every group of neighbours along an axis.

    Args:
        x: a tensor of at least one axis.
        pieces: how many make a group, a Python integer.
        axis: the axis, whose size is a multiple of that.

    Returns:
        A tensor with the axis shorter.

    Raises:
        ArgumentError: if ``pieces`` is not positive.
        ShapeError: if the axis is known not to divide.

    Source: Goodfellow, Warde-Farley, Mirza, Courville and Bengio, "Maxout networks", ICML 2013.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.maxout(T.constant([1.0, 4.0, 3.0, 2.0]), 2).eval().tolist()
        [4.0, 3.0]
    """
    node, count = as_node(x), python_integer(pieces, "a number of pieces")
    along = one_axis(axis, node.ndim)
    size = node.type.shape[along]
    if count < 1:
        raise ArgumentError(f"maxout: a number of pieces is at least 1, not {count}{here()}")
    if size is not None and size % count:
        raise ShapeError(f"maxout: axis {along} of {describe(node)} does not fall into groups of {count}{here()}")
    sizes = node.shape
    return max_over(node.reshape((*sizes[:along], sizes[along] // count, count, *sizes[along + 1 :])), along + 1)


@public
def log_sigmoid(x: Any) -> Node:
    """The logarithm of the sigmoid, finite for every finite x.

    Args:
        x: a tensor of any dtype and shape.

    Returns:
        A float tensor of the shape of x.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.log_sigmoid(T.constant([-1000.0, 1000.0])).eval().tolist()
        [-1000.0, -0.0]
    """
    return -softplus(-as_float(x))


@public
def soft_shrink(x: Any, threshold: Any = 0.5) -> Node:
    """x moved towards 0 by a threshold, and not beyond.

    Args:
        x: a tensor of any dtype and shape.
        threshold: by how much.

    Returns:
        A float tensor of the shape of x.

    Source: Donoho, "De-noising by soft-thresholding", IEEE Transactions on Information Theory 41, 1995.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.soft_shrink(T.constant([-2.0, 0.25])).eval().tolist()
        [-1.5, 0.0]
    """
    node = as_float(x)
    return where(node > threshold, node - threshold, where(node < -as_node(threshold), node + threshold, 0 * node))


softshrink = soft_shrink


@public
def hard_shrink(x: Any, threshold: Any = 0.5) -> Node:
    """x, but 0 where it is within a threshold of 0.

    Args:
        x: a tensor of any dtype and shape.
        threshold: how near.

    Returns:
        A float tensor of the shape of x.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.hard_shrink(T.constant([-2.0, 0.25])).eval().tolist()
        [-2.0, 0.0]
    """
    node = as_float(x)
    return where(abs_(node) > threshold, node, 0 * node)


hardshrink = hard_shrink


@public
def tanh_shrink(x: Any) -> Node:
    """x - tanh(x).

    Args:
        x: a tensor of any dtype and shape.

    Returns:
        A float tensor of the shape of x.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.tanh_shrink(T.constant([0.0, 100.0])).eval().tolist()
        [0.0, 99.0]
    """
    node = as_float(x)
    return node - tanh(node)


tanhshrink = tanh_shrink


@public
def squareplus(x: Any, b: Any = 4.0) -> Node:
    """(x + sqrt(x * x + b)) / 2, a softplus without exponentials.

    Args:
        x: a tensor of any dtype and shape.
        b: how round it is; 0 makes it a rectifier.

    Returns:
        A float tensor of the shape of x.

    Source: Barron, "Squareplus: a softplus-like algebraic rectifier", arXiv:2112.11687, 2021.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.nnet.squareplus(0.0).eval())
        1.0
    """
    node = as_float(x)
    return 0.5 * (node + sqrt(sqr(node) + b))


@public
def threshold(x: Any, threshold: Any, value: Any = 0.0) -> Node:
    """x where it is above a threshold, a value elsewhere.

    Args:
        x: a tensor of any dtype and shape.
        threshold: the bound.
        value: what stands elsewhere.

    Returns:
        A tensor of the shape of x.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.threshold(T.constant([1.0, 3.0]), 2.0).eval().tolist()
        [0.0, 3.0]
    """
    node = as_node(x)
    return where(node > threshold, node, zeros_like(node) + value)


@public
def sparse_plus(x: Any) -> Node:
    """Sparse softplus: 0 up to -1, ``(x + 1)**2 / 4`` between -1 and 1, x from 1 on.

    Args:
        x: a tensor of any dtype and shape.

    Returns:
        A float tensor of the shape of x.

    Source: A. Martins and R. Astudillo, "From softmax to sparsemax", ICML 2016.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.sparse_plus(T.constant([-2.0, 0.0, 3.0])).eval().tolist()
        [0.0, 0.25, 3.0]
    """
    node = as_float(x)
    return where(node > 1, node, sqr(clip(node, -1, 1) + 1) / 4)


@public
def sparse_sigmoid(x: Any) -> Node:
    """Sparse sigmoid, the derivative of ``sparse_plus``: ``(x + 1) / 2`` between 0 and 1.

    Args:
        x: a tensor of any dtype and shape.

    Returns:
        A float tensor of the shape of x.

    Source: A. Martins and R. Astudillo, "From softmax to sparsemax", ICML 2016.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.sparse_sigmoid(T.constant([-2.0, 0.0, 3.0])).eval().tolist()
        [0.0, 0.5, 1.0]
    """
    return (clip(as_float(x), -1, 1) + 1) / 2


__all__ = [
    "celu", "glu", "hard_shrink", "hard_silu", "hard_swish", "hard_tanh", "hardshrink", "log_sigmoid", "maxout", "mish",
    "prelu", "relu6", "soft_shrink", "softshrink", "sparse_plus", "sparse_sigmoid", "squareplus", "tanh_shrink",
    "tanhshrink", "threshold",
]  # fmt: skip

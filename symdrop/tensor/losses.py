"""Costs of regression, ranking and densities: one for every element or row, to be averaged.

Read next: numpy_protocol.py
"""

from __future__ import annotations

import math
from typing import Any

from ..binding import public
from ..errors import GraphTypeError, here
from ..graph import Node, describe
from ..op import as_node
from ..ops.functions import softplus
from ..ops.nnet import log_softmax
from .arguments import as_float
from .axes import expand_dims
from .costs import class_labels
from .creation import arange
from .elementwise import abs_, cast, exp, log, maximum, neq, sqr, sqrt, where
from .reductions import mean
from .reductions import sum as sum_over
from .sorting import take_along_axis


@public
def squared_error(prediction: Any, target: Any) -> Node:
    """(prediction - target) ** 2; its mean is the mean squared error.

    Args:
        prediction: a tensor.
        target: a tensor that broadcasts with it.

    Returns:
        A float tensor: a cost for every element.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.nnet.squared_error(T.constant([1.0, 3.0]), [0.0, 1.0]).mean().eval())
        2.5
    """
    return sqr(as_float(prediction) - as_node(target))


mse = squared_error


@public
def absolute_error(prediction: Any, target: Any) -> Node:
    """abs(prediction - target); its derivative where they are equal is 0.

    Args:
        prediction, target: as of ``squared_error``.

    Returns:
        A float tensor: a cost for every element.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.nnet.absolute_error(T.constant([1.0, 3.0]), [0.0, 1.0]).mean().eval())
        1.5
    """
    return abs_(as_float(prediction) - as_node(target))


l1 = absolute_error


@public
def huber(prediction: Any, target: Any, delta: Any = 1.0) -> Node:
    """Huber's cost: half the squared error up to an error of delta, and beyond a line that goes on from there.

    Args:
        prediction, target: as of ``squared_error``.
        delta: up to which error.

    Returns:
        A float tensor: a cost for every element.

    Source: Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 35, 1964.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.huber(T.constant([0.5, 3.0]), 0.0).eval().tolist()
        [0.125, 2.5]
    """
    error = abs_(as_float(prediction) - as_node(target))
    return where(error <= delta, 0.5 * sqr(error), delta * (error - 0.5 * as_node(delta)))


@public
def smooth_l1(prediction: Any, target: Any, beta: Any = 1.0) -> Node:
    """Huber's cost over its delta: near to the absolute error.

    Args:
        prediction, target: as of ``squared_error``.
        beta: up to which error the cost is a parabola, above 0.

    Returns:
        A float tensor: a cost for every element.

    Source: Girshick, "Fast R-CNN", ICCV 2015.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.smooth_l1(T.constant([1.0, 3.0]), 0.0, beta=2.0).eval().tolist()
        [0.25, 2.0]
    """
    return huber(prediction, target, beta) / as_node(beta)


@public
def log_cosh(prediction: Any, target: Any) -> Node:
    """log(cosh(prediction - target)), without overflow.

    Args:
        prediction, target: as of ``squared_error``.

    Returns:
        A float tensor: a cost for every element.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.log_cosh(T.constant([0.0, 1000.0]), 0.0).eval().round(2).tolist()
        [0.0, 999.31]
    """
    error = abs_(as_float(prediction) - as_node(target))
    return error + softplus(-2 * error) - math.log(2)


@public
def binary_crossentropy_with_logits(logits: Any, t: Any, positive_weight: Any = None) -> Node:
    """The binary cross-entropy of sigmoid(logits), finite for every finite logit.

    Args:
        logits: a tensor.
        t: targets from 0 to 1, of a shape that fits.
        positive_weight: what the part of t counts, against 1 for that of 1 - t; by default 1.

    Returns:
        A float tensor: a cost for every element.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.binary_crossentropy_with_logits(T.constant([1000.0, 1000.0]), [1, 0]).eval().tolist()
        [0.0, 1000.0]
    """
    node = as_float(logits)
    target = as_node(t)
    target = target if target.dtype[0] == "f" else cast(target, node.dtype)
    positive = target * softplus(-node)
    positive = positive if positive_weight is None else positive * as_node(positive_weight)
    return positive + (1 - target) * softplus(node)


@public
def hinge(scores: Any, t: Any, margin: Any = 1.0) -> Node:
    """Hinge cost of a support vector machine: max(0, margin - t * score).

    Args:
        scores: a tensor.
        t: -1 or 1, of a shape that fits.
        margin: how far a score is wanted on its side.

    Returns:
        A float tensor: a cost for every element.

    Source: Cortes and Vapnik, "Support-vector networks", Machine Learning 20, 1995.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.hinge(T.constant([2.0, 0.5]), [1, -1]).eval().tolist()
        [0.0, 1.5]
    """
    return maximum(margin - as_node(t) * as_float(scores), 0)


@public
def multi_margin(scores: Any, labels: Any, margin: Any = 1.0, power: int = 1) -> Node:
    """Margin cost of many classes: the mean of max(0, margin - score of the right class + score of another) ** power.

    Args:
        scores: floats (..., classes).
        labels: the right classes, integers (...).
        margin: how far the right one is wanted ahead.
        power: 1 or 2.

    Returns:
        A float tensor (...): a cost for every row.

    Raises:
        GraphTypeError: if the labels are not integers with one axis less.

    Source: Crammer and Singer, "On the algorithmic implementation of multiclass kernel-based vector machines", Journal
    of Machine Learning Research 2, 2001.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.multi_margin(T.constant([[2.0, 1.5, 0.0]]), [0]).eval().round(3).tolist()
        [0.167]
    """
    node, right = as_float(scores), right_classes(scores, labels)
    own = take_along_axis(node, expand_dims(right, -1), -1)
    cost = maximum(margin - own + node, 0)
    cost = cost if power == 1 else cost**power
    others = neq(expand_dims(right, -1), arange(node.shape[-1]))
    return mean(where(others, cost, 0), -1)


def right_classes(scores: Any, labels: Any) -> Node:
    """Labels of scores (..., classes): integers (...) that are classes, or an error, of variables when running."""
    node, right = as_node(scores), as_node(labels)
    if right.dtype[0] not in "iu" or right.ndim != node.ndim - 1:
        raise GraphTypeError(
            f"labels are integers with one axis less than {describe(node)}, not {describe(right)}{here()}"
        )
    return class_labels(right, node.shape[-1], f"a class label of {describe(right, lines=False)}")


@public
def kl_divergence(log_prediction: Any, target: Any) -> Node:
    """Kullback-Leibler divergence of predicted log-probabilities from target probabilities, element by element.

    Args:
        log_prediction: logarithms of probabilities, a tensor.
        target: probabilities, of a shape that fits.

    Returns:
        A float tensor: target * (log(target) - log_prediction), 0 where the target is 0; its sum is the divergence.

    Source: Kullback and Leibler, "On information and sufficiency", Annals of Mathematical Statistics 22, 1951.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.nnet.kl_divergence(T.log(T.constant([0.5, 0.5])), [1.0, 0.0]).sum().eval().round(3))
        0.693
    """
    p, q = as_float(target), as_float(log_prediction)
    there = p > 0
    return where(there, p * (log(where(there, p, 1)) - q), 0 * q)


kl_div = kl_divergence


@public
def poisson_nll(prediction: Any, target: Any, log_input: bool = True) -> Node:
    """Negative log-likelihood of counts under Poisson distributions, but for a term of the target alone.

    Args:
        prediction: rates, or their logarithms.
        target: counts, of a shape that fits.
        log_input: True if the prediction is the logarithm.

    Returns:
        A float tensor: a cost for every element.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.nnet.poisson_nll(0.0, 2.0).eval())
        1.0
    """
    node = as_float(prediction)
    return exp(node) - as_node(target) * node if log_input else node - as_node(target) * log(node)


@public
def gaussian_nll(prediction: Any, target: Any, variance: Any, epsilon: Any = 1e-6) -> Node:
    """Negative log-likelihood under normal distributions, but for a constant.

    Args:
        prediction: means, a tensor.
        target: of a shape that fits.
        variance: variances, likewise.
        epsilon: the least variance that counts.

    Returns:
        A float tensor: a cost for every element.

    Source: Nix and Weigend, "Estimating the mean and variance of the target probability distribution", ICNN 1994.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.nnet.gaussian_nll(1.0, 3.0, 1.0).eval())
        2.0
    """
    spread = maximum(as_float(variance), epsilon)
    return 0.5 * (log(spread) + sqr(as_float(prediction) - as_node(target)) / spread)


@public
def cosine_similarity(a: Any, b: Any, axis: int = -1, epsilon: Any = 1e-8) -> Node:
    """The cosine of the angle between vectors.

    Args:
        a: a tensor of vectors along an axis.
        b: another, of a shape that fits.
        axis: that of the vectors.
        epsilon: the least product of lengths that is divided by.

    Returns:
        A float tensor with one axis less.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.nnet.cosine_similarity(T.constant([1.0, 0.0]), [1.0, 1.0]).eval().round(3))
        0.707
    """
    x, y = as_float(a), as_float(b)
    # The root of both lengths together has a derivative wherever neither is 0.
    lengths = sqrt(maximum(sum_over(sqr(x), axis) * sum_over(sqr(y), axis), epsilon**2))
    return sum_over(x * y, axis) / lengths


@public
def cosine(a: Any, b: Any, axis: int = -1, epsilon: Any = 1e-8) -> Node:
    """Cosine distance: 1 - the cosine of the angle between vectors, from 0 to 2.

    Args:
        a, b, axis, epsilon: as of ``cosine_similarity``.

    Returns:
        A float tensor with one axis less.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.nnet.cosine(T.constant([1.0, 0.0]), [-1.0, 0.0]).eval())
        2.0
    """
    return 1 - cosine_similarity(a, b, axis, epsilon)


@public
def triplet(anchor: Any, positive: Any, negative: Any, margin: Any = 1.0, axis: int = -1) -> Node:
    """Triplet cost: max(0, distance to the positive - distance to the negative + margin).

    Args:
        anchor, positive, negative: tensors of vectors along an axis.
        margin: how much farther the negative is wanted.
        axis: that of the vectors.

    Returns:
        A float tensor with one axis less.

    Source: Schroff, Kalenichenko and Philbin, "FaceNet", CVPR 2015.

    Example:
        >>> import symdrop.tensor as T
        >>> float(T.nnet.triplet(T.constant([0.0, 0.0]), [3.0, 4.0], [0.0, 1.0]).eval().round(3))
        5.0
    """
    node = as_float(anchor)

    def distance(other: Any) -> Node:
        squares = sum_over(sqr(node - as_node(other)), axis)
        apart = squares > 0
        return where(apart, sqrt(where(apart, squares, 1)), 0)

    return maximum(distance(positive) - distance(negative) + margin, 0)


@public
def focal(logits: Any, labels: Any, gamma: Any = 2.0) -> Node:
    """Focal cost: a cross-entropy in which well-predicted rows count less, by (1 - probability) ** gamma.

    Args:
        logits: floats (..., classes).
        labels: the right classes, integers (...).
        gamma: 0 makes it the cross-entropy.

    Returns:
        A float tensor (...): a cost for every row.

    Raises:
        GraphTypeError: if the labels are not integers with one axis less.

    Source: Lin, Goyal, Girshick, He and Dollar, "Focal loss for dense object detection", ICCV 2017.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.focal(T.constant([[0.0, 0.0]]), [1], gamma=0.0).eval().round(3).tolist()
        [0.693]
    """
    logs = take_along_axis(log_softmax(as_float(logits)), expand_dims(right_classes(logits, labels), -1), -1)[..., 0]
    return -((1 - exp(logs)) ** as_node(gamma)) * logs


__all__ = [
    "absolute_error", "binary_crossentropy_with_logits", "cosine", "cosine_similarity", "focal", "gaussian_nll",
    "hinge", "huber", "kl_div", "kl_divergence", "l1", "log_cosh", "mse", "multi_margin",
    "poisson_nll", "smooth_l1", "squared_error", "triplet",
]  # fmt: skip

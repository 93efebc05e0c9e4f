"""Functions of neural networks: activations, softmax and costs.

The costs are written as the book has them, ``log`` and all. The stability rules know what
is meant by the logarithm of a softmax or sigmoid, so values and gradients stay finite
where a probability rounds to 0.

Read next: numpy_protocol.py
"""

from __future__ import annotations

import math
from typing import Any, NoReturn

import numpy as np

from ..binding import public
from ..errors import GraphTypeError, here, shown
from ..graph import Node, describe
from ..op import Constant, as_node, convert
from ..ops.checks import required
from ..ops.functions import relu as relu_op
from ..ops.functions import sigmoid, softplus
from ..ops.nnet import log_softmax as log_softmax_op
from ..ops.nnet import softmax as softmax_op
from ..types import float_dtype, is_float, is_integer
from .arguments import one_axis
from .axes import moveaxis
from .elementwise import abs_, cast, clip, eq, erf, expm1, ge, log, lt, minimum, tanh, where
from .foreign import OPERATIONS, no_name
from .reductions import sum
from .shaping import specify_shape
from .sorting import open_grid


@public
def softmax(x: Any, axis: int = -1) -> Node:
    """Numbers as probabilities: exp(x) / sum(exp(x)) along an axis.

    Args:
        x: a tensor of any dtype with at least one axis.
        axis: the axis along which the probabilities sum to 1.

    Returns:
        A float tensor of the shape of x.

    Raises:
        IndexingError: if there is no such axis.

    Source: Bridle, "Training stochastic model recognition algorithms as networks can lead to maximum mutual
    information estimation of parameters", NIPS 1989.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.softmax(T.constant([1000.0, 1000.0])).eval().tolist()
        [0.5, 0.5]
    """
    return _over_axis(softmax_op, as_node(x), axis)


@public
def log_softmax(x: Any, axis: int = -1) -> Node:
    """The logarithm of softmax: x - logsumexp(x) along an axis, finite for every finite x.

    Args:
        x: a tensor of any dtype with at least one axis.
        axis: the axis along which the probabilities sum to 1.

    Returns:
        A float tensor of the shape of x.

    Raises:
        IndexingError: if there is no such axis.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.log_softmax(T.constant([1000.0, 0.0])).eval().tolist()
        [0.0, -1000.0]
    """
    return _over_axis(log_softmax_op, as_node(x), axis)


logsoftmax = log_softmax


def _over_axis(op: Any, x: Node, axis: int) -> Node:
    place = one_axis(axis, x.ndim)
    if place == x.ndim - 1:
        result: Node = op(x)
        return result
    return moveaxis(op(moveaxis(x, place, -1)), -1, place)


@public
def categorical_crossentropy(probabilities: Any, targets: Any, ignore_index: int | None = None) -> Node:
    """-log of the probability of the right class, or on average over a distribution of classes.

    Args:
        probabilities: floats (..., classes), summing to 1 over the last axis; usually a softmax.
        targets: the right classes as integers (...) from 0 on, or distributions (..., classes) such as one-hot rows.
        ignore_index: a label whose cost and gradient are 0, for padding; by default there is none.

    Returns:
        A float tensor (...): a cost for every row, to be averaged (over the labels that count, where some are ignored).

    Raises:
        GraphTypeError: if the targets are neither, or ``ignore_index`` is no integer or given with distributions.
        ShapeError: if there are not as many targets as rows.
        IndexingError: for a label that is no class, negative ones included; for a variable when it is computed.

    Example:
        >>> import symdrop.tensor as T
        >>> p = T.constant([[0.5, 0.5], [0.25, 0.75]])
        >>> T.nnet.categorical_crossentropy(p, [0, 1]).eval().round(3).tolist()
        [0.693, 0.288]
        >>> T.nnet.categorical_crossentropy(p, [[1, 0], [0, 1]]).eval().round(3).tolist()
        [0.693, 0.288]
        >>> T.nnet.categorical_crossentropy(p, [0, -1], ignore_index=-1).eval().round(3).tolist()
        [0.693, 0.0]
    """
    return _cross_entropy(log(probabilities), targets, ignore_index)


@public
def softmax_crossentropy(logits: Any, targets: Any, ignore_index: int | None = None) -> Node:
    """The categorical cross-entropy of softmax(logits).

    Args:
        logits: numbers (..., classes), any of which may be large.
        targets, ignore_index: as for ``categorical_crossentropy``.

    Returns:
        A float tensor (...): a cost for every row, to be averaged.

    Raises:
        GraphTypeError, ShapeError, IndexingError: as ``categorical_crossentropy``.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.softmax_crossentropy(T.constant([[1000.0, 0.0]]), [1]).eval().tolist()
        [1000.0]
    """
    return _cross_entropy(log_softmax(logits), targets, ignore_index)


def _cross_entropy(log_probabilities: Node, targets: Any, ignore_index: int | None) -> Node:
    target = as_node(targets)
    rows = log_probabilities.shape[:-1]
    if ignore_index is not None and (not isinstance(ignore_index, int | np.integer) or isinstance(ignore_index, bool)):
        raise GraphTypeError(f"ignore_index is a label, an integer, not {shown(ignore_index)}{here()}")
    if log_probabilities.ndim and target.ndim == log_probabilities.ndim:
        if ignore_index is not None:
            raise GraphTypeError(f"ignore_index={ignore_index} is a label, but {describe(target)} has none{here()}")
        return -sum(_like(target, log_probabilities) * log_probabilities, -1)
    if target.ndim != len(rows) or not log_probabilities.ndim or not is_integer(target.dtype):
        raise GraphTypeError(
            f"targets are integers with one axis less than the probabilities {log_probabilities.type}, "
            f"or distributions with as many axes, not {describe(target)}{here()}"
        )
    label = f"a class label of {describe(target)}"
    if isinstance(target, Constant) and ignore_index is None:
        # Its labels are known now, though the number of rows may not be.
        target = class_labels(target, log_probabilities.shape[-1], label)
    # NumPy would stretch a single target over all rows.
    target = specify_shape(target, rows)
    ignored = None if ignore_index is None else eq(cast(target, "int64"), int(ignore_index))
    labels = class_labels(target, log_probabilities.shape[-1], label, ignored)
    labels = labels if ignored is None else where(ignored, 0, labels)
    cost: Node = -log_probabilities[(*open_grid(rows), labels)]
    return cost if ignored is None else where(ignored, 0, cost)


def class_labels(labels: Node, classes: Any, label: str, ignored: Node | None = None) -> Node:
    """Labels that are numbers of classes: those of a constant are checked now, others when they are computed.

    An index counts from the end where it is negative; a label does not.

    Args:
        labels: integers of any shape.
        classes: how many classes there are, an integer or integer scalar.
        label: what to call one of them in an error.
        ignored: where labels may be anything; by default nowhere.

    Raises:
        IndexingError: for a label below 0 or not below ``classes``, saying which one and where it is.
    """
    known = isinstance(classes, int)
    domain = f"a class from 0 to {classes - 1}" if known else "a class from 0 to the number of classes less 1"
    # In int64, since int8 does not hold every number of classes; what uint64 has beyond it becomes negative.
    number = cast(labels, "int64")
    holds = ge(number, 0) & lt(number, classes)
    if ignored is not None:
        holds = holds | ignored
    return required(labels, holds, label, domain, "index")


def _like(target: Node, prediction: Node) -> Node:
    """Targets given as integers or truth values, in the dtype of what they are compared with."""
    return target if is_float(target.dtype) else convert(target, prediction.dtype)


@public
def binary_crossentropy(p: Any, t: Any) -> Node:
    """-(t * log(p) + (1 - t) * log(1 - p)): the cost of predicting p where t is true with probability t.

    Args:
        p: predicted probabilities, of any shape; usually a sigmoid.
        t: targets from 0 to 1, floats, integers or truth values, of a shape that fits p.

    Returns:
        A float tensor: a cost for every element, to be averaged.

    Raises:
        ShapeError: if the shapes do not fit.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.binary_crossentropy(T.constant([0.5, 0.25]), [1, 0]).eval().round(3).tolist()
        [0.693, 0.288]
    """
    p = as_node(p)
    p = convert(p, float_dtype(p.dtype))
    t = _like(as_node(t), p)
    made: Node = -(t * log(p) + (1 - t) * log(1 - p))
    return made


@public
def relu(x: Any, alpha: Any = 0) -> Node:
    """Rectifier: x where it is positive, else alpha * x; the derivative at 0 is alpha.

    Args:
        x: a tensor of any dtype and shape.
        alpha: the slope for negative x, a number or tensor.

    Returns:
        A tensor of the shape of x.

    Source: Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines", ICML 2010.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.relu(T.constant([-2.0, 3.0]), 0.5).eval().tolist()
        [-1.0, 3.0]
    """
    if not isinstance(alpha, Node) and alpha == 0:
        made: Node = relu_op(x)
    else:
        node = as_node(x)
        made = where(node > 0, node, alpha * node)
    return made


@public
def leaky_relu(x: Any, alpha: Any = 0.01) -> Node:
    """x where it is positive, else alpha * x.

    Args:
        x: a tensor of any dtype and shape.
        alpha: the slope for negative x, a number or tensor.

    Returns:
        A tensor of the shape of x.

    Source: Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models", ICML 2013.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.leaky_relu(T.constant([-100.0, 3.0])).eval().tolist()
        [-1.0, 3.0]
    """
    return relu(x, alpha)


@public
def elu(x: Any, alpha: Any = 1) -> Node:
    """Exponential linear unit: x where it is positive, else alpha * (exp(x) - 1).

    Args:
        x: a tensor of any dtype and shape.
        alpha: minus the limit for very negative x, a number or tensor.

    Returns:
        A float tensor of the shape of x.

    Source: Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by exponential linear units",
    ICLR 2016.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.elu(T.constant([-1000.0, 3.0])).eval().tolist()
        [-1.0, 3.0]
    """
    node = as_node(x)
    # What is not chosen must not overflow either: its gradient would be 0 * inf.
    made: Node = where(node > 0, node, alpha * expm1(minimum(node, 0)))
    return made


@public
def selu(x: Any) -> Node:
    """Scaled elu that keeps mean 0 and variance 1 from layer to layer.

    Args:
        x: a tensor of any dtype and shape; integers are converted to floats.

    Returns:
        A float tensor of the shape of x.

    Source: Klambauer, Unterthiner, Mayr and Hochreiter, "Self-normalizing neural networks", NIPS 2017.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.selu(T.constant([-1000.0, 1.0])).eval().round(4).tolist()
        [-1.7581, 1.0507]
    """
    return 1.0507009873554804934193349852946 * elu(x, 1.6732632423543772848170429916717)


@public
def gelu(x: Any) -> Node:
    """Gaussian error linear unit: x times the probability that a standard normal number is below x.

    Args:
        x: a tensor of any dtype and shape; integers are converted to floats.

    Returns:
        A float tensor of the shape of x.

    Source: Hendrycks and Gimpel, "Gaussian error linear units", arXiv:1606.08415, 2016.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.gelu(T.constant([-100.0, 1.0])).eval().round(4).tolist()
        [-0.0, 0.8413]
    """
    node = as_node(x)
    made: Node = node * (0.5 * (1 + erf(node * math.sqrt(0.5))))
    return made


@public
def silu(x: Any) -> Node:
    """Sigmoid linear unit x * sigmoid(x), also known as swish.

    Args:
        x: a tensor of any dtype and shape; integers are converted to floats.

    Returns:
        A float tensor of the shape of x.

    Source: Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units for neural network function approximation in
    reinforcement learning", Neural Networks 107, 2018.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.silu(T.constant([0.0, 100.0])).eval().tolist()
        [0.0, 100.0]
    """
    node = as_node(x)
    made: Node = node * sigmoid(node)
    return made


swish = silu


@public
def hard_sigmoid(x: Any) -> Node:
    """A straight line in place of the sigmoid: 0.2 * x + 0.5, limited to [0, 1].

    Args:
        x: a tensor of any dtype and shape; integers are converted to floats.

    Returns:
        A float tensor of the shape of x.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.hard_sigmoid(T.constant([-9.0, 0.0, 9.0])).eval().tolist()
        [0.0, 0.5, 1.0]
    """
    made: Node = clip(0.2 * as_node(x) + 0.5, 0, 1)
    return made


@public
def softsign(x: Any) -> Node:
    """x / (1 + |x|).

    Args:
        x: a tensor of any dtype and shape; integers are converted to floats.

    Returns:
        A float tensor of the shape of x.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.softsign(T.constant([-1.0, 3.0])).eval().tolist()
        [-0.5, 0.75]
    """
    node = as_node(x)
    made: Node = node / (1 + abs_(node))
    return made


def __getattr__(name: str) -> NoReturn:
    no_name("symdrop.tensor.nnet", name, __all__, OPERATIONS)


__all__ = [
    "binary_crossentropy", "categorical_crossentropy", "elu", "gelu", "hard_sigmoid", "leaky_relu", "log_softmax",
    "logsoftmax", "relu", "selu", "sigmoid", "silu", "softmax", "softmax_crossentropy", "softplus", "softsign", "swish",
    "tanh",
]  # fmt: skip

"""Costs of classification: cross-entropies of classes, of distributions and of single events.

Written as the book has them; the stability rules keep them finite.

Read next: convolution.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..binding import public
from ..errors import GraphTypeError, ShapeError, here, shown
from ..graph import Node, describe
from ..op import Constant, as_node, constant_scalar, convert
from ..ops.checks import required
from ..ops.nnet import log_softmax
from ..types import float_dtype, is_float, is_integer
from .elementwise import cast, eq, ge, log, lt, where
from .reductions import mean, sum
from .shaping import specify_shape
from .sorting import open_grid


@public
def categorical_crossentropy(
    probabilities: Any, targets: Any, ignore_index: int | None = None, *, weights: Any = None, smoothing: Any = 0
) -> Node:
    """-log of the probability of the right class, or on average over a distribution of classes.

    Args:
        probabilities: floats (..., classes), summing to 1 over the last axis; usually a softmax.
        targets: the right classes as integers (...) from 0 on, or distributions (..., classes) such as one-hot rows.
        ignore_index: a label whose cost and gradient are 0, for padding; by default there is none.
        weights: what each class counts, a vector; by default 1.
        smoothing: the share of every target that is spread over all classes evenly, from 0 to 1.

    Returns:
        A float tensor (...): a cost for every row, to be averaged (over the labels that count, where some are ignored).

    Raises:
        GraphTypeError: if the targets are neither, or ``ignore_index`` is no integer or given with distributions.
        ShapeError: if there are not as many targets as rows, or weights as classes.
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
    return _cross_entropy(log(probabilities), targets, ignore_index, weights, smoothing)


@public
def softmax_crossentropy(
    logits: Any, targets: Any, ignore_index: int | None = None, *, weights: Any = None, smoothing: Any = 0
) -> Node:
    """The categorical cross-entropy of softmax(logits).

    Args:
        logits: numbers (..., classes), any of which may be large.
        targets, ignore_index, weights, smoothing: as for ``categorical_crossentropy``.

    Returns:
        A float tensor (...): a cost for every row, to be averaged.

    Raises:
        GraphTypeError, ShapeError, IndexingError: as ``categorical_crossentropy``.

    Example:
        >>> import symdrop.tensor as T
        >>> T.nnet.softmax_crossentropy(T.constant([[1000.0, 0.0]]), [1]).eval().tolist()
        [1000.0]
    """
    return _cross_entropy(log_softmax(logits), targets, ignore_index, weights, smoothing)


def _cross_entropy(
    log_probabilities: Node, targets: Any, ignore_index: int | None, weights: Any, smoothing: Any
) -> Node:
    target, share = as_node(targets), as_node(smoothing)
    if weights is not None:
        log_probabilities = log_probabilities * _of_classes(as_node(weights), log_probabilities)
    cost, ignored = _of_targets(log_probabilities, target, ignore_index)
    if constant_scalar(share) != 0:
        cost = (1 - share) * cost - share * mean(log_probabilities, -1)
    return cost if ignored is None else where(ignored, 0, cost)


def _of_classes(weights: Node, log_probabilities: Node) -> Node:
    """Weights of classes, refused where they are not one for each; NumPy would stretch a single one."""
    if weights.ndim != 1 or not log_probabilities.ndim:
        raise ShapeError(f"weights are a vector, one for each class, not {describe(weights)}{here()}")
    return specify_shape(weights, (log_probabilities.shape[-1],))


def _of_targets(log_probabilities: Node, target: Node, ignore_index: int | None) -> tuple[Node, Node | None]:
    """A cost for every row, and where a row's label is the one to be ignored."""
    rows = log_probabilities.shape[:-1]
    if ignore_index is not None and (not isinstance(ignore_index, int | np.integer) or isinstance(ignore_index, bool)):
        raise GraphTypeError(f"ignore_index is a label, an integer, not {shown(ignore_index)}{here()}")
    if log_probabilities.ndim and target.ndim == log_probabilities.ndim:
        if ignore_index is not None:
            raise GraphTypeError(f"ignore_index={ignore_index} is a label, but {describe(target)} has none{here()}")
        return -sum(_like(target, log_probabilities) * log_probabilities, -1), None
    if target.ndim != len(rows) or not log_probabilities.ndim or not is_integer(target.dtype):
        raise GraphTypeError(
            f"targets are integers with one axis less than the probabilities {log_probabilities.type}, "
            f"or distributions with as many axes, not {describe(target)}{here()}"
        )
    label = f"a class label of {describe(target, lines=False)}"
    if isinstance(target, Constant) and ignore_index is None:
        # Its labels are known now, though the number of rows may not be.
        target = class_labels(target, log_probabilities.shape[-1], label)
    # NumPy would stretch a single target over all rows.
    target = specify_shape(target, rows)
    ignored = None if ignore_index is None else eq(cast(target, "int64"), int(ignore_index))
    labels = class_labels(target, log_probabilities.shape[-1], label, ignored)
    labels = labels if ignored is None else where(ignored, 0, labels)
    return -log_probabilities[(*open_grid(rows), labels)], ignored


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

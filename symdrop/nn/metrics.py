"""Metrics of classifiers, as expressions: how often the right class has the highest score, and what it is taken for.

They are computed where scores are, in the function that tests; nothing is summed up behind the scenes.

Read next: recurrent.py
"""

from __future__ import annotations

from typing import Any

from .. import tensor as T
from ..binding import public
from ..errors import GraphTypeError, ShapeError, here
from ..graph import Node, describe
from ..op import as_node
from ..ops.checks import required
from ..ops.join import refine_shape
from ..ops.logic import ge
from ..tensor.arguments import python_integer
from ..tensor.costs import class_labels
from ..tensor.losses import right_classes
from ..types import is_integer


@public
def accuracy(scores: Any, labels: Any) -> Node:
    """The share of examples whose right class has the highest score.

    Args:
        scores: numbers (..., classes), of which the first of the highest counts: logits or probabilities alike; or
            predicted classes, integers of the shape of the labels.
        labels: the right classes, integers (...).

    Returns:
        A scalar of floats.

    Raises:
        GraphTypeError: if the labels are not integers with one axis less than the scores.
        ShapeError: if there are more or fewer of them than examples; of variables when running.
        IndexingError: for a label that is no class; of a variable when it is computed.

    Example:
        >>> import symdrop as sd
        >>> float(sd.nn.accuracy([[0.1, 0.9], [0.8, 0.2]], [1, 1]).eval())
        0.5
    """
    return T.mean(T.eq(*_predicted(scores, labels)))


@public
def error_rate(scores: Any, labels: Any) -> Node:
    """The share of examples for which another class has the highest score: 1 - accuracy.

    Args:
        scores, labels: as of ``accuracy``.

    Returns:
        A scalar of floats.

    Example:
        >>> import symdrop as sd
        >>> float(sd.nn.error_rate([[0.1, 0.9], [0.8, 0.2]], [1, 1]).eval())
        0.5
    """
    return T.mean(T.neq(*_predicted(scores, labels)))


@public
def top_k_accuracy(scores: Any, labels: Any, k: int = 5) -> Node:
    """The share of examples whose right class is among the k with the highest scores.

    Of equal scores the first ones count as higher, so that with k = 1 it is ``accuracy``.

    Args:
        scores: numbers (..., classes).
        labels: the right classes, integers (...).
        k: how many classes count, at least 1.

    Returns:
        A scalar of floats.

    Raises:
        GraphTypeError: if the labels are not integers with one axis less, or k is no integer.
        IndexingError: for a label that is no class; of a variable when it is computed.

    Example:
        >>> import symdrop as sd
        >>> float(sd.nn.top_k_accuracy([[0.1, 0.6, 0.3], [0.5, 0.2, 0.3]], [2, 1], k=2).eval())
        0.5
    """
    if python_integer(k, "k") < 1:
        raise GraphTypeError(f"top_k_accuracy: k is an integer of at least 1, not {k}{here()}")
    node = as_node(scores)
    _, right = _alike(T.argmax(node, -1), right_classes(scores, labels))
    right = T.expand_dims(right, -1)
    own, classes = T.take_along_axis(node, right, -1), T.arange(node.shape[-1])
    higher = (node > own) | (T.eq(node, own) & (classes < right))
    # What is no number is not among the highest.
    return T.mean((T.sum(higher, -1) < k) & T.eq(own, own)[..., 0])


@public
def confusion_matrix(scores: Any, labels: Any, classes: int | None = None) -> Node:
    """How often examples of every class are taken for every class: rows are the right classes, columns the predicted.

    Args:
        scores, labels: as of ``accuracy``.
        classes: how many there are; needed only if predicted classes are given instead of scores.

    Returns:
        Integers of shape (classes, classes), whose sum is the number of examples.

    Raises:
        GraphTypeError: if the labels are not integers with one axis less, or the number of classes is missing.
        IndexingError: for a label or a predicted class that is no class; of a variable when it is computed.

    Example:
        >>> import symdrop as sd
        >>> sd.nn.confusion_matrix([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]], [1, 1, 0]).eval().tolist()
        [[0, 1], [1, 1]]
    """
    predicted, right = _predicted(scores, labels, classes)
    node = as_node(scores)
    count = node.shape[-1] if node.ndim > right.ndim else classes
    if count is None:
        raise GraphTypeError(f"confusion_matrix of predicted classes needs classes=, how many there are{here()}")
    right = class_labels(right, count, f"a label of {describe(right, lines=False)}")
    predicted = class_labels(predicted, count, f"a predicted class of {describe(predicted, lines=False)}")
    places = T.flatten(right) * count + T.flatten(predicted)
    return T.reshape(T.bincount(places, length=count * count), (count, count))


def _predicted(scores: Any, labels: Any, classes: int | None = None) -> tuple[Node, Node]:
    """Predicted and right classes."""
    node, right = as_node(scores), as_node(labels)
    if is_integer(node.dtype) and node.ndim == right.ndim:
        if not is_integer(right.dtype):
            raise GraphTypeError(f"labels are integers, not {describe(right)}{here()}")
        if classes is None:  # of so many the caller knows more
            label = f"a label of {describe(right, lines=False)}"
            right = required(right, ge(right, 0), label, "0 or more", error="index")
        return _alike(node, right)
    return _alike(T.argmax(node, -1), right_classes(scores, labels))


def _alike(predicted: Node, right: Node) -> tuple[Node, Node]:
    """Predicted and right classes of one shape: an axis of size 1 would stand for any number of examples.

    Raises:
        ShapeError: if they are known to differ; when running, if they turn out to.
    """
    pairs = [*zip(predicted.type.shape, right.type.shape, strict=True)]
    if any(one != other for one, other in pairs if None not in (one, other)):
        raise ShapeError(
            f"labels have the shape of what is predicted, {list(predicted.type.shape)}, not {describe(right)}{here()}"
        )
    known = tuple(other if one is None else one for one, other in pairs)
    return refine_shape(predicted, known, label="what is predicted"), refine_shape(right, known, label="labels")

"""Costs of classification by the names Theano gave them.

Read next: op_objects.py
"""

from __future__ import annotations

from typing import Any

from ....binding import public
from ....graph import Node
from ....op import as_node
from ....tensor import arange, argmax, cast, concatenate, dot, eq, log, unique
from ....tensor import max as max_over
from ....tensor import nnet as engine
from ...variable import Variable, spoken


@public
def categorical_crossentropy(coding_dist: Any, true_dist: Any) -> Node:
    """-log of the probability of the right class, or on average over a distribution of classes.

    Args:
        coding_dist: probabilities, a row for every example.
        true_dist: the right classes as integers, or a distribution in every row.

    Returns:
        A vector: a cost for every row.

    Raises:
        GraphTypeError, ShapeError: as ``sd.tensor.nnet.categorical_crossentropy``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nnet.categorical_crossentropy(T.constant([[0.5, 0.5]]), T.constant([1])).eval().round(3).tolist()
        [0.693]
    """
    made: Node = spoken(engine.categorical_crossentropy(coding_dist, true_dist))
    return made


@public
def binary_crossentropy(output: Any, target: Any) -> Node:
    """-log of the probability of what happened, element by element.

    Args:
        output: probabilities of 1.
        target: what happened, numbers from 0 to 1.

    Returns:
        A tensor of the shape of both.

    Raises:
        GraphTypeError, ShapeError: as ``sd.tensor.nnet.binary_crossentropy``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nnet.binary_crossentropy(output=T.constant([0.5]), target=T.constant([1.0])).eval().round(3).tolist()
        [0.693]
    """
    made: Node = spoken(engine.binary_crossentropy(output, target))
    return made


@public
def crossentropy_categorical_1hot(coding_dist: Any, true_one_of_n: Any) -> Node:
    """``categorical_crossentropy`` of right classes as integers; the arguments are the same."""
    chances, classes = as_node(coding_dist), as_node(true_one_of_n)
    if chances.ndim != 2 or classes.ndim != 1:
        return categorical_crossentropy(chances, classes)
    # The gradient of a logarithm of all chances would be nan where one of the others is 0.
    made: Node = spoken(-log(chances[arange(chances.shape[0]), classes]))
    return made


@public
def sigmoid_binary_crossentropy(output: Any, target: Any) -> Node:
    """The binary cross-entropy of sigmoid(output), finite for every finite output.

    Args:
        output: numbers.
        target: from 0 to 1, of a shape that fits.

    Returns:
        A cost for every element.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nnet.sigmoid_binary_crossentropy(T.constant([0.0, 800.0]), T.zeros(2)).eval().round(3).tolist()
        [0.693, 800.0]
    """
    made: Node = spoken(engine.binary_crossentropy_with_logits(output, target))
    return made


def _softmax(x: Any, b: Any, y_idx: Any) -> tuple[Node, Node, Node, Node]:
    """Costs, probabilities, the largest of every row, and its class."""
    logits = as_node(x) if b is None else as_node(x) + as_node(b)
    probabilities = engine.softmax(logits)
    costs = engine.softmax_crossentropy(logits, y_idx)
    made = [costs, probabilities, max_over(probabilities, 1), argmax(logits, 1)]
    cost, chances, largest, best = spoken(made)
    return cost, chances, largest, best


@public
def crossentropy_softmax_1hot(x: Any, y_idx: Any, **kwargs: Any) -> tuple[Node, Node]:
    """The cross-entropies of the softmax of every row, and the softmax.

    Args:
        x: a matrix.
        y_idx: the right classes.
        **kwargs: accepted; they change nothing.

    Returns:
        A vector of costs and a matrix of probabilities.

    Raises:
        GraphTypeError, ShapeError, IndexingError: as ``sd.tensor.nnet.softmax_crossentropy``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> cost, chances = T.nnet.crossentropy_softmax_1hot(T.constant([[0.0, 0.0]]), T.constant([1]))
        >>> cost.eval().round(3).tolist(), chances.eval().tolist()
        ([0.693], [[0.5, 0.5]])
    """
    return _softmax(x, None, y_idx)[:2]


@public
def crossentropy_softmax_1hot_with_bias(x: Any, b: Any, y_idx: Any, **kwargs: Any) -> tuple[Node, Node]:
    """``crossentropy_softmax_1hot`` of x + b, with the same arguments."""
    return _softmax(x, b, y_idx)[:2]


@public
def crossentropy_softmax_max_and_argmax_1hot(x: Any, y_idx: Any, **kwargs: Any) -> tuple[Node, Node, Node, Node]:
    """``crossentropy_softmax_1hot``, then the largest probability of every row and its class."""
    return _softmax(x, None, y_idx)


@public
def crossentropy_softmax_max_and_argmax_1hot_with_bias(
    x: Any, b: Any, y_idx: Any, **kwargs: Any
) -> tuple[Node, Node, Node, Node]:
    """``crossentropy_softmax_max_and_argmax_1hot`` of x + b."""
    return _softmax(x, b, y_idx)


@public
def crossentropy_softmax_argmax_1hot_with_bias(x: Any, b: Any, y_idx: Any, **kwargs: Any) -> tuple[Node, Node, Node]:
    """``crossentropy_softmax_1hot`` of x + b, then the class of the largest probability of every row."""
    cost, chances, _, best = _softmax(x, b, y_idx)
    # One op of Theano gave all three: whoever has one of them uses the classes.
    for made in (chances, best):
        if isinstance(made, Variable):
            made.belongs_to(cost)
    return cost, chances, best


@public
def crossentropy_softmax_1hot_with_bias_dx(dnll: Any, sm: Any, y_idx: Any) -> Node:
    """The gradient of ``crossentropy_softmax_1hot`` by what the softmax was taken of.

    Args:
        dnll: the gradient by the costs.
        sm: the softmax.
        y_idx: the right classes.

    Returns:
        A matrix.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> sm, y = T.constant([[0.25, 0.75]]), T.constant([1])
        >>> T.nnet.crossentropy_softmax_1hot_with_bias_dx(T.constant([2.0]), sm, y).eval().tolist()
        [[0.5, -0.5]]
    """
    chances, factors = as_node(sm), as_node(dnll)
    hot = eq(as_node(y_idx).dimshuffle(0, "x"), arange(chances.shape[1]).dimshuffle("x", 0))
    made: Node = spoken(factors.dimshuffle(0, "x") * (chances - cast(hot, chances.dtype)))
    return made


@public
def confusion_matrix(actual: Any, pred: Any) -> list[Node]:
    """How often each class was taken for each.

    Args:
        actual: the right classes, a vector of integers.
        pred: the predicted ones.

    Returns:
        A matrix of counts, a right class in every row, and the classes in order.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> counts, order = T.nnet.confusion_matrix(T.constant([2, 0, 2]), T.constant([2, 2, 2]))
        >>> counts.eval().tolist(), order.eval().tolist()
        ([[0, 1], [0, 2]], [0, 2])
    """
    right, taken = as_node(actual), as_node(pred)
    order = unique(concatenate([right, taken]))
    rows, columns = (cast(eq(one.dimshuffle(0, "x"), order.dimshuffle("x", 0)), "int64") for one in (right, taken))
    made: list[Node] = spoken([dot(rows.T, columns), order])
    return made


__all__ = [
    "binary_crossentropy", "categorical_crossentropy", "confusion_matrix", "crossentropy_categorical_1hot",
    "crossentropy_softmax_1hot", "crossentropy_softmax_1hot_with_bias", "crossentropy_softmax_1hot_with_bias_dx",
    "crossentropy_softmax_argmax_1hot_with_bias", "crossentropy_softmax_max_and_argmax_1hot",
    "crossentropy_softmax_max_and_argmax_1hot_with_bias", "sigmoid_binary_crossentropy",
]  # fmt: skip

"""``theano.tensor.nnet.nnet``: softmax, activations and the names of their ops.

Read next: shapes.py
"""

from __future__ import annotations

from typing import Any

from ....binding import public
from ....errors import ShapeError, here
from ....graph import Node, describe
from ....op import as_node
from ....tensor import abs_, arange
from ....tensor import dot as engine_dot
from ....tensor import nnet as engine
from ....tensor import sum as sum_over
from ...applications import OpObject
from ...dtypes import variable
from ...methods import operators
from ...missing import missing_name
from ...part_ops import LogSoftmax, Softmax
from ...variable import speaking, spoken
from . import costs, op_objects
from .sigm import sigmoid, softplus

_found = {name: getattr(module, name) for module in (costs, op_objects) for name in module.__all__}
globals().update(_found)

elu, selu, softsign, tanh = (speaking(one) for one in (engine.elu, engine.selu, engine.softsign, engine.tanh))


@public
def softmax(c: Any) -> Node:
    """Every row of a matrix as probabilities; a vector is taken as one row, and a row comes out.

    Args:
        c: a vector or matrix.

    Returns:
        A matrix.

    Raises:
        ShapeError: for another number of axes; ``sd.tensor.nnet.softmax`` takes any.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nnet.softmax(T.constant([0.0, 0.0])).eval().tolist()
        [[0.5, 0.5]]
    """
    made: Node = spoken(engine.softmax(_rows(c, "softmax")))
    return made


@public
def logsoftmax(c: Any) -> Node:
    """The logarithm of ``softmax``, finite for every finite c.

    Args:
        c: a vector or matrix.

    Returns:
        A matrix.

    Raises:
        ShapeError: for another number of axes.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nnet.logsoftmax(T.constant([1000.0, 0.0])).eval().tolist()
        [[0.0, -1000.0]]
    """
    made: Node = spoken(engine.log_softmax(_rows(c, "logsoftmax")))
    return made


def _rows(c: Any, what: str) -> Node:
    node = variable(c)
    if node.ndim not in (1, 2):
        raise ShapeError(f"{what} takes a matrix, or a vector as one row, not {describe(node)}; reshape it{here()}")
    return node.dimshuffle("x", 0) if node.ndim == 1 else node


@public
def softmax_with_bias(x: Any, b: Any) -> Node:
    """``softmax(x + b)``.

    Args:
        x: a matrix.
        b: a vector, added to every row.

    Returns:
        A matrix.

    Raises:
        ShapeError: as ``softmax``.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nnet.softmax_with_bias(T.constant([[1.0, 2.0]]), T.constant([1.0, 0.0])).eval().tolist()
        [[0.5, 0.5]]
    """
    return softmax(variable(x) + variable(b))


@public
def relu(x: Any, alpha: Any = 0) -> Node:
    """Rectifier: x where it is positive, else alpha * x; the derivative at 0 is (1 + alpha) / 2, as in Theano.

    Args:
        x: a tensor.
        alpha: the slope for negative x.

    Returns:
        A tensor of x's shape.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.vector("x")
        >>> T.grad(T.nnet.relu(x).sum(), x).eval({x: [-1, 0, 2]}).tolist()
        [0.0, 0.5, 1.0]
    """
    node = as_node(x)
    made: Node
    if isinstance(alpha, int | float) and alpha == 0:
        made = 0.5 * (node + abs_(node))
    else:
        slope = alpha if isinstance(alpha, int | float) else as_node(alpha)
        made = 0.5 * (1 + slope) * node + 0.5 * (1 - slope) * abs_(node)
    said: Node = spoken(made)
    return said


@public
def softmax_graph(c: Any) -> Node:
    """Numbers as probabilities along the last axis, of a tensor of any number of axes.

    Args:
        c: a tensor.

    Returns:
        A tensor of c's shape.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nnet.softmax_graph(T.constant([0.0, 0.0])).eval().tolist()
        [0.5, 0.5]
    """
    made: Node = spoken(engine.softmax(c))
    return made


@public
def softmax_grad(dy: Any, sm: Any) -> Node:
    """The gradient by what a softmax was taken of, from that by its value.

    Args:
        dy: the gradient by the probabilities.
        sm: the probabilities.

    Returns:
        A matrix.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> T.nnet.softmax_grad(T.constant([[1.0, 0.0]]), T.constant([[0.5, 0.5]])).eval().tolist()
        [[0.25, -0.25]]
    """
    gradient, probabilities = as_node(dy), as_node(sm)
    each = gradient * probabilities
    made: Node = spoken(each - sum_over(each, 1, keepdims=True) * probabilities)
    return made


@public
def h_softmax(
    x: Any,
    batch_size: Any,
    n_outputs: Any,
    n_classes: int,
    n_outputs_per_class: int,
    W1: Any,
    b1: Any,
    W2: Any,
    b2: Any,
    target: Any = None,
) -> Node:
    """Softmax in two levels: of classes, and of the outputs inside of each.

    Args:
        x: a matrix, an example in every row.
        batch_size: the number of examples.
        n_outputs: the number of outputs, ``n_classes * n_outputs_per_class`` or less.
        n_classes, n_outputs_per_class: how they are arranged.
        W1, b1: weights (features, n_classes) and biases of the classes.
        W2, b2: weights (n_classes, features, n_outputs_per_class) and biases (n_classes, n_outputs_per_class).
        target: an output for every example; by default all of them.

    Returns:
        The probabilities of the targets, a vector, or of all outputs, a matrix.

    Source: Goodman, "Classes for fast maximum entropy training", ICASSP 2001.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> sizes = T.zeros((3, 2)), T.zeros(2), T.zeros((2, 3, 2)), T.zeros((2, 2))
        >>> T.nnet.h_softmax(T.ones((1, 3)), 1, 4, 2, 2, *sizes).eval().tolist()
        [[0.25, 0.25, 0.25, 0.25]]
    """
    rows, weights, biases = as_node(x), as_node(W2), as_node(b2)
    classes = softmax(engine_dot(rows, W1) + as_node(b1))
    if target is None:
        of_all = weights.dimshuffle(1, 0, 2).reshape((weights.shape[1], n_classes * n_outputs_per_class))
        inner = engine_dot(rows, of_all)
        each = inner.reshape((batch_size, n_classes, n_outputs_per_class)) + biases
        made = (classes.dimshuffle(0, 1, "x") * engine.softmax(each)).reshape((batch_size, -1))[:, :n_outputs]
    else:
        output = as_node(target).flatten()
        chosen, place = output // n_outputs_per_class, output % n_outputs_per_class
        each = softmax(sum_over(rows.dimshuffle(0, 1, "x") * weights[chosen], 1) + biases[chosen])
        examples = arange(batch_size)
        made = classes[examples, chosen] * each[examples, place]
    said: Node = spoken(made)
    return said


class SoftmaxWithBias(OpObject):
    """The op of ``softmax_with_bias``."""

    @public
    def __call__(self, x: Any, b: Any) -> Node:
        """The probabilities."""
        return softmax_with_bias(x, b)


class SoftmaxGrad(OpObject):
    """The op of ``softmax_grad``."""

    @public
    def __call__(self, dy: Any, sm: Any) -> Node:
        """The gradient."""
        return softmax_grad(dy, sm)


operators.update(softmax=softmax, logsoftmax=logsoftmax)
softmax_op, logsoftmax_op = Softmax(), LogSoftmax()

# Modules beside these are found missing when they are used.
__path__: list[str] = []

__all__ = [
    *_found, "LogSoftmax", "Softmax", "SoftmaxGrad", "SoftmaxWithBias", "elu", "h_softmax", "logsoftmax",
    "logsoftmax_op", "relu", "selu", "sigmoid", "softmax",
    "softmax_grad", "softmax_graph", "softmax_op", "softmax_with_bias", "softplus", "softsign",
    "tanh",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor.nnet.nnet", name, __all__)

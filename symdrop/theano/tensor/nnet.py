"""``theano.tensor.nnet``.

Read next: signal.py
"""

from __future__ import annotations

import sys
from typing import Any

from ...binding import public
from ...errors import ShapeError
from ...graph import Node, describe
from ...op import as_node
from ...tensor import nnet as engine
from ...tensor import tanh as tanh
from ...tensor.nnet import (
    binary_crossentropy,
    categorical_crossentropy,
    elu,
    hard_sigmoid,
    selu,
    sigmoid,
    softplus,
    softsign,
)
from ..missing import no_name


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
    return engine.softmax(_rows(c, "softmax"))


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
    return engine.log_softmax(_rows(c, "logsoftmax"))


def _rows(c: Any, what: str) -> Node:
    node = as_node(c)
    if node.ndim not in (1, 2):
        raise ShapeError(f"{what} takes a matrix, or a vector as one row, not {describe(node)}; reshape it")
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
    return softmax(as_node(x) + as_node(b))


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
        made = 0.5 * (node + abs(node))
    else:
        made = 0.5 * (1 + alpha) * node + 0.5 * (1 - alpha) * abs(node)
    return made


@public
def conv2d(
    input: Any,
    filters: Any,
    input_shape: Any = None,
    filter_shape: Any = None,
    border_mode: Any = "valid",
    subsample: Any = (1, 1),
    filter_flip: bool = True,
    image_shape: Any = None,
    filter_dilation: Any = (1, 1),
    num_groups: int = 1,
) -> Node:
    """Convolution of a batch of images with filters, which are turned around.

    Args:
        input: of shape (batch, channels, rows, columns).
        filters: of shape (filters, channels // num_groups, rows, columns).
        input_shape, filter_shape, image_shape: what Theano chose its code by; nothing depends on them.
        border_mode, subsample, filter_flip, filter_dilation, num_groups: the padding, stride, flip, dilation and groups
            of ``sd.tensor.nnet.conv``.

    Returns:
        Of shape (batch, filters, rows, columns).

    Raises:
        ShapeError: as ``sd.tensor.nnet.conv``, and for another number of axes.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x, w = T.constant([[[[1.0, 2.0, 3.0]]]]), T.constant([[[[1.0, 10.0]]]])
        >>> T.nnet.conv2d(x, w).eval().tolist()
        [[[[12.0, 23.0]]]]
    """
    node = as_node(input)
    if node.ndim != 4:
        raise ShapeError(f"conv2d of {describe(node)}: expected 4 axes, (batch, channels, rows, columns)")
    return engine.conv(node, filters, border_mode, subsample, filter_dilation, num_groups, filter_flip)


# Theano's is a rough sigmoid that saved time on processors of its day; this one is exact.
ultra_fast_sigmoid = sigmoid

# Theano spread these names over files; whatever else was beside them is found missing when it is used.
__path__: list[str] = []
abstract_conv = conv = nnet = sigm = sys.modules[__name__]

__all__ = [
    "abstract_conv", "binary_crossentropy", "categorical_crossentropy", "conv", "conv2d", "elu", "hard_sigmoid",
    "logsoftmax", "relu", "selu", "sigmoid", "softmax", "softmax_with_bias", "softplus", "softsign", "tanh",
    "ultra_fast_sigmoid",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Refuse what is not there with a sentence."""
    no_name("theano.tensor.nnet", name, __all__)

"""Mixup: training on mixtures of the examples of a batch and of their targets.

Read next: ../../io/__init__.py
"""

from __future__ import annotations

from typing import Any

from ... import tensor as T
from ...binding import public
from ...errors import ArgumentError, GraphTypeError, here
from ...graph import Node, describe
from ...op import as_node
from ...random import RandomStream
from ...tensor.training import TRAINING, checked_stream, checked_training, choose
from ...types import is_float


@public
def mixup(*arrays: Any, alpha: Any = 0.2, stream: RandomStream | None = None, training: Any = TRAINING) -> list[Node]:
    """Batches of which every example is mixed with another of the batch while training; the batches in testing.

        lambda ~ Beta(alpha, alpha), one for the batch        x_i <- lambda x_i + (1 - lambda) x_p(i)

    The order p is a random permutation, the same for all arrays.

    Args:
        *arrays: floats of as many rows, such as images and the distributions of their labels.
        alpha: of the law of lambda, above 0: small for little mixing; a number or a scalar.
        stream: where lambda and the order come from; two sites are taken.
        training: the flag ``sd.training``, another flag, a symbolic scalar, or a Python bool.

    Returns:
        The mixed arrays, in the order given.

    Raises:
        ArgumentError: without a stream or arrays; if alpha is not above 0 (symbolic: in the call).
        GraphTypeError: for integers, which cannot be mixed: labels go through ``T.one_hot`` first; for scalars.

    Source: H. Zhang et al., "mixup: beyond empirical risk minimization", ICLR 2018.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x, y = T.dmatrix("x"), T.ivector("y")
        >>> mixed, targets = sd.nn.mixup(x, T.one_hot(y, 2), stream=sd.RandomStream(seed=1))
        >>> f = sd.function([x, y], targets.sum(axis=1), training=True, on_unused_input="ignore")
        >>> f(np.ones((2, 1)), [0, 1]).tolist()
        [1.0, 1.0]
    """
    nodes = [_mixable(one) for one in arrays]
    if not nodes:
        raise ArgumentError(f"mixup takes the arrays of a batch, mixup(x, y){here()}")
    training, source = checked_training(training), checked_stream(stream, "mixup")
    assert isinstance(source, RandomStream)
    share = source.beta(a=alpha, b=alpha, size=(), dtype=nodes[0].dtype)
    order = source.permutation(n=nodes[0].shape[0])
    made = []
    for node in nodes:
        part = T.cast(share, node.dtype)
        made.append(choose(training, part * node + (1 - part) * T.take(node, order, axis=0), node))
    return made


def _mixable(array: Any) -> Node:
    node = as_node(array)
    if not is_float(node.dtype) or not node.ndim:
        raise GraphTypeError(
            f"mixup mixes floats with an axis of examples, not {describe(node)}; write T.one_hot(labels, classes) "
            f"for labels{here()}"
        )
    return node


__all__ = ["mixup"]

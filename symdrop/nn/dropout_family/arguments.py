"""Arguments that the relatives of dropout share, read and checked: activations, rates, streams, masks' shapes.

Read next: gaussian.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ... import tensor as T
from ...errors import ArgumentError, GraphTypeError, here, shown
from ...graph import Node, describe
from ...op import as_node
from ...ops.checks import required
from ...random import RandomStream
from ...random.arguments import bound, probability
from ...tensor.training import checked_stream
from ...types import is_float


def floats(x: Any, what: str, argument: str = "x") -> Node:
    """A float node.

    Raises:
        GraphTypeError: if it holds anything else.
    """
    node = as_node(x)
    if not is_float(node.dtype):
        raise GraphTypeError(f"{what}: {argument} holds floats, not {describe(node)}; cast it{here()}")
    return node


def rate(p: Any, what: str = "the probability of dropping") -> Node:
    """A probability, the same for all elements.

    Raises:
        GraphTypeError: if it is no scalar; ``ArgumentError`` if it is outside [0, 1].
    """
    node = as_node(p)
    if node.ndim:
        raise GraphTypeError(f"{what} is one number, not {describe(node)}{here()}")
    return probability(node, what)


def rate_below_one(p: Any, what: str = "the probability of dropping") -> Node:
    """A probability that is not 1, where a law divides by 1 - p.

    Raises:
        GraphTypeError: if it is no scalar; ``ArgumentError`` if it is outside [0, 1).
    """
    node = rate(p, what)
    return required(node, T.lt(node, 1), f"{what} {bound(node)}", "below 1")


def positive_number(value: Any, what: str) -> float:
    """A Python number above 0 and finite.

    Raises:
        ArgumentError: if it is anything else.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not 0 < value < float("inf"):
        raise ArgumentError(f"{what} is a number above 0 and finite, not {shown(value)}{here()}")
    return float(value)


def random_stream(stream: Any, what: str) -> RandomStream:
    """The stream from which the noise is drawn.

    Raises:
        ArgumentError: if there is none; ``GraphTypeError`` if it is no stream.
    """
    source = checked_stream(stream, what)
    if not isinstance(source, RandomStream):
        raise GraphTypeError(f"{what} draws from a RandomStream, not {shown(stream)}{here()}")
    return source


def one_of(value: Any, words: Sequence[str], what: str) -> str:
    """A word of a few.

    Raises:
        ArgumentError: if it is another one.
    """
    if not isinstance(value, str) or value not in words:
        raise ArgumentError(f"{what} is {' or '.join(repr(word) for word in words)}, not {shown(value)}{here()}")
    return value


def finished(result: Any, like: Node, name: str | None) -> Node:
    """A result in the dtype of the activations, under a name of its own if it is not the activations themselves."""
    node: Node = T.cast(result, like.dtype)
    if name is not None and node is not like:
        node.name = name
    return node

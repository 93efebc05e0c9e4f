"""Elman's network, the plainest recurrent cell.

    h_t = tanh(x_t W + h_(t-1) U + b)

Source: Elman, "Finding structure in time", Cognitive Science 14, 1990, with the logistic
function in place of tanh.

Read next: gru.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .. import tensor as T
from ..binding import public
from ..graph import Node
from .recurrent import Drop, Recurrent


@public
@dataclass(eq=False, repr=False)
class Elman(Recurrent):
    """A recurrent cell without gates; arguments, attributes and calls are those of ``Recurrent``.

    Args:
        inputs: features of a step of the input.
        hidden: units.
        activation: what the sum goes through.
        seed, dtype, name: as of ``Recurrent``.

    Raises:
        ArgumentError: if a size is not a positive integer.

    Source: Elman, "Finding structure in time", 1990.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> cell, x = sd.nn.Elman(3, 5, seed=0), T.ftensor3("x")
        >>> states, last = cell(x, state_dropout=0.5, stream=sd.RandomStream(seed=1))
        >>> f = sd.function([x], [states, last], training=False)
        >>> [value.shape for value in f(np.ones((7, 2, 3), "float32"))]
        [(7, 2, 5), (2, 5)]
    """

    activation: Callable[[Any], Any] = field(default=T.tanh, kw_only=True)

    def _step(self, a: Node, old: Sequence[Node], drop: Drop, U: Node) -> Sequence[Node]:
        return [self.activation(a + drop(old[0]) @ U)]

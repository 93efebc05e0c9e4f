"""The gated recurrent unit.

    r = sigmoid(x W_r + h U_r + b_r)            how much of the state the candidate sees
    z = sigmoid(x W_z + h U_z + b_z)            how much of the state stays
    c = tanh(x W_c + (r * h) U_c + b_c)         the candidate
    h = z * h + (1 - z) * c

The columns of W, U and b are in the order r, z, c. ``reset_after=True`` puts the reset gate
behind the product, ``r * (h U_c)``, as cuDNN and PyTorch do: a step then has one product
instead of two. PyTorch's order of gates is the same; its weights are transposed, and it has a
second bias inside ``r * (...)``.

Source: Cho, van Merrienboer, Gulcehre, Bahdanau, Bougares, Schwenk and Bengio, "Learning
phrase representations using RNN encoder-decoder for statistical machine translation", EMNLP
2014.

Read next: lstm.py
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .. import tensor as T
from ..binding import public
from ..graph import Node
from .recurrent import Drop, Recurrent


@public
@dataclass(eq=False, repr=False)
class GRU(Recurrent):
    """A gated recurrent unit; arguments, attributes and calls are those of ``Recurrent``, gates are r, z, c.

    Args:
        inputs: features of a step of the input.
        hidden: units.
        reset_after: whether the reset gate multiplies what the state contributes instead of the state.
        seed, dtype, name: as of ``Recurrent``.

    Raises:
        ArgumentError: if a size is not a positive integer.

    Source: Cho et al., "Learning phrase representations using RNN encoder-decoder", 2014.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> cell, x = sd.nn.GRU(3, 5, seed=0), T.fmatrix("x")
        >>> states, last = cell(x, weight_dropout=0.5, locked=False, stream=sd.RandomStream(seed=1))
        >>> train = sd.function([x], [states, last], training=True)
        >>> [value.shape for value in train(np.ones((7, 3), "float32"))]
        [(7, 5), (5,)]
    """

    reset_after: bool = field(default=False, kw_only=True)

    gates = 3

    def _step(self, a: Node, old: Sequence[Node], drop: Drop, U: Node) -> Sequence[Node]:
        (h,), two = old, 2 * self.hidden
        seen, a_c = drop(h), a[..., two:]
        if self.reset_after:
            u = seen @ U
            both = T.nnet.sigmoid(a[..., :two] + u[..., :two])
            r, z = both[..., : self.hidden], both[..., self.hidden :]
            c = T.tanh(a_c + r * u[..., two:])
        else:
            both = T.nnet.sigmoid(a[..., :two] + seen @ U[:, :two])
            r, z = both[..., : self.hidden], both[..., self.hidden :]
            c = T.tanh(a_c + (r * seen) @ U[:, two:])
        return [z * h + (1 - z) * c]

"""Long short-term memory.

    i, f, o = sigmoid(x W + h U + b)            what enters the memory, what stays, what is shown
    g = tanh(x W_g + h U_g + b_g)               the candidate
    c = f * c + i * g                           the memory
    h = o * tanh(c)                             the output

The columns of W, U and b are in the order i, f, g, o, which is PyTorch's. The biases of f start
at 1, so that a new network remembers.

Sources: Hochreiter and Schmidhuber, "Long short-term memory", Neural Computation 9, 1997; the
forget gate f is from Gers, Schmidhuber and Cummins, "Learning to forget", Neural Computation
12, 2000; its initial bias from Jozefowicz, Zaremba and Sutskever, "An empirical exploration of
recurrent network architectures", ICML 2015.

Read next: layers/__init__.py
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import tensor as T
from ..binding import public
from ..graph import Node
from .recurrent import Drop, Recurrent


@public
@dataclass(eq=False, repr=False)
class LSTM(Recurrent):
    """Long short-term memory; arguments, attributes and calls are those of ``Recurrent``, gates are i, f, g, o.

    ``initial`` and the last state are pairs (h, c). Dropout on the state acts on h; the memory c is never dropped.

    Args:
        inputs: features of a step of the input.
        hidden: units.
        seed, dtype, name: as of ``Recurrent``.

    Raises:
        ArgumentError: if a size is not a positive integer.

    Sources: Hochreiter and Schmidhuber, "Long short-term memory", 1997; Gers et al., "Learning to forget", 2000.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> cell, x = sd.nn.LSTM(3, 5, seed=0), T.fmatrix("x")
        >>> states, (h, c) = cell(x)
        >>> shown, last, memory = sd.function([x], [states, h, c])(np.ones((7, 3), "float32"))
        >>> shown.shape, memory.shape, bool((shown[-1] == last).all())
        ((7, 5), (5,), True)
    """

    gates = 4
    carried = 2

    def _biases(self) -> np.ndarray[Any, Any]:
        biases = np.zeros((4, self.hidden))
        biases[1] = 1
        return biases.ravel()

    def _step(self, a: Node, old: Sequence[Node], drop: Drop, U: Node) -> Sequence[Node]:
        h, c = old
        i, f, g, o = self._blocks(a + drop(h) @ U)
        c = T.nnet.sigmoid(f) * c + T.nnet.sigmoid(i) * T.tanh(g)
        return [T.nnet.sigmoid(o) * T.tanh(c), c]

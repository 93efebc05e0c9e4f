"""Annealed dropout: a rate that falls to zero as training goes on.

    p(t) = max(0, 1 - t / N) * p(0)

Every probability of the family may be a symbolic scalar, so a schedule is an expression of a counter
of steps; ``sd.optim``'s schedules are such functions, too.

Source: Rennie, Goel and Thomas, "Annealed dropout training of deep networks", IEEE Spoken Language
Technology Workshop 2014.

Read next: standout.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import tensor as T
from ...binding import public
from ...config import config
from ...errors import ArgumentError, GraphTypeError, here, shown
from ...graph import Node, describe
from ...op import as_node
from .arguments import rate


@public
def annealed_rate(step: Any, p: Any = 0.5, steps: int = 10_000) -> Node:
    """Annealed dropout's rate: p at step 0, falling in a straight line to 0 at step ``steps``.

    Args:
        step: the number of the step, a shared counter that updates count on, or any scalar.
        p: the first rate.
        steps: in how many steps it reaches 0.

    Returns:
        A scalar, to be the p of a dropout.

    Raises:
        GraphTypeError: if ``step`` is no scalar.
        ArgumentError: for p outside [0, 1], or if ``steps`` is no integer of at least 1.

    Source: Rennie et al., "Annealed dropout training of deep networks", 2014.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> t = sd.shared(0, name="t")
        >>> x, p = T.vector("x"), sd.nn.annealed_rate(t, 0.5, steps=4)
        >>> h = sd.dropout(x, p, stream=sd.RandomStream(seed=1))
        >>> f = sd.function([x], p, updates={t: t + 1}, on_unused_input="ignore")
        >>> [float(f([1.0])) for _ in range(6)]
        [0.5, 0.375, 0.25, 0.125, 0.0, 0.0]
    """
    now = as_node(step)
    if now.ndim:
        raise GraphTypeError(f"annealed_rate: the number of a step is a scalar, not {describe(now)}{here()}")
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 1:
        raise ArgumentError(f"annealed_rate: steps is an integer of at least 1, not {shown(steps)}{here()}")
    left: Node = T.clip(1 - T.cast(now, config.floatX) / int(steps), 0.0, 1.0)
    return rate(p) * left

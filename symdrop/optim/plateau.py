"""Reduction on plateau: a learning rate that becomes smaller while a validation loss does not.

    rate, best, waited, resting = state        a shared vector, which a step of training reads: checkpoints hold it
    observe(loss):  best, 0                    if the loss is smaller than the best by more than the threshold
                    waited + 1                 otherwise; more than ``patience``: the rate times ``factor``

Read next: hyperparameters.py
"""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

import numpy as np

from ..binding import public
from ..errors import ArgumentError, here, shown
from ..graph import Node
from ..op import SharedVariable, shared
from ..tensor.arguments import python_integer


@dataclass(frozen=True, eq=False)
class Plateau:
    """A rate that is reduced by what is observed; made by ``sd.optim.on_plateau``.

    Attributes:
        state: a shared vector of four numbers: the rate, the smallest loss, how many observations since brought no
            smaller one, and for how many more none are counted.
    """

    _: KW_ONLY
    factor: float
    patience: int
    threshold: float
    least: float
    cooldown: int
    state: SharedVariable = field(repr=False)

    @property
    def rate(self) -> Node:
        """The rate, for ``rate=`` of an optimizer."""
        return self.state[0]

    @public
    def observe(self, loss: Any) -> bool:
        """Take note of a validation loss.

        Args:
            loss: a number, the smaller the better.

        Returns:
            Whether the rate was reduced.

        Raises:
            ArgumentError: if it is no number, or NaN.
        """
        value = _number(loss, "a validation loss")
        rate, best, waited, resting = self.state.get_value().tolist()
        # The first observation is the best one so far, whatever it is.
        if best == math.inf or value < best - self.threshold * abs(best):
            best, waited = value, 0
        else:
            waited += 1
        if resting:
            waited, resting = 0, resting - 1
        reduced = waited > self.patience and rate > self.least
        if waited > self.patience:
            rate, waited, resting = max(rate * self.factor, self.least), 0, self.cooldown
        self.state.set_value(np.array([rate, best, waited, resting]))
        return bool(reduced)


@public
def on_plateau(
    rate: float, factor: float = 0.1, patience: int = 10, *, threshold: float = 1e-4, least: float = 0.0,
    cooldown: int = 0,
) -> Plateau:  # fmt: skip
    """A learning rate that is reduced when a validation loss has stopped becoming smaller.

    Args:
        rate: the first one.
        factor: what it is multiplied by, between 0 and 1.
        patience: how many observations in a row may bring no smaller loss.
        threshold: by which share a loss must be smaller than the best one to count.
        least: the smallest rate.
        cooldown: after a reduction, for how many observations none are counted.

    Returns:
        A ``Plateau``: ``plateau.rate`` goes to the optimizer, ``plateau.observe(loss)`` is called after a validation.

    Raises:
        ArgumentError: for numbers out of their range.

    Example:
        >>> import numpy as np
        >>> import symdrop as sd
        >>> W = sd.shared(np.array(1.0))
        >>> plateau = sd.optim.on_plateau(0.5, factor=0.5, patience=1)
        >>> step = sd.function([], W**2, updates=sd.optim.sgd(W**2, W, rate=plateau.rate))
        >>> [plateau.observe(loss) for loss in (3.0, 2.0, 2.0, 2.0)], float(plateau.rate.eval())
        ([False, False, False, True], 0.25)
    """
    first, low = _number(rate, "a rate"), _number(least, "a least rate")
    share, by = _number(factor, "a factor"), _number(threshold, "a threshold")
    if not 0 <= low <= first or math.isinf(first):
        raise ArgumentError(f"on_plateau: rates are 0 or more, and least={least} is at most rate={rate}{here()}")
    if not 0 < share < 1 or not 0 <= by < 1:
        raise ArgumentError(f"on_plateau: factor={factor} and threshold={threshold} lie between 0 and 1{here()}")
    counts = python_integer(patience, "on_plateau: patience"), python_integer(cooldown, "on_plateau: cooldown")
    if min(counts) < 0:
        raise ArgumentError(f"on_plateau: patience={patience} and cooldown={cooldown} are 0 or more{here()}")
    state = shared(np.array([first, math.inf, 0, 0]), name="plateau")
    return Plateau(factor=share, patience=counts[0], threshold=by, least=low, cooldown=counts[1], state=state)


def _number(value: Any, what: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ArgumentError(f"{what} is a number, not {shown(value)}{here()}") from None
    if math.isnan(number):
        raise ArgumentError(f"{what} is NaN, of which nothing can be said{here()}")
    return number


__all__ = ["Plateau", "on_plateau"]

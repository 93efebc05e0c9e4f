"""Schedules: learning rates as functions of the number of the step, symbolic, so that they are part of the step itself.

Read next: scaling.py
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import tensor as T
from ..binding import public
from ..errors import ArgumentError, here, shown
from ..graph import Node
from .hyperparameters import NOT_NEGATIVE, PORTION, POSITIVE, numbers

Schedule = Callable[[Node], Any]


def _share(step: Node, steps: int) -> Node:
    """The share of a number of steps that is done, at most 1.

    Rates are computed in float64: a power of a factor near 1 that is rounded to float32 is another schedule.
    """
    return T.clip(T.cast(step, "float64") / steps, 0.0, 1.0)


def _steps(steps: Any, what: str = "a number of steps") -> int:
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 1:
        raise ArgumentError(f"{what} is an integer of at least 1, not {shown(steps)}{here()}")
    return int(steps)


@public
def constant(rate: float) -> Schedule:
    """The same rate at every step."""
    numbers("constant", rate=(rate, POSITIVE))
    return lambda step: rate


@public
def exponential_decay(rate: float, factor: float, every: int = 1, staircase: bool = False) -> Schedule:
    """The rate times a factor for every so many steps.

    Args:
        rate: the first one.
        factor: what it is multiplied by.
        every: in how many steps.
        staircase: True multiplies at the end of each stretch of steps at once.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> float(sd.optim.exponential_decay(1.0, 0.5, every=2)(T.constant(4)).eval())
        0.25
    """
    numbers("exponential_decay", rate=(rate, POSITIVE), factor=(factor, POSITIVE))
    stretch = _steps(every)

    def at(step: Node) -> Node:
        done = T.cast(step // stretch if staircase else step, "float64")
        return rate * factor ** (done if staircase else done / stretch)

    return at


@public
def piecewise(rates: Sequence[float], ends: Sequence[int]) -> Schedule:
    """Rates one after the other, each but the last up to its end.

    Args:
        rates: one more than there are ends.
        ends: numbers of steps, ascending.

    Raises:
        ArgumentError: if the numbers do not fit, or ends do not ascend.
    """
    if len(rates) != len(ends) + 1 or list(ends) != sorted(set(ends)):
        raise ArgumentError(f"piecewise: {len(rates)} rates need ascending ends, one less, not {shown(ends)}{here()}")
    numbers("piecewise", **{f"rates[{place}]": (rate, NOT_NEGATIVE) for place, rate in enumerate(rates)})

    def at(step: Node) -> Node:
        now = T.cast(T.as_tensor_variable(rates[-1]), "float64")
        for rate, end in zip(reversed(rates[:-1]), reversed(ends), strict=True):
            now = T.where(T.lt(step, end), rate, now)
        return now

    return at


@public
def polynomial_decay(rate: float, steps: int, least: float = 0.0, power: float = 1.0) -> Schedule:
    """From the rate down to the least one along a power of the share of steps that are left; linearly by default."""
    _check_fall("polynomial_decay", rate, least)
    numbers("polynomial_decay", power=(power, POSITIVE))
    total = _steps(steps)
    return lambda step: least + (rate - least) * (1 - _share(step, total)) ** power


@public
def cosine(rate: float, steps: int, least: float = 0.0) -> Schedule:
    """From the rate down to the least one along half a cosine.

    Source: I. Loshchilov and F. Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> round(float(sd.optim.cosine(1.0, steps=10)(T.constant(5)).eval()), 6)
        0.5
    """
    _check_fall("cosine", rate, least)
    total = _steps(steps)
    return lambda step: least + (rate - least) * 0.5 * (1 + T.cos(math.pi * _share(step, total)))


@public
def warm_up(steps: int, then: Schedule | float) -> Schedule:
    """A rate that grows linearly for some steps up to where another schedule begins.

    Args:
        steps: how many steps.
        then: a rate or a schedule, whose step 0 is the first one after them.

    Source: P. Goyal et al., "Accurate, large minibatch SGD: training ImageNet in 1 hour", arXiv:1706.02677, 2017.
    """
    total = _steps(steps)
    later: Schedule = then if callable(then) and not isinstance(then, Node) else constant(then)

    def at(step: Node) -> Node:
        rising = T.cast(step + 1, "float64") / (total + 1)
        return T.where(T.lt(step, total), rising * later(T.zeros_like(step)), later(T.maximum(step - total, 0)))

    return at


@public
def one_cycle(peak: float, steps: int, rising: float = 0.3, first: float = 0.04, last: float = 4e-6) -> Schedule:
    """Up to the peak and down again along cosines.

    Args:
        peak: the largest rate.
        steps: how many steps in all.
        rising: which share of them goes up.
        first, last: the rates at both ends, as shares of the peak.

    Source: L. N. Smith and N. Topin, "Super-convergence", arXiv:1708.07120, 2018.
    """
    shares = {"rising": (rising, PORTION), "first": (first, PORTION), "last": (last, PORTION)}
    numbers("one_cycle", peak=(peak, POSITIVE), **shares)
    total = _steps(steps)
    summit = max(1, round(rising * total))

    def at(step: Node) -> Node:
        up = peak * first + peak * (1 - first) * 0.5 * (1 - T.cos(math.pi * _share(step, summit)))
        fallen = _share(step - summit, max(1, total - summit))
        down = peak * last + peak * (1 - last) * 0.5 * (1 + T.cos(math.pi * fallen))
        return T.where(T.lt(step, summit), up, down)

    return at


def _check_fall(caller: str, rate: Any, least: Any) -> None:
    numbers(caller, rate=(rate, POSITIVE), least=(least, NOT_NEGATIVE))
    if not isinstance(rate, Node) and not isinstance(least, Node) and least > rate:
        raise ArgumentError(f"{caller}: least={shown(least)} is at most the rate, {shown(rate)}{here()}")


__all__ = ["constant", "cosine", "exponential_decay", "one_cycle", "piecewise", "polynomial_decay", "warm_up"]

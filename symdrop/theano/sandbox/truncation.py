"""Normal numbers without those beyond two standard deviations, by Theano's way of drawing them again.

Read next: rng_mrg.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import tensor as engine
from ...graph import Node

# The standard deviation of standard normal numbers between -2 and 2.
TRUNCATED_STD = 0.87962566103423978


def truncated(radius: Node, angle: Node, uniform: Callable[[Any, Any], Node]) -> Node:
    """Pairs of normal numbers in which those beyond two standard deviations are drawn again.

    A pair is a point; a number that is too large keeps the point's angle and gets another radius, below 2.

    Args:
        radius, angle: of the points.
        uniform: draws so many numbers from a bound to 1.

    Returns:
        The first numbers of points, those that were drawn again behind the others, then the second ones.
    """
    directions = engine.cos(angle), engine.sin(angle)
    numbers = [radius * one for one in directions]
    beyond = [engine.nonzero(engine.abs(one) > 2.0)[0] for one in numbers]
    kept = [one[engine.nonzero(engine.abs(one) <= 2.0)[0]] for one in numbers]
    first, second = (one.shape[0] for one in beyond)
    low = np.asarray(np.e**-2.0, radius.dtype)
    again = engine.sqrt(-2.0 * engine.log(uniform(first + second, low)))
    redrawn = again[:first] * directions[0][beyond[0]], again[first:] * directions[1][beyond[1]]
    made: Node = engine.concatenate([kept[0], redrawn[0], kept[1], redrawn[1]])
    return made

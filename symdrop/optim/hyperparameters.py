"""Ranges of hyperparameters, which are checked when an optimizer or a schedule is written down.

Read next: transformations.py
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import ArgumentError, GraphTypeError, here, shown
from ..graph import Node

Law = Callable[[float], bool]

# Ranges by the words in which errors speak of them.
POSITIVE = "above 0"
NOT_NEGATIVE = "0 or more"
SHARE = "at least 0 and below 1"
PORTION = "between 0 and 1"
FACTOR = "above 0 and at most 1"
GROWTH = "at least 1"

_HOLDS: dict[str, Law] = {
    POSITIVE: lambda value: value > 0,
    NOT_NEGATIVE: lambda value: value >= 0,
    SHARE: lambda value: 0 <= value < 1,
    PORTION: lambda value: 0 <= value <= 1,
    FACTOR: lambda value: 0 < value <= 1,
    GROWTH: lambda value: value >= 1,
}


def number(caller: str, name: str, value: Any, domain: str) -> Any:
    """A hyperparameter inside its range: a finite number as Python's, or a symbolic scalar as it is.

    Args:
        caller: the function that takes it.
        name: what it calls it.
        value: what is given.
        domain: one of the ranges of this file.

    Raises:
        ArgumentError: if a number is outside, infinite or NaN.
        GraphTypeError: if it is neither a number nor a scalar.
    """
    if isinstance(value, Node):
        if value.ndim:
            raise GraphTypeError(f"{caller}: {name} is a scalar, not {shown(value)}{here()}")
        return value
    if isinstance(value, bool | np.bool_ | str) or np.ndim(value):
        raise GraphTypeError(f"{caller}: {name} is a number {domain}, not {shown(value)}{here()}")
    try:
        given = float(value)
    except (TypeError, ValueError):
        raise GraphTypeError(f"{caller}: {name} is a number {domain}, not {shown(value)}{here()}") from None
    if not math.isfinite(given) or not _HOLDS[domain](given):
        raise ArgumentError(f"{caller}: {name} is {domain}, not {shown(value)}{here()}")
    return given


def numbers(caller: str, **given: tuple[Any, str]) -> None:
    """Check several hyperparameters, each given with its range; see ``number``."""
    for name, (value, domain) in given.items():
        number(caller, name, value, domain)

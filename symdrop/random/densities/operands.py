"""Operands of densities: values and parameters in one float dtype, constants checked, and what lies outside a support.

Read next: continuous.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import tensor as T
from ...graph import Node
from ...op import Constant, as_node, convert
from ...ops.checks import required
from ...ops.logic import ge, gt
from ..arguments import bound, float_dtypes


def floats(*values: Any) -> list[Node]:
    """Values and parameters in one dtype: that of float variables and arrays among them, else ``config.floatX``."""
    nodes = [as_node(value) for value in values]
    dtype, _ = float_dtypes(None, *nodes)
    return [convert(node, dtype) for node in nodes]


def above_zero(parameter: Node, what: str) -> Node:
    """A parameter: what follows from constants must lie above 0; a symbolic one that does not is NaN.

    Raises:
        ArgumentError: if a constant is 0, negative or NaN.
    """
    required(parameter, gt(parameter, 0), f"{what} {bound(parameter)}", "above 0")
    # Of what is symbolic the node that checks is not used: a density is a formula, and fuses with what is around it.
    return in_domain(parameter, gt(parameter, 0))


def not_negative(parameter: Node, what: str) -> Node:
    """A parameter that may be 0, too, and is else as of ``above_zero``."""
    required(parameter, ge(parameter, 0), f"{what} {bound(parameter)}", "0 or above")
    return in_domain(parameter, ge(parameter, 0))


def in_domain(parameter: Node, condition: Node) -> Node:
    """A parameter that is NaN where a condition does not hold; constants have been checked."""
    return parameter if isinstance(parameter, Constant) else T.where(condition, parameter, np.nan)


def within(outside: Node, value: Node, safe: Any, density: Callable[[Node], Any]) -> Node:
    """The logarithm of a density on its support, and minus infinity outside of it, where no slope is anything but 0.

    Args:
        outside: which values lie outside; NaN does not.
        value: the values.
        safe: what stands for a value outside, for which the density is finite.
        density: the logarithm of the density, for values inside.
    """
    return impossible(outside, density(T.where(outside, safe, value)))


def impossible(outside: Node, logarithm: Node) -> Node:
    """Minus infinity for what lies outside of a support; NaN stays, for parameters are none then."""
    made: Node = T.where(outside & T.eq(logarithm, logarithm), -np.inf, logarithm)
    return made


def not_whole(value: Node, low: Any = 0, high: Any = np.inf) -> Node:
    """A condition: values that are no counts from low to high."""
    outside: Node = (value < low) | (value > high) | T.neq(value, T.floor(value))
    return outside

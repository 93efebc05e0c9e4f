"""Checks of gradients against differences.

Read next: values.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..autodiff import Lop, jvp
from ..binding import public
from ..compiler import function
from ..errors import ArgumentError, SymdropError, here, shown
from ..graph import Node
from ..op import INPUT, members
from ..types import TensorType, is_float

Array = np.ndarray[Any, Any]


class GradientError(SymdropError, AssertionError):
    """A gradient that differs from the difference quotient."""


@public
def verify_grad(
    fun: Callable[..., Node],
    points: Iterable[Any],
    *,
    order: int = 2,
    rng: np.random.Generator | None = None,
    eps: float = 1e-5,
    rel_tol: float = 1e-4,
    abs_tol: float = 1e-6,
    modes: Sequence[str] = ("reverse", "forward"),
) -> None:
    """Check the gradients of a function along random directions, then those of the gradient itself.

    With a random direction v of the inputs and u of the output, the central difference along v, multiplied by u, must
    equal both u times forward mode and reverse mode times v. Everything is computed in float64.

    Args:
        fun: builds a float node from as many nodes as there are points.
        points: arrays at which the function is smooth; float ones are differentiated, others held fixed.
        order: 1 checks gradients, 2 gradients of gradients too, and so on.
        rng: where random directions come from.
        eps: half the step of the difference.
        rel_tol: tolerance relative to the size of the derivative.
        abs_tol: tolerance near 0.
        modes: which of "reverse" and "forward" to check.

    Raises:
        GradientError: if they differ, naming the mode, the order, and both numbers.
        ArgumentError: if ``points`` is one array instead of a list of them, or none of them is of floats.

    Source: the check by one random direction is that of autograd (Maclaurin, Duvenaud and Adams, 2015).

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> sd.verify_grad(T.tanh, [[0.3, -1.2]])
    """
    rng = rng or np.random.default_rng(0)
    if isinstance(points, np.ndarray):
        raise ArgumentError(f"points is a list with one array for every argument of the function, not an array{here()}")
    arrays = [_double(np.asarray(point)) for point in members(points, "points")]
    leaves = [Node(INPUT, (), TensorType(a.dtype.name, a.shape), None, f"x{i}") for i, a in enumerate(arrays)]
    if not any(is_float(array.dtype.name) for array in arrays):
        dtypes = ", ".join(array.dtype.name for array in arrays) or "none"
        raise ArgumentError(f"nothing to differentiate: points of floats are needed, not {dtypes}{here()}")
    given = dict(zip(leaves, arrays, strict=True))
    outputs = [fun(*leaves)]
    compiled = _compiled(given, outputs)
    for left in reversed(range(order)):
        directions = {
            leaf: np.asarray(rng.standard_normal(array.shape))
            for leaf, array in given.items() if is_float(array.dtype.name)
        }  # fmt: skip
        differences = _differences(compiled, len(outputs), given, directions, eps)
        weights = [np.asarray(rng.standard_normal(difference.shape)) for difference in differences]
        types = [TensorType("float64", u.shape) for u in weights]
        seeds = [Node(INPUT, (), type, None, f"u{len(given) + j}") for j, type in enumerate(types)]
        slopes = [
            Lop(output, list(directions), seed, disconnected_inputs="ignore")
            for output, seed in zip(outputs, seeds, strict=True)
        ]
        pushed = jvp(outputs, list(directions), list(directions.values())) if "forward" in modes else []
        given |= dict(zip(seeds, weights, strict=True))
        # One function for all of an order, whose slopes are the values of which the next order takes differences.
        outputs = [one for several in slopes for one in several]
        compiled = _compiled(given, [*outputs, *pushed])
        found = iter(compiled(*given.values()))
        reverse = [sum(float(np.sum(next(found) * v)) for v in directions.values()) for _ in slopes]
        for j, (u, difference) in enumerate(zip(weights, differences, strict=True)):
            expected = float(np.sum(u * difference))
            if "reverse" in modes:
                _compare("reverse", left, reverse[j], expected, rel_tol, abs_tol)
            if "forward" in modes:
                _compare("forward", left, float(np.sum(u * next(found))), expected, rel_tol, abs_tol)


def _compiled(given: Mapping[Node, Array], outputs: Sequence[Node]) -> Callable[..., list[Array]]:
    """A function of all the variables."""
    compiled: Callable[..., list[Array]] = function(
        list(given), list(outputs), on_unused_input="ignore", no_default_updates=True
    )
    return compiled


def _differences(
    compiled: Callable[..., list[Array]], count: int, given: Mapping[Node, Array], directions: Mapping[Node, Array],
    eps: float,
) -> list[Array]:  # fmt: skip
    """Central differences of a function's first outputs along a direction."""
    ahead, behind = (
        compiled(*(array + step * directions[leaf] if leaf in directions else array for leaf, array in given.items()))
        for step in (eps, -eps)
    )
    return [np.asarray(after - before) / (2 * eps) for after, before in zip(ahead[:count], behind[:count], strict=True)]


def _double(array: Array) -> Array:
    return array.astype("float64") if array.dtype.kind == "f" else array


def _compare(mode: str, left: int, found: float, expected: float, rel_tol: float, abs_tol: float) -> None:
    if not abs(found - expected) <= abs_tol + rel_tol * max(abs(found), abs(expected)):
        raise GradientError(
            f"{mode} mode gives {shown(found)} along a random direction, differences give {shown(expected)} "
            f"({left} more orders to check)"
        )

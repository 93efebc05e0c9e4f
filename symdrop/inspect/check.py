"""Checks of gradients against differences.

Read next: values.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
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
    moving = [i for i, array in enumerate(arrays) if is_float(array.dtype.name)]
    if not moving:
        dtypes = ", ".join(array.dtype.name for array in arrays) or "none"
        raise ArgumentError(f"nothing to differentiate: points of floats are needed, not {dtypes}{here()}")
    wrt = [leaves[i] for i in moving]
    output = fun(*leaves)
    directions = [rng.standard_normal(arrays[i].shape) for i in moving]
    value = function(leaves, output, on_unused_input="ignore", no_default_updates=True)

    def moved(step: float) -> list[Array]:
        shifted = list(arrays)
        for i, v in zip(moving, directions, strict=True):
            shifted[i] = arrays[i] + step * v
        return shifted

    u = rng.standard_normal(value(*arrays).shape)
    expected = float(np.sum(u * (value(*moved(eps)) - value(*moved(-eps)))) / (2 * eps))
    cotangent = Node(INPUT, (), TensorType("float64", u.shape), None, "u")
    back = Lop(output, wrt, cotangent, disconnected_inputs="ignore")
    if "reverse" in modes:
        slopes = function([*leaves, cotangent], back, on_unused_input="ignore", no_default_updates=True)(*arrays, u)
        found = float(sum(np.sum(slope * v) for slope, v in zip(slopes, directions, strict=True)))
        _compare("reverse", order, found, expected, rel_tol, abs_tol)
    if "forward" in modes:
        pushed = jvp(output, wrt, [np.asarray(v) for v in directions])
        forward = function(leaves, pushed, on_unused_input="ignore", no_default_updates=True)(*arrays)
        _compare("forward", order, float(np.sum(u * forward)), expected, rel_tol, abs_tol)
    if order > 1:
        for k in range(len(wrt)):

            def slope(*nodes: Node, k: int = k) -> Node:
                own = [nodes[i] for i in moving]
                slopes: list[Node] = Lop(fun(*nodes[:-1]), own, nodes[-1], disconnected_inputs="ignore")
                return slopes[k]

            verify_grad(
                slope, [*arrays, u], order=order - 1, rng=rng, eps=eps, rel_tol=rel_tol, abs_tol=abs_tol, modes=modes
            )


def _double(array: Array) -> Array:
    return array.astype("float64") if array.dtype.kind == "f" else array


def _compare(mode: str, order: int, found: float, expected: float, rel_tol: float, abs_tol: float) -> None:
    if not abs(found - expected) <= abs_tol + rel_tol * max(abs(found), abs(expected)):
        raise GradientError(
            f"{mode} mode gives {shown(found)} along a random direction, differences give {shown(expected)} "
            f"({order - 1} more orders to check)"
        )

"""Log probability: how likely a value is under a distribution, as an expression with gradients.

Read next: ../nn/__init__.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..binding import public
from ..errors import ArgumentError, GraphTypeError, here, shown
from ..graph import Node
from .densities import DENSITIES


@public
def log_prob(draw: str | Callable[..., Node], value: Any, **parameters: Any) -> Node:
    """Logarithm of the density, or of the probability, that a distribution has at a value.

    Args:
        draw: the name of a distribution, or the method of a stream that draws from it.
        value: a number, array or variable; vectors and matrices lie along the last axes.
        **parameters: those of the draw, under their names; numbers, arrays or variables.

    Returns:
        A float node, of the shape in which value and parameters meet: minus infinity outside of the support. Gradients
        flow to the value and to the parameters. Its dtype is that of float variables and arrays, or
        ``config.floatX``. Where a symbolic parameter is outside of its domain it is NaN.

    Raises:
        ArgumentError: if there is no such distribution, or it has no density (orders of rows, rotations); if a
            constant parameter is outside of its domain.
        GraphTypeError: if a parameter is missing, or unknown.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> mu = T.dscalar("mu")
        >>> logp = sd.random.log_prob("normal", 3.0, mean=mu, std=1.0)
        >>> round(float(logp.eval({mu: 1.0})), 4), float(sd.grad(logp, mu).eval({mu: 1.0}))
        (-2.9189, 2.0)
    """
    name = draw if isinstance(draw, str) else getattr(draw, "__name__", None)
    if not isinstance(name, str):
        raise GraphTypeError(f"a distribution is the name of a draw, or a stream's method, not {shown(draw)}{here()}")
    density = DENSITIES.get(name)
    if density is None:
        raise ArgumentError(f"there is no density {shown(name)}, but of {', '.join(sorted(DENSITIES))}{here()}")
    return density(value, **parameters)

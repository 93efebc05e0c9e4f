"""Checks of gradients with Theano's arguments: ``verify_grad`` of old tests.

Read next: c_expressions.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..binding import public
from ..errors import GraphTypeError, here, shown
from ..inspect.check import GradientError
from ..inspect.check import verify_grad as engine_verify_grad
from ..types import is_float


@public
def verify_grad(
    fun: Callable[..., Any],
    pt: Sequence[Any],
    n_tests: int = 2,
    rng: Any = None,
    eps: float | None = None,
    out_type: Any = None,
    abs_tol: float | None = None,
    rel_tol: float | None = None,
    mode: Any = None,
    cast_to_output_type: bool = False,
    no_debug_ref: bool = True,
) -> None:
    """Check a gradient against differences; ``sd.verify_grad`` with Theano's arguments in Theano's order.

    Args:
        fun: an Op, or a function that makes a variable from as many variables as there are points.
        pt: a list of arrays of floats.
        n_tests: how many random directions are checked.
        rng: a ``numpy.random.RandomState``, or ``numpy.random`` itself.
        eps: half the step of the difference.
        abs_tol, rel_tol: as of ``sd.verify_grad``; by default 1e-4 each, as in Theano.
        out_type, mode, cast_to_output_type, no_debug_ref: accepted; they change nothing, since everything is computed
            in float64.

    Raises:
        GradientError: if they differ; ``verify_grad.E_grad`` is its class.
        GraphTypeError: without ``rng``, or for points that are not floats.

    Example:
        >>> import numpy as np
        >>> import symdrop.theano.tensor as T
        >>> T.verify_grad(T.tanh, [np.array([0.3, -1.2])], rng=np.random.RandomState(1))
    """
    if not callable(getattr(rng, "uniform", None)):
        raise GraphTypeError(
            f"rng is a numpy.random.RandomState, not {shown(rng)}; theano.tests.unittest_tools.verify_grad makes "
            f"one{here()}"
        )
    if not isinstance(pt, list | tuple):
        raise GraphTypeError(f"pt is a list with one array for every argument of fun, not {shown(pt)}{here()}")
    points = [np.asarray(point) for point in pt]
    for i, point in enumerate(points):
        if not is_float(point.dtype.name):
            raise GraphTypeError(f"verify_grad takes points of floats, but input {i} is of {point.dtype}{here()}")
    for _ in range(n_tests):
        engine_verify_grad(
            fun,
            points,
            order=1,
            rng=np.random.default_rng(int(rng.randint(2**30))),
            eps=1e-5 if eps is None else min(eps, 1e-5),
            rel_tol=1e-4 if rel_tol is None else rel_tol,
            abs_tol=1e-4 if abs_tol is None else abs_tol,
            modes=("reverse",),
        )


# Theano's tests ask the function for the class of its error.
vars(verify_grad)["E_grad"] = GradientError

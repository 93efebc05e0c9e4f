"""A second oracle for gradients: the references once more, over ``jax.numpy``, differentiated by jax.

Slower than differences (jax compiles for every shape), but element by element, at kinks
too, and with Hessian-vector products; so it looks at one program in several.

Read next: compiled.py
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np

from . import oracle
from .program import Array, Program, direction


def available() -> bool:
    """Whether jax is installed."""
    return find_spec("jax") is not None


def held(value: Any) -> Any:
    """A value through which jax takes no gradient."""
    import jax

    return jax.lax.stop_gradient(value)


def slopes(program: Program, given: Mapping[int, Array], call: int) -> tuple[list[Array], list[Array]] | None:
    """Gradients of a program's cost, and Hessian-vector products, by jax in float64.

    Args:
        program: a program with a cost.
        given: the values of its sources.
        call: how many calls were before.

    Returns:
        Gradients, and products where they are asked for; None where sizes depend on values, which jax does not follow.
    """
    import jax

    settings: Any = jax.config
    settings.update("jax_enable_x64", True)
    context = replace(oracle.context_of(program, call), m=jax.numpy)
    fixed = {i: jax.numpy.asarray(value) for i, value in given.items()}

    def cost(moving: list[Any]) -> Any:
        assert program.cost is not None
        return oracle.run(program, fixed | dict(zip(program.wrt, moving, strict=True)), context)[program.cost]

    start = [fixed[i].astype("float64") for i in program.wrt]
    gradient = jax.grad(cost)
    along = [jax.numpy.asarray(direction(program.sources[i], call), "float64") for i in program.wrt]
    try:
        first, second = jax.jvp(gradient, (start,), (along,)) if program.second else (gradient(start), [])
    except (jax.errors.JAXTypeError, jax.errors.JAXIndexError, TypeError, ValueError):
        # Sizes that depend on values; or an operation of integers, which are floats where jax differentiates.
        return None
    return [np.asarray(slope) for slope in first], [np.asarray(product) for product in second]

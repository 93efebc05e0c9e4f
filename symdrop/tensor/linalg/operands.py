"""Operands of linear algebra: matrices of floats, symmetric ones of which one triangle is given, and SciPy's options.

SciPy and JAX let a caller say where results may lie, what is checked and which of LAPACK's routines
works. Nothing of that changes a result here, where the back end decides it, so these options are accepted.

Read next: symmetric.py
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any, TypeVar

from ...errors import ArgumentError, GraphTypeError, here, shown
from ...graph import Node, describe
from ...op import convert
from ...ops.decompositions.triangles import lower_triangle, upper_triangle
from ..arguments import as_float
from ..axes import swapaxes

Made = TypeVar("Made", bound=Callable[..., Any])

# Of memory, checks and the choice of algorithms; by none of them is a value another one.
EFFORT = frozenset((
    "blocksize", "check_finite", "debug", "driver", "eps", "lapack_driver", "lwork", "max_iterations", "max_squarings",
    "method", "overwrite_a", "overwrite_b", "overwrite_c", "symmetrize_input", "tol", "turbo", "upper_triangular",
))  # fmt: skip


def accepts_effort(function: Made) -> Made:
    """The function, which takes SciPy's and JAX's options about memory, checks and algorithms, too."""
    ignored = EFFORT - set(signature(function).parameters)

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not ignored.isdisjoint(kwargs):
            kwargs = {name: value for name, value in kwargs.items() if name not in ignored}
        return function(*args, **kwargs)

    return call  # type: ignore[return-value]


def matrices(name: str, x: Any) -> Node:
    """Matrices of floats, for the function of that name."""
    node = as_float(x)
    if node.ndim < 2:
        raise GraphTypeError(f"{name} takes matrices, not {describe(node)}{here()}")
    return node


def transposed(x: Node) -> Node:
    """Matrices with their last two axes exchanged."""
    return swapaxes(x, -1, -2)


def triangle_of(name: str, UPLO: Any, lower: Any) -> bool | None:
    """Which triangle of symmetric matrices is looked at: True for the lower one, None for the mean of both.

    Args:
        name: of the function.
        UPLO: NumPy's way of saying it, "L", "U" or None.
        lower: SciPy's way, True, False or None.

    Raises:
        ArgumentError: for anything else, or where both are given.
    """
    if UPLO is not None and lower is not None:
        raise ArgumentError(f"{name}: UPLO= and lower= say the same; give one of them{here()}")
    if UPLO is not None and (not isinstance(UPLO, str) or UPLO.upper() not in ("L", "U")):
        raise ArgumentError(f"{name}: UPLO is 'L' or 'U', not {shown(UPLO)}{here()}")
    if lower not in (None, False, True):
        raise ArgumentError(f"{name}: lower is True or False, not {shown(lower)}{here()}")
    return lower if UPLO is None else UPLO.upper() == "L"


def symmetric(x: Node, lower: bool | None) -> Node:
    """Symmetric matrices of which one triangle is given; unchanged where both are."""
    if lower is None:
        return x
    kept, beside = (lower_triangle(x, 0), lower_triangle(x, -1)) if lower else (
        upper_triangle(x, 0), upper_triangle(x, 1)
    )  # fmt: skip
    return convert(kept + transposed(beside), x.dtype)


__all__: list[str] = []

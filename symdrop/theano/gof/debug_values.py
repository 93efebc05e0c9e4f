"""``theano.gof.op.get_debug_values``: test values, for functions that check what they are given while a graph is built.

Read next: fg.py
"""

from __future__ import annotations

import warnings
from typing import Any

from ...binding import public
from ...errors import ArgumentError, here
from ...op import Constant, SharedVariable
from ..settings import config
from ..variable import Variable


@public
def get_test_value(v: Any) -> Any:
    """The test value of a variable, the value of a constant or shared variable.

    Args:
        v: the variable.

    Returns:
        An array.

    Raises:
        AttributeError: if it has none.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> get_test_value(T.constant(2.0)).tolist()
        2.0
    """
    if isinstance(v, Constant):
        return v.value
    if isinstance(v, SharedVariable):
        return v.get_value(borrow=True)
    return v.tag.test_value if isinstance(v, Variable) else v


@public
def get_debug_values(*args: Any) -> list[tuple[Any, ...]]:
    """The test values of some variables in one tuple in a list; an empty list where no test values are computed.

    Args:
        *args: variables.

    Returns:
        A list to loop over: of one tuple, or of none.

    Raises:
        ArgumentError: for a variable without one, if ``theano.config.compute_test_value`` is "raise".

    Example:
        >>> import symdrop.theano.tensor as T
        >>> get_debug_values(T.vector("x"))
        []
    """
    if config.compute_test_value == "off":
        return []
    found = []
    for k, variable in enumerate(args):
        try:
            found.append(get_test_value(variable))
        except AttributeError:
            message = f"argument {k}, {variable.name or variable}, has no test value{here()}"
            if config.compute_test_value == "raise":
                raise ArgumentError(message) from None
            if config.compute_test_value == "warn":
                warnings.warn(message, stacklevel=2)
            return []
    return [tuple(found)]


@public
def debug_error_message(msg: str) -> None:
    """Say that something is wrong with test values, as ``theano.config.compute_test_value`` wants it said.

    Args:
        msg: what is wrong.

    Raises:
        ArgumentError: with "raise" and "ignore".

    Example:
        >>> debug_error_message("nothing is computed")
    """
    if config.compute_test_value in ("raise", "ignore"):
        raise ArgumentError(f"compute_test_value: {msg}{here()}")
    if config.compute_test_value == "warn":
        warnings.warn(f"compute_test_value: {msg}", stacklevel=2)


@public
def debug_assert(condition: Any, msg: str | None = None) -> None:
    """Refuse test values for which a condition does not hold.

    Args:
        condition: the condition.
        msg: what is wrong where it does not hold.

    Raises:
        ArgumentError: as ``debug_error_message``.

    Example:
        >>> debug_assert(False)
    """
    if not condition:
        debug_error_message(msg or "a condition does not hold")

"""``theano.ifelse``: a choice of which only the chosen branch is computed.

Read next: random_state_variables.py
"""

from __future__ import annotations

from typing import Any

from ..binding import public
from ..tensor import branches
from .generic import chosen, is_object
from .missing import missing_name

__all__ = ["ifelse"]


@public
def ifelse(condition: Any, then_branch: Any, else_branch: Any, name: str | None = None) -> Any:
    """One of two values, of which only the chosen one is computed.

    Args:
        condition: a scalar; true if it is not zero.
        then_branch, else_branch: variables of equal dtype and number of axes, or lists of as many such variables; or
            two variables of objects, as ``theano.generic()`` makes them.
        name: the name of the result.

    Returns:
        A variable, or a list or tuple as the branches are.

    Raises:
        GraphTypeError: if the condition is not a scalar, or the branches do not have identical types.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> c, a, b = T.iscalar("c"), theano.generic("a"), theano.generic("b")
        >>> theano.function([c, a, b], ifelse(c, a, b))(0, "left", "right")
        'right'
    """
    if is_object(then_branch) or is_object(else_branch):
        return chosen(condition, then_branch, else_branch, name)
    return branches.ifelse(condition, then_branch, else_branch, name)


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.ifelse", name, __all__)

"""Inputs and outputs of a function of Theano: what is said of them beside the variables.

Read next: modes.py
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...binding import public
from ...compiler import In as EngineIn
from ...errors import ArgumentError, here
from ...graph import Node


class In(EngineIn):
    """An input of a function with more to say than which variable it is.

    Args:
        variable: the input variable.
        name: the keyword by which calls may give it; by default the variable's name.
        value: what it is when a call does not give it.
        allow_downcast: overrides ``allow_input_downcast`` of the function for this input.
        update: not supported; give the state to ``function`` as a shared variable in ``updates``.
        mutable, strict, autoname, implicit, borrow, shared: accepted; they change nothing.

    Raises:
        ArgumentError: if an update is given.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> x, rate = T.scalars("x", "rate")
        >>> f = theano.function([x, theano.In(rate, value=0.5)], x * rate)
        >>> float(f(2)), float(f(2, rate=3))
        (1.0, 6.0)
    """

    __slots__ = ()

    @public
    def __init__(
        self,
        variable: Node,
        name: str | None = None,
        value: Any = None,
        update: Any = None,
        mutable: Any = None,
        strict: bool = False,
        allow_downcast: bool | None = None,
        autoname: bool = True,
        implicit: Any = None,
        borrow: Any = None,
        shared: Any = None,
    ) -> None:
        if update is not None:
            raise ArgumentError(
                f"In(update=...) is not supported; make the state a theano.shared and update it in function{here()}"
            )
        super().__init__(variable, value, name, allow_downcast)


@public
def Param(
    variable: Node,
    default: Any = None,
    name: str | None = None,
    mutable: bool = False,
    strict: bool = False,
    allow_downcast: bool | None = None,
    implicit: Any = None,
    borrow: Any = None,
) -> In:
    """``In`` as it was called before; see there.

    Args:
        variable, name, mutable, strict, allow_downcast, implicit, borrow: as of ``In``.
        default: what it is when a call does not give it.

    Returns:
        An ``In``.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> x = T.scalar("x")
        >>> float(theano.function([theano.Param(x, default=2.0)], x**2)())
        4.0
    """
    return In(variable, name, default, allow_downcast=allow_downcast)


@public
@dataclass(frozen=True)
class Out:
    """An output of a function; ``borrow`` changes nothing, since outputs never share memory with states."""

    variable: Any
    borrow: bool = False

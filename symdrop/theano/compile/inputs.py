"""Inputs and outputs of a function of Theano: what is said of them beside the variables.

Read next: modes.py
"""

from __future__ import annotations

from typing import Any

from ...binding import public
from ...compiler import In as EngineIn
from ...errors import GraphTypeError, here, shown
from ...graph import Node
from ...op import as_node, give_way


class In(EngineIn):
    """An input of a function with more to say than which variable it is.

    Args:
        variable: the input variable.
        name: the keyword by which calls may give it; by default the variable's name.
        value: what it is when a call does not give it; or the container of another function's input, whose value
            both functions then share.
        update: what it becomes after each call, which the next one starts from unless it is given a value.
        allow_downcast: overrides ``allow_input_downcast`` of the function for this input.
        mutable, strict, autoname, implicit, borrow, shared: accepted; they change nothing.

    Raises:
        GraphTypeError: if an update is not of the variable's type, or a name is no string.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> x, rate = T.scalars("x", "rate")
        >>> f = theano.function([x, theano.In(rate, value=0.5)], x * rate)
        >>> float(f(2)), float(f(2, rate=3))
        (1.0, 6.0)
        >>> count = theano.function([theano.In(x, value=0.0, update=x + 1)], x)
        >>> [float(count()) for _ in range(3)]
        [0.0, 1.0, 2.0]
    """

    __slots__ = ("update",)

    update: Any

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
        if not isinstance(name, str | None):
            raise GraphTypeError(f"name must be a string! (got: {shown(name)}){here()}")
        super().__init__(variable, value, name, allow_downcast)
        object.__setattr__(self, "update", None if update is None else _update_of(variable, update))

    def __repr__(self) -> str:
        return f"In({self.label or self.variable})" if self.update is None else f"In({self.label} -> {self.update})"


SymbolicInput = In


def _update_of(variable: Node, update: Any) -> Node:
    new = give_way(as_node(update), variable.dtype)
    if new.type.dtype != variable.dtype or new.ndim != variable.ndim:
        both = f"{variable.type}, not {new.type}"
        raise GraphTypeError(f"In: variable and update must be of the same type, {both}{here()}")
    return new


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


class Out:
    """An output of a function.

    Args:
        variable: the variable.
        borrow: accepted; it changes nothing, since outputs never share memory with states.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> x = T.scalar("x")
        >>> float(theano.function([x], theano.Out(x * 2, borrow=True))(1.0))
        2.0
    """

    @public
    def __init__(self, variable: Any, borrow: bool = False) -> None:
        self.variable = variable
        self.borrow = borrow

    def __repr__(self) -> str:
        return f"Out({self.variable},{self.borrow})"


SymbolicOutput = Out

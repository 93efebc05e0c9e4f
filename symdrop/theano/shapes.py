"""``x.shape``: the sizes of the axes, a tuple for whoever unpacks it and Theano's vector of integers for the rest.

Read next: type_methods.py
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ..array_term import Shape
from .methods import of_the_engine, operators


def _asks_engine() -> bool:
    """Says whether the engine called the caller."""
    return of_the_engine(sys._getframe(2))


class Sizes(Shape):
    """The sizes of a variable's axes.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> x = T.matrix("x")
        >>> rows, columns = x.shape
        >>> int(x.shape.prod().eval({x: [[1, 2, 3]]})), (x.shape * 2).eval({x: [[1, 2, 3]]}).tolist()
        (3, [2, 6])
    """

    # The variable whose axes they are; it counts as used where its sizes are.
    variable: Any = None

    def of(self, variable: Any) -> Sizes:
        """Themselves, as the sizes of a variable."""
        self.variable = variable
        return self

    def vector(self) -> Any:
        """The sizes as one variable, an int64 vector."""
        made = operators["cast"](operators["stack"](list(self)) if self else [], "int64")
        if self.variable is not None:
            made.belongs_to(self.variable)
        return made

    def _met(self, name: str, *operands: Any) -> Any:
        return operators[name](*(one.vector() if isinstance(one, Sizes) else one for one in operands))

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, int) and not -len(self) <= index < len(self) and self and not _asks_engine():
            # The call says that there is no such axis, as Theano's did: a script may have asked for no reason.
            return self.vector()[index + 0 * self[0]]
        found = super().__getitem__(index) if isinstance(index, int | slice) else self.vector()[index]
        return Sizes(found) if isinstance(index, slice) else found

    def __add__(self, other: Any) -> Any:
        return super().__add__(other) if _asks_engine() else self._met("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return (*other, *self) if _asks_engine() else self._met("add", other, self)

    def __mul__(self, other: Any) -> Any:
        return super().__mul__(other) if _asks_engine() else self._met("mul", self, other)

    def __rmul__(self, other: Any) -> Any:
        return super().__rmul__(other) if _asks_engine() else self._met("mul", other, self)

    def __sub__(self, other: Any) -> Any:
        return self._met("sub", self, other)

    def __rsub__(self, other: Any) -> Any:
        return self._met("sub", other, self)

    def __truediv__(self, other: Any) -> Any:
        return self._met("true_div", self, other)

    def __floordiv__(self, other: Any) -> Any:
        return self._met("int_div", self, other)

    def __mod__(self, other: Any) -> Any:
        return self._met("mod", self, other)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            return getattr(self.vector(), name)

"""Theano's shared variables of arrays, with ``set_value`` as their type's ``filter`` allows.

Read next: dtypes.py
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from ..binding import public
from ..errors import GraphTypeError, here
from ..graph import Node
from ..op import SharedVariable
from ..op.states import Container
from .shared_containers import SharedContainer
from .variable import TensorType, Variable, theano_type


class TensorSharedVariable(Variable, SharedVariable):
    """A leaf whose value lives between calls; made by ``theano.shared``, or by the arguments that Theano's class took.

    Args:
        name: for printing and errors.
        type: its type.
        value: what the type's ``filter`` takes.
        strict: whether only an array of the dtype is taken, then and by ``set_value``.
        allow_downcast: whether precision may be lost.
        container: that of another shared variable, whose value both then share; there is no value beside it.

    Example:
        >>> import symdrop.theano as theano
        >>> import symdrop.theano.tensor as T
        >>> theano.compile.SharedVariable("u", T.dvector, [1, 2], strict=False).get_value().tolist()
        [1.0, 2.0]
    """

    # What ``set_value`` may be given; as of ``theano.shared``.
    strict = False
    allow_downcast: bool | None = None

    @public
    def __init__(
        self,
        name: str | None,
        type: Any,
        value: Any,
        strict: bool,
        allow_downcast: bool | None = None,
        container: Any = None,
    ) -> None:
        own = TensorType(type.dtype, type.broadcastable)
        if (container is None) == (value is None):
            raise GraphTypeError(f"a shared variable has a value or the container of another{here()}")
        if container is None:
            container = SharedContainer(own.filter(value, strict, allow_downcast))
        super().__init__(container, own, name)
        self.strict, self.allow_downcast = strict, allow_downcast

    @classmethod
    def of(cls, container: Container, type: Any, name: str | None, lines: Any = None) -> Self:
        """The variable whose value a container has."""
        made = cls.__new__(cls)
        super(TensorSharedVariable, made).__init__(container, type, name, lines)
        return made

    def __setattr__(self, attribute: str, value: Any) -> None:
        if attribute == "default_update":
            self.set_default_update(value)
        else:
            super().__setattr__(attribute, value)

    def __delattr__(self, attribute: str) -> None:
        if attribute == "default_update":
            object.__setattr__(self, attribute, None)
        else:
            super().__delattr__(attribute)

    @public
    def get_value(self, borrow: bool = False, return_internal_type: bool = False) -> np.ndarray[Any, Any]:
        """The value: a copy, or with ``borrow=True`` the array itself; the internal type is that of arrays."""
        return super().get_value(borrow)

    @public
    def set_value(self, value: Any, borrow: bool = False) -> None:
        """Replace the value, as its type's ``filter`` allows.

        Args:
            value: an array of its rank, of a dtype that converts without loss; a list or number that stays what it is.
            borrow: whether the array given may be kept without copying.

        Raises:
            GraphTypeError: for any other value. After an error nothing has changed.
        """
        if not isinstance(value, Node):
            try:
                value = theano_type(self.type).filter(value, self.strict, self.allow_downcast)
            except GraphTypeError as error:
                raise GraphTypeError(f"cannot set {self.name or 'a shared variable'}: {error}") from None
        super().set_value(value, borrow)

    @public
    def clone(self) -> TensorSharedVariable:
        """Another variable with the same value, also after it is set."""
        return TensorSharedVariable.of(self.container, self.type, self.name, self.lines)

    def __reduce__(self) -> tuple[Any, ...]:
        own = self.container, self.type, self.name, self.lines
        return TensorSharedVariable.of, own, (None, {"update": self.default_update})

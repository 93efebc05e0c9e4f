"""``theano.shared``: states with the arguments Theano gave them.

Read next: function_object.py
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np

from ...binding import public
from ...errors import GraphTypeError, here, shown
from ...graph import Node
from ...op import shared as engine_shared
from ...op.leaves import as_array
from ..generic import generic as generic
from ..random_state_variables import RandomStateSharedVariable
from ..settings import config
from ..shared_containers import SharedContainer
from ..shared_variables import TensorSharedVariable
from .containers import Container

# What ``theano.shared`` makes, and the class by whose arguments scripts make one themselves.
SharedVariable = TensorSharedVariable


class GenericShared:
    """A shared variable that holds any Python object; nothing can be computed from it.

    Args:
        value: the object.
        name: its name.

    Example:
        >>> import symdrop.theano as theano
        >>> words = theano.shared(["to", "be"])
        >>> words.set_value(["or", "not"])
        >>> words.get_value()
        ['or', 'not']
    """

    type = generic
    owner = None

    def __init__(self, value: Any, name: str | None = None) -> None:
        self.container = Container(value, name)
        self.name = name

    @public
    def get_value(self, borrow: bool = False, return_internal_type: bool = False) -> Any:
        """A copy of the object; with ``borrow=True`` the object itself."""
        return self.container.value if borrow else deepcopy(self.container.value)

    @public
    def set_value(self, new_value: Any, borrow: bool = False) -> None:
        """Replace the object by a copy of another; with ``borrow=True`` by the other itself."""
        self.container.value = new_value if borrow else deepcopy(new_value)

    def __repr__(self) -> str:
        return self.name or "<Generic>"


@public
def shared(
    value: Any,
    name: str | None = None,
    strict: bool = False,
    allow_downcast: bool | None = None,
    borrow: bool = False,
    broadcastable: Any = None,
    **kwargs: Any,
) -> Any:
    """A variable with a value that lives between calls.

    Args:
        value: a number or array; its dtype is kept, whatever floatX is (Python floats are float64). Of anything else,
            such as a list, the variable holds the object, and nothing can be computed from it.
        name: for printing and errors.
        strict: whether ``set_value`` refuses what is no array of the dtype.
        allow_downcast: whether ``set_value`` may lose precision.
        borrow: whether to keep the array given instead of a copy.
        broadcastable: a truth value for every axis: whether its size is 1 and stays 1. By default none does, as in
            Theano, so a row that is to stretch over a matrix says ``(True, False)``.
        **kwargs: ``target`` is accepted; it changes nothing.

    Returns:
        A leaf of the graph.

    Raises:
        GraphTypeError: if the value is symbolic, of a dtype that is not supported, or for an unknown keyword.

    Example:
        >>> import numpy as np
        >>> import symdrop.theano as theano
        >>> theano.shared(np.array([[1.0, 2.0]])).broadcastable
        (False, False)
    """
    for keyword in kwargs:
        if keyword != "target":
            raise GraphTypeError(f"theano.shared has no argument {shown(keyword)}{here()}")
    if isinstance(value, Node):
        raise GraphTypeError(
            "Shared variable constructor needs numeric values and not symbolic variables, "
            f"such as {shown(value)}{here()}"
        )
    if isinstance(value, np.random.RandomState):
        return RandomStateSharedVariable(value, name, borrow)
    if not isinstance(value, np.ndarray | np.generic | bool | int | float | complex):
        return GenericShared(value, name)
    if broadcastable is None:
        broadcastable = (False,) * as_array(value).ndim
    made = engine_shared(np.asarray(value) if isinstance(value, float) else value, name, borrow, broadcastable)
    found = TensorSharedVariable.of(SharedContainer(made.container.value), made.type, name, made.lines)
    found.strict, found.allow_downcast = strict, allow_downcast
    return found


@public
def shared_constructor(ctor: Any, remove: bool = False) -> Any:
    """A constructor of shared variables, which Theano asked in turn; here it is given back and never asked.

    Args:
        ctor: the constructor.
        remove: accepted; it changes nothing.

    Returns:
        The constructor.

    Example:
        >>> shared_constructor(shared) is shared
        True
    """
    return ctor


def _asarray(value: Any, dtype: Any = None, order: Any = None) -> np.ndarray[Any, Any]:
    return np.asarray(value, np.dtype(config.floatX if dtype == "floatX" else dtype), order)

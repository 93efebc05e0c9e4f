"""``theano.shared``: states with the arguments Theano gave them.

Read next: cloning.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...binding import public
from ...errors import GraphTypeError, here, shown
from ...graph import Node
from ...op import SharedVariable as SharedVariable
from ...op import shared as engine_shared
from ...op.leaves import as_array
from ..settings import config
from ..variable import TensorSharedVariable


@public
def shared(
    value: Any,
    name: str | None = None,
    strict: bool = False,
    allow_downcast: bool | None = None,
    borrow: bool = False,
    broadcastable: Any = None,
    **kwargs: Any,
) -> SharedVariable:
    """A variable with a value that lives between calls.

    Args:
        value: a number or array; its dtype is kept, whatever floatX is (Python floats are float64).
        name: for printing and errors.
        borrow: whether to keep the array given instead of a copy.
        broadcastable: a truth value for every axis: whether its size is 1 and stays 1. By default none does, as in
            Theano, so a row that is to stretch over a matrix says ``(True, False)``.
        strict, allow_downcast: accepted; they change nothing.
        **kwargs: ``target`` is accepted; it changes nothing.

    Returns:
        A leaf of the graph.

    Raises:
        GraphTypeError: if the value is not numeric or is symbolic, or for an unknown keyword.

    Example:
        >>> import symdrop.theano as theano
        >>> theano.shared([[1.0, 2.0]]).broadcastable
        (False, False)
    """
    for keyword in kwargs:
        if keyword != "target":
            raise GraphTypeError(f"theano.shared has no argument {shown(keyword)}{here()}")
    if broadcastable is None and value is not None and not isinstance(value, Node | str):
        broadcastable = (False,) * as_array(value).ndim
    made = engine_shared(np.asarray(value) if isinstance(value, float) else value, name, borrow, broadcastable)
    return TensorSharedVariable(made.container, made.type, name, made.lines)


def _asarray(value: Any, dtype: Any = None, order: Any = None) -> np.ndarray[Any, Any]:
    return np.asarray(value, np.dtype(config.floatX if dtype == "floatX" else dtype), order)

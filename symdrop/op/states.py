"""States: leaves whose values live between calls.

Read next: elementwise.py
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..binding import public
from ..config import config
from ..errors import GraphTypeError, ShapeError, at_lines, here, shown
from ..graph import Node, describe
from ..threads import LockGroup
from ..types import TensorType, dtype_name
from .leaves import SHARED, as_array
from .values import converted


class SharedVariable(Node):
    """A leaf whose value lives between calls; made by ``sd.shared``.

    ``default_update`` is what functions set it to when nobody says otherwise (streams count their steps by it).
    """

    __slots__ = ("container", "default_update")

    container: Container
    default_update: Node | None

    def __init__(self, container: Container, type: TensorType, name: str | None, lines: Any = None) -> None:
        super().__init__(SHARED, (), type, None, name, lines)
        object.__setattr__(self, "container", container)
        object.__setattr__(self, "default_update", None)

    @public
    def set_default_update(self, update: Node) -> None:
        """Let functions replace the value by ``update`` unless they are told otherwise."""
        object.__setattr__(self, "default_update", update)

    @public
    def get_value(self, borrow: bool = False) -> np.ndarray[Any, Any]:
        """The value: a copy, or with ``borrow=True`` the array itself, valid until the next update."""
        value = self.container.read()
        return value if borrow else value.copy()

    @public
    def set_value(self, value: Any, borrow: bool = False) -> None:
        """Replace the value.

        Args:
            value: an array or list of the variable's rank; sizes may change, except of an axis of size 1. Integers of
                another dtype are taken where every one fits, floats are rounded unless a finite one becomes infinite,
                as in a call.
            borrow: whether the array given may be kept without copying.

        Raises:
            GraphTypeError: for another rank, and for a value that does not fit.
            ShapeError: for an axis that must stay 1. After an error nothing has changed.
        """
        try:
            array = converted(as_array(value, self.dtype), self.dtype)
        except GraphTypeError as error:
            raise GraphTypeError(self._refusal(f": {error}")) from None
        if array.ndim != self.ndim:
            raise GraphTypeError(self._refusal(f" to a value with {array.ndim} axes, shape {array.shape}"))
        for axis, (size, expected) in enumerate(zip(array.shape, self.type.shape, strict=True)):
            if expected is not None and size != expected:
                problem = f" to a value of shape {array.shape}: axis {axis} must stay {expected}"
                raise ShapeError(self._refusal(problem))
        with self.container.writing:
            self.container.value = array if borrow and array.flags.writeable else np.array(array, order="C")

    def _refusal(self, problem: str) -> str:
        return f"cannot set {describe(self, lines=False)}{problem}{at_lines(self.lines)}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _load_shared, (self.container, self.type, self.name, self.lines), (None, {"update": self.default_update})

    def __setstate__(self, state: Any) -> None:
        object.__setattr__(self, "default_update", state[1]["update"])


def _load_shared(container: Container, type: TensorType, name: str | None, lines: Any) -> SharedVariable:
    return SharedVariable(container, type, name, lines)


# What a container's ``busy`` says about the calls that hold ``writing``; compared by identity, from native code too.
FREE = 0  # no call is about to change the value
CLAIMED = 1  # a call has read the value and will replace the array
OVERWRITTEN = 2  # a call is writing into the array itself


# Whether one thread at a time runs Python, so that counting references says who else has an array.
ONE_AT_A_TIME = "t" not in getattr(sys, "abiflags", "")


def is_own(array: np.ndarray[Any, Any]) -> bool:
    """True if overwriting an array, in C order, concerns those only who refer to it: it is no view, and not watched."""
    flags = array.flags
    return array.base is None and flags.carray and flags.owndata and weakref.getweakrefcount(array) == 0


def references(arrays: Sequence[Any], i: int) -> int:
    """The count of references to an element of a list."""
    return sys.getrefcount(arrays[i])


def references_of(holders: int) -> int:
    """The same where as many lists hold the element, and nothing else does; it differs between versions of Python."""
    lists = [[np.empty(0)]]
    lists.extend(lists[0].copy() for _ in range(holders - 1))
    return references(lists[0], 0)


_UNSHARED = references_of(1) if ONE_AT_A_TIME else 0


def is_unshared(arrays: Sequence[Any], i: int) -> bool:
    """True if it is certain that nothing but the list refers to an element of it."""
    return references(arrays, i) <= _UNSHARED


# The ``writing`` of all containers.
WRITING = LockGroup()


class Container:
    """The box of a shared variable's array.

    Whoever computes a new value holds ``writing`` from reading the old one to storing the new one, and sets ``busy``
    meanwhile. A reader's reference stays valid, because an array is never overwritten while anybody else refers to it:
    a writer first says OVERWRITTEN and then counts the references, a reader first takes one and then looks at ``busy``.

    Attributes:
        value: the array.
        writing: the lock of those who change it.
        busy: FREE, CLAIMED or OVERWRITTEN.
    """

    __slots__ = ("busy", "value", "writing")

    def __init__(self, value: np.ndarray[Any, Any]) -> None:
        self.value = value
        self.writing = WRITING.new()
        self.busy = FREE

    def read(self) -> np.ndarray[Any, Any]:
        """The array, never half overwritten."""
        value = self.value
        while self.busy is OVERWRITTEN:
            self.wait()
            value = self.value
        return value

    def wait(self) -> None:
        """Return when no call overwrites the array any more."""
        with self.writing:
            # Still set only if the call that set it was interrupted on its way out.
            self.busy = FREE

    def __reduce__(self) -> tuple[Any, ...]:
        return Container, (self.read().copy(),)


@public
def shared(value: Any, name: str | None = None, borrow: bool = False, broadcastable: Any = None) -> SharedVariable:
    """A variable with a value that lives between calls.

    Args:
        value: a number, list or array; its dtype is kept (Python ints are int64); a Python float takes
            ``config.floatX``.
        name: for printing and errors.
        borrow: whether to keep the array given instead of a copy.
        broadcastable: a truth value for every axis: whether its size is 1 and stays 1. By default the axes of size 1.

    Returns:
        A leaf of the graph; only its axes of size 1 have a fixed size.

    Raises:
        GraphTypeError: if the value is not numeric or is symbolic.
        ShapeError: if ``broadcastable`` does not fit the value's shape.

    Example:
        >>> import symdrop as sd
        >>> W = sd.shared([[1.0, 2.0]], name="W")
        >>> W.type
        TensorType(dtype='float64', shape=(1, None), weak=False)
    """
    if isinstance(value, Node):
        what = describe(value, lines=False)
        raise GraphTypeError(f"a shared variable holds an array, not the symbolic {what}; use .eval(){here()}")
    if value is None or isinstance(value, str):
        raise GraphTypeError(f"a shared variable holds numbers, not {shown(value)}{here()}")
    is_python_float = isinstance(value, float) and not isinstance(value, np.generic)
    array = np.asarray(value, config.floatX) if is_python_float else as_array(value)
    fixed = tuple(broadcastable) if broadcastable is not None else tuple(size == 1 for size in array.shape)
    if len(fixed) != array.ndim or any(f and size != 1 for f, size in zip(fixed, array.shape, strict=False)):
        raise ShapeError(f"broadcastable={fixed} does not fit shape {array.shape}{here()}")
    type = TensorType(dtype_name(array.dtype), tuple(1 if one else None for one in fixed))
    kept = array if borrow and isinstance(value, np.ndarray) and array.flags.writeable else np.array(array, order="C")
    return SharedVariable(Container(kept), type, name)

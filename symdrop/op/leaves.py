"""Nodes computed from nothing: inputs, constants, shared states and flags.

Read next: elementwise.py
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ..config import config
from ..errors import ArgumentError, GraphTypeError, ShapeError, SourceLine, here
from ..graph import Node, describe
from ..types import TensorType, dtype_name
from .base import Op, _convert


class Leaf(Op):
    """A kind of node without inputs; its value comes from outside the graph."""

    kind: ClassVar[str] = "leaf"

    def __init__(self, name: str, summary: str) -> None:
        def formula(m: Any) -> Any:
            raise ArgumentError(f"a {name} leaf has no value of its own")

        formula.__doc__ = summary
        super().__init__(formula, name=name)


INPUT = Leaf("input", "A value given at every call.")
CONSTANT = Leaf("constant", "A value fixed in the graph.")
SHARED = Leaf("shared", "A state that functions read and update.")
FLAG = Leaf("flag", "A named truth value fixed when a function is compiled.")


class Constant(Node):
    """A leaf with a value.

    Attributes:
        value: a read-only array of the node's type.
        structural: true for zeros that stand for "no dependence": these vanish in products whatever the other
            factor is, NaN included, which a number 0.0 written by the user does not.
    """

    __slots__ = ("structural", "value")

    value: np.ndarray[Any, Any]
    structural: bool

    def __init__(
        self,
        value: np.ndarray[Any, Any],
        weak: bool = False,
        structural: bool = False,
        name: str | None = None,
        lines: tuple[SourceLine, ...] | None = None,
    ) -> None:
        array = np.array(value, order="C")
        array.setflags(write=False)
        super().__init__(CONSTANT, (), TensorType(dtype_name(array.dtype), array.shape, weak), None, name, lines)
        object.__setattr__(self, "value", array)
        object.__setattr__(self, "structural", structural)

    def item(self) -> Any:
        """The value of a scalar constant as a Python number."""
        return self.value.item()

    def key(self) -> tuple[Any, ...]:
        """Equal for constants that mean the same."""
        return self.type.dtype, self.value.shape, self.value.tobytes(), self.structural

    def __reduce__(self) -> tuple[Any, ...]:
        return Constant, (np.array(self.value), self.type.weak, self.structural, self.name, self.lines)

    def __repr__(self) -> str:
        return f"<constant {self.value.item() if self.value.ndim == 0 else self.type}>"


def constant(value: Any, dtype: Any = None, name: str | None = None) -> Constant:
    """A node with a fixed value.

    Args:
        value: a Python number, list or NumPy array.
        dtype: dtype to convert to; by default that of the value (Python floats: ``config.floatX``).
        name: for printing.

    Raises:
        GraphTypeError: if the value is not numeric.
    """
    array = _as_array(value)
    if dtype is None and isinstance(value, float):
        dtype = config.floatX
    return Constant(array if dtype is None else array.astype(dtype_name(dtype)), name=name)


def _as_array(value: Any) -> np.ndarray[Any, Any]:
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise GraphTypeError(f"{value!r} is not an array: {error}") from None
    dtype_name(array.dtype)
    return array


def _convert_value(value: Any) -> Node:
    if isinstance(value, bool | int | float) and not isinstance(value, np.generic):
        try:
            array = np.asarray(value, dtype=config.floatX if isinstance(value, float) else None)
            dtype_name(array.dtype)
        except (OverflowError, GraphTypeError):
            raise GraphTypeError(f"the integer {value} does not fit into 64 bits") from None
        # A Python float keeps all its digits until it is known which dtype it meets.
        return Constant(np.asarray(value), weak=True)
    if value is None or isinstance(value, str | Mapping):
        raise GraphTypeError(f"{value!r} cannot stand in an expression; expected a variable, number or array")
    return Constant(_as_array(value))


_convert.append(_convert_value)


def constant_scalar(node: Node) -> Any:
    """The Python number a scalar node is known to be, or None."""
    return node.item() if isinstance(node, Constant) and node.value.ndim == 0 else None


class Flag(Node):
    """A named truth value that stays symbolic until a function is compiled.

    ``sd.training`` is the flag named "training". Two flags of one name are the same flag.
    """

    __slots__ = ()

    def __init__(self, name: str) -> None:
        super().__init__(FLAG, (), TensorType("bool", ()), {"flag": name}, name)

    @property
    def flag_name(self) -> str:
        """The name by which ``flags=`` sets it."""
        name: str = self.params["flag"]
        return name

    def __reduce__(self) -> tuple[Any, ...]:
        return flag, (self.flag_name,)


def flag(name: str) -> Flag:
    """A flag that a function's ``flags={sd.flag(name): True}`` or ``flags={"name": True}`` sets.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> y = T.where(sd.flag("noisy"), 1.0, 2.0)
        >>> float(sd.function([], y, flags={"noisy": True})())
        1.0
    """
    if not isinstance(name, str) or not name:
        raise GraphTypeError(f"a flag is named by a non-empty string, not {name!r}")
    return Flag(name)


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

    def set_default_update(self, update: Node) -> None:
        """Let functions replace the value by ``update`` unless they are told otherwise."""
        object.__setattr__(self, "default_update", update)

    def get_value(self, borrow: bool = False) -> np.ndarray[Any, Any]:
        """The value: a copy, or with ``borrow=True`` the array itself, valid until the next update."""
        value = self.container.value
        return value if borrow else value.copy()

    def set_value(self, value: Any, borrow: bool = False) -> None:
        """Replace the value.

        Args:
            value: an array of the variable's dtype and rank (sizes may change, except of an axis of size 1).
            borrow: whether the array given may be kept without copying.

        Raises:
            GraphTypeError: for another dtype or rank; ``ShapeError`` for an axis that must stay 1. Nothing changes.
        """
        array = np.asarray(value)
        if not isinstance(value, np.ndarray | np.generic) and array.dtype.kind in "iufb" and array.dtype != self.dtype:
            array = _exact(array, self.dtype, self)
        if array.dtype != self.dtype:
            raise GraphTypeError(
                f"cannot set {describe(self)} to a value of dtype {array.dtype}; "
                f"convert it with value.astype({self.dtype!r})"
            )
        if array.ndim != self.ndim:
            raise GraphTypeError(f"cannot set {describe(self)} to a value with {array.ndim} axes, shape {array.shape}")
        for axis, (size, expected) in enumerate(zip(array.shape, self.type.shape, strict=True)):
            if expected is not None and size != expected:
                raise ShapeError(
                    f"cannot set {describe(self)} to a value of shape {array.shape}: axis {axis} must stay {expected}"
                )
        with self.container.writing:
            self.container.value = array if borrow and array.flags.writeable else np.array(array, order="C")

    def __reduce__(self) -> tuple[Any, ...]:
        return _load_shared, (self.container, self.type, self.name, self.lines), (None, {"update": self.default_update})

    def __setstate__(self, state: Any) -> None:
        object.__setattr__(self, "default_update", state[1]["update"])


def _load_shared(container: Container, type: TensorType, name: str | None, lines: Any) -> SharedVariable:
    return SharedVariable(container, type, name, lines)


def _exact(array: np.ndarray[Any, Any], dtype: str, node: Node) -> np.ndarray[Any, Any]:
    """Python numbers in lists may take the variable's dtype unless that changes integers."""
    converted = array.astype(dtype)
    if array.dtype.kind != "f" and not np.array_equal(converted, array):
        raise GraphTypeError(f"cannot set {describe(node)}: {array!r} does not fit into {dtype}")
    if array.dtype.kind == "f" and np.dtype(dtype).kind != "f":
        raise GraphTypeError(f"cannot set {describe(node)} to floats; round and convert them first")
    return converted


class Container:
    """Where a shared variable's array lives.

    Whoever computes a new value holds ``writing`` from reading the old one to storing the new one; ``swapping`` is
    held for an instant to read or store several states together. A reader's reference stays valid, because an array
    is never overwritten while anybody else refers to it.
    """

    __slots__ = ("swapping", "value", "writing")

    def __init__(self, value: np.ndarray[Any, Any]) -> None:
        self.value = value
        self.writing = threading.RLock()
        self.swapping = threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        return Container, (self.value.copy(),)


def shared(value: Any, name: str | None = None, borrow: bool = False, broadcastable: Any = None) -> SharedVariable:
    """A variable with a value that lives between calls.

    Args:
        value: a number, list or array; its dtype is kept (Python ints are int64, Python floats float64).
        name: for printing and errors.
        borrow: whether to keep the array given instead of a copy.
        broadcastable: a truth value for every axis: whether its size is 1 and stays 1. By default the axes of size 1.

    Raises:
        GraphTypeError: if the value is not numeric or is symbolic.

    Example:
        >>> import symdrop as sd
        >>> W = sd.shared([[1.0, 2.0]], name="W")
        >>> W.type
        TensorType(dtype='float64', shape=(1, None), weak=False)
    """
    if isinstance(value, Node):
        raise GraphTypeError(f"a shared variable holds an array, not the symbolic {describe(value)}; use .eval()")
    if value is None or isinstance(value, str):
        raise GraphTypeError(f"a shared variable holds numbers, not {value!r}")
    array = _as_array(value)
    fixed = tuple(broadcastable) if broadcastable is not None else tuple(size == 1 for size in array.shape)
    if len(fixed) != array.ndim or any(f and size != 1 for f, size in zip(fixed, array.shape, strict=False)):
        raise ShapeError(f"broadcastable={fixed} does not fit shape {array.shape}{here()}")
    type = TensorType(dtype_name(array.dtype), tuple(1 if one else None for one in fixed))
    kept = array if borrow and isinstance(value, np.ndarray) and array.flags.writeable else np.array(array, order="C")
    return SharedVariable(Container(kept), type, name)

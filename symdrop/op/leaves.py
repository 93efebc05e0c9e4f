"""Nodes computed from nothing: inputs, constants and flags.

Read next: states.py
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from ..binding import public
from ..config import config
from ..errors import ArgumentError, GraphTypeError, SourceLine, here, shown
from ..graph import Node
from ..types import TensorType, dtype_name, is_integer
from .base import Op, _convert
from .casting import cast_array
from .values import converted, read_array


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

# Constants of more elements are data: compiled code knows their types, and is told their addresses when it is loaded.
MOST_IN_CODE = 64


class Constant(Node):
    """A leaf with a value.

    Attributes:
        value: a read-only array of the node's type.
        exact: for a weak number, the array it was first; ``value`` may have fewer digits.
        structural: true for zeros that stand for "no dependence": these vanish in products whatever the other
            factor is, NaN included, which a number 0.0 written by the user does not.
        source: the constant of which it is the conversion to another dtype, or None.
    """

    __slots__ = ("_elements", "exact", "source", "structural", "value")

    value: np.ndarray[Any, Any]
    exact: np.ndarray[Any, Any]
    structural: bool
    source: Constant | None
    _elements: bytes | None

    def __init__(
        self,
        value: np.ndarray[Any, Any],
        weak: bool = False,
        structural: bool = False,
        name: str | None = None,
        lines: tuple[SourceLine, ...] | None = None,
        exact: np.ndarray[Any, Any] | None = None,
        source: Constant | None = None,
    ) -> None:
        array = np.array(value, order="C")
        array.setflags(write=False)
        super().__init__(CONSTANT, (), TensorType(dtype_name(array.dtype), array.shape, weak), None, name, lines)
        object.__setattr__(self, "value", array)
        object.__setattr__(self, "exact", array if exact is None else exact)
        object.__setattr__(self, "structural", structural)
        object.__setattr__(self, "source", source)
        object.__setattr__(self, "_elements", None)

    @property
    def is_data(self) -> bool:
        """True if it is too large to be a part of compiled code."""
        return self.value.size > MOST_IN_CODE

    def item(self) -> Any:
        """The value of a scalar constant as a Python number, with all its digits."""
        return self.exact.item()

    def key(self) -> tuple[Any, ...]:
        """Equal for constants that mean the same: dtype, shape, and the elements, or a digest of many of them."""
        if self._elements is None:
            elements = hashlib.sha256(self.value.data).digest() if self.is_data else self.value.tobytes()
            object.__setattr__(self, "_elements", elements)
        return self.type.dtype, self.value.shape, self._elements, self.structural

    def __reduce__(self) -> tuple[Any, ...]:
        arrays = np.array(self.value), np.array(self.exact)
        return Constant, (arrays[0], self.type.weak, self.structural, self.name, self.lines, arrays[1])

    def __repr__(self) -> str:
        return f"<constant {self.item() if self.value.ndim == 0 else self.type}>"


@public
def constant(value: Any, dtype: Any = None, name: str | None = None) -> Constant:
    """A node with a fixed value.

    Args:
        value: a Python number, list or NumPy array.
        dtype: dtype to convert to; by default that of the value (Python floats: ``config.floatX``). Floats beyond an
            integer dtype's range become its nearest integer, as ``T.cast`` has it.
        name: for printing.

    Returns:
        A leaf whose value is a read-only copy.

    Raises:
        GraphTypeError: if the value is not numeric, or an integer does not fit into an integer dtype.

    Example:
        >>> constant([1, 2]).type
        TensorType(dtype='int64', shape=(2,), weak=False)
    """
    array = as_array(value)
    if dtype is None and isinstance(value, float):
        dtype = config.floatX
    name_of_dtype = array.dtype.name if dtype is None else dtype_name(dtype)
    if is_integer(array.dtype.name) and is_integer(name_of_dtype):
        try:
            array = converted(array, name_of_dtype)
        except GraphTypeError as error:
            raise GraphTypeError(f"{error}{here()}") from None
    return Constant(cast_array(array, name_of_dtype), name=name)


def as_array(value: Any, dtype: str | None = None) -> np.ndarray[Any, Any]:
    """The array a value is, in this machine's byte order; numbers only. Lists without a number are of ``dtype``."""
    array = read_array(value, dtype)
    if array.dtype.kind in "SU" or (array.dtype == object and array.ndim == 0):
        raise GraphTypeError(f"{shown(value)} is no number, array or list of numbers{here()}")
    return array.astype(dtype_name(array.dtype), copy=False)


def is_python_number(value: Any) -> bool:
    """True if a value is a Python number; ``np.float64`` is one, being a subclass of Python's float."""
    return isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool | np.generic))


def refuse_python_bool(value: Any) -> None:
    """Refuse what ``==`` between variables gives where a value is expected: it compares identity, not values.

    Raises:
        GraphTypeError: if the value is Python's True or False.
    """
    if isinstance(value, bool):
        raise GraphTypeError(
            f"Python's {value} is no symbolic value; == between variables says whether they are one variable, "
            f"T.eq(a, b) compares their values (a truth value that is meant is np.bool_({value})){here()}"
        )


def _convert_value(value: Any) -> Node:
    if is_python_number(value):
        exact = np.asarray(value)
        if exact.dtype.kind not in "bif":
            raise GraphTypeError(f"the integer {value} does not fit into 64 bits")
        # A Python float keeps all its digits until it is known which dtype it meets.
        dtype = config.floatX if isinstance(value, float) else exact.dtype
        with np.errstate(over="ignore"):
            return Constant(exact.astype(dtype), weak=True, exact=exact)
    refuse_python_bool(value)
    if value is None or isinstance(value, str | Mapping):
        raise GraphTypeError(
            f"{shown(value)} cannot stand in an expression; expected a variable, number or array{here()}"
        )
    if isinstance(value, list | tuple) and any(isinstance(part, Node) for part in value):
        raise GraphTypeError(f"{shown(value)} has symbolic parts; T.array(...) makes one tensor of them{here()}")
    return Constant(as_array(value))


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


@public
def flag(name: str) -> Flag:
    """A flag that a function's ``flags={sd.flag(name): True}`` or ``flags={"name": True}`` sets.

    Args:
        name: what to call it; two flags of one name are the same flag.

    Returns:
        A bool scalar of the graph.

    Raises:
        GraphTypeError: if the name is not a non-empty string.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> y = T.where(sd.flag("noisy"), 1.0, 2.0)
        >>> float(sd.function([], y, flags={"noisy": True})())
        1.0
    """
    if not isinstance(name, str) or not name:
        raise GraphTypeError(f"a flag is named by a non-empty string, not {shown(name)}")
    return Flag(name)

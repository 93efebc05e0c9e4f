"""Questions that scripts ask of types: which values and variables are of one.

Read next: variable.py
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..binding import public
from ..errors import GraphTypeError, here
from ..graph import Node
from ..op import as_node
from ..types import TensorType as EngineType
from .methods import of_the_engine


class TypeMethods:
    """Methods of a type beside its filter."""

    __slots__ = ()

    @public
    def is_valid_value(self: Any, data: Any) -> bool:
        """True if ``filter`` takes a value as it is."""
        try:
            self.filter(data, strict=True)
        except GraphTypeError:
            return False
        return True

    @public
    def is_super(self: Any, other: Any) -> bool:
        """True if every value of another type is one of this type."""
        return bool(self.accepts(other))

    @public
    def convert_variable(self: Any, variable: Node) -> Node | None:
        """The variable itself if it is of this type, or of one that declares more axes of size 1; else None."""
        return variable if self.accepts(variable.type) else None

    @public
    def filter_variable(self: Any, other: Any, allow_convert: bool = True) -> Node:
        """The variable that a value is, if it is of this type.

        Raises:
            GraphTypeError: if it is of another type.
        """
        node = as_node(other)
        if not self.accepts(node.type):
            raise GraphTypeError(f"Cannot convert Type {node.type!r} (of Variable {node!r}) into Type {self!r}{here()}")
        return node

    @public
    def clone(self: Any, dtype: Any = None, broadcastable: Sequence[bool] | None = None) -> Any:
        """A type of another dtype, or with other axes of size 1."""
        return type(self)(dtype or self.dtype, self.broadcastable if broadcastable is None else broadcastable)

    @public
    def values_eq(self: Any, a: Any, b: Any) -> bool:
        """True if two arrays are equal; NaN equals itself."""
        first, second = np.asarray(a), np.asarray(b)
        return first.dtype == second.dtype and np.array_equal(first, second, equal_nan=first.dtype.kind == "f")

    @public
    def values_eq_approx(self: Any, a: Any, b: Any, rtol: float | None = None, atol: float | None = None) -> bool:
        """True if two arrays are equal up to rounding; NaN equals itself."""
        first, second = np.asarray(a), np.asarray(b)
        near = 1e-4 if "float32" in (first.dtype.name, second.dtype.name) else 1e-8
        close = {"rtol": near if rtol is None else rtol, "atol": near if atol is None else atol}
        return first.shape == second.shape and bool(np.allclose(first, second, equal_nan=True, **close))

    @public
    def value_zeros(self: Any, shape: Any) -> np.ndarray[Any, Any]:
        """An array of zeros of this dtype."""
        return np.zeros(shape, self.dtype)

    @property
    @public
    def numpy_dtype(self: Any) -> np.dtype[Any]:
        """NumPy's object for the dtype."""
        made: np.dtype[Any] = np.dtype(self.dtype)
        return made

    def __eq__(self: Any, other: object) -> bool:
        """True for a type of the same dtype and axes of size 1; the engine's own code asks for all known sizes."""
        if not isinstance(other, EngineType) or self.dtype != other.dtype or self.ndim != other.ndim:
            return False
        if self.shape == other.shape:
            return True
        fixed = [size == 1 for size in other.shape]
        return [*self.broadcastable] == fixed and not of_the_engine(sys._getframe(1))

    def __hash__(self: Any) -> int:
        return hash((self.dtype, self.broadcastable))

    def __repr__(self: Any) -> str:
        return f"TensorType({self.dtype}, {_PATTERNS.get(self.broadcastable) or self._pattern()})"

    def _pattern(self: Any) -> str:
        return str(self.broadcastable) if any(self.broadcastable) else f"{self.ndim}D"


_PATTERNS = {(): "scalar", (False,): "vector", (False, False): "matrix", (True, False): "row", (False, True): "col"}

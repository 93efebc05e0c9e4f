"""Types of variables: dtype and shape, with sizes that may be unknown.

``TensorType("float32", (None, 784))`` is a matrix of any number of rows. Dtypes promote
as in NumPy 2: a Python number (and a size such as ``x.shape[0]``, which in NumPy is a
Python number) is *weak* and takes the dtype of what it meets. Floats made of integers
and Python numbers alone are weak ``config.floatX``, see ``promote``. Broadcasting is decided
here, while building: only an axis known to be 1 stretches; an unknown size never does.

Read next: syntax.py
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NoReturn

import numpy as np

from .config import config
from .errors import GraphTypeError, ShapeError, here, shown

DTYPES = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "float32", "float64",
)  # fmt: skip

Shape = tuple[int | None, ...]

# A size is less than 2**63, and so are the bytes of an array, whatever its dtype.
LARGEST = 2**63 - 1
MOST_ELEMENTS = LARGEST // 8
# As many as NumPy's arrays have.
MOST_AXES = 64


def check_shape(shape: Shape) -> None:
    """Refuse sizes that no array has; an axis of size 0 does not make the others count less.

    Raises:
        ShapeError: if a size is negative, or there are too many axes, or elements to count their bytes in 63 bits.
    """
    if len(shape) > MOST_AXES:
        raise ShapeError(f"an array has at most {MOST_AXES} axes, not {len(shape)}")
    elements = 1
    for size in shape:
        if size:
            if size < 0:
                raise ShapeError(f"a size is 0 or more, not {size}, as in {shape}")
            elements *= size
    if elements > MOST_ELEMENTS:
        raise ShapeError(f"an array of shape {shape} has more elements than can be counted, {MOST_ELEMENTS} at most")


@cache
def _dtype_name(dtype: Any) -> str:
    try:
        name: str = np.dtype(dtype).newbyteorder("=").name
    except Exception:
        # Of a class that NumPy asks, and that may answer by any error.
        _refuse(dtype)
    if name not in DTYPES:
        hint = "; keep real and imaginary parts as two real tensors" if "complex" in name else ""
        raise GraphTypeError(f"dtype {name} is not supported; the dtypes are {', '.join(DTYPES)}{hint}{here()}")
    return name


def _refuse(dtype: Any) -> NoReturn:
    raise GraphTypeError(f"{shown(dtype)} is not a dtype; the dtypes are {', '.join(DTYPES)}{here()}")


def dtype_name(dtype: Any) -> str:
    """The name of a supported dtype given as a name, NumPy dtype or Python type.

    Raises:
        GraphTypeError: for complex, object, string and other unsupported dtypes.

    Example:
        >>> dtype_name(bool), dtype_name("int64")
        ('bool', 'int64')
    """
    if isinstance(dtype, type) and dtype in (int, float, bool):
        dtype = dtype.__name__.replace("int", "int64").replace("float", "float64")
    try:
        hash(dtype)
    except TypeError:
        _refuse(dtype)
    return _dtype_name(dtype)


def is_float(dtype: str) -> bool:
    """True if a dtype name is a floating-point one."""
    return dtype[0] == "f"


def is_integer(dtype: str) -> bool:
    """True if a dtype name is an integer one (bool is not)."""
    return dtype[0] in "iu"


@dataclass(frozen=True, slots=True)
class TensorType:
    """The type of an array: dtype, and a size or None (unknown) for every axis.

    ``weak`` marks what came from Python numbers, and floats that came from nothing but these and integers; it takes
    no part in equality.

    Raises:
        ShapeError: if a size is negative, or there are more elements than fit into 63 bits.
    """

    dtype: str
    shape: Shape
    weak: bool = field(default=False, compare=False)

    def __post_init__(self) -> None:
        check_shape(self.shape)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def accepts(self, other: object) -> bool:
        """True if every value of type ``other`` is a value of this type."""
        return (
            isinstance(other, TensorType)
            and self.dtype == other.dtype
            and len(self.shape) == len(other.shape)
            and all(mine is None or mine == theirs for mine, theirs in zip(self.shape, other.shape, strict=True))
        )

    def __str__(self) -> str:
        sizes = ", ".join("?" if size is None else str(size) for size in self.shape)
        return f"{self.dtype}[{sizes}]"


@dataclass(frozen=True, slots=True)
class TupleType:
    """The type of an op with several outputs."""

    items: tuple[TensorType, ...]

    def __str__(self) -> str:
        return f"({', '.join(str(item) for item in self.items)})"


_WEAK = {"b": False, "i": 0, "u": 0}


@cache
def _promote(strong: frozenset[str], weak: frozenset[str]) -> str:
    if any(map(is_float, strong)):
        return str(np.result_type(*strong).name)
    floats = filter(is_float, weak)
    numbers = (_WEAK[dtype[0]] for dtype in weak)
    return str(np.result_type(*(floats if any(map(is_float, weak)) else (*(strong or weak), *numbers))).name)


def promote(types: Iterable[TensorType]) -> str:
    """The dtype in which values of these types meet, by NumPy's rules for arrays and Python numbers.

    ===========================================  ================================================================
    meeting                                      dtype
    ===========================================  ================================================================
    two arrays                                   NumPy's ``result_type``; float16 becomes float32
    an array and a Python number of its kind     that of the array (float32 and 0.5, int8 and 2, bool and True)
    integers and bool                            NumPy's: bool and a Python int are int64
    a Python float and integers or bool          ``config.floatX`` as it was when the number was written down, weak
    quotients and functions of integers          ``config.floatX``, weak (``i / j``, ``exp(i)``, the mean of i)
    a weak float and an array of floats          that of the array; it is computed in this dtype from the start
    ===========================================  ================================================================

    float16 is a storage dtype: as soon as arithmetic meets it, it becomes float32.

    Example:
        >>> promote([TensorType("float32", ()), TensorType("float64", (), weak=True)])
        'float32'
        >>> promote([TensorType("int64", ()), TensorType("float32", (), weak=True)])
        'float32'
        >>> promote([TensorType("int32", ()), TensorType("float32", ())])
        'float64'
    """
    strong: set[str] = set()
    weak: set[str] = set()
    for type in types:
        (weak if type.weak else strong).add("float32" if type.dtype == "float16" else type.dtype)
    return _promote(frozenset(strong), frozenset(weak))


def is_weak(dtype: str, types: Iterable[TensorType]) -> bool:
    """True if a value of this dtype made of such operands gives way to what it meets: no float array is among them.

    Example:
        >>> mask = TensorType("bool", (None,))
        >>> is_weak("float32", [mask]), is_weak("float32", [mask, TensorType("float32", ())]), is_weak("int64", [mask])
        (True, False, False)
    """
    return all(type.weak or (is_float(dtype) and not is_float(type.dtype)) for type in types)


def float_dtype(dtype: str) -> str:
    """The float dtype in which a function such as exp evaluates an argument of ``dtype``: floatX for integers."""
    if is_float(dtype):
        return "float32" if dtype == "float16" else dtype
    return config.floatX


def cotangent_dtype(dtype: str) -> str:
    """The dtype in which cotangents and tangents of values of ``dtype`` are computed with: float64 for integers.

    An integer has slopes as if it were a number in between; float64 holds those of integers exactly up to 2**53.
    """
    return float_dtype(dtype) if is_float(dtype) else "float64"


def accumulator_dtype(dtype: str) -> str:
    """The dtype in which elements are summed: small integers and truth values grow to 64 bits."""
    return dtype if is_float(dtype) else "uint64" if dtype[0] == "u" else "int64"


def broadcast_shapes(shapes: Sequence[Shape]) -> Shape:
    """The shape in which arrays of these shapes meet; missing axes count as size 1, on the left.

    Unknown sizes never stretch: unknown against n gives n (checked when running).

    Raises:
        ShapeError: if two known sizes differ and neither is 1.

    Example:
        >>> broadcast_shapes([(None, 1), (5,)])
        (None, 5)
    """
    different = {shape for shape in shapes if shape}
    if len(different) < 2:
        return different.pop() if different else ()
    ndim = max(map(len, shapes))
    result: list[int | None] = []
    for axis in range(-ndim, 0):
        sizes = {shape[axis] for shape in shapes if len(shape) >= -axis} - {1}
        known = sizes - {None}
        if len(known) > 1:
            raise ShapeError(
                f"sizes {' and '.join(str(size) for size in sorted(known, key=str))} of axis {axis} do not broadcast"
            )
        result.append(known.pop() if known else None if sizes else 1)
    return tuple(result)


def may_fit(first: Shape, second: Shape) -> bool:
    """True if there are arrays of both shapes: equally many axes, and no size known to differ.

    Example:
        >>> may_fit((None, 1), (3, None)), may_fit((None, 1), (3, 2)), may_fit((1,), (1, 1))
        (True, False, False)
    """
    return len(first) == len(second) and all(None in (a, b) or a == b for a, b in zip(first, second, strict=True))


def merge_shapes(first: Shape, second: Shape) -> Shape:
    """The knowledge about a shape that is both ``first`` and ``second``."""
    return tuple(b if a is None else a for a, b in zip(first, second, strict=True))

"""Questions about dtypes and ranks, and the values that complex numbers would have where all values are real.

Read next: windows.py
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...binding import public
from ...errors import ArgumentError, GraphTypeError, here, shown
from ...graph import Node
from ...op import as_node
from ...ops.floating_point.signs import signbit
from ...types import TensorType, dtype_name, promote
from ..arguments import as_float
from ..creation import zeros_like
from ..elementwise import cast, isnan, power, where


def _type(value: Any) -> TensorType:
    """The type of a value, or of the scalars of a dtype."""
    if isinstance(value, str | type | np.dtype):
        return TensorType(dtype_name(value), ())
    return as_node(value).type


@public
def result_type(*arrays_and_dtypes: Any) -> str:
    """The dtype in which values and dtypes meet, by the rules of the library's arithmetic.

    Args:
        arrays_and_dtypes: tensors, arrays, Python numbers and dtypes; at least one.

    Returns:
        The name of a dtype.

    Raises:
        ArgumentError: if there are none.
        GraphTypeError: for what is neither a value nor a supported dtype.

    Example:
        >>> import symdrop.tensor as T
        >>> T.result_type(T.fvector(), 2.0), T.result_type("int32", "float32")
        ('float32', 'float64')
    """
    if not arrays_and_dtypes:
        raise ArgumentError(f"result_type takes at least one value or dtype{here()}")
    if len(arrays_and_dtypes) == 1 and not isinstance(arrays_and_dtypes[0], Node):
        return _type(arrays_and_dtypes[0]).dtype
    return promote([_type(one) for one in arrays_and_dtypes])


@public
def promote_types(type1: Any, type2: Any) -> str:
    """The smallest dtype in which arrays of two dtypes meet.

    Args:
        type1: a dtype.
        type2: another one.

    Returns:
        The name of a dtype.

    Example:
        >>> import symdrop.tensor as T
        >>> T.promote_types("int8", "uint8")
        'int16'
    """
    return promote([TensorType(dtype_name(one), ()) for one in (type1, type2)])


@public
def can_cast(from_: Any, to: Any, casting: str = "safe") -> bool:
    """True if values can be cast to a dtype under a rule of NumPy's.

    Args:
        from_: a tensor or a dtype.
        to: a dtype.
        casting: "no", "equiv", "safe", "same_kind" or "unsafe".

    Returns:
        A Python bool.

    Example:
        >>> import symdrop.tensor as T
        >>> T.can_cast(T.ivector(), "float64"), T.can_cast("float64", "float32")
        (True, False)
    """
    if casting not in (rules := ("no", "equiv", "safe", "same_kind", "unsafe")):
        raise ArgumentError(f"can_cast: casting is one of {', '.join(rules)}, not {shown(casting)}{here()}")
    return bool(np.can_cast(_type(from_).dtype, dtype_name(to), casting))  # type: ignore[arg-type]


@public
def issubdtype(arg1: Any, arg2: Any) -> bool:
    """True if a dtype is of a kind: ``np.floating``, ``np.integer``, ``"float32"`` and their like.

    Args:
        arg1: a tensor or a dtype.
        arg2: a dtype or one of NumPy's abstract types of scalars.

    Returns:
        A Python bool.

    Example:
        >>> import numpy as np
        >>> import symdrop.tensor as T
        >>> T.issubdtype(T.fvector(), np.floating), T.issubdtype("int8", np.floating)
        (True, False)
    """
    try:
        return bool(np.issubdtype(_type(arg1).dtype, arg2))
    except TypeError:
        raise GraphTypeError(f"issubdtype: a kind is a dtype or a type of NumPy's, not {shown(arg2)}{here()}") from None


@public
def isdtype(dtype: Any, kind: Any) -> bool:
    """True if a dtype is of a kind, in the words of the array API standard.

    Args:
        dtype: a dtype, or a tensor.
        kind: a dtype, "bool", "signed integer", "unsigned integer", "integral", "real floating", "numeric", or a tuple
            of them.

    Returns:
        A Python bool.

    Example:
        >>> import symdrop.tensor as T
        >>> T.isdtype("float32", ("integral", "bool"))
        False
    """
    try:
        return bool(np.isdtype(np.dtype(_type(dtype).dtype), kind))
    except (TypeError, ValueError):
        raise ArgumentError(
            f"isdtype: a kind is a dtype, 'bool', 'signed integer', 'unsigned integer', 'integral', 'real floating' "
            f"or 'numeric', not {shown(kind)}{here()}"
        ) from None


@public
def ndim(a: Any) -> int:
    """The number of axes of a value.

    Args:
        a: a tensor, array or number.

    Returns:
        A Python integer.

    Example:
        >>> import symdrop.tensor as T
        >>> T.ndim(T.matrix())
        2
    """
    return as_node(a).ndim


@public
def isscalar(element: Any) -> bool:
    """True for Python's and NumPy's numbers; a tensor is none, and neither is an array of rank 0.

    Example:
        >>> import symdrop.tensor as T
        >>> T.isscalar(2.0), T.isscalar(T.scalar())
        (True, False)
    """
    return not isinstance(element, Node) and bool(np.isscalar(element))


@public
def astype(x: Any, dtype: Any) -> Node:
    """x in another dtype: ``cast`` under the name of the array API standard.

    Args:
        x: a tensor.
        dtype: a dtype.

    Returns:
        A tensor of x's shape.

    Example:
        >>> import symdrop.tensor as T
        >>> T.astype(T.vector(), "int32").dtype
        'int32'
    """
    return cast(x, dtype)


@public
def float_power(x1: Any, x2: Any) -> Node:
    """x1 to the power of x2, computed in float64 at least, so that integers have negative powers.

    Args:
        x1: a tensor.
        x2: the exponents.

    Returns:
        A float64 tensor.

    Example:
        >>> import symdrop.tensor as T
        >>> T.float_power(T.constant([2, 4]), -1).eval().tolist()
        [0.5, 0.25]
    """
    return power(cast(x1, "float64"), cast(x2, "float64"))


@public
def iscomplexobj(x: Any) -> bool:
    """False: no value is complex."""
    as_node(x)
    return False


@public
def isrealobj(x: Any) -> bool:
    """True: every value is real."""
    as_node(x)
    return True


@public
def isreal(x: Any) -> Node:
    """True for every element of a tensor, since all values are real."""
    return zeros_like(x, "int8") > -1


@public
def iscomplex(x: Any) -> Node:
    """False for every element of a tensor, since no value is complex."""
    return zeros_like(x, "int8") > 0


@public
def imag(val: Any) -> Node:
    """The imaginary parts of real numbers: zeros of the tensor's shape and dtype."""
    return zeros_like(val)


@public
def angle(z: Any, deg: bool = False) -> Node:
    """The angle of real numbers on the plane: 0, and pi for negative ones, -0.0 included.

    Args:
        z: a tensor.
        deg: True gives degrees instead of radians.

    Returns:
        A float tensor of z's shape; NaN where z is.

    Example:
        >>> import symdrop.tensor as T
        >>> T.angle(T.constant([-2.0, 3.0]), deg=True).eval().tolist()
        [180.0, 0.0]
    """
    node = as_float(z)
    turned = cast(where(signbit(node), 180.0 if deg else math.pi, 0.0), node.dtype)
    return where(isnan(node), node, turned)


__all__ = [
    "angle", "astype", "can_cast", "float_power", "imag", "iscomplex", "iscomplexobj", "isdtype", "isreal",
    "isrealobj", "isscalar", "issubdtype", "ndim", "promote_types", "result_type",
]  # fmt: skip

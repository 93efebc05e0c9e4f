"""``theano.scalar``: dtypes of single numbers, and the dtype that several of them meet in.

Read next: jacobians.py
"""

from __future__ import annotations

import sys
from typing import Any

from ..binding import public
from .dtypes import upcast as upcast
from .elements import same_out, upcast_out, upgrade_to_float
from .missing import missing_name
from .scalar_functions import classes, functions
from .scalar_ops import BinaryScalarOp, ScalarOp, UnaryScalarOp
from .variable import TensorType


@public
def get_scalar_type(dtype: str) -> TensorType:
    """The type of single numbers of a dtype, which are tensors without axes here.

    Args:
        dtype: a dtype name.

    Returns:
        A type whose call gives an input variable.

    Example:
        >>> get_scalar_type("float32").ndim
        0
    """
    return TensorType(dtype, ())


Scalar = get_scalar_type
bool, int8, int16, int32, int64 = map(get_scalar_type, ("bool", "int8", "int16", "int32", "int64"))
uint8, float32, float64 = map(get_scalar_type, ("uint8", "float32", "float64"))

globals().update({**classes, **functions})
# Theano spread these names over files.
basic = sys.modules[__name__]

# There are no complex numbers to refuse.
same_out_nocomplex = same_out_float_only = same_out
upgrade_to_float_no_complex = upgrade_to_float

__all__ = [
    *classes,
    *functions,
    "basic",
    "BinaryScalarOp",
    "Scalar",
    "ScalarOp",
    "UnaryScalarOp",
    "bool",
    "float32",
    "float64",
    "get_scalar_type",
    "int8",
    "int16",
    "int32",
    "int64",
    "same_out",
    "same_out_float_only",
    "same_out_nocomplex",
    "uint8",
    "upcast",
    "upcast_out",
    "upgrade_to_float",
    "upgrade_to_float_no_complex",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.scalar", name, __all__)

"""``theano.scalar``: dtypes of single numbers, and the dtype that several of them meet in.

Read next: jacobians.py
"""

from __future__ import annotations

import sys
from typing import Any

from ..binding import public
from .configparser import change_flags
from .dtypes import upcast as upcast
from .elements import same_out, upcast_out, upgrade_to_float
from .missing import missing_name
from .scalar_functions import classes, functions
from .scalar_ops import BinaryScalarOp, ScalarOp, UnaryScalarOp
from .settings import config
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
uint8, uint16, uint32, uint64 = map(get_scalar_type, ("uint8", "uint16", "uint32", "uint64"))
float16, float32, float64 = map(get_scalar_type, ("float16", "float32", "float64"))

int_types = int8, int16, int32, int64
uint_types = uint8, uint16, uint32, uint64
integer_types = (*int_types, *uint_types)
discrete_types = (bool, *integer_types)
continuous_types = float_types = float16, float32, float64
all_types = [*discrete_types, *float_types]

globals().update({**classes, **functions})
# Theano spread these names over files.
basic = sys.modules[__name__]


class AutocastFloat:
    """The dtypes that a Python float may have where it meets a tensor, in ``theano.config.cast_policy = "custom"``.

    Example:
        >>> autocast_float.dtypes
        ('float16', 'float32', 'float64')
    """

    @property
    def dtypes(self) -> tuple[str, ...]:
        """The first that holds the float is taken, else the last; float16 never is."""
        found: tuple[str, ...] = config.autocast_float
        return found


autocast_float = AutocastFloat()


@public
def autocast_float_as(*dtypes: str) -> change_flags:
    """Other dtypes of Python floats for a while, in a ``with`` statement.

    Args:
        *dtypes: dtype names, the smallest first.

    Example:
        >>> import symdrop.theano.tensor as T
        >>> with autocast_float_as("float64"):
        ...     (T.fvector("x") + 1.0).dtype
        'float64'
    """
    return change_flags(autocast_float=dtypes)


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
    "all_types",
    "autocast_float",
    "autocast_float_as",
    "bool",
    "continuous_types",
    "discrete_types",
    "float16",
    "float32",
    "float64",
    "float_types",
    "int_types",
    "integer_types",
    "get_scalar_type",
    "int8",
    "int16",
    "int32",
    "int64",
    "same_out",
    "same_out_float_only",
    "same_out_nocomplex",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "uint_types",
    "upcast",
    "upcast_out",
    "upgrade_to_float",
    "upgrade_to_float_no_complex",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.scalar", name, __all__)

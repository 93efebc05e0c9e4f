"""Special functions as calls of SciPy's own C functions, one element after another.

SciPy hands them out for C code: every function of ``scipy.special.cython_special`` lies in a capsule that tells its C
signature. A number of another dtype is computed in float64, as SciPy does itself.

Read next: vector_maths.py
"""

from __future__ import annotations

import ctypes
from functools import cache

from ...ops.numpy_maths import SPECIAL

# What the functions are called in a module's text.
PREFIX = "symdrop_special_"

# Of a function of several signatures there is one capsule for each; one more argument, which tells Cython whether a
# method may be overridden, stands last, where C code may leave it out: functions do not read it.
_SPELLINGS = "{}", "__pyx_fuse_0{}", "__pyx_fuse_1{}"

_NAME = ctypes.PYFUNCTYPE(ctypes.c_char_p, ctypes.py_object)
_POINTER = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)


@cache
def address(name: str) -> int | None:
    """The address of the C function of a special function: float64 operands, float64 result.

    Args:
        name: SciPy's.

    Returns:
        The address, or None if SciPy has no such C function.

    Example:
        >>> gammaln = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(address("gammaln"))
        >>> round(gammaln(5.0), 6), address("zeta")
        (3.178054, None)
    """
    arity = SPECIAL.get(name, 0)
    from scipy.special import cython_special

    capsules = cython_special.__pyx_capi__
    wanted = f"double ({'double, ' * arity}int __pyx_skip_dispatch)".encode()
    for spelling in _SPELLINGS:
        capsule = capsules.get(spelling.format(name))
        if capsule is not None and _signature(capsule) == wanted:
            return _pointer(capsule, wanted)
    return None


def _signature(capsule: object) -> bytes | None:
    name: bytes | None = _NAME(("PyCapsule_GetName", ctypes.pythonapi))(capsule)
    return name


def _pointer(capsule: object, name: bytes) -> int | None:
    pointer: int | None = _POINTER(("PyCapsule_GetPointer", ctypes.pythonapi))(capsule, name)
    return pointer

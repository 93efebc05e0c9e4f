"""Types and numbers as LLVM writes them.

A truth value is one bit in a register and a byte in memory. Floats are written by their
bits, so that no digit is lost.

Read next: writer.py
"""

from __future__ import annotations

import struct
from functools import cache
from typing import Any

import numpy as np

from ....types import is_float

TYPES = {"bool": "i1", "float16": "half", "float32": "float", "float64": "double"} | {
    f"{sign}int{bits}": f"i{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}
STORED = {**TYPES, "bool": "i8"}


def literal(value: Any, type: str) -> str:
    """A number of a dtype.

    Example:
        >>> literal(True, "bool"), literal(-1, "int32"), literal(1.0, "float32")
        ('true', '-1', '0x3FF0000000000000')
    """
    if type == "bool":
        return "true" if value else "false"
    if type == "float16":
        return f"0xH{struct.unpack('<H', struct.pack('<e', value))[0]:04X}"
    if is_float(type):
        return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"
    return str(int(value))


@cache
def vector(type: str, width: int) -> str:
    """The LLVM type of ``width`` elements of an LLVM type.

    Example:
        >>> vector("float", 8), vector("float", 1)
        ('<8 x float>', 'float')
    """
    return type if width == 1 else f"<{width} x {type}>"


def suffix(type: str, width: int) -> str:
    """How the name of an intrinsic ends for an LLVM type."""
    element = {"half": "f16", "float": "f32", "double": "f64"}.get(type, type)
    return element if width == 1 else f"v{width}{element}"


def bits_of(type: str) -> int:
    """The bits of an element in a register."""
    return 1 if type == "bool" else 8 * bytes_of(type)


@cache
def bytes_of(type: str) -> int:
    """The bytes of an element in memory, which are its alignment too."""
    return int(np.dtype(type).itemsize)


@cache
def conversion(source: str, target: str) -> str:
    """The instruction that converts between two different dtypes."""
    if is_float(source):
        if is_float(target):
            return "fpext" if bytes_of(target) > bytes_of(source) else "fptrunc"
        return "fptosi" if target[0] == "i" else "fptoui"
    if is_float(target):
        return "sitofp" if source[0] == "i" else "uitofp"
    before, after = map(bits_of, (source, target))
    if before == after:
        return "bitcast"
    if before > after:
        return "trunc"
    return "sext" if source[0] == "i" else "zext"

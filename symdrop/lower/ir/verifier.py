"""The verifier of the vector IR: operands agree in dtype and width, and what is stored has the buffer's element type.

Machine code has no types in memory: eight bytes stored where one was meant write over what lies behind. So every
kernel is verified when it is finished, before a line of it is written for the machine.

Read next: ../vectorize/__init__.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...errors import VerificationError
from .vector_ir import COMPARISONS, INDEX, Value


def verify_value(lane: Value, kernel: str) -> None:
    """Refuse an operation whose operands do not fit together, or do not fit what they are stored in.

    Args:
        lane: the operation.
        kernel: the kernel's title, for the error.

    Raises:
        VerificationError: naming the kernel, the operation, and the dtypes.
    """
    check = _CHECKS.get(lane.op)
    if check is not None and not check(lane):
        operands = ", ".join(f"{source.type}x{source.width}" for source in lane.inputs)
        buffer = f" in {lane.about} of {lane.about.dtype}" if lane.op in _MEMORY else ""
        raise VerificationError(
            f"kernel {kernel!r}: {lane.op}({operands}){buffer} makes a {lane.type}x{lane.width}; "
            "this is a fault of the compiler, not of the program; please report it"
        )


def _reads(lane: Value) -> bool:
    return bool(lane.about.dtype == lane.type) and lane.inputs[0].type == INDEX


def _writes(lane: Value) -> bool:
    offset, value, *masks = lane.inputs
    return bool(lane.about.dtype == value.type) and offset.type == INDEX and all(mask.type == "bool" for mask in masks)


def _alike(lane: Value) -> bool:
    return all(source.type == lane.type and source.width == lane.width for source in lane.inputs)


def _compares(lane: Value) -> bool:
    a, b = lane.inputs
    return lane.type == "bool" and a.type == b.type and a.width == b.width == lane.width


def _selects(lane: Value) -> bool:
    condition, a, b = lane.inputs
    return condition.type == "bool" and a.type == b.type == lane.type and a.width == b.width == lane.width


def _multiplies(lane: Value) -> bool:
    return all(buffer.dtype == lane.type for buffer in lane.about[:3])


_MEMORY: Mapping[str, Callable[[Value], bool]] = {"load": _reads, "gather": _reads, "store": _writes, "stream": _writes}
_ALIKE = (
    "add", "sub", "mul", "div", "and", "or", "xor", "shl", "shr", "copysign", "fma",
    "sqrt", "abs", "floor", "ceil", "trunc", "rint", "neg", "not", "rotate",
)  # fmt: skip
_CHECKS: Mapping[str, Callable[[Value], bool]] = {
    **_MEMORY,
    **dict.fromkeys(_ALIKE, _alike),
    **dict.fromkeys(COMPARISONS, _compares),
    "select": _selects,
    "product": _multiplies,
}

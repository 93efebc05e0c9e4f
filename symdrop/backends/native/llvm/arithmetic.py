"""Arithmetic on lanes as instructions: one for an operation, with few exceptions.

No floating-point flag is set, so that a sum is NumPy's sum to the last bit, inf and NaN
included.

Read next: access.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from ....lower.ir.vector_ir import Value
from ....types import is_float
from .literals import TYPES, conversion, suffix
from .writer import Writer

_FLOAT_OPS = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
_SIGNED_OPS = {"div": ("sdiv", "udiv"), "shr": ("ashr", "lshr")}
# Not-equal is true of NaN, every other comparison false.
_FLOAT_COMPARISONS = {"lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge", "eq": "oeq", "ne": "une"}
_INTRINSICS = {
    "sqrt": "sqrt", "abs": "fabs", "floor": "floor", "ceil": "ceil", "trunc": "trunc", "rint": "roundeven",
    "copysign": "copysign", "fma": "fma",
}  # fmt: skip


@cache
def _instruction(op: str, type: str) -> str:
    """The instruction of an operation on elements of a dtype."""
    if is_float(type):
        return _FLOAT_OPS[op]
    return _SIGNED_OPS[op][type[0] == "u"] if op in _SIGNED_OPS else op


def _binary(writer: Writer, lane: Value) -> None:
    first, second = lane.inputs
    writer.define(lane, f"{_instruction(lane.op, lane.type)} {writer.typed(first)}, {writer.value(second)}")


def _compare(writer: Writer, lane: Value) -> None:
    first, second = lane.inputs
    if is_float(first.type):
        relation = f"fcmp {_FLOAT_COMPARISONS[lane.op]}"
    else:
        sign = "" if lane.op in ("eq", "ne") else "s" if first.type[0] == "i" else "u"
        relation = f"icmp {sign}{lane.op}"
    writer.define(lane, f"{relation} {writer.typed(first)}, {writer.value(second)}")


def _intrinsic(writer: Writer, lane: Value) -> None:
    arguments = ", ".join(map(writer.typed, lane.inputs))
    writer.intrinsic(lane, _INTRINSICS[lane.op], arguments, ", ".join(map(writer.type, lane.inputs)))


def _abs(writer: Writer, lane: Value) -> None:
    if is_float(lane.type):
        _intrinsic(writer, lane)
    else:
        writer.intrinsic(lane, "abs", f"{writer.typed(lane.inputs[0])}, i1 false", f"{writer.type(lane)}, i1")


def _fma(writer: Writer, lane: Value) -> None:
    if writer.fma:
        _intrinsic(writer, lane)
        return
    a, b, c = lane.inputs
    product = writer.fresh(f"fmul {writer.typed(a)}, {writer.value(b)}")
    writer.define(lane, f"fadd {writer.type(c)} {product}, {writer.value(c)}")


def _neg(writer: Writer, lane: Value) -> None:
    (x,) = lane.inputs
    if is_float(lane.type):
        writer.define(lane, f"fneg {writer.typed(x)}")
    else:
        zero = "0" if lane.width == 1 else "zeroinitializer"
        writer.define(lane, f"sub {writer.type(lane)} {zero}, {writer.value(x)}")


def _not(writer: Writer, lane: Value) -> None:
    ones = "true" if lane.type == "bool" else "-1"
    if lane.width > 1:
        ones = f"splat ({TYPES[lane.type]} {ones})"
    writer.define(lane, f"xor {writer.typed(lane.inputs[0])}, {ones}")


def _rotate(writer: Writer, lane: Value) -> None:
    x, kind = writer.typed(lane.inputs[0]), writer.type(lane)
    bits = str(lane.about) if lane.width == 1 else f"splat ({TYPES[lane.type]} {lane.about})"
    writer.intrinsic(lane, "fshl", f"{x}, {x}, {kind} {bits}", ", ".join([kind] * 3))


def _select(writer: Writer, lane: Value) -> None:
    writer.define(lane, "select " + ", ".join(map(writer.typed, lane.inputs)))


def _bits(writer: Writer, lane: Value) -> None:
    writer.define(lane, f"bitcast {writer.typed(lane.inputs[0])} to {writer.type(lane)}")


def _convert(writer: Writer, lane: Value) -> None:
    (x,) = lane.inputs
    writer.define(lane, f"{conversion(x.type, lane.type)} {writer.typed(x)} to {writer.type(lane)}")


def _saturate(writer: Writer, lane: Value) -> None:
    """A float as the nearest integer of those there are, NaN as 0."""
    (x,) = lane.inputs
    name = "fptosi" if lane.type[0] == "i" else "fptoui"
    kinds = suffix(TYPES[lane.type], lane.width), suffix(TYPES[x.type], x.width)
    full = f"llvm.{name}.sat.{kinds[0]}.{kinds[1]}"
    writer.declare(full, f"declare {writer.type(lane)} @{full}({writer.type(x)})")
    writer.define(lane, f"call {writer.type(lane)} @{full}({writer.typed(x)})")


# Between numbers and vectors.


def _splat(writer: Writer, lane: Value) -> None:
    kind = writer.type(lane)
    first = writer.fresh(f"insertelement {kind} poison, {writer.typed(lane.inputs[0])}, i64 0")
    writer.define(lane, f"shufflevector {kind} {first}, {kind} poison, <{lane.width} x i32> zeroinitializer")


def _part(writer: Writer, lane: Value) -> None:
    """Elements from ``about`` on."""
    (x,) = lane.inputs
    if lane.width == 1:
        writer.define(lane, f"extractelement {writer.typed(x)}, i64 {lane.about}")
        return
    chosen = ", ".join(f"i32 {lane.about + i}" for i in range(lane.width))
    poison = f"{writer.type(x)} poison"
    writer.define(lane, f"shufflevector {writer.typed(x)}, {poison}, <{lane.width} x i32> <{chosen}>")


def _interleave(writer: Writer, lane: Value) -> None:
    """The elements of two values in turn."""
    a, b = lane.inputs
    if a.width == 1:
        first = writer.fresh(f"insertelement {writer.type(lane)} poison, {writer.typed(a)}, i64 0")
        writer.define(lane, f"insertelement {writer.type(lane)} {first}, {writer.typed(b)}, i64 1")
        return
    chosen = ", ".join(f"i32 {i}, i32 {i + a.width}" for i in range(a.width))
    writer.define(lane, f"shufflevector {writer.typed(a)}, {writer.typed(b)}, <{lane.width} x i32> <{chosen}>")


ARITHMETIC: Mapping[str, Callable[[Writer, Value], None]] = {
    **dict.fromkeys(("add", "sub", "mul", "div", "and", "or", "xor", "shl", "shr"), _binary),
    **dict.fromkeys(_FLOAT_COMPARISONS, _compare),
    **dict.fromkeys(_INTRINSICS, _intrinsic),
    "abs": _abs, "fma": _fma, "neg": _neg, "not": _not, "rotate": _rotate, "select": _select,
    "bits": _bits, "convert": _convert, "saturate": _saturate,
    "splat": _splat, "part": _part, "interleave": _interleave,
}  # fmt: skip

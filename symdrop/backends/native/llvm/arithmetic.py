"""Vector arithmetic as LLVM instructions: one for an operation, with few exceptions.

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


def _binary(writer: Writer, value: Value) -> None:
    first, second = value.inputs
    writer.define(value, f"{_instruction(value.op, value.type)} {writer.typed(first)}, {writer.value(second)}")


def _compare(writer: Writer, value: Value) -> None:
    first, second = value.inputs
    if is_float(first.type):
        relation = f"fcmp {_FLOAT_COMPARISONS[value.op]}"
    else:
        sign = "" if value.op in ("eq", "ne") else "s" if first.type[0] == "i" else "u"
        relation = f"icmp {sign}{value.op}"
    writer.define(value, f"{relation} {writer.typed(first)}, {writer.value(second)}")


def _intrinsic(writer: Writer, value: Value) -> None:
    arguments = ", ".join(map(writer.typed, value.inputs))
    writer.intrinsic(value, _INTRINSICS[value.op], arguments, ", ".join(map(writer.type, value.inputs)))


def _abs(writer: Writer, value: Value) -> None:
    if is_float(value.type):
        _intrinsic(writer, value)
    else:
        writer.intrinsic(value, "abs", f"{writer.typed(value.inputs[0])}, i1 false", f"{writer.type(value)}, i1")


def _fma(writer: Writer, value: Value) -> None:
    if writer.fma and is_float(value.type):
        _intrinsic(writer, value)
        return
    a, b, c = value.inputs
    product = writer.fresh(f"{_instruction('mul', value.type)} {writer.typed(a)}, {writer.value(b)}")
    writer.define(value, f"{_instruction('add', value.type)} {writer.type(c)} {product}, {writer.value(c)}")


def _neg(writer: Writer, value: Value) -> None:
    (x,) = value.inputs
    if is_float(value.type):
        writer.define(value, f"fneg {writer.typed(x)}")
    else:
        zero = "0" if value.width == 1 else "zeroinitializer"
        writer.define(value, f"sub {writer.type(value)} {zero}, {writer.value(x)}")


def _not(writer: Writer, value: Value) -> None:
    ones = "true" if value.type == "bool" else "-1"
    if value.width > 1:
        ones = f"splat ({TYPES[value.type]} {ones})"
    writer.define(value, f"xor {writer.typed(value.inputs[0])}, {ones}")


def _rotate(writer: Writer, value: Value) -> None:
    x, kind = writer.typed(value.inputs[0]), writer.type(value)
    bits = str(value.attribute) if value.width == 1 else f"splat ({TYPES[value.type]} {value.attribute})"
    writer.intrinsic(value, "fshl", f"{x}, {x}, {kind} {bits}", ", ".join([kind] * 3))


def _select(writer: Writer, value: Value) -> None:
    writer.define(value, "select " + ", ".join(map(writer.typed, value.inputs)))


def _bits(writer: Writer, value: Value) -> None:
    writer.define(value, f"bitcast {writer.typed(value.inputs[0])} to {writer.type(value)}")


def _convert(writer: Writer, value: Value) -> None:
    (x,) = value.inputs
    writer.define(value, f"{conversion(x.type, value.type)} {writer.typed(x)} to {writer.type(value)}")


def _saturate(writer: Writer, value: Value) -> None:
    """A float as the nearest integer of those there are, NaN as 0."""
    (x,) = value.inputs
    name = "fptosi" if value.type[0] == "i" else "fptoui"
    kinds = suffix(TYPES[value.type], value.width), suffix(TYPES[x.type], x.width)
    full = f"llvm.{name}.sat.{kinds[0]}.{kinds[1]}"
    writer.declare(full, f"declare {writer.type(value)} @{full}({writer.type(x)})")
    writer.define(value, f"call {writer.type(value)} @{full}({writer.typed(x)})")


# Between numbers and vectors.


def _splat(writer: Writer, value: Value) -> None:
    kind = writer.type(value)
    first = writer.fresh(f"insertelement {kind} poison, {writer.typed(value.inputs[0])}, i64 0")
    writer.define(value, f"shufflevector {kind} {first}, {kind} poison, <{value.width} x i32> zeroinitializer")


def _part(writer: Writer, value: Value) -> None:
    """The elements from the attribute on."""
    (x,) = value.inputs
    if value.width == 1:
        writer.define(value, f"extractelement {writer.typed(x)}, i64 {value.attribute}")
        return
    chosen = ", ".join(f"i32 {value.attribute + i}" for i in range(value.width))
    poison = f"{writer.type(x)} poison"
    writer.define(value, f"shufflevector {writer.typed(x)}, {poison}, <{value.width} x i32> <{chosen}>")


def _interleave(writer: Writer, value: Value) -> None:
    """The elements of two values in turn."""
    a, b = value.inputs
    if a.width == 1:
        first = writer.fresh(f"insertelement {writer.type(value)} poison, {writer.typed(a)}, i64 0")
        writer.define(value, f"insertelement {writer.type(value)} {first}, {writer.typed(b)}, i64 1")
        return
    chosen = ", ".join(f"i32 {i}, i32 {i + a.width}" for i in range(a.width))
    writer.define(value, f"shufflevector {writer.typed(a)}, {writer.typed(b)}, <{value.width} x i32> <{chosen}>")


def _shift_in(writer: Writer, value: Value) -> None:
    """The elements of a value from the second on, and a number behind them."""
    x, last = value.inputs
    kind = writer.type(value)
    number = writer.fresh(f"insertelement {kind} poison, {writer.typed(last)}, i64 0")
    chosen = ", ".join(f"i32 {i + 1}" for i in range(value.width))
    writer.define(value, f"shufflevector {writer.typed(x)}, {kind} {number}, <{value.width} x i32> <{chosen}>")


def _shuffle(writer: Writer, value: Value) -> None:
    """The elements of two values, one behind the other, at known places."""
    a, b = map(writer.typed, value.inputs)
    chosen = ", ".join(f"i32 {place}" for place in value.attribute)
    writer.define(value, f"shufflevector {a}, {b}, <{value.width} x i32> <{chosen}>")


ARITHMETIC: Mapping[str, Callable[[Writer, Value], None]] = {
    **dict.fromkeys(("add", "sub", "mul", "div", "and", "or", "xor", "shl", "shr"), _binary),
    **dict.fromkeys(_FLOAT_COMPARISONS, _compare),
    **dict.fromkeys(_INTRINSICS, _intrinsic),
    "abs": _abs, "fma": _fma, "neg": _neg, "not": _not, "rotate": _rotate, "select": _select,
    "bits": _bits, "convert": _convert, "saturate": _saturate,
    "splat": _splat, "part": _part, "interleave": _interleave, "shift_in": _shift_in, "shuffle": _shuffle,
}  # fmt: skip

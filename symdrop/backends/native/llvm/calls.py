"""Calls: functions of the C library, and matrix products of the runtime.

The C library computes one element at a time. A vector goes through a function of our own
that keeps its elements in memory meanwhile.

Read next: emit.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ....lower.ir.product_types import PRODUCT_SUFFIXES
from ....lower.ir.vector_ir import Value
from ..templates import fill
from .access import address
from .literals import TYPES
from .writer import Writer

# A product without a third operand never reads its result's memory, whatever beta is.
_PRODUCTS = {"matmul": "product", "gemm": "gemm"}


def _call(writer: Writer, value: Value) -> None:
    name = _function(writer, value, value.inputs, is_rare=False)
    writer.define(value, f"call {writer.type(value)} @{name}({', '.join(map(writer.typed, value.inputs))})")


def _call_where(writer: Writer, value: Value) -> None:
    """A call for the elements where a condition holds, if there are any."""
    condition, y, *sources = value.inputs
    kind, name = writer.type(value), _function(writer, value, sources, is_rare=True)
    any_holds = writer.reduced("or", condition)
    before, label = writer.label, writer.new_label()
    writer.line(f"br i1 {any_holds}, label %{label}.call, label %{label}.called")
    writer.start(f"{label}.call")
    arguments = [*sources, y, condition] if value.width > 1 else sources
    called = writer.fresh(f"call {kind} @{name}({', '.join(map(writer.typed, arguments))})")
    writer.line(f"br label %{label}.called")
    writer.start(f"{label}.called")
    writer.define(value, f"phi {kind} [{writer.value(y)}, %{before}], [{called}, %{label}.call]")


def _function(writer: Writer, value: Value, operands: list[Value] | tuple[Value, ...], is_rare: bool) -> str:
    """The name of the function to call: the C library's, or for vectors one that calls it for every element."""
    element, count = TYPES[value.type], len(operands)
    name = value.attribute + ("f" if value.type == "float32" else "")
    writer.declare(name, f"declare {element} @{name}({', '.join([element] * count)})")
    if value.width == 1:
        return str(name)
    wide = f"{'rare' if is_rare else 'wide'}_{name}_{value.width}"
    writer.declare(wide, _one_after_another(wide, name, element, value.width, count, is_rare))
    return wide


def _one_after_another(wide: str, name: str, element: str, width: int, count: int, is_rare: bool) -> str:
    """A function that calls a scalar one for every element of its vectors (``call_each.ll``)."""
    kind, mask = f"<{width} x {element}>", f"<{width} x i1>"
    parameters = [*(f"{kind} %x{k}" for k in range(count)), *[f"{kind} %y", f"{mask} %where"] * is_rare]
    return fill(
        "llvm/call_each.ll",
        wide=wide,
        name=name,
        parameters=", ".join(parameters),
        operands=range(count),
        arguments=", ".join(f"{element} %e{k}" for k in range(count)),
        T=element,
        V=kind,
        bytes=f"<{width} x i8>",
        width=width,
        rare=[mask] * is_rare,
        common=[None] * (not is_rare),
        made="%m" if is_rare else "%m0",
    )


def product(writer: Writer, value: Value, epilogue: str = "null", context: str = "null") -> None:
    """A product of matrices; its epilogue is called with the context for every block of the result."""
    *matrices, scratch, op = value.attribute
    m, n, k, alpha, lda, swap_a, ldb, swap_b, beta, part, parts, *offsets = value.inputs
    a, b, c = (
        "ptr null" if matrix in writer.packed else f"ptr {address(writer, matrix, value.type, offset)}"
        for matrix, offset in zip(matrices, offsets, strict=True)
    )
    element = TYPES[value.type]
    name = f"symdrop_{_PRODUCTS[op]}_{PRODUCT_SUFFIXES[value.type]}"
    left, right, share = "ptr, i64, i64", "ptr, i64, i64", "i64, i64"
    parameters = f"i64, i64, i64, {element}, {left}, {right}, {element}, ptr, i64, {share}, {', '.join(['ptr'] * 5)}"
    writer.declare(name, f"declare void @{name}({parameters})")
    arguments = [
        *map(writer.typed, (m, n, k, alpha)), a, *map(writer.typed, (lda, swap_a)), b,
        *map(writer.typed, (ldb, swap_b, beta)), c, *map(writer.typed, (n, part, parts)),
        f"ptr {writer.pointer(scratch)}", "ptr %worker", f"ptr {epilogue}", f"ptr {context}",
        f"ptr {_prologues(writer, matrices[:2])}",
    ]  # fmt: skip
    writer.line(f"call void @{name}({', '.join(arguments)})")


def _prologues(writer: Writer, operands: Sequence[Any]) -> str:
    """The address of the procedures that pack operands, each with its context, or null where both lie in memory."""
    found = [writer.packed.get(one, ("null", "null")) for one in operands]
    pairs = [name for pair in found for name in pair]
    if set(pairs) == {"null"}:
        return "null"
    table = f"%{writer.new_label()}.prologues"
    writer.entry.append(f"  {table} = alloca [{len(pairs)} x ptr]")
    for number, name in enumerate(pairs):
        where = writer.fresh(f"getelementptr ptr, ptr {table}, i64 {number}")
        writer.line(f"store ptr {name}, ptr {where}")
    return table


def _invoke(writer: Writer, value: Value) -> None:
    name, buffers = value.attribute
    arguments = [*(f"ptr {writer.pointer(buffer)}" for buffer in buffers), *map(writer.typed, value.inputs)]
    writer.line(f"call void @{name}({', '.join(arguments)})")


def _call_pointer(writer: Writer, value: Value) -> None:
    """A call of a procedure by its address, if that is not null, with the addresses of memory."""
    procedure, *memory = map(writer.pointer, value.attribute)
    there, label = writer.fresh(f"icmp ne ptr {procedure}, null"), writer.new_label()
    writer.line(f"br i1 {there}, label %{label}.call, label %{label}.called")
    writer.start(f"{label}.call")
    arguments = [*(f"ptr {address}" for address in memory), *map(writer.typed, value.inputs)]
    writer.line(f"call void {procedure}({', '.join(arguments)})")
    writer.line(f"br label %{label}.called")
    writer.start(f"{label}.called")


CALLS: Mapping[str, Callable[[Writer, Value], None]] = {
    "call": _call, "call_where": _call_where, "product": product, "invoke": _invoke, "call_pointer": _call_pointer,
}  # fmt: skip

"""Loads, stores and gathers, and the words of the frame.

What a mask leaves out is neither read nor written: it may lie behind the end of an array.
Masked loads and stores are written with their alignment as an operand: from LLVM 22 on it is an attribute,
but every later version still reads the older form, and the older versions read no other.

Read next: calls.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ....lower.ir.vector_ir import Value
from .literals import STORED, bytes_of, literal, suffix, vector
from .writer import Writer


def address(writer: Writer, buffer: Any, type: str, offset: Value) -> str:
    """The address of an element of a buffer."""
    return writer.fresh(f"getelementptr {STORED[type]}, ptr {writer.pointer(buffer)}, i64 {writer.value(offset)}")


def _load(writer: Writer, value: Value) -> None:
    offset, *masks = value.inputs
    where = address(writer, value.attribute, value.type, offset)
    stored, align = vector(STORED[value.type], value.width), bytes_of(value.type)
    if not masks:
        _from_memory(writer, value, f"load {stored}, ptr {where}, align {align}")
        return
    mask = writer.typed(masks[0])
    if value.width == 1:
        # Where nothing may be read the frame is read: some memory that is there for certain.
        where = writer.fresh(f"select {mask}, ptr {where}, ptr %frame")
        loaded = writer.fresh(f"load {stored}, ptr {where}, align {min(align, 8)}")
        zero = "0" if value.type == "bool" else literal(0, value.type)
        _from_memory(writer, value, f"select {mask}, {stored} {loaded}, {stored} {zero}")
        return
    name = f"llvm.masked.load.{suffix(STORED[value.type], value.width)}.p0"
    writer.declare(name, f"declare {stored} @{name}(ptr, i32 immarg, <{value.width} x i1>, {stored})")
    _from_memory(writer, value, f"call {stored} @{name}(ptr {where}, i32 {align}, {mask}, {stored} zeroinitializer)")


def _gather(writer: Writer, value: Value) -> None:
    offsets, *masks = value.inputs
    stored, width = vector(STORED[value.type], value.width), value.width
    base = writer.pointer(value.attribute)
    where = writer.fresh(f"getelementptr {STORED[value.type]}, ptr {base}, {writer.typed(offsets)}")
    mask = writer.typed(masks[0]) if masks else f"<{width} x i1> splat (i1 true)"
    name = f"llvm.masked.gather.{suffix(STORED[value.type], width)}.v{width}p0"
    writer.declare(name, f"declare {stored} @{name}(<{width} x ptr>, i32 immarg, <{width} x i1>, {stored})")
    arguments = f"<{width} x ptr> {where}, i32 {bytes_of(value.type)}, {mask}, {stored} zeroinitializer"
    _from_memory(writer, value, f"call {stored} @{name}({arguments})")


def _from_memory(writer: Writer, value: Value, text: str) -> None:
    """A value as an instruction finds it in memory; a truth value is a byte there."""
    if value.type != "bool":
        writer.define(value, text)
        return
    byte = writer.fresh(text)
    zero = "0" if value.width == 1 else "zeroinitializer"
    writer.define(value, f"icmp ne {vector('i8', value.width)} {byte}, {zero}")


def _store(writer: Writer, store: Value) -> None:
    offset, value, *masks = store.inputs
    stored, text = vector(STORED[value.type], value.width), writer.value(value)
    if value.type == "bool":
        text = writer.fresh(f"zext {writer.typed(value)} to {stored}")
    where = address(writer, store.attribute, value.type, offset)
    align = bytes_of(value.type)
    if not masks:
        writer.line(f"store {stored} {text}, ptr {where}, align {align}")
    elif value.width == 1:
        label = writer.new_label()
        writer.line(f"br {writer.typed(masks[0])}, label %{label}.store, label %{label}.stored")
        writer.start(f"{label}.store")
        writer.line(f"store {stored} {text}, ptr {where}, align {align}")
        writer.line(f"br label %{label}.stored")
        writer.start(f"{label}.stored")
    else:
        name = f"llvm.masked.store.{suffix(STORED[value.type], value.width)}.p0"
        writer.declare(name, f"declare void @{name}({stored}, ptr, i32 immarg, <{value.width} x i1>)")
        writer.line(f"call void @{name}({stored} {text}, ptr {where}, i32 {align}, {writer.typed(masks[0])})")


def _stream(writer: Writer, store: Value) -> None:
    offset, value = store.inputs
    stored, text = vector(STORED[value.type], value.width), writer.value(value)
    if value.type == "bool":
        text = writer.fresh(f"zext {writer.typed(value)} to {stored}")
    where = address(writer, store.attribute, value.type, offset)
    writer.declare("!0", "!0 = !{i32 1}")
    writer.line(f"store {stored} {text}, ptr {where}, align 64, !nontemporal !0")


def _prefetch(writer: Writer, value: Value) -> None:
    buffer, cache = value.attribute
    writer.declare("llvm.prefetch.p0", "declare void @llvm.prefetch.p0(ptr, i32 immarg, i32 immarg, i32 immarg)")
    where = address(writer, buffer, value.type, value.inputs[0])
    # To be read; how long it is wanted, 3 the longest; data.
    writer.line(f"call void @llvm.prefetch.p0(ptr {where}, i32 0, i32 {4 - cache}, i32 1)")


def _fence(writer: Writer, value: Value) -> None:
    """A store fence: non-temporal stores are seen by other threads before anything that is stored from now on."""
    writer.declare("llvm.x86.sse.sfence", "declare void @llvm.x86.sse.sfence()")
    writer.line("call void @llvm.x86.sse.sfence()")


# The frame.


def _word(writer: Writer, value: Value) -> None:
    where = writer.fresh(f"getelementptr i64, ptr %frame, i64 {writer.word(value.attribute)}")
    writer.define(value, f"load {writer.type(value)}, ptr {where}, align 8")


def _set_word(writer: Writer, value: Value) -> None:
    where = writer.fresh(f"getelementptr i64, ptr %frame, i64 {writer.word(value.attribute)}")
    writer.line(f"store {writer.typed(value.inputs[0])}, ptr {where}, align 8")


def _check(writer: Writer, value: Value) -> None:
    """Unless all of a condition holds, the number of the check goes into the frame's first word."""
    holds, label = writer.reduced("and", value.inputs[0]), writer.new_label()
    writer.line(f"br i1 {holds}, label %{label}.holds, label %{label}.fails")
    writer.start(f"{label}.fails")
    writer.line(f"store i64 {value.attribute}, ptr %frame, align 8")
    writer.line(f"br label %{label}.holds")
    writer.start(f"{label}.holds")


ACCESS: Mapping[str, Callable[[Writer, Value], None]] = {
    "load": _load, "gather": _gather, "store": _store, "stream": _stream, "fence": _fence,
    "prefetch": _prefetch, "word": _word, "set_word": _set_word, "check": _check,
}  # fmt: skip

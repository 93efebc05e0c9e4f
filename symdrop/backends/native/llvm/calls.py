"""Calls: functions of the C library, and matrix products of the runtime.

The C library computes one element at a time. A vector goes through a function of our own
that keeps its elements in memory meanwhile.

Read next: emit.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ....lower.ir.vector_ir import Lane
from .access import address
from .literals import TYPES
from .writer import Writer

# A product without a third operand never reads its result's memory, whatever beta is.
_PRODUCTS = {"matmul": "product", "gemm": "gemm"}


def _call(writer: Writer, lane: Lane) -> None:
    name = _function(writer, lane, lane.inputs, is_rare=False)
    writer.define(lane, f"call {writer.type(lane)} @{name}({', '.join(map(writer.typed, lane.inputs))})")


def _call_where(writer: Writer, lane: Lane) -> None:
    """A call for the elements where a condition holds, if there are any."""
    condition, y, *sources = lane.inputs
    kind, name = writer.type(lane), _function(writer, lane, sources, is_rare=True)
    any_holds = writer.reduced("or", condition)
    before, label = writer.label, writer.new_label()
    writer.line(f"br i1 {any_holds}, label %{label}.call, label %{label}.called")
    writer.start(f"{label}.call")
    arguments = [*sources, y, condition] if lane.width > 1 else sources
    called = writer.fresh(f"call {kind} @{name}({', '.join(map(writer.typed, arguments))})")
    writer.line(f"br label %{label}.called")
    writer.start(f"{label}.called")
    writer.define(lane, f"phi {kind} [{writer.value(y)}, %{before}], [{called}, %{label}.call]")


def _function(writer: Writer, lane: Lane, operands: list[Lane] | tuple[Lane, ...], is_rare: bool) -> str:
    """The name of the function to call: the C library's, or for vectors one that calls it for every element."""
    element, count = TYPES[lane.type], len(operands)
    name = lane.about + ("f" if lane.type == "float32" else "")
    writer.declare(name, f"declare {element} @{name}({', '.join([element] * count)})")
    if lane.width == 1:
        return str(name)
    wide = f"{'rare' if is_rare else 'wide'}_{name}_{lane.width}"
    writer.declare(wide, _one_after_another(wide, name, element, lane.width, count, is_rare))
    return wide


def _one_after_another(wide: str, name: str, element: str, width: int, count: int, is_rare: bool) -> str:
    """A function that calls a scalar one for every element of its vectors; they lie in memory meanwhile.

    A rare one takes two more arguments: what its result is elsewhere, and where to call.
    """
    kind, bytes_ = f"<{width} x {element}>", f"<{width} x i8>"
    parameters = ", ".join([f"{kind} %x{k}" for k in range(count)] + [f"{kind} %y, <{width} x i1> %where"] * is_rare)
    stores = [f"%m{k} = alloca {kind}\n  store {kind} %x{k}, ptr %m{k}" for k in range(count)]
    takes = [
        f"%p{k} = getelementptr {element}, ptr %m{k}, i64 %i\n  %e{k} = load {element}, ptr %p{k}" for k in range(count)
    ]
    arguments = ", ".join(f"{element} %e{k}" for k in range(count))
    here = "br label %call"
    if is_rare:
        stores += [
            f"%m = alloca {kind}\n  store {kind} %y, ptr %m",
            f"%b = zext <{width} x i1> %where to {bytes_}\n  %n = alloca {bytes_}\n  store {bytes_} %b, ptr %n",
        ]
        here = (
            "%q = getelementptr i8, ptr %n, i64 %i\n  %t = load i8, ptr %q\n"
            "  %here = icmp ne i8 %t, 0\n  br i1 %here, label %call, label %next"
        )
    # Where every element is called the results replace the first argument.
    made = "%m" if is_rare else "%m0"
    start, take = "\n  ".join(stores), "\n  ".join(takes)
    return f"""define internal {kind} @{wide}({parameters}) noinline {{
entry:
  {start}
  br label %head
head:
  %i = phi i64 [0, %entry], [%j, %next]
  {here}
call:
  {take}
  %r = call {element} @{name}({arguments})
  %p = getelementptr {element}, ptr {made}, i64 %i
  store {element} %r, ptr %p
  br label %next
next:
  %j = add i64 %i, 1
  %more = icmp slt i64 %j, {width}
  br i1 %more, label %head, label %done
done:
  %made = load {kind}, ptr {made}
  ret {kind} %made
}}"""


def _product(writer: Writer, lane: Lane) -> None:
    *matrices, op = lane.about
    m, n, k, alpha, lda, swap_a, ldb, swap_b, beta, thread, threads, *offsets = lane.inputs
    pairs = zip(matrices, offsets, strict=True)
    a, b, c = (f"ptr {address(writer, matrix, lane.type, offset)}" for matrix, offset in pairs)
    element = TYPES[lane.type]
    name = f"symdrop_{_PRODUCTS[op]}_f{lane.type.removeprefix('float')}"
    left, right, share = "ptr, i64, i64", "ptr, i64, i64", "i64, i64"
    parameters = f"i64, i64, i64, {element}, {left}, {right}, {element}, ptr, i64, {share}"
    writer.declare(name, f"declare void @{name}({parameters})")
    arguments = [
        *map(writer.typed, (m, n, k, alpha)), a, *map(writer.typed, (lda, swap_a)), b,
        *map(writer.typed, (ldb, swap_b, beta)), c, *map(writer.typed, (n, thread, threads)),
    ]  # fmt: skip
    writer.line(f"call void @{name}({', '.join(arguments)})")


CALLS: Mapping[str, Callable[[Writer, Lane], None]] = {"call": _call, "call_where": _call_where, "product": _product}

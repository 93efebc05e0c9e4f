"""Vector IR written out as LLVM's text, one instruction a line, vectors explicit.

Nothing is optimised here: values already live in the loop they belong to, and what a
vector is wide is written in its type.

Read next: kernel_deduplication.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from ....lower.ir.block_loop import BlockLoop
from ....lower.ir.packing_loop import PackingLoop
from ....lower.ir.vector_ir import Block, Function, Loop, Procedure, Value, values_of
from ....types import is_float
from ..jit.target import ALWAYS_FULL
from ..templates import fill
from .access import ACCESS
from .arithmetic import ARITHMETIC
from .calls import CALLS, product
from .literals import TYPES
from .writer import Writer, is_operand

# The attributes of functions that may spill vectors: without the second these lie wherever a process has its stack, and
# in one of eight processes one of them lies across two pages, where it takes longer than all else in a short loop.
KERNEL = 'nounwind "stackrealign"'


def _called(writer: Writer, value: Value) -> None:
    """A call of a function of several operations."""
    kind = _kind(writer, value.attribute)
    for name, text in _definition(value.attribute, writer.fma).items():
        writer.declare(name, text)
    arguments = ", ".join(map(writer.typed, value.inputs))
    writer.define(value, f"call {_convention(value.attribute)}{kind} @{value.attribute.name}({arguments})")


def _taken(writer: Writer, value: Value) -> None:
    """One of the results of a call."""
    (call,) = value.inputs
    writer.define(value, f"extractvalue {_kind(writer, call.attribute)} {writer.value(call)}, {value.attribute}")


def _kind(writer: Writer, function: Function) -> str:
    kinds = [writer.type(value) for value in function.results]
    return kinds[0] if len(kinds) == 1 else f"{{ {', '.join(kinds)} }}"


def _convention(function: Function) -> str:
    """The calling convention: where no vectors are computed with, those of the caller stay in their registers."""
    numbers = all(value.width == 1 and not is_float(value.type) for value in values_of(function.body))
    return "preserve_allcc " if numbers else ""


@cache
def _definition(function: Function, fma: bool) -> dict[str, str]:
    """A function, and what it declares, by name."""
    declared: dict[str, str] = {}
    writer = Writer(str, declared.setdefault, fma)
    emit(writer, function.body)
    kind, result = _kind(writer, function), writer.typed(function.results[0])
    if len(function.results) > 1:
        last = "poison"
        for i, value in enumerate(function.results):
            last = writer.fresh(f"insertvalue {kind} {last}, {writer.typed(value)}, {i}")
        result = f"{kind} {last}"
    parameters = ", ".join(map(writer.typed, function.parameters))
    head = f"define internal {_convention(function)}{kind} @{function.name}({parameters}) {KERNEL} noinline {{"
    declared[function.name] = "\n".join([head, "entry:", *writer.lines, f"  ret {result}", "}"])
    return declared


def write_procedure(
    procedure: Procedure, fma: bool, is_inlined: bool = False, is_always_full: bool = False
) -> dict[str, str]:
    """The text of a procedure, and what it declares, by name.

    Args:
        procedure: what to write.
        fma: whether the machine multiplies and adds in one instruction.
        is_inlined: whether it stands in its callers instead of being called.
        is_always_full: whether it is full code in both tiers; then it stands in another module than its callers.
    """
    declared: dict[str, str] = {}
    writer = Writer("%{}".format, declared.setdefault, fma)
    emit(writer, procedure.body)
    parameters = [*(f"ptr %{name}" for name in procedure.memory), *map(writer.typed, procedure.numbers.values())]
    attributes = f"nounwind {'alwaysinline' if is_inlined else 'noinline'}"
    linkage = "internal "
    if is_always_full:
        linkage, attributes = "", f"{attributes} {ALWAYS_FULL}"
    head = f"define {linkage}void @{procedure.name}({', '.join(parameters)}) {attributes} {{"
    declared[procedure.name] = "\n".join([head, "entry:", *writer.lines, "  ret void", "}"])
    return declared


def declare_procedure(procedure: Procedure) -> str:
    """The declaration of a procedure that another module defines."""
    types = ["ptr"] * len(procedure.memory) + [TYPES[value.type] for value in procedure.numbers.values()]
    return f"declare void @{procedure.name}({', '.join(types)}) nounwind"


_OPERATIONS = {**ARITHMETIC, **ACCESS, **CALLS, "function": _called, "taken": _taken}


def emit(writer: Writer, block: Block) -> None:
    """Write a block's operations and loops."""
    starts: dict[int, Value] = {}
    for item in block.items:
        if isinstance(item, BlockLoop):
            _block_loop(writer, item)
        elif isinstance(item, PackingLoop):
            _packing_loop(writer, item)
        elif isinstance(item, Loop):
            remainder = _remainder(block, item) if writer.is_short else None
            if remainder is None:
                _loop(writer, item, starts.get(id(item), item.start))
                continue
            # The masked remainder begins where its main loop would, with the values that this would be given.
            starts[id(remainder)] = starts.get(id(item), item.start)
            writer.instead |= {carried.now: carried.first for carried in item.carried}
            writer.shortened = True
        elif not is_operand(item):
            _OPERATIONS[item.op](writer, item)


def _remainder(block: Block, main: Loop) -> Loop | None:
    """The masked remainder of a vectorised loop of a block."""
    after = block.items[block.items.index(main) + 1 :]
    following = next((item for item in after if isinstance(item, Loop)), None)
    return following if following is not None and following.is_remainder else None


def _loop(writer: Writer, loop: Loop, start: Value) -> None:
    """A loop that tests before each iteration; it begins at ``start``."""
    before, name = writer.label, writer.new_label()
    index = writer.value(loop.index)
    writer.line(f"br label %{name}.head")
    writer.start(f"{name}.head")
    writer.line(f"{index} = phi i64 [{writer.value(start)}, %{before}], [{index}.next, %{name}.next]")
    for carried in loop.carried:
        assert carried.next is not None
        first, following = writer.value(carried.first), writer.value(carried.next)
        writer.define(carried.now, f"phi {writer.type(carried.now)} [{first}, %{before}], [{following}, %{name}.next]")
    writer.line(f"{index}.more = icmp slt i64 {index}, {writer.value(loop.stop)}")
    writer.line(f"br i1 {index}.more, label %{name}.body, label %{name}.done")
    writer.start(f"{name}.body")
    emit(writer, loop.body)
    writer.line(f"br label %{name}.next")
    writer.start(f"{name}.next")
    writer.line(f"{index}.next = add i64 {index}, {loop.step}")
    writer.line(f"br label %{name}.head")
    writer.start(f"{name}.done")


def _block_loop(writer: Writer, loop: BlockLoop) -> None:
    """A product, and its epilogue as a function."""
    product(writer, loop.product, *_closure(writer, loop, "llvm/epilogue.ll"))


def _packing_loop(writer: Writer, loop: PackingLoop) -> None:
    """The prologue of a product as a function, which the product that reads its panels names."""
    own = [(f"%{one}", TYPES[one.dtype], one.elements) for one in loop.own]
    pointers = {loop.operand: "%panels", **{one: f"%{one}" for one in loop.own}}
    writer.packed[loop.operand] = _closure(writer, loop, "llvm/prologue.ll", pointers, own=own)


def _closure(
    writer: Writer, loop: Loop, template: str, known: Mapping[Any, str] | None = None, **holes: Any
) -> tuple[str, str]:
    """The body of a loop as a function of its own, which is given the addresses and values that it uses in a context.

    Args:
        writer: of the function around the loop.
        loop: gives the function's parameters, its indices, and its body.
        template: the function's.
        known: the addresses that the function has by itself.
        holes: further ones of the template.

    Returns:
        The function and its context.
    """
    pointers: dict[Any, str] = {}

    def pointer(buffer: Any) -> str:
        if known and buffer in known:
            return known[buffer]
        return pointers.setdefault(buffer, f"%b{len(pointers)}")

    inner = Writer(pointer, writer.declare, writer.fma, is_short=writer.is_short)
    emit(inner, loop.body)
    writer.shortened |= inner.shortened
    label = writer.new_label()
    names = [("ptr", writer.pointer(buffer), name) for buffer, name in pointers.items()]
    names += [(writer.type(value), writer.value(value), writer.value(value)) for value in _free_values(loop)]
    fields = [("ptr", "%frame", "%frame"), *names]
    kind = f"{{ {', '.join(type for type, _, _ in fields)} }}"
    name, context = f"{writer.name}.{label}", f"%{label}.context"
    parameters = ", ".join(f"i64 {writer.value(index)}" for index in loop.indices)
    captured = [(number, type, own) for number, (type, _, own) in enumerate(fields)]
    lines = "\n".join(inner.lines)
    text = fill(template, name=name, parameters=parameters, K=kind, captured=captured, lines=lines, **holes)
    writer.functions.append(text)
    writer.entry.append(f"  {context} = alloca {kind}")
    for number, (type, outer, _) in enumerate(fields):
        where = writer.fresh(f"getelementptr {kind}, ptr {context}, i64 0, i32 {number}")
        writer.line(f"store {type} {outer}, ptr {where}")
    return f"@{name}", context


def _free_values(loop: Loop) -> list[Value]:
    """The values that a loop's body uses and that are computed before the loop, each once."""
    defined = set(loop.indices)
    used: dict[Value, None] = {}
    for item in _items(loop.body):
        if isinstance(item, Loop):
            defined.update((*item.indices, *(carried.now for carried in item.carried)))
            carried = (value for one in item.carried for value in (one.first, one.next) if value is not None)
            used.update(dict.fromkeys((item.start, item.stop, *carried)))
        else:
            defined.add(item)
            used.update(dict.fromkeys(item.inputs))
    outer = dict.fromkeys(value.inputs[0] if value.op == "result" else value for value in used if value not in defined)
    return [value for value in outer if not is_operand(value) or value.op in ("thread", "threads", "parameter")]


def _items(block: Block) -> Iterator[Value | Loop]:
    """The operations and loops of a block, and of these loops."""
    for item in block.items:
        yield item
        if isinstance(item, Loop):
            yield from _items(item.body)

"""Lane IR written out as LLVM's text, one instruction a line, vectors explicit.

Nothing is optimised here: values already live in the loop they belong to, and what a
vector is wide is written in its type.

Read next: half.py
"""

from __future__ import annotations

from ...lower.lanes import Block, Loop
from .access import ACCESS
from .arithmetic import ARITHMETIC
from .calls import CALLS
from .writer import Writer, is_operand

_OPERATIONS = {**ARITHMETIC, **ACCESS, **CALLS}


def emit(writer: Writer, block: Block) -> None:
    """Write a block's operations and loops."""
    for item in block.items:
        if isinstance(item, Loop):
            _loop(writer, item)
        elif not is_operand(item):
            _OPERATIONS[item.op](writer, item)


def _loop(writer: Writer, loop: Loop) -> None:
    """A loop that tests before each iteration."""
    before, name = writer.label, writer.new_label()
    index = writer.value(loop.index)
    writer.line(f"br label %{name}.head")
    writer.start(f"{name}.head")
    writer.line(f"{index} = phi i64 [{writer.value(loop.start)}, %{before}], [{index}.next, %{name}.next]")
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

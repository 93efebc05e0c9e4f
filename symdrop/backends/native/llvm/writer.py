"""A writer of LLVM text: the lines of a function, and names for values and labels.

An IR value is called by its number; what needs no instruction, a constant or the first
numbers side by side, is written where it is used.

Read next: arithmetic.py
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from ....lower.ir.private_memory import Private
from ....lower.ir.vector_ir import Value
from .literals import STORED, TYPES, literal, suffix, vector

# They need no instruction of their own; nor does a repeated constant.
_OPERANDS = frozenset(("constant", "result", "thread", "threads", "iota", "parameter"))


def is_operand(value: Value) -> bool:
    """True if an IR value is written where it is used, and nowhere else."""
    return value.op in _OPERANDS or (value.op == "splat" and value.inputs[0].op == "constant")


@cache
def _kind(type: str, width: int) -> str:
    """The LLVM type of ``width`` elements of a dtype."""
    return vector(TYPES[type], width)


class Writer:
    """The body of one function while it is written.

    Args:
        pointer: for a buffer the name of the value that holds its address.
        declare: told every function that is called but not defined here, by name.
        fma: whether the machine multiplies and adds in one instruction.
        word: for the number of a word of the frame what is written for it.
        is_short: whether of a vectorised loop and its masked remainder the latter alone is written, for all elements:
            half of the text, for the same bits.
        name: the function's.

    Attributes:
        shortened: whether a loop was left out.
        instead: of loops that were left out the values they would carry, and what these begin with.
        functions: the texts of functions that only this one uses.
        packed: for operands of products that are packed by one of these the function and its context.
        entry: what stands at its beginning.
        lines: what has been written.
        label: the basic block that is being written.
    """

    def __init__(
        self,
        pointer: Callable[[Any], str],
        declare: Callable[[str, str], Any],
        fma: bool,
        word: Callable[[int], str] = str,
        is_short: bool = False,
        name: str = "",
    ) -> None:
        self.pointer = pointer
        self.word = word
        self.declare = declare
        self.fma = fma
        self.is_short = is_short
        self.shortened = False
        self.instead: dict[Value, Value] = {}
        self.name = name
        self.functions: list[str] = []
        self.packed: dict[Any, tuple[str, str]] = {}
        self.entry: list[str] = []
        self.lines: list[str] = []
        self.label = "entry"
        self._labels = 0
        self._scratch = 0
        self._private: dict[Private, str] = {}

    # Names.

    def type(self, value: Value) -> str:
        """The LLVM type of an IR value."""
        return _kind(value.type, value.width)

    def value(self, value: Value) -> str:
        """The operand that stands for an IR value."""
        op = value.op
        if op == "constant":
            return literal(value.attribute, value.type)
        if op == "parameter" or not is_operand(value):
            return f"%v{value.number}"
        if value.op == "result":
            (carried,) = value.inputs
            return self.value(self.instead.get(carried, carried))
        if value.op == "splat":
            return f"splat ({TYPES[value.type]} {literal(value.inputs[0].attribute, value.type)})"
        if value.op == "iota":
            numbers = ", ".join(f"{TYPES[value.type]} {i}" for i in value.attribute or range(value.width))
            return f"<{numbers}>" if value.width > 1 else "0"
        return f"%{value.op}"

    def typed(self, value: Value) -> str:
        """Type and operand."""
        return f"{_kind(value.type, value.width)} {self.value(value)}"

    def new_label(self) -> str:
        """A label nobody has."""
        self._labels += 1
        return f"l{self._labels}"

    def own(self, memory: Private) -> str:
        """The address of private memory of the function, on its stack."""
        name = self._private.get(memory)
        if name is None:
            name = self._private[memory] = f"%{memory.name}"
            self.entry.append(f"  {name} = alloca [{memory.elements} x {STORED[memory.dtype]}], align 64")
        return name

    # Lines.

    def line(self, text: str) -> None:
        """Append an instruction."""
        self.lines.append(f"  {text}")

    def define(self, value: Value, text: str) -> None:
        """Append the instruction that makes an IR value."""
        self.lines.append(f"  %v{value.number} = {text}")

    def fresh(self, text: str) -> str:
        """Append an instruction whose result needs a name of its own, and give that name."""
        self._scratch += 1
        name = f"%s{self._scratch}"
        self.line(f"{name} = {text}")
        return name

    def start(self, label: str) -> None:
        """Begin a basic block."""
        self.lines.append(f"{label}:")
        self.label = label

    def intrinsic(self, value: Value, name: str, arguments: str, types: str) -> None:
        """Append a call of one of LLVM's intrinsics on values of its result's type."""
        full = f"llvm.{name}.{suffix(TYPES[value.type], value.width)}"
        self.declare(full, f"declare {self.type(value)} @{full}({types})")
        self.define(value, f"call {self.type(value)} @{full}({arguments})")

    def reduced(self, operation: str, value: Value) -> str:
        """One truth value for all of an IR value: "and" or "or"."""
        if value.width == 1:
            return self.value(value)
        name = f"llvm.vector.reduce.{operation}.v{value.width}i1"
        self.declare(name, f"declare i1 @{name}(<{value.width} x i1>)")
        return self.fresh(f"call i1 @{name}({self.typed(value)})")

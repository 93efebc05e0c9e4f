"""A writer of LLVM text: the lines of a function, and names for values and labels.

A lane value is called by its number; what needs no instruction, a constant or the first
numbers side by side, is written where it is used.

Read next: arithmetic.py
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ....lower.ir.vector_ir import Value
from .literals import TYPES, literal, suffix, vector

# They need no instruction of their own; nor does a repeated constant.
_OPERANDS = frozenset(("constant", "result", "thread", "threads", "iota", "parameter"))


def is_operand(lane: Value) -> bool:
    """True if a lane value is written where it is used, and nowhere else."""
    return lane.op in _OPERANDS or (lane.op == "splat" and lane.inputs[0].op == "constant")


class Writer:
    """The body of one function while it is written.

    Args:
        pointer: for a buffer the name of the value that holds its address.
        declare: told every function that is called but not defined here, by name.
        fma: whether the machine multiplies and adds in one instruction.
        word: for the number of a word of the frame what is written for it.

    Attributes:
        lines: what has been written.
        label: the basic block that is being written.
    """

    def __init__(
        self,
        pointer: Callable[[Any], str],
        declare: Callable[[str, str], Any],
        fma: bool,
        word: Callable[[int], str] = str,
    ) -> None:
        self.pointer = pointer
        self.word = word
        self.declare = declare
        self.fma = fma
        self.lines: list[str] = []
        self.label = "entry"
        self._labels = 0
        self._scratch = 0

    # Names.

    def type(self, lane: Value) -> str:
        """The LLVM type of a lane value."""
        return vector(TYPES[lane.type], lane.width)

    def value(self, lane: Value) -> str:
        """The operand that stands for a lane value."""
        if not is_operand(lane) or lane.op == "parameter":
            return f"%v{lane.number}"
        if lane.op == "constant":
            return literal(lane.about, lane.type)
        if lane.op == "result":
            return self.value(lane.inputs[0])
        if lane.op == "splat":
            return f"splat ({TYPES[lane.type]} {literal(lane.inputs[0].about, lane.type)})"
        if lane.op == "iota":
            numbers = ", ".join(f"{TYPES[lane.type]} {i}" for i in range(lane.width))
            return f"<{numbers}>" if lane.width > 1 else "0"
        return f"%{lane.op}"

    def typed(self, lane: Value) -> str:
        """Type and operand."""
        return f"{self.type(lane)} {self.value(lane)}"

    def new_label(self) -> str:
        """A label nobody has."""
        self._labels += 1
        return f"l{self._labels}"

    # Lines.

    def line(self, text: str) -> None:
        """Append an instruction."""
        self.lines.append(f"  {text}")

    def define(self, lane: Value, text: str) -> None:
        """Append the instruction that makes a lane value."""
        self.lines.append(f"  %v{lane.number} = {text}")

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

    def intrinsic(self, lane: Value, name: str, arguments: str, types: str) -> None:
        """Append a call of one of LLVM's intrinsics on values of the lane's type."""
        full = f"llvm.{name}.{suffix(TYPES[lane.type], lane.width)}"
        self.declare(full, f"declare {self.type(lane)} @{full}({types})")
        self.define(lane, f"call {self.type(lane)} @{full}({arguments})")

    def reduced(self, operation: str, lane: Value) -> str:
        """One truth value for all of a lane value: "and" or "or"."""
        if lane.width == 1:
            return self.value(lane)
        name = f"llvm.vector.reduce.{operation}.v{lane.width}i1"
        self.declare(name, f"declare i1 @{name}(<{lane.width} x i1>)")
        return self.fresh(f"call i1 @{name}({self.typed(lane)})")

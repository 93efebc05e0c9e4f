"""Kernel deduplication (identical code folding): kernels that differ only in where things lie are one function.

Layers of a network repeat: their kernels share code, and differ in the words of the frame that
hold addresses and sizes, and in constants. So code is written once, with *holes* for
these. A text that one kernel has gets its holes filled in; of one that several have a function is made
which is told by its arguments what differs. Most of the time to compile is saved so, and the
code inside of loops is the same. Kernels that are found equal only now that they are written share a function too.

Source: identical code folding, S. Tallam, C. Coutant, I. Taylor, X. Li and C. Demetriou, "Safe
ICF", GCC Developers' Summit, 2010.

Read next: parallel_driver.py
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ....lower.ir.frame import Buffer

# What stands in a kernel's text for its name, and for further parameters and arguments.
NAME, MORE = "<name>", "<more>"
_HOLE = re.compile(r"<(\d+)>")


@dataclass(slots=True)
class KernelText:
    """The functions of a kernel's code with holes in their text; the last one is called.

    Attributes:
        text: their text.
        holes: what belongs into each hole, in the code's own names: a word of the frame, or a constant.
    """

    text: str = ""
    holes: list[int | Buffer] = field(default_factory=list)
    _numbers: dict[int | Buffer, int] = field(default_factory=dict)

    def hole(self, name: int | Buffer) -> str:
        """The text in place of an operand that may be another in an equal kernel."""
        number = self._numbers.setdefault(name, len(self.holes))
        if number == len(self.holes):
            self.holes.append(name)
        return f"<{number}>"


class NamedText(NamedTuple):
    """A kernel: the text of its code, and what belongs into each hole, an operand with its type."""

    text: str
    values: Sequence[str]


def functions(kernels: Sequence[NamedText], parameters: str, arguments: str) -> list[str]:
    """The texts of all kernels, called ``kernel_0``, ``kernel_1``, ...; equal ones are one text.

    Args:
        kernels: with holes.
        parameters: of a kernel's function, with ``MORE`` at the end of what is in its brackets.
        arguments: the same as an argument list.

    Example:
        >>> text = "define void @<name>(i64 %a<more>) { %b = add i64 %a, <0> }"
        >>> two = [NamedText(text, [f"i64 {i}"]) for i in (3, 4)]
        >>> print(*functions(two, "(i64 %a<more>)", "(i64 %a<more>)"), sep="\\n")
        define internal void @equal_0(i64 %a, i64 %h0) { %b = add i64 %a, %h0 }
        define void @kernel_0(i64 %a) nounwind {
          call void @equal_0(i64 %a, i64 3)
          ret void
        }
        define void @kernel_1(i64 %a) nounwind {
          call void @equal_0(i64 %a, i64 4)
          ret void
        }
    """
    equal: dict[str, list[int]] = {}
    for number, kernel in enumerate(kernels):
        equal.setdefault(kernel.text, []).append(number)
    made: list[str] = []
    for text, numbers in equal.items():
        first = kernels[numbers[0]].values
        differ = [i for i in range(len(first)) if any(kernels[number].values[i] != first[i] for number in numbers)]
        different = set(differ)
        fills = {i: f"%h{i}" if i in different else _operand(value) for i, value in enumerate(first)}
        more = "".join(f", {_type(first[i])} %h{i}" for i in differ)
        name = f"kernel_{numbers[0]}" if len(numbers) == 1 else f"equal_{numbers[0]}"
        filled = _HOLE.sub(lambda hole, fills=fills: fills[int(hole[1])], text)  # type: ignore[misc]
        filled = filled.replace(NAME, name).replace(MORE, more)
        if len(numbers) == 1:
            made.append(filled)
            continue
        together = [filled.replace(f"define void @{name}(", f"define internal void @{name}(")]
        for number in numbers:
            given = "".join(f", {kernels[number].values[i]}" for i in differ)
            together.append(
                f"define void @kernel_{number}{parameters.replace(MORE, '')} nounwind {{\n"
                f"  call void @{name}{arguments.replace(MORE, given)}\n  ret void\n}}"
            )
        made.append("\n".join(together))
    return made


def _type(value: str) -> str:
    return value.partition(" ")[0]


def _operand(value: str) -> str:
    return value.partition(" ")[2]

"""Straight-line programs: values, steps, and the draft that collects them.

Read next: blend.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ...graph import Node
from ...op import Size


@dataclass(eq=False, slots=True)
class Value:
    """Something a step computes.

    Attributes:
        name: its name in the program.
        dtype: its dtype ("" for a tuple).
        sizes: its sizes as far as they are known; None for a tuple.
        owners: the values whose memory it may share; only itself if it owns its memory.
        reusable: whether it is freshly made memory that a later step may write over.
    """

    name: str
    dtype: str
    sizes: tuple[Size, ...] | None
    owners: frozenset[Value] = field(default_factory=frozenset)
    reusable: bool = False


Render = Callable[[str | None], str]


@dataclass(eq=False, slots=True)
class Step:
    """One line of the program.

    Attributes:
        node: the node it computes, or a part of.
        target: what it computes; None for checks.
        operands: what it reads.
        render: the line, given the name of a buffer to write into or None.
        takes_out: whether it can write into a buffer.
        overwrites: the operands over which it may write its result.
        label: what it is called in ``f.kernels``.
    """

    node: Node
    target: Value | None
    operands: tuple[Value, ...]
    render: Render
    label: str
    takes_out: bool = False
    overwrites: tuple[Value, ...] = ()


class Draft:
    """A straight-line program while it is written.

    Attributes:
        steps: in order.
        constants: objects the lines refer to, by name.
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.constants: dict[str, object] = {}
        self._same: dict[Size, Size] = {}

    def find(self, size: Size) -> Size:
        """The representative of a size among those that checks have found equal."""
        while size in self._same:
            size = self._same[size]
        return size

    def equate(self, a: Size, b: Size) -> None:
        """Remember that two representatives are the same size, as a check has found."""
        # Ints represent, since they say most; two different ints are equal in no call that gets past the check.
        keep, drop = (a, b) if isinstance(a, int) else (b, a)
        if keep != drop and not isinstance(drop, int):
            self._same[drop] = keep

    def new(self, dtype: str, sizes: tuple[Size, ...] | None, shared: Sequence[Value] = ()) -> Value:
        """A new value; ``shared`` are those whose memory it may share."""
        value = Value(f"v{len(self.steps)}", dtype, sizes, reusable=not shared)
        owners = frozenset(owner for other in shared for owner in other.owners)
        value.owners = owners or frozenset((value,))
        return value

    def refer(self, thing: object, label: str) -> str:
        """The name under which the program's lines may refer to an object."""
        name = f"{label}_{len(self.constants)}"
        self.constants[name] = thing
        return name

"""What a straight-line program is made of: values and steps.

Read next: blend.py
"""

from __future__ import annotations

from collections.abc import Callable
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

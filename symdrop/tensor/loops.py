"""The loops that are being written: while ``scan`` runs a user's step once, to see what it computes,
the draws made by it learn in which iterations they are made.

Read next: scan_arguments.py
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ..graph import Node
from ..op import INPUT
from ..types import TensorType

# The positions of the loops around what is being built, the outermost first.
_around: ContextVar[tuple[Node, ...]] = ContextVar("loops around", default=())


def loops_around() -> tuple[Node, ...]:
    """The positions of the loops whose step is being built now, the outermost first."""
    return _around.get()


@contextmanager
def loop_around() -> Iterator[Node]:
    """A loop whose step is built inside the ``with`` block.

    Yields:
        An integer scalar input: its position.
    """
    outer = _around.get()
    position = Node(INPUT, (), TensorType("int64", ()), {"loop": len(outer)}, "i" if not outer else f"i{len(outer)}")
    token = _around.set((*outer, position))
    try:
        yield position
    finally:
        _around.reset(token)

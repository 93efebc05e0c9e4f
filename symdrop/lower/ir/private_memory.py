"""Private memory: elements that have no address in the frame, of a kernel's thread or of a procedure.

A kernel's own lies on the stack of the thread that runs it, so each thread has some, and nobody else sees it.

Read next: packing_loop.py
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Private:
    """Memory that has no address in the frame: a kernel's or a procedure's own, or the packed panels of an operand.

    Attributes:
        name: what listings call it; within a kernel equal ones are the same memory.
        dtype: dtype of its elements.
        elements: how many there are; 0 for what a procedure is given.
    """

    name: str
    dtype: str
    elements: int = 0

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes: it is one row of elements."""
        return (self.elements,)

    def __repr__(self) -> str:
        return self.name

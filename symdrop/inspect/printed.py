"""Text that is shown as it is, also where the last expression of a cell or a prompt is a ``repr``.

Read next: text.py
"""

from __future__ import annotations


class Printed(str):
    """A string whose representation is itself: no quotes, and its lines are lines.

    Example:
        >>> Printed("one line\\nand another")
        one line
        and another
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class Markdown(Printed):
    """The same in Markdown, which notebooks set."""

    __slots__ = ()

    def _repr_markdown_(self) -> str:
        return str(self)

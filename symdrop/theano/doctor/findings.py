"""Findings: a line of a script that must change, and the change where it is known.

Read next: tables.py
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import NamedTuple


class Change(NamedTuple):
    """A piece of a text, as bytes from start to end, and what stands there instead."""

    start: int
    end: int
    new: str


class Finding(NamedTuple):
    """A line that must change.

    Attributes:
        line: its number.
        idiom: the kind of idiom, in a word or two.
        message: what to write.
        changes: the change; none where it is not known, or where it is Python 2's and fissix makes it.
    """

    line: int
    idiom: str
    message: str
    changes: tuple[Change, ...] = ()


class Text:
    """A parsed text, in which positions of nodes are found.

    Args:
        text: what was parsed.
    """

    def __init__(self, text: str) -> None:
        self.data = text.encode("utf-8")
        self._starts = [0]
        for line in self.data.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def start(self, node: ast.AST) -> int:
        """The byte at which a node begins."""
        return self._starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined, no-any-return]

    def end(self, node: ast.AST) -> int:
        """The byte behind a node."""
        return self._starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined, no-any-return]

    def of(self, node: ast.AST) -> str:
        """The text of a node."""
        return self.data[self.start(node) : self.end(node)].decode("utf-8")

    def inserted(self, at: int, new: str) -> Change:
        """The change that puts a text before a byte."""
        return Change(at, at, new)

    def replaced(self, node: ast.AST, new: str) -> Change:
        """The change of a whole node."""
        return Change(self.start(node), self.end(node), new)

    def renamed(self, node: ast.Attribute, new: str) -> Change:
        """The change of the last name of a chain of attributes."""
        return Change(self.end(node) - len(node.attr.encode()), self.end(node), new)

    def with_argument(self, call: ast.Call, argument: str) -> Change:
        """The change of a call that gets another argument."""
        at = self.end(call) - 1
        before = self.data[:at].rstrip()
        comma = "" if before.endswith((b",", b"(")) else ", "
        return self.inserted(at, f"{comma}{argument}")


def changed(text: str, findings: Iterable[Finding]) -> str:
    """A text with the changes of findings made; of two that overlap the first is.

    Example:
        >>> changed("a / b", [Finding(1, "division", "", (Change(2, 3, "//"),))])
        'a // b'
    """
    data, done = text.encode("utf-8"), b""
    at = 0
    for change in sorted({change for finding in findings for change in finding.changes}):
        if change.start >= at:
            done += data[at : change.start] + change.new.encode("utf-8")
            at = change.end
    return (done + data[at:]).decode("utf-8")

"""Nodes that belong together: by the user's line, by the user's function, by part, by kernel.

What a line makes on the way forward and what its gradient makes are two groups.

Read next: examples.py
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import SourceLine
from ..graph import Node
from ..op import Flag
from .atlas import Atlas
from .kernels import Kernels
from .parts import parts

BY = ("line", "function", "part", "kernel")

# Characters of a group's title.
_LONGEST = 60


class Groups:
    """Groups of nodes, each with a number.

    Attributes:
        rows: the groups in the order of their numbers, as the record has them.
        part: the part of every node.
        kernels: the group of every kernel.
    """

    def __init__(self, atlas: Atlas, kernels: Kernels) -> None:
        self.rows: list[dict[str, Any]] = []
        self.part: dict[Node, str] = {}
        self._kernels = kernels
        self._numbers: dict[tuple[Any, ...], int] = {}
        self.kernels = {
            place: self._number("kernel", None, place, row["title"], None) for place, row in kernels.places()
        }
        for drawn in atlas.graphs:
            if not drawn.is_large:
                for node, part in parts(drawn.graph).items():
                    self.part.setdefault(node, part)

    def of(self, node: Node) -> dict[str, int | None]:
        """The groups of a node, by what it is grouped by; of several kernels that of the first."""
        part = self.part[node]
        places = self._kernels.of.get(node, ())
        line = next(iter(lines_of(node)), None)
        # What Python calls <module>, <listcomp> and so on is no function that somebody wrote.
        in_function = line is not None and not line.function.startswith("<")
        return {
            "line": self._number("line", part, line[:2], _text(line), where(line)) if line else None,
            "function": self._number("function", part, line[::2], line.function, Path(line.filename).name)
            if line and in_function
            else None,
            "part": self._number("part", part, (), part, None),
            "kernel": self.kernels[places[0]] if places else None,
        }

    def _number(self, by: str, part: str | None, key: tuple[Any, ...], title: str, at: str | None) -> int:
        number = self._numbers.setdefault((by, part, key), len(self.rows))
        if number == len(self.rows):
            self.rows.append({"title": title, "where": at, "by": by, "part": part})
        return number


def lines_of(node: Node) -> Sequence[SourceLine]:
    """The user's lines that made a node; a flag is its name, wherever it is written."""
    return () if isinstance(node, Flag) else node.lines


def where(line: SourceLine) -> str:
    """A line's place in a few characters."""
    return f"{Path(line.filename).name}:{line.lineno}"


def _text(line: SourceLine) -> str:
    text = line.text or where(line)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"

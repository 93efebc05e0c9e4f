"""Templates of LLVM text: files of package data with named holes, filled in by Python.

A template, a file ending in `.ll`, is LLVM text in which

    $name or ${name}                stands for a value that the caller gives
    ;; for r, v in cells            repeats the lines up to its `;; end` for each element of a sequence that the caller
                                    gives under that name; several names take the parts of an element
    ;; for v in 0, 1                the same for the words that stand there
    ;; let strides                  names the lines up to its `;; end`; further down $strides stands for them

Lines that are comments are left out. Text that follows the graph, such as that of a kernel, is no template: it is
written by `llvm/writer.py`.

Read next: jit/__init__.py
"""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

_COMMENT, _DIRECTIVE = re.compile(r"\n *;(?!; ).*"), re.compile(r"\n;; (\w+) ?(.*)")
_HOLE = re.compile(r"\$(?:(\w+)|{(\w+)})")

Holes = dict[str, Any]


class Plain(NamedTuple):
    """Lines as they are but for holes.

    Attributes:
        start: the text before the first hole.
        holes: names of holes, each with the text behind it.
    """

    start: str
    holes: list[tuple[str, str]]

    def fill(self, holes: Holes) -> str:
        """The lines, their holes filled in."""
        made = [self.start]
        for name, text in self.holes:
            made += (str(holes[name]), text)
        return "".join(made)


class Repeated(NamedTuple):
    """Lines to be repeated.

    Attributes:
        names: of the parts of an element.
        over: the name of the sequence, or its elements in words.
        body: the lines.
    """

    names: list[str]
    over: str
    body: list[Part]

    def fill(self, holes: Holes) -> str:
        """The body once for each element, its holes filled in."""
        made = []
        for element in self.over.split(", ") if "," in self.over else holes[self.over]:
            holes |= zip(self.names, element if len(self.names) > 1 else (element,), strict=True)
            made += [part.fill(holes) for part in self.body]
        return "".join(made)


class Macro(NamedTuple):
    """Lines with a name.

    Attributes:
        name: the hole that they fill.
        body: the lines.
    """

    name: str
    body: list[Part]

    def fill(self, holes: Holes) -> str:
        """Nothing; from here on the lines stand for their name."""
        holes[self.name] = "".join(part.fill(holes) for part in self.body).strip("\n")
        return ""


Part = Plain | Repeated | Macro


def fill(path: str, /, **holes: Any) -> str:
    """The LLVM text of a template.

    Args:
        path: of the file, from this folder.
        holes: what stands for its names: texts, numbers and sequences.

    Returns:
        LLVM text: definitions and declarations.

    Raises:
        KeyError: if it has a hole for which nothing is given.

    Example:
        >>> print(fill("runtime/pool_alone.ll").splitlines()[0])
        define i64 @symdrop_enter(i64 %threads) nounwind {
    """
    return "".join(part.fill(holes) for part in _parts(path)).strip("\n")


@cache
def _parts(path: str) -> list[Part]:
    """A template as it lies in the package, which may be an archive."""
    data = pkgutil.get_data(__package__, path)
    if data is None:
        raise FileNotFoundError(path)
    first, *rest = _DIRECTIVE.split(_COMMENT.sub("", "\n" + data.decode()))
    return _read(first, zip(rest[::3], rest[1::3], rest[2::3], strict=True))[0]


def _read(text: str, pieces: Iterator[tuple[str, str, str]]) -> tuple[list[Part], str]:
    """The parts of a text up to its `;; end`, and the text behind that.

    Args:
        text: what comes before the first directive.
        pieces: of every directive its word, its argument, and the text up to the next.
    """
    parts: list[Part] = [_plain(text)]
    for word, argument, behind in pieces:
        if word == "end":
            return parts, behind
        body, text = _read(behind, pieces)
        names, _, over = argument.partition(" in ")
        parts += (Repeated(names.split(", "), over, body) if word == "for" else Macro(argument, body), _plain(text))
    return parts, ""


def _plain(text: str) -> Plain:
    start, *pieces = _HOLE.split(text)
    names = [bare or braced for bare, braced in zip(pieces[::3], pieces[1::3], strict=True)]
    return Plain(start, list(zip(names, pieces[2::3], strict=True)))

"""Notation of an index: the entries of a subscript, written the way they are given.

Read next: indexing.py
"""

from __future__ import annotations

from collections.abc import Sequence

from ..op import Text

_FIXED = {"x": "None", "...": "...", "::": ":"}


def index_text(entries: Sequence[str], parts: Sequence[Text]) -> str:
    """An index as it stands between brackets.

    Args:
        entries: the words of indexing.py.
        parts: what they take, in order, as it is written.

    Returns:
        The text, such as ``"1:, None"``.

    Example:
        >>> parts = [Text(word) for word in ("3", "lo", "hi", "2", "rows")]
        >>> index_text(("i", "i:i:", "x", "::i", "a", "..."), parts)
        '3, lo:hi, None, ::2, rows, ...'
    """
    given = iter(text for text, _ in parts)
    return ", ".join(_FIXED.get(entry) or _filled(entry, [next(given) for _ in _arguments(entry)]) for entry in entries)


def _arguments(entry: str) -> str:
    return "".join(letter for letter in entry if letter in "ia")


def _filled(entry: str, parts: Sequence[str]) -> str:
    text = entry.replace("i", "{}").replace("a", "{}").format(*parts)
    return text.removesuffix(":") if entry.count(":") == 2 else text

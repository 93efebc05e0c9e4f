"""Indexing, printed the way it is written.

Read next: printed.py
"""

from __future__ import annotations

from collections.abc import Sequence


def written(entries: Sequence[str], parts: Sequence[str]) -> str:
    """An index as it stands between brackets.

    Args:
        entries: the words of ops/indexing.py.
        parts: the texts of what they take, in order.

    Example:
        >>> written(("i", "i:i:", "x", "::i", "a", "..."), ["3", "lo", "hi", "2", "rows"])
        '3, lo:hi, None, ::2, rows, ...'
    """
    given = iter(parts)
    return ", ".join(_FIXED.get(entry) or _filled(entry, [next(given) for _ in _places(entry)]) for entry in entries)


_FIXED = {"x": "None", "...": "...", "::": ":"}


def _places(entry: str) -> str:
    return "".join(letter for letter in entry if letter in "ia")


def _filled(entry: str, parts: Sequence[str]) -> str:
    text = entry.replace("i", "{}").replace("a", "{}").format(*parts)
    return text.removesuffix(":") if entry.count(":") == 2 else text


def indexed(text: str, entries: Sequence[str], parts: Sequence[str]) -> str:
    """An indexed value, with its index."""
    return f"{text}[{written(entries, parts)}]"

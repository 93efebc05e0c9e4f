"""Bring the printed output in the documentation up to date.

A ```text block right after a ```python block shows what that block prints, and a row of
docs/reading/*.md begins with the first sentence of its file's docstring. The tests refuse
output and sentences that are no longer real; this writes them anew.

    python docs/refresh.py [page ...]
"""

from __future__ import annotations

import ast
import contextlib
import io
import linecache
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```python\n(?P<code>.*?)^```\n(?:\n```text\n(?P<shown>.*?)^```\n)?", re.MULTILINE | re.DOTALL)

# "1. `path/of/file.py`: its term and what it does. *What to notice in it.*"
ROW = re.compile(r"^1\. `(?P<file>[\w/]+\.py)`: (?P<term>.*?)(?: (?P<remark>\*[^ *].*\*))?$", re.MULTILINE)


def row(file: str, remark: str | None = None) -> str:
    """The row of a file in the reading order: the first sentence of its docstring, and a remark on what to notice."""
    docstring = ast.get_docstring(ast.parse((ROOT / "symdrop" / file).read_text(encoding="utf-8"))) or ""
    paragraph = " ".join(docstring.split("\n\n")[0].split())
    sentence = re.split(r"(?<=[.?])\s+(?=[A-Z`])", paragraph)[0].replace("``", "`").rstrip(":")
    sentence = re.sub(r"\*(\S[^*]*)\*", r"\1", sentence)
    return f"1. `{file}`: {sentence}" + (f" {remark}" if remark else "")


def is_reading(page: Path) -> bool:
    """True for a page of the reading order; the routes beside them are written by hand."""
    return page.parent.name == "reading" and not page.name.startswith("route-")


def rows(page: str) -> str:
    """A page of the reading order with every row as it should be."""
    return ROW.sub(lambda found: row(found["file"], found["remark"]), page)


def run(page: Path, namespace: dict[str, Any] | None = None) -> Iterator[tuple[re.Match[str], str]]:
    """Run the Python blocks of a page, top to bottom, in one namespace: every block and what it printed."""
    text = page.read_text(encoding="utf-8")
    namespace = {} if namespace is None else namespace
    namespace["__name__"] = f"page {page.stem}"
    for block in BLOCK.finditer(text):
        # Empty lines in front keep line numbers, so that errors point into the page.
        code = "\n" * text.count("\n", 0, block.start("code")) + block["code"]
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, str(page), "exec"), namespace)
        yield block, printed.getvalue().rstrip() + "\n"


def refresh(page: Path) -> None:
    """Write what a page's blocks print into the page, until that no longer moves the lines that errors name."""
    before = None
    while before != (text := page.read_text(encoding="utf-8")):
        before = text
        # The lines that errors quote are those of the page as it is now.
        linecache.checkcache(str(page))
        for block, printed in reversed(list(run(page))):
            if block["shown"] is not None:
                text = text[: block.start("shown")] + printed + text[block.end("shown") :]
        page.write_text(rows(text) if is_reading(page) else text, encoding="utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:] or [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        refresh(Path(name))

"""Bring the printed output in the documentation up to date.

A ```text block right after a ```python block shows what that block prints. The tests
refuse output that is no longer real; this writes it anew.

    python docs/refresh.py [page ...]
"""

from __future__ import annotations

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
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:] or [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        refresh(Path(name))

"""The explorer's page: its files and a record, written into one file that loads nothing.

The files lie in the folder page. The scripts there are ordinary modules that import from each other; here they
are written one after the other into a single module, so that a page works from a disk, without a server. The page
forbids itself all network; only the one script it came with may run.

Read next: limits.py
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# A file stands after those it imports from.
SCRIPTS = (
    "dom", "record", "layers", "place", "piece", "layout", "fold", "boxes", "scene", "draw", "camera", "threefry",
    "mask", "statistics", "panel", "stages", "legend", "search", "theme", "keys", "explorer", "main",
)  # fmt: skip

_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:const|class|function) (\w+))", re.MULTILINE)

_FOLDER = Path(__file__).parent / "page"
_PACKED = re.compile(r'<script type="text/plain" id="record">(.*?)</script>', re.DOTALL)


def assemble(record: Mapping[str, Any]) -> str:
    """The page that shows a record.

    Args:
        record: what is known about a function, ready for JSON.

    Returns:
        The text of one HTML file.

    Example:
        >>> page = assemble({"version": 1, "title": "</script>"})
        >>> page.count("<script"), page.count("</script"), record_of(page)["title"]
        (2, 2, '</script>')
    """
    script = "\n" + "\n".join(_enclosed(name, _read(f"{name}.js")) for name in SCRIPTS)
    style = "\n" + _read("page.css")
    data = json.dumps(record, separators=(",", ":"), allow_nan=False)
    packed = base64.b64encode(zlib.compress(data.encode(), 9)).decode("ascii")
    texts = {"policy": _policy(script, style), "style": style, "script": script, "record": packed}
    return re.sub(r"\{\{(\w+)\}\}", lambda found: texts[found[1]], _read("page.html"))


def record_of(page: str) -> dict[str, Any]:
    """The record that stands in a page."""
    found = _PACKED.search(page)
    assert found, "the text is no page of assemble"
    record: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(found[1])))
    return record


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _enclosed(name: str, module: str) -> str:
    """A module as a part of a larger one: a function with names of its own, called once for what it exports."""
    exported = ", ".join(found[2] for found in _EXPORT.finditer(module))
    body = _EXPORT.sub(r"\1", _IMPORT.sub(r"const \1 = $\2;", module))
    return f"const ${name} = (() => {{\n{body}\nreturn {{ {exported} }};\n}})();\n"


def _policy(script: str, style: str) -> str:
    """A content security policy: nothing is loaded from anywhere, and nothing runs but what stands in the page."""
    return (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

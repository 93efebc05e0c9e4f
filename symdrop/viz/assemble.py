"""The explorer's page: its files and a record, written into one file that loads nothing.

The files lie in the folder page. The scripts there are ordinary modules that import from each other; here they
are written one after the other into a single module, so that a page works from a disk, without a server. The page
forbids itself all network; only the one script it came with may run.

Read next: limits.py
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

# A file stands after those it imports from.
SCRIPTS = (
    "dom", "record", "layers", "place", "layout", "fold", "boxes", "scene", "draw", "camera", "threefry", "mask",
    "statistics", "panel", "stages", "legend", "search", "keys", "explorer", "main",
)  # fmt: skip

# A record with more characters than this is compressed.
PLAIN = 1_000_000

_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:const|class|function) (\w+))", re.MULTILINE)


def assemble(record: Mapping[str, Any]) -> str:
    """The page that shows a record.

    Args:
        record: what is known about a function, ready for JSON.

    Returns:
        The text of one HTML file.

    Example:
        >>> page = assemble({"version": 1, "title": "</script>"})
        >>> page.count("<script"), page.count("</script"), "http" in page.replace("http-equiv", "").replace(SVG, "")
        (2, 2, False)
    """
    script = "\n" + "\n".join(_enclosed(name, _read(f"{name}.js")) for name in SCRIPTS)
    style = "\n" + _read("page.css")
    kind, data = _data(record)
    texts = {"policy": _policy(script, style), "style": style, "script": script, "kind": kind, "record": data}
    return re.sub(r"\{\{(\w+)\}\}", lambda found: texts[found[1]], _read("page.html"))


def _data(record: Mapping[str, Any]) -> tuple[str, str]:
    """The record as the text of a script element, and its type; compressed if it is long."""
    text = json.dumps(record, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    if len(text) <= PLAIN:
        return "application/json", text
    return "application/gzip", base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def _read(name: str) -> str:
    return files(__package__).joinpath("page", name).read_text(encoding="utf-8")


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

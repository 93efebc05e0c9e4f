"""Draw the pictures of docs/pictures.md anew; the tests compare them with what the page would draw.

python docs/pictures/make.py
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import symdrop as sd

FOLDER = Path(__file__).resolve().parent


def draw() -> dict[str, str]:
    """The pictures by file name, drawn from what the page's blocks define, by the layout that needs no Graphviz."""
    spec = importlib.util.spec_from_file_location("refresh", FOLDER.parent / "refresh.py")
    assert spec and spec.loader
    refresh = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(refresh)
    page: dict[str, Any] = {}
    for _ in refresh.run(FOLDER.parent / "pictures.md", page):
        pass
    return {f"{name}.svg": sd.viz.to_svg(page[name], engine="networkx") for name in ("loss", "train", "sums")}


if __name__ == "__main__":
    for name, text in draw().items():
        (FOLDER / name).write_text(text, encoding="utf-8")

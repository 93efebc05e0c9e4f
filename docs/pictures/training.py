"""Draw the learning curves of docs/training.md anew, from what the page's blocks define. It needs matplotlib.

python docs/pictures/training.py
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent


def draw(file: Path) -> None:
    """The figure of the page; without a date and with fixed identifiers, so that equal curves are equal files."""
    import matplotlib

    spec = importlib.util.spec_from_file_location("refresh", FOLDER.parent / "refresh.py")
    assert spec and spec.loader
    refresh = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(refresh)
    page: dict[str, Any] = {}
    for _ in refresh.run(FOLDER.parent / "training.md", page):
        pass
    with matplotlib.rc_context({"svg.hashsalt": "training", "svg.fonttype": "none"}):
        page["figure"].savefig(file, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    draw(FOLDER / "training.svg")

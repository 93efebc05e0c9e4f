"""What all tests share: texts that are kept in files and compared with what is printed now."""

from __future__ import annotations

from collections.abc import Callable
from difflib import unified_diff
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--update-golden``: write the files anew instead of comparing."""
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden/*.txt with what is printed now")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """A function of a name and a text: the text must be what tests/golden/<name>.txt holds."""

    def compare(name: str, text: str) -> None:
        file = GOLDEN / f"{name}.txt"
        if request.config.getoption("--update-golden"):
            file.write_text(text, encoding="utf-8")
            return
        kept = file.read_text(encoding="utf-8") if file.exists() else ""
        if text != kept:
            before, now = kept.splitlines(), text.splitlines()
            lines = unified_diff(before, now, f"kept in {file.name}", "printed now", lineterm="")
            hint = f"if that is right: pytest tests/{request.node.path.name} --update-golden"
            pytest.fail("\n".join([*lines, "", hint]), pytrace=False)

    return compare

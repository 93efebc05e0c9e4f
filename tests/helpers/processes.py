"""Other processes that find this checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def inherited(**more: str) -> dict[str, str]:
    """The environment of this process, and what another needs to find this checkout, and more.

    Quick code, as for tests themselves (tests/conftest.py), unless flags are given there or here.
    """
    return {"SYMDROP_FLAGS": "tiered_compilation=quick", **os.environ, "PYTHONPATH": str(ROOT), **more}


def run_python(code: str, **more: str) -> str:
    """What code prints in a process of its own; an error there is one here."""
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, env=inherited(**more), capture_output=True, text=True, check=True, timeout=300
    ).stdout

"""Entries of a cache, and processes that use one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.helpers.processes import inherited


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Another process on the same folder; a warning is an error there too."""
    command = [sys.executable, "-W", "error", "-c", code, *map(str, arguments)]
    environment = inherited()
    return subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(process: subprocess.Popen[str]) -> str:
    """What it printed, once it ended well."""
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return out


def entry(place: Path) -> Path:
    """The one file in a folder."""
    (file,) = place.iterdir()
    return file

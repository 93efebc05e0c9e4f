"""A training step, and the line of a test."""

from __future__ import annotations

import inspect as frames
from pathlib import Path

from symdrop.compiler.compile import BACKENDS

BOTH = sorted(BACKENDS)


def line_of(offset: int = 0) -> str:
    """The caller's line, as errors name it."""
    caller = frames.currentframe().f_back
    return f"{Path(caller.f_code.co_filename).name}:{caller.f_lineno + offset}"

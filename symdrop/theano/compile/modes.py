"""Modes of Theano: how it was to compile.

Read next: functions.py
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...binding import public


@public
@dataclass(frozen=True)
class Mode:
    """How Theano was to compile; accepted and not looked at, since every function is compiled in the same way."""

    linker: Any = None
    optimizer: Any = None

    @public
    def including(self, *tags: str) -> Mode:
        """The mode itself."""
        return self

    excluding = including


@public
def get_default_mode() -> Mode:
    """The only mode.

    Returns:
        A ``Mode``.

    Example:
        >>> get_default_mode().excluding("gpu")
        Mode(linker=None, optimizer=None)
    """
    return Mode()


get_mode = get_default_mode

"""Modes of Theano: how it was to compile.

Read next: sparse_values.py
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...binding import public


@public
@dataclass
class Mode:
    """How Theano was to compile; accepted and not looked at, since every function is compiled in the same way.

    Any attribute may be set, as those of DebugMode were.
    """

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


@public
def get_mode(orig_string: Any = None) -> Mode:
    """The mode of a name.

    Args:
        orig_string: such as "FAST_RUN"; a ``Mode`` comes back as it is.

    Returns:
        A ``Mode``.

    Example:
        >>> get_mode("FAST_RUN")
        Mode(linker=None, optimizer=None)
    """
    return orig_string if isinstance(orig_string, Mode) else Mode()

"""``theano.ifelse``: a choice of which only the chosen branch is computed.

Read next: compile/__init__.py
"""

from __future__ import annotations

from typing import Any

from ..tensor.branches import ifelse
from .missing import no_name

__all__ = ["ifelse"]


def __getattr__(name: str) -> Any:
    """Refuse what is not there with a sentence."""
    no_name("theano.ifelse", name, __all__)

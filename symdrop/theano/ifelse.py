"""``theano.ifelse``: a choice of which only the chosen branch is computed.

Read next: random_state_variables.py
"""

from __future__ import annotations

from typing import Any

from ..tensor.branches import ifelse
from .missing import missing_name

__all__ = ["ifelse"]


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.ifelse", name, __all__)

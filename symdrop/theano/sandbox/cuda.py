"""``theano.sandbox.cuda``: answers to the question whether there is a graphics card.

Read next: ../tests/__init__.py
"""

from __future__ import annotations

from typing import Any

from ..missing import missing_name

# Modules beside these are found missing when they are used.
__path__: list[str] = []
cuda_available = cuda_enabled = False

__all__ = ["cuda_available", "cuda_enabled"]


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.sandbox.cuda", name, __all__)

"""``theano.sandbox.rng_mrg``.

Read next: ../tests/__init__.py
"""

from __future__ import annotations

from typing import Any

from ..missing import missing_name
from ..streams import MRG_RandomStreams

__all__ = ["MRG_RandomStreams"]


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.sandbox.rng_mrg", name, __all__)

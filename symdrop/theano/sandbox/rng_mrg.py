"""``theano.sandbox.rng_mrg``.

Read next: cuda.py
"""

from __future__ import annotations

from typing import Any

from ..missing import no_name
from ..streams import MRG_RandomStreams

__all__ = ["MRG_RandomStreams"]


def __getattr__(name: str) -> Any:
    """Refuse what is not there with a sentence."""
    no_name("theano.sandbox.rng_mrg", name, __all__)

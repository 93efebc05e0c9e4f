"""``theano.sandbox``: where Theano kept what was new, and scripts still look for it.

Read next: ../tests/__init__.py
"""

from __future__ import annotations

from typing import Any

from ..missing import missing_name
from ..tensor.nnet import conv, neighbours
from . import cuda, linalg, rng_mrg

__all__ = ["conv", "cuda", "linalg", "neighbours", "rng_mrg"]


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.sandbox", name, __all__)

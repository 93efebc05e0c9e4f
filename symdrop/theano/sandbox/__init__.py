"""``theano.sandbox``: where Theano kept what was new, and scripts still look for it.

Read next: rng_mrg.py
"""

from __future__ import annotations

from typing import Any

from ..missing import no_name
from . import cuda, rng_mrg

__all__ = ["cuda", "rng_mrg"]


def __getattr__(name: str) -> Any:
    """Refuse what is not there with a sentence."""
    no_name("theano.sandbox", name, __all__)

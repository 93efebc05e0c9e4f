"""``theano.tensor.shared_randomstreams``.

Read next: ../runner.py
"""

from __future__ import annotations

from typing import Any

from ..missing import no_name
from ..streams import RandomStreams

__all__ = ["RandomStreams"]


def __getattr__(name: str) -> Any:
    """Refuse what is not there with a sentence."""
    no_name("theano.tensor.shared_randomstreams", name, __all__)

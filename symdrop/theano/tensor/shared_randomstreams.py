"""``theano.tensor.shared_randomstreams``.

Read next: ../gpuarray/__init__.py
"""

from __future__ import annotations

from typing import Any

from ..missing import missing_name
from ..streams import RandomStreams

__all__ = ["RandomStreams"]


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.tensor.shared_randomstreams", name, __all__)

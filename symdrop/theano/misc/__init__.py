"""``theano.misc``: what stood beside Theano; here the reading and writing of pickles.

Read next: restricted.py
"""

from __future__ import annotations

from typing import Any

from ..missing import missing_name
from . import pkl_utils
from .pkl_utils import load_pickle as load_pickle

__all__ = ["pkl_utils"]


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.misc", name, __all__)

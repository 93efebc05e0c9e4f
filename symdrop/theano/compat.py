"""``theano.compat``: what hid the differences between versions of Python.

Read next: streams.py
"""

from __future__ import annotations

import sys
from collections import OrderedDict, defaultdict
from typing import Any

from .missing import no_name

# Theano spread these names over files; whatever else was beside them is found missing when it is used.
__path__: list[str] = []
python2x = sys.modules[__name__]

__all__ = ["OrderedDict", "defaultdict"]


def __getattr__(name: str) -> Any:
    """Refuse what is not there with a sentence."""
    no_name("theano.compat", name, __all__)

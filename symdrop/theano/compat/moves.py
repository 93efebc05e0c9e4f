"""``theano.compat.six.moves``: Python's own functions and modules by the names that both versions of Python knew.

Read next: six.py
"""

from __future__ import annotations

import builtins
import configparser
import pickle
import queue
import sys
from functools import reduce
from importlib import import_module
from io import StringIO
from itertools import filterfalse, zip_longest
from typing import TYPE_CHECKING, Any

from ..missing import missing_name

if TYPE_CHECKING:
    import urllib.error
    import urllib.parse
    import urllib.request

filter, input, map, range, zip, intern = builtins.filter, input, builtins.map, builtins.range, builtins.zip, sys.intern
xrange, cPickle = range, pickle
cStringIO = StringIO

__all__ = [
    "StringIO", "builtins", "cPickle", "cStringIO", "configparser", "filter", "filterfalse", "input", "intern", "map",
    "queue", "range", "reduce", "urllib", "xrange", "zip", "zip_longest",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """``urllib`` with its modules, or the placeholder of what is not there, which refuses with a sentence when used."""
    if name == "urllib":
        # Loaded at first use: HTTP and encryption take longer than all of these.
        for module in ("error", "parse", "request"):
            import_module(f"urllib.{module}")
        return import_module(name)
    return missing_name("theano.compat.six.moves", name, __all__)

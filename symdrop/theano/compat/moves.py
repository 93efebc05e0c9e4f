"""``theano.compat.six.moves``: Python's own functions and modules by the names that both versions of Python knew.

Read next: six.py
"""

from __future__ import annotations

import builtins
import configparser
import pickle
import queue
import sys
import urllib
import urllib.error
import urllib.parse
import urllib.request
from functools import reduce
from io import StringIO
from itertools import filterfalse, zip_longest
from typing import Any

from ..missing import missing_name

filter, input, map, range, zip, intern = builtins.filter, input, builtins.map, builtins.range, builtins.zip, sys.intern
xrange, cPickle = range, pickle
cStringIO = StringIO

__all__ = [
    "StringIO", "builtins", "cPickle", "cStringIO", "configparser", "filter", "filterfalse", "input", "intern", "map",
    "queue", "range", "reduce", "urllib", "xrange", "zip", "zip_longest",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.compat.six.moves", name, __all__)

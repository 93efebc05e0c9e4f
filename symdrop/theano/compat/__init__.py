"""``theano.compat``: what hid the differences between versions of Python.

Read next: moves.py
"""

from __future__ import annotations

import builtins
import operator
import sys
from collections import OrderedDict, defaultdict
from functools import partial
from io import BytesIO
from itertools import product
from typing import Any

from ..missing import missing_name
from . import six
from .six import get_unbound_function

PY3 = True
operator_div = operator.truediv
all, any, ifilter, imap, izip = builtins.all, builtins.any, filter, map, zip

# Theano spread these names over files; whatever else was beside them is found missing when it is used.
python2x = sys.modules[__name__]


def cmp(a: Any, b: Any) -> int:
    """The order of two values: -1, 0 or 1, as of Python 2.

    Example:
        >>> cmp(1, 2), cmp(2, 2), cmp(3, 2)
        (-1, 0, 1)
    """
    return int(a > b) - int(a < b)


def exc_message(error: BaseException) -> Any:
    """The first argument of an exception, or the whole of it where there are others.

    Example:
        >>> exc_message(ValueError("wrong"))
        'wrong'
    """
    return error.args[0] if len(error.args) == 1 else error


def decode(text: Any) -> str:
    """A string of bytes.

    Example:
        >>> decode(b"abc")
        'abc'
    """
    return text.decode() if isinstance(text, bytes) else str(text)


def decode_iter(texts: Any) -> Any:
    """Strings of several bytes.

    Example:
        >>> list(decode_iter([b"a", b"b"]))
        ['a', 'b']
    """
    return builtins.map(decode, texts)


__all__ = [
    "PY3", "BytesIO", "OrderedDict", "all", "any", "cmp", "decode", "decode_iter", "defaultdict", "exc_message",
    "get_unbound_function", "ifilter", "imap", "izip", "operator_div", "partial", "product", "python2x", "six",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.compat", name, __all__)

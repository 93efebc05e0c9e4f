"""``theano.compat.six``: the names by which Theano 0.6 to 0.8 and its scripts hid Python 2 from Python 3.

Read next: ../sandbox/__init__.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO, StringIO
from typing import Any

from ..missing import missing_name
from . import moves

PY2, PY3 = False, True
string_types, integer_types, class_types = (str,), (int,), (type,)
text_type, binary_type = str, bytes
print_, callable, u = print, callable, str


def iteritems(mapping: Any) -> Iterator[tuple[Any, Any]]:
    """An iterator over the items of a mapping.

    Example:
        >>> list(iteritems({"a": 1}))
        [('a', 1)]
    """
    return iter(mapping.items())


def iterkeys(mapping: Any) -> Iterator[Any]:
    """An iterator over the keys of a mapping.

    Example:
        >>> list(iterkeys({"a": 1}))
        ['a']
    """
    return iter(mapping.keys())


def itervalues(mapping: Any) -> Iterator[Any]:
    """An iterator over the values of a mapping.

    Example:
        >>> list(itervalues({"a": 1}))
        [1]
    """
    return iter(mapping.values())


def b(text: str) -> bytes:
    """Bytes of a literal.

    Example:
        >>> b("a")
        b'a'
    """
    return text.encode("latin-1")


def get_unbound_function(method: Any) -> Any:
    """The function of an unbound method, which since Python 3 is the method.

    Example:
        >>> get_unbound_function(len) is len
        True
    """
    return method


def with_metaclass(meta: Any, *bases: type) -> Any:
    """A base class of a metaclass.

    Example:
        >>> with_metaclass(type, dict).__mro__[1]
        <class 'dict'>
    """
    return meta("temporary_class", bases or (object,), {})


def add_metaclass(meta: Any) -> Callable[[type], Any]:
    """A decorator that makes a class anew with a metaclass.

    Example:
        >>> @add_metaclass(type)
        ... class A: pass
    """

    def made(cls: type) -> Any:
        body = {name: value for name, value in vars(cls).items() if name not in ("__dict__", "__weakref__")}
        return meta(cls.__name__, cls.__bases__, body)

    return made


def reraise(kind: type[BaseException], value: BaseException | None, traceback: Any = None) -> None:
    """Raise an exception with another's traceback.

    Raises:
        The exception.

    Example:
        >>> reraise(ValueError, ValueError("again"))
        Traceback (most recent call last):
        ...
        ValueError: again
    """
    raise (kind() if value is None else value).with_traceback(traceback)


__all__ = [
    "PY2", "PY3", "BytesIO", "StringIO", "add_metaclass", "b", "binary_type", "callable", "class_types",
    "get_unbound_function", "integer_types", "iteritems", "iterkeys", "itervalues", "moves", "print_", "reraise",
    "string_types", "text_type", "u", "with_metaclass",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The placeholder of what is not there; it refuses with a sentence when it is used."""
    return missing_name("theano.compat.six", name, __all__)

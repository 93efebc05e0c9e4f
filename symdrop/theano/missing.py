"""Missing names say that they are missing when they are used, not when they are imported.

A script that imports a name it never uses must run, so an unknown module, or an unknown name of
it, becomes a placeholder; calling it, reading from it or deriving a class from it raises an error
with a sentence.

Read next: loops.py
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from types import ModuleType
from typing import Any, NoReturn

from ..errors import MissingNameError, here, shown


def no_name(module: str, name: str, known: Iterable[str]) -> NoReturn:
    """Refuse an attribute of a module.

    Args:
        module: the module as a script calls it, such as "theano.tensor".
        name: what is missing.
        known: what the module has.

    Raises:
        MissingNameError: always, with the nearest known name. ``AttributeError`` for Python's own probes.

    Example:
        >>> no_name("theano.tensor", "argmx", ["argmax", "argmin"])  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        symdrop.errors.MissingNameError: symdrop has no theano.tensor.argmx; did you mean 'argmax'? ...
    """
    if name.startswith("__"):
        # Python and its tools ask modules for these, and expect a plain answer.
        raise AttributeError(f"module {shown(module)} has no attribute {shown(name)}")
    near = get_close_matches(name, [*known], n=1)
    hint = f"; did you mean {shown(near[0])}?" if near else "; docs/theano.md says what is there"
    raise MissingNameError(f"symdrop has no {module}.{name}{hint}{here()}")


class Missing:
    """A name that could be imported, and cannot be used.

    Args:
        path: the whole name, such as "theano.sandbox.neighbours.images2neibs".

    Example:
        >>> Missing("theano.foo.bar")(3)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        symdrop.errors.MissingNameError: symdrop has no theano.foo.bar; docs/theano.md says what is there ...
    """

    def __init__(self, path: str) -> None:
        self._path = path

    def _refuse(self) -> NoReturn:
        module, _, name = self._path.rpartition(".")
        no_name(module, name, ())

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        self._refuse()

    def __mro_entries__(self, bases: Any) -> NoReturn:
        self._refuse()

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        self._refuse()

    def __repr__(self) -> str:
        return f"<{self._path}, which symdrop does not have>"


class MissingModule(ModuleType):
    """A module of Theano that symdrop does not have; whatever is imported from it is a ``Missing``."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {shown(self.__name__)} has no attribute {shown(name)}")
        return Missing(f"{self.__name__}.{name}")

    def _refuse(self) -> NoReturn:
        module, _, name = self.__name__.rpartition(".")
        no_name(module, name, ())

    # "from theano import x" cannot know whether x was meant to be a module, a function or a class.

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        self._refuse()

    def __mro_entries__(self, bases: Any) -> NoReturn:
        self._refuse()

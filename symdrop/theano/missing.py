"""Missing names say that they are missing when they are used, not when they are imported.

A script that imports a name it never uses must run, so an unknown module, and a name of Theano that is not here,
become placeholders; calling one, reading from it or deriving a class from it raises an error with a sentence. Nothing
is an instance of one. A name that Theano did not have either is an ``AttributeError`` at once, so that ``hasattr``
answers as it did.

Read next: configparser.py
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, NoReturn

from ..errors import MissingNameError, here, shown
from .refusals import reason_for

_HERE = __name__.rpartition(".")[0]
# Instead of names: Theano could not import the module where there is no graphics card or compiler.
_IMPOSSIBLE = ("!",)


@cache
def theanos_names() -> Mapping[str, tuple[str, ...]]:
    """The public names of each of Theano's modules; ("!",) for one that a Theano without a graphics card cannot import.

    Example:
        >>> "softmax" in theanos_names()["theano.tensor.nnet"]
        True
    """
    lines = (Path(__file__).parent / "names.txt").read_text(encoding="utf-8").splitlines()
    return MappingProxyType(
        {module: tuple(names.split()) for module, _, names in (one.partition(":") for one in lines)}
    )


def is_impossible(module: str) -> bool:
    """Says whether a Theano without a graphics card or compiler could not import a module, as oracles say.

    Example:
        >>> is_impossible("theano.sandbox.cuda.dnn")
        True
    """
    return theanos_names().get(module) == _IMPOSSIBLE


def is_theanos(path: str) -> bool:
    """Says whether Theano had a name, or a module of that name.

    Example:
        >>> is_theanos("theano.tensor.dot"), is_theanos("theano.tensor.einsum")
        (True, False)
    """
    module, _, name = path.rpartition(".")
    return name in theanos_names().get(module, ()) or (path in theanos_names() and not is_impossible(path))


def own_names() -> dict[str, list[str]]:
    """Names that are there, each with the modules, as Theano called them, that offer it."""
    found: dict[str, list[str]] = {}
    for module, loaded in sorted(sys.modules.copy().items()):
        path = "theano" + module.removeprefix(_HERE)
        if module.startswith(_HERE) and path in theanos_names():
            for name in getattr(loaded, "__all__", ()):
                found.setdefault(name, []).append(path)
    return found


def nearest(module: str, name: str, known: Iterable[str] = ()) -> str:
    """The name nearest to one that is not there, as a script would write it; empty where none is near.

    Args:
        module: the module as a script calls it.
        name: what is missing.
        known: what the module has.

    Example:
        >>> nearest("theano.tensor", "argmx", ["argmax", "argmin"])
        'argmax'
        >>> nearest("theano.sandbox.rng", "MRG_RandomStreams")
        'theano.sandbox.rng_mrg.MRG_RandomStreams'
    """
    elsewhere = own_names()
    if places := [place for place in elsewhere.get(name, ()) if place != module and place.count(".") > 0]:
        return f"{places[-1]}.{name}"
    if near := get_close_matches(name, [*known], n=1):
        return near[0]
    near = get_close_matches(name, elsewhere, n=1, cutoff=0.8)
    return f"{elsewhere[near[0]][-1]}.{near[0]}" if near else ""


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
    raise MissingNameError(f"symdrop has no {module}.{name}{advice(module, name, known)}{here()}")


def advice(module: str, name: str, known: Iterable[str] = ()) -> str:
    """The end of a sentence about a missing name: the reason, or what to write instead, or where to look."""
    if reason := reason_for(f"{module}.{name}"):
        return f": {reason}"
    near = nearest(module, name, known)
    return f"; did you mean {shown(near)}?" if near else "; docs/theano.md says what is there"


def missing_name(module: str, name: str, known: Iterable[str]) -> Any:
    """The placeholder of a name that Theano had, for a module's ``__getattr__``; others are refused.

    Args:
        module, name, known: as of ``no_name``.

    Returns:
        A ``Missing``, or a ``MissingModule`` if Theano had a module of that name.

    Raises:
        MissingNameError: for a name that Theano did not have. ``AttributeError`` for Python's own probes.

    Example:
        >>> missing_name("theano.gof.cmodule", "GCC_compiler", [])
        <theano.gof.cmodule.GCC_compiler, which symdrop does not have>
    """
    path = f"{module}.{name}"
    if not is_theanos(path) or name.startswith("__"):
        no_name(module, name, known)
    return MissingModule(path) if path in theanos_names() else Missing(path, known)


class Missing:
    """A name that could be imported, and cannot be used.

    Args:
        path: the whole name, such as "theano.sandbox.neighbours.images2neibs".
        known: what its module has.

    Example:
        >>> Missing("theano.foo.bar")(3)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        symdrop.errors.MissingNameError: symdrop has no theano.foo.bar; docs/theano.md says what is there ...
    """

    def __init__(self, path: str, known: Iterable[str] = ()) -> None:
        self._path = path
        self._known = known

    def _refuse(self) -> NoReturn:
        module, _, name = self._path.rpartition(".")
        no_name(module, name, self._known)

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        self._refuse()

    def __mro_entries__(self, bases: Any) -> NoReturn:
        self._refuse()

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        self._refuse()

    def __instancecheck__(self, instance: Any) -> bool:
        return False

    def __subclasscheck__(self, subclass: Any) -> bool:
        return False

    def __repr__(self) -> str:
        return f"<{self._path}, which symdrop does not have>"


class MissingModule(ModuleType):
    """A module of Theano that symdrop does not have; what is imported from it is a placeholder."""

    def __getattr__(self, name: str) -> Any:
        path = f"{self.__name__}.{name}"
        if name.startswith("__") or (self.__name__ in theanos_names() and not is_theanos(path)):
            no_name(self.__name__, name, ())
        return MissingModule(path) if path in theanos_names() else Missing(path)

    def _refuse(self) -> NoReturn:
        module, _, name = self.__name__.rpartition(".")
        no_name(module, name, getattr(sys.modules.get(re.sub(r"^theano", _HERE, module)), "__all__", ()))

    # "from theano import x" cannot know whether x was meant to be a module, a function or a class.

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        self._refuse()

    def __mro_entries__(self, bases: Any) -> NoReturn:
        self._refuse()

    def __instancecheck__(self, instance: Any) -> bool:
        return False

    def __subclasscheck__(self, subclass: Any) -> bool:
        return False

"""The names of Theano that a script uses, and whether they are there.

Read next: findings.py
"""

from __future__ import annotations

import ast
import importlib
from typing import Any, NamedTuple

from ..missing import Missing, MissingModule, advice, is_impossible, theanos_names
from ..runner import MODULES
from ..settings import config
from .aliases import Aliases

_HERE = __package__.rpartition(".")[0]


class Use(NamedTuple):
    """A name that a script uses.

    Attributes:
        name: the whole name.
        lines: where it is used.
        supported: whether it is there.
        advice: if it is not: the reason, or the nearest name.
    """

    name: str
    lines: tuple[int, ...]
    supported: bool
    advice: str


def split(path: str) -> tuple[str, str]:
    """A dotted name as its module and the name in it, without attributes of the latter.

    Example:
        >>> split("theano.tensor.nnet.softmax.__doc__"), split("theano.tensor.signal.pool")
        (('theano.tensor.nnet', 'softmax'), ('theano.tensor.signal.pool', ''))
    """
    parts = path.split(".")
    known = [n for n in range(1, len(parts) + 1) if is_module(".".join(parts[:n]))]
    end = max(known, default=1)
    return ".".join(parts[:end]), parts[end] if end < len(parts) else ""


def is_module(path: str) -> bool:
    """Says whether a dotted name is one of Theano's modules."""
    return path in MODULES or (path in theanos_names() and not is_impossible(path))


def found(module: str, name: str) -> Any:
    """The value that symdrop.theano has under a name of Theano's; None for what is missing."""
    if module not in MODULES:
        return None
    home = importlib.import_module(f"{_HERE}.{MODULES[module]}" if MODULES[module] else _HERE)
    value = getattr(home, name, None) if name else home
    return None if isinstance(value, Missing | MissingModule) else value


def standing(path: str) -> tuple[bool, str]:
    """The standing of a dotted name: whether it is there, and if not the reason or the nearest name.

    Example:
        >>> standing("theano.tensor.dot")
        (True, '')
        >>> standing("theano.tensor.argmx")
        (False, "did you mean 'argmax'?")
    """
    module, name = split(path)
    if any(is_impossible(prefix) for prefix in _prefixes(path)):
        return False, "the import raises ImportError, as in a Theano without a graphics card"
    if module == "theano" and name == "config":
        return _setting(path)
    value = found(module, name)
    if value is not None or (name == "__version__"):
        return True, ""
    if not name:
        module, _, name = module.rpartition(".")
    known = getattr(found(module, ""), "__all__", ()) if module in MODULES else ()
    return False, advice(module, name, known).lstrip(";: ")


def _setting(path: str) -> tuple[bool, str]:
    """Settings may be assigned by any name; what can be read has a value."""
    names = path.split(".")[2:]
    is_there = not names or hasattr(config, names[0])
    return is_there, "" if is_there else "the setting has no value until the script assigns one"


def _prefixes(path: str) -> list[str]:
    parts = path.split(".")
    return [".".join(parts[: n + 1]) for n in range(len(parts))]


def uses(tree: ast.AST, aliases: Aliases) -> list[Use]:
    """The names of Theano that a script uses, in the order of their names.

    Args:
        tree: the script.
        aliases: what its names stand for.
    """
    lines: dict[str, set[int]] = {}
    inner: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom | ast.Import):
            for path in _imported(node):
                lines.setdefault(path, set()).add(node.lineno)
        elif isinstance(node, ast.Attribute | ast.Name):
            if isinstance(node, ast.Attribute):
                inner.add(node.value)
            if node not in inner and (path := aliases.path(node)):
                lines.setdefault(_named(path), set()).add(node.lineno)
    theanos = {path: where for path, where in lines.items() if path.partition(".")[0] == "theano" and path != "theano"}
    return [Use(path, tuple(sorted(where)), *standing(path)) for path, where in sorted(theanos.items())]


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if node.level or not node.module:
        return []
    return [_named(node.module if alias.name == "*" else f"{node.module}.{alias.name}") for alias in node.names]


def _named(path: str) -> str:
    """A path without attributes of what it names."""
    if path.partition(".")[0] != "theano":
        return path
    module, name = split(path)
    return f"{module}.{name}" if name else module

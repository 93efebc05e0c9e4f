"""Packages of Python 2: ``import helper`` found the module beside the one that said so, wherever the script was.

Read next: idioms.py
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

from .findings import Finding, Text


def relative_findings(tree: ast.AST, text: Text, path: Path) -> Iterator[Finding]:
    """The imports of modules beside a module of a package, which Python 3 looks for beside the script.

    Args:
        tree: the module.
        text: what it was parsed from.
        path: where it is.
    """
    if not _is_in_package(path) or _is_script(tree):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not node.level and node.module and _is_beside(node.module, path):
            at = text.data.index(node.module.encode(), text.start(node))
            change = text.inserted(at, ".")
            yield Finding(node.lineno, "relative import", f"write from .{node.module} import", (change,))
        elif isinstance(node, ast.Import) and (beside := [one for one in node.names if _is_beside(one.name, path)]):
            others = [one for one in node.names if one not in beside]
            new = f"from . import {_listed(beside)}" + (f"; import {_listed(others)}" if others else "")
            # No sign says what import a.b beside a module binds.
            is_plain = all("." not in one.name for one in beside)
            changes = (text.replaced(node, new),) if is_plain else ()
            yield Finding(node.lineno, "relative import", f"write from . import {_listed(beside)}", changes)


def _listed(names: Sequence[ast.alias]) -> str:
    return ", ".join(ast.unparse(one) for one in names)


def _is_in_package(path: Path) -> bool:
    """Says whether a module lies in a package that scripts beside the package use."""
    folder = path.resolve().parent
    if not (folder / "__init__.py").is_file():
        return False
    while (folder / "__init__.py").is_file():
        folder = folder.parent
    return any(folder.glob("*.py"))


def _is_script(tree: ast.AST) -> bool:
    """Says whether a module is also run by itself, where relative imports are errors."""
    return any(isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(tree))


def _is_beside(module: str, path: Path) -> bool:
    top = module.partition(".")[0]
    folder = path.resolve().parent
    if top in sys.stdlib_module_names or top in (folder.name, path.stem):
        return False
    return (folder / f"{top}.py").is_file() or (folder / top / "__init__.py").is_file()


def importing_beside(places: Sequence[str]) -> Mapping[str, Any]:
    """The builtins of a module of a Python-2 package: its imports look into the package first.

    Args:
        places: the folders of the package.

    Example:
        >>> importing_beside([])["len"]([1, 2])
        2
    """
    plain: Callable[..., Any] = builtins.__import__

    def imported(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        is_beside = level == 0 and PathFinder.find_spec(name.partition(".")[0], [*places]) is not None
        return plain(name, globals, locals, fromlist, 1 if is_beside else level)

    return {**vars(builtins), "__import__": imported}

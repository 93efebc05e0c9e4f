"""Lazy loading: modules, and names that they define, that are imported when they are first used.

Source: PEP 562, "Module __getattr__ and __dir__", 2017.

Read next: files.py
"""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any


class LazyNames:
    """Names of a module that other modules define, which are imported when the name is first read.

    The module's ``__getattr__`` asks for them; for type checkers it imports them ``if TYPE_CHECKING``.

    Args:
        namespace: the module's ``globals()``.
        names: the names that a module defines, by that module, which stands in the same package.
    """

    def __init__(self, namespace: dict[str, Any], names: Mapping[str, tuple[str, ...]]) -> None:
        self.namespace = namespace
        self.home = {name: module for module, own in names.items() for name in own}

    def __contains__(self, name: object) -> bool:
        return name in self.home

    def load(self, name: str) -> Any:
        """The value of a name, from now on bound in the module."""
        module = import_module(f".{self.home[name]}", self.namespace["__package__"])
        value = self.namespace[name] = getattr(module, name)
        return value


def import_files(package: str) -> None:
    """Import every file of a package; the packages in it are left alone."""
    _import_all(package, packages=False)


def import_packages(package: str) -> None:
    """Import every package that stands in a package."""
    _import_all(package, packages=True)


def _import_all(package: str, packages: bool) -> None:
    for found in pkgutil.iter_modules(sys.modules[package].__path__):
        if found.ispkg is packages:
            import_module(f"{package}.{found.name}")

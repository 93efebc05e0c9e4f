"""The settings in force, and the machine and the versions that a report of a fault should name.

Read next: network.py
"""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from ..backends.native.cache import objects
from ..backends.native.jit.target import LlvmUnavailable, target
from ..binding import public
from ..config import VERSION, config
from ..errors import ArgumentError

# What decides what a function computes and how fast, symdrop itself and Python aside.
_PACKAGES = ("numpy", "scipy", "llvmlite")


class Told(str):
    """A text that was printed already, so that a prompt or a notebook shows nothing more.

    Example:
        >>> len(repr(Told("a line"))), len(Told("a line"))
        (0, 6)
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return ""

    def _ipython_display_(self) -> None:
        """Nothing, and no number of an output either."""


@public
def show_config() -> Told:
    """Print the settings with the place each value comes from, the versions, the machine and the cache folder.

    Returns:
        The printed text, for a report. No function is compiled.

    Example:
        >>> import symdrop as sd
        >>> report = sd.show_config()  # doctest: +ELLIPSIS
        floatX ...
        >>> "numpy" in report
        True
    """
    origins = config.origins()
    settings = [(name, str(getattr(config, name)) or "(nothing)", origins[name]) for name in origins]
    width = max(len(value) for _, value, _ in settings)
    lines = [f"{name:<20}{value:<{max(width, 10)}}  {origin}" for name, value, origin in settings]
    facts = {
        "symdrop": VERSION,
        "Python": f"{platform.python_version()} ({platform.python_implementation()})",
        **{package: _version(package) for package in _PACKAGES},
        "system": f"{platform.system()} on {platform.machine()}",
        "native code": _native(),
        "cache folder": str(objects.folder() or "none; compiled code is kept in memory"),
    }
    text = Told("\n".join([*lines, "", *(f"{name:<20}{value}" for name, value in facts.items())]))
    print(text)
    return text


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _native() -> str:
    try:
        machine = target()
    except (LlvmUnavailable, ArgumentError) as error:
        return f"none: {error}"
    return f"{machine.cpu}, {machine.level}, vectors of {machine.vector_bits} bits"

"""Folders of data sets: looked into by the names that their files have, and explained where one is missing.

Read next: mnist.py
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ..errors import DataError, GraphTypeError, shown
from ..files import named
from .reading import MissingDataError


def folder_of(caller: str, given: str | os.PathLike[str], kind: str) -> Path:
    """A folder that is there; ``kind`` says in errors what it should hold.

    Raises:
        MissingDataError: if there is none.
        DataError: if it is a file.
        GraphTypeError: if it is no path.
    """
    try:
        folder = Path(given).expanduser()
    except TypeError:
        raise GraphTypeError(f"{caller}: a folder is a string or a Path, not {shown(given)}.") from None
    except RuntimeError as error:
        raise MissingDataError(f"{named(given)}: no such folder ({error})") from None
    # These functions, unlike a path's own methods, say no about what may not be looked at, or has a NUL in it.
    if not os.path.exists(folder):
        raise MissingDataError(f"{named(folder)}: no such folder; expected one that holds {kind}.")
    if not os.path.isdir(folder):
        raise DataError(f"{named(folder)}: found a file, expected the folder that holds {kind}.")
    return folder


def find(folder: Path, names: Sequence[str], expected: str) -> Path:
    """The first file of these names that is there.

    Args:
        folder: a folder that is there.
        names: the first is the one that errors name.
        expected: all files of the data set, in words.

    Raises:
        MissingDataError: if none is there; it lists what the folder holds.
        DataError: if the folder cannot be looked into.
    """
    for name in names:
        if os.path.exists(folder / name):
            return folder / name
    try:
        found = sorted(os.listdir(folder))
    except OSError as error:
        raise DataError(f"{named(folder)}: this folder cannot be read: {error.strerror}.") from None
    listed = ", ".join(found[:8]) + (", ..." if len(found) > 8 else "") if found else "nothing"
    others = f" (nor {', '.join(names[1:])})" if len(names) > 1 else ""
    raise MissingDataError(
        f"{named(folder / names[0])}: no such file{others}; found in the folder: {listed}; expected {expected}."
    )

"""The folder of the code cache: private to its user, and bounded by evicting the least recently used entries.

Read next: objects.py
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

SUFFIX = ".object"
TEMPORARY = ".unfinished"
_ABANDONED_SECONDS = 3600.0
# So many entries tell about how large all of them are.
_SAMPLE = 256


class _File(NamedTuple):
    """When a file was used, its size in bytes, and where it is."""

    used: float
    size: int
    path: str


def check_private(place: Path) -> None:
    """Refuse a folder in which others could leave code; one that is not there is no such folder.

    Raises:
        PermissionError: if everybody may write to it, or it is another user's, who may rename what lies in it.
        OSError: if it cannot be looked at.
    """
    try:
        status = place.stat()
    except (FileNotFoundError, NotADirectoryError):
        return
    if not is_trusted(status):
        raise PermissionError(errno.EPERM, "it belongs to another user, whose code could lie in it", str(place))
    if sys.platform != "win32" and status.st_mode & stat.S_IWOTH:
        raise PermissionError(errno.EPERM, "everybody may write to it, so anybody's code could lie in it", str(place))


def make_private(place: Path) -> None:
    """Make a folder and those above it that are missing, all of them for this user alone.

    Raises:
        OSError: if that cannot be done.
    """
    # ``mkdir(parents=True)`` would give its mode to the last one only.
    missing = [place, *takewhile(lambda above: not above.exists(), place.parents)]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)


def is_trusted(status: os.stat_result) -> bool:
    """True if a file or folder is this user's or the administrator's: code that anybody else left is never run."""
    return sys.platform == "win32" or status.st_uid in (os.geteuid(), 0)


def evict(place: Path, most_entries: int, most_bytes: int) -> None:
    """Remove what was abandoned half written, and of a folder past its bounds the least recently used entries.

    An eighth of the bounds is freed then, so that a full folder is not gone through for every few entries.

    Args:
        place: the folder.
        most_entries: how many it may hold.
        most_bytes: how many bytes they may have together.
    """
    names = os.listdir(place)
    for file in _looked_at(place, (name for name in names if name.endswith(TEMPORARY))):
        if time.time() - file.used > _ABANDONED_SECONDS:
            remove(file.path)
    names = [name for name in names if name.endswith(SUFFIX)]
    if _SAMPLE < len(names) <= most_entries:
        # Looking at all of a large folder takes longer than compiling a kernel. Names are hashes: any sample is fair.
        mean = sum(file.size for file in _looked_at(place, names[:_SAMPLE])) / _SAMPLE
        if mean * len(names) < most_bytes / 2:
            return
    files = sorted(_looked_at(place, names))
    count, total = len(files), sum(file.size for file in files)
    if count <= most_entries and total <= most_bytes:
        return
    for file in files:
        if count <= most_entries - most_entries // 8 and total <= most_bytes - most_bytes // 8:
            break
        remove(file.path)
        count, total = count - 1, total - file.size


def remove(path: str) -> None:
    """Remove a file if that can be done."""
    try:
        os.unlink(path)
    except OSError:
        pass


def _looked_at(place: Path, names: Iterable[str]) -> list[_File]:
    """The files of those names, without those that another process has removed, and without folders."""
    found = []
    for name in names:
        path = os.path.join(place, name)
        try:
            status = os.lstat(path)
        except OSError:
            continue
        if not stat.S_ISDIR(status.st_mode):
            found.append(_File(status.st_mtime, status.st_size, path))
    return found

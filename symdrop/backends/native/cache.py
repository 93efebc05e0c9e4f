"""Machine code kept between runs: a folder of object files, each under the hash of what made it.

An entry is only ever trusted after its checksum was read, and only ever appears whole (it is written
beside its place and moved there), so a killed process, a full disk, a second process or a stranger's
file cost a compilation and nothing else. Where nothing can be written, work goes on without the folder.

Read next: image.py
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import threading
import time
import warnings
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

from ...errors import shown
from ...threads import held_over_forks, once_per_key

# Raised whenever equal text would give another object, or an entry is laid out differently.
FORMAT = 2

_MAGIC = b"symdrop object %d\n" % FORMAT
_OFF = ("", "0", "off", "none", "false")
_SUFFIX = ".object"
_TEMPORARY = ".unfinished"
_ABANDONED_SECONDS = 3600.0
# Looking through a folder of 4096 files takes about 10 ms, so one write in so many does it.
_WRITES_BETWEEN_SWEEPS = 32

# For all caches of the process.
_LOCK = held_over_forks(threading.Lock())


def key(*parts: str) -> str:
    """The name of an entry: a hash of everything that decides what is in it.

    Args:
        parts: texts; where one ends and the next begins counts too.

    Returns:
        64 hexadecimal digits.

    Example:
        >>> key("ab", "c") == key("a", "bc")
        False
    """
    digest = hashlib.sha256()
    for part in (str(FORMAT), *parts):
        data = part.encode()
        digest.update(b"%d:" % len(data) + data)
    return digest.hexdigest()


def folder(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path | None:
    """Where entries are kept.

    Args:
        environment: the environment variables; ``SYMDROP_CACHE`` names a folder, or is "off".
        platform: what ``sys.platform`` says.

    Returns:
        A folder that need not exist, or None if there is none to use.

    Example:
        >>> folder({"SYMDROP_CACHE": "off"}) is None
        True
    """
    chosen = environment.get("SYMDROP_CACHE")
    if chosen is not None and chosen.strip().lower() in _OFF:
        return None
    try:
        if chosen is not None:
            return Path(chosen).expanduser().absolute()
        home = Path.home()
    except RuntimeError:  # this process has no home
        return None
    if platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local") / "symdrop" / "Cache"
    if platform == "darwin":
        return home / "Library" / "Caches" / "symdrop"
    named = Path(environment.get("XDG_CACHE_HOME", ""))
    return (named if named.is_absolute() else home / ".cache") / "symdrop"


class ObjectCache:
    """Objects by key, in memory and, if there is a folder, on disk.

    Args:
        place: the folder, or None to keep objects in memory only.
        most_bytes: what the folder may hold; the entries used longest ago go first.
        most_entries: how many files it may hold.
        most_memory: bytes kept in memory.

    Example:
        >>> store = ObjectCache(None)
        >>> store.put("k", b"code")
        >>> store.get("k")
        b'code'
    """

    def __init__(
        self, place: Path | None, most_bytes: int = 256 << 20, most_entries: int = 4096, most_memory: int = 64 << 20
    ) -> None:
        self.place = place
        self._most_bytes = most_bytes
        self._most_entries = most_entries
        self._most_memory = most_memory
        self._memory: OrderedDict[str, bytes] = OrderedDict()
        self._memory_bytes = 0
        self._writes = 0
        self._warned = False

    def get(self, name: str) -> bytes | None:
        """The object of that name, or None if there is none that can be trusted."""
        with _LOCK:
            data = self._memory.get(name)
            if data is not None:
                self._memory.move_to_end(name)
                return data
            data = self._read(name)
            if data is not None:
                self._remember(name, data)
            return data

    def put(self, name: str, data: bytes) -> None:
        """Keep an object; whether the disk took it is not the caller's business."""
        with _LOCK:
            self._remember(name, data)
            try:
                if self.place is not None:
                    self._write(self.place, name, data)
                return
            except OSError as error:
                if self._warned:
                    return
                self._warned = True
                problem = error.strerror or str(error)
        warnings.warn(
            f"compiled code cannot be kept in {shown(str(self.place))} ({problem}), so it will be compiled anew in "
            "every process; SYMDROP_CACHE names another folder, or is 'off'",
            RuntimeWarning,
            stacklevel=2,
        )

    def _remember(self, name: str, data: bytes) -> None:
        self._memory_bytes += len(data) - len(self._memory.pop(name, b""))
        self._memory[name] = data
        while self._memory_bytes > self._most_memory and len(self._memory) > 1:
            self._memory_bytes -= len(self._memory.popitem(last=False)[1])

    def _read(self, name: str) -> bytes | None:
        if self.place is None:
            return None
        path = self.place / (name + _SUFFIX)
        try:
            with path.open("rb") as file:
                if not _is_ours(file.fileno()):
                    return None
                content = file.read()
        except OSError:
            return None
        data = content[len(_MAGIC) + 32 :]
        if content != _sealed(name, data):
            return None
        try:
            os.utime(path)  # used now: the order in which entries go
        except OSError:
            pass
        return data

    def _write(self, place: Path, name: str, data: bytes) -> None:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, temporary = tempfile.mkstemp(suffix=_TEMPORARY, dir=place)
        try:
            with open(number, "wb") as file:
                file.write(_sealed(name, data))
            os.replace(temporary, place / (name + _SUFFIX))
        except BaseException:
            _remove(temporary)
            raise
        if self._writes % _WRITES_BETWEEN_SWEEPS == 0:
            self._sweep(place)
        self._writes += 1

    def _sweep(self, place: Path) -> None:
        """Remove what was abandoned half written, then the entries used longest ago, down to the bounds."""
        entries = []
        with os.scandir(place) as found:
            for entry in found:
                try:
                    status = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue  # another process was faster
                if entry.name.endswith(_SUFFIX):
                    entries.append((status.st_mtime, status.st_size, entry.path))
                elif entry.name.endswith(_TEMPORARY) and time.time() - status.st_mtime > _ABANDONED_SECONDS:
                    _remove(entry.path)
        count, total = len(entries), sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if count <= self._most_entries and total <= self._most_bytes:
                break
            _remove(path)
            count, total = count - 1, total - size


def _sealed(name: str, data: bytes) -> bytes:
    """What stands in a file: the checksum covers the name, so an entry moved to another name is foreign."""
    return _MAGIC + hashlib.sha256(name.encode() + b"\n" + data).digest() + data


def _is_ours(number: int) -> bool:
    """Code that another user left in a shared folder is never run; the administrator's is."""
    if sys.platform == "win32":
        return True
    return os.fstat(number).st_uid in (os.geteuid(), 0)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass


@once_per_key(_LOCK)
def _at(place: Path | None) -> ObjectCache:
    return ObjectCache(place)


def current() -> ObjectCache:
    """The cache that the environment names now."""
    return _at(folder())

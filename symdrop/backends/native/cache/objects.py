"""Machine code kept between runs: a folder of object files, each under the hash of what made it.

An entry is only ever trusted after its checksum was read, and only ever appears whole (it is written
beside its place and moved there), so a killed process, a full disk, a second process or a stranger's
file cost a compilation and nothing else. A folder that everybody may write to is not used, for a checksum
is no signature. Where nothing can be written, work goes on without the folder.

Read next: ../templates.py
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

from ....errors import shown, warn
from ....files import open_regular
from ....threads import held_over_forks, once_per_key
from .folder import SUFFIX, TEMPORARY, check_private, evict, is_trusted, make_private, remove

# Raised whenever equal text would give another object, or an entry is laid out differently.
FORMAT = 2

_PACKAGE = Path(__file__).parents[3]
# Parts of the package from which neither the back ends nor any op may import anything: they decide no code.
ABOVE = frozenset({"bench", "compiler", "data", "inspect", "io", "nn", "optim", "random", "theano", "viz"})
PASSED_OVER = ABOVE | {"__pycache__"}
_MAGIC = b"symdrop object %d\n" % FORMAT
_OFF = ("", "0", "off", "none", "false")
# Looking through a folder takes time, so one write in so many does it.
_WRITES_BETWEEN_EVICTIONS = 32

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


@cache
def package_state() -> str | None:
    """The state of those of this package's files that may decide what code is made; None if it is not known."""
    archive = next((place for place in _PACKAGE.parents if place.is_file()), None)
    found = [_state(archive)] if archive else []
    folders = [_PACKAGE] if _PACKAGE.is_dir() else []
    while folders:
        with os.scandir(folders.pop()) as entries:
            inside = {entry.name: entry for entry in entries}
        for name in inside.keys() - PASSED_OVER:
            if name.endswith((".py", ".ll")):
                found.append(_state(inside[name]))
            elif inside[name].is_dir():
                folders.append(Path(inside[name].path))
    return repr(sorted(found)) if found else None


def _state(file: Path | os.DirEntry[str]) -> tuple[str, int, int]:
    status = file.stat()
    return os.fspath(file), status.st_mtime_ns, status.st_size


def folder(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path | None:
    """The folder of the entries.

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
        if platform == "win32":
            return Path(environment.get("LOCALAPPDATA") or _home() / "AppData" / "Local") / "symdrop" / "Cache"
        if platform == "darwin":
            return _home() / "Library" / "Caches" / "symdrop"
        named = Path(environment.get("XDG_CACHE_HOME", ""))
        return (named if named.is_absolute() else _home() / ".cache") / "symdrop"
    except (RuntimeError, OSError):  # no home, or no current folder
        return None


def _home() -> Path:
    """The home of this process's user.

    Raises:
        RuntimeError: if there is none; it is not made.
        OSError: if it may not be looked at.
    """
    home = Path.home()
    if not home.is_absolute() or not home.is_dir():
        raise RuntimeError(f"{home} is no folder")
    return home


def packed(files: Sequence[bytes], head: object = None) -> bytes:
    """Object files as one entry, with what is known of them.

    Args:
        files: their bytes.
        head: what JSON can write down.
    """
    return json.dumps([head, [len(file) for file in files]]).encode() + b"\n" + b"".join(files)


def unpacked(entry: bytes) -> tuple[Any, list[bytes]]:
    """The head and the files of an entry that ``packed`` has made.

    Example:
        >>> unpacked(packed([b"one", b"two"], "head"))
        ('head', [b'one', b'two'])
    """
    line, _, rest = entry.partition(b"\n")
    head, lengths = json.loads(line)
    ends = list(accumulate(lengths))
    return head, [rest[end - length : end] for end, length in zip(ends, lengths, strict=True)]


class ObjectCache:
    """Objects by key, in memory and, if there is a folder, on disk.

    Args:
        place: the folder, or None to keep objects in memory only.
        most_bytes: what the folder may hold; the entries used longest ago go first.
        most_entries: how many files it may hold; an entry has about 10 kB.
        most_memory: bytes kept in memory.

    Example:
        >>> store = ObjectCache(None)
        >>> store.put("k", b"code")
        >>> store.get("k")
        b'code'
    """

    def __init__(
        self, place: Path | None, most_bytes: int = 256 << 20, most_entries: int = 1 << 14, most_memory: int = 64 << 20
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
        problem = None
        with _LOCK:
            data = self._memory.get(name)
            if data is not None:
                self._memory.move_to_end(name)
            elif self.place is not None:
                try:
                    check_private(self.place)
                    data = self._read(self.place, name)
                except OSError as error:
                    problem = self._first(error)
                if data is not None:
                    self._remember(name, data)
        self._report(problem)
        return data

    def put(self, name: str, data: bytes) -> None:
        """Keep an object; whether the disk took it is not the caller's business."""
        problem = None
        with _LOCK:
            self._remember(name, data)
            try:
                if self.place is not None and len(data) <= self._most_bytes:
                    self._write(self.place, name, data)
            except OSError as error:
                problem = self._first(error)
        self._report(problem)

    def _first(self, error: OSError) -> str | None:
        """The words of the first error, nothing of later ones."""
        warned, self._warned = self._warned, True
        return None if warned else error.strerror or str(error)

    def _report(self, problem: str | None) -> None:
        """Called with no lock in hand, for a program may do anything when it is warned."""
        if problem is not None:
            warn(
                f"compiled code cannot be kept in {shown(str(self.place))} ({problem}), so it will be compiled anew in "
                "every process; SYMDROP_CACHE names another folder, or is 'off'"
            )

    def _remember(self, name: str, data: bytes) -> None:
        self._memory_bytes += len(data) - len(self._memory.pop(name, b""))
        self._memory[name] = data
        while self._memory_bytes > self._most_memory and len(self._memory) > 1:
            self._memory_bytes -= len(self._memory.popitem(last=False)[1])

    def _read(self, place: Path, name: str) -> bytes | None:
        path = place / (name + SUFFIX)
        head = len(_MAGIC) + hashlib.sha256().digest_size
        try:
            with open_regular(path) as file:
                status = os.fstat(file.fileno())
                if not is_trusted(status) or status.st_size > head + self._most_bytes:
                    return None
                content = file.read(head)
                # Of a file that is none of these, however large, no more is read.
                content += file.read(status.st_size) if content.startswith(_MAGIC) else b""
        except OSError:
            return None
        data = content[head:]
        if content != _sealed(name, data):
            return None
        try:
            os.utime(path)  # used now: the order in which entries go
        except OSError:
            pass
        return data

    def _write(self, place: Path, name: str, data: bytes) -> None:
        make_private(place)
        check_private(place)
        number, temporary = tempfile.mkstemp(suffix=TEMPORARY, dir=place)
        try:
            with open(number, "wb") as file:
                file.write(_sealed(name, data))
            os.replace(temporary, place / (name + SUFFIX))
        except BaseException:
            remove(temporary)
            raise
        if self._writes % _WRITES_BETWEEN_EVICTIONS == 0:
            evict(place, self._most_entries, self._most_bytes)
        self._writes += 1


def _sealed(name: str, data: bytes) -> bytes:
    """The bytes of an entry's file: the checksum covers the name, so an entry moved to another name is foreign."""
    return _MAGIC + hashlib.sha256(name.encode() + b"\n" + data).digest() + data


@once_per_key(_LOCK)
def _at(place: Path | None) -> ObjectCache:
    return ObjectCache(place)


def current() -> ObjectCache:
    """The cache that the environment names now."""
    return _at(folder())

"""Regular files: opened first, looked at then, and read up to a bound.

What stands under a path may have been put there by anybody. Opening a pipe waits for its other end, reading a device
may never end, and a check made before a file is opened is about another file once somebody has replaced it.

Read next: processors.py
"""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader

from .errors import shown

# No waiting for the other end of a pipe, no terminal that becomes this process's, no file of a child, no new lines.
_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"))

_KINDS = {
    stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}  # fmt: skip


def open_regular(path: str | os.PathLike[str]) -> BufferedReader:
    """A regular file, opened for reading in binary; links are followed.

    Raises:
        OSError: if it cannot be opened, or is a folder, a pipe, a device or a socket.
        ValueError: if the path has a NUL in it.

    Example:
        >>> open_regular(os.curdir)
        Traceback (most recent call last):
            ...
        OSError: [Errno 22] it is a folder, not a file: '.'
    """
    number = os.open(path, _FLAGS)
    try:
        check_regular(path, os.fstat(number))
        return open(number, "rb")
    except BaseException:
        os.close(number)
        raise


def check_regular(path: str | os.PathLike[str], status: os.stat_result) -> None:
    """Refuse what is no regular file.

    Args:
        path: its name, for the error.
        status: what the system says of it.

    Raises:
        OSError: if it is a folder, a pipe, a device or a socket.
    """
    kind = stat.S_IFMT(status.st_mode)
    if kind != stat.S_IFREG:
        raise OSError(errno.EINVAL, f"it is {_KINDS.get(kind, 'something else')}, not a file", os.fspath(path))


def read_regular(path: str | os.PathLike[str], most: int) -> bytes:
    """The content of a regular file.

    Args:
        path: the file.
        most: how many bytes it may have.

    Raises:
        OSError: as ``open_regular``; and for a larger file.
        ValueError: if the path has a NUL in it.
    """
    with open_regular(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"it has more than {most} bytes", os.fspath(path))
    return content


def named(path: str | os.PathLike[str]) -> str:
    """A path as errors name it: as it is, or in quotes and cut if it cannot be printed on a line.

    Example:
        >>> named("data/images.gz"), named("a\\0b")
        ('data/images.gz', "'a\\\\x00b'")
    """
    text = str(path)
    return text if text.isprintable() and len(text) < 500 else shown(text)

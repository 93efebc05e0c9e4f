"""Data files: opened as what they should be, unpacked up to a bound, and explained where they are something else.

A file of a few bytes may unpack to a thousand times as many, and say that it holds more still. So nothing is unpacked
past a bound that the caller names, and no size that a file states is believed before its bytes are there.

Read next: text.py
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from textwrap import shorten

from ..errors import DataError, GraphTypeError, shown
from ..files import named, open_regular

GZIP_MAGIC = b"\x1f\x8b"
# What a text, a table or an archive may have, unless the caller knows better.
MOST = 1 << 30
# What is unpacked at once.
PIECE = 1 << 20


class MissingDataError(DataError, FileNotFoundError):
    """A data file or folder that is not there."""


def reason(error: Exception) -> str:
    """The text of an error, which may quote a file, on one line of bounded length."""
    text = shorten(str(error).rstrip("."), 200, placeholder=" ...")
    return text if text.isprintable() else shown(text)


def path_of(caller: str, path: str | os.PathLike[str]) -> Path:
    """A path as it was given.

    Raises:
        GraphTypeError: if it is no path.
    """
    try:
        return Path(path)
    except TypeError:
        raise GraphTypeError(f"{caller}: a path is a string or a Path, not {shown(path)}.") from None


def opened(path: Path, kind: str) -> BufferedReader:
    """A data file, open; ``kind`` says in errors what it should be, such as "an IDX file"."""
    try:
        return open_regular(path)
    except (FileNotFoundError, NotADirectoryError):
        raise MissingDataError(f"{named(path)}: no such file; expected {kind}.") from None
    except ValueError as error:  # a NUL, or what no file system can spell
        raise DataError(f"{named(path)}: not a path ({error}); pass that of {kind}.") from None
    except OSError as error:
        if os.path.isdir(path):
            raise DataError(f"{named(path)}: found a folder, expected {kind}; pass the file itself.") from None
        raise DataError(f"{named(path)}: cannot be read: {error.strerror}; expected {kind}.") from None


@contextmanager
def explained(path: Path, size: int) -> Iterator[None]:
    """A block that reads a file of so many bytes, perhaps through gzip; what fails there becomes a sentence."""
    try:
        yield
    except EOFError:
        raise DataError(
            f"{named(path)}: truncated: its {size} bytes of gzip stop before their end; copy the file anew."
        ) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{named(path)}: damaged gzip ({error}); copy the file anew.") from None
    except OSError as error:
        raise DataError(f"{named(path)}: cannot be read: {error.strerror}.") from None


def content_of(path: Path, kind: str, most: int) -> bytes:
    """The bytes of a file, unpacked if its first two say that it is gzipped.

    Args:
        path: the file.
        kind: what it should be, for errors.
        most: how many bytes it may have, packed or not.

    Raises:
        MissingDataError: if there is no such file.
        DataError: if it cannot be read, is damaged, or has more bytes.
    """
    with opened(path, kind) as file:
        size = os.fstat(file.fileno()).st_size
        with explained(path, size):
            packed = file.peek(2)[:2] == GZIP_MAGIC
            content = _unpacked(file, most) if packed else file.read(min(size, most) + 1)
    if len(content) > most:
        raise DataError(f"{named(path)}: too long: more than most={most} bytes; allow more, or pass another file.")
    return content


def _unpacked(file: BufferedReader, most: int) -> bytes:
    """At most one byte more than ``most``; read in pieces, since ``read(n)`` sets aside n bytes at once."""
    pieces, found = [], 0
    with gzip.GzipFile(fileobj=file) as unpacked:
        while found <= most and (piece := unpacked.read(min(PIECE, most + 1 - found))):
            pieces.append(piece)
            found += len(piece)
    return b"".join(pieces)


def text_of(path: Path, kind: str, most: int) -> str:
    """The text of a file in UTF-8, gzipped or not, without a byte order mark.

    Raises:
        DataError: as of ``content_of``; and for bytes that are no UTF-8, where the first of them stands.
    """
    content = content_of(path, kind, most)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{named(path)}: not UTF-8: line {line} has the byte {content[error.start]:#04x}; save it as UTF-8."
        ) from None

"""The IDX file format: a magic number, the sizes, the bytes.

A file begins with two zero bytes, one byte for the element type and one for the number of
axes; then each axis' length as four bytes, most significant first; then the elements in C
order. The MNIST files hold unsigned bytes (type 8), usually inside gzip.

Read next: mnist.py
"""

from __future__ import annotations

import gzip
import os
import struct
import zlib
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..binding import public
from ..errors import DataError, shown

UNSIGNED_BYTE = 8
GZIP_MAGIC = b"\x1f\x8b"
KINDS = {1: "labels", 3: "images"}


class MissingDataError(DataError, FileNotFoundError):
    """A data file or folder that is not there."""


@public
def read_idx(path: str | os.PathLike[str], ndim: int) -> NDArray[np.uint8]:
    """Read one IDX file of unsigned bytes, gzipped or not (its first bytes decide, not its name).

    Args:
        path: the file.
        ndim: the number of axes it must have: 1 for labels, 3 for images.

    Returns:
        A uint8 array of ``ndim`` axes of the lengths that the file states; the caller's own.

    Raises:
        MissingDataError: there is no such file (also a FileNotFoundError).
        DataError: the file is a folder, damaged, truncated, too long, or not such an IDX file (also a ValueError).

    Source: The format as described with the MNIST database, Y. LeCun, C. Cortes and C. J. C. Burges.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = pathlib.Path(folder) / "three-labels"
        ...     _ = file.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]))
        ...     read_idx(file, ndim=1)
        array([7, 2, 1], dtype=uint8)
    """
    path = Path(path)
    content = _content(path)
    header = 4 + 4 * ndim
    magic = bytes([0, 0, UNSIGNED_BYTE, ndim])
    if content[:4] != magic:
        raise DataError(_wrong_magic(path, content[:4], magic))
    if len(content) < header:
        raise DataError(
            f"{path}: truncated: found {len(content)} bytes, expected a header of {header}; copy the file anew."
        )
    shape = struct.unpack(f">{ndim}I", content[4:header])
    expected, found = prod(shape), len(content) - header
    if found != expected:
        state = "truncated" if found < expected else "too long"
        raise DataError(
            f"{path}: {state}: the header states the shape {shape}, so {expected} bytes were expected after it, "
            f"but {found} were found; copy the file anew."
        )
    # A copy, because an array over ``bytes`` would be read-only.
    return np.frombuffer(content, dtype=np.uint8, offset=header).reshape(shape).copy()


def _content(path: Path) -> bytes:
    """All bytes of a file, unpacked if they are gzip."""
    if path.is_dir():
        raise DataError(f"{path}: found a folder, expected an IDX file; pass the file itself.")
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise MissingDataError(f"{path}: no such file; expected an IDX file, gzipped or not.") from None
    if not content.startswith(GZIP_MAGIC):
        return content
    try:
        return gzip.decompress(content)
    except EOFError:
        raise DataError(
            f"{path}: truncated: its {len(content)} bytes of gzip stop before their end; copy the file anew."
        ) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: damaged gzip ({error}); copy the file anew.") from None


def _wrong_magic(path: Path, found: bytes, expected: bytes) -> str:
    """What to say about a file that does not begin as it should."""
    wanted = KINDS.get(expected[3], f"{expected[3]} axes")
    if len(found) < 4:
        return f"{path}: truncated: found {len(found)} bytes, expected an IDX file of {wanted}; copy the file anew."
    if found[:3] == expected[:3]:
        other = KINDS.get(found[3], f"{found[3]} axes")
        return f"{path}: found an IDX file of {other}, expected {wanted}; are two files swapped or renamed?"
    return (
        f"{path}: not an IDX file of {wanted}: it begins with {shown(found)}, expected {shown(expected)}; "
        "pass the original file, gzipped or unpacked."
    )

"""The IDX file format: a magic number, the sizes, the bytes.

A file begins with two zero bytes, one byte for the element type and one for the number of
axes; then each axis' length as four bytes, most significant first; then the elements in C
order. The MNIST files hold unsigned bytes (type 8), usually inside gzip.

Read next: folders.py
"""

from __future__ import annotations

import gzip
import os
import struct
from io import BufferedReader
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..binding import public
from ..errors import ArgumentError, DataError, shown
from ..files import named
from .reading import GZIP_MAGIC, PIECE, explained, opened, path_of

UNSIGNED_BYTE = 8
KINDS = {1: "labels", 3: "images"}
# A byte of gzip's stands for no more bytes than this, so larger sizes in a header are no sizes.
MOST_PACKED = 1032


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
        DataError: the file is a folder, a pipe or a device, damaged, truncated, too long, or not such an IDX file; the
            path has a NUL in it (also a ValueError).
        ArgumentError: ``ndim`` is not from 1 to 255.
        GraphTypeError: ``path`` is no path.

    The sizes in the header are checked before anything is unpacked, and no more is unpacked than they say.

    Source: The format as described with the MNIST database, Y. LeCun, C. Cortes and C. J. C. Burges.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = pathlib.Path(folder) / "three-labels"
        ...     _ = file.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]))
        ...     read_idx(file, ndim=1)
        array([7, 2, 1], dtype=uint8)
    """
    if isinstance(ndim, bool) or not isinstance(ndim, int | np.integer) or not 1 <= ndim <= 255:
        raise ArgumentError(f"read_idx: ndim is {shown(ndim)}; expected a whole number from 1 to 255, such as 3.")
    path = path_of("read_idx", path)
    with opened(path, "an IDX file, gzipped or not") as file:
        size = os.fstat(file.fileno()).st_size
        with explained(path, size):
            if file.peek(2)[:2] != GZIP_MAGIC:
                return _read(path, file, ndim, size, size)
            with gzip.GzipFile(fileobj=file) as unpacked:
                return _read(path, unpacked, ndim, size, MOST_PACKED * size)


def _read(path: Path, file: BufferedReader | gzip.GzipFile, ndim: int, size: int, most: int) -> NDArray[np.uint8]:
    """The array in an open file of ``size`` bytes that holds at most ``most``; no more is read than its header says."""
    magic = bytes([0, 0, UNSIGNED_BYTE, ndim])
    length = 4 + 4 * ndim
    header = file.read(length)
    if header[:4] != magic:
        raise DataError(_wrong_magic(path, header[:4], magic))
    if len(header) < length:
        raise DataError(
            f"{named(path)}: truncated: found {len(header)} bytes, expected a header of {length}; copy the file anew."
        )
    shape = struct.unpack(f">{ndim}I", header[4:])
    expected = prod(shape)
    promise = f"the header states the shape {shown(shape)}, so {expected} bytes were expected after it"
    if expected > most:
        raise DataError(
            f"{named(path)}: truncated: {promise}, but its {size} bytes cannot hold them; copy the file anew."
        )
    try:
        array = np.empty(shape, np.uint8)
    except (ValueError, MemoryError) as error:
        raise DataError(f"{named(path)}: {promise}, which no array here can hold: {error}.") from None
    memory, found = memoryview(array.reshape(-1).data), 0
    while piece := file.readinto(memory[found : found + PIECE]) if found < expected else 0:
        found += piece
    if found < expected:
        raise DataError(f"{named(path)}: truncated: {promise}, but {found} were found; copy the file anew.")
    # Reading on also makes gzip compare its checksum.
    if file.read(1):
        raise DataError(f"{named(path)}: too long: {promise}, but more were found; copy the file anew.")
    return array


def _wrong_magic(path: Path, found: bytes, expected: bytes) -> str:
    """The sentence about a file that does not begin as it should."""
    wanted = KINDS.get(expected[3], f"{expected[3]} axes")
    name = named(path)
    if len(found) < 4:
        return f"{name}: truncated: found {len(found)} bytes, expected an IDX file of {wanted}; copy the file anew."
    if found[:3] == expected[:3]:
        other = KINDS.get(found[3], f"{found[3]} axes")
        return f"{name}: found an IDX file of {other}, expected {wanted}; are two files swapped or renamed?"
    return (
        f"{name}: not an IDX file of {wanted}: it begins with {shown(found)}, expected {shown(expected)}; "
        "pass the original file, gzipped or unpacked."
    )

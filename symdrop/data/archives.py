"""Archives of arrays in NumPy's npz, of which nothing is run and nothing believed.

An archive states how many bytes each of its parts has, and each part the shape of its array. Both are checked before
anything is unpacked: against a bound, and against each other. Python objects, which NumPy writes as pickles, are
refused: reading a pickle runs what is in it.

Source: NumPy Enhancement Proposal 1, "A simple file format for NumPy arrays", 2007.

Read next: downloads.py
"""

from __future__ import annotations

import os
import zipfile
import zlib
from io import BytesIO
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ..binding import public
from ..errors import DataError, shown
from ..files import named
from .reading import MOST, opened, path_of, reason
from .rows import count_of

# Truth values, numbers, texts, and dates.
KINDS = "biufcSUmM"
# Those that NumPy writes.
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@public
def read_npz(path: str | os.PathLike[str], *, most: int = MOST) -> dict[str, NDArray[Any]]:
    """Read the arrays of a file that ``np.savez`` or ``np.savez_compressed`` wrote, by name.

    Args:
        path: the file.
        most: how many bytes all arrays together may have.

    Raises:
        MissingDataError: if there is no such file.
        DataError: if it cannot be read, is damaged, larger, no such archive, or holds Python objects.
        GraphTypeError: if ``path`` is no path.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     np.savez(pathlib.Path(folder) / "data.npz", x=np.zeros((3, 2)), y=np.arange(3))
        ...     data = read_npz(pathlib.Path(folder) / "data.npz")
        >>> sorted(data), data["y"]
        (['x', 'y'], array([0, 1, 2]))
    """
    place = path_of("read_npz", path)
    most = count_of("read_npz", "most", most)
    with opened(place, "an archive in npz") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                return _arrays(place, archive, most)
        except DataError:
            raise
        # zipfile takes a file's words for offsets and kinds, and fails in as many ways as there are words.
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OverflowError, IndexError, KeyError) as error:
            raise DataError(f"{named(place)}: not an archive in npz, or damaged: {reason(error)}.") from None
        except (NotImplementedError, RuntimeError) as error:  # packed in another way, or by a password
            raise DataError(f"{named(place)}: not an archive that NumPy wrote: {reason(error)}.") from None
        except OSError as error:
            raise DataError(f"{named(place)}: cannot be read: {error.strerror or reason(error)}.") from None


def _arrays(path: Path, archive: zipfile.ZipFile, most: int) -> dict[str, NDArray[Any]]:
    parts = archive.infolist()
    total = sum(part.file_size for part in parts)
    if total > most:
        raise DataError(f"{named(path)}: it states {total} bytes, more than most={most}; allow more if that is right.")
    arrays: dict[str, NDArray[Any]] = {}
    for part in parts:
        name = part.filename.removesuffix(".npy")
        if name == part.filename or part.compress_type not in PACKINGS:
            raise DataError(f"{named(path)}: {shown(part.filename)} in it is no array that NumPy wrote.")
        if name in arrays:
            raise DataError(f"{named(path)}: two arrays are called {shown(name)}.")
        with archive.open(part) as content:
            arrays[name] = _array(f"{named(path)}: {shown(name)}", content, part.file_size)
    return arrays


def _array(where: str, content: IO[bytes], size: int) -> NDArray[Any]:
    """An array from its header and as many bytes as follow from it; an archive's part gives no more than ``size``."""
    data = content.read(size + 1)
    shape, fortran, dtype, start = _header(where, data)
    if dtype.kind not in KINDS or dtype.hasobject or not dtype.itemsize:
        raise DataError(
            f"{where} holds {shown(dtype)}, not numbers or texts; objects are pickles, which are never read."
        )
    expected = prod(shape) * dtype.itemsize
    if expected != len(data) - start:
        raise DataError(
            f"{where}: its shape {shown(shape)} of {dtype} has {expected} bytes, but {len(data) - start} follow."
        )
    flat = np.frombuffer(data, dtype, offset=start).copy() if expected else np.empty(prod(shape), dtype)
    return flat.reshape(shape, order="F" if fortran else "C")


def _header(where: str, data: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """The shape, the order, the dtype and where the numbers begin."""
    content = BytesIO(data)
    try:
        version = np.lib.format.read_magic(content)
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
        shape, fortran, dtype = read(content)
    except Exception as error:  # a header is a Python literal and a dtype, in which anything may stand
        raise DataError(f"{where} has no header of an array: {type(error).__name__}.") from None
    if any(size < 0 for size in shape) or len(shape) > 64:
        raise DataError(f"{where} has the shape {shown(shape)}, which no array has.")
    return shape, fortran, dtype, content.tell()

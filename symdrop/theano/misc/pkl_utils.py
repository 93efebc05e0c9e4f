"""``theano.misc.pkl_utils``: pickles with their arrays beside them, and reading those that Theano wrote.

Read next: ../compile/__init__.py
"""

from __future__ import annotations

import io
import math
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ...binding import public
from ...errors import ArgumentError, here, shown
from ...op import SharedVariable
from .restricted import restricted

# In Theano they left out what tests had stored, and read texts of Python 2.
StripPickler = pickle.Pickler
CompatUnpickler = pickle.Unpickler

# The member of an archive that holds the pickle; every other one is an array.
_PICKLE = "pkl"


class PersistentNdarrayID:
    """Names for the arrays of an archive: each array is stored once.

    Args:
        zip_file: the archive.
    """

    def __init__(self, zip_file: zipfile.ZipFile) -> None:
        self._zip = zip_file
        self._names: dict[int, str] = {}
        self._kept: list[Any] = []
        self._labels: dict[int, str] = {}

    def name_of(self, array: np.ndarray[Any, Any]) -> str:
        """The next free name: that of the shared variable that holds the array, or a number."""
        label = self._labels.get(id(array)) or f"array_{len(self._names)}"
        return f"{label}_{len(self._names)}" if label in self._names.values() or label == _PICKLE else label

    def __call__(self, obj: Any) -> Any:
        """The name that stands for an object in the pickle; None for what is pickled itself."""
        if isinstance(obj, SharedVariable) and obj.name and obj.name.replace("_", "").isalnum():
            self._labels[id(obj.container.value)] = obj.name
        if type(obj) is not np.ndarray or obj.dtype.hasobject:
            return None
        if id(obj) not in self._names:
            name = self.name_of(obj)
            with io.BytesIO() as written:
                np.lib.format.write_array(written, obj, allow_pickle=False)
                self._zip.writestr(name, written.getvalue())
            self._names[id(obj)] = name
            self._kept.append(obj)
        return f"ndarray.{self._names[id(obj)]}"


PersistentSharedVariableID = PersistentNdarrayID


@public
def dump(
    obj: Any,
    file_handler: Any,
    protocol: int = pickle.HIGHEST_PROTOCOL,
    persistent_id: Callable[..., Any] | None = None,
) -> None:
    """Write an object into a zip archive: its arrays as members that ``numpy.load`` reads, and a pickle of the rest.

    Args:
        obj: anything that can be pickled: functions, shared variables, expressions, containers of them.
        file_handler: a file opened for binary writing.
        protocol: of the pickle.
        persistent_id: a class that names arrays; by default ``PersistentNdarrayID``.

    Returns:
        None.

    Example:
        >>> import io
        >>> import symdrop.theano as theano
        >>> file = io.BytesIO()
        >>> dump([theano.shared(2.0, "w")], file)
        >>> [float(w.get_value()) for w in load(file)]
        [2.0]
    """
    with zipfile.ZipFile(file_handler, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        naming = (persistent_id or PersistentNdarrayID)(archive)

        class Naming(pickle.Pickler):
            def persistent_id(self, obj: Any) -> Any:
                return naming(obj)

        with io.BytesIO() as written:
            Naming(written, protocol).dump(obj)
            archive.writestr(_PICKLE, written.getvalue())


@public
def load(f: Any, persistent_load: Any = None) -> Any:
    """Read what ``dump`` wrote. Like any pickle it may run code: of others' files read the arrays by ``load_pickle``.

    Args:
        f: a file opened for binary reading, or a path.
        persistent_load: a class that gives arrays by name, of the archive; by default by NumPy.

    Returns:
        The object.

    Raises:
        ArgumentError: if it is no archive that ``dump`` wrote.

    Example:
        >>> import io
        >>> file = io.BytesIO()
        >>> dump({"n": 3}, file)
        >>> load(file)
        {'n': 3}
    """
    with _archive(f) as archive:
        found = (persistent_load or ArrayMembers)(archive)

        class Finding(pickle.Unpickler):
            def persistent_load(self, pid: Any) -> Any:
                return found(pid)

        return Finding(io.BytesIO(archive.read(_PICKLE)), encoding="latin1").load()


def _archive(f: Any) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(f)
    except zipfile.BadZipFile:
        raise ArgumentError(f"{shown(f)} is no archive that pkl_utils.dump wrote{here()}") from None
    if _PICKLE not in archive.namelist():
        archive.close()
        raise ArgumentError(f"{shown(f)} has no member {_PICKLE!r}: pkl_utils.dump did not write it{here()}")
    return archive


class ArrayMembers:
    """The arrays of an archive, by name.

    Args:
        archive: the archive.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._read: dict[str, Any] = {}

    def __call__(self, pid: Any) -> Any:
        """The array that a pickle asks for."""
        # Theano wrote what it is in front of the name.
        kind, _, name = pid.partition(".") if isinstance(pid, str) else ("", "", "")
        if kind not in ("ndarray", "cudandarray", "gpuarray") or not name:
            raise pickle.UnpicklingError(f"the file asks for {shown(pid)}")
        if name not in self._read:
            self._read[name] = array_of(self._archive.read(name))
        return self._read[name]


def array_of(data: bytes) -> np.ndarray[Any, Any]:
    """The array of a member, which has as many bytes as its head says.

    Raises:
        ValueError: if it has others, or holds objects.
    """
    file = io.BytesIO(data)
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    shape, _, dtype = read[np.lib.format.read_magic(file)](file)
    left = len(data) - file.tell()
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != left:
        raise ValueError(f"an array of shape {shape} and dtype {dtype} in {left} bytes")
    made: np.ndarray[Any, Any] = np.load(io.BytesIO(data), allow_pickle=False)
    return made


PersistentNdarrayLoad = ArrayMembers


@public
def load_pickle(path: Any, encoding: str = "latin1") -> Any:
    """The arrays in a pickle of Theano's time; no code of the file is run.

    Read are pickles of Python 2 and 3, and archives of ``pkl_utils.dump``, with arrays, numbers, texts, containers of
    them, and shared variables of Theano 0.7 to 1.0, those of graphics cards too: in place of each there is its array.

    Args:
        path: of the file.
        encoding: of texts that Python 2 wrote; "bytes" for none.

    Returns:
        What was pickled.

    Raises:
        ArgumentError: if the file asks for another class, or for more memory than it has bytes.
        OSError: if it cannot be read.

    Example:
        >>> import os, tempfile
        >>> import symdrop.theano as theano
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = os.path.join(folder, "parameters.pkl")
        ...     with open(path, "wb") as file:
        ...         pickle.dump([np.ones(2), 0.5], file, protocol=2)
        ...     theano.load_pickle(path)
        [array([1., 1.]), 0.5]
    """
    data = Path(path).read_bytes()
    if not data.startswith(b"PK"):
        return restricted(data, encoding, label=str(path))
    with _archive(io.BytesIO(data)) as archive:
        _check_sizes(archive, len(data), path)
        return restricted(archive.read(_PICKLE), encoding, ArrayMembers(archive), str(path))


def _check_sizes(archive: zipfile.ZipFile, size: int, path: Any) -> None:
    """Refuse an archive that would grow a thousandfold: deflated numbers do not."""
    total = sum(member.file_size for member in archive.infolist())
    if total > 1000 * size:
        raise ArgumentError(f"{path} is not read: {size} bytes would become {total}{here()}")

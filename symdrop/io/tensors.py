"""Named arrays in a file: shared variables are saved and loaded by their names, in the safetensors format.

The format is a header in JSON and the bytes of the arrays, so that reading a file runs none of its code. A file is
written beside its place, made durable, and put there by one rename: whoever reads finds the old one or the new one.

Source: "Safetensors", Hugging Face (2022); T. S. Pillai et al., "All file systems are not created equal", OSDI 2014.

Read next: checkpoints.py
"""

from __future__ import annotations

import json
import os
import secrets
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import safetensors.numpy

from ..binding import public
from ..data import MissingDataError
from ..errors import ArgumentError, DataError, GraphTypeError, here, shown
from ..files import check_regular, named, open_regular
from ..graph import Node
from ..op import SharedVariable

Array = np.ndarray[Any, Any]
# A header is a few hundred bytes for every array.
_MOST_HEADER = 100_000_000
# The entry of a header that has the texts.
_TEXTS = "__metadata__"
# The format's names of dtypes; it is little-endian.
_DTYPES: dict[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"), "F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"), "I16": np.dtype("<i2"), "I8": np.dtype("i1"), "U64": np.dtype("<u8"),
    "U32": np.dtype("<u4"), "U16": np.dtype("<u2"), "U8": np.dtype("u1"), "BOOL": np.dtype("?"),
    "C64": np.dtype("<c8"),
}  # fmt: skip


class Report(NamedTuple):
    """Entries of a file and names that were asked for, which did not meet.

    Attributes:
        missing: names that the file does not have.
        unexpected: entries of the file that nobody asked for.
        misshaped: names whose entries have another dtype or shape, and both.
    """

    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    misshaped: tuple[str, ...]

    def __bool__(self) -> bool:
        """True if something did not meet."""
        return any(self)

    def __str__(self) -> str:
        words = ("missing", self.missing), ("unexpected", self.unexpected), ("of another form", self.misshaped)
        return "; ".join(f"{word}: {', '.join(names)}" for word, names in words if names) or "everything is there"


@public
def save(path: str | os.PathLike[str], values: Any, metadata: Mapping[str, str] | None = None) -> None:
    """Write shared variables and arrays into a file, by name.

    Args:
        path: the file, usually ``*.safetensors``; one that is there is replaced at once, or stays as it is.
        values: a list or tuple of named shared variables, updates (whose keys are meant), or a dict from names to
            shared variables, arrays or numbers.
        metadata: texts that are kept with them.

    Raises:
        ArgumentError: if two values have one name, or a variable has none, or a name or text that UTF-8 cannot hold.
        GraphTypeError: for what is neither a shared variable nor an array.
        OSError: if the file cannot be written, or what is there is a folder, a device or a pipe; then nothing has
            changed.

    Example:
        >>> import pathlib, tempfile
        >>> import numpy as np
        >>> import symdrop as sd
        >>> W = sd.shared(np.zeros(2), name="W")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = pathlib.Path(folder) / "model.safetensors"
        ...     sd.io.save(file, [W])
        ...     W.set_value([1.0, 2.0])
        ...     _ = sd.io.load(file, [W])
        >>> W.get_value().tolist()
        [0.0, 0.0]
    """
    arrays = {name: np.array(_value(name, value), order="C") for name, value in by_name(values).items()}
    for name, array in arrays.items():
        if array.dtype.kind not in "biuf":
            raise GraphTypeError(f"{name!r} is of dtype {array.dtype}, and numbers and truth values are saved{here()}")
    texts = {str(key): str(text) for key, text in (metadata or {}).items()}
    _check_texts(arrays, texts)
    write_durably(_path(path), safetensors.numpy.save(arrays, texts or None))


@public
def load(path: str | os.PathLike[str], values: Any, strict: bool = True) -> Report:
    """Set shared variables to the values that a file has under their names.

    Args:
        path: the file.
        values: as of ``save``; all are shared variables.
        strict: True refuses a file whose entries are not exactly these; False sets those that fit.

    Returns:
        What was missing, unexpected and of another form; nothing of it where ``strict`` is True.

    Raises:
        MissingDataError: if there is no such file.
        DataError: if it is damaged or of another format, or, where ``strict``, if entries do not meet.
            After an error no variable has changed.
    """
    wanted = by_name(values)
    for name, variable in wanted.items():
        if not isinstance(variable, SharedVariable):
            raise GraphTypeError(f"{name!r} is no shared variable, and only these are loaded{here()}")
    arrays, _ = read(path)
    fitting, misshaped = {}, []
    for name, variable in wanted.items():
        if (array := arrays.get(name)) is None:
            continue
        now = variable.get_value(borrow=True)
        if (array.dtype, array.shape) == (now.dtype, now.shape):
            fitting[variable] = array
        else:
            misshaped.append(f"{name} ({array.dtype}{list(array.shape)} for {now.dtype}{list(now.shape)})")
    report = Report(
        tuple(name for name in wanted if name not in arrays), tuple(name for name in arrays if name not in wanted),
        tuple(misshaped),
    )  # fmt: skip
    if strict and report:
        raise DataError(
            f"{named(path)} holds other values than these: {report}; strict=False sets those that fit{here()}"
        )
    for variable, array in fitting.items():
        variable.set_value(array)
    return report


@public
def read(path: str | os.PathLike[str]) -> tuple[dict[str, Array], dict[str, str]]:
    """The arrays of a file by name, and the texts that are kept with them.

    Args:
        path: the file.

    Returns:
        Arrays, the caller's own, and texts. Entries of BF16 are float32, which has all of its numbers.

    Raises:
        MissingDataError: if there is no such file.
        DataError: if it is damaged, truncated or of another format, or has entries of dtypes that NumPy does not have.
    """
    content = _content(path)
    try:
        entries = safetensors.deserialize(content)  # type: ignore[no-untyped-call]
    except Exception as error:  # whatever the library makes of bytes that anybody may have written
        raise _damaged(path, error) from None
    return {name: _array(path, name, entry) for name, entry in entries}, _texts(path, content)


def _array(path: str | os.PathLike[str], name: str, entry: Mapping[str, Any]) -> Array:
    """The array of an entry whose sizes the library has checked."""
    dtype, shape, data = entry["dtype"], entry["shape"], entry["data"]
    if dtype == "BF16":
        # The upper half of a float32, so that all of its numbers are numbers of float32.
        return (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32).reshape(shape)
    if dtype not in _DTYPES:
        raise DataError(
            f"{named(path)}: the entry {shown(name)} is of {dtype}, which NumPy does not have; read are BF16, as "
            f"float32, and {', '.join(_DTYPES)}{here()}"
        )
    return np.frombuffer(data, _DTYPES[dtype]).astype(_DTYPES[dtype].newbyteorder("=")).reshape(shape)


def read_texts(path: str | os.PathLike[str]) -> dict[str, str]:
    """The texts of a file alone, for which its arrays are not read.

    Raises:
        MissingDataError, DataError: as ``read``, but for damage behind the header.
    """
    start = _content(path, 8)
    return _texts(path, _content(path, 8 + min(int.from_bytes(start, "little"), _MOST_HEADER)))


def _content(path: str | os.PathLike[str], most: int = -1) -> bytes:
    place = _path(path)
    try:
        with open_regular(place) as file:
            return file.read(most)
    except FileNotFoundError:
        raise MissingDataError(f"there is no file {named(place)}{here()}") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{named(place)} cannot be read: {error}{here()}") from None


def _texts(path: str | os.PathLike[str], content: bytes) -> dict[str, str]:
    try:
        size = int.from_bytes(content[:8], "little")
        return dict(json.loads(content[8 : 8 + min(size, _MOST_HEADER)]).get(_TEXTS, {}))
    except Exception as error:  # as above
        raise _damaged(path, error) from None


def _damaged(path: str | os.PathLike[str], error: Exception) -> DataError:
    return DataError(f"{named(path)} is damaged, or no file of tensors: {shown(str(error))}{here()}")


def by_name(values: Any) -> dict[str, Any]:
    """Values by their names.

    Raises:
        ArgumentError: if two have one name, or one has none.
        GraphTypeError: for no collection.
    """
    if isinstance(values, Mapping) and not any(isinstance(key, Node) for key in values):
        return {str(name): value for name, value in values.items()}
    if isinstance(values, Node):
        values = [values]
    if not isinstance(values, Iterable) or isinstance(values, str | bytes):
        raise GraphTypeError(
            f"values are shared variables or a dict of them by name, not {shown(values)}; of a model give "
            f"sd.nn.states(model){here()}"
        )
    found: dict[str, Any] = {}
    for value in values:
        name = value.name if isinstance(value, Node) else None
        if not name:
            given = (
                "sd.shared(value, name=), or give a dict"
                if isinstance(value, Node)
                else "sd.nn.states(model), or a dict"
            )
            raise ArgumentError(f"{shown(value)} has no name; write {given}{here()}")
        if name in found:
            raise ArgumentError(f"two values are called {name!r}; names tell them apart in a file{here()}")
        found[name] = value
    return found


def _check_texts(names: Iterable[str], texts: Mapping[str, str]) -> None:
    """Refuse what a header cannot hold, or what nobody could read again.

    Raises:
        ArgumentError: for halves of surrogate pairs, and for the name that the format itself uses.
    """
    if _TEXTS in names:
        raise ArgumentError(f"{_TEXTS!r} is the format's own name; call the value something else{here()}")
    for text in (*names, *texts, *texts.values()):
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ArgumentError(f"{shown(text)} has characters that UTF-8 does not have{here()}") from None


def _value(name: str, value: Any) -> Array:
    if isinstance(value, SharedVariable):
        return value.get_value(borrow=True)
    if isinstance(value, Node):
        raise GraphTypeError(f"{name!r} is {shown(value)}, which holds no value; shared variables do{here()}")
    return np.asarray(value)


def _path(path: Any) -> Path:
    try:
        return Path(path)
    except TypeError:
        raise GraphTypeError(f"a path is a string or a Path, not {shown(path)}{here()}") from None


def write_durably(path: Path, content: bytes) -> None:
    """Put content under a path: whole, and on the disk, or not at all.

    Raises:
        OSError: if that is not possible; what was there stays. It names the path.
    """
    try:
        _replace(Path(os.path.realpath(path)), content)
    except OSError as error:
        # A full disk names no file, and a folder that is not there names the file beside.
        raise OSError(error.errno, error.strerror, os.fspath(path)) from error


def _replace(path: Path, content: bytes) -> None:
    """Replace a file, or make it; a device or a pipe is nothing that a file may be put in the place of."""
    there = path.stat() if path.exists() else None
    if there is not None:
        check_regular(path, there)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        if there is not None:
            os.chmod(beside, stat.S_IMODE(there.st_mode))
        with open(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise
    # The rename itself is durable once the folder is.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

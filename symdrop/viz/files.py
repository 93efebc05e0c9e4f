"""Files that appear whole or not at all.

Read next: parts.py
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from ..errors import ArgumentError, GraphTypeError, here, shown


def writable(path: str | os.PathLike[str]) -> Path:
    """The path, if a file can be written there, as far as that is known beforehand.

    Raises:
        GraphTypeError: if it is no path.
        ArgumentError: if its folder is not there or cannot be written to, or if it is a folder itself, or a device.
    """
    try:
        target = Path(path)
    except TypeError:
        raise GraphTypeError(f"cannot write {shown(path)}: a path is a string or a Path{here()}") from None
    folder = target.parent
    if not os.path.isdir(folder):
        reason = f"there is no folder {shown(str(folder))}"
    elif not target.name or os.path.isdir(target):
        reason = "it is a folder; name a file in it"
    elif os.path.exists(target) and not os.path.isfile(target):
        reason = "it is a pipe, a device or a socket, not a file"
    elif not os.access(folder, os.W_OK):
        reason = f"the folder {shown(str(folder))} cannot be written to"
    else:
        return target
    raise ArgumentError(f"cannot write {shown(str(path))}: {reason}{here()}")


def store(path: str | os.PathLike[str], content: bytes) -> Path:
    """Write a file.

    Args:
        path: its name; the folder must exist.
        content: what it holds.

    Returns:
        The path of the file.

    Raises:
        GraphTypeError, ArgumentError: if it cannot be written; a file that was there stays as it was.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     store(Path(folder) / "page.html", b"<p>").read_bytes()
        b'<p>'
    """
    target = writable(path)
    try:
        # Where a link leads is what is replaced, not the link.
        target = Path(os.path.realpath(target))
        draft = target.parent / f".{secrets.token_hex(8)}.part"
        try:
            with draft.open("xb") as file:
                file.write(content)
            draft.replace(target)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise ArgumentError(f"cannot write {shown(str(path))}: {reason}{here()}") from None
    return target

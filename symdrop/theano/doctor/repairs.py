"""Corrected copies of old scripts, beside them: Python 2 by fissix, then the changes that are known of each finding.

Read next: running.py
"""

from __future__ import annotations

import re
from pathlib import Path

from .findings import changed
from .idioms import idioms, of_python2
from .quotients import exact
from .sources import Source, divides_truly, in_python3, read, source_of


def corrected(source: Source) -> str:
    """The text of a script with all that is known to be wrong corrected.

    Raises:
        DataError: if the result cannot be parsed.
        MissingPackageError: for Python 2 without fissix.
    """
    text = changed(source.text, idioms(source))
    if not (source.is_python2 or of_python2(source)):
        return text
    new = in_python3(text, str(source.path))
    again = source_of(source.path, new)
    # Names that the first pass could not see, such as those of modules that were renamed; divisions are done.
    new = changed(new, [finding for finding in idioms(again) if finding.idiom != "division"])
    return new if divides_truly(source.written) else exact(new)


def copy_of(path: Path, root: Path) -> Path:
    """The place of the corrected copy of a file: ``name.fixed.py`` beside it, or into ``folder.fixed``.

    Args:
        path: the file.
        root: what the user named: the file, or a folder above it.

    Example:
        >>> copy_of(Path("a/b.py"), Path("a/b.py")).as_posix(), copy_of(Path("a/c/b.py"), Path("a")).as_posix()
        ('a/b.fixed.py', 'a.fixed/c/b.py')
    """
    if path == root:
        return path.with_name(f"{path.stem}.fixed{path.suffix}")
    resolved = root if root.name else root.resolve()
    return resolved.with_name(f"{resolved.name}.fixed") / path.relative_to(root)


def write_corrected(path: Path, root: Path, python2: bool = False) -> Path:
    """Write the corrected copy of a file, and give its place.

    Args:
        path: the file.
        root: what the user named: the file, or a folder above it.
        python2: whether it belongs to a program of Python 2.

    Raises:
        DataError: for a file that cannot be read, or is no Python.
        MissingPackageError: for Python 2 without fissix.
    """
    place = copy_of(path, root)
    text = corrected(read(path, python2))
    place.parent.mkdir(parents=True, exist_ok=True)
    # Its bytes are UTF-8 now, whatever its first lines said.
    place.write_text(re.sub(r"\A((?:.*\n)?#.*?coding[:=]\s*)[-\w.]+", r"\1utf-8", text), encoding="utf-8")
    return place

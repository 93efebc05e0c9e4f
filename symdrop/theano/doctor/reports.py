"""Reports on old scripts: per file the names of Theano it uses and the lines that must change, as text or JSON.

Read next: repairs.py
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ...errors import DataError, MissingPackageError
from .aliases import Aliases
from .findings import Finding
from .idioms import idioms
from .names import Use, standing, uses
from .sources import read

_FIXED = ".fixed"


class Report(NamedTuple):
    """The report on a file: its names, and its lines that must change.

    Attributes:
        path: where it is.
        names: the names of Theano that it uses.
        findings: the lines that must change.
        is_old: whether it is Python 2: by its syntax, or as a part of a program of Python 2.
        error: why it could not be read; otherwise empty.
    """

    path: Path
    names: Sequence[Use]
    findings: Sequence[Finding]
    is_old: bool
    error: str

    @property
    def missing(self) -> list[Use]:
        """The names that are not there."""
        return [use for use in self.names if not use.supported]

    @property
    def is_clean(self) -> bool:
        """Says whether the file runs as it is, as far as can be read."""
        return not (self.missing or self.findings or self.error)


def report(path: Path, python2: bool = False) -> Report:
    """The report on a file.

    Args:
        path: the file.
        python2: whether it belongs to a program of Python 2.
    """
    try:
        source = read(path, python2)
    except (DataError, MissingPackageError) as error:
        return Report(path, [], [], False, str(error))
    aliases = Aliases(source.tree)
    found = [
        use._replace(lines=tuple(sorted({source.lines[line - 1] for line in use.lines})))
        for use in uses(source.tree, aliases)
    ]
    for line, module in aliases.stars:
        if module.partition(".")[0] == "theano":
            found.append(Use(f"{module}.*", (line,), *standing(module)))
    return Report(path, found, idioms(source), source.is_old or source.is_python2, "")


def sources(path: Path) -> list[Path]:
    """The files of Python that a path names: itself, or those in a folder; corrected copies are left out.

    Raises:
        DataError: for a path that does not exist, and a folder without any.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise DataError(f"there is no file or folder {str(path)!r}")
    found = [
        one
        for one in sorted(path.rglob("*.py"))
        if not one.stem.endswith(_FIXED) and not any(part.startswith(".") for part in one.relative_to(path).parts)
    ]
    if not found:
        raise DataError(f"there are no files of Python (*.py) in the folder {str(path)!r}")
    return found


def as_text(reports: Sequence[Report]) -> str:
    """Reports for people: a paragraph a file, and a line about all."""
    return "\n".join([*(line for one in reports for line in _lines(one)), _summary(reports)])


def _lines(report: Report) -> Iterator[str]:
    if report.error:
        yield f"{report.error}\n"
        return
    yield f"{report.path}{': Python 2' if report.is_old else ''}"
    supported = [use.name for use in report.names if use.supported]
    if supported:
        yield f"  supported ({len(supported)}): {' '.join(supported)}"
    for use in report.missing:
        yield f"  line {', '.join(map(str, use.lines))}: {use.name} is missing: {use.advice}"
    for finding in report.findings:
        yield f"  line {finding.line}: {finding.idiom}: {finding.message}"
    if not report.names and not report.findings:
        yield "  nothing of Theano, and nothing that must change"
    yield ""


def _summary(reports: Sequence[Report]) -> str:
    count = totals(reports)
    return (
        f"{count['files']} files: {count['supported']} names of Theano supported, {count['missing']} missing; "
        f"{count['findings']} lines to change"
        + (f"; {count['unreadable']} files could not be read" if count["unreadable"] else "")
    )


def totals(reports: Sequence[Report]) -> dict[str, int]:
    """Numbers about several reports; a name counts once."""
    names = {use.name: use.supported for one in reports for use in one.names}
    return {
        "files": len(reports),
        "supported": sum(names.values()),
        "missing": len(names) - sum(names.values()),
        "findings": sum(len(one.findings) for one in reports),
        "unreadable": sum(bool(one.error) for one in reports),
    }


def as_json(reports: Sequence[Report]) -> str:
    """Reports for programs."""
    files: list[dict[str, Any]] = [
        {
            "path": str(one.path),
            "python": 2 if one.is_old else 3,
            "error": one.error or None,
            "names": [
                {"name": use.name, "lines": list(use.lines), "supported": use.supported, "advice": use.advice}
                for use in one.names
            ],
            "idioms": [{"line": each.line, "idiom": each.idiom, "message": each.message} for each in one.findings],
        }
        for one in reports
    ]
    return json.dumps({"files": files, "summary": totals(reports)}, indent=2)

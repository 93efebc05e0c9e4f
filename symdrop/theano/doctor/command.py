"""``python -m symdrop.theano check``: what old scripts use and what must change in them.

Read next: ../__main__.py
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path

from ...errors import DataError, MissingPackageError
from .programs import of_old_programs
from .repairs import write_corrected
from .reports import Report, as_json, as_text, report, sources

_EPILOG = """exit status: 0 if nothing is missing and nothing must change, 1 otherwise,
2 if a path or a file cannot be read; with --fix, 0 if every file was written.
Python 2 is read by fissix: pip install symdrop[theano]."""


def check(arguments: Sequence[str]) -> int:
    """Check scripts, and print what was found.

    Args:
        arguments: what stands behind ``check`` on the command line.

    Returns:
        The exit status.

    Example:
        >>> check(["no_such_folder"])
        2
    """
    parser = ArgumentParser(
        "python -m symdrop.theano check",
        description="List the names of Theano that scripts use, and the lines that Python 3 or NumPy 2 cannot run.",
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("path", nargs="+", type=Path, help="a script, or a folder of scripts")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--fix", action="store_true", help="write corrected copies: name.fixed.py beside a file, or folder.fixed"
    )
    parser.add_argument(
        "--py2", action="store_true", help="take every file for Python 2, whose / of two integers gives one"
    )
    options = parser.parse_args(arguments)
    try:
        files = [(one, root) for root in options.path for one in sources(root)]
    except DataError as error:
        return _wrong(str(error))
    reports = [report(one, options.py2) for one, _ in files]
    readable = [path for (path, _), one in zip(files, reports, strict=True) if not one.error]
    old = set(readable)
    if not options.py2:
        old = of_old_programs(readable, {one.path for one in reports if one.is_old})
        reports = [report(one.path, True) if one.path in old and not one.is_old else one for one in reports]
    print(as_json(reports) if options.json else as_text(reports))
    if options.fix:
        return _fix([(path, root, path in old) for path, root in files if path in readable], options.json)
    return _status(reports)


def _status(reports: Sequence[Report]) -> int:
    if any(one.error for one in reports):
        return 2
    return int(not all(one.is_clean for one in reports))


def _wrong(sentence: str) -> int:
    print(f"symdrop.theano: {sentence}", file=sys.stderr)
    return 2


def _fix(files: Sequence[tuple[Path, Path, bool]], quiet: bool) -> int:
    """Write the corrected copies, and say what is left in them."""
    status = 0
    for path, root, python2 in files:
        try:
            place = write_corrected(path, root, python2)
        except (DataError, MissingPackageError, OSError) as error:
            status = _wrong(str(error))
            continue
        left = report(place)
        lines = [f"  line {one.line}: {one.idiom}: {one.message}" for one in left.findings]
        if not quiet:
            print(f"wrote {place}; {'left to do:' if lines else 'nothing is left to do'}", *lines, sep="\n")
    return status

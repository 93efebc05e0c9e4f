"""``python -m symdrop.theano [--py2] script.py [arguments]`` runs a script; ``check PATH...`` says what it needs.

Read next: ../../examples/01_graph.py
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from ..errors import DataError, MissingPackageError
from .doctor import check
from .doctor.running import compiled, run_code
from .runner import run

_USAGE = """usage: python -m symdrop.theano [--py2] script.py [arguments]   run a script that says import theano
       python -m symdrop.theano check [--json] [--fix] [--py2] PATH...     list what scripts use and what must change"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run or check scripts.

    Args:
        arguments: ``check`` and its arguments, or the script's path and its own, with ``--py2`` in front if it is
            written in Python 2; None takes them from the command line.

    Returns:
        The exit status: that of the script or of ``check``; 2 without a script.

    Example:
        >>> main(["no_such_script.py"])
        2
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words[:1] == ["check"]:
        return check(words[1:])
    is_old = words[:1] == ["--py2"]
    words = words[is_old:]
    if not words or words[0].startswith("-"):
        print(_USAGE, file=sys.stderr)
        return 0 if words and words[0] in ("-h", "--help") else 2
    return _run_python2(words[0], words[1:]) if is_old else run(words[0], words[1:])


def _run_python2(script: str, arguments: Sequence[str]) -> int:
    try:
        code = compiled(Path(script), script)
    except (DataError, MissingPackageError) as error:
        print(f"symdrop.theano: {error}", file=sys.stderr)
        return 2
    return run(script, arguments, lambda: run_code(code, script))


if __name__ == "__main__":
    sys.exit(main())

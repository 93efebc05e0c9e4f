"""``python -m symdrop.theano script.py [arguments]``: run a script that says ``import theano``.

Read next: ../../examples/01_graph.py
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from .runner import run


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a script.

    Args:
        arguments: the script's path and its own arguments; None takes them from the command line.

    Returns:
        The exit status: that of the script; 2 without a script.

    Example:
        >>> main(["no_such_script.py"])
        2
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    if not words or words[0].startswith("-"):
        print("usage: python -m symdrop.theano script.py [arguments]", file=sys.stderr)
        return 0 if words and words[0] in ("-h", "--help") else 2
    return run(words[0], words[1:])


if __name__ == "__main__":
    sys.exit(main())

"""The command line: ``python -m symdrop``, or ``symdrop`` once installed.

A command is a module with ``add_arguments(parser)`` and ``run(options)``, listed in ``COMMANDS``.

Read next: theano/__init__.py
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

from . import demo
from .bench import command as bench
from .config import VERSION
from .errors import SymdropError
from .viz import view


class Command(NamedTuple):
    """One sub-command: what it is for, its options, what it does."""

    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


COMMANDS = {
    "demo": Command("train on real digits with and without dropout", demo.add_arguments, demo.run),
    "view": Command("write a page that shows a compiled function of a script", view.add_arguments, view.run),
    "bench": Command("measure speed beside NumPy, jax and torch", bench.add_arguments, bench.run),
}


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(prog="symdrop", description="A symbolic graph engine with seeded dropout.")
    parser.add_argument("--version", action="version", version=f"symdrop {VERSION}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for name, command in COMMANDS.items():
        command.add_arguments(commands.add_parser(name, help=command.help, description=command.help))
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the words after the program's name; None takes them from the command line.

    Returns:
        The exit status: 0 if all went well, 1 after an error that symdrop explains, 130 after an interrupt.

    Raises:
        SystemExit: with status 2 after an explanation, if the words make no valid command; with 0 after ``--help``.

    Example:
        >>> main(["demo", "--seeds", "0"])
        Traceback (most recent call last):
            ...
        SystemExit: 2
    """
    options = build_parser().parse_args(arguments)
    try:
        return COMMANDS[options.command].run(options)
    except SymdropError as error:
        print(f"symdrop: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("symdrop: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())

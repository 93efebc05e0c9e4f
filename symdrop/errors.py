"""Errors: their classes, and the line of the user's program that an error is about.

Every error names what was given, what was expected and the user's own line. A line is
found by walking the stack outwards to the first frame that belongs neither to symdrop
nor to NumPy (whose Python wrappers call back into symdrop).

Read next: binding.py
"""

from __future__ import annotations

import linecache
import os
import reprlib
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from itertools import dropwhile
from textwrap import shorten
from types import FrameType
from typing import Any, NamedTuple

import numpy as np


class SymdropError(Exception):
    """Base of every error symdrop raises on purpose."""

    def _render_traceback_(self) -> list[str]:
        """The lines that a notebook shows: the user's frames, and how many of the library's own are left out."""
        frames = traceback.extract_tb(self.__traceback__)
        own = [frame for frame in frames if is_user_file(frame.filename)]
        # A notebook's own frames, which run the cell, stand before the user's.
        runners = {"site-packages", "dist-packages"}
        cell = [*dropwhile(lambda frame: runners & {*frame.filename.split(os.sep)}, own)] or own
        lines = ["Traceback (most recent call last):\n", *traceback.format_list(cell)]
        if folded := len(frames) - len(own):
            lines.append(f"  ... {folded} frames of the library are folded; %debug steps through them\n")
        lines += traceback.format_exception_only(self)
        return "".join(lines).splitlines()


class GraphTypeError(SymdropError, TypeError):
    """A value or variable of the wrong kind, dtype or rank."""


class ShapeError(SymdropError, ValueError):
    """Shapes that do not fit together, while building or while running."""


class ArgumentError(SymdropError, ValueError):
    """An argument outside what the function accepts."""


class IndexingError(SymdropError, IndexError):
    """An index outside the array, or of a kind that cannot index."""


class MissingInputError(SymdropError, ValueError):
    """A graph needs an input that nobody provides."""


class CapturedVariableError(GraphTypeError, MissingInputError):
    """A strict loop whose step reads a shared variable that it is not given."""


class UnusedInputError(SymdropError, ValueError):
    """An input that no output or update depends on."""


class DisconnectedInputError(SymdropError, ValueError):
    """A gradient with respect to something the cost does not depend on."""


class NotDifferentiableError(SymdropError, TypeError):
    """A gradient through an op that declares no pullback."""


class UnsetFlagError(SymdropError, ValueError):
    """A compiled function depends on a flag that nobody set."""


class VerificationError(SymdropError, RuntimeError):
    """A rewrite or a stage of compilation changed a type: a fault of the compiler, found by its verifier."""


class DivergenceError(SymdropError, ArithmeticError):
    """Training whose loss or states are no longer finite."""


class MissingNameError(SymdropError, AttributeError):
    """A name that is not there; of another library's, what to write instead."""


class MissingPackageError(SymdropError, ImportError):
    """A part of the library that needs a package which is not installed."""


class DataError(SymdropError, ValueError):
    """A data file that is missing, damaged or of another format."""


# An error may name several lines and values, so each is cut at about this many characters.
_LONGEST = 80

_repr = reprlib.Repr()
# A path is the longest string that is worth reading whole.
_repr.maxlevel, _repr.maxstring, _repr.maxlong, _repr.maxother = 4, 200, _LONGEST, _LONGEST


def shown(value: Any) -> str:
    """The representation of a value given by a user, on one line of bounded length, whatever the value is.

    Example:
        >>> shown([[1.0]]), len(shown("a" * 5000)) <= 200
        ('[[1.0]]', True)
    """
    try:
        text = _repr.repr(value)
    except Exception:  # a class of the user's, or an integer of more digits than Python prints
        text = f"<{type(value).__name__}>"
    return shorten(text, _repr.maxstring, placeholder=" ...")


class SourceLine(NamedTuple):
    """A line of the user's program."""

    filename: str
    lineno: int
    function: str

    @property
    def text(self) -> str:
        """The source text of the line, or "" where no source is at hand."""
        return linecache.getline(self.filename, self.lineno).strip()

    def __str__(self) -> str:
        where = f"{os.path.basename(self.filename)}:{self.lineno}"
        return f"{where}: {shorten(self.text, _LONGEST, placeholder=' ...')}" if self.text else where


_PACKAGE = os.path.dirname(__file__) + os.sep
# Where decorators of the standard library stand between symdrop's own frames, but not what is installed below it.
_STANDARD = os.path.dirname(os.__file__) + os.sep
_INSTALLED = (_STANDARD + "site-packages", _STANDARD + "dist-packages")
_ENGINE = (_PACKAGE, os.path.dirname(np.__file__) + os.sep)
# A program that lives inside the package but uses only its public names.
_PROGRAM = _PACKAGE + "demo.py"
# Modules of the standard library that the interpreter holds, and what stands between an import and its module.
_FROZEN, _IMPORTING = "<frozen ", ("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>")


@cache
def is_user_file(filename: str) -> bool:
    """True if a code file belongs to the user rather than to the engine."""
    standard = filename.startswith((_STANDARD, _FROZEN)) and not filename.startswith(_INSTALLED)
    return not (standard or filename.startswith(_ENGINE)) or filename == _PROGRAM


def is_user_frame(frame: FrameType) -> bool:
    """True if a frame runs code of the user's; what a dataclass writes has no file, and belongs to its module."""
    filename = frame.f_code.co_filename
    written = filename == "<string>" and str(frame.f_globals.get("__name__")).partition(".")[0] == __package__
    return is_user_file(filename) and not written


def user_line() -> SourceLine | None:
    """The innermost line of the call stack that belongs to the user."""
    frame = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        if code.co_filename in _IMPORTING:
            # What symdrop makes while it is imported is nobody's line.
            return None
        # Of nearly all frames the file tells; they are walked for every node that is made.
        if is_user_file(code.co_filename) and is_user_frame(frame):
            return SourceLine(code.co_filename, frame.f_lineno, code.co_name)
        if frame.f_back is None:
            break
        frame = frame.f_back
    return None


# The lines of what is made inside a block of ``lines_held``.
_held: ContextVar[tuple[SourceLine, ...] | None] = ContextVar("held lines", default=None)


def lines_now() -> tuple[SourceLine, ...]:
    """The user's line that is being executed, for what is made there; none if it is nobody's."""
    held = _held.get()
    if held is not None:
        return held
    line = user_line()
    return (line,) if line else ()


@contextmanager
def lines_held() -> Iterator[None]:
    """A block, run for one line of the user's, to which all belongs that is made in it: it is looked for once."""
    before = _held.set(lines_now())
    try:
        yield
    finally:
        _held.reset(before)


def warn(message: str, category: type[Warning] = RuntimeWarning, line: SourceLine | None = None) -> None:
    """Issue a warning at a line of the user's, the innermost of the call stack if no other is given.

    Args:
        message: the warning's text.
        category: its class.
        line: the line, where what warns is not called by the user.
    """
    if line is not None:
        warnings.warn_explicit(message, category, line.filename, line.lineno)
        return
    level, frame = 2, sys._getframe(1)
    while not is_user_frame(frame) and frame.f_back is not None:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def at_lines(lines: tuple[SourceLine, ...]) -> str:
    """A phrase naming the lines, to stand at the end of an error's first sentence."""
    if not lines:
        return ""
    return " (made at " + "; also ".join(str(line) for line in lines[:3]) + ")"


def here() -> str:
    """The same phrase for the line of the user that is being executed."""
    line = user_line()
    return at_lines((line,)) if line else ""


def locate(error: SymdropError) -> None:
    """Add to an error the line of the user that is being executed, unless it names it; a file's fault is no line's."""
    line = None if isinstance(error, DataError) else user_line()
    if line and len(error.args) == 1 and isinstance(error.args[0], str):
        text = error.args[0]
        if f"{os.path.basename(line.filename)}:{line.lineno}" not in text:
            error.args = (text + (f" (called at {line})" if "made at " in text else at_lines((line,))),)

"""``python -m symdrop view script.py:function``: the page of a function that a script compiles.

The script is run as a module, so what stands under ``if __name__ == "__main__"`` is not. What
comes after the colon is an expression over the script's names, such as ``Network(0.5).train``.

Read next: ../data/__init__.py
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from ..compiler import Function, RuntimeFunction
from ..errors import ArgumentError, SourceLine, is_user_file, shown
from .explore import explore

_COMPILED = (Function, RuntimeFunction)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add = parser.add_argument
    what = "a script, and the name in it of what sd.function made, or an expression such as 'Network(0.5).train'"
    add("place", metavar="SCRIPT.py:FUNCTION", help=what)
    add("--output", metavar="PAGE.html", help="the file to write (default: FUNCTION.html in the current folder)")
    add("--inputs", metavar="NAME", help="the same way: example arguments, or a function that returns them")


def run(options: argparse.Namespace) -> int:
    """Run the script and write the page.

    Raises:
        ArgumentError: if the script, the function, or the examples are not there, or the script raises.
    """
    script, name = _parted(options.place)
    module = load(script)
    name, function = _chosen(module, script, name)
    inputs = None if options.inputs is None else _inputs(module, script, options.inputs)
    page = explore(function, options.output or f"{name}.html", inputs=inputs, title=name)
    print(f"{page}: {page.stat().st_size / 1000:,.0f} kB; open it in a browser")
    return 0


def _parted(place: str) -> tuple[Path, str | None]:
    """A script, and what is asked for in it, which may be left out."""
    stem, _, expression = place.partition(".py:")
    other, _, name = place.rpartition(":")
    for script, asked in ((place, ""), (f"{stem}.py", expression), (other, name)):
        if os.path.isfile(script):
            return Path(script), asked.strip() or None
    raise ArgumentError(f"there is no file {(f'{stem}.py' if expression else place)!r}; expected SCRIPT.py:FUNCTION")


def load(script: Path) -> ModuleType:
    """A script as a module, its own folder being the first place it imports from.

    Raises:
        ArgumentError: if it raises, or is no Python; says what and on which line.
    """
    path = script.resolve()
    name = path.stem if path.stem not in sys.modules else f"{path.stem}_viewed"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ArgumentError(f"{shown(str(script))} is not a Python script: its name does not end in .py")
    module = importlib.util.module_from_spec(spec)
    with _running(module, path):
        try:
            spec.loader.exec_module(module)
        except SystemExit as error:
            raise ArgumentError(
                f"{script} ended itself, with status {shown(error.code)}, before it could be viewed"
            ) from None
        except Exception as error:
            raise ArgumentError(f"{script} raised {_told(error)}") from None
    return module


@contextmanager
def _running(module: ModuleType, path: Path) -> Iterator[None]:
    """The world that a script finds when it runs: its folder, no arguments, itself among the modules."""
    arguments, sys.argv = sys.argv, [str(path)]
    sys.path.insert(0, str(path.parent))
    sys.modules[module.__name__] = module
    try:
        yield
    finally:
        sys.argv = arguments


def _told(error: Exception) -> str:
    """An exception in one line, with the innermost line of the user's that it passed."""
    text = f"{type(error).__name__}: {error}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_theirs(frame.filename)]
    if not frames:
        # A syntax error says itself where it is.
        return text
    last = frames[-1]
    return f"{text} (at {SourceLine(last.filename, last.lineno or 0, last.name)})"


def _is_theirs(filename: str) -> bool:
    return is_user_file(filename) and not filename.startswith("<")


def _chosen(module: ModuleType, script: Path, name: str | None) -> tuple[str, Function | RuntimeFunction]:
    """The function that is meant, and its name."""
    names = [key for key, value in vars(module).items() if isinstance(value, _COMPILED)]
    there = f"its compiled functions are {', '.join(names)}" if names else (
        "it has no compiled functions; what its functions and classes make is asked for by an expression, "
        "such as 'Network().train'"
    )  # fmt: skip
    if name is None:
        if len(names) != 1:
            raise ArgumentError(f"say which function of {script} to view: {there}")
        name = names[0]
    value = _value(module, script, name, there)
    if not isinstance(value, _COMPILED):
        raise ArgumentError(f"{name} of {script} is {_kind(value)}, not what sd.function compiled; {there}")
    return re.findall(r"[^\W\d]\w*", name)[-1], value


def _value(module: ModuleType, script: Path, expression: str, there: str) -> Any:
    """An expression over the names of a script."""
    try:
        return eval(expression, vars(module))
    except SyntaxError:
        raise ArgumentError(f"{shown(expression)} is neither a name in {script} nor an expression; {there}") from None
    except (AttributeError, NameError) as error:
        if error.name is not None and error.name in expression:
            raise ArgumentError(f"{script} has no {shown(error.name)}; {there}") from None
        raise ArgumentError(f"{expression} of {script} raised {_told(error)}") from None
    except Exception as error:
        raise ArgumentError(f"{expression} of {script} raised {_told(error)}") from None


def _kind(value: Any) -> str:
    return f"of type {type(value).__name__}"


def _inputs(module: ModuleType, script: Path, name: str) -> Any:
    """The example arguments that a script has under a name."""
    value = _value(module, script, name, "--inputs names a tuple, a dictionary, or a function that returns one")
    if callable(value):
        try:
            value = value()
        except Exception as error:
            raise ArgumentError(f"{name}() of {script} raised {_told(error)}") from None
    if not isinstance(value, tuple | list | Mapping):
        raise ArgumentError(f"--inputs {name}: expected a tuple or a dictionary of arguments, not {_kind(value)}")
    return value

"""Sources of old scripts, read and parsed: Python 2 by a change of syntax alone, so that lines stay where they are.

Read next: aliases.py
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from ...errors import DataError, MissingPackageError

# Fixers of fissix that change how something is written and leave lines in their places.
_SYNTAX = ("except", "exec", "ne", "numliterals", "paren", "print", "raise", "repr", "throw", "tuple_params")
# Those that look at files beside the source, or change what works.
_LEFT_OUT = {"asserts", "buffer", "idioms", "import", "isinstance", "set_literal", "types", "ws_comma"}

# What Python 2 cannot parse.
_NEW = (
    ast.AnnAssign, ast.AsyncFor, ast.AsyncFunctionDef, ast.AsyncWith, ast.Await, ast.JoinedStr, ast.Match,
    ast.NamedExpr, ast.Nonlocal, ast.YieldFrom,
)  # fmt: skip

# Functions that are always there in Python 2, and in a module in Python 3.
_MOVED = {"intern": "sys", "reduce": "functools", "reload": "importlib"}


class Source(NamedTuple):
    """A file, and what Python makes of it.

    Attributes:
        path: where it is.
        written: its text.
        text: the text that was parsed: that of ``written`` in Python 3's syntax.
        tree: the parsed text.
        is_old: whether Python 3 cannot parse it.
        lines: for every line of ``text`` that of ``written`` from which it comes.
        is_python2: whether it is known to be Python 2 though Python 3 can parse it.
    """

    path: Path
    written: str
    text: str
    tree: ast.Module
    is_old: bool
    lines: tuple[int, ...]
    is_python2: bool = False


def read(path: Path, python2: bool = False) -> Source:
    """A source, parsed.

    Args:
        path: the file.
        python2: whether it is a part of a program of Python 2. What Python 2 cannot parse stays Python 3.

    Raises:
        DataError: for a file that cannot be read, or is no Python.
        MissingPackageError: for Python 2 without fissix.
    """
    text = decoded(path)
    try:
        source = source_of(path, text)
        return source._replace(is_python2=python2 and not only_python3(source.tree))
    except SyntaxError as error:
        new = in_new_syntax(text, f"{path}, line {error.lineno}: {error.msg}")
    try:
        return Source(path, text, new, parsed(new), True, tuple(_lines(text, new)))
    except SyntaxError as error:
        raise DataError(f"{path}, line {error.lineno}: {error.msg}") from None


def source_of(path: Path, text: str) -> Source:
    """A source of Python 3.

    Raises:
        SyntaxError: if it is none.
    """
    return Source(path, text, text, parsed(text), False, tuple(range(1, text.count("\n") + 2)))


def _lines(before: str, after: str) -> Iterator[int]:
    """For every line of a text that of its earlier form; an inserted line comes from the one above."""
    olds, news = ([line.expandtabs(8) for line in text.splitlines()] for text in (before, after))
    for _, start, end, first, last in SequenceMatcher(None, olds, news, autojunk=False).get_opcodes():
        below = min(max(start, end - 1), len(olds) - 1)
        yield from (min(start + number, below) + 1 for number in range(last - first))
    yield len(olds) + 1


def parsed(text: str) -> ast.Module:
    """The tree of a text; what Python says of a strange escape in it is no concern here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def decoded(path: Path) -> str:
    """The text of a file of Python.

    Raises:
        DataError: for one that cannot be read, or is not text.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from None
    if b"\0" in data:
        raise DataError(f"{path}: this is a binary file, no Python source")
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
        text = data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError):
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")


def in_new_syntax(text: str, said: str) -> str:
    """A text of Python 2 in the syntax of Python 3, line by line; names stay what they are.

    Args:
        text: the source.
        said: what Python 3 says of it, for errors.

    Raises:
        DataError: if it is no Python 2 either.
        MissingPackageError: without fissix.
    """
    return _refactored(text, _SYNTAX, said)


def in_python3(text: str, said: str) -> str:
    """A text of Python 2 in Python 3: its syntax, and the names of its functions, methods and modules.

    Args, Raises: as of ``in_new_syntax``.
    """
    package = import_module("fissix.refactor") if has_fissix() else None
    names = package.get_fixers_from_package("fissix.fixes") if package else []
    fixers = [name.rpartition("fix_")[2] for name in names]
    return _with_imports(_refactored(text, [name for name in fixers if name not in _LEFT_OUT], said))


def _with_imports(text: str) -> str:
    """A text with the imports of what moved into modules; fissix sees calls alone, and not reduce(...).sum()."""
    try:
        tree = parsed(text)
    except SyntaxError:
        return text
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - bound_names(tree)
    lines = [f"from {_MOVED[name]} import {name}\n" for name in sorted(used & _MOVED.keys())]
    if not lines:
        return text
    first = tree.body[first_statement(tree)]
    at = min(one.lineno for one in (first, *getattr(first, "decorator_list", ()))) - 1
    all_lines = text.splitlines(keepends=True)
    return "".join([*all_lines[:at], *lines, *all_lines[at:]])


def first_statement(tree: ast.Module) -> int:
    """The number of the first statement behind the docstring and the imports from ``__future__``."""
    at = int(ast.get_docstring(tree, clean=False) is not None)
    while at < len(tree.body):
        one = tree.body[at]
        if not (isinstance(one, ast.ImportFrom) and one.module == "__future__"):
            break
        at += 1
    return at


def divides_truly(text: str) -> bool:
    """Says whether a script of Python 2 asks for Python 3's division."""
    return bool(re.search(r"^from __future__ import .*\bdivision\b", text, re.MULTILINE))


def only_python3(tree: ast.AST) -> bool:
    """True of a text that Python 2 cannot parse.

    Example:
        >>> only_python3(ast.parse("f'{x}'")), only_python3(ast.parse("print(x)"))
        (True, False)
    """
    return any(map(_is_new, ast.walk(tree)))


def _is_new(node: ast.AST) -> bool:
    """True of a node that Python 2 has not."""
    match node:
        case (
            ast.BinOp(op=ast.MatMult())
            | ast.AugAssign(op=ast.MatMult())
            | ast.Starred(ctx=ast.Store())
            | ast.arguments(kwonlyargs=[_, *_])
            | ast.arguments(posonlyargs=[_, *_])
            | ast.arg(annotation=ast.expr())
            | ast.FunctionDef(returns=ast.expr())
            | ast.ClassDef(keywords=[_, *_])
            | ast.Raise(cause=ast.expr())
            | ast.Call(func=ast.Name(id="super"), args=[])
        ):
            return True
    return isinstance(node, _NEW)


def bound_names(tree: ast.AST) -> set[str]:
    """The names that a text gives to something: by assignments, definitions, parameters and imports."""
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    bound |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return bound | {node.asname or node.name for node in ast.walk(tree) if isinstance(node, ast.alias)}


def has_fissix() -> bool:
    """Says whether Python 2 can be parsed."""
    try:
        import_module("fissix")
    except ImportError:
        return False
    return True


@cache
def _tool(fixers: tuple[str, ...], print_function: bool) -> Any:
    refactor = import_module("fissix.refactor")
    made = refactor.RefactoringTool([f"fissix.fixes.fix_{name}" for name in fixers], {"print_function": print_function})
    made.log_message = made.log_debug = lambda *words: None
    return made


def _refactored(text: str, fixers: Iterable[str], said: str) -> str:
    if not has_fissix():
        raise MissingPackageError(
            f"{said}. If this is Python 2, it can be read once fissix is installed: pip install symdrop[theano]"
        )
    straight = _without_tabs(text) + ("" if text.endswith("\n") else "\n")
    # A text without print statements is read with a function of that name: print("a", b) prints no tuple.
    for print_function in (True, False):
        chosen = tuple(name for name in fixers if not (print_function and name == "print"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return str(_tool(chosen, print_function).refactor_string(straight, "script"))
            except Exception:  # fissix raises errors of its own for sources it cannot parse, and some of Python's
                continue
    raise DataError(f"{said}; and it is no Python 2 either")


def _without_tabs(text: str) -> str:
    """Indentation in blanks: Python 2 took a tab for eight, Python 3 refuses a mixture."""
    lines = text.splitlines()
    indents = {line[: len(line) - len(line.lstrip())] for line in lines}
    if not (any("\t" in indent for indent in indents) and any(" " in indent for indent in indents)):
        return text
    return "\n".join(re.sub(r"^[ \t]+", lambda found: found[0].expandtabs(8), line) for line in lines) + "\n"

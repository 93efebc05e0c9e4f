"""Idioms that must change: those of Python 2, and names that Python, NumPy and SciPy have no more.

Read next: reports.py
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .aliases import Aliases
from .division import division_findings
from .files import file_findings
from .findings import Change, Finding, Text
from .packages import relative_findings
from .quotients import quotient_findings
from .removed import removed_findings
from .sources import Source, bound_names, divides_truly
from .tables import BUILTINS, METHODS, MODULES, OLD_NAMES, REMOVED, SAID, gone

# What a line that only Python 2 can parse holds; the first that fits is said.
_SYNTAX = (
    (r"^\s*print\b(?!\s*\()|;\s*print\b|:\s*print\b", "print statement", "print(...)"),
    (r"\bprint\b", "print statement", "print(...)"),
    (r"\bexcept\b[^:]*,", "except", "except Error as error:"),
    (r"\braise\b", "raise", "raise Error(message)"),
    (r"\bexec\b", "exec", "exec(code)"),
    (r"`", "backquotes", "repr(x)"),
    (r"<>", "comparison", "a != b"),
    (r"\b0\d|\d[lL]\b", "number", "0o17 for octal numbers, and no L"),
    (r"\bur['\"]", "string", "r'...'"),
    (r"\bdef\b|\blambda\b", "tuple parameter", "one name, taken apart in the body"),
)
_OF_LISTS = ("filter", "map", "zip")


def idioms(source: Source) -> list[Finding]:
    """The lines of a script that must change, in order."""
    aliases = Aliases(source.tree)
    text = Text(source.text)
    old = of_python2(source)
    is_python2 = (bool(old) or source.is_python2) and not divides_truly(source.written)
    found = [
        *old,
        *_removed(source.tree, text, aliases),
        *removed_findings(source.tree, text, aliases),
        *file_findings(source.tree, text, aliases),
        *relative_findings(source.tree, text, source.path),
        *division_findings(source.tree, text, is_python2),
        *quotient_findings(source.tree, is_python2),
    ]
    return sorted({one._replace(line=source.lines[one.line - 1]) for one in found})


def of_python2(source: Source) -> list[Finding]:
    """The lines that only Python 2 runs; none in a script for Python 3."""
    return [*_syntax_findings(source), *_names_of_python2(source.tree, Aliases(source.tree))]


def _syntax_findings(source: Source) -> Iterator[Finding]:
    """The lines that the change of syntax has changed, by what stood in them."""
    if not source.is_old:
        return
    written = source.written.splitlines()
    for number, after in enumerate(source.text.splitlines(), start=1):
        before = written[source.lines[number - 1] - 1]
        # The last line of a long print statement gets its parenthesis; the first one is told.
        old = before.expandtabs(8).rstrip()
        if old not in (after.expandtabs(8).rstrip(), after.expandtabs(8).rstrip().removesuffix(")")):
            kinds = (kind for pattern, *kind in _SYNTAX if re.search(pattern, before))
            idiom, new = next(kinds, ["syntax", after.strip()])
            yield Finding(number, idiom, f"write {new}")


def _names_of_python2(tree: ast.AST, aliases: Aliases) -> Iterator[Finding]:
    """Functions, methods and modules of Python 2."""
    bound = bound_names(tree)
    guarded = _guarded(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in BUILTINS:
            if node.id not in aliases.paths and node.id not in bound:
                yield Finding(node.lineno, node.id, f"write {BUILTINS[node.id]}")
        elif isinstance(node, ast.Import | ast.ImportFrom) and node not in guarded:
            yield from _old_imports(node)
        elif isinstance(node, ast.Attribute):
            yield from _old_attribute(node, aliases)
        elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Call) and _is_view(node.value):
            yield Finding(node.lineno, "list", f"{ast.unparse(node.value.func)}(...) is no list; write list(...)")


def _is_view(call: ast.Call) -> bool:
    """Says whether a call gives a list in Python 2 only."""
    if isinstance(call.func, ast.Name):
        return call.func.id in _OF_LISTS
    return isinstance(call.func, ast.Attribute) and call.func.attr in ("keys", "values", "items") and not call.args


def _guarded(tree: ast.AST) -> set[ast.AST]:
    """The imports for which a script has an alternative."""
    tries = [node for node in ast.walk(tree) if isinstance(node, ast.Try)]
    caught = [one for one in tries if any("Error" in ast.unparse(h.type) if h.type else True for h in one.handlers)]
    return {inner for one in caught for part in (*one.body, *one.handlers) for inner in ast.walk(part)}


def _old_imports(node: ast.Import | ast.ImportFrom) -> Iterator[Finding]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.name in MODULES:
                yield Finding(node.lineno, alias.name, f"import {MODULES[alias.name]}")
    elif node.module in MODULES and not node.level:
        yield Finding(node.lineno, node.module, f"import it from {MODULES[node.module]}")
    else:
        for alias in node.names:
            if new := OLD_NAMES.get(f"{node.module}.{alias.name}"):
                yield Finding(node.lineno, f"{node.module}.{alias.name}", f"write {new}")


def _old_attribute(node: ast.Attribute, aliases: Aliases) -> Iterator[Finding]:
    if node.attr in METHODS:
        if aliases.path(node.value).rpartition(".")[2] != "six":
            yield Finding(node.lineno, node.attr, f"write {METHODS[node.attr]}")
    elif new := OLD_NAMES.get(aliases.path(node)):
        yield Finding(node.lineno, aliases.path(node), f"write {new}")


def _removed(tree: ast.AST, text: Text, aliases: Aliases) -> Iterator[Finding]:
    """Names that Python 3, NumPy and SciPy have no more, where they are imported and used."""
    inner: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            moved = _moved(node, text)
            for alias in node.names:
                yield from _removed_import(node.module, alias, text, moved)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if instead := gone(alias.name):
                    yield Finding(node.lineno, alias.name, instead)
        elif isinstance(node, ast.Attribute) and node not in inner:
            path = aliases.path(node)
            if path.startswith("scipy.") and gone(path):
                inner.add(node.value)
            yield from _removed_attribute(node, path, text)


def _moved(node: ast.ImportFrom, text: Text) -> tuple[Change, ...]:
    """The change of an import whose names are all in one other module."""
    homes = {gone(f"{node.module}.{alias.name}").rpartition(".")[0] for alias in node.names}
    home = homes.pop()
    if homes or not re.fullmatch(r"[\w.]+", home) or "." not in home:
        return ()
    at = text.data.index((node.module or "").encode(), text.start(node))
    return (Change(at, at + len(node.module or ""), home),)


def _removed_import(module: str, alias: ast.alias, text: Text, moved: tuple[Change, ...]) -> Iterator[Finding]:
    path = f"{module}.{alias.name}"
    if path in REMOVED:
        new = REMOVED[path]
        changes: tuple[Change, ...] = ()
        if new.startswith("."):
            changes = (text.replaced(alias, f"{new[1:]} as {alias.asname or alias.name}"),)
        yield Finding(alias.lineno, path, _instead(path), changes)
    elif instead := gone(path) or gone(module):
        yield Finding(alias.lineno, path, f"write {instead}", moved)


def _removed_attribute(node: ast.Attribute, path: str, text: Text) -> Iterator[Finding]:
    if path in REMOVED:
        new = REMOVED[path]
        known = new and (text.renamed(node, new[1:]) if new.startswith(".") else text.replaced(node, _value(new, path)))
        yield Finding(node.lineno, path, _instead(path), (known,) if known else ())
    elif instead := gone(path):
        home = instead.rpartition(".")[0]
        inner = node.value
        same = isinstance(inner, ast.Attribute) and re.fullmatch(r"scipy\.\w+", home)
        changes = (text.renamed(inner, home.partition(".")[2]),) if same and isinstance(inner, ast.Attribute) else ()
        yield Finding(node.lineno, path, f"write {instead}", changes)


def _value(new: str, path: str) -> str:
    """Text in place of a name; -inf is of NumPy."""
    return "-float('inf')" if path == "numpy.NINF" else new


def _instead(path: str) -> str:
    module, _, name = path.rpartition(".")
    new = SAID.get(path) or REMOVED[path]
    if module == "collections":
        new = f"collections.abc.{name}"
    if not new:
        return "it was removed"
    return f"write {'np' if module == 'numpy' else module}{new}" if new.startswith(".") else f"write {new}"

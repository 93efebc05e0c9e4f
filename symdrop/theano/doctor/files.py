"""Files and pickles: text written to binary files, bytes to files of text, and pickles of Python 2 without an encoding.

Read next: division.py
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .aliases import Aliases
from .findings import Finding, Text

_OPEN = ("open", "file", "io.open", "codecs.open")
_OF_BYTES = {"pickle.dump": 1, "cPickle.dump": 1, "numpy.save": 0, "numpy.savez": 0, "marshal.dump": 1}
_READS_BYTES = {"pickle.load": 0, "cPickle.load": 0, "numpy.load": 0, "marshal.load": 0}
_OF_TEXT = {"csv.writer": 0, "csv.reader": 0, "csv.DictWriter": 0, "csv.DictReader": 0, "json.dump": 1, "json.load": 0}
_UNPICKLES = ("pickle.load", "pickle.loads", "cPickle.load", "cPickle.loads", "theano.compat.six.moves.cPickle.load")


def file_findings(tree: ast.AST, text: Text, aliases: Aliases) -> Iterator[Finding]:
    """The files of a script that are opened in the wrong mode, and its pickles read without an encoding.

    Args:
        tree: the script.
        text: what it was parsed from.
        aliases: what its names stand for.
    """
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    opened = _opened(tree)
    wanted: dict[ast.Call, str] = {}
    for call in sorted(calls, key=lambda one: one.lineno):
        name = _name(call, aliases)
        if name in _UNPICKLES and not any(word.arg in ("encoding", None) for word in call.keywords):
            message = 'pickle.load(file, encoding="latin1"): arrays that Python 2 has pickled are not read without it'
            yield Finding(call.lineno, "pickle", message, (text.with_argument(call, 'encoding="latin1"'),))
        for file, kind in _operands(call, name):
            if (found := _opening(file, call, opened)) and found not in wanted:
                wanted[found] = kind
    for call, kind in wanted.items():
        yield from _mode_findings(call, kind, text)
    for call in calls:
        if _is_open(call) and isinstance(mode := _mode(call), ast.Constant) and "U" in str(mode.value):
            new = str(mode.value).replace("U", "")
            change = text.replaced(mode, repr(new if "r" in new else f"r{new}"))
            yield Finding(mode.lineno, "file", "mode 'U' was removed; lines end alike in mode 'r'", (change,))


def _name(call: ast.Call, aliases: Aliases) -> str:
    return aliases.path(call.func) or (call.func.id if isinstance(call.func, ast.Name) else "")


def _is_open(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) in _OPEN and bool(node.args)


def _opened(tree: ast.AST) -> dict[str, list[ast.Call]]:
    """The calls of open by the names that their files get."""
    opened: dict[str, list[ast.Call]] = {}
    for node in ast.walk(tree):
        pairs: list[tuple[ast.AST | None, ast.AST]] = []
        if isinstance(node, ast.With):
            pairs = [(item.optional_vars, item.context_expr) for item in node.items]
        elif isinstance(node, ast.Assign):
            pairs = [(node.targets[0], node.value)]
        for target, value in pairs:
            if isinstance(target, ast.Name) and isinstance(value, ast.Call) and _is_open(value):
                opened.setdefault(target.id, []).append(value)
    return opened


def _operands(call: ast.Call, name: str) -> Iterator[tuple[ast.AST, str]]:
    """The files that a call uses, and whether it uses them for bytes or for text."""
    for table, kind in ((_OF_BYTES, "bytes"), (_READS_BYTES, "bytes"), (_OF_TEXT, "text")):
        if name in table and len(call.args) > table[name]:
            yield call.args[table[name]], kind
    if isinstance(call.func, ast.Attribute) and call.func.attr == "write" and call.args and _is_text(call.args[0]):
        yield call.func.value, "text"
    for word in call.keywords:
        # print >>file, values
        if name == "print" and word.arg == "file":
            yield word.value, "text"


def _is_text(node: ast.AST) -> bool:
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Mod | ast.Add) and (_is_text(node.left) or _is_text(node.right))
    if isinstance(node, ast.Call):
        of = node.func
        return ast.unparse(of) in ("str", "repr", "json.dumps") or (
            isinstance(of, ast.Attribute) and of.attr in ("format", "join") and _is_text(of.value)
        )
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _opening(file: ast.AST, use: ast.Call, opened: dict[str, list[ast.Call]]) -> ast.Call | None:
    """The call of open from which a file comes: that before its use."""
    if isinstance(file, ast.Call):
        return file if _is_open(file) else None
    if not isinstance(file, ast.Name):
        return None
    before = [call for call in opened.get(file.id, ()) if call.lineno <= use.lineno]
    return max(before, key=lambda call: call.lineno, default=None)


def _mode(call: ast.Call) -> ast.AST | None:
    """The mode of a call of open."""
    named = [word.value for word in call.keywords if word.arg == "mode"]
    return call.args[1] if len(call.args) > 1 else named[0] if named else None


def _mode_findings(call: ast.Call, kind: str, text: Text) -> Iterator[Finding]:
    mode = _mode(call)
    written = mode.value if isinstance(mode, ast.Constant) else "r" if mode is None else None
    if not isinstance(written, str) or ("b" in written) == (kind == "bytes"):
        return
    new = written.replace("b", "") if kind == "text" else f"{written.replace('U', '')}b"
    said = "text is written to a file opened for bytes" if kind == "text" else "a pickle is made of bytes"
    change = text.with_argument(call, repr(new)) if mode is None else text.replaced(mode, repr(new))
    yield Finding(call.lineno, "file", f"{said}: open it with mode {new!r}", (change,))

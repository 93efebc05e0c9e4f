"""Division of integers: ``/`` of counts and sizes, which in Python 2 gave an integer.

Read next: quotients.py
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .findings import Change, Finding, Text

_MESSAGE = "of two integers Python 3 makes a float; write //"
# What scripts call numbers of examples, of batches and of steps.
_COUNTS = re.compile(r"(n|num|nb)_\w+|\w*(batch|batches|size|sizes|len|length|count|steps|epochs)", re.IGNORECASE)


class Integers:
    """The integers of a script: which expressions are some, as far as it can be read.

    Args:
        tree: the script.

    Example:
        >>> tree = ast.parse("n = data.shape[0] / 20")
        >>> Integers(tree).is_integer(tree.body[0].value.left)
        True
    """

    def __init__(self, tree: ast.AST) -> None:
        self._names: set[str] = set()
        for _ in range(2):  # names whose values are made of names
            for name, value in _values(tree):
                if self.is_integer(value):
                    self._names.add(name)

    def is_integer(self, node: ast.AST) -> bool:
        """Says whether an expression is surely an integer."""
        if isinstance(node, ast.Constant):
            return isinstance(node.value, int) and not isinstance(node.value, bool)
        if isinstance(node, ast.Call):
            return isinstance(node.func, ast.Name) and node.func.id in ("len", "int")
        if isinstance(node, ast.Subscript):
            return isinstance(node.value, ast.Attribute) and node.value.attr == "shape"
        if isinstance(node, ast.BinOp):
            whole = isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.FloorDiv | ast.Div | ast.Mod)
            return whole and self.is_integer(node.left) and self.is_integer(node.right)
        return isinstance(node, ast.Name) and node.id in self._names

    def may_be(self, node: ast.AST) -> bool:
        """Says whether an expression is an integer, or is called as counts are."""
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        return self.is_integer(node) or bool(_COUNTS.fullmatch(name))


def _values(tree: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """The names of a script with what is assigned to them, and the defaults of arguments."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value
        elif isinstance(node, ast.FunctionDef):
            named = [*node.args.posonlyargs, *node.args.args]
            for argument, default in zip(named[::-1], node.args.defaults[::-1], strict=False):
                yield argument.arg, default


def division_findings(tree: ast.AST, text: Text, is_python2: bool) -> Iterator[Finding]:
    """The divisions of integers of a script.

    Args:
        tree: the script.
        text: what it was parsed from.
        is_python2: whether it was written for Python 2 without true division. Of others only what must be an integer
            counts: an argument of range, a bound of a slice.
    """
    integers = Integers(tree)
    places = set(ast.walk(tree)) if is_python2 else _places_of_integers(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and node in places:
            sides = node.left, node.right
            if all(map(integers.may_be, sides)) and any(map(integers.is_integer, sides)):
                yield Finding(node.lineno, "division", _MESSAGE, (_floored(node, text),))
            elif not is_python2:
                message = f"an integer is expected here: {_MESSAGE}"
                yield Finding(node.lineno, "division", message, (_floored(node, text),))
        elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Div) and is_python2:
            if integers.is_integer(node.target) and integers.is_integer(node.value):
                yield Finding(node.lineno, "division", _MESSAGE, (_floored(node, text),))


def _places_of_integers(tree: ast.AST) -> set[ast.AST]:
    """The expressions that must be integers, unless a call converts them."""
    places: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("range", "xrange"):
            places.update(node.args)
        elif isinstance(node, ast.Slice):
            places.update(one for one in (node.lower, node.upper, node.step) if one is not None)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            if re.fullmatch(r"(n|num|nb)_\w*batches", node.targets[0].id):
                places.add(node.value)
    return places


def _floored(node: ast.BinOp | ast.AugAssign, text: Text) -> Change:
    return sign_between(node, text, "//")


def sign_between(node: ast.BinOp | ast.AugAssign, text: Text, new: str) -> Change:
    """The change of the sign between the sides of a division."""
    left, right = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.target, node.value)
    start = text.end(left)
    between = re.sub(rb"#[^\n]*", lambda found: b" " * len(found[0]), text.data[start : text.start(right)])
    at = start + between.index(b"/")
    return Change(at, at + 1, new)

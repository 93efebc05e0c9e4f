"""Divisions of unknown operands: in a corrected copy they divide as Python 2 did, by a function that it gets.

Read next: removed.py
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from .division import Integers, sign_between
from .findings import Change, Finding, Text, changed
from .sources import first_statement, parsed

_MESSAGE = "of two integers Python 2 made an integer; write // if both are, else leave / (--fix makes {} of it)"
# What gives fractions whatever it is given.
_FRACTIONS = re.compile(
    r"float\d*|floatX|exp|log(1p|2|10)?|sqrt|mean|std|var|norm|tanh|sigmoid|softmax|softplus|cos|sin|dot|rand|randn|"
    r"uniform|normal|linspace|[fd]?(scalar|vector|matrix|tensor\d)|time|clock|categorical_crossentropy|binary_crossentropy"
)
_WHOLE = """\
def _both_whole(*operands):
    kinds = [str(getattr(one, "dtype", type(one).__name__)) for one in operands]
    return all(kind.startswith(("int", "uint", "bool")) for kind in kinds)
"""
_FUNCTIONS = {
    "_quotient": """\
def _quotient(a, b):
    \"\"\"a / b as Python 2 divided: of two integers the integer below.\"\"\"
    return a // b if _both_whole(a, b) else a / b
""",
    "_divided": """\
def _divided(a, b):
    \"\"\"The value that a /= b of Python 2 gives to a.\"\"\"
    if _both_whole(a, b):
        a //= b
    else:
        a /= b
    return a
""",
}


class Fractions:
    """The floats of a script: which expressions are some, as far as it can be read.

    Args:
        tree: the script.

    Example:
        >>> tree = ast.parse("rate = 0.1; half = rate / n")
        >>> Fractions(tree).is_fraction(tree.body[1].value.left)
        True
    """

    def __init__(self, tree: ast.AST) -> None:
        self._names: set[str] = set()
        others: set[str] = set()
        values = list(_assigned(tree))
        for _ in range(2):  # names whose values are made of names
            for name, value in values:
                (self._names if self.is_fraction(value) else others).add(name)
            self._names -= others
            others.clear()

    def is_fraction(self, node: ast.AST) -> bool:
        """Says whether an expression is surely no integer."""
        if isinstance(node, ast.Constant):
            return not isinstance(node.value, int) or isinstance(node.value, bool)
        if isinstance(node, ast.Call):
            called = node.func
            name = (
                called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""
            )
            return bool(_FRACTIONS.fullmatch(name))
        if isinstance(node, ast.UnaryOp):
            return self.is_fraction(node.operand)
        if isinstance(node, ast.BinOp):
            return self.is_fraction(node.left) or self.is_fraction(node.right)
        return isinstance(node, ast.Name) and node.id in self._names


def _assigned(tree: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Every name with what may be in it; one that a loop or a call sets has an unknown value."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value
        elif isinstance(node, ast.arguments):
            named = [*node.posonlyargs, *node.args]
            without = len(named) - len(node.defaults)
            for argument, default in zip(named, [None] * without + list(node.defaults), strict=True):
                yield argument.arg, default or argument
        elif isinstance(node, ast.For | ast.comprehension | ast.AugAssign):
            for name in ast.walk(node.target):
                if isinstance(name, ast.Name):
                    yield name.id, node.op if isinstance(node, ast.AugAssign) else node.target


def _open(tree: ast.AST) -> Iterator[ast.BinOp | ast.AugAssign]:
    """The divisions of which neither operand is known to be a float, nor both to be integers."""
    fractions, integers = Fractions(tree), Integers(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            left, right = sides(node)
            if fractions.is_fraction(left) or fractions.is_fraction(right):
                continue
            if not (all(map(integers.may_be, (left, right))) and any(map(integers.is_integer, (left, right)))):
                yield node


def sides(node: ast.BinOp | ast.AugAssign) -> tuple[ast.expr, ast.expr]:
    """The operands of a division."""
    return (node.left, node.right) if isinstance(node, ast.BinOp) else (node.target, node.value)


def quotient_findings(tree: ast.AST, is_python2: bool) -> Iterator[Finding]:
    """The divisions of a script whose operands are not known; none of one that was written for Python 3."""
    for node in _open(tree) if is_python2 else ():
        name = "_quotient(a, b)" if isinstance(node, ast.BinOp) else "_divided(a, b)"
        yield Finding(node.lineno, "division", _MESSAGE.format(name))


def exact(text: str) -> str:
    """A text in whose divisions of unknown operands Python 2's is kept.

    Args:
        text: a script in Python 3's syntax.

    Example:
        >>> exact("half = n / 2\\n").splitlines()[-1]
        'half = _quotient(n, 2)'
    """
    tree = parsed(text)
    found, place = list(_open(tree)), Text(text)
    if not found:
        return text
    starts: Counter[int] = Counter()
    ends: Counter[int] = Counter()
    changes = []
    for node in found:
        if isinstance(node, ast.BinOp):
            starts[place.start(node)] += 1
            changes.append(_comma(node, place))
        else:
            sign = sign_between(node, place, "")
            new = f" = _divided({place.of(node.target)},"
            changes.append(Change(place.end(node.target), sign.end + 1, new))
        ends[place.end(node)] += 1
    changes += [Change(at, at, "_quotient(" * count) for at, count in starts.items()]
    changes += [Change(at, at, ")" * count) for at, count in ends.items()]
    new = changed(text, [Finding(0, "division", "", tuple(changes))])
    used = {"_quotient" if isinstance(node, ast.BinOp) else "_divided" for node in found}
    return _with_functions(new, tree, [_WHOLE, *(_FUNCTIONS[name] for name in sorted(used))])


def _comma(node: ast.BinOp, place: Text) -> Change:
    """The change of the sign of a division, and of the blanks before it, into a comma."""
    change = sign_between(node, place, ",")
    start = len(place.data[: change.start].rstrip(b" "))
    new = "," if place.data[change.end :][:1].isspace() else ", "
    return change._replace(start=start, new=new)


def _with_functions(text: str, tree: ast.Module, functions: list[str]) -> str:
    """A text with functions before its first statement."""
    first = tree.body[first_statement(tree)]
    at = min(one.lineno for one in (first, *getattr(first, "decorator_list", ()))) - 1
    lines = text.splitlines(keepends=True)
    return "".join([*lines[:at], "\n\n", "\n\n".join(functions), "\n\n", *lines[at:]])

"""Removed things that another name does not replace: NumPy's table of casts, Python's module of sets.

Read next: packages.py
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .aliases import Aliases
from .findings import Change, Finding, Text

_SETS = {"Set": "set", "ImmutableSet": "frozenset"}


def removed_findings(tree: ast.AST, text: Text, aliases: Aliases) -> Iterator[Finding]:
    """``np.cast[dtype](x)``, and the classes of the module ``sets``, as they are written now."""
    calls = {node.func: node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and aliases.path(node.value) == "numpy.cast":
            yield Finding(node.lineno, "numpy.cast", "write np.array(x, dtype=dtype)", _cast(node, calls, text))
        elif isinstance(node, ast.ImportFrom) and node.module == "sets" and not node.level:
            new = "; ".join(f"{one.asname or one.name} = {_SETS.get(one.name, 'set')}" for one in node.names)
            yield Finding(node.lineno, "sets", "write set and frozenset", (text.replaced(node, new),))
        elif isinstance(node, ast.Import) and [one.name for one in node.names] == ["sets"]:
            yield Finding(node.lineno, "sets", "write set and frozenset", (text.replaced(node, "pass"),))
        elif isinstance(node, ast.Attribute) and (new := _SETS.get(aliases.path(node).removeprefix("sets."), "")):
            if aliases.path(node.value) == "sets":
                yield Finding(node.lineno, "sets", f"write {new}", (text.replaced(node, new),))


def _cast(node: ast.Subscript, calls: dict[ast.expr, ast.Call], text: Text) -> tuple[Change, ...]:
    """The changes of ``np.cast[dtype](x)``, or of ``np.cast[dtype]`` as a value; none where NumPy has no name."""
    if not isinstance(node.value, ast.Attribute):
        return ()
    module, dtype = text.of(node.value.value), text.of(node.slice)
    call = calls.get(node)
    if call is not None and len(call.args) == 1 and not call.keywords:
        return (text.replaced(node, f"{module}.array"), text.with_argument(call, f"dtype={dtype}"))
    return (text.replaced(node, f"(lambda x: {module}.array(x, dtype={dtype}))"),)

"""Programs: files that import one another; one that is Python 2 makes all of its program Python 2.

A module that Python 3 can parse as well, but which the rest of its program imports, divides integers and lists keys
as the rest does. A script that stands alone beside it stays what it is.

Read next: command.py
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from .sources import read


def of_old_programs(paths: Sequence[Path], old: Collection[Path]) -> set[Path]:
    """The files of programs of which a file is Python 2, connected components of the graph of imports.

    Args:
        paths: files of one folder, which can be read.
        old: those of them that only Python 2 can parse.
    """
    import networkx

    named: dict[str, list[Path]] = defaultdict(list)
    for path in paths:
        named[path.parent.name if path.stem == "__init__" else path.stem].append(path)
    imports: networkx.Graph[Path] = networkx.Graph()
    imports.add_nodes_from(paths)
    for path in paths:
        imports.add_edges_from((path, other) for name in _imported(read(path).tree) for other in named[name])
    return {path for program in networkx.connected_components(imports) if program & set(old) for path in program}


def _imported(tree: ast.AST) -> Iterator[str]:
    """Every part of the names that a text imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from (node.module or "").split(".")
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield from alias.name.split(".")

"""Aliases: what the names of a script stand for, following its imports and the names it gives to modules.

Read next: names.py
"""

from __future__ import annotations

import ast


class Aliases:
    """The dotted names that a script's own names stand for.

    Args:
        tree: the script.

    Example:
        >>> aliases = Aliases(ast.parse("from theano import tensor as T"))
        >>> aliases.path(ast.parse("T.nnet.softmax", mode="eval").body)
        'theano.tensor.nnet.softmax'
    """

    def __init__(self, tree: ast.AST) -> None:
        self.paths: dict[str, str] = {}
        self.stars: list[tuple[int, str]] = []
        assignments: list[ast.Assign] = []
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                self._import(node)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                self._import_from(node)
            elif isinstance(node, ast.Assign):
                assignments.append(node)
        for one in assignments:
            # T = theano.tensor; and not cost = T.sum(x), which is a value.
            target = one.targets[0]
            if len(one.targets) == 1 and isinstance(target, ast.Name) and (path := self.path(one.value)):
                self.paths.setdefault(target.id, path)

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            bound = alias.asname or alias.name.partition(".")[0]
            self.paths[bound] = alias.name if alias.asname else bound

    def _import_from(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name == "*":
                self.stars.append((node.lineno, node.module or ""))
            else:
                self.paths[alias.asname or alias.name] = f"{node.module}.{alias.name}"

    def path(self, node: ast.AST) -> str:
        """The dotted name that a name or a chain of attributes stands for; empty for anything else."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self.paths:
            return ""
        return ".".join([self.paths[node.id], *reversed(parts)])

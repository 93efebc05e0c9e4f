"""Provenance: nodes that a rule makes tell the user's lines, and on whose behalf they were made.

Read next: verify.py
"""

from __future__ import annotations

from collections.abc import Callable

from ..errors import SourceLine
from ..graph import Node, Origin, toposort


def adopt(root: Node, old: Callable[[Node], bool], lines: tuple[SourceLine, ...], origin: Origin | None) -> None:
    """Let freshly made nodes, not yet seen by anybody, tell where they come from.

    Args:
        root: a node just made by a rule.
        old: which nodes existed before; the walk stops there.
        lines: the lines of the node on whose behalf they were made.
        origin: the rule and that node, where that should be remembered.
    """
    for node in toposort([root], stop=old):
        if not old(node) and not node.is_leaf:
            object.__setattr__(node, "lines", lines)
            if origin:
                object.__setattr__(node, "origin", origin)

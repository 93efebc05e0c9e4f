"""Captured values: the inputs of a control node for which its bodies' last placeholders stand.

Read next: literals.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..graph import Node


def _map_rows_captures(node: Node) -> int:
    return 1


def _scan_captures(node: Node) -> int:
    return 3 + len(node.params["offsets"]) + int(node.params["carries"])


def _branch_captures(node: Node) -> int:
    return 1


# For every control op: how many of a node's inputs come before those that are captured.
BEFORE_CAPTURED: Mapping[str, Callable[[Node], int]] = {
    "map_rows": _map_rows_captures,
    "scan": _scan_captures,
    "branch": _branch_captures,
}


def captures_from(node: Node) -> int:
    """The number of the first of a control node's inputs that its bodies capture."""
    return BEFORE_CAPTURED[node.op.name](node)

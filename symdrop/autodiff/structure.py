"""One node or several: what is given as a node, list or tuple is answered as one.

Read next: reverse.py
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..graph import Node


def as_list(given: Any) -> list[Any]:
    """The members of what is given: of a node the node itself."""
    return [given] if isinstance(given, Node) else list(given)


def in_form_of(given: Any, results: Sequence[Any]) -> Any:
    """Results, one for every member of what was given, as a node, tuple or list like it."""
    return results[0] if isinstance(given, Node) else tuple(results) if isinstance(given, tuple) else list(results)

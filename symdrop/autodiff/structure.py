"""One node or several: what is given as a node, list or tuple is answered as one.

Read next: reverse.py
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import GraphTypeError, here, shown
from ..graph import Node

# How errors speak of what is differentiated, and of what with respect to.
DIFFERENTIATED = "what is differentiated is a symbolic value or a list of them"
WITH_RESPECT_TO = "a gradient is taken with respect to variables"


def as_list(given: Any, what: str = DIFFERENTIATED) -> list[Node]:
    """The members of what is given: of a node the node itself.

    Args:
        given: a node, or a list, tuple or other iterable of nodes.
        what: what is expected, for an error.

    Raises:
        GraphTypeError: for anything else.
    """
    if isinstance(given, Node):
        return [given]
    if not isinstance(given, Iterable) or isinstance(given, str | bytes | Mapping | np.ndarray):
        raise GraphTypeError(f"{what}, not {shown(given)}{here()}")
    members = list(given)
    for member in members:
        if not isinstance(member, Node):
            raise GraphTypeError(f"{what}, not {shown(member)}{here()}")
    return members


def in_form_of(given: Any, results: Sequence[Any]) -> Any:
    """Results, one for every member of what was given, as a node, tuple or list like it."""
    return results[0] if isinstance(given, Node) else tuple(results) if isinstance(given, tuple) else list(results)

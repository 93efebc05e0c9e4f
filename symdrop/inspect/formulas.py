"""Graphs as mathematics: what every output is, each in one line.

Read next: latex.py
"""

from __future__ import annotations

from typing import Any, TextIO

from ..binding import public
from ..errors import ArgumentError, here, shown
from .brief import formula
from .printed import Printed
from .tree import labelled

# A shorter line has no room for "name(...)".
_SHORTEST = 20


@public
def pprint(x: Any, file: TextIO | None = None, *, depth: int = 20, width: int = 200) -> str:
    """A graph as mathematics, a line for every output.

    Args:
        x: an expression, a list of them, a Graph, or a compiled function (its outputs and updates).
        file: where to write the text too, such as ``sys.stdout``.
        depth: how many operations stand inside each other at most.
        width: the most characters of a formula.

    Returns:
        The text. What is too deep or too long is written "name(...)", and so are loops and branches; named nodes are
        called by their names.

    Raises:
        GraphTypeError: for what holds no graph.
        ArgumentError: for a depth below 1, or a width below 20.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x, w = T.dmatrix("x"), sd.shared([[1.0]], name="w")
        >>> h = T.tanh(x @ w)
        >>> sd.inspect.pprint(h * h + 1)
        tanh(x @ w) * tanh(x @ w) + 1
        >>> print(sd.inspect.pprint(sd.function([x], h, updates={w: w * 2})))
        output 0 = tanh(x @ w)
        update of w = w * 2
    """
    for limit, value, least in (("depth", depth, 1), ("width", width, _SHORTEST)):
        if value < least:
            raise ArgumentError(f"{limit}={shown(value)}: expected at least {least}{here()}")
    lines = [(f"{label} = " if label else "") + formula(node, depth=depth, width=width) for label, node in labelled(x)]
    text = "\n".join(lines)
    if file is not None:
        file.write(text + "\n")
    return Printed(text)

"""Pictures in notebooks: of a small graph the graph, of a large one a table of what is in it.

A notebook prefers HTML to SVG, so of the two always one is None. Neither grows with the graph.

Read next: plots.py
"""

from __future__ import annotations

from html import escape
from typing import Any

from ..binding import public
from ..compiler import Function
from ..inspect.text import graph_to_text
from .boxes import picture, tally
from .images import to_svg
from .labels import clean
from .picture import graph_of
from .style import PART_STYLES

# Boxes of a picture; nodes of a graph that is written out; lines and characters of its text; ops in a row of the table.
SMALL, _WRITTEN, _LINES, _LONG, _OPS = 60, 1000, 30, 110, 10


@public
def to_small_svg(what: Any) -> str | None:
    """A picture for a notebook, or None if it would have more than ``SMALL`` boxes.

    Example:
        >>> import symdrop.tensor as T
        >>> x = y = T.vector("x")
        >>> for _ in range(100):
        ...     y = T.tanh(y)
        >>> to_small_svg(y) is None, to_small_svg(T.tanh(x)) is None
        (True, False)
    """
    return None if _is_large(what) else to_svg(what, most=SMALL)


@public
def to_large_html(what: Any) -> str | None:
    """The contents of a graph, counted by part and op, and the beginning of its text; None for what has a picture.

    Example:
        >>> import symdrop.tensor as T
        >>> x = y = T.vector("x")
        >>> for _ in range(100):
        ...     y = T.tanh(y)
        >>> to_large_html(T.tanh(x)) is None, "tanh 100" in to_large_html(y)
        (True, True)
    """
    if not _is_large(what):
        return None
    graph = graph_of(what)
    counts = tally(graph)
    rows = []
    for part, count in counts.items():
        ops = ", ".join(f"{op} {n:,}" for op, n in count.most_common(_OPS))
        ops += f", and {len(count) - _OPS} other ops" if len(count) > _OPS else ""
        look = f"border-left: 4px {PART_STYLES[part].word} {PART_STYLES[part].border}; text-align: left"
        rows.append(f'<tr><th style="{look}">{part}</th><td>{sum(count.values()):,}</td>{_cell(ops)}</tr>')
    head = f"<p>{escape(clean(repr(what)))}</p>" if isinstance(what, Function) else ""
    table = f"<table><tr><th></th><th>nodes</th><th>ops</th></tr>{''.join(rows)}</table>"
    if sum(sum(count.values()) for count in counts.values()) > _WRITTEN:
        return f"<div>{head}{table}</div>"
    lines = graph_to_text(graph).splitlines()
    shown = [clean(line, _LONG) for line in lines[:_LINES]]
    shown += [f"... and {len(lines) - _LINES} more lines"] * (len(lines) > _LINES)
    text = escape("\n".join(shown))
    return f"<div>{head}{table}<details><summary>as text</summary><pre>{text}</pre></details></div>"


def _cell(text: str) -> str:
    return f'<td style="text-align: left">{escape(text)}</td>'


def _is_large(what: Any) -> bool:
    drawn = picture(graph_of(what), SMALL)
    return bool(drawn.note and drawn.boxes)

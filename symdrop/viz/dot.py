"""Pictures as DOT text, the language of Graphviz.

Read next: layers.py
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from ..binding import public
from .boxes import picture
from .picture import MOST, Box, Frame, Picture, graph_of
from .style import FONT, INK, LINE, MARK_STYLES, PART_STYLES, SHADE


@public
def to_dot(what: Any, *, stage: str | None = None, most: int = MOST, full: bool = False, legend: bool = True) -> str:
    """A graph as DOT text, for Graphviz and whatever else reads it.

    Args:
        what: an expression, a list of them, a Graph, or a compiled function.
        stage: of a compiled function, the stage to draw; the last one, "rewritten", unless named.
        most: the most boxes; of larger graphs the ops are counted, by part.
        full: whether literals, sizes and rearrangements have boxes too, which otherwise stand in the formulas.
        legend: whether to say below what outlines and shapes mean.

    Returns:
        The text; equal graphs give equal text.

    Raises:
        GraphTypeError: for what holds no graph, or two.
        ArgumentError: for an unknown stage, and a limit below 1.

    Example:
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.vector("x")
        >>> print(to_dot(T.exp(x) + 1, legend=False).splitlines()[-2])
          n1 -> n2;
    """
    return write(picture(graph_of(what, stage), most, full), legend)


def write(drawn: Picture, legend: bool) -> str:
    """A picture as DOT text."""
    text = {"fontname": FONT, "fontsize": "11"}
    line = {**text, "fontcolor": LINE, "color": LINE, "arrowsize": "0.6", "labeldistance": "1.8"}
    lines = [
        "digraph symdrop {",
        f"  graph [{_attributes({**text, 'bgcolor': 'transparent', 'ranksep': '0.35', 'tooltip': ' '})}];",
        f"  node [{_attributes({**text, 'fontcolor': INK, 'margin': '0.1,0.05', 'height': '0.3'})}];",
        f"  edge [{_attributes(line)}];",
    ]
    below = _below(drawn, legend)
    if below:
        lines.append(f"  graph [labelloc=b, label=<{below}>];")
    lines += _inside(drawn, None, "  ")
    for arrow in drawn.arrows:
        # A letter belongs to the head; more words need room, which only a label in the middle is given.
        place = "headlabel" if len(arrow.label) < 3 else "label"
        label = f" [{place}={quoted([arrow.label])}]" if arrow.label else ""
        lines.append(f"  n{arrow.source} -> n{arrow.target}{label};")
    return "\n".join([*lines, "}", ""])


def _inside(drawn: Picture, frame: Frame | None, margin: str) -> list[str]:
    """The boxes and frames that stand right in a frame; frames are nested as deep as loops are."""
    number = frame.number if frame else None
    lines = [f"{margin}{_box(box)}" for box in drawn.boxes if box.frame == number]
    for inner in drawn.frames:
        if inner.parent == number:
            looks = {"label": inner.title, "fontcolor": LINE, "color": PART_STYLES[inner.part].border, "bgcolor": SHADE}
            lines += [
                f"{margin}subgraph cluster_{inner.number} {{",
                f'{margin}  graph [{_attributes(looks)}, style="rounded", labeljust=l, labelloc=t];',
                *_inside(drawn, inner, margin + "  "),
                f"{margin}}}",
            ]
    return lines


def _box(box: Box) -> str:
    part, mark = PART_STYLES[box.part], MARK_STYLES[box.mark]
    style = f"filled,{part.word}{',rounded' * mark.rounded}"
    looks = {"shape": mark.shape, "style": style, "color": part.border, "fillcolor": part.fill}
    if box.result:
        looks["penwidth"] = "3"
    if mark.double:
        looks["peripheries"] = "2"
    tip = f", tooltip={quoted([box.tip])}" if box.tip else ""
    return f"n{box.number} [label={quoted([*box.title, *box.details])}, {_attributes(looks)}{tip}];"


def _attributes(values: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={quoted([value])}" for name, value in values.items())


def quoted(lines: Sequence[str]) -> str:
    """Lines as a DOT string; Graphviz reads backslashes, quotes and ampersands as signs of its own."""
    escaped = (line.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(escaped) + '"'


def _below(drawn: Picture, legend: bool) -> str:
    """The note and the legend, in Graphviz's own kind of HTML; "" if there is nothing to say."""
    rows = [f'<FONT COLOR="{LINE}">{escape(drawn.note)}</FONT>'] if drawn.note else []
    if legend and drawn.boxes:
        cells = ""
        for part in drawn.parts():
            look = PART_STYLES[part]
            colours = f'BORDER="1" STYLE="{look.word.upper()}" COLOR="{look.border}" BGCOLOR="{look.fill}"'
            cells += f'<TD {colours}><FONT COLOR="{INK}">{part}: {look.word}</FONT></TD>'
        # The empty cells take the room that is left over.
        rows.append(f'<TABLE BORDER="0" CELLSPACING="6"><TR><TD></TD>{cells}<TD></TD></TR></TABLE>')
        rows += [f'<FONT COLOR="{LINE}">{line}</FONT>' for line in drawn.shapes()]
    lines = "".join(f"<TR><TD>{row}</TD></TR>" for row in rows)
    return f'<TABLE BORDER="0" CELLSPACING="0">{lines}</TABLE>' if rows else ""

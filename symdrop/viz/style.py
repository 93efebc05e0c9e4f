"""How pictures look: one table for the parts of a graph, one for what is particular about a node.

Colour is never alone. A part has a border of its own too, and a mark has a shape and a word,
so a picture printed in grey, or seen by a colour-blind reader, says the same. The colours are
those of Okabe and Ito; the fills are light enough for black text, on white and on dark ground.

Read next: labels.py
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PartStyle:
    """The looks of a part.

    Attributes:
        border: colour of the outline.
        fill: colour inside.
        dashes: of the outline, lengths of strokes and gaps; none for a solid line.
        word: what the outline is called.
    """

    border: str
    fill: str
    dashes: tuple[int, ...]
    word: str


@dataclass(frozen=True, slots=True)
class MarkStyle:
    """The looks of a mark.

    Attributes:
        shape: one of Graphviz's shapes.
        word: what the shape is called.
        tag: the word that a box of this kind carries, or none.
        rounded, double: whether corners are round, and whether there are two outlines.
    """

    shape: str
    word: str
    tag: str
    rounded: bool = False
    double: bool = False


PART_STYLES: Mapping[str, PartStyle] = {
    "forward": PartStyle("#0072B2", "#DDEEF8", (), "solid"),
    "backward": PartStyle("#D55E00", "#FCE8DA", (6, 3), "dashed"),
    "update": PartStyle("#009E73", "#DAF3EA", (2, 3), "dotted"),
}

MARK_STYLES: Mapping[str, MarkStyle] = {
    "": MarkStyle("box", "plain", "", False, False),
    "input": MarkStyle("box", "round", "input", True, False),
    "state": MarkStyle("cylinder", "cylinder", "state", False, False),
    "flag": MarkStyle("hexagon", "hexagon", "flag", False, False),
    "constant": MarkStyle("note", "folded corner", "constant", False, False),
    "draw": MarkStyle("box", "double outline", "random", False, True),
}

INK = "#111111"
FAINT = "#444444"
# Seen on white and on black.
LINE = "#767676"
# Of the frames around loops and branches: nested ones grow darker, on any ground.
SHADE = "#80808020"

FONT = "monospace"

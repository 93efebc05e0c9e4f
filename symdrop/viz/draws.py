"""Draws: where each comes from, and what it gives in other steps.

A draw is a pure function of its key, its stream's step and a position, so any step can be
computed at any time. For a Bernoulli draw the key and one number, below which a word means
"true", are all that a page needs to do that by itself (docs/randomness.md has the layout).

Read next: rows.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..graph import Node
from ..op import Constant, SharedVariable, evaluate_node
from ..ops.numpy_maths import NUMPY
from ..ops.scan import Loop, scan
from ..random.arguments import NUMBERED_SITES
from .atlas import Atlas, Drawn
from .measure import Given, Measures
from .values import picture

# Steps whose masks are computed beforehand.
_STEPS = 4
# Elements of the largest mask that is computed for them.
_LARGEST = 4_000_000


class Draws:
    """The draws of an atlas, those that are the same draw in several stages once.

    Attributes:
        rows: as the record has them.
        of: the number of every draw.
    """

    def __init__(self, atlas: Atlas, measures: Measures) -> None:
        self.rows: list[dict[str, Any]] = []
        self.of: dict[Node, int] = {}
        numbers: dict[Any, int] = {}
        for drawn in atlas.graphs:
            for node in drawn.nodes:
                if node.op.kind == "draw" and node not in self.of:
                    row = _row(node, drawn, measures.draws.get(node))
                    number = numbers.setdefault(repr(row), len(self.rows))
                    if number == len(self.rows):
                        self.rows.append(row)
                    self.of[node] = number


def _row(draw: Node, drawn: Drawn, given: Given | None) -> dict[str, Any]:
    stream, site, loops = _place(draw, drawn)
    positions = [f"{name} = {i}" for name, i in zip(loops, given.loops, strict=False)] if given else loops
    row: dict[str, Any] = {
        "name": draw.op.name,
        "stream": stream,
        "site": site,
        "shape": list(draw.type.shape),
        "loops": positions,
        "step": None,
        "replay": None,
        "kept": [],
    }
    if given is not None:
        key, step, *others = given.arguments
        ndim = draw.params["ndim"]
        row["shape"] = [int(size) for size in others[:ndim]]
        row["step"] = int(step)
        parameters = others[ndim:]
        if draw.op.name == "bernoulli":
            if np.ndim(parameters[0]) == 0:
                row["replay"] = _replay(key, parameters[0])
            row["kept"] = _kept(draw, given, int(step), int(np.prod(row["shape"])))
    return row


def _replay(key: Any, p: Any) -> dict[str, Any]:
    """All that a page needs to draw again: a word means "true" if it is below the threshold."""
    probability = np.float32(p)
    always = bool(probability >= 1)
    threshold = 0 if always else int(np.float32(probability * np.float32(2.0**32)))
    return {"key": [int(word) for word in key], "threshold": threshold, "always": always}


def _kept(draw: Node, given: Given, step: int, size: int) -> list[dict[str, Any]]:
    key, _, *others = given.arguments
    if not 0 < size <= _LARGEST or not draw.ndim:
        return []
    masks = []
    for number in range(step, step + _STEPS):
        mask = evaluate_node(draw, NUMPY, [key, np.asarray(number), *others])
        masks.append({"step": number, "picture": picture(np.asarray(mask))})
    return masks


def _place(draw: Node, drawn: Drawn) -> tuple[str, str, list[str]]:
    """The stream and the site of a draw, and the names of the loops around it, the outermost first."""
    node, site, loops = draw.inputs[0], "", []
    while True:
        if node.op.name == "fold_in":
            node, data = node.inputs
            if data.op.name == "loop_words":
                loops.append(data.inputs[0].name or "i")
            elif isinstance(data, Constant):
                high, low = (int(word) for word in data.value)
                number = high << 32 | low
                site = data.name or (str(low) if number < NUMBERED_SITES else hex(number))
        elif node in drawn.graph.inputs and drawn.around is not None:
            node, drawn = outside(node, drawn), drawn.around
        else:
            break
    if not isinstance(node, SharedVariable):
        return node.name or node.op.name, site, loops[::-1]
    high, low = (int(word) for word in node.get_value())
    name = (node.name or "stream").removesuffix(".key")
    return f"{name}(seed={high << 32 | low})", site, loops[::-1]


def outside(leaf: Node, drawn: Drawn) -> Node:
    """The value around a loop or branch for a leaf that it captures, or the leaf itself."""
    holder = drawn.holder
    if holder is None:
        return leaf
    captured = Loop(holder).captured if holder.op is scan else holder.inputs[1:]
    return dict(zip(reversed(drawn.graph.inputs), reversed(captured), strict=False)).get(leaf, leaf)

"""Pictures before layout: boxes, arrows, and frames around loops.

Read next: boxes.py
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..compiler import Function, RuntimeFunction
from ..errors import ArgumentError, GraphTypeError, here, shown
from ..graph import Graph, toposort
from ..inspect.tree import labelled
from .parts import PARTS
from .style import MARK_STYLES

# As many boxes as a page can show.
MOST = 200

# Shapes in a line of the legend.
_IN_A_LINE = 3


@dataclass(frozen=True, slots=True)
class Box:
    """A node of a picture.

    Attributes:
        number: unlike that of all other boxes.
        title, details: lines of text, the second kind smaller.
        part: one of ``PARTS``.
        mark: as ``viz.mark`` says.
        tip: the line of the user that made it.
        frame: the frame it stands in, or None.
        result: whether it is an output, or the new value of a state.
    """

    number: int
    title: tuple[str, ...]
    details: tuple[str, ...]
    part: str
    mark: str = ""
    tip: str = ""
    frame: int | None = None
    result: bool = False


@dataclass(frozen=True, slots=True)
class Arrow:
    """From what is used to who uses it; ``label`` says as what."""

    source: int
    target: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame around a loop or a branch; ``parent`` is the frame around it, or None."""

    number: int
    title: str
    part: str
    parent: int | None


@dataclass(slots=True)
class Picture:
    """Boxes in topological order, arrows, frames from the outside in, and a sentence if there is more to say."""

    boxes: list[Box] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    note: str = ""

    def parts(self) -> list[str]:
        """Which parts occur."""
        found = {box.part for box in self.boxes}
        return [part for part in PARTS if part in found]

    def shapes(self) -> list[str]:
        """The legend of the shapes that occur, in lines; none where all boxes are plain."""
        marks = {box.mark for box in self.boxes}
        found = [f"{look.tag}: {look.word}" for name, look in MARK_STYLES.items() if name and name in marks]
        found += ["result: thick"] * any(box.result for box in self.boxes)
        return [", ".join(found[i : i + _IN_A_LINE]) for i in range(0, len(found), _IN_A_LINE)]


def graph_of(what: Any, stage: str | None = None) -> Graph:
    """The graph that anything holds.

    Args:
        what: an expression, a list of them, a Graph, or a compiled function.
        stage: of a compiled function, the stage; None for the last one, "rewritten".

    Raises:
        GraphTypeError: for what holds no graph, or two.
        ArgumentError: for an unknown stage, a stage of anything else, and an empty list.
    """
    if isinstance(what, RuntimeFunction):
        raise GraphTypeError(f"{what.name} holds two functions; take .train or .test of it{here()}")
    if isinstance(what, Function):
        drawn = [name for name in what.stages if name != "kernels"]
        name = stage or "rewritten"
        if name not in drawn:
            raise ArgumentError(f"stage={shown(stage)}: expected one of {', '.join(drawn)}{here()}")
        return what.stages[name]
    if stage is not None:
        raise ArgumentError(f"stage={shown(stage)}: only a compiled function has stages, not {shown(what)}{here()}")
    if isinstance(what, Graph):
        return what
    roots = labelled(what)
    if not roots:
        raise ArgumentError(f"an empty list has no graph{here()}")
    nodes = [node for _, node in roots]
    labels = [label or (f"value {i}" if len(roots) > 1 else "") for i, (label, _) in enumerate(roots)]
    return Graph([node for node in toposort(nodes) if node.op.name == "input"], nodes, labels)

"""A picture laid out: outlines, lines and words, each with its place.

The frame around a loop is laid out first and is one large box outside. Letters are all of one
width, so that the size of a box is known without asking anybody for a font.

Read next: svg.py
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from unicodedata import east_asian_width

from .layers import ROOM, Edge, Layout, Point, layered
from .picture import Arrow, Box, Picture
from .style import FAINT, INK, LINE, MARK_STYLES, PART_STYLES, SHADE

# Width of a letter and distance of two lines, in parts of a letter's height.
WIDE, LEADING = 0.602, 1.3

TITLE, DETAIL, LABEL = 12.0, 10.0, 10.0
_PAD, _MARGIN, _HEAD, _GAP = 8.0, 16.0, 20.0, 10.0

# Commands as of SVG: M, L, C, Z, each with its points.
Path = list[tuple[str, tuple[Point, ...]]]


@dataclass(frozen=True, slots=True)
class Outline:
    """A path that is filled, drawn, or both; ``tip`` is shown where the picture can be pointed at."""

    path: Path
    fill: str = "none"
    stroke: str = "none"
    width: float = 1.2
    dashes: tuple[int, ...] = ()
    tip: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text; ``x`` is its middle or its left end, ``y`` the line the letters stand on."""

    text: str
    x: float
    y: float
    size: float
    colour: str
    middle: bool = True


@dataclass(slots=True)
class Scene:
    """The parts of a drawing, in this order."""

    width: float
    height: float
    things: list[Outline | Words] = field(default_factory=list)


def scene(drawn: Picture, legend: bool = True) -> Scene:
    """Lay out a picture.

    Args:
        drawn: the picture.
        legend: whether to say below what outlines and shapes mean.
    """
    inner: dict[int | None, _Level] = {}
    # Frames come before those inside them.
    for frame in (*reversed(drawn.frames), None):
        number = frame.number if frame else None
        inner[number] = _Level(drawn, number, inner)
    whole = inner[None].layout
    note, shapes = [drawn.note] * bool(drawn.note), drawn.shapes() if legend else []
    chips = [(part, f"{part}: {PART_STYLES[part].word}") for part in drawn.parts()] if legend else []
    row = sum(_width(text, LABEL) + 2 * _PAD + _GAP for _, text in chips) - _GAP
    width = max([whole.width, row, *(_width(line, LABEL) for line in note + shapes)]) + 2 * _MARGIN
    made = Scene(width, whole.height + _MARGIN)
    starts: list[tuple[int | None, Point]] = [(None, ((width - whole.width) / 2, _MARGIN))]
    for number, start in starts:
        starts += inner[number].draw(made, start)
    _below(made, note)
    x, y, high = (width - row) / 2, made.height + _MARGIN, LABEL * LEADING + 6
    for part, text in chips:
        look, wide = PART_STYLES[part], _width(text, LABEL) + 2 * _PAD
        made.things.append(Outline(_plain(x, y, wide, high)[0], look.fill, look.border, 1.2, look.dashes))
        made.things.append(Words(text, x + wide / 2, y + LABEL + 4, LABEL, INK))
        x += wide + _GAP
        made.height = y + high
    _below(made, shapes)
    made.height += _MARGIN
    return made


def _below(made: Scene, lines: Sequence[str]) -> None:
    """Lines in the middle below everything."""
    made.height += 8.0 * bool(lines)
    for line in lines:
        made.height += LABEL * LEADING
        made.things.append(Words(line, made.width / 2, made.height, LABEL, LINE))


class _Level:
    """The contents of one frame: boxes, and other frames as boxes."""

    def __init__(self, drawn: Picture, number: int | None, inner: dict[int | None, _Level]) -> None:
        self.boxes = [box for box in drawn.boxes if box.frame == number]
        self.frames = [frame for frame in drawn.frames if frame.parent == number]
        members: dict[int, int] = {box.number: i for i, box in enumerate(self.boxes)}
        for i, frame in enumerate(self.frames, len(self.boxes)):
            members.update(dict.fromkeys(inner[frame.number].members, i))
        # All boxes in here, however deep, and the item of this level that they are in.
        self.members: dict[int, int] = members
        self.inner = inner
        labels: dict[tuple[int, int], list[str]] = {}
        for arrow in drawn.arrows:
            if arrow.source in members and arrow.target in members:
                ends = members[arrow.source], members[arrow.target]
                if ends[0] != ends[1]:
                    text = _entering(drawn, arrow) if ends[1] >= len(self.boxes) else arrow.label
                    labels.setdefault(ends, []).extend([text] if text else [])
        self.labels = [", ".join(dict.fromkeys(texts)) for texts in labels.values()]
        self.edges = [Edge(*ends, ROOM + _width(text, LABEL)) for ends, text in zip(labels, self.labels, strict=True)]
        room: dict[int, float] = {}
        for edge in self.edges:
            room[edge.target] = room.get(edge.target, 0.0) + edge.room
        sizes = [_size(box) for box in self.boxes]
        for frame in self.frames:
            layout = inner[frame.number].layout
            sizes.append((layout.width + 2 * _PAD, layout.height + _HEAD + _PAD))
        # Wide enough for what is written at the arrows that come in.
        self.sizes = [(max(w, room.get(i, 0.0) / 0.9), h) for i, (w, h) in enumerate(sizes)]
        self.layout: Layout = layered(self.sizes, self.edges)

    def draw(self, made: Scene, start: Point) -> list[tuple[int, Point]]:
        """Draw all but what is inside of frames; these are returned, each with the place where it begins."""
        left, top = start
        corners = [
            (left + x - w / 2, top + y - h / 2) for (x, y), (w, h) in zip(self.layout.centres, self.sizes, strict=True)
        ]
        count = len(self.boxes)
        inside = []
        for frame, (x, y), (w, h) in zip(self.frames, corners[count:], self.sizes[count:], strict=True):
            made.things.append(Outline(_rounded(x, y, w, h), SHADE, PART_STYLES[frame.part].border))
            made.things.append(Words(frame.title, x + _PAD, y + 14, LABEL, LINE, middle=False))
            inside.append((frame.number, (x + (w - self.inner[frame.number].layout.width) / 2, y + _HEAD)))
        for route, label in zip(self.layout.routes, self.labels, strict=True):
            _arrow(made, [(left + x, top + y) for x, y in route], label)
        for box, (x, y), (w, h) in zip(self.boxes, corners[:count], self.sizes[:count], strict=True):
            _box(made, box, x, y, w, h)
        return inside


def _entering(drawn: Picture, arrow: Arrow) -> str:
    """An arrow that ends at a frame says which box in it is meant."""
    (target,) = (box for box in drawn.boxes if box.number == arrow.target)
    return arrow.label or target.title[0]


def _width(text: str, size: float) -> float:
    # Chinese, Japanese and Korean letters take two places.
    places = len(text) + sum(east_asian_width(letter) in "WF" for letter in text)
    return places * size * WIDE


def _size(box: Box) -> Point:
    width = max(
        max((_width(text, TITLE) for text in box.title), default=0.0),
        max((_width(text, DETAIL) for text in box.details), default=0.0),
    )
    height = (len(box.title) * TITLE + len(box.details) * DETAIL) * LEADING
    slanted = 12 * (box.mark == "flag")
    return max(40.0, width) + 2 * (_PAD + slanted), height + _PAD + 8 * (box.mark == "state")


def _box(made: Scene, box: Box, x: float, y: float, w: float, h: float) -> None:
    part, mark = PART_STYLES[box.part], MARK_STYLES[box.mark]
    outline, *extra = _SHAPES[mark.shape](x, y, w, h) if not mark.rounded else [_rounded(x, y, w, h)]
    thick = 3.0 if box.result else 1.2
    made.things.append(Outline(outline, part.fill, part.border, thick, part.dashes, box.tip))
    if mark.double:
        extra.append(_SHAPES["box"](x - 3, y - 3, w + 6, h + 6)[0])
    made.things += [Outline(path, "none", part.border, 1.2, part.dashes) for path in extra]
    middle, line = x + w / 2, y + _PAD / 2 + 8 * (box.mark == "state")
    for size, colour, lines in ((TITLE, INK, box.title), (DETAIL, FAINT, box.details)):
        for text in lines:
            made.things.append(Words(text, middle, line + size, size, colour))
            line += size * LEADING


def _polygon(*points: Point) -> Path:
    return [("M", points[:1]), *(("L", (point,)) for point in points[1:]), ("Z", ())]


def _plain(x: float, y: float, w: float, h: float) -> list[Path]:
    return [_polygon((x, y), (x + w, y), (x + w, y + h), (x, y + h))]


def _rounded(x: float, y: float, w: float, h: float) -> Path:
    r, k = 10.0, 4.5
    right, bottom = x + w, y + h
    return [
        ("M", ((x + r, y),)),
        ("L", ((right - r, y),)), ("C", ((right - k, y), (right, y + k), (right, y + r))),
        ("L", ((right, bottom - r),)), ("C", ((right, bottom - k), (right - k, bottom), (right - r, bottom))),
        ("L", ((x + r, bottom),)), ("C", ((x + k, bottom), (x, bottom - k), (x, bottom - r))),
        ("L", ((x, y + r),)), ("C", ((x, y + k), (x + k, y), (x + r, y))),
        ("Z", ()),
    ]  # fmt: skip


def _cylinder(x: float, y: float, w: float, h: float) -> list[Path]:
    right, high, low, k = x + w, y + 5, y + h - 5, 6.6
    front: Path = [("M", ((x, high),)), ("C", ((x, high + k), (right, high + k), (right, high)))]
    back: Path = [("C", ((right, high - k), (x, high - k), (x, high)))]
    bottom: Path = [("L", ((x, low),)), ("C", ((x, low + k), (right, low + k), (right, low))), ("L", ((right, high),))]
    return [[("M", ((x, high),)), *bottom, *back, ("Z", ())], front]


def _hexagon(x: float, y: float, w: float, h: float) -> list[Path]:
    middle, right = y + h / 2, x + w
    return [_polygon((x, middle), (x + 12, y), (right - 12, y), (right, middle), (right - 12, y + h), (x + 12, y + h))]


def _note(x: float, y: float, w: float, h: float) -> list[Path]:
    right = x + w
    fold: Path = [("M", ((right - 8, y),)), ("L", ((right - 8, y + 8),)), ("L", ((right, y + 8),))]
    return [_polygon((x, y), (right - 8, y), (right, y + 8), (right, y + h), (x, y + h)), fold]


_SHAPES = {"box": _plain, "cylinder": _cylinder, "hexagon": _hexagon, "note": _note}


def _arrow(made: Scene, route: Sequence[Point], label: str) -> None:
    """A line straight through layers and bent between them, with a head."""
    (x, y), head = route[-1], 6.0
    path: Path = [("M", (route[0],))]
    for i, (here, there) in enumerate(pairwise([*route[:-1], (x, y - head)])):
        if i % 2 == 0 or here[0] == there[0]:
            path.append(("L", (there,)))
        else:
            bend = (here[1] + there[1]) / 2
            path.append(("C", ((here[0], bend), (there[0], bend), there)))
    made.things.append(Outline(path, stroke=LINE))
    made.things.append(Outline(_polygon((x, y), (x - 3, y - head - 1), (x + 3, y - head - 1)), fill=LINE))
    if label:
        made.things.append(Words(label, x + 4, y - 4, LABEL, LINE, middle=False))

"""A scene as SVG text, or drawn by matplotlib.

Read next: images.py
"""

from __future__ import annotations

from html import escape
from typing import Any

from .scene import Outline, Path, Scene, Words
from .style import FONT

# As wide a letter as scene.py counts with, wherever one of these is installed.
_FONTS = f"DejaVu Sans Mono, Menlo, Consolas, Liberation Mono, {FONT}"


def svg_text(made: Scene, title: str) -> str:
    """A scene as SVG.

    Args:
        made: what is drawn.
        title: what the picture shows, for those who do not see it.
    """
    width, height = round(made.width), round(made.height)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="{escape(title)}" font-family="{_FONTS}">'
    ]
    for thing in made.things:
        lines.append(_words(thing) if isinstance(thing, Words) else _outline(thing))
    return "\n".join([*lines, "</svg>", ""])


def _outline(thing: Outline) -> str:
    dashes = f' stroke-dasharray="{" ".join(map(str, thing.dashes))}"' if thing.dashes else ""
    line = f' stroke="{thing.stroke}" stroke-width="{thing.width:g}"{dashes}' if thing.stroke != "none" else ""
    path = f'<path d="{_path(thing.path)}" fill="{thing.fill}"{line}'
    return f"{path}><title>{escape(thing.tip)}</title></path>" if thing.tip else f"{path}/>"


def _path(path: Path) -> str:
    return "".join(command + " ".join(f"{x:.1f},{y:.1f}" for x, y in points) for command, points in path)


def _words(thing: Words) -> str:
    anchor = ' text-anchor="middle"' if thing.middle else ""
    place = f'x="{thing.x:.1f}" y="{thing.y:.1f}" font-size="{thing.size:g}" fill="{thing.colour}"{anchor}'
    return f'<text {place} xml:space="preserve">{escape(thing.text)}</text>'


def figure(made: Scene) -> Any:
    """A scene as a figure of matplotlib, at 72 points to the inch."""
    from matplotlib.figure import Figure
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Curve

    codes = {"M": [Curve.MOVETO], "L": [Curve.LINETO], "C": [Curve.CURVE4] * 3, "Z": [Curve.CLOSEPOLY]}
    drawn = Figure(figsize=(made.width / 72, made.height / 72), dpi=72)
    axes = drawn.add_axes((0, 0, 1, 1), xlim=(0, made.width), ylim=(made.height, 0))
    axes.set_axis_off()
    for level, thing in enumerate(made.things):
        if isinstance(thing, Words):
            font: dict[str, Any] = {"family": "monospace", "fontsize": thing.size, "parse_math": False}
            side = "center" if thing.middle else "left"
            axes.text(thing.x, thing.y, thing.text, color=thing.colour, ha=side, zorder=level, **font)
            continue
        points = [point for _, some in thing.path for point in some or [(0.0, 0.0)]]
        curve = Curve(points, [code for command, _ in thing.path for code in codes[command]])
        dashes = (0, tuple(length / thing.width for length in thing.dashes)) if thing.dashes else "solid"
        looks = {"facecolor": thing.fill, "edgecolor": thing.stroke, "linewidth": thing.width, "linestyle": dashes}
        axes.add_patch(PathPatch(curve, **looks, zorder=level))
    return drawn

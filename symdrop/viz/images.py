"""Pictures as files: by Graphviz where its program ``dot`` is found, by the layout of layers.py elsewhere.

Read next: notebook.py
"""

from __future__ import annotations

import os
import shutil
import subprocess
from io import BytesIO
from typing import Any

from ..binding import public
from ..errors import ArgumentError, SymdropError, here, shown
from .boxes import picture
from .dot import write
from .files import store
from .picture import MOST, Picture, graph_of
from .scene import scene
from .svg import figure, svg_text

ENGINES = ("dot", "networkx")

# Pixels of a side; matplotlib refuses more than twice as many.
_LARGEST = 32_000

# Seconds that Graphviz may take.
_PATIENCE = 30.0


class PictureError(SymdropError, RuntimeError):
    """A picture that could not be made."""


@public
def to_svg(
    what: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    engine: str | None = None,
    stage: str | None = None,
    most: int = MOST,
    full: bool = False,
    legend: bool = True,
) -> str:
    """A graph as a picture in SVG.

    Args:
        what: an expression, a list of them, a Graph, or a compiled function.
        path: a file to write it to, as well.
        engine: who lays it out: "dot" for Graphviz, "networkx" for symdrop's own layout; None for the first of them
            that is installed.
        stage: of a compiled function, the stage to draw; the last one, "rewritten", unless named.
        most: the most boxes; of larger graphs the ops are counted, by part.
        full: whether literals, sizes and rearrangements have boxes too, which otherwise stand in the formulas.
        legend: whether to say below what outlines and shapes mean.

    Returns:
        The SVG text.

    Raises:
        GraphTypeError: for what holds no graph, or two.
        ArgumentError: for an unknown stage or engine, and a limit below 1.
        PictureError: if Graphviz is asked for and is not there, or fails.
        ArgumentError: if the file cannot be written.

    Example:
        >>> import symdrop.tensor as T
        >>> text = to_svg(T.exp(T.vector("x")), engine="networkx")
        >>> text.startswith("<svg"), "exp(x)" in text
        (True, True)
    """
    drawn = picture(graph_of(what, stage), most, full)
    made = _with_dot(drawn, legend, "svg", _chosen(engine))
    # Graphviz puts a declaration in front, which has no place inside of a page.
    text = made.decode()[made.index(b"<svg") :] if made else svg_text(scene(drawn, legend), _title(drawn))
    if path is not None:
        store(path, text.encode())
    return text


@public
def to_png(
    what: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    engine: str | None = None,
    stage: str | None = None,
    most: int = MOST,
    full: bool = False,
    legend: bool = True,
    dpi: int = 144,
) -> bytes:
    """A graph as a picture in PNG, on white.

    Args:
        what, path, engine, stage, most, full, legend: as of ``to_svg``; engine "networkx" needs matplotlib.
        dpi: pixels to an inch, of which the SVG has 72; fewer where the picture would be too large.

    Returns:
        The bytes of the file.

    Raises:
        GraphTypeError, ArgumentError: as of ``to_svg``.
        PictureError: also if neither Graphviz nor matplotlib is installed.

    Example:
        >>> import symdrop.tensor as T
        >>> to_png(T.exp(T.vector("x")), engine="networkx")[1:4]
        b'PNG'
    """
    if isinstance(dpi, bool) or not isinstance(dpi, int) or not 10 <= dpi <= 600:
        raise ArgumentError(f"dpi={shown(dpi)}: expected a number from 10 to 600{here()}")
    drawn = picture(graph_of(what, stage), most, full)
    made = _with_dot(drawn, legend, "png", _chosen(engine), f"-Gdpi={dpi}", "-Gbgcolor=white")
    if made is None:
        need_matplotlib("a PNG without Graphviz" if engine is None else "engine='networkx' for a PNG")
        laid, stream = scene(drawn, legend), BytesIO()
        fitting = min(dpi, int(72 * _LARGEST / max(laid.width, laid.height)))
        figure(laid).savefig(stream, format="png", dpi=fitting)
        made = stream.getvalue()
    if path is not None:
        store(path, made)
    return made


def find_dot() -> str | None:
    """The path of Graphviz's program, or None."""
    return shutil.which("dot")


def need_matplotlib(what: str) -> None:
    """Refuse what cannot be drawn without matplotlib.

    Raises:
        PictureError: where it is not installed.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        install = 'run: python3 -m pip install "symdrop[plot]"'
        raise PictureError(f"{what} needs matplotlib, which is not installed; {install}{here()}") from None


def _chosen(engine: str | None) -> str | None:
    if engine is not None and engine not in ENGINES:
        raise ArgumentError(f"engine={shown(engine)}: expected one of {', '.join(ENGINES)}, or None{here()}")
    if engine == "dot" and find_dot() is None:
        raise PictureError(
            "engine='dot' needs the program 'dot' of Graphviz, which is not on the path; install Graphviz "
            f"(Debian: apt install graphviz), or leave engine= out{here()}"
        )
    return engine


def _title(drawn: Picture) -> str:
    return drawn.note or f"a graph of {len(drawn.boxes)} boxes"


def _with_dot(drawn: Picture, legend: bool, form: str, engine: str | None, *options: str) -> bytes | None:
    """Graphviz's picture; None where it is not wanted, or not asked for and no help."""
    program = find_dot()
    if engine == "networkx" or program is None:
        return None
    try:
        text = write(drawn, legend).encode()
        done = subprocess.run([program, f"-T{form}", *options], input=text, capture_output=True, timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        problem = f"took more than {_PATIENCE:.0f} seconds for {len(drawn.boxes)} boxes; draw fewer, with most="
    except OSError as error:
        problem = f"did not start: {error}"
    else:
        if done.returncode == 0 and done.stdout:
            return done.stdout
        problem = f"failed: {done.stderr.decode(errors='replace').strip() or 'it wrote nothing'}"
    if engine is None:
        return None
    raise PictureError(f"Graphviz {problem}{here()}")

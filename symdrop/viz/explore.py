"""``sd.viz.explore(f, "page.html")``: a compiled function as one page, to be read in a browser.

Read next: view.py
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any, overload

from ..binding import public
from ..compiler import Function, RuntimeFunction
from ..errors import ArgumentError, GraphTypeError, here, shown
from .assemble import assemble
from .atlas import LARGEST, functions_of
from .files import store, writable
from .limits import with_less
from .record import STAGES, record

# Bytes of the largest page.
MOST = 5_000_000
# Of the frame in a notebook, in pixels.
_HEIGHT = 700

# Nodes of all graphs that are drawn, and the sizes up to which graphs are: the first with which they are not more.
_NODES = 60_000
_LARGEST = (LARGEST, 5000, 1000, 100)


@overload
def explore(f: Any, path: str | os.PathLike[str], *, inputs: Any = ..., title: str | None = ...) -> Path: ...
@overload
def explore(f: Any, path: None = ..., *, inputs: Any = ..., title: str | None = ...) -> Page: ...
@public
def explore(
    f: Any, path: str | os.PathLike[str] | None = None, *, inputs: Any = None, title: str | None = None
) -> Path | Page:
    """Write a page that shows all that became of a function: one file, which needs nothing but a browser.

    Every stage of its graph can be looked at, and every node with its formula, the user's line, its pullback, the
    kernel that computes it, its value and gradient for some example inputs; and every dropout mask at any step. A
    function whose graph has the flag ``training`` is compiled once more with the flag turned round, and both are shown
    side by side. No state changes.

    Args:
        f: what ``sd.function`` made.
        path: the file to write, such as "page.html"; one that exists is replaced. None writes none, for notebooks.
        inputs: arguments of a call, for which values are shown: a tuple in the order of the inputs, or a dictionary by
            name. None makes some up that fit; False shows no values.
        title: what the page calls the function; by default its name, or that of the variable on the line that made it.

    Returns:
        The path, or without one a ``Page``, which a notebook shows inline. The page has at most 5 MB: of a graph too
        large for that, detail is left out, and the page says what.

    Raises:
        GraphTypeError: if ``f`` is no compiled function.
        ArgumentError: if the path cannot be written, the inputs do not fit, or the function's stages are gone.

    Example:
        >>> import os, tempfile
        >>> import symdrop as sd
        >>> import symdrop.tensor as T
        >>> x = T.vector("x")
        >>> f = sd.function([x], T.exp(x).sum(), name="total")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     page = sd.viz.explore(f, os.path.join(folder, "page.html"), inputs=([1.0, 2.0],))
        ...     page.name, page.stat().st_size < 5_000_000
        ('page.html', True)
    """
    if not isinstance(f, Function | RuntimeFunction):
        raise GraphTypeError(f"explore expects what sd.function compiled, not {shown(f)}{here()}")
    for one in (f.train, f.test) if isinstance(f, RuntimeFunction) else (f,):
        missing = [name for name in STAGES if name not in one.stages]
        if missing:
            raise ArgumentError(f"{one.name} has no graph of the stages {', '.join(missing)} to explore{here()}")
    if path is None:
        return Page(_page(functions_of(f), inputs, title))
    target = writable(path)
    return store(target, _page(functions_of(f), inputs, title))


class Page:
    """A page that stands in no file; a notebook shows it in a frame, where its scripts see nothing of the notebook.

    Args:
        content: its HTML.
    """

    def __init__(self, content: bytes) -> None:
        self.content = content

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it to a file; gives the path.

        Raises:
            ArgumentError: if it cannot be written.
        """
        return store(path, self.content)

    def _repr_html_(self) -> str:
        style = f"width: 100%; height: {_HEIGHT}px; border: 1px solid #8888"
        return f'<iframe sandbox="allow-scripts" style="{style}" srcdoc="{escape(self.content.decode())}"></iframe>'

    def __repr__(self) -> str:
        return f"<page of {len(self.content):,} bytes; a notebook shows it, .save(path) writes it>"


def _page(functions: Sequence[Function], inputs: Any, title: str | None) -> bytes:
    stages = [graph for f in functions for graph in f.stages.graphs().values()]
    page = b""
    for largest in _LARGEST:
        drawn = {node for graph in stages if len(graph) <= largest for node in graph.nodes()}
        if len(drawn) > _NODES and largest > _LARGEST[-1]:
            continue
        for data in with_less(record(functions, inputs, title, largest)):
            page = assemble(data).encode()
            if len(page) <= MOST:
                return page
    raise ArgumentError(f"the page has {len(page):,} bytes even without its graphs, more than {MOST:,}{here()}")

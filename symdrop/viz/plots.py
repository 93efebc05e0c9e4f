"""Plots of numbers: how a training went, and how values are spread. They need matplotlib, the extra ``plot``.

Curves differ in colour and in the kind of line; nothing of matplotlib's global state is touched.

Read next: atlas.py
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache
from io import BytesIO
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from ..binding import public
from ..errors import ArgumentError, GraphTypeError, here, shown
from .files import store
from .images import need_matplotlib

Array = np.ndarray[Any, Any]

# Okabe's and Ito's colours, those of the parts of a graph first.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_LINES = ("solid", "dashed", "dashdot", "dotted")

_BINS = 50


@public
def learning_curve(
    records: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    xlabel: str = "epoch",
    ylabel: str = "",
    title: str = "",
    log: bool = False,
) -> Any:
    """Curves over epochs or steps; of several runs the mean, in a band of one standard error on each side.

    Args:
        records: one sequence of numbers; a dictionary from names to such, or to arrays of shape (runs, epochs); or one
            dictionary of numbers for every epoch, in which ``xlabel`` may be a key.
        path: a file to save it to, as PNG, SVG or PDF by its ending.
        xlabel, ylabel, title: what is written; epochs are counted from 1 unless the records say otherwise.
        log: whether the vertical axis is logarithmic.

    Returns:
        A ``matplotlib.figure.Figure``.

    Raises:
        GraphTypeError, ArgumentError: for records of another form, without numbers, or of different lengths.
        PictureError: without matplotlib.
        ArgumentError: if the file cannot be written.

    Example:
        >>> figure = learning_curve({"train": [0.9, 0.5, 0.3], "test": [1.0, 0.7, 0.6]}, ylabel="loss")
        >>> [line.get_label() for line in figure.axes[0].get_lines()]
        ['train', 'test']
    """
    need_matplotlib("a learning curve")
    x, curves = _curves(records, xlabel)
    figure, axes = _figure()
    for (name, values), colour, line in zip(curves.items(), cycle(_COLOURS), cycle(_LINES), strict=False):
        steps = x if x is not None else np.arange(1, values.shape[1] + 1)
        mean = values.mean(axis=0)
        axes.plot(steps, mean, label=name, color=colour, linestyle=line, marker="o" if mean.size == 1 else None)
        if len(values) > 1:
            error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
            axes.fill_between(steps, mean - error, mean + error, alpha=0.2, color=colour, linewidth=0)
    axes.set(xlabel=xlabel, ylabel=ylabel, title=title)
    if log:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("{x:g}")
    axes.xaxis.get_major_locator().set_params(integer=True)
    if any(curves):
        axes.legend()
    return _saved(figure, path)


@public
def histogram(
    values: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    bins: int = _BINS,
    xlabel: str = "value",
    title: str = "",
    log: bool = False,
) -> Any:
    """How often values occur; NaN and infinities are left out, and counted in the legend.

    Args:
        values: numbers of any shape, or a dictionary from names to such.
        path: a file to save it to, as PNG, SVG or PDF by its ending.
        bins: how many; integers in a smaller range have one each.
        xlabel, title: what is written.
        log: whether the vertical axis is logarithmic.

    Returns:
        A ``matplotlib.figure.Figure``.

    Raises:
        GraphTypeError: for what is not numeric.
        ArgumentError: if nothing is finite, or for fewer than 1 bin.
        PictureError: without matplotlib.
        ArgumentError: if the file cannot be written.

    Example:
        >>> figure = histogram([0.0, 0.5, 0.5, float("nan")])
        >>> figure.axes[0].get_legend().get_texts()[0].get_text()
        '3 values, and 1 not finite'
    """
    need_matplotlib("a histogram")
    if isinstance(bins, bool) or not isinstance(bins, int) or bins < 1:
        raise ArgumentError(f"bins={shown(bins)}: expected a number, at least 1{here()}")
    given = values if isinstance(values, Mapping) else {"": values}
    arrays = {
        str(name): _numbers(value, f"values of {shown(name)}" if name else "values") for name, value in given.items()
    }
    finite = {name: array[np.isfinite(array)].astype(float) for name, array in arrays.items()}
    if not any(array.size for array in finite.values()):
        raise ArgumentError(f"a histogram needs at least one finite value{here()}")
    low = min(array.min() for array in finite.values() if array.size)
    high = max(array.max() for array in finite.values() if array.size)
    whole = all(array.dtype.kind in "biu" for array in arrays.values()) and high - low < bins
    edges = np.arange(low - 0.5, high + 1) if whole else np.histogram_bin_edges([low, high], bins)
    figure, axes = _figure()
    for (name, array), colour, line in zip(finite.items(), cycle(_COLOURS), cycle(_LINES), strict=False):
        lost = arrays[name].size - array.size
        label = f"{name + ': ' * bool(name)}{array.size:,} values{f', and {lost:,} not finite' * bool(lost)}"
        counts, _ = np.histogram(array, edges)
        axes.stairs(counts, edges, label=label, color=colour, linestyle=line, fill=len(arrays) == 1, alpha=0.8)
    axes.set(xlabel=xlabel, ylabel="how many", title=title)
    axes.xaxis.get_major_locator().set_params(integer=whole)
    if log:
        axes.set_yscale("log")
    axes.legend()
    return _saved(figure, path)


def _curves(records: Any, xlabel: str) -> tuple[Array | None, dict[str, Array]]:
    """The points, if they are known, and for every name an array of shape (runs, epochs)."""
    rows = records if isinstance(records, Sequence) and not isinstance(records, str) else ()
    if len(rows) and all(isinstance(row, Mapping) for row in rows):
        keys = list(dict.fromkeys(key for row in rows for key in row))
        lacking = [(i, key) for i, row in enumerate(rows) for key in keys if key not in row]
        if lacking:
            raise ArgumentError(
                f"row {lacking[0][0]} of the records has no {shown(lacking[0][1])}, which others have{here()}"
            )
        records = {key: [row[key] for row in rows] for key in keys}
    named = dict(records) if isinstance(records, Mapping) else {"": records}
    given = named.pop(xlabel, None)
    curves = {str(name): np.atleast_2d(_numbers(value, f"the curve {shown(name)}", 2)) for name, value in named.items()}
    lengths = {name: values.shape[1] for name, values in curves.items()}
    if not lengths or not all(values.size for values in curves.values()):
        raise ArgumentError(f"a learning curve needs at least one number in every curve, got {lengths}{here()}")
    x = None if given is None else _numbers(given, f"{shown(xlabel)}", 1)
    if x is not None and set(lengths.values()) != {x.size}:
        raise ArgumentError(f"{shown(xlabel)} has {x.size} values, but the curves have {lengths}{here()}")
    return x, curves


def _numbers(value: Any, what: str, most: int | None = None) -> Array:
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise GraphTypeError(f"{what} are no array: {error}{here()}") from None
    if array.dtype.kind not in "biuf":
        raise GraphTypeError(f"{what}: expected numbers, got {value!r:.80}{here()}")
    if most is not None and not 1 <= array.ndim <= most:
        raise ArgumentError(f"{what}: expected 1 to {most} axes, got shape {array.shape}{here()}")
    return array


def _figure() -> tuple[Any, Any]:
    figure = _figure_class()(figsize=(7, 4.5), layout="constrained")
    return figure, figure.subplots()


@cache
def _figure_class() -> Any:
    from matplotlib.figure import Figure

    class NotebookFigure(Figure):
        """A figure that notebooks show without ``%matplotlib inline``."""

        def _repr_png_(self) -> bytes:
            stream = BytesIO()
            self.savefig(stream, format="png", dpi=100)
            return stream.getvalue()

    return NotebookFigure


def _saved(figure: Any, path: str | os.PathLike[str] | None) -> Any:
    if path is not None:
        form = Path(path).suffix[1:].lower()
        known = sorted(figure.canvas.get_supported_filetypes())
        if form not in known:
            raise ArgumentError(
                f"{shown(os.fspath(path))}: expected a name ending in one of .{', .'.join(known)}{here()}"
            )
        stream = BytesIO()
        figure.savefig(stream, format=form, dpi=150)
        store(path, stream.getvalue())
    return figure

"""Plots: learning curves and histograms, as values and as files."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, SymdropError
from tests.viz.pictures import DOCS


def lines_of(figure):
    return {line.get_label(): line.get_xydata() for line in figure.axes[0].get_lines()}


def test_learning_curve():
    """Three ways to hand over the same numbers; epochs count from 1 unless they are said."""
    pytest.importorskip("matplotlib")
    values = [0.5, 0.25, 0.125]
    expected = np.column_stack([[1, 2, 3], values])
    np.testing.assert_array_equal(next(iter(lines_of(sd.viz.learning_curve(values)).values())), expected)
    np.testing.assert_array_equal(lines_of(sd.viz.learning_curve({"loss": values}))["loss"], expected)
    rows = [{"epoch": 10 * i, "loss": value} for i, value in enumerate(values, 1)]
    np.testing.assert_array_equal(lines_of(sd.viz.learning_curve(rows))["loss"], expected * (10, 1))


def test_learning_curve_of_several_runs():
    """The curve is the mean and the band one standard error of it."""
    pytest.importorskip("matplotlib")
    runs = np.random.default_rng(0).random((5, 4))
    figure = sd.viz.learning_curve({"a": runs}, ylabel="loss", title="t", log=True)
    np.testing.assert_allclose(lines_of(figure)["a"][:, 1], runs.mean(axis=0))
    band = figure.axes[0].collections[0].get_paths()[0].vertices[:, 1]
    error = runs.std(axis=0, ddof=1) / np.sqrt(5)
    assert band.min() == pytest.approx((runs.mean(axis=0) - error).min())
    assert band.max() == pytest.approx((runs.mean(axis=0) + error).max())
    assert figure.axes[0].get_yscale() == "log" and figure.axes[0].get_title() == "t"


def test_histogram():
    """Nothing that is counted is lost, and what is not counted is said."""
    pytest.importorskip("matplotlib")
    values = np.array([[0.0, 1.0, np.nan], [2.0, np.inf, -np.inf]], "float32")
    figure = sd.viz.histogram({"a": values, "b": [1, 2]}, bins=4)
    first, second = figure.axes[0].patches
    assert first.get_data().values.sum() == 3 and second.get_data().values.sum() == 2
    texts = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert texts == ["a: 3 values, and 3 not finite", "b: 2 values"]


def test_histogram_of_a_mask():
    """Whole numbers have a bar each, in their middle."""
    pytest.importorskip("matplotlib")
    (bars,) = sd.viz.histogram(np.array([True, False, True])).axes[0].patches
    np.testing.assert_array_equal(bars.get_data().values, [1, 2])
    np.testing.assert_array_equal(bars.get_data().edges, [-0.5, 0.5, 1.5])


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_plots_as_files(tmp_path, ending):
    """The kind of file follows from its name."""
    pytest.importorskip("matplotlib")
    file = tmp_path / f"p.{ending}"
    sd.viz.histogram([1.0, 2.0], file)
    assert {"png": b"PNG", "svg": b"<svg", "pdf": b"%PDF"}[ending] in file.read_bytes()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: sd.viz.learning_curve([]), ArgumentError, "at least one number in every curve"),
        (lambda: sd.viz.learning_curve({}), ArgumentError, "at least one number in every curve"),
        (lambda: sd.viz.learning_curve({"a": "abc"}), GraphTypeError, "the curve 'a': expected numbers, got 'abc'"),
        (lambda: sd.viz.learning_curve({"a": [[1], [1, 2]]}), GraphTypeError, "the curve 'a'"),
        (lambda: sd.viz.learning_curve({"a": np.ones((2, 2, 2))}), ArgumentError, "expected 1 to 2 axes, got shape"),
        (lambda: sd.viz.learning_curve([{"a": 1}, {"b": 1}]), ArgumentError, "row 0 of the records has no 'b'"),
        (lambda: sd.viz.learning_curve({"epoch": [1], "a": [1, 2]}), ArgumentError, "'epoch' has 1 values"),
        (lambda: sd.viz.learning_curve(T.vector("x")), GraphTypeError, "cannot become a NumPy array"),
        (lambda: sd.viz.learning_curve([1.0], "curve.docx"), ArgumentError, "a name ending in one of"),
        (lambda: sd.viz.learning_curve([1.0], "no/such/folder/c.png"), ArgumentError, "cannot write"),
        (lambda: sd.viz.histogram([np.nan]), ArgumentError, "at least one finite value"),
        (lambda: sd.viz.histogram(["a"]), GraphTypeError, "values: expected numbers"),
        (lambda: sd.viz.histogram([1], bins=0), ArgumentError, "bins=0"),
    ],
)
def test_bad_numbers(call, error, message):
    """What was given, what was expected, and the line."""
    pytest.importorskip("matplotlib")
    with pytest.raises(error, match=re.escape(message)) as raised:
        call()
    assert isinstance(raised.value, SymdropError) and "test_plots.py" in str(raised.value)


def test_plots_leave_matplotlib_as_it_is():
    """A program that plots for itself must not find other settings, windows or figures than its own."""
    pytest.importorskip("matplotlib")
    code = (
        "import matplotlib, symdrop as sd, symdrop.tensor as T; before = dict(matplotlib.rcParams); "
        "sd.viz.histogram([1, 2]); sd.viz.learning_curve([1, 2]); sd.viz.to_png(T.vector('x'), engine='networkx'); "
        "from matplotlib import pyplot; assert dict(matplotlib.rcParams) == before and not pyplot.get_fignums()"
    )
    environment = {**os.environ, "PYTHONPATH": str(DOCS.parent)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=300)

"""Pictures and plots: what is in them, that any reader of DOT, SVG and PNG can read them, and that nothing overlaps."""

from __future__ import annotations

import builtins
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, SymdropError
from symdrop.graph import Node
from symdrop.viz import images
from symdrop.viz.boxes import picture
from symdrop.viz.files import store
from symdrop.viz.layers import Edge, layered
from symdrop.viz.picture import graph_of
from symdrop.viz.scene import Outline, scene
from symdrop.viz.style import PART_STYLES

DOCS = Path(__file__).parents[2] / "docs"
needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
ENGINES = [pytest.param("dot", marks=needs_dot), "networkx"]
NASTY = 'a "quoted" \\N <b>&amp;</b>\n]]></svg> αβ \x00\x1b \ud800 {x|y}'


def network():
    """A cost with dropout, its input and its weights."""
    x = T.matrix("x")
    w = sd.shared(np.full((3, 4), 0.5, "float32"), name="w")
    return x, w, (sd.dropout(T.tanh(x @ w), 0.5, stream=sd.RandomStream(seed=1)) ** 2).mean()


def step(training=True):
    x, w, loss = network()
    return sd.function([x], loss, updates={w: w - 0.1 * sd.grad(loss, w)}, training=training)


def loop():
    x, w = T.matrix("x"), sd.shared(np.ones((3, 3), "float32"), name="w")
    stream = sd.RandomStream(1)
    rows, _ = sd.scan(lambda row, h: sd.dropout(T.tanh(row @ w + h), 0.5, stream=stream), x, T.zeros((3,)))
    loss = (rows**2).sum()
    return sd.function([x], loss, updates={w: w - 0.1 * sd.grad(loss, w)}, training=True)


def loops_in_branches():
    x, c = T.vector("x"), T.scalar("c")

    def total(power):
        return sd.scan(lambda row, s: s + row**power, sequences=x, outputs_info=T.zeros(()))[0][-1]

    return sd.function([x, c], sd.ifelse(c > 0, total(2), T.tanh(total(3))))


def chain(length):
    y = T.vector("x")
    for _ in range(length):
        y = T.tanh(y)
    return y


def long_function():
    y = chain(100)
    return sd.function(graph_of(y).inputs, y)


def nasty():
    x = T.vector(NASTY)
    y = T.exp(x)
    y.name = NASTY
    start = T.zeros(())
    start.name = NASTY
    (blank, wide), _ = sd.scan(lambda row, a, b: (a + row, b * row), x, [start, T.ones(())])
    blank.name, wide.name = "  ", "名前" * 10
    return sd.function([x], {NASTY: y + 1, "b": blank * 2, "w": wide * 2}, name=NASTY)


THINGS = {
    "expression": lambda: network()[2],
    "leaf": lambda: T.vector("x"),
    "list": lambda: [network()[2], T.exp(T.vector("v"))],
    "step": step,
    "test": lambda: step(False),
    "loop": loop,
    "branch": loops_in_branches,
    "nasty": nasty,
    "constant": lambda: T.constant(np.ones((5, 5), "float32")) + 1,
    "nothing": lambda: sd.function([], None),
    "large": lambda: chain(500),
}


@pytest.fixture(scope="module", params=THINGS)
def thing(request):
    return THINGS[request.param]()


def words(text):
    """All text of an SVG picture, in order of appearance."""
    return ["".join(part.itertext()) for part in ElementTree.fromstring(text).iter() if part.tag.endswith("}text")]


def boxes_and_arrows(dot):
    boxes = re.findall(r"^ *n(\d+) \[", dot, re.MULTILINE)
    return [int(box) for box in boxes], [tuple(map(int, ends)) for ends in re.findall(r"n(\d+) -> n(\d+)", dot)]


@pytest.mark.parametrize("engine", ENGINES)
def test_svg_is_xml(thing, engine):
    """Whatever is drawn, by whomever: an SVG that any reader takes."""
    for options in ({}, {"full": True}, {"legend": False}, {"most": 3}):
        root = ElementTree.fromstring(sd.viz.to_svg(thing, engine=engine, **options))
        assert root.tag == "{http://www.w3.org/2000/svg}svg"


def test_nothing_is_said():
    """A function that computes nothing has no boxes; an empty picture would be taken for a failure."""
    assert words(sd.viz.to_svg(sd.function([], None), engine="networkx")) == ["nothing is computed"]


@needs_dot
def test_dot_is_read_without_a_word(thing):
    """Graphviz warns about what it does not understand."""
    text = sd.viz.to_dot(thing)
    done = subprocess.run(["dot", "-Tplain"], input=text.encode(), capture_output=True, check=True)
    assert not done.stderr
    assert done.stdout.decode().count("\nnode ") == len(boxes_and_arrows(text)[0])


@pytest.mark.parametrize("engine", ENGINES)
def test_png(tmp_path, engine):
    """A PNG begins with its signature, and grows with the resolution."""
    small, large = (sd.viz.to_png(network()[2], tmp_path / "p.png", engine=engine, dpi=dpi) for dpi in (50, 100))
    assert small[:8] == large[:8] == b"\x89PNG\r\n\x1a\n"
    sides = [[int.from_bytes(png[at : at + 4], "big") for at in (16, 20)] for png in (small, large)]
    assert all(a < b <= 2 * a + 2 for a, b in zip(*sides, strict=True))
    assert (tmp_path / "p.png").read_bytes() == large


def test_every_node_and_edge_once():
    """The full picture is the graph that leaves the library for networkx."""
    for graph in (step().stages["gradient"], step().stages["rewritten"]):
        boxes, arrows = boxes_and_arrows(sd.viz.to_dot(graph, full=True))
        expected = graph.to_networkx()
        assert boxes == list(expected)
        assert sorted(arrows) == sorted(set(expected.edges()))


def test_what_has_no_box_stands_in_a_formula():
    """Without ``full`` an arrow leads from a box to the boxes that need it, over what is only written."""
    x, b = T.matrix("x"), T.vector("b")
    dot = sd.viz.to_dot(2 * x.T + b, legend=False)
    assert re.findall(r'label="(.*?)\\n', dot) == ["x", "2 * x.T", "b", "• + b"]
    assert boxes_and_arrows(dot)[1] == [(0, 1), (1, 3), (2, 3)]


def test_letters_where_the_order_matters():
    """``a - b`` says which arrow is a; a sum need not."""
    x = T.vector("x")
    ordered, free = (picture(graph_of(y)) for y in (T.exp(x) - T.sin(x), T.exp(x) + T.sin(x)))
    assert ordered.boxes[-1].title == ("a - b",) and free.boxes[-1].title == ("• + •",)
    assert [arrow.label for arrow in ordered.arrows] == ["", "", "a", "b"]
    assert not any(arrow.label for arrow in free.arrows)


def test_a_value_used_for_its_size_alone_is_not_lost():
    """Sizes of leaves are words; of what nobody else uses an arrow must tell."""
    x = T.matrix("x")
    assert boxes_and_arrows(sd.viz.to_dot(T.exp(x).shape[0] * 2))[1] == [(0, 1), (1, 2)]
    assert boxes_and_arrows(sd.viz.to_dot(x.shape[0] * 2))[1] == [(0, 1)]
    assert boxes_and_arrows(sd.viz.to_dot(T.exp(x) * x + x.shape[0]))[1] == [(0, 1), (1, 2), (0, 2), (2, 4), (3, 4)]


@pytest.mark.parametrize("engine", ENGINES)
def test_parts_and_marks_are_seen(engine):
    """Of a training step: three colours, the draw, states; of what the user wrote: the flag."""
    text = sd.viz.to_svg(step(), engine=engine, legend=False)
    for part in PART_STYLES.values():
        assert part.border.lower() in text.lower() and part.fill.lower() in text.lower()
    seen = " ".join(words(text))
    for word in ("bernoulli(0.5)", "random, site 0", "state", "input", "tanh_pullback", "→ update of w", "→ output 0"):
        assert word in seen
    assert "flag" not in seen
    assert "flag" in " ".join(words(sd.viz.to_svg(step(), engine=engine, stage="user", legend=False)))


def test_without_colour_outlines_and_shapes_say_the_same():
    """A reader who sees no colour must not miss anything."""
    text = sd.viz.to_dot(step())
    for outline in ("filled,solid", "filled,dashed", "filled,dotted"):
        assert outline in text
    for legend in ("backward: dashed", "random: double outline", "state: cylinder", "input: round", "result: thick"):
        assert legend in text
    assert len({(part.word, part.dashes) for part in PART_STYLES.values()}) == len(PART_STYLES)


def test_a_test_function_has_no_draw():
    """The picture shows what the library promises."""
    assert "random" in sd.viz.to_dot(step()) and "random" not in sd.viz.to_dot(step(False))


@pytest.mark.parametrize("engine", ENGINES)
def test_any_name_is_drawn_as_it_is(engine):
    """Names are the user's; quotes, backslashes, tags and control characters are no signs in them."""
    seen = words(sd.viz.to_svg(nasty(), engine=engine, legend=False))
    joined = "".join(seen).replace(" ", "").replace("\xa0", "")
    assert 'a"quoted"\\N<b>&amp;</b>' in joined
    assert "αβ" in joined and "\\x00\\x1b\\ud800" in joined


def test_loops_are_fed_by_what_is_handed_in():
    """A sequence leads to the row, the row's use to the loop, and the loop to what is taken from it."""
    x = T.matrix("x")
    rows, _ = sd.scan(lambda row: T.tanh(row), sequences=x)
    drawn = picture(graph_of(rows))
    title = {box.number: box.title[0] for box in drawn.boxes}
    assert {(title[a.source], title[a.target], a.label) for a in drawn.arrows} == {
        ("x", "x", ""), ("x", "tanh(x)", ""), ("tanh(x)", "scan", "row 0"), ("scan", "scan.stack[0]", ""),
    }  # fmt: skip
    inside = [box.title[0] for box in drawn.boxes if box.frame == 0]
    assert sorted(inside) == ["scan", "tanh(x)", "x"]


def corners(outline):
    points = [point for _, some in outline.path for point in some]
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


@pytest.mark.parametrize("make", [step, loop, loops_in_branches])
def test_boxes_stand_inside_their_frames_and_apart(make):
    """In the whole picture, frames included, two outlines are one inside of the other, or apart."""
    made = scene(picture(graph_of(make())))
    filled = [
        thing for thing in made.things if isinstance(thing, Outline) and thing.stroke != "none" and thing.fill != "none"
    ]
    places = [corners(outline) for outline in filled]
    for (a, b, c, d), (e, f, g, h) in combinations(places, 2):
        apart = c <= e or g <= a or d <= f or h <= b
        assert apart or (a <= e and b <= f and g <= c and h <= d) or (e <= a and f <= b and c <= g and d <= h)
    assert all(0 <= a and 0 <= b and c <= made.width and d <= made.height for a, b, c, d in places)


def random_graph(seed):
    """Sizes of boxes, and edges that lead from lower to higher numbers."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 25))
    sizes = [tuple(map(float, rng.integers(10, 80, 2))) for _ in range(count)]
    pairs = {tuple(sorted(map(int, rng.integers(0, count, 2)))) for _ in range(int(rng.integers(0, 40)))}
    return sizes, [Edge(a, b, float(rng.integers(10, 40))) for a, b in sorted(pairs) if a != b]


@pytest.mark.parametrize("seed", range(30))
def test_layout(seed):
    """Boxes apart, every arrow down, and no line through a box."""
    sizes, edges = random_graph(seed)
    laid = layered(sizes, edges)
    boxes = [(x - w / 2, y - h / 2, x + w / 2, y + h / 2) for (x, y), (w, h) in zip(laid.centres, sizes, strict=True)]
    tiny = 1e-6
    for (a, b, c, d), (e, f, g, h) in combinations(boxes, 2):
        assert c < e + tiny or g < a + tiny or d < f + tiny or h < b + tiny
    assert all(a > -tiny and b > -tiny and c < laid.width + tiny and d < laid.height + tiny for a, b, c, d in boxes)
    for edge, route in zip(edges, laid.routes, strict=True):
        assert all(a[1] <= b[1] + tiny for a, b in pairwise(route))
        (left, _, right, bottom), (low, top, high, _) = boxes[edge.source], boxes[edge.target]
        assert left <= route[0][0] <= right and route[0][1] == pytest.approx(bottom)
        assert low <= route[-1][0] <= high and route[-1][1] == pytest.approx(top)
        for here, there in pairwise(route):
            across = sorted((here[0], there[0]))
            for a, b, c, d in boxes:
                beside = across[1] <= a + tiny or across[0] >= c - tiny
                assert beside or there[1] <= b + tiny or here[1] >= d - tiny


@pytest.mark.parametrize("seed", range(10))
def test_layers_are_the_best(seed):
    """The edges span as few layers as a solver of linear programs finds possible."""
    sizes, edges = random_graph(seed)
    laid = layered(sizes, edges)
    # A route has two points at the box that it leaves, two more for every layer, and two at the box where it ends.
    spans = sum((len(route) - 2) // 2 for route in laid.routes)
    if not edges:
        return
    differences = np.zeros((len(edges), len(sizes)))
    for row, edge in zip(differences, edges, strict=True):
        row[edge.source], row[edge.target] = 1, -1
    best = linprog(-differences.sum(axis=0), A_ub=differences, b_ub=-np.ones(len(edges)))
    assert spans == pytest.approx(best.fun)


def test_the_same_graph_is_the_same_picture():
    """Pictures can be kept under version control."""

    def draw():
        return sd.viz.to_svg(network()[2], engine="networkx"), sd.viz.to_dot(network()[2])

    assert len({draw() for _ in range(2)}) == 1


def test_a_huge_graph_is_counted(linear):
    """10^5 nodes: a box for each part, with work in proportion, wherever a picture is made."""

    def made(nodes):
        y = T.tanh(T.vector("x"))
        for _ in range(nodes - 1):
            y = Node(y.op, (y,), y.type, lines=())
        return graph_of(y)

    def drawn(f):
        return sd.viz.to_dot(f), sd.viz.to_svg(f, engine="networkx"), f._repr_html_(), f._repr_svg_()

    *texts, small = linear(drawn, made, 10_000, 100_000)
    for text in texts:
        assert "100,001" in text and "tanh 100,000" in text
        assert len(text) < 5000
    assert small is None


def test_most_limits_the_boxes():
    """At the limit a graph is drawn, beyond it every part is counted, with the flow between the parts."""
    f = step()
    count = len(boxes_and_arrows(sd.viz.to_dot(f))[0])
    assert len(boxes_and_arrows(sd.viz.to_dot(f, most=count))[0]) == count
    drawn = picture(graph_of(f), count - 1)
    assert [box.title[0].split(":")[0] for box in drawn.boxes] == ["forward", "backward", "update"]
    assert sum(int(box.title[0].split()[1]) for box in drawn.boxes) == len(f.stages["rewritten"])
    assert {(arrow.source, arrow.target) for arrow in drawn.arrows} == {(0, 1), (0, 2), (1, 2)}
    assert f"most={count - 1}" in drawn.note


@pytest.mark.parametrize("engine", ENGINES)
def test_values_computed_from_gradients(engine):
    """The norm of a gradient is a value, too, so forward and backward may each need the other."""
    x, w, loss = network()
    f = sd.function([x], [loss, (sd.grad(loss, w) ** 2).sum()], training=True)
    text = sd.viz.to_svg(f, most=5, engine=engine)
    assert "from backward: 1" in words(text)
    assert "from backward" not in sd.viz.to_svg(f, engine=engine)


def test_notebooks_get_one_of_two():
    """A notebook prefers HTML to SVG, so the picture of a small graph must come without HTML."""
    for small in (network()[2], step(), step().stages["user"]):
        assert ElementTree.fromstring(small._repr_svg_()).tag.endswith("svg")
        assert small._repr_html_() is None
    for large in (chain(500), graph_of(chain(500)), long_function()):
        assert large._repr_svg_() is None
        text = large._repr_html_()
        assert ElementTree.fromstring(text).tag == "div"
        assert len(text) < 10_000
        assert "exp" in text or "tanh" in text


def test_pictures_cost_nodes_nothing():
    """What notebooks ask for is found on the class; a node has no more to carry."""
    node = T.vector("x")
    assert not hasattr(node, "__dict__") and not hasattr(sd.viz.parts, "cache")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: sd.viz.to_dot(3), GraphTypeError, "expected an expression, a list of them, a Graph or a compiled"),
        (lambda: sd.viz.to_svg([]), ArgumentError, "an empty list"),
        (lambda: sd.viz.to_dot([T.vector("x"), "y"]), GraphTypeError, "not 'y'"),
        (lambda: sd.viz.to_dot(step(), stage="fused"), ArgumentError, "stage='fused': expected one of user, gradient"),
        (lambda: sd.viz.to_dot(T.vector("x"), stage="user"), ArgumentError, "only a compiled function has stages"),
        (lambda: sd.viz.to_svg(T.vector("x"), most=0), ArgumentError, "most=0: expected a number of boxes"),
        (lambda: sd.viz.to_svg(T.vector("x"), most=2.5), ArgumentError, "most=2.5"),
        (lambda: sd.viz.to_svg(T.vector("x"), engine="neato"), ArgumentError, "engine='neato': expected one of dot"),
        (lambda: sd.viz.to_png(T.vector("x"), dpi=0), ArgumentError, "dpi=0"),
        (
            lambda: sd.viz.to_svg(sd.function([], T.where(sd.training, 1, 2), training="runtime")),
            GraphTypeError,
            "holds two functions; take .train or .test of it",
        ),
    ],
)
def test_bad_input(call, error, message):
    """What was given, what was expected, and the line."""
    with pytest.raises(error, match=re.escape(message)) as raised:
        call()
    assert isinstance(raised.value, SymdropError) and "test_viz.py" in str(raised.value)


@pytest.mark.parametrize("name", ["no/such/folder/x.svg", ".", "", "a\0b", "x" * 300, 3])
def test_a_path_that_cannot_be_written(tmp_path, monkeypatch, name):
    """One sentence with the path; nothing is left behind."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises((ArgumentError, GraphTypeError), match="cannot write") as raised:
        sd.viz.to_svg(T.vector("x"), name, engine="networkx")
    assert "test_viz.py" in str(raised.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.name != "posix", reason="needs pipes and links")
def test_what_is_no_file_is_not_replaced(tmp_path):
    """A pipe or a device stays what it is, for an administrator too; a link goes on leading where it led."""
    pipe, link = tmp_path / "pipe.html", tmp_path / "link.html"
    os.mkfifo(pipe)
    with pytest.raises(ArgumentError, match="not a file"):
        store(pipe, b"page")
    assert pipe.is_fifo()
    link.symlink_to(tmp_path / "page.html")
    for content in (b"page", b"another"):
        store(link, content)
        assert link.is_symlink() and (tmp_path / "page.html").read_bytes() == content
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.html", "page.html", "pipe.html"]


def test_a_failing_disk_leaves_the_old_file(tmp_path, monkeypatch):
    """A picture is written beside and moved, so a full disk costs the new picture only."""
    file = tmp_path / "x.svg"
    sd.viz.to_svg(T.vector("x"), file, engine="networkx")
    before = file.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(ArgumentError, match="No space left on device"):
        sd.viz.to_svg(T.matrix("y"), file, engine="networkx")
    assert file.read_bytes() == before and list(tmp_path.iterdir()) == [file]


def test_without_graphviz(monkeypatch):
    """symdrop lays out itself; who asks for Graphviz by name is told what to install."""
    monkeypatch.setattr(images, "find_dot", lambda: None)
    assert sd.viz.to_svg(network()[2]) == sd.viz.to_svg(network()[2], engine="networkx")
    with pytest.raises(sd.viz.PictureError, match="apt install graphviz"):
        sd.viz.to_svg(network()[2], engine="dot")


@pytest.mark.parametrize(
    ("script", "message"),
    [("exec sleep 20", "took more than"), ("echo broken >&2; exit 1", "failed: broken"), ("", "it wrote nothing")],
)
def test_a_graphviz_that_does_not_work(tmp_path, monkeypatch, script, message):
    """It is no help then; who asked for it is told why, the others get symdrop's own layout."""
    program = tmp_path / "dot"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(images, "find_dot", lambda: str(program))
    monkeypatch.setattr(images, "_PATIENCE", 0.2 if script.startswith("exec") else 20.0)
    assert "<svg" in sd.viz.to_svg(T.vector("x"))
    with pytest.raises(sd.viz.PictureError, match=message):
        sd.viz.to_svg(T.vector("x"), engine="dot")


def test_without_matplotlib(monkeypatch):
    """The extra is named by everything that needs it; the rest works without."""
    original = builtins.__import__

    def without(name, *rest):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return original(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setattr(images, "find_dot", lambda: None)
    for call in (
        lambda: sd.viz.to_png(T.vector("x")),
        lambda: sd.viz.learning_curve([1, 2]),
        lambda: sd.viz.histogram([1, 2]),
    ):
        with pytest.raises(sd.viz.PictureError, match=re.escape('pip install "symdrop[plot]"')):
            call()
    assert "<svg" in sd.viz.to_svg(T.vector("x"))


def test_pictures_of_the_page():
    """What docs/pictures.md shows is what its code draws; docs/pictures/make.py draws anew."""
    spec = importlib.util.spec_from_file_location("make", DOCS / "pictures" / "make.py")
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    for name, text in make.draw().items():
        shown = (DOCS / "pictures" / name).read_text(encoding="utf-8")
        # Sums of floats are not the same to the last bit in every Python.
        place = re.compile(r"-?\d+\.\d")
        assert place.sub("#", text) == place.sub("#", shown)
        np.testing.assert_allclose([*map(float, place.findall(text))], [*map(float, place.findall(shown))], atol=0.3)


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
    assert isinstance(raised.value, SymdropError) and "test_viz.py" in str(raised.value)


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

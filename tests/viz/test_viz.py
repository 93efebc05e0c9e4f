"""Pictures of graphs: what is in them, and that any reader of DOT, SVG and PNG can read them."""

from __future__ import annotations

import builtins
import importlib.util
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError, SymdropError
from symdrop.graph import Node
from symdrop.viz import images
from symdrop.viz.boxes import picture
from symdrop.viz.files import store
from symdrop.viz.picture import graph_of
from symdrop.viz.style import PART_STYLES
from tests.viz.pictures import DOCS, chain, nasty, network, step

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
ENGINES = [pytest.param("dot", marks=needs_dot), "networkx"]


def long_function():
    y = chain(100)
    return sd.function(graph_of(y).inputs, y)


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


def test_the_same_graph_is_the_same_picture():
    """Pictures can be kept under version control."""

    def draw():
        return sd.viz.to_svg(network()[2], engine="networkx"), sd.viz.to_dot(network()[2])

    assert len({draw() for _ in range(2)}) == 1


def test_a_huge_graph_is_counted(linear):
    """10^4 nodes: a box for each part, with work in proportion, wherever a picture is made."""

    def made(nodes):
        y = T.tanh(T.vector("x"))
        for _ in range(nodes - 1):
            y = Node(y.op, (y,), y.type, lines=())
        return graph_of(y)

    def drawn(f):
        return sd.viz.to_dot(f), sd.viz.to_svg(f, engine="networkx"), f._repr_html_(), f._repr_svg_()

    *texts, small = linear(drawn, made, 1_000, 10_000)
    for text in texts:
        assert "10,001" in text and "tanh 10,000" in text
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

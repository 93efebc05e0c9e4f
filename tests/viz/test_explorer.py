"""The explorer's page in a real browser: what it shows, without a network, with a mouse, and from the keyboard alone.

Chromium comes from the system; where it or playwright is missing these tests are skipped. Pictures of the pages go to
the folder of the test, and, if SYMDROP_SCREENSHOTS names a folder, there.
"""

from __future__ import annotations

import re

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.viz.assemble import SCRIPTS, _enclosed, assemble
from symdrop.viz.record import record as record_about
from tests.helpers.processes import ROOT
from tests.viz.browser import only

FOLDER = ROOT / "symdrop" / "viz" / "page"

STAGES = ["user", "gradient", "specialised", "merged", "rewritten", "decomposed", "kernels"]


# ---- the files, without a browser


def test_every_import_is_of_something_exported_before():
    """The modules become one script in the order of SCRIPTS, so that order must fit their imports."""
    exported = {}
    for name, following in zip(SCRIPTS, (*SCRIPTS[1:], None), strict=True):
        text = (FOLDER / f"{name}.js").read_text(encoding="utf-8")
        for names, source in re.findall(r'^import \{([^}]*)\} from "\./(\w+)\.js";$', text, re.MULTILINE):
            assert source in exported, f"{name}.js imports from {source}.js, which comes later"
            assert {one.strip() for one in names.split(",")} <= exported[source]
        exported[name] = set(re.findall(r"^export (?:const|class|function) (\w+)", text, re.MULTILINE))
        assert len(text.splitlines()) <= 300 and text.startswith("/*\n * ")
        assert following is None or f"\n * Read next: {following}.js\n */" in text
    assert {path.stem for path in FOLDER.glob("*.js")} == set(SCRIPTS)


def test_page_forbids_itself_the_network():
    """No address but that of a namespace, nothing loaded, and a policy that would refuse it."""
    page = assemble({"version": 1, "title": "</script><script>alert(1)</script><!--"})
    assert set(re.findall(r"https?://[^\s\"']*", page)) <= {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in page and "unsafe" not in page
    assert not re.search(r"\b(src|href)=|@import|url\(|\bimport\(|^import |^export ", page, re.MULTILINE)
    assert page.count("<script") == page.count("</script") == 2


# ---- stages


def test_slider_goes_through_the_stages(show, page):
    """Every stage has its title and its drawing; the slider, its buttons, its names and keys lead through them."""
    shown = show(page)
    assert [stage["name"] for stage in shown.record["stages"]] == STAGES
    assert shown.text("h1") == shown.record["title"]
    drawings = []
    for number, stage in enumerate(shown.record["stages"]):
        assert shown.text("#stage-title") == stage["title"]
        assert shown.text("#stage-about") == stage["about"]
        assert shown.get_attribute("#stage", "aria-valuetext") == f"{number + 1} of {len(STAGES)}: {stage['title']}"
        assert shown.count(".sheet") == (len(stage["graphs"]) if len(stage["graphs"]) > 1 else 0)
        drawings.append(shown.inner_html("#plane"))
        shown.picture(f"stage-{stage['name']}")
        if number + 1 < len(STAGES):
            shown.click("#next")
    assert len(set(drawings)) == len(STAGES)
    assert shown.is_disabled("#next")
    shown.click("#previous")
    assert shown.text("#stage-title") == shown.record["stages"][-2]["title"]
    shown.focus("#stage")
    shown.keys("Home")
    assert shown.text("#stage-title") == shown.record["stages"][0]["title"]
    shown.keys("ArrowRight", ".")
    assert shown.text("#stage-title") == shown.record["stages"][2]["title"]


def test_test_function_has_no_random_node(show, page, digits):
    """Side by side from the specialised stage on: draws in training, none in testing."""
    shown = show(page)
    for stage in STAGES[2:]:
        shown.to_stage(stage)
        shown.keys("u")
        train, test = shown.graphs(stage)
        assert shown.count(f'.box.draw[data-key^="{train}:"]') == 2
        assert shown.count(f'.box.draw[data-key^="{test}:"]') == 0
        assert shown.count(f'.box[data-key^="{test}:"]') > 10
    for words in shown.locator(".sheet-about").all_text_contents():
        assert ("draw" in words) == ("training=True" in words)


def test_rules_that_fired_are_listed(show, page, digits):
    """With how often, and what they made of what."""
    shown = show(page)
    assert shown.is_hidden("#rules")
    shown.to_stage("rewritten")
    shown.click("#rules-title")
    fired = {firing.rule for firing in digits.train.rules_by_stage["rewritten"]}
    assert fired and fired <= set(shown.locator("#rules-list summary code").all_inner_texts())
    shown.locator("#rules-list summary").first.click()
    assert "→" in shown.locator("#rules-list li").first.inner_text()
    shown.picture("rules")


# ---- groups


def test_groups_fold_and_unfold(show, page):
    """A click on a title, buttons for all, and the user's line as the title."""
    shown = show(page)
    shown.to_stage("gradient")
    line = "h1 = sd.dropout(T.nnet.relu(x @ W1 + b1), p=0.5"
    folded = shown.count(".box")
    assert shown.count(".frame") == 0 and shown.count(".box.group") > 5
    shown.locator(f'.box.group[aria-label^="{line}"]').first.click()
    assert shown.count(".frame") == 1 and shown.count(".box") > folded
    head = shown.locator(".frame .head")
    assert head.get_attribute("aria-label").startswith(line) and head.get_attribute("aria-expanded") == "true"
    head.click()
    assert shown.count(".frame") == 0 and shown.count(".box") == folded
    shown.click("#unfold-all")
    assert shown.count(".box.group") == 0
    inlined = shown.evaluate("document.querySelectorAll('.mark.constant').length")
    nodes = shown.record["graphs"][only(shown.graphs("gradient"))]["nodes"]
    constants = [id for id in nodes if shown.record["nodes"][id]["mark"] == "constant"]
    assert len(nodes) - len(constants) <= shown.count(".box.node") <= len(nodes) and inlined
    shown.picture("unfolded")
    shown.click("#fold-all")
    assert shown.count(".frame") == 0 and shown.count(".box") == folded


def test_grouping_can_be_chosen(show, page):
    """By part there are at most three groups, by none none; kernels are the groups of the last stage."""
    shown = show(page)
    shown.to_stage("gradient")
    shown.select_option("#grouping", "part")
    assert shown.count(".box.group") == 3
    shown.select_option("#grouping", "none")
    assert shown.count(".box.group") == shown.count(".frame") == 0
    shown.to_stage("kernels")
    assert shown.input_value("#grouping") == "kernel" and shown.count(".box.group.kernel") > 5
    shown.to_stage("user")
    assert shown.input_value("#grouping") == "none"


def test_nothing_overlaps(show, page):
    """Boxes and marks, folded or not, in all stages; and the text of a box stays inside it."""
    shown = show(page)
    for fold in ("f", "u"):
        for stage in STAGES:
            shown.to_stage(stage)
            shown.keys(fold)
            boxes = shown.evaluate(
                """() => [...document.querySelectorAll(".box, .mark")].map((box) => {
                    const body = (box.querySelector(":scope > .body") ?? box.querySelector("rect, text")).getBBox();
                    const at = box.transform.baseVal.consolidate()?.matrix ?? { e: 0, f: 0 };
                    const words = [...box.querySelectorAll("text")].map((text) => text.getBBox());
                    return {
                        left: body.x + at.e, top: body.y + at.f, right: body.x + body.width + at.e,
                        bottom: body.y + body.height + at.f, name: box.getAttribute("aria-label"),
                        outside: words.some((word) => word.x + word.width > body.x + body.width + 2),
                    };
                })"""
            )
            assert not [box["name"] for box in boxes if box["outside"]]
            boxes.sort(key=lambda box: box["left"])
            for i, a in enumerate(boxes):
                for b in boxes[i + 1 :]:
                    if b["left"] >= a["right"]:
                        break
                    assert b["top"] >= a["bottom"] or a["top"] >= b["bottom"], (stage, a, b)


def test_layout_of_random_graphs(browser):
    """Whatever is connected, in cycles too: nothing overlaps, all is within the size told, no edge is lost."""
    modules = [
        _enclosed(name, (FOLDER / f"{name}.js").read_text(encoding="utf-8"))
        for name in ("layers", "place", "piece", "layout")
    ]
    rng = np.random.default_rng(5)
    graphs = []
    for _ in range(60):
        count = int(rng.integers(1, 40))
        sizes = [{"width": int(w), "height": int(h)} for w, h in zip(*rng.integers(20, 240, (2, count)), strict=True)]
        pairs = zip(rng.integers(-1, count, 2 * count), rng.integers(0, count, 2 * count), strict=True)
        graphs.append(
            {"boxes": sizes, "edges": [{"from": int(a), "to": int(b), "ids": [0]} for a, b in pairs if a != b]}
        )
    tab = browser.new_page()
    layouts = tab.evaluate(
        "(graphs) => {" + "".join(modules) + "const marks = (to, cut) => cut.map(() => ({ width: 50, height: 18 }));"
        "return graphs.map(({ boxes, edges }) => $layout.layOut(boxes, edges, marks)); }",
        graphs,
    )
    tab.close()
    for graph, layout in zip(graphs, layouts, strict=True):
        marks = [{**mark["mark"], "x": mark["x"], "y": mark["y"]} for mark in layout["marks"]]
        boxes = [box | place for box, place in zip(graph["boxes"], layout["places"], strict=True)] + marks
        assert len(layout["wires"]) + len(marks) == len(graph["edges"])
        left, top = (np.array([box[axis] for box in boxes]) for axis in "xy")
        right, bottom = (
            np.array([box[a] + box[size] for box in boxes]) for a, size in (("x", "width"), ("y", "height"))
        )
        assert min(left.min(), top.min()) > -0.01
        assert right.max() < layout["width"] + 0.01 and bottom.max() < layout["height"] + 0.01
        apart = (right[:, None] <= left + 0.01) | (bottom[:, None] <= top + 0.01)
        assert (apart | apart.T | np.eye(len(boxes), dtype=bool)).all()


# ---- keys, light and dark


def test_everything_can_be_done_from_the_keyboard(show, page):
    """Tab to the drawing, walk along wires, unfold, choose, go back; the focus is always seen."""
    shown = show(page)
    shown.to_stage("gradient")
    shown.focus("#unfold-all")
    shown.keys("Tab")

    def focused():
        return shown.evaluate("document.activeElement.getAttribute('aria-label')")

    start = focused()
    assert shown.evaluate("document.getElementById('canvas').contains(document.activeElement)")
    assert shown.evaluate("document.querySelectorAll('#plane [tabindex=\"0\"]').length") == 1
    shown.keys("ArrowDown")
    below = focused()
    assert below != start and below.startswith("h1 = ")
    outline = "getComputedStyle(document.activeElement.querySelector('.halo, .band')).stroke"
    assert shown.evaluate(outline) != "none"
    shown.keys("Enter")
    assert shown.count(".frame") == 1 and focused().endswith("unfolded")
    shown.keys("ArrowDown", "ArrowDown")
    assert "forward" in focused() and focused() != below
    shown.keys("ArrowRight", "ArrowLeft", "Enter")
    assert shown.is_visible("#panel")
    shown.keys("Escape")
    assert shown.is_hidden("#panel")
    before = shown.get_attribute("#plane", "transform")
    shown.keys("Shift+ArrowLeft", "+")
    assert shown.get_attribute("#plane", "transform") != before
    shown.keys("?")
    assert shown.is_visible("#help") and "Escape" in shown.text("#help-list")
    shown.keys("Escape")
    assert shown.is_hidden("#help")
    shown.keys("0", "f")
    assert shown.count(".frame") == 0


def test_wheel_and_drag_move_the_camera(show, page):
    """A drag is no click: it moves the drawing and chooses nothing."""
    shown = show(page)
    before = shown.get_attribute("#plane", "transform")
    box = shown.locator(".box").first.bounding_box()
    shown.mouse.move(box["x"] + 20, box["y"] + 10)
    shown.mouse.down()
    shown.mouse.move(box["x"] + 60, box["y"] + 90, steps=3)
    shown.mouse.up()
    dragged = shown.get_attribute("#plane", "transform")
    assert dragged != before and shown.is_hidden("#panel")
    shown.mouse.wheel(0, -300)
    pytest.importorskip("playwright.sync_api").expect(shown.locator("#plane")).not_to_have_attribute(
        "transform", dragged
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(show, page, scheme):
    """Names, roles, contrast: the checks of axe-core, in both schemes, with everything open."""
    Axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe
    shown = show(page, color_scheme=scheme, reduced_motion="reduce")

    def check():
        found = Axe().run(shown.tab).response["violations"]
        assert not found, [(one["id"], [node["html"][:120] for node in one["nodes"][:3]]) for one in found]

    check()
    background = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    assert (max(shown.evaluate(background)) < 80) == (scheme == "dark")
    shown.to_stage("specialised")
    shown.find("bernoulli")
    shown.click("#rules-title")
    check()
    shown.picture(f"all-{scheme}")
    shown.click("#rules-title")
    shown.keys("Escape", "?")
    check()
    shown.keys("Escape")
    shown.click("#theme")
    assert (max(shown.evaluate(background)) < 80) != (scheme == "dark")


# ---- large, huge, and without a source


def test_two_thousand_nodes_are_painted_and_unfolded(show, tmp_path):
    """The page says when its first drawing is on the screen; all unfolded it can still be used."""
    x, h = T.fvector("x"), T.fvector("h")
    y = h
    for _ in range(400):
        y = T.tanh(y * 1.5 + x) + T.exp(-y)
    f = sd.function([x, h], y.sum(), backend="numpy", name="deep")
    shown = show(sd.viz.explore(f, tmp_path / "deep.html", inputs=False))
    assert len(shown.record["graphs"][0]["nodes"]) >= 2000
    painted = """async () => {
        const mark = () => performance.getEntriesByName("symdrop:painted")[0];
        while (!mark()) await new Promise(requestAnimationFrame);
        return mark().startTime;
    }"""
    # Seconds are the machine's: that it is painted at all is what is waited for.
    assert shown.evaluate(painted) > 0
    shown.evaluate('() => document.getElementById("unfold-all").click()')
    assert shown.count(".box.node") >= 2000
    shown.picture("two-thousand")


def test_a_huge_graph_is_a_table(show, page, digits, tmp_path):
    """What is too large to be drawn is counted by op."""
    path = tmp_path / "huge.html"
    path.write_text(assemble(record_about([digits.train], False, None, 10)), encoding="utf-8")
    shown = show(path)
    ops = dict(shown.record["graphs"][0]["summary"]["ops"])
    assert shown.is_hidden("#drawing") and shown.is_hidden("#tools")
    row = shown.locator("#tables tbody tr").first.inner_text().split()
    assert ops[row[0]] == int(row[1])
    shown.click("#next")
    assert shown.text("#stage-title") == shown.record["stages"][1]["title"]
    shown.keys("u", "0", "Escape")


def test_folding_all_fits_the_picture_into_the_view(show, page):
    """Unfolding changes where everything lies, at the kernels most of all; what is off the screen looks lost."""
    shown = show(page)
    inside = """() => {
        const view = document.querySelector("svg:has(#plane)").getBoundingClientRect();
        const all = document.querySelector("#plane").getBoundingClientRect();
        return all.left >= view.left && all.right <= view.right && all.top >= view.top && all.bottom <= view.bottom;
    }"""
    for stage in (STAGES[-1], STAGES[2]):
        shown.to_stage(stage)
        for key in "uf":
            shown.keys(key)
            assert shown.tab.evaluate(inside), f"{stage} after {key}"
        shown.click("#unfold-all")
        assert shown.tab.evaluate(inside), stage
        shown.picture(f"unfolded-{stage}")


def test_the_page_of_a_cell_runs_in_a_frame_without_rights(browser, tmp_path):
    """A notebook shows the page in a sandbox: without an origin, storage or the notebook's own content."""
    x = T.matrix("x")
    f = sd.function([x], sd.dropout(T.tanh(x), p=0.5, stream=sd.RandomStream(seed=1)).sum(), training=True)
    cell = tmp_path / "cell.html"
    cell.write_text(f"<!doctype html><meta charset=utf-8>{sd.viz.explore(f)._repr_html_()}", encoding="utf-8")
    context = browser.new_context(offline=True)
    try:
        tab, wrong = context.new_page(), []
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        tab.goto(cell.as_uri())
        frame = tab.frames[1]
        frame.wait_for_selector("#plane .box", state="attached")
        before = frame.evaluate("document.documentElement.dataset.theme")
        frame.click("#theme")
        assert frame.evaluate("document.documentElement.dataset.theme") not in (before, None)
        frame.click("#next")
        frame.click("#unfold-all")
        assert frame.locator("#plane .box").count() and not wrong
    finally:
        context.close()

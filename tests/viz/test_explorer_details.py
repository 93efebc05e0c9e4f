"""The explorer's details: what is said of a node, links, kernels, masks of any step, and pages without source."""

from __future__ import annotations

import numpy as np

import symdrop as sd
import symdrop.tensor as T
from symdrop.viz.assemble import assemble
from symdrop.viz.limits import with_less
from symdrop.viz.record import record as record_about
from tests.viz.browser import only

# ---- search


def test_search_finds_unfolds_and_centres(show, page):
    """Names, ops and lines; Enter goes round, and opens the group that holds the match."""
    shown = show(page)
    shown.to_stage("gradient")
    shown.keys("/")
    shown.keyboard.type("relu")
    found = int(shown.text("#search-count").split()[0])
    assert found > 2 and shown.count(".match") > 0
    assert shown.count(".frame") == 0
    shown.keys("Enter")
    assert shown.text("#search-count") == f"1 of {found}"
    assert shown.count(".frame") == 1 and "op relu" in shown.text("#details header")
    middle = shown.evaluate(
        """() => {
            const box = document.querySelector(".box.chosen").getBoundingClientRect();
            const canvas = document.getElementById("canvas").getBoundingClientRect();
            return [(box.left + box.right - canvas.left - canvas.right) / 2,
                    (box.top + box.bottom - canvas.top - canvas.bottom) / 2];
        }"""
    )
    assert np.abs(middle).max() < 12
    shown.keys("Enter")
    assert shown.text("#search-count") == f"2 of {found}"
    shown.keys("Shift+Enter", "Shift+Enter")
    assert shown.text("#search-count") == f"{found} of {found}"
    shown.picture("search")
    shown.fill("#search", "no such thing")
    assert shown.text("#search-count") == "nothing found" and shown.count(".match") == 0


# ---- details


def test_details_of_a_node(show, page):
    """Formula, line, pullback and what it made, kernel with its code, values: each as in the record."""
    shown = show(page)
    shown.to_stage("rewritten")
    shown.find("log_softmax")
    graph = shown.graphs("rewritten")[0]
    nodes = shown.record["nodes"]
    id = only(id for id in shown.record["graphs"][graph]["nodes"] if nodes[id]["op"] == "log_softmax")
    node = nodes[id]
    assert shown.text("#formula") == node["formula"]
    assert node["lines"][0]["text"] in shown.locator("#details .line code").all_inner_texts()
    assert "05_digits.py:41" in shown.text("#details .line >> nth=0")
    assert shown.text("#pullback") == node["pullback"] == "log_softmax_pullback"
    owner, number = node["kernels"][0]
    kernel = shown.record["functions"][owner]["kernels"][number]
    assert shown.locator(".kernel-code pre").first.inner_text().strip() == kernel["code"].strip()
    assert "exp" in kernel["code"]
    shown.locator(".kernel-code summary", has_text="assembly").first.click()
    assert shown.locator(".kernel-code pre").nth(1).inner_text().strip() == kernel["assembly"].strip()
    value = shown.record["values"][node["value"]]
    assert shown.count(".histogram") == 2
    assert shown.locator(".histogram").first.locator("rect").count() == len(value["histogram"]["counts"])
    assert f"{value['mean']:.4g}" in shown.locator(".numbers").first.inner_text()
    assert "made-up" in shown.text("#details")
    shown.picture("details")


def test_links_lead_to_other_nodes_and_stages(show, page):
    """From a node of the way back to the node it is for, from there to what its pullback made, and to other stages."""
    shown = show(page)
    shown.to_stage("gradient")
    shown.find("relu_pullback")
    shown.fill("#search", "")
    graph = only(shown.graphs("gradient"))
    nodes = shown.record["nodes"]
    made = next(
        id for id in shown.record["graphs"][graph]["nodes"] if (nodes[id]["origin"] or {}).get("node") is not None
    )
    shown.keys("Escape", "u")
    shown.locator(f'[data-key="{graph}:{made}"]').dispatch_event("click")
    assert nodes[made]["origin"]["rule"] in shown.text("#details")
    shown.locator("#details section", has_text="Made by").locator("button").click()
    source = nodes[nodes[made]["origin"]["node"]]
    assert shown.text("#formula") == source["formula"]
    created = shown.locator("#details section", has_text="On the way back").locator(".to-node")
    here = set(source["created"]) & set(shown.record["graphs"][graph]["nodes"])
    assert created.count() == min(8, len(here)) > 0
    shown.locator(".whereabouts li", has_text=shown.record["stages"][0]["title"]).locator("button").first.click()
    assert shown.text("#stage-title") == shown.record["stages"][0]["title"]
    assert shown.count(".box.chosen") == 1


def test_marks_lead_to_their_source(show, page):
    """What a long wire would have joined is a small mark; a click on it goes there."""
    shown = show(page)
    shown.to_stage("gradient")
    shown.keys("u")
    mark = shown.locator('.mark.far[aria-label^="W3,"]').first
    mark.dispatch_event("pointerover")
    assert shown.count(".hinted.state") == 1
    mark.dispatch_event("click")
    assert shown.text("#details h2") == "W3" and "state" in shown.text("#details header")
    assert shown.count(".box.chosen.state") == 1


def test_kernels_show_their_code(show, page):
    """A kernel is a group of the last stage; choosing it shows the loop."""
    shown = show(page)
    shown.to_stage("kernels")
    train = shown.record["functions"][0]
    number = next(i for i, kernel in enumerate(train["kernels"]) if "bernoulli" in (kernel["code"] or ""))
    graph = shown.graphs("kernels")[0]
    shown.locator(f'.box.group[data-key^="{graph}:"]', has=shown.locator(".die")).first.click()
    assert "bernoulli" in shown.locator(".kernel-code pre").first.inner_text()
    assert f"kernel {number}" in shown.text(".kernel-code") or "kernel" in shown.text(".kernel-code")
    shown.picture("kernel")


# ---- masks


def pixels(shown):
    """The mask's bits as painted, black being 1."""
    values = shown.evaluate(
        """() => {
            const canvas = document.getElementById("mask");
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return { rows: canvas.height, columns: canvas.width, red: [...data].filter((_, i) => i % 4 === 0) };
        }"""
    )
    return (np.array(values["red"]) == 0).reshape(values["rows"], values["columns"])


def test_masks_of_any_step_are_replayed(show, page, digits):
    """The page's own Threefry paints, pixel by pixel, what stream.replay computes."""
    shown = show(page)
    shown.to_stage("specialised")
    shown.find("bernoulli")
    draws = [node for node in sd.graph.toposort([digits.h2]) if node.op.kind == "draw"]
    key = shown.get_attribute(".box.chosen", "data-key")
    drawn = shown.record["draws"][shown.record["nodes"][int(key.split(":")[1])]["draw"]]
    draw = next(node for node in draws if str(node.inputs[0].inputs[1].value[1]) == drawn["site"])
    given = {digits.x: np.zeros((drawn["shape"][0], 64), "float32"), sd.training: True}
    for step in (0, 1, 12345, 2**31 + 7, 2**32 - 1):
        shown.fill("#mask-step", str(step))
        expected = digits.stream.replay(draw, step=step, inputs=given)
        assert (pixels(shown) == expected).all(), step
        assert f"{100 * (1 - expected.mean()):.1f} % kept" in shown.text("#mask-share")
    shown.picture("mask")
    for step in (2**32, -1, 1.5):
        shown.fill("#mask-step", str(step))
        assert "whole number" in shown.text("#mask-wrong")
    shown.fill("#mask-step", "3")
    shown.focus("#mask-slider")
    shown.keys("ArrowRight")
    assert shown.input_value("#mask-step") == "4" and shown.text("#mask-wrong") == ""
    expected = digits.stream.replay(draw, step=4, inputs=given)
    assert (pixels(shown) == expected).all()


def test_draws_in_loops_show_the_masks_that_were_kept(show, tmp_path):
    """A loop's step is its formula, its body opens as a graph of its own, and Escape leads back out."""
    x = T.fmatrix("x")
    stream = sd.RandomStream(seed=5)
    h, _ = sd.scan(lambda row, h: T.tanh(h + sd.dropout(row, 0.4, stream=stream)), x, T.zeros((6,), "float32"))
    f = sd.function([x], h[-1].sum(), training=True, backend="numpy", name="loop")
    shown = show(sd.viz.explore(f, tmp_path / "loop.html", inputs=(np.ones((4, 6), "float32"),)))
    shown.find("scan")
    assert shown.count(".box.loop.chosen") == 1
    assert "scan(" in shown.text("#formula") and "row " in shown.text("#formula")
    shown.locator("#details button", has_text="open").click()
    assert "body" in shown.text("#stage-title") and shown.count(".box.draw") == 1
    shown.locator(".box.draw").click()
    kept = shown.record["draws"][-1]["kept"]
    if kept:
        assert pixels(shown).sum() > 0
    shown.picture("body")
    shown.keys("Escape", "Escape")
    assert shown.text("#stage-title") == shown.record["stages"][0]["title"]


def test_what_was_left_out_is_said(show, digits, tmp_path):
    """A page too large comes with less in it: a note above, and in the details a sentence for each thing missing."""
    *_, least = with_less(record_about([digits.train], None, None))
    path = tmp_path / "least.html"
    path.write_text(assemble(least), encoding="utf-8")
    shown = show(path)
    assert "left out" in shown.text("#notes") and "machine code" in shown.text("#notes")
    shown.to_stage("rewritten")
    shown.find("log_softmax")
    shown.locator(".kernel-code summary", has_text="assembly").first.click()
    details = shown.text("#details")
    assert "text of the line is not at hand" in details and "left out" in details
    assert details.count("It was not recorded.") == 2 and shown.count(".histogram") == 0
    shown.find("bernoulli")
    assert pixels(shown).any()


def test_without_source_text(show, tmp_path):
    """A function typed at a prompt has lines without text; groups are then called by their place."""
    names = {"sd": sd, "T": T}
    exec("x = T.fvector('x')\ny = T.exp(x)\nz = (y * y + 1).sum()\nf = sd.function([x], z, name='typed')", names)
    shown = show(sd.viz.explore(names["f"], tmp_path / "typed.html", inputs=False))
    shown.select_option("#grouping", "line")
    shown.find("exp")
    assert "text of the line is not at hand" in shown.text("#details") or "no line of yours" in shown.text("#details")
    assert "value" in shown.locator("#details section", has_text="Value").first.inner_text().lower()

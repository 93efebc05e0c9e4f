"""The record behind the explorer's page, the page's size, and the command that writes it; no browser is needed here.

The page is drawn from the record alone, so whatever the page must be right about is checked on the record: every
reference leads somewhere, values are NumPy's, masks are the stream's.
"""

from __future__ import annotations

import copy
import importlib
import json
import os
import pickle
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import ArgumentError, GraphTypeError
from symdrop.inspect.counterparts import Stage, counterparts
from symdrop.viz.assemble import record_of
from symdrop.viz.limits import DETAILS, with_less
from symdrop.viz.record import record
from tests.viz.records import LATER, check, loop, network, of


def without_source():
    """A function of lines that no file has."""
    names = {"T": T, "sd": sd}
    exec(compile("x = T.dvector()\nf = sd.function([x], T.exp(x).sum())", "<stdin>", "exec"), names)
    return names["f"]


def branches():
    x = T.dmatrix("x")
    return sd.function([x], sd.ifelse(x.sum() > 0, T.exp(x), T.log(x)))


def updates_only():
    b = sd.shared(np.zeros(3))
    x = T.dmatrix("x")
    return sd.function([x], updates={b: b + x.sum(axis=0)})


def between_fallbacks():
    x = T.dvector("x")
    return sd.function([x], T.cumsum(T.sort(T.exp(x))) + 1)


FUNCTIONS = {
    "tiny": lambda: sd.function([], T.exp(sd.shared(1.0)) * 2),
    "constant": lambda: sd.function([], 3),
    "network": lambda: network()[0],
    "network, numpy": lambda: network(backend="numpy")[0],
    "chosen by each call": lambda: network(training="runtime")[0],
    "pickled": lambda: pickle.loads(pickle.dumps(network()[0])),
    "loop": lambda: loop()[0],
    "loop, numpy": lambda: loop(backend="numpy")[0],
    "branches": branches,
    "updates only": updates_only,
    "between fallbacks": between_fallbacks,
    "without source": without_source,
}


@pytest.fixture(scope="module")
def recorded():
    """The record of the network, which nobody changes."""
    return of(network()[0])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_reference_leads_somewhere(name):
    """Whatever the function is made of, the page finds what it is told to look up, and every node has a kernel."""
    data = of(FUNCTIONS[name]())
    check(data)
    assert all(function["note"] is None for function in data["functions"])


def test_a_node_of_two_stages_is_one_node(recorded):
    """What a stage leaves alone keeps its number; what stands for another node says for which."""
    data = recorded
    user, gradient = (set(data["graphs"][place]["nodes"]) for place in (0, 1))
    named = {data["nodes"][i]["name"] for i in user & gradient}
    assert {"x", "y", "W", "V"} <= named
    merged, rewritten = (data["graphs"][data["functions"][0]["stages"][stage]]["nodes"] for stage in LATER[1:])
    for i in rewritten:
        node = data["nodes"][i]
        assert i in merged or node["before"] in merged or node["op"] == "constant"
    products = [data["nodes"][i] for i in rewritten if data["nodes"][i]["op"] == "matmul"]
    assert all(data["nodes"][node["before"]]["op"] == "matmul" for node in products if node["before"] is not None)


def test_what_a_pullback_made_is_found_from_both_ends(recorded):
    """In every stage: a click on the product leads to its gradient's nodes, and from there back."""
    data = recorded
    for place in data["functions"][0]["stages"].values():
        nodes = data["graphs"][place]["nodes"]
        made = [i for i in nodes if (data["nodes"][i]["origin"] or {}).get("rule") == "matmul_pullback"]
        makers = [i for i in nodes if set(data["nodes"][i]["created"]) & set(made)]
        assert bool(made) == bool(makers)
        assert all(data["nodes"][i]["pullback"] == "matmul_pullback" for i in makers)


def test_groups_tell_the_way_forward_from_the_way_back(recorded):
    """A line that has a gradient is two groups, so that folding never ties the two ways together."""
    data = recorded
    lines = [group for group in data["groups"] if group["by"] == "line" and "T.tanh(x @ W)" in group["title"]]
    assert {group["part"] for group in lines} >= {"forward", "backward"}
    assert {group["title"] for group in data["groups"] if group["by"] == "function"} == {"network"}


@pytest.mark.parametrize("training", [True, False])
def test_the_counterpart_stands_beside_it(training, recorded):
    """Whichever was compiled, both are shown; the one for testing has no random node and no stream."""
    data = recorded if training else of(network(training=False)[0])
    assert [function["flags"]["training"] for function in data["functions"]] == [training, not training]
    for function in data["functions"]:
        for stage in LATER:
            nodes = [data["nodes"][i] for i in data["graphs"][function["stages"][stage]]["nodes"]]
            assert bool([n for n in nodes if n["mark"] == "draw"]) == function["flags"]["training"]
            assert bool([n for n in nodes if (n["name"] or "").startswith("stream")]) == function["flags"]["training"]
    assert [stage["graphs"] for stage in data["stages"]][:2] == [[0], [1]]
    assert all(len(stage["graphs"]) == 2 for stage in data["stages"][2:])


def test_without_the_flag_there_is_no_counterpart():
    """A function that does not ask whether it trains is shown once."""
    x = T.dvector("x")
    assert len(of(sd.function([x], x + 1, training=True))["functions"]) == 1


def test_with_flags_is_the_same_function_otherwise():
    """The recipe is compiled again; states are shared, other flags stay, and nonsense is refused."""
    state, other = sd.shared(1.0), sd.flag("other")
    both = T.where(sd.training, state, -state) * T.where(other, 10, 1)
    f = sd.function([], both, flags={sd.training: True, other: True})
    test = f.with_flags({"training": False})
    assert (float(f()), float(test())) == (10, -10) and test.flags == {"training": False, "other": True}
    state.set_value(2.0)
    assert float(test()) == -20 and f.flags["training"]
    with pytest.raises(ArgumentError, match="'training' = 2"):
        f.with_flags({sd.training: 2})
    with pytest.raises(GraphTypeError, match="flags are named by"):
        f.with_flags({3: True})


def test_kernels_are_those_that_run():
    """Titles are those of f.kernels, loops and machine code are that kernel's, and a fused node knows its kernel."""
    f, _, _ = network(backend="native")
    data = of(f)
    kernels = data["functions"][0]["kernels"]
    assert [kernel["title"] for kernel in kernels] == list(f.kernels)
    whole = f.source("kernels")
    assert all(kernel["code"] in whole for kernel in kernels)
    assert all(f"kernel_{i}:" in kernel["assembly"] for i, kernel in enumerate(kernels))
    drawing = next(kernel for kernel in kernels if "threefry" in kernel["code"])
    assert "bernoulli" in {data["nodes"][i]["op"] for i in drawing["nodes"]}


def test_kernels_in_loops_and_between_fallbacks():
    """A kernel of a loop stands below the loop's line; what NumPy computes is listed as what it is."""
    kernels = of(loop(backend="native")[0])["functions"][0]["kernels"]
    assert any(kernel["code"].startswith("loop t") for kernel in kernels)
    titles = [kernel["title"] for kernel in of(between_fallbacks())["functions"][0]["kernels"]]
    assert any(title.startswith("fallback") for title in titles) and "exp" in titles


def test_detail_is_left_out_in_order(recorded):
    """Each further step leaves out one kind more, and every function's note says all that is missing."""
    data = copy.deepcopy(recorded)
    sizes = [(len(json.dumps(less)), less["functions"][0]["note"]) for less in with_less(data)]
    assert [size for size, _ in sizes] == sorted((size for size, _ in sizes), reverse=True)
    assert sizes[0][1] is None and sizes[1][1] == "left out for the size of the page: machine code"
    assert sizes[-1][1].endswith(", ".join(name for name, _ in DETAILS))
    check_after = {key: data[key] for key in ("values", "draws")}
    assert not check_after["values"] and not any(draw["kept"] for draw in check_after["draws"])


def test_a_page_beyond_the_limit_leaves_detail_out(tmp_path, monkeypatch):
    """The limit holds whatever it costs; without any way to keep it nothing is written."""
    module = importlib.import_module("symdrop.viz.explore")
    f, _, _ = network()
    whole = sd.viz.explore(f, tmp_path / "whole.html").stat().st_size
    monkeypatch.setattr(module, "MOST", whole - 2000)
    page = sd.viz.explore(f, tmp_path / "less.html")
    assert page.stat().st_size <= whole - 2000
    assert "machine code" in record_of(page.read_text())["functions"][0]["note"]
    monkeypatch.setattr(module, "MOST", 1000)
    monkeypatch.setattr(module, "_LARGEST", (100,))
    with pytest.raises(ArgumentError, match="more than 1,000"):
        sd.viz.explore(f, tmp_path / "none.html")
    assert sorted(os.listdir(tmp_path)) == ["less.html", "whole.html"]


def test_a_huge_graph_is_counted(tmp_path, monkeypatch):
    """A graph beyond the limit is summed up by op, quickly: nothing is drawn, evaluated or compiled again."""
    for name, limit, value in (("atlas", "LARGEST", 2000), ("explore", "_LARGEST", (2000, 1000))):
        monkeypatch.setattr(importlib.import_module(f"symdrop.viz.{name}"), limit, value)
    x = T.dscalar("x")
    h = x
    for _ in range(1200):
        h = T.tanh(h) + T.where(sd.training, 1.0, x)
    f = sd.function([x], h, backend="numpy", training=True)
    data = record_of(sd.viz.explore(f, tmp_path / "huge.html").read_text())
    graph = data["graphs"][data["functions"][0]["stages"]["rewritten"]]
    assert graph["summary"]["nodes"] == len(f.stages["rewritten"]) and graph["nodes"] == []
    assert dict(graph["summary"]["ops"])["tanh"] == 1200
    assert len(data["functions"]) == 1


def test_counterparts_in_linear_time():
    """More than a thousand equal nodes of one line are told apart by what they are computed from."""
    x = T.dscalar("x")
    h = x
    for _ in range(1500):
        h = T.tanh(h) * 1
    f = sd.function([x], h, backend="numpy")
    merged, rewritten = (Stage(f.stages[name]) for name in LATER[1:])
    found = counterparts(rewritten, merged, f.rules_by_stage["rewritten"])
    pairs = [(new, old) for new, old in found.items() if new.op.name == "tanh"]
    depth = {node: i for i, node in enumerate(n for n in merged.order if n.op.name == "tanh")}
    assert [depth[old] for _, old in pairs] == list(range(1500))


BAD_CALLS = {
    "no function": (lambda path: sd.viz.explore(T.exp, path), "expects what sd.function compiled"),
    "no folder": (lambda path: sd.viz.explore(branches(), path.parent / "no" / "page.html"), "there is no folder"),
    "a folder": (lambda path: sd.viz.explore(branches(), path.parent), "it is a folder"),
    "no path": (lambda path: sd.viz.explore(branches(), 3), "a path is a string"),
    "one array": (lambda path: sd.viz.explore(branches(), path, inputs=np.ones((2, 2))), "a tuple, or a dictionary"),
    "too few": (lambda path: sd.viz.explore(branches(), path, inputs=()), "needs a value for x"),
    "unknown name": (lambda path: sd.viz.explore(branches(), path, inputs={"z": 1}), "has no input 'z'"),
    "wrong rank": (lambda path: sd.viz.explore(branches(), path, inputs=([1.0],)), "the example inputs do not fit"),
}


@pytest.mark.parametrize("name", BAD_CALLS)
def test_bad_calls_write_nothing(name, tmp_path):
    """Each says what was given and what was expected, and leaves no file behind."""
    call, message = BAD_CALLS[name]
    with pytest.raises((ArgumentError, GraphTypeError), match=message):
        call(tmp_path / "page.html")
    assert not list(tmp_path.iterdir())


def test_a_function_without_its_graphs():
    """Whoever has thrown the stages away is told which are missing."""
    f = branches()
    del f.stages["merged"]
    with pytest.raises(ArgumentError, match="no graph of the stages merged"):
        sd.viz.explore(f, "page.html")


def test_a_page_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    """A disk that is full in the middle must not cost the page that was there."""
    page = tmp_path / "page.html"
    page.write_text("old")

    class Full(BytesIO):
        def write(self, data):
            raise OSError(28, "No space left on device")

    opened = Path.open
    monkeypatch.setattr(Path, "open", lambda at, mode="r", **how: Full() if mode == "xb" else opened(at, mode, **how))
    with pytest.raises(ArgumentError, match="No space left"):
        sd.viz.explore(branches(), page)
    assert page.read_text() == "old" and len(list(tmp_path.iterdir())) == 1


def test_the_formula_of_a_loop_is_what_a_step_does():
    """A loop is more than its name: its body stands in its formula, in terms of what it is given."""
    x, h = T.dmatrix("x"), T.dvector("h")
    states, _ = sd.scan(lambda x_t, s: T.tanh(x_t + s), sequences=x * 2, outputs_info=h)
    data = record([sd.function([x, h], states[-1], backend="numpy")], False)
    as_written = next(node["formula"] for node in data["nodes"] if node["op"] == "scan")
    assert "    t1 = tanh((x * 2)[i] + h_1)\n    row t1\n    h_1 = t1" in as_written

"""The record behind the explorer's page, the page's size, and the command that writes it; no browser is needed here.

The page is drawn from the record alone, so whatever the page must be right about is checked on the record: every
reference leads somewhere, values are NumPy's, masks are the stream's.
"""

from __future__ import annotations

import base64
import copy
import importlib
import json
import os
import pickle
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.__main__ import main
from symdrop.errors import ArgumentError, GraphTypeError
from symdrop.inspect.counterparts import Stage, counterparts
from symdrop.ops.threefry import random_words
from symdrop.viz.assemble import record_of
from symdrop.viz.atlas import functions_of
from symdrop.viz.limits import DETAILS, with_less
from symdrop.viz.record import record

EXAMPLES = Path(__file__).parents[2] / "examples"

rng = np.random.default_rng(0)
LATER = ("specialised", "merged", "rewritten")
BY_KERNEL = ("rewritten", "decomposed")


def network(**options):
    """A training step with two dropout layers, its inputs and its stream."""
    x, y = T.fmatrix("x"), T.ivector("y")
    W = sd.shared(rng.normal(size=(5, 8)).astype("float32"), name="W")
    V = sd.shared(rng.normal(size=(8, 3)).astype("float32"), name="V")
    stream = sd.RandomStream(seed=3)
    first = sd.dropout(T.tanh(x @ W), p=0.25, stream=stream)
    h = sd.dropout(T.nnet.relu(first), p=0.5, stream=stream)
    loss = T.nnet.categorical_crossentropy(T.nnet.softmax(h @ V), y).mean()
    updates = {p: p - 0.1 * g for p, g in zip((W, V), sd.grad(loss, (W, V)), strict=True)}
    return sd.function([x, y], loss, updates=updates, name="step", **{"training": True, **options}), stream, first


def loop(**options):
    """A recurrent network with a new mask in every step, and its gradient."""
    x = T.fmatrix("x")
    W = sd.shared(rng.normal(size=(4, 4)).astype("float32"), name="W")
    stream = sd.RandomStream(seed=5)

    def step(row, state):
        return T.tanh(sd.dropout(state, p=0.5, stream=stream) @ W + row)

    states, _ = sd.scan(step, x, T.zeros((W.shape[0],), "float32"))
    loss = (states**2).sum()
    return sd.function([x], loss, updates={W: W - 0.1 * sd.grad(loss, W)}, **{"training": True, **options}), stream


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


def of(f, inputs=None):
    """The record of a function."""
    return record(functions_of(f), inputs)


def check(data):
    """Everything that the page relies on: what a place in a list says is there."""
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    nodes, graphs, groups, values = (len(data[key]) for key in ("nodes", "graphs", "groups", "values"))

    def inside(numbers, count):
        assert all(number is None or 0 <= number < count for number in numbers)

    for number, function in enumerate(data["functions"]):
        own = ["decomposed"] if function["backend"] == "native" else []
        assert list(function["stages"]) == ["user", "gradient", *LATER, *own]
        inside(function["stages"].values(), graphs)
        for kernel in function["kernels"]:
            assert kernel["title"] and kernel["code"]
            inside([*kernel["nodes"], *kernel["decomposed"]], nodes)
            assert data["groups"][kernel["group"]]["title"] == kernel["title"]
        drawn = [data["graphs"][place]["nodes"] for name, place in function["stages"].items() if name in BY_KERNEL]
        for node in (data["nodes"][i] for nodes_of in drawn for i in nodes_of):
            assert not node["inputs"] or any(f == number for f, _ in node["kernels"]), node["formula"]
    for stage in data["stages"]:
        inside(stage["graphs"], graphs)
    for graph in data["graphs"]:
        seen = set()
        for i in graph["nodes"]:
            assert set(data["nodes"][i]["inputs"]) <= seen, "inputs come first"
            seen.add(i)
        assert {output["node"] for output in graph["outputs"]} <= seen
        assert sum(len(rule["examples"]) for rule in graph["rules"]) <= 20
    for i, node in enumerate(data["nodes"]):
        inside([*node["inputs"], *node["created"], node["before"]], nodes)
        inside(node["groups"].values(), groups)
        inside([node["value"], node["gradient"]], values)
        inside([node["draw"]], len(data["draws"]))
        inside([body["graph"] for body in node["bodies"]], graphs)
        assert node["before"] != i and node["part"] in ("forward", "backward", "update")
        for by, group in node["groups"].items():
            assert group is None or data["groups"][group]["by"] == by
        for f, kernel in node["kernels"]:
            row = data["functions"][f]["kernels"][kernel]
            assert i in row["nodes"] or i in row["decomposed"]
        if node["origin"]:
            inside([node["origin"]["node"]], nodes)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_reference_leads_somewhere(name):
    """Whatever the function is made of, the page finds what it is told to look up, and every node has a kernel."""
    data = of(FUNCTIONS[name]())
    check(data)
    assert all(function["note"] is None for function in data["functions"])


def test_a_node_of_two_stages_is_one_node():
    """What a stage leaves alone keeps its number; what stands for another node says for which."""
    f, _, _ = network()
    data = of(f)
    user, gradient = (set(data["graphs"][place]["nodes"]) for place in (0, 1))
    named = {data["nodes"][i]["name"] for i in user & gradient}
    assert {"x", "y", "W", "V"} <= named
    merged, rewritten = (data["graphs"][data["functions"][0]["stages"][stage]]["nodes"] for stage in LATER[1:])
    for i in rewritten:
        node = data["nodes"][i]
        assert i in merged or node["before"] in merged or node["op"] == "constant"
    products = [data["nodes"][i] for i in rewritten if data["nodes"][i]["op"] == "matmul"]
    assert all(data["nodes"][node["before"]]["op"] == "matmul" for node in products if node["before"] is not None)


def test_what_a_pullback_made_is_found_from_both_ends():
    """In every stage: a click on the product leads to its gradient's nodes, and from there back."""
    data = of(network()[0])
    for place in data["functions"][0]["stages"].values():
        nodes = data["graphs"][place]["nodes"]
        made = [i for i in nodes if (data["nodes"][i]["origin"] or {}).get("rule") == "matmul_pullback"]
        makers = [i for i in nodes if set(data["nodes"][i]["created"]) & set(made)]
        assert bool(made) == bool(makers)
        assert all(data["nodes"][i]["pullback"] == "matmul_pullback" for i in makers)


def test_groups_tell_the_way_forward_from_the_way_back():
    """A line that has a gradient is two groups, so that folding never ties the two ways together."""
    data = of(network()[0])
    lines = [group for group in data["groups"] if group["by"] == "line" and "T.tanh(x @ W)" in group["title"]]
    assert {group["part"] for group in lines} >= {"forward", "backward"}
    assert {group["title"] for group in data["groups"] if group["by"] == "function"} == {"network"}


@pytest.mark.parametrize("training", [True, False])
def test_the_counterpart_stands_beside_it(training):
    """Whichever was compiled, both are shown; the one for testing has no random node and no stream."""
    data = of(network(training=training)[0])
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


def test_values_are_those_of_the_next_call():
    """Statistics are NumPy's of the very values, the states stay, and the mask is that of the stream's step."""
    f, stream, _ = network()
    x, y = rng.normal(size=(6, 5)).astype("float32"), rng.integers(0, 3, 6).astype("int32")
    f(x, y)
    before = copy.deepcopy([state.get_value() for state in f.updates])
    data = of(f, {"x": x, "y": y})
    assert all((a == b.get_value()).all() for a, b in zip(before, f.updates, strict=True)) and stream.step == 1
    assert not data["examples"]["made_up"]
    found = {}
    for node, value in sd.inspect.trace(f, x, y):
        found.setdefault((str(node.type), node.op.name), []).append(value)
    last = data["graphs"][data["functions"][0]["stages"]["rewritten"]]["nodes"]
    for node in (data["nodes"][i] for i in last):
        row = data["values"][node["value"]]
        if node["op"] == "constant" or node["mark"] == "draw":
            continue
        alike = [value for value in found[node["type"], node["op"]] if np.isclose(row["mean"], value.mean(), atol=1e-5)]
        assert any(row["shape"] == list(value.shape) and np.isclose(row["max"], value.max()) for value in alike)
        if row["histogram"]:
            assert sum(row["histogram"]["counts"]) == row["finite"] == int(np.prod(row["shape"]))
    output = data["graphs"][1]["outputs"][0]["node"]
    assert np.isclose(data["values"][data["nodes"][output]["value"]]["mean"], f(x, y))


def test_gradients_are_those_of_the_cost():
    """Beside a value stands the derivative of the first output with respect to it, in training and in testing."""
    x = T.dmatrix("x")
    h = T.tanh(x)
    cost = (sd.dropout(h, p=0.5, stream=sd.RandomStream(seed=1)) ** 2).sum()
    f = sd.function([x], cost, training=True, no_default_updates=True)
    example = rng.normal(size=(3, 4))
    data = of(f, (example,))
    node = next(node for node in data["nodes"] if node["op"] == "tanh")
    for number, training in enumerate((True, False)):
        expected = sd.function([x], sd.grad(cost, h), training=training, no_default_updates=True)(example)
        row = data["values"][node["gradients"][number]]
        assert np.isclose(row["mean"], expected.mean()) and np.isclose(row["zeros"], (expected == 0).mean())
    assert node["gradient"] == node["gradients"][0]


def bits(picture):
    """The truth values of a picture."""
    packed = np.frombuffer(base64.b64decode(picture["bits"]), np.uint8)
    count = picture["rows"] * picture["columns"]
    return np.unpackbits(packed, count=count).astype(bool).reshape(picture["rows"], picture["columns"])


def test_masks_are_the_streams():
    """The masks of coming steps, and what the page needs to draw any other, agree with replay bit by bit."""
    f, stream, h = network()
    x = np.ones((6, 5), "float32")
    f(x, np.zeros(6, "int32"))
    data = of(f, (x, np.zeros(6, "int32")))
    assert [(draw["stream"], draw["site"], draw["shape"]) for draw in data["draws"]] == [
        ("stream(seed=3)", "0", [6, 8]), ("stream(seed=3)", "1", [6, 8]),
    ]  # fmt: skip
    draw = data["draws"][0]
    node = next(node for node in sd.graph.toposort([h]) if node.op.name == "bernoulli")
    inputs = {f.inputs[0].variable: x}
    assert draw["step"] == 1 and [kept["step"] for kept in draw["kept"]] == [1, 2, 3, 4]
    for kept in draw["kept"]:
        assert (bits(kept["picture"]) == stream.replay(node, step=kept["step"], inputs=inputs)).all()
    far = 123_456
    words = random_words(np.array(draw["replay"]["key"], np.uint32), far, (6, 8), 32)
    assert ((words < draw["replay"]["threshold"]) == stream.replay(node, step=far, inputs=inputs)).all()


def test_a_mask_inside_loops_is_that_of_their_last_steps():
    """The key has the positions of the loops in it, the page says which, and replay of these agrees."""
    stream, drawn = sd.RandomStream(seed=5), []

    def inner():
        drawn.append(stream.bernoulli(p=0.4, size=(6,)))
        return drawn[0]

    f = sd.function([], sd.scan(lambda: sd.scan(inner, n_steps=3)[0], n_steps=2)[0])
    (draw,) = of(f)["draws"]
    assert [position.split(" = ")[1] for position in draw["loops"]] == ["1", "2"]
    assert (draw["stream"], draw["site"]) == ("stream(seed=5)", "0")
    expected = [stream.replay(drawn[0], step=step, loop_index=(1, 2)) for step in range(4)]
    assert all((bits(kept["picture"])[0] == mask).all() for kept, mask in zip(draw["kept"], expected, strict=True))
    words = random_words(np.array(draw["replay"]["key"], np.uint32), 3, (6,), 32)
    assert ((words < draw["replay"]["threshold"]) == expected[3]).all()
    stream.reseed(6)
    assert of(f)["draws"][0]["stream"] == "stream(seed=6)"


@pytest.mark.parametrize(("p", "threshold", "always"), [(0.0, 0, False), (0.3, int(np.float32(0.3) * 2.0**32), False),
                                                        (1.0, 0, True)])  # fmt: skip
def test_certain_and_impossible_draws(p, threshold, always):
    """At p = 1 every word means "true", which no threshold of 32 bits can say."""
    chance = T.fscalar("p")
    f = sd.function([chance], sd.RandomStream(seed=1).bernoulli(p=chance, size=(3, 4)))
    (draw,) = of(f, (np.float32(p),))["draws"]
    assert (draw["replay"]["threshold"], draw["replay"]["always"]) == (threshold, always)
    assert bits(draw["kept"][0]["picture"]).all() == always


def test_large_masks_are_shown_in_part():
    """A picture has a limit, and says how much there is."""
    f = sd.function([], sd.RandomStream(seed=1).bernoulli(p=0.5, size=(3, 200, 700)))
    (draw,) = of(f)["draws"]
    picture = draw["kept"][0]["picture"]
    assert (picture["rows"], picture["columns"], picture["of"]) == (256, 512, [600, 700])
    assert (bits(picture) == f().reshape(600, 700)[:256, :512]).all()


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


EXAMPLE_SHAPES = {
    "labels": (lambda: network()[0], [(16, 5), (16,)]),
    "as wide as the state of a loop": (lambda: loop()[0], [(16, 4)]),
    "independent sizes differ": (lambda: _two(lambda x, y: (x @ y).sum()), [(16, 12), (12, 20)]),
    "equal sizes": (lambda: _two(lambda x, y: (x * y).sum()), [(16, 12), (16, 12)]),
}


def _two(cost):
    x, y = T.dmatrix("x"), T.dmatrix("y")
    return sd.function([x, y], cost(x, y))


@pytest.mark.parametrize("name", EXAMPLE_SHAPES)
def test_made_up_inputs_fit(name):
    """Sizes come from what a call would check; labels are indices that exist."""
    make, shapes = EXAMPLE_SHAPES[name]
    examples = of(make())["examples"]
    assert examples["made_up"] and [tuple(row["shape"]) for row in examples["inputs"]] == shapes


def test_inputs_that_nothing_fits():
    """If no example can be evaluated the rest of the page is there, and says why values are missing."""
    x = T.dvector("x")
    f = sd.function([x], x[100])
    data = of(f)
    check(data)
    assert data["functions"][0]["note"].startswith("values are missing") and not data["values"]


def test_detail_is_left_out_in_order():
    """Each further step leaves out one kind more, and every function's note says all that is missing."""
    data = of(network()[0])
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
    """Thousands of equal nodes of one line are told apart by what they are computed from."""
    x = T.dscalar("x")
    h = x
    for _ in range(3000):
        h = T.tanh(h) * 1
    f = sd.function([x], h, backend="numpy")
    merged, rewritten = (Stage(f.stages[name]) for name in LATER[1:])
    found = counterparts(rewritten, merged, f.rules_by_stage["rewritten"])
    pairs = [(new, old) for new, old in found.items() if new.op.name == "tanh"]
    depth = {node: i for i, node in enumerate(n for n in merged.order if n.op.name == "tanh")}
    assert [depth[old] for _, old in pairs] == list(range(3000))


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


# The command.


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to work in; afterwards its modules are forgotten, and paths are as they were."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith((str(tmp_path), str(EXAMPLES))):
            del sys.modules[name]


SCRIPT = """
import numpy as np, symdrop as sd, symdrop.tensor as T
import beside
print("the script runs as", __name__)
x = T.dvector("x")
f = sd.function([x], T.exp(x).sum())
g = sd.function([x], T.log(x).sum())
examples = (np.arange(1.0, beside.COUNT),)
def make_examples():
    return {"x": [1.0, 2.0]}
if __name__ == "__main__":
    raise SystemExit("not to be run")
"""


def test_the_formula_of_a_loop_is_what_a_step_does():
    """A loop is more than its name: its body stands in its formula, in terms of what it is given."""
    x, h = T.dmatrix("x"), T.dvector("h")
    states, _ = sd.scan(lambda x_t, s: T.tanh(x_t + s), sequences=x * 2, outputs_info=h)
    data = record([sd.function([x, h], states[-1], backend="numpy")], False)
    as_written = next(node["formula"] for node in data["nodes"] if node["op"] == "scan")
    assert "    t1 = tanh((x * 2)[i] + h_1)\n    row t1\n    h_1 = t1" in as_written


def test_the_digits_are_viewed(folder, capsys):
    """The promise: one command, and the page has the masks of any step and the test function without a draw."""
    assert main(["view", f"{EXAMPLES / '05_digits.py'}:train"]) == 0
    assert "train.html" in capsys.readouterr().out
    page = folder / "train.html"
    data = record_of(page.read_text(encoding="utf-8"))
    check(data)
    assert page.stat().st_size < 5_000_000 and data["title"] == "train"
    assert [function["counts"]["draws"] for function in data["functions"]] == [2, 0]
    assert all(draw["replay"] and draw["shape"] == [16, 256] for draw in data["draws"])
    places = {group["where"] for group in data["groups"] if group["title"].startswith("h1 = sd.dropout")}
    assert places == {"05_digits.py:38"}


def test_a_script_is_run_as_a_module(folder, capsys):
    """It finds what lies beside it, its prints are kept, and examples can be named."""
    (folder / "scripts").mkdir()
    (folder / "scripts" / "some_script.py").write_text(SCRIPT)
    (folder / "scripts" / "beside.py").write_text("COUNT = 6\n")
    words = ["view", "scripts/some_script.py:f", "--output", "other.html", "--inputs"]
    assert main([*words, "examples"]) == 0
    assert "the script runs as some_script" in capsys.readouterr().out
    assert record_of(Path("other.html").read_text())["examples"]["inputs"][0]["shape"] == [5]
    assert main([*words, "make_examples"]) == 0
    assert record_of(Path("other.html").read_text())["examples"]["inputs"][0]["shape"] == [2]


SCRIPTS = {
    "good.py": SCRIPT.replace("import beside", "class beside: COUNT = 6"),
    "raises.py": "x = 1\ny = x / 0\n",
    "wrong.py": "import symdrop.tensor as T\nT.exp(T.vector('x') + T.fmatrix('y')).sum(axis=7)\n",
    "syntax.py": "def f(:\n",
    "ends.py": "import sys\nsys.exit(3)\n",
    "none.py": "x = 1\n",
    "one.py": "import symdrop as sd\nonly = sd.function([], 1)\n",
    "text.txt": "hello",
    "bad_examples.py": "import symdrop as sd\nonly = sd.function([], 1)\nexamples = 3\ndef broken(): return 1 / 0\n",
}

BAD_WORDS = {
    "nowhere.py:f": "there is no file 'nowhere.py'",
    "good.py:h": "good.py has no 'h'; its compiled functions are f, g",
    "good.py:f(": "neither a name in good.py nor an expression",
    "good.py:beside.other": "good.py has no 'other'",
    "bad_examples.py:broken()": "broken() of bad_examples.py raised ZeroDivisionError: division by zero (at bad",
    "good.py:x": "of type Node, not what sd.function compiled",
    "good.py": "say which function of good.py to view: its compiled functions are f, g",
    "raises.py:f": "raises.py raised ZeroDivisionError: division by zero (at raises.py:2: y = x / 0)",
    "wrong.py:f": "at wrong.py:2",
    "syntax.py:f": "syntax.py raised SyntaxError: invalid syntax (syntax.py, line 1)",
    "ends.py:f": "ends.py ended itself, with status 3",
    "none.py:f": "it has no compiled functions",
    "none.py": "it has no compiled functions",
    "text.txt:f": "does not end in .py",
    "good.py:f --inputs nothing": "good.py has no 'nothing'",
    "bad_examples.py:only --inputs examples": "expected a tuple or a dictionary",
    "bad_examples.py:only --inputs broken": "broken() of bad_examples.py raised ZeroDivisionError",
    "good.py:f --output no/page.html": "there is no folder 'no'",
}


@pytest.mark.parametrize("words", BAD_WORDS)
def test_bad_words_are_explained_in_a_sentence(words, folder, capsys):
    """Exit status 1, one line, no traceback of ours, no page."""
    for name, text in SCRIPTS.items():
        (folder / name).write_text(text)
    assert main(["view", *words.split()]) == 1
    message = capsys.readouterr().err
    assert BAD_WORDS[words] in message and message.startswith("symdrop: ")
    assert "Traceback" not in message and not list(folder.glob("*.html"))


def test_what_a_class_makes_is_asked_for_by_an_expression(folder):
    """Most scripts compile inside of functions and classes."""
    (folder / "nested.py").write_text(
        "import symdrop as sd\nclass Network:\n"
        "    def __init__(self, n): self.functions = [sd.function([], n)]; self.train = self.functions[0]\n"
    )
    assert main(["view", "nested.py:Network(3).train"]) == 0 and (folder / "train.html").exists()
    assert main(["view", "nested.py:Network(n=4).functions[0]"]) == 0 and (folder / "functions.html").exists()


def test_the_only_function_need_not_be_named(folder):
    """A script with one function needs no more words."""
    (folder / "one.py").write_text(SCRIPTS["one.py"])
    assert main(["view", "one.py"]) == 0
    assert (folder / "only.html").exists()

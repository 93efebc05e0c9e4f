"""Functions of every kind, and their records."""

from __future__ import annotations

import json

import numpy as np

import symdrop as sd
import symdrop.tensor as T
from symdrop.viz.atlas import functions_of
from symdrop.viz.record import record

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

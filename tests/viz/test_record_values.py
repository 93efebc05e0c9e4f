"""Values in a record: those of the next call, gradients, masks of streams, and made-up inputs."""

from __future__ import annotations

import base64
import copy

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.ops.threefry import random_words
from tests.viz.records import check, loop, network, of, rng


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

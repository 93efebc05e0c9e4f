"""Compiling is linear: for twice the graph twice the work, counted in calls; no function of machine code is long."""

from __future__ import annotations

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends.native import machine, sequence
from symdrop.lower import pieces
from symdrop.lower import step as driver
from symdrop.lower.lane_maths import LaneMaths
from symdrop.lower.lanes import INDEX, Lanes

LONGEST = 120_000


@pytest.fixture
def texts(monkeypatch):
    """What LLVM is given, instead of compiling it."""
    given = []
    monkeypatch.setenv("SYMDROP_CACHE", "off")
    emit = machine._emit
    monkeypatch.setattr(machine, "_emit", lambda text, *others: (given.append(text), emit(text, *others))[1])
    return given


def functions(text):
    """The functions of a module, as text."""
    return [part.partition("\n}")[0] for part in text.split("\ndefine ")[1:]]


@pytest.mark.parametrize("most", [1, 3, 50])
def test_pieces_compute_the_same(most):
    """A straight line cut anywhere: what a later piece reads is in the frame, under the name it had."""
    lanes = Lanes(LaneMaths, 1)
    words = [lanes.make("word", type=INDEX, width=1, about=8 + i) for i in range(5)]
    total = words[0]
    for i in range(40):
        total = lanes.make(("add", "mul", "sub")[i % 3], total, words[i % 5])
        lanes.check(lanes.make("ne", total, words[1]), i + 1)
        lanes.effect("set_word", [total], INDEX, 20 + i)
    spare = iter(range(100, 400))
    made = pieces.pieces(lanes.body, lambda: next(spare), most)
    assert len(made) >= 100 // most and max(len(block.items) for block in made) <= 4 * most
    for block in made:
        known = set()
        for lane in block.items:
            assert all(source.op == "constant" or source.number in known for source in lane.inputs), lane.op
            known.add(lane.number)
    effects = [lane for block in made for lane in block.items if lane.op in ("check", "set_word")]
    assert [lane for lane in effects if lane.op == "check" or lane.about < 100] == [
        lane for lane in lanes.body.items if lane.op in ("check", "set_word")
    ]


def states(n, cost_too=True):
    """n states, each updated by itself."""
    ws = [sd.shared(np.full(3, 1 + i, "float32"), name=f"w{i}") for i in range(n)]
    updates = {w: w - 0.125 * w for w in ws}
    return {"inputs": [], "outputs": [ws[0].sum() * 1.0] if cost_too else [], "updates": updates}, ws


def test_no_function_is_long(texts):
    """Neither what prepares a step nor what runs it grows with the number of states: LLVM's time would, and faster."""
    options, ws = states(400)
    f = sd.function(options.pop("inputs"), options.pop("outputs"), **options, backend="native")
    f()
    assert max(len(function) for text in texts for function in functions(text)) < LONGEST
    for i, w in enumerate(ws):
        np.testing.assert_array_equal(w.get_value(), np.full(3, 1 + i, "float32") * np.float32(0.875))


def test_long_sequences_in_loops_and_branches(monkeypatch):
    """Parts of a sequence inside of loops, loops inside of parts, and a refusal between the parts."""
    monkeypatch.setattr(sequence, "_MOST", 2)
    monkeypatch.setattr(driver, "MOST", 7)
    monkeypatch.setenv("SYMDROP_CACHE", "off")
    x, index = T.fmatrix("x"), T.lvector("index")
    w = sd.shared(np.zeros(4, "float32"), name="w")

    def step(row, h):
        inner = sd.scan(lambda a, total: T.tanh(total @ T.eye(4, dtype="float32") + a), row, T.zeros_like(h))[0]
        a, b = inner[-1].sum(), (h * h).sum()
        chosen = sd.ifelse(T.gt(a, 0), T.cumsum(h @ T.eye(4, dtype="float32")), h * b)
        return T.tanh(h @ T.eye(4, dtype="float32") + row + chosen / (1 + b))

    rows = sd.scan(step, x, T.zeros((4,), dtype="float32"))[0]
    outputs = [rows, sd.grad(rows.sum(), x), rows[index].sum()]
    made = [
        sd.function([x, index], outputs, updates={w: w + rows.sum(0)}, backend=backend)
        for backend in ("native", "numpy")
    ]
    given = np.random.default_rng(1).normal(size=(5, 4)).astype("float32")
    for threads in (1, 2):
        with sd.config.change(threads=threads):
            results = []
            for f in made:
                w.set_value(np.zeros(4, "float32"))
                results.append([*f(given, [0, 3]), w.get_value()])
            for a, b in zip(*results, strict=True):
                np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-6)
            for f in made:
                before = w.get_value()
                with pytest.raises(IndexError):
                    f(given, [0, 9])
                np.testing.assert_array_equal(w.get_value(), before)

"""What fit does around the steps: means, validation, early stopping, callbacks, logs, the bar; and what it returns."""

import csv
import io
import json
import logging

import numpy as np
import pytest
from rich.console import Console

import symdrop as sd
import symdrop.tensor as T
from symdrop.errors import GraphTypeError
from symdrop.nn.training.states import states_of
from tests.helpers.processes import ROOT
from tests.nn.training.run import Net


class Counted:
    """A step that computes nothing: it returns the numbers 1, 2, 3, ... and its states are parameters."""

    def __init__(self):
        self.w, self.steps = sd.shared(0.0, name="w"), 0

    def __call__(self, batch):
        self.steps += 1
        self.w.set_value(float(self.steps))
        return float(self.steps)


def batches(count=4):
    """Batches of one row."""
    return sd.data.Batches(np.arange(float(count)), size=1, seed=0)


def given(values):
    """A function that returns one value after the other."""
    left = iter(values)
    return lambda: next(left)


def test_the_program_of_a_newcomer_is_short():
    """Data, a network with dropout, Adam, early stopping and checkpoints: 25 lines, with two imports further up."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (program,) = [part for part in readme.split("```python\n") if "sd.nn.fit(" in part.partition("```")[0]]
    lines = [line for line in program.partition("```")[0].splitlines() if line]
    assert len(lines) + 2 <= 25 and all(len(line) <= 120 for line in lines)
    for name in ("sd.data.", "Dropout", "adam", "patience=", "checkpoints="):
        assert name in program


def test_a_record_has_the_means_of_an_epoch():
    """The same as a loop by hand, float by float."""
    net, by_hand = Net(), Net()
    history = sd.nn.fit(net.train, net.batches(), epochs=2, validate=net.error, progress=False)
    losses = [[float(by_hand.train(*batch)) for batch in by_hand.batches().epoch(e)] for e in range(2)]
    assert history["loss"] == [sum(epoch) / 10 for epoch in losses]
    assert history["epoch"] == [1, 2] and history["step"] == [10, 20] and history.step == 20
    assert history["validation"][-1] == float(by_hand.error()) and all(s > 0 for s in history["seconds"])
    assert history.curves == {name: history[name] for name in ("epoch", "loss", "validation")}
    assert history.stopped == "epochs" and repr(history).startswith("<History: 2 epochs, 20 steps, loss ")
    for name, value in by_hand.states().items():
        np.testing.assert_array_equal(net.states()[name], value)
    with pytest.raises(sd.errors.ArgumentError, match=r"no 'lss'; it has 'epoch', 'step', 'loss', 'validation'"):
        history["lss"]


@pytest.mark.parametrize(("returns", "names"), [
    (lambda s: s, ["loss"]), (lambda s: [np.float32(s), 2 * s], ["loss", "output 1"]),
    (lambda s: {"cost": s, "error": np.array(2 * s)}, ["cost", "error"]),
])  # fmt: skip
def test_a_step_returns_a_loss_or_several_numbers(returns, names):
    step = Counted()
    history = sd.nn.fit(lambda batch: returns(step(batch)), batches(), epochs=1, progress=False)
    assert [name for name in history.records[0] if name in names] == names
    assert [history[name] for name in names] == [[2.5], [5.0]][: len(names)]


def test_patience_restores_the_best_parameters():
    """The least value is the second; two epochs later training ends, with what the second had reached."""
    step = Counted()
    history = sd.nn.fit(
        step, batches(), epochs=9, validate=given([3.0, 1.0, 1.0, 2.0]), patience=2, parameters=[step.w], progress=False
    )
    assert history.stopped == "patience" and history.best == 2 and history.score == 1.0
    assert step.steps == 16 and float(step.w.get_value()) == 8.0
    history = sd.nn.fit(step, batches(), epochs=2, validate=given([1.0, 2.0]), patience=2, parameters={"w": step.w})
    assert history.stopped == "epochs" and history.best == 1 and float(step.w.get_value()) == 20.0


def test_a_value_that_is_no_number_is_never_the_best(tmp_path):
    """NaN compares with nothing; and a checkpoint with it is never the one of the least score."""
    step = Counted()
    values = given([float("nan"), 2.0, float("nan"), 3.0])
    history = sd.nn.fit(
        step, batches(), epochs=4, validate=values, patience=9, parameters=step.w, checkpoints=tmp_path, progress=False
    )
    assert history.best == 2 and float(step.w.get_value()) == 8.0 and sd.io.Checkpoints(tmp_path).best() == 8


def test_without_patience_the_last_parameters_stay():
    step = Counted()
    history = sd.nn.fit(step, batches(), epochs=2, validate=given([{"e": 1.0, "f": 5}, {"e": 2.0, "f": 4}]))
    assert history.best == 1 and history["f"] == [5.0, 4.0] and float(step.w.get_value()) == 8.0


def test_only_what_is_named_is_restored():
    """The optimizer's means, and the stream, stay where they are."""
    net, other = Net(), Net()
    values = given([1.0, 2.0])
    sd.nn.fit(net.train, net.batches(), epochs=2, validate=values, patience=5, parameters=[net.W], progress=False)
    sd.nn.fit(other.train, other.batches(), epochs=1, progress=False)
    first = other.states()
    sd.nn.fit(other.train, after_one(other.batches()), epochs=1, progress=False)
    second, now = other.states(), net.states()
    for name, value in now.items():
        np.testing.assert_array_equal(value, first[name] if name == "W" else second[name])


class after_one:
    """Batches of which the first epoch is left out."""

    def __init__(self, batches):
        self.batches = batches

    def __len__(self):
        return len(self.batches)

    def epoch(self, number, start=0):
        return self.batches.epoch(number + 1, start)


def test_callbacks_see_the_history_and_may_stop_it():
    step, seen = Counted(), []

    def note(history):
        seen.append(history.records[-1]["loss"])
        history.records[-1]["rate"] = 0.5

    history = sd.nn.fit(
        step, batches(), epochs=9, callbacks=[lambda h: len(h.records) == 2, note], progress=False
    )  # fmt: skip
    assert history.stopped == "callback" and seen == history["loss"] == [2.5, 6.5] and history["rate"] == [0.5, 0.5]


@pytest.mark.parametrize("name", ["log.csv", "log.jsonl"])
def test_callbacks_may_add_what_a_function_returns(tmp_path, name):
    """Arrays of no axes and NumPy's numbers are numbers in the record, its log and a checkpoint; a text is a text."""

    def add(history):
        history.records[-1] |= {"a": np.array(0.5, "float32"), "b": np.int64(3), "c": np.float32(2), "d": "slow"}
        assert repr(history).endswith("b 3, c 2, d slow>")

    step = Counted()
    for epochs in (1, 2):
        history = sd.nn.fit(
            step, batches(), epochs=epochs, callbacks=[add], log=tmp_path / name, checkpoints=tmp_path / "run",
            parameters=[step.w],
        )  # fmt: skip
    assert [type(history["abcd"[i]][-1]) for i in range(4)] == [float, int, float, str]
    assert "a 0.5, b 3, c 2, d slow" in repr(history)
    rows = (tmp_path / name).read_text().splitlines()
    assert len(rows) == 2 + (name == "log.csv") and all("slow" in row for row in rows[-2:])
    with pytest.raises(GraphTypeError, match=r"a callback has put .* into the record, as 'e'; an entry is a number"):
        sd.nn.fit(Counted(), batches(), epochs=1, callbacks=[lambda h: h.records[-1].update(e=np.ones(2))])


def test_a_log_in_json_is_json(tmp_path):
    """A validation value that is not finite is null: most readers of JSON refuse NaN."""
    file = tmp_path / "log.jsonl"
    history = sd.nn.fit(
        Counted(), batches(), epochs=3, validate=given([np.nan, np.inf, 1]), log=file, progress=False
    )  # fmt: skip
    found = [json.loads(line, parse_constant=pytest.fail)["validation"] for line in file.read_text().splitlines()]
    assert found == [None, None, 1.0] and np.isnan(history["validation"][0])


def test_a_run_that_a_callback_stopped_stays_stopped(tmp_path):
    step = Counted()
    for _ in range(2):
        history = sd.nn.fit(
            step, batches(), epochs=3, parameters=[step.w], checkpoints=tmp_path, callbacks=[lambda h: True]
        )
        assert history.stopped == "callback" and step.steps == 4


@pytest.mark.parametrize("name", ["log.csv", "log.jsonl"])
def test_a_log_has_a_row_for_every_epoch(tmp_path, name):
    file, rows = tmp_path / name, []

    def look(history):
        rows.append(len(file.read_text().splitlines()))

    history = sd.nn.fit(
        Counted(), batches(), epochs=3, validate=given([1, 2, 3]), log=file, callbacks=[look], progress=False
    )
    text = file.read_text().splitlines()
    found = list(csv.DictReader(text)) if name.endswith("csv") else [json.loads(line) for line in text]
    assert [{k: float(v) for k, v in row.items()} for row in found] == history.records
    assert rows == ([0, 2, 3] if name.endswith("csv") else [0, 1, 2])


def test_the_bar_shows_rate_loss_and_the_time_left():
    """On a console that says it is a terminal; and no line is ever longer than it."""
    screen = Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None, legacy_windows=False)
    sd.nn.fit(Counted(), batches(), epochs=2, validate=given([1.0, 0.25]), progress=screen)
    text = screen.file.getvalue()
    for words in ("epoch 1/2", "loss 2.5, validation 1", "epoch 2/2", "validation 0.25", "steps/s", "━"):
        assert words in text, words
    assert text.count("\n") == 1


def test_nothing_is_printed_where_nobody_looks(capsys):
    """Neither a terminal nor a notebook: one line of logging for every epoch, and no bar."""
    sd.nn.fit(Counted(), batches(), epochs=1)
    assert capsys.readouterr() == ("", "")


def test_epochs_are_logged(caplog):
    with caplog.at_level(logging.INFO, "symdrop.nn.fit"):
        sd.nn.fit(Counted(), batches(), epochs=2, validate=given([1.0, 0.25]))
    assert [r.message for r in caplog.records] == [
        "epoch 1/2: loss 2.5, validation 1", "epoch 2/2: loss 6.5, validation 0.25",
    ]  # fmt: skip


def test_a_notebook_shows_one_text_that_changes(monkeypatch):
    """Without widgets: the place of the first picture is written over."""
    shown = []

    class Place:
        def update(self, data, raw):
            shown.append(data["text/plain"])

    def display(data, raw, display_id):
        shown.append(data["text/plain"])
        return Place()

    monkeypatch.setitem(__import__("sys").modules, "IPython.display", type("module", (), {"display": display}))
    sd.nn.fit(Counted(), batches(), epochs=2, progress=Console(file=io.StringIO(), force_jupyter=True))
    assert "epoch 2/2" in shown[-1] and "loss 6.5" in shown[-1] and "\n" not in shown[-1]


def test_evaluate_weighs_batches_by_their_examples():
    x = np.random.default_rng(0).normal(size=(10, 3))
    mean = sd.nn.evaluate(lambda rows: rows.mean(), sd.data.Batches(x, size=4, seed=1))
    np.testing.assert_allclose(mean, x.mean(), rtol=1e-12)


def test_states_are_what_a_step_changes_and_the_numbers_that_it_reads():
    """Two streams of one name are told apart; a matrix that is only read is data, and is not saved."""
    x, W = T.vector("x"), sd.shared(np.ones(3), name="W")
    data, rate = sd.shared(np.ones((5, 3)), name="data"), sd.shared(0.1, name="rate")
    noise = [sd.RandomStream(seed=seed).normal(size=(3,)) for seed in (1, 2)]
    loss = ((data @ (W + noise[0]) + T.sum(noise[1])) * x).sum() * rate
    train = sd.function([x], loss, updates={W: W - rate * sd.grad(loss, W)})
    names = ["W", "rate", "stream.key", "stream.key#2", "stream.step", "stream.step#2"]
    assert sorted(states_of(train, ())) == names

"""Runs that were stopped: by SIGKILL at any moment, by Ctrl-C, or at their end; they go on with the same bits."""

import csv
import logging
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import symdrop as sd
from tests.nn.training.run import Net

PROGRAM = Path(__file__).parent / "run.py"


def without_seconds(history):
    """The records but for the time that epochs took."""
    return [{name: value for name, value in record.items() if name != "seconds"} for record in history.records]


class Interrupted:
    """Batches among which Ctrl-C is pressed, before one of an epoch is given."""

    def __init__(self, batches, epoch, batch):
        self.batches, self.at = batches, (epoch, batch)

    def __len__(self):
        return len(self.batches)

    def epoch(self, number, start=0):
        for position, batch in enumerate(self.batches.epoch(number, start), start):
            if (number, position) == self.at:
                signal.raise_signal(signal.SIGINT)
            yield batch


@pytest.fixture(autouse=True)
def ctrl_c():
    """Ctrl-C as a program of its own has it, whatever runs the tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    """A run of four epochs that nobody stopped: its history, its states, and the best parameters at its end."""
    net = Net()
    history = net.fit(tmp_path_factory.mktemp("straight") / "run", 4)
    return history, net.states()


def wait_for_progress(folder, seconds):
    """Wait until a run has written a checkpoint, so that it is killed while it trains and not while it compiles."""
    before, end = sorted(folder.glob("step*")), time.monotonic() + seconds
    while time.monotonic() < end and sorted(folder.glob("step*")) == before:
        time.sleep(0.002)


@pytest.mark.parametrize(("epochs", "kills"), [(12, 3), pytest.param(150, 50, marks=pytest.mark.slow)])
def test_a_run_that_is_killed_goes_on_bit_by_bit(tmp_path, epochs, kills):
    """In mid-epoch, while a checkpoint or the log is written, while it validates, before the first step."""
    whole = Net()
    expected = whole.fit(tmp_path / "whole", epochs)
    rng, command = random.Random(epochs), [sys.executable, str(PROGRAM), str(tmp_path / "killed"), str(epochs)]
    killed = 0
    while killed < kills:
        process = subprocess.Popen(command)
        wait_for_progress(tmp_path / "killed", rng.uniform(0.3, 3))
        time.sleep(rng.uniform(0, 0.05))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        assert process.wait() in (0, -signal.SIGKILL)
    again = Net()
    history = again.fit(tmp_path / "killed", epochs)
    assert without_seconds(history) == without_seconds(expected) and history.best == expected.best
    for name, value in whole.states().items():
        np.testing.assert_array_equal(again.states()[name], value)
    rows = [*csv.DictReader((tmp_path / "killed.csv").read_text().splitlines())]
    assert [int(row["epoch"]) for row in rows] == list(range(1, epochs + 1))


@pytest.mark.parametrize("place", [(0, 0), (1, 4), (2, 9)])
def test_ctrl_c_ends_between_two_steps_and_says_how_to_go_on(tmp_path, straight, caplog, place):
    """The first, a middle and the last batch of an epoch: the step is finished, saved, and the run goes on from it."""
    net = Net()
    history = net.fit(tmp_path / "run", 4, Interrupted(net.batches(), *place))
    assert history.stopped == "interrupt" and history.step == 10 * place[0] + place[1] + 1
    (message,) = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    where = f"step {history.step} (epoch {place[0] + 1}, batch {place[1] + 1})"
    assert where in message and "start the same program again" in message and str(tmp_path / "run") in message
    again = Net()
    history = again.fit(tmp_path / "run", 4)
    expected, states = straight
    assert without_seconds(history) == without_seconds(expected) and history.stopped == "epochs"
    for name, value in states.items():
        np.testing.assert_array_equal(again.states()[name], value)


def test_ctrl_c_without_checkpoints_says_that_nothing_is_saved(caplog):
    net = Net()
    history = net.fit(None, 2, Interrupted(net.batches(), 0, 2), checkpoints=None, save_every=None, log=None)
    assert history.stopped == "interrupt" and "nothing was saved" in caplog.text
    assert history.records == [] and history.step == 3


def test_ctrl_c_while_the_epoch_is_judged_ends_behind_it(tmp_path):
    net = Net()

    def validate():
        signal.raise_signal(signal.SIGINT)
        return net.error()

    history = sd.nn.fit(net.train, net.batches(), epochs=3, validate=validate, checkpoints=tmp_path, progress=False)
    assert history.stopped == "interrupt" and [record["epoch"] for record in history.records] == [1]
    assert sd.io.Checkpoints(tmp_path).steps() == [10]


def test_a_second_ctrl_c_is_not_waited_for(tmp_path):
    """Whoever presses twice does not want to wait for the end of a long validation."""
    net = Net()

    def validate():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        sd.nn.fit(net.train, net.batches(), epochs=3, validate=validate, progress=False)


def test_a_handler_of_the_program_stays():
    """A program that has its own idea of Ctrl-C keeps it."""
    pressed = []
    signal.signal(signal.SIGINT, lambda *_: pressed.append(1))
    net = Net()
    history = sd.nn.fit(net.train, Interrupted(net.batches(), 0, 1), epochs=1, progress=False)
    assert pressed == [1] and history.stopped == "epochs"
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_more_epochs_go_on_where_the_run_ended(tmp_path, straight):
    """At its end the best parameters are restored in memory; a longer run goes on from the last ones."""
    short, again = Net(), Net()
    assert short.fit(tmp_path / "run", 2).stopped == "epochs"
    history = again.fit(tmp_path / "run", 4)
    expected, states = straight
    assert without_seconds(history) == without_seconds(expected)
    for name, value in states.items():
        np.testing.assert_array_equal(again.states()[name], value)
    done = Net()
    assert without_seconds(done.fit(tmp_path / "run", 4)) == without_seconds(expected)
    np.testing.assert_array_equal(done.states()["W"], states["W"])


def test_a_stream_without_a_seed_goes_on_too(tmp_path):
    """Its key comes from the operating system, and is among what is saved."""
    first, again = Net(seed=None), Net(seed=None)
    first.fit(tmp_path / "run", 1)
    again.fit(tmp_path / "run", 1)
    assert again.stream.get_state()["seed"] == first.stream.get_state()["seed"]

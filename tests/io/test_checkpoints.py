"""Checkpoints: a run that is killed at any moment goes on with the bits of one that was not."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import symdrop as sd
from symdrop.errors import ArgumentError, DataError, GraphTypeError
from tests.io.run import run

PROGRAM = Path(__file__).parent / "run.py"


def killed_again_and_again(folder, steps, kills, seed):
    """Start the program, kill it after a random time, until it was killed so often; then let it come to its end."""
    rng = random.Random(seed)
    command = [sys.executable, str(PROGRAM), str(folder), str(steps)]
    done = 0
    while done < kills:
        process = subprocess.Popen(command)
        time.sleep(rng.uniform(0.2, 1.5))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            done += 1
        assert process.wait() in (0, -signal.SIGKILL)
    assert subprocess.run(command, check=False).returncode == 0


@pytest.mark.parametrize(("steps", "kills"), [(30, 3), pytest.param(400, 50, marks=pytest.mark.slow)])
def test_a_run_that_is_killed_goes_on_bit_by_bit(tmp_path, steps, kills):
    """In the middle of epochs, while a file is written, before the first one."""
    expected = run(str(tmp_path / "whole"), steps)
    killed_again_and_again(tmp_path / "killed", steps, kills, seed=steps)
    last = sorted((tmp_path / "killed").iterdir())[-1]
    arrays, _ = sd.io.read(last)
    assert last.name == f"step-{steps:09}.safetensors" and set(arrays) == set(expected)
    for name, value in expected.items():
        np.testing.assert_array_equal(arrays[name], value)
    assert len(list((tmp_path / "killed").iterdir())) == 2


def test_the_last_ones_and_the_best_stay(tmp_path):
    W = sd.shared(np.zeros(2), name="W")
    checkpoints = sd.io.Checkpoints(tmp_path / "run", keep=2)
    assert checkpoints.resume([W]) is None and checkpoints.best() is None
    for step, score in enumerate([3.0, 1.0, 2.0, 2.5, None], 1):
        W.set_value([step, score or 0])
        checkpoints.save(step, [W], score=score)
    assert checkpoints.steps() == [2, 4, 5] and checkpoints.best() == 2
    assert checkpoints.resume([W], step=2) == (2, {}) and W.get_value().tolist() == [2.0, 1.0]
    assert "2, 4, 5" in repr(checkpoints)


def test_what_does_not_fit_changes_nothing(tmp_path):
    """Neither states nor streams."""
    W, stream = sd.shared(np.zeros(2), name="W"), sd.RandomStream(seed=1)
    draw = sd.function([], stream.uniform(size=(2,)))
    checkpoints = sd.io.Checkpoints(tmp_path)
    checkpoints.save(1, [W], [stream])
    draw()
    before = stream.get_state()
    other = sd.shared(np.zeros(3), name="W")
    for states, streams in (([other], [stream]), ([W], []), ([W, sd.shared(1.0, name="v")], [stream])):
        with pytest.raises(DataError):
            checkpoints.resume(states, streams)
        assert stream.get_state() == before
    sd.io.save(tmp_path / "step-000000002.safetensors", [W])
    with pytest.raises(DataError, match="is no checkpoint"):
        checkpoints.resume([W], [stream])
    for wrong, error in (
        (lambda: sd.io.Checkpoints(tmp_path, keep=0), ArgumentError),
        (lambda: checkpoints.save(-1, [W]), GraphTypeError),
        (lambda: checkpoints.save(1, [W], info={"x": W}), GraphTypeError),
    ):  # fmt: skip
        with pytest.raises(error, match="Checkpoints"):
            wrong()


def test_a_damaged_checkpoint_says_which_one_is_left(tmp_path):
    """A disk may spoil what was whole once; a run goes on from the one before when the file is away."""
    run, W = sd.io.Checkpoints(tmp_path), sd.shared(np.zeros(3), name="W")
    run.save(5, [W])
    W.set_value(np.ones(3))
    for size in (5, 100):
        file = run.save(7, [W])
        file.write_bytes(file.read_bytes()[:size])
        with pytest.raises(DataError, match="damaged") as caught:
            run.resume([W])
        assert caught.value.__notes__ == ["without this file a run goes on from the checkpoint before, of step 5"]
    file.unlink()
    assert run.resume([W])[0] == 5 and not W.get_value().any()


def test_what_was_just_saved_stays_and_no_number_is_no_score(tmp_path):
    """After going back, a step is not among the last; NaN compares with nothing, and once took the best one's place."""
    W = sd.shared(np.zeros(2), name="W")
    run = sd.io.Checkpoints(tmp_path / "back", keep=2)
    for step in (100, 200, 300, 150):
        assert run.save(step, [W]).exists()
    run = sd.io.Checkpoints(tmp_path / "scores", keep=1)
    for step, score in ((1, float("nan")), (2, np.float32(0.1)), (3, 0.9)):
        run.save(step, [W], score=score, info={"loss": np.float32(0.5)})
    assert (run.steps(), run.best()) == ([2, 3], 2)
    with pytest.raises(GraphTypeError, match="JSON"):
        run.save(4, [W], score="small")


def test_files_have_the_modes_of_others_and_links_stay_links(tmp_path):
    """A model is read by others, as far as the user's mask lets them."""
    plain, real, link = tmp_path / "plain", tmp_path / "real", tmp_path / "link"
    plain.write_text("")
    sd.io.save(real, {"W": np.zeros(2)})
    assert real.stat().st_mode == plain.stat().st_mode
    link.symlink_to(real)
    sd.io.save(link, {"V": np.ones(2)})
    assert link.is_symlink() and [*sd.io.read(real)[0]] == ["V"]


def test_integers_of_numpy_are_integers(tmp_path):
    """Steps are often counted by NumPy."""
    run, W = sd.io.Checkpoints(tmp_path, keep=np.int64(2)), sd.shared(np.zeros(2), name="W")
    for step in np.arange(3):
        run.save(step, [W], info={"epoch": step}, score=np.float32(step))
    assert run.steps() == [0, 1, 2] and run.best() == 0
    assert run.resume([W], step=np.int32(1)) == (1, {"epoch": 1})


def test_other_settings_and_versions_are_told(tmp_path, monkeypatch):
    """Under another floatX a run goes on with other bits; its states may not even fit, and that is why."""
    run, W = sd.io.Checkpoints(tmp_path), sd.shared(np.zeros(2, "float32"), name="W")
    file = run.save(1, [W])
    assert json.loads(sd.io.read(file)[1]["config"])["floatX"] == "float32"
    assert run.resume([W]) == (1, {})
    other = sd.shared(np.zeros(2), name="W")
    with sd.config.change(floatX="float64"):
        with pytest.warns(RuntimeWarning, match=r"written with floatX='float32', now 'float64'; the bits"):
            run.resume([W])
        with pytest.raises(DataError, match=r"W \(float32\[2\] for float64\[2\]\)") as caught:
            run.resume([other])
    assert "floatX='float32', now 'float64'" in caught.value.__notes__[0]
    monkeypatch.setattr("symdrop.io.checkpoints.VERSION", "9.0")
    with pytest.warns(RuntimeWarning, match=rf"symdrop {sd.__version__}, now it is 9\.0"):
        run.resume([W])
    monkeypatch.undo()
    for config in ('{"floatX"', "[]"):
        sd.io.save(file, [W], {"info": "{}", "streams": "[]", "config": config})
        with pytest.warns(RuntimeWarning, match="settings that nobody can read"):
            run.resume([W])
    sd.io.save(file, [W], {"info": "{}", "streams": "[]"})
    assert run.resume([W]) == (1, {})

"""Contest processes: how they start and fail, who else computes, and what becomes of a peer that does not answer."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from unittest.mock import Mock

import pytest

import symdrop as sd
from symdrop.bench import fresh, neighbours, process, race
from symdrop.bench.command import measure
from symdrop.bench.contest import WORKS
from symdrop.bench.process import ContestError, Process, has_library, interpreter_for, thread_counts
from symdrop.bench.race import QUICK, Result, run_race
from symdrop.bench.report import as_json, left_out
from symdrop.bench.targets import (
    race_rows,
)

OWN = dict.fromkeys(("symdrop", "numpy", "copy"), sys.executable)


def silent(line):
    """Nobody wants to know what is going on."""


def test_caches_of_all_libraries_lie_in_the_folder():
    """A cache that was left out would make a first compile look warm."""
    folders = [value for name, value in fresh.caching_in("/somewhere").items() if name.endswith(("_CACHE", "_DIR"))]
    assert len(folders) == 4 and all(Path(folder).is_relative_to("/somewhere") for folder in folders)


@pytest.mark.skipif(os.name == "nt", reason="the broken interpreter is a shell script")
def test_a_peer_that_fails_is_a_remark_and_symdrop_failing_an_error(tmp_path):
    """Somebody else's broken installation costs a row; ours costs the run."""
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'cannot: no such luck' >&2\nexit 1\n", encoding="utf-8")
    broken.chmod(0o755)
    result = run_race(WORKS["TINY"], {**OWN, "jax": str(broken)}, QUICK, silent)
    assert "no such luck" in result.failed["jax"]
    row = next(row for row in race_rows(WORKS["TINY"], result) if row.against == "jax")
    assert row.ratio is None and row.reached is None and "no such luck" in row.note
    with pytest.raises(ContestError, match="no such luck"):
        run_race(WORKS["TINY"], {**OWN, "symdrop": str(broken)}, QUICK, silent)


def test_a_process_that_ends_early_tells_why():
    """Its error is the reason, or the last line of what it said; what it was told to do is no part of that."""
    with pytest.raises(ContestError, match="race TINY nobody: KeyError: 'nobody'") as raised:
        Process(sys.executable, ["race", "TINY", "nobody"]).answer()
    assert raised.value.reason == "KeyError: 'nobody'"
    with pytest.raises(ContestError, match=r"race NOTHING numpy: .*invalid choice"):
        Process(sys.executable, ["race", "NOTHING", "numpy"])


def test_a_process_that_does_not_answer_is_ended(monkeypatch):
    """Compiling that does not come to an end costs a row, and the remark says that it took too long."""
    monkeypatch.setattr(process, "LIMIT", 0.01)
    with pytest.raises(ContestError, match=r"no answer in 0\.01 s"):
        Process(sys.executable, ["race", "TINY", "numpy"])


def test_contestants_have_as_many_threads_as_symdrop():
    """By the variables that OpenMP, the BLAS of NumPy and jax read; else a ratio would say who has more of them."""
    with sd.config.change(threads=3):
        assert set(thread_counts().values()) == {"3"}
    assert {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NPROC"} <= set(thread_counts())


needs_torch = pytest.mark.skipif(not has_library(sys.executable, "torch"), reason="torch is not installed")


@needs_torch
def test_torch_compile_without_a_compiler_is_left_out_in_one_line(tmp_path, monkeypatch):
    """torch.compile needs a C++ compiler; where there is none the others are measured, and a remark says why not it."""
    monkeypatch.setenv("CXX", str(tmp_path / "no-compiler"))
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    result = run_race(WORKS["MATVEC"], {**OWN, "torch.compile": sys.executable}, QUICK, silent)
    assert list(result.failed) == ["torch.compile"] and ("numpy", False) in result.seconds
    (sentence,) = left_out(list(race_rows(WORKS["MATVEC"], result)))
    assert sentence.startswith("torch.compile is left out of MATVEC: ") and "C++ compiler" in sentence
    assert "\n" not in sentence


def test_disturbed_rounds_are_run_again_and_owned_up_to(monkeypatch):
    """Others at work make a round worthless; if they never stop, the table says so."""
    busy = iter([0.9, 0.0] * 3 + [0.0] * 4 + [0.9] * 100)
    monkeypatch.setattr(race, "observed_turn", lambda process, beside: (process.run(), next(busy)))
    plan = QUICK._replace(rounds=3, small=False)
    runners = {("symdrop", True): Instant(), ("numpy", True): Instant()}
    kept, disturbed = race._rounds(WORKS["TINY"], runners, plan, silent)
    assert len(kept) == 2 and len(disturbed) == 7

    result = Result({("symdrop", True): [1.0] * 3, ("numpy", True): [1.0] * 3}, {}, {}, {}, 9, 1)
    written = json.loads(as_json([], {"TINY": result}, {}, {}))
    assert written["disturbed_rounds"] == {"TINY": 1}


@pytest.mark.skipif(neighbours.busy_seconds() is None, reason="this system does not count busy seconds")
def test_busy_processes_are_there_on_purpose(monkeypatch):
    """They compute while the block runs, are gone behind it, and what they use is no disturbance."""
    with neighbours.busy_processes(2) as numbers:
        looks = iter(range(10_000))
        while neighbours.seconds_of(numbers) < 0.1:
            assert next(looks, None) is not None, "they do nothing"
            time.sleep(0.01)
    assert neighbours.seconds_of(numbers) == 0
    used = {(): 0.0, (1, 2): 9.0}
    for beside, seconds in used.items():
        monkeypatch.setattr(neighbours, "busy_seconds", iter([0.0, 9.0]).__next__)
        monkeypatch.setattr(neighbours, "seconds_of", Mock(side_effect=[0.0, seconds]))
        assert (neighbours.observed_turn(Instant(), beside)[1] == 0) == bool(beside)


def test_a_race_beside_busy_processes_has_rows_of_its_own():
    """The same work once in quiet and once beside a busy process; promises are made for quiet machines."""
    rows, results = measure(("TINY",), {"symdrop": sys.executable, "numpy": sys.executable}, QUICK, silent, (0, 1))
    assert list(results) == ["TINY", "TINY, beside 1 busy"]
    (quiet,), (busy,) = ([row for row in rows if row.work == name and row.against == "numpy"] for name in results)
    assert quiet.target is not None and busy.target is None and busy.ratio > 0


def test_a_peer_that_fails_in_its_first_turn_is_left_out():
    """As one that never starts: its other lines go too, and the race goes on; but not without symdrop."""

    class Ending(Instant):
        closed = False

        def run(self):
            raise ContestError("no memory")

        def close(self):
            Ending.closed = True

    idle = Mock()
    runners, failed = {("symdrop", True): Instant(), ("jax", True): Ending(), ("jax", False): idle}, {}
    race._first_turns(runners, failed)
    assert list(runners) == [("symdrop", True)] and failed == {"jax": "no memory"}
    assert Ending.closed and idle.close.called
    with pytest.raises(ContestError, match="no memory"):
        race._first_turns({("symdrop", True): Ending()}, {})


class Instant:
    """A contestant that takes no time."""

    def run(self):
        return {"seconds": 1.0, "used": 0.0}


@pytest.mark.skipif(neighbours.busy_seconds() is None, reason="this system does not count busy seconds")
def test_own_work_is_no_disturbance():
    """What the contestant itself computes is taken away; the rest never exceeds the processors there are."""
    with Process(sys.executable, ["race", "TINY", "numpy", "--least", "0.05"]) as process:
        process.answer()
        process.run()
        answer, others = neighbours.observed_turn(process)
    assert answer["used"] > 0 and 0 <= others <= os.cpu_count() + 0.5


def test_peers_are_looked_for_where_asked_first():
    """An interpreter named for peers goes before this one; a library nobody has is nowhere."""
    assert interpreter_for("numpy", None) == sys.executable
    assert interpreter_for("no_such_library_at_all", None) is None

"""The benchmark command: that it runs and what it refuses. How fast anything is, no test says: machines differ."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest

import symdrop as sd
from symdrop.__main__ import build_parser, main
from symdrop.bench import fresh, neighbours, race, shapes
from symdrop.bench.command import measure
from symdrop.bench.contest import LIBRARY, WORKS, gru, lenet, transformer, worker
from symdrop.bench.contest.mlp import SMALL, P
from symdrop.bench.process import ContestError, Process, has_library, interpreter_for
from symdrop.bench.race import QUICK, Result, check, run_race
from symdrop.bench.report import as_json, results_table
from symdrop.bench.shapes import SHAPES, shape_times
from symdrop.bench.targets import (
    AT_MOST,
    CACHE,
    FULL_CODE,
    NO_CACHE,
    SECONDS,
    Row,
    beside_rows,
    compile_rows,
    epoch_rows,
    import_rows,
    race_rows,
    shape_rows,
    step_rows,
)
from symdrop.tensor.loops import loop_around
from tests.helpers.processes import inherited

OWN = dict.fromkeys(("symdrop", "numpy", "copy"), sys.executable)


def silent(line):
    """Nobody wants to know what is going on."""


@pytest.mark.slow
def test_command_prints_the_table_and_writes_json(tmp_path):
    """One command does it all, in a process as a user would start it."""
    file = tmp_path / "bench.json"
    finished = subprocess.run(
        [sys.executable, "-m", "symdrop", "bench", "--quick", "--only", "TINY", "--json", str(file)],
        env=inherited(),
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert finished.returncode == 0, finished.stderr
    heading = next(line.split() for line in finished.stdout.splitlines() if "against" in line)
    assert heading == "work against ratio at most reached symdrop here other here".split()
    row = next(line.split() for line in finished.stdout.splitlines() if line.split()[:1] == ["TINY"])
    assert row[1:4] == ["NumPy", "by", "hand"] and float(row[4]) > 0 and row[5] == "0.04"

    written = json.loads(file.read_text(encoding="utf-8"))
    by_numpy = next(row for row in written["rows"] if row["against"] == "numpy")
    assert by_numpy["target"] == 0.04 and by_numpy["reached"] == (by_numpy["ratio"] <= 0.04)
    assert len(written["seconds_per_step"]["TINY"]["symdrop with dropout"]) == QUICK.rounds
    assert written["settings"]["small"] is True


@pytest.mark.parametrize("name", WORKS)
def test_works_agree_with_numpy(name):
    """Every work, small, with dropout and without; the check is that of the race."""
    work, compared = WORKS[name], {}
    for entry in ("numpy", "symdrop"):
        for dropping in (False, True) if work.drops else (False,):
            contestant = work.entries[entry](dropping, True)()
            compared[entry, dropping] = np.array(worker.steps_to_compare(contestant, work.steps))
    assert len(compared) == 2 * (1 + work.drops)
    check(work, compared)


@pytest.mark.parametrize("name", ["LENET", "TRANSFORMER", "CONV-DEPTHWISE-GRADIENT", "CONV-3X3", "MATVEC", "BATCHED"])
def test_peers_agree_with_numpy(name):
    """As the race checks it, for the libraries that are installed; without dropout, where all compute the same."""
    work = WORKS[name]
    peers = [
        entry
        for entry in work.entries.keys() & LIBRARY.keys() - {"symdrop"}
        if has_library(sys.executable, LIBRARY[entry])
    ]
    if not peers:
        pytest.skip("no peer is installed")
    compared = {
        (entry, False): np.array(worker.steps_to_compare(work.entries[entry](False, True)(), 2))
        for entry in ("numpy", *peers)
    }
    check(work, compared)


@pytest.mark.parametrize("name", ["MASK", "SCAN"])
def test_works_race(name):
    """A work of dropout and one without, each library in a process of its own: every line is timed."""
    work = WORKS[name]
    result = run_race(work, OWN, QUICK, silent)
    lines = {(entry, dropping) for entry in work.entries if entry in OWN for dropping in {work.drops, not work.plain}}
    assert set(result.seconds) == lines
    rows = {(row.work, row.against): row for row in race_rows(work, result)}
    promised = {key for key in AT_MOST if key[0].startswith(name)}
    assert promised <= set(rows)
    assert all(rows[key].target == AT_MOST[key] for key in promised)


def test_every_promise_has_a_work():
    """A target under a misspelt name would never be shown."""
    seconds = {
        (name, dropping): [1.0, 2.0] for work in WORKS.values() for name in work.entries for dropping in (True, False)
    }
    rows = []
    for work in WORKS.values():
        lines = {line: s for line, s in seconds.items() if (line[1] and work.drops) or (not line[1] and work.plain)}
        rows += race_rows(work, Result(lines, {}, {}, {}, 2, 0))
    assert {(row.work, row.against) for row in rows if row.target is not None} == set(AT_MOST)
    assert all(row.ratio == 1.0 for row in rows)


def test_ratio_is_the_median_over_rounds():
    """Drift of the machine between rounds must cancel, so times of different rounds are never divided."""
    ours, theirs = ("symdrop", True), ("numpy", True)
    result = Result({ours: [1.0, 4.0, 9.0], theirs: [10.0, 20.0, 90.0]}, {}, {}, {}, 3, 0)
    assert result.ratio(ours, theirs) == pytest.approx(0.1)
    assert result.median(ours) == 4.0


def test_compiling_and_importing_are_timed_in_fresh_processes():
    """Both by processes of their own; the promises are lengths of time, and the rows ratios to them."""
    interpreters = {"symdrop": sys.executable}
    times, failed = fresh.compile_times("MLP", interpreters, QUICK, silent)
    assert not failed and len(times["symdrop"].cold) == len(times["symdrop"].warm) == QUICK.repeats
    assert all(full >= first for first, full in zip(times["symdrop"].cold, times["symdrop"].settled, strict=True))
    rows = [*compile_rows("MLP", times, failed), *import_rows(fresh.import_times(interpreters, QUICK, silent))]
    assert [row.work for row in rows] == list(SECONDS)
    for row in rows:
        assert row.ratio == pytest.approx(row.ours / SECONDS[row.work]) and row.target == 1


def test_full_code_is_compared_with_the_first_result_of_peers():
    """jax makes its best code before the first call, so full code made behind the program stands beside that."""
    times = {
        "symdrop": fresh.Compiling([1.0], [2.0], [3.0], [0.0]),
        "jax": fresh.Compiling([10.0], [40.0], [10.5], [0.0]),
    }
    ratios = {row.work: (row.ratio, row.target) for row in compile_rows("MLP", times, {}) if row.against == "jax"}
    assert ratios == {
        NO_CACHE.format("MLP"): (0.1, 0.15),
        FULL_CODE.format("MLP"): (0.3, 0.4),
        CACHE.format("MLP"): (0.05, 0.15),
    }


def test_the_first_epoch_compiles_once():
    """The contestant itself counts its programs, and fails if there are two."""
    times, failed = fresh.epoch_times({"symdrop": sys.executable}, QUICK, silent)
    assert not failed and len(times["symdrop"]) == QUICK.repeats
    rows = list(epoch_rows(times, failed))
    assert [(row.against, row.ratio, row.note) for row in rows] == [
        (name, None, "not installed") for name in ("jax", "torch")
    ]
    row, missing = epoch_rows({"symdrop": [1.0, 3.0], "jax": [8.0]}, {"torch": "no"})
    assert row.ratio == 0.25 and missing.note == "no"


def test_a_loop_is_measured_by_its_steps():
    """The promise is a time for each of them."""
    result = Result({("symdrop", False): [30e-6, 15e-6]}, {}, {}, {}, 2, 0)
    (row,) = step_rows(WORKS["SCAN"], result, 1000)
    assert row.ratio == pytest.approx(0.75) and row.target == 1
    assert not list(step_rows(WORKS["SCAN-GRADIENT"], result, 1000))


def test_caches_of_all_libraries_lie_in_the_folder():
    """A cache that was left out would make a first compile look warm."""
    folders = [value for name, value in fresh.caching_in("/somewhere").items() if name.endswith(("_CACHE", "_DIR"))]
    assert len(folders) == 4 and all(Path(folder).is_relative_to("/somewhere") for folder in folders)


N, LENGTH, WIDTH, HEADS = transformer.SMALL
DRAWS = {
    "TINY": [(0.2, (4, 4))],
    "LENET": [(lenet.P, (lenet.SMALL.batch, lenet.SMALL.units))],
    "TRANSFORMER": [(transformer.P, shape) for shape in ((N, HEADS, LENGTH, LENGTH), *2 * [(N, LENGTH, WIDTH)])],
    "MLP": [(p, (SMALL.batch, units)) for p, units in zip(P, SMALL.layers, strict=False)],
    "MASK": [(0.5, (256, 256))],
}


def masks_in_order(name):
    """Steps of draws, as masks, in the order in which the yardstick asks for them."""
    work, stream = WORKS[name], sd.RandomStream(seed=3)
    if name in DRAWS:
        draws = [stream.bernoulli(p=p, size=shape) for p, shape in DRAWS[name]]
        return (stream.replay(draw, step=step) for step in range(work.steps) for draw in draws)
    with loop_around():
        draws = [stream.bernoulli(p=0.5, size=(8, 24)) for _ in range(2)]
    return (
        stream.replay(draw, step=step, loop_index=(word,))
        for step in range(work.steps) for word in range(gru.SMALL.words) for draw in draws
    )  # fmt: skip


@pytest.mark.parametrize("name", [*DRAWS, "GRU"])
def test_numpy_by_hand_is_right_with_dropout_too(name, monkeypatch):
    """Handed the masks of the graph, the yardstick computes the same values as the graph, step for step."""
    work, masks, make = WORKS[name], masks_in_order(name), np.random.default_rng
    # The generator of the masks has seed 5, that of the data another.
    monkeypatch.setattr(np.random, "default_rng", lambda seed: Replayed(masks) if seed == 5 else make(seed))
    ours, by_hand = (
        np.array(worker.steps_to_compare(work.entries[entry](True, True)(), work.steps))
        for entry in ("symdrop", "numpy")
    )
    np.testing.assert_allclose(ours, by_hand, rtol=work.tolerance)


class Replayed:
    """A generator whose numbers lie below every p exactly where something is to be dropped."""

    def __init__(self, masks):
        self.masks = masks

    def random(self, dtype="float64", out=None):
        out[...] = np.where(next(self.masks), 0, 0.999)
        return out


def test_check_refuses_other_values_and_dropout_that_drops_nothing():
    """A fast library that computes something else wins nothing."""
    tiny = WORKS["TINY"]
    plain, dropped = np.array([[0.5], [0.4]]), np.array([[0.55], [0.38]])
    right = {("numpy", False): plain, ("numpy", True): dropped}
    check(tiny, right | {("jax", False): plain * (1 + 1e-12), ("jax", True): dropped[::-1]})
    with pytest.raises(ContestError, match=r"jax computes .* at step 0 without dropout"):
        check(tiny, right | {("jax", False): plain * 1.001})
    with pytest.raises(ContestError, match="jax drops nothing"):
        check(tiny, right | {("jax", False): plain, ("jax", True): plain})
    with pytest.raises(ContestError, match="with dropout, on average"):
        check(tiny, right | {("jax", False): plain, ("jax", True): dropped * 2})


def test_nan_is_no_agreement():
    """A step that has gone wrong must not be called fast."""
    plain = np.array([[0.5]])
    with pytest.raises(ContestError):
        check(WORKS["TINY"], {("numpy", False): plain, ("symdrop", False): plain * np.nan})


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
    """The last line of what it said is the reason."""
    with pytest.raises(ContestError, match="KeyError"):
        Process(sys.executable, ["race", "TINY", "nobody"]).answer()


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


def test_beside_one_busy_process_the_ratio_to_peers_may_be_a_quarter_larger():
    """NumPy on one thread is no measure of that, and of two busy processes nothing is promised."""
    quiet = [Row("MLP", "jax", 0.4, 0.62), Row("MLP", "numpy", 0.5), Row("MLP", "torch", None)]
    busy = [row._replace(ratio=0.45, target=0.62) for row in quiet]
    found = [row.target for row in beside_rows(busy, 1, quiet)]
    assert found == [pytest.approx(0.5), None, None]
    assert {row.target for row in (*beside_rows(busy, 2, quiet), *beside_rows(busy, 1))} == {None}


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


def test_row_is_reached_up_to_its_target():
    """At most means at most."""
    assert Row("w", "a", 0.9, 0.9).reached is True
    assert Row("w", "a", 0.91, 0.9).reached is False
    assert Row("w", "a", 0.9).reached is None
    assert results_table([Row("w", "a", None, 0.9, note="not installed")], quick=False).row_count == 1


@pytest.mark.parametrize("words", [["--only", "TINY,HUGE"], ["--rounds", "0"], ["--rounds", "many"]])
def test_bad_options_are_refused(words, capsys):
    """With a sentence about what would be right."""
    with pytest.raises(SystemExit):
        build_parser().parse_args(["bench", *words])
    assert "expected" in capsys.readouterr().err


def test_an_interpreter_that_is_none_is_named(capsys):
    """The mistake is in a path; the message shows the path."""
    assert main(["bench", "--quick", "--only", "TINY", "--peers-python", "/no/such/python"]) == 1
    assert "'/no/such/python' cannot be run" in capsys.readouterr().err


def test_json_into_nowhere_is_refused_before_measuring(capsys, tmp_path):
    """Minutes of measuring must not end in a missing folder."""
    assert main(["bench", "--json", str(tmp_path / "missing" / "file.json")]) == 1
    assert "expected a file in a folder that exists" in capsys.readouterr().err


def test_peers_are_looked_for_where_asked_first():
    """An interpreter named for peers goes before this one; a library nobody has is nowhere."""
    assert interpreter_for("numpy", None) == sys.executable
    assert interpreter_for("no_such_library_at_all", None) is None


def test_products_of_thirty_shapes():
    """Each shape is compared with NumPy's BLAS, with one thread and with two; then the ratio that most keep to."""
    rows = list(shape_rows(shape_times(QUICK, silent)))
    assert len(SHAPES) == 30 and len(rows) == 62
    assert all(row.target is not None and row.ratio is not None and row.ratio > 0 for row in rows)
    one = [row.ratio for row in rows[:30]]
    assert rows[60].ratio in one and sum(ratio <= rows[60].ratio for ratio in one) >= 23


def test_a_wrong_product_ends_the_table(monkeypatch):
    """Nothing is timed where values differ."""
    monkeypatch.setattr(shapes, "_product", lambda shape: lambda a, b: np.matmul(a, b) + 1)
    with pytest.raises(ContestError, match="square 512, float32: symdrop's product differs from NumPy's by 1"):
        shape_times(QUICK, silent, SHAPES[:1])

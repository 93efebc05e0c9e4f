"""The benchmark command: that it runs and what it refuses. How fast anything is, no test says: machines differ."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

import symdrop as sd
from symdrop.__main__ import build_parser, main
from symdrop.bench import fresh
from symdrop.bench.contest import LIBRARY, WORKS, gru, lenet, transformer, worker
from symdrop.bench.contest.mlp import SMALL, P
from symdrop.bench.old_scripts import CHILD
from symdrop.bench.process import ContestError, has_library
from symdrop.bench.race import QUICK, check, run_race
from symdrop.bench.targets import (
    AT_MOST,
    SECONDS,
    compile_rows,
    epoch_rows,
    import_rows,
    race_rows,
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


# Works that torch also compiles here, which takes seconds, so as slow tests; a minute where a loop is written out.
COMPILED = ("LENET", "TRANSFORMER", "CONV-DEPTHWISE-GRADIENT", "CONV-3X3", "MATVEC", "BATCHED")


@pytest.mark.parametrize(
    "name",
    [*(pytest.param(name, marks=pytest.mark.slow) for name in COMPILED), "MLP", "EPOCH", "MASK", "ELEMWISE", "GRU"],
)
def test_peers_agree_with_numpy(name):
    """As the race checks it, for the libraries that are installed; without dropout, where all compute the same."""
    work = WORKS[name]
    peers = [
        entry
        for entry in work.entries.keys()
        & LIBRARY.keys() - {"symdrop", *({"torch.compile"} if name not in COMPILED else ())}
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_old_scripts_run_in_theanos_names(tmp_path):
    """The three programs of ``bench theano`` compile, step and answer; with no other engine they run alone."""
    file = tmp_path / "scripts.json"
    assert main(["bench", "theano", "--quick", "--json", str(file)]) == 0
    found = json.loads(file.read_text())
    assert [one["program"] for one in found] == ["mlp", "lenet", "gru"]
    assert all(1 < one["own"]["value"] < 4 and one["own"]["step"] > 0 for one in found)


def test_masks_of_old_scripts_are_theanos():
    """Both engines draw the same masks, so that steps do the same work: the costs are those of Theano 1.0.5."""
    done = subprocess.run(
        [sys.executable, str(CHILD), "symdrop", "mlp", "3", "--small"],
        capture_output=True, text=True, check=True, timeout=300,
        env=inherited(SYMDROP_FLAGS="backend=numpy"),
    )  # fmt: skip
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["losses"] == pytest.approx([2.5291376, 2.6749933, 2.1256139], rel=1e-5)
    assert told["after"] == pytest.approx(2.3842564, rel=1e-5)


def test_an_interpreter_without_theano_is_refused(capsys):
    """What was asked to be compared is not left out in silence."""
    assert main(["bench", "theano", "--quick", "--with", sys.executable]) == 1
    assert "has neither theano nor pytensor" in capsys.readouterr().err

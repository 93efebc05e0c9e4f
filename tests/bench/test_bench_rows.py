"""Rows of the benchmark's table: what is divided by what, and which promise stands beside it."""

from __future__ import annotations

import numpy as np
import pytest

from symdrop.bench import fresh, shapes
from symdrop.bench.contest import WORKS
from symdrop.bench.memory import attention_arenas
from symdrop.bench.process import ContestError
from symdrop.bench.race import QUICK, Result
from symdrop.bench.report import results_table
from symdrop.bench.shapes import SHAPES, shape_times
from symdrop.bench.targets import (
    AT_MOST,
    CACHE,
    FULL_CODE,
    MOST_SHAPES,
    NO_CACHE,
    Row,
    beside_rows,
    compile_rows,
    memory_rows,
    race_rows,
    shape_rows,
    step_rows,
)

BLAS_THREADS = ("1 thread", "2 threads")


def silent(line):
    """Nobody wants to know what is going on."""


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


def test_a_loop_is_measured_by_its_steps():
    """The promise is a time for each of them."""
    result = Result({("symdrop", False): [30e-6, 15e-6]}, {}, {}, {}, 2, 0)
    (row,) = step_rows(WORKS["SCAN"], result, 1000)
    assert row.ratio == pytest.approx(0.75) and row.target == 1
    assert not list(step_rows(WORKS["SCAN-GRADIENT"], result, 1000))


def test_beside_one_busy_process_the_ratio_to_peers_may_be_a_quarter_larger():
    """NumPy on one thread is no measure of that, and of two busy processes nothing is promised."""
    quiet = [Row("MLP", "jax", 0.4, 0.62), Row("MLP", "numpy", 0.5), Row("MLP", "torch", None)]
    busy = [row._replace(ratio=0.45, target=0.62) for row in quiet]
    for count, promised in ((1, 1.25), (2, None)):
        rows = list(beside_rows(busy, count, quiet))
        assert {row.work for row in rows} == {f"MLP, beside {count} busy"}
        assert [(row.against, row.ratio, row.target) for row in rows] == [
            ("jax", 0.45, None),
            ("jax, over that in quiet", pytest.approx(1.125), promised),
            ("numpy", 0.45, None),
            ("torch", 0.45, None),
        ]
    assert [row.target for row in beside_rows(busy, 1)] == [None] * 3


def test_memory_grows_no_faster_than_the_length():
    """Of each length by the one before; an arena that grew with the square would be four times as large."""
    rows = list(memory_rows({1024: 10, 2048: 19, 4096: 76}))
    assert [(row.work, row.ratio, row.reached) for row in rows] == [
        ("memory of attention, 2048 queries and keys", 1.9, True),
        ("memory of attention, 4096 queries and keys", 4.0, False),
    ]
    (row,) = memory_rows(attention_arenas(QUICK, silent))
    assert row.reached


def test_row_is_reached_up_to_its_target():
    """At most means at most."""
    assert Row("w", "a", 0.9, 0.9).reached is True
    assert Row("w", "a", 0.91, 0.9).reached is False
    assert Row("w", "a", 0.9).reached is None
    assert results_table([Row("w", "a", None, 0.9, note="not installed")], quick=False).row_count == 1


def test_products_of_thirty_shapes():
    """Each shape is compared with NumPy's BLAS, with one thread and with two; then the ratio that most keep to."""
    rows = list(shape_rows(shape_times(QUICK, silent)))
    assert len(SHAPES) == 30 and all(row.ratio is not None and row.ratio > 0 for row in rows)
    against = {threads: [row for row in rows if row.against == f"NumPy's BLAS, {threads}"] for threads in BLAS_THREADS}
    for *alone, most in against.values():
        assert len(alone) == 30 and most.work == MOST_SHAPES and {row.target for row in alone} == {1.05}
        ratios = [row.ratio for row in alone]
        assert most.target == 0.9 and most.ratio in ratios and sum(ratio <= most.ratio for ratio in ratios) >= 23
    others = [row for row in rows if not row.against.startswith("NumPy's BLAS")]
    assert all(row.against.startswith("torch's MKL") and row.target is None for row in others)
    assert len(others) in (0, 62)


def test_a_wrong_product_ends_the_table(monkeypatch):
    """Nothing is timed where values differ."""
    monkeypatch.setattr(shapes, "_product", lambda shape: lambda a, b: np.matmul(a, b) + 1)
    with pytest.raises(ContestError, match="square 512, float32: symdrop's product differs from NumPy's by 1"):
        shape_times(QUICK, silent, SHAPES[:1])

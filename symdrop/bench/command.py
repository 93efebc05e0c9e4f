"""``python -m symdrop bench``: how fast symdrop is beside its peers, on this machine.

Read next: ../__main__.py
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

import symdrop as sd

from ..errors import ArgumentError, shown
from .contest import LIBRARY, WORKS
from .contest.recurrence import FULL, SMALL
from .fresh import COMPILED, compile_times, epoch_times, import_times
from .memory import attention_arenas
from .old_scripts import old_scripts, scripts_table
from .process import interpreter_for
from .race import QUICK, Plan, Result, run_race
from .report import as_json, show
from .shapes import shape_times
from .targets import (
    BESIDE,
    Row,
    beside_rows,
    compile_rows,
    epoch_rows,
    import_rows,
    memory_rows,
    race_rows,
    shape_rows,
    step_rows,
)

PARTS = (*WORKS, "PRODUCTS", "MEMORY", "LENGTHS", "COMPILE", "IMPORT")
# Whoever reads a file of the table will want it whole.
WIDTH_OF_A_FILE = 140


def _parts(text: str) -> tuple[str, ...]:
    chosen = {word.strip().upper() for word in text.split(",")}
    if unknown := sorted(chosen.difference(PARTS)):
        raise argparse.ArgumentTypeError(f"found {', '.join(unknown)}, expected some of {', '.join(PARTS)}")
    return tuple(part for part in PARTS if part in chosen)


def _rounds(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"found {shown(text)}, expected a whole number at least 1")
    return int(text)


def _counts(text: str) -> tuple[int, ...]:
    words = [word.strip() for word in text.split(",")]
    if not all(word.isdecimal() and len(word) <= 2 for word in words):
        raise argparse.ArgumentTypeError(f"found {shown(text)}, expected whole numbers up to 99, such as 0,1,2")
    return tuple(dict.fromkeys(map(int, words)))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the benchmark's options."""
    add = parser.add_argument
    add("what", nargs="?", choices=("theano",), help="old scripts in Theano's names instead of the contest")
    add("--with", dest="peers", action="append", default=[], metavar="PYTHON",
        help="an interpreter that has Theano or PyTensor, for old scripts; may be given twice")  # fmt: skip
    add("--only", type=_parts, default=PARTS, metavar="PARTS", help=f"some of {','.join(PARTS)} (default: all)")
    add("--rounds", type=_rounds, default=Plan().rounds, help="turns of each library (default %(default)s)")
    add("--peers-python", metavar="PYTHON", help="where jax and torch are installed, if not here")
    add("--json", type=Path, metavar="FILE", help="write all that was measured to FILE")
    add("--beside", type=_counts, default=(0,), metavar="COUNTS",
        help="how many busy processes run beside each race, such as 0,1,2 (default: none)")  # fmt: skip
    add("--quick", action="store_true", help="small sizes and few turns: to see that it works, not how fast")


def find_interpreters(peers: str | None) -> dict[str, str]:
    """The interpreter for every entry whose library is installed."""
    places = {name: interpreter_for(name, peers) for name in ("jax", "torch")}
    found = {"symdrop": sys.executable, "numpy": sys.executable, "copy": sys.executable}
    for entry, name in LIBRARY.items():
        if place := places.get(name):
            found[entry] = place
    return found


def measure(
    parts: tuple[str, ...],
    interpreters: dict[str, str],
    plan: Plan,
    tell: Callable[[str], None],
    besides: Sequence[int] = (0,),
) -> tuple[list[Row], dict[str, Result]]:
    """The rows of the table, and the races behind them.

    Args:
        parts: some of PARTS.
        interpreters: where each library is.
        plan: how carefully to measure.
        tell: is given a line about what is going on.
        besides: each race is run beside so many busy processes, one number after the other.

    Raises:
        ContestError: if libraries compute different values, or symdrop or NumPy fail.
    """
    rows: list[Row] = []
    results: dict[str, Result] = {}
    for name, work in ((name, work) for name, work in WORKS.items() if name in parts):
        quiet: list[Row] = []
        for beside in sorted(besides):
            result = run_race(work, interpreters, plan._replace(beside=beside), tell)
            found = [*race_rows(work, result), *step_rows(work, result, SMALL if plan.small else FULL)]
            rows += beside_rows(found, beside, quiet) if beside else found
            quiet = quiet if beside else found
            results[BESIDE.format(name, beside) if beside else name] = result
    if "PRODUCTS" in parts:
        rows += shape_rows(shape_times(plan, tell))
    if "MEMORY" in parts:
        rows += memory_rows(attention_arenas(plan, tell))
    if "LENGTHS" in parts:
        rows += epoch_rows(*epoch_times(interpreters, plan, tell))
    if "COMPILE" in parts:
        for name in COMPILED:
            rows += compile_rows(name, *compile_times(name, interpreters, plan, tell))
    if "IMPORT" in parts:
        rows += import_rows(import_times(interpreters, plan, tell))
    return rows, results


def run(options: argparse.Namespace) -> int:
    """Run the benchmark with parsed options; returns the exit status."""
    file: Path | None = options.json
    if file is not None and (file.is_dir() or not file.absolute().parent.is_dir()):
        raise ArgumentError(f"--json: found {shown(str(file))}, expected a file in a folder that exists")
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH_OF_A_FILE)
    plan = QUICK if options.quick else Plan(rounds=options.rounds)
    if options.what == "theano":
        with console.status("old scripts") as status:
            turns, steps = (1, 2) if options.quick else (min(plan.rounds, 3), 100)
            found = old_scripts(options.peers, turns, steps, options.quick, status.update)
        console.print(scripts_table(found, options.quick))
        if file is not None:
            file.write_text(json.dumps([one._asdict() for one in found], indent=1) + "\n", encoding="utf-8")
        return 0
    with console.status("looking for peers") as status:
        interpreters = find_interpreters(options.peers_python)
        rows, results = measure(options.only, interpreters, plan, status.update, options.beside)
    versions = {"symdrop": sd.__version__}
    for result in results.values():
        versions |= {LIBRARY.get(name, "numpy"): found for name, found in result.versions.items() if found}
    show(console, rows, results, versions, options.quick)
    if file is not None:
        file.write_text(as_json(rows, results, versions, plan._asdict()), encoding="utf-8")
        console.print(f"All that was measured: {file}", highlight=False)
    return 0

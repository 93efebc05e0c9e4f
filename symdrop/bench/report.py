"""The table, and the same as JSON.

Read next: scripts/__init__.py
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from ..config import config
from ..processors import usable_processors
from .race import Result
from .targets import NOT_INSTALLED, Row

# What a peer that was not measured has instead of a time; why it was left out is told below the table.
SHORT, LEFT_OUT = {NOT_INSTALLED: NOT_INSTALLED}, "left out"
NAMES = {"numpy": "NumPy by hand", "copy": "a plain copy", "torch": "torch, eager"}


def time_in_words(seconds: float) -> str:
    """A time with a unit that suits it.

    Example:
        >>> time_in_words(0.00071), time_in_words(6.2e-7), time_in_words(12.0)
        ('710 us', '620 ns', '12 s')
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def results_table(rows: Sequence[Row], quick: bool) -> Table:
    """One line per comparison; times stand at the edge, in grey, since they belong to one machine."""
    title = (
        "small sizes, no care: this shows that all works, and nothing else" if quick else "symdrop's time / the other's"
    )
    table = Table(title=title, box=SIMPLE_HEAD)
    table.add_column("work", no_wrap=True)
    table.add_column("against", no_wrap=True)
    table.add_column("ratio", justify="right", no_wrap=True)
    table.add_column("at most", justify="right", no_wrap=True)
    table.add_column("reached", no_wrap=True)
    table.add_column("symdrop here", justify="right", style="dim", no_wrap=True)
    table.add_column("other here", justify="right", style="dim", no_wrap=True)
    above = None
    for row in rows:
        if above not in (None, row.work):
            table.add_section()
        reached = {True: Text("yes", "green"), False: Text("no", "red"), None: Text("")}[row.reached]
        if quick and row.target is not None:
            reached = Text("-")
        elif row.target is not None and row.ratio is None:
            reached = Text("?", "yellow")
        table.add_row(
            row.work if row.work != above else "",
            NAMES.get(row.against, row.against),
            "" if row.ratio is None else f"{row.ratio:.3g}",
            "" if row.target is None else f"{row.target:.3g}",
            reached,
            "" if row.ours is None else time_in_words(row.ours),
            time_in_words(row.theirs) if row.theirs is not None else SHORT.get(row.note, LEFT_OUT) if row.note else "",
        )
        above = row.work
    return table


def machine() -> dict[str, Any]:
    """The machine that times depend on."""
    processor = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        processor = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return {
        "system": platform.platform(terse=True),
        "processor": processor,
        "processors": usable_processors(),
        "python": platform.python_version(),
    }


def left_out(rows: Sequence[Row]) -> list[str]:
    """A sentence for each reason why a peer was left out, with the works from which it was.

    Example:
        >>> left_out([Row(work, "torch.compile", None, note="no C++ compiler") for work in ("TINY", "MLP")])
        ['torch.compile is left out of TINY, MLP: no C++ compiler.']
    """
    works: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row.note not in ("", *SHORT):
            works.setdefault((row.against, row.note), []).append(row.work)
    return [
        f"{against} is left out of {', '.join(dict.fromkeys(names))}: {note.rstrip('.')}."
        for (against, note), names in works.items()
    ]


def remarks(rows: Sequence[Row], results: Mapping[str, Result], versions: Mapping[str, str]) -> str:
    """Remarks one must know to read the table."""
    here = machine()
    libraries = ", ".join(f"{name} {version}".strip() for name, version in versions.items())
    sentences = [f"{here['processor']}, {here['processors']} processors, Python {here['python']}; {libraries}."]
    sentences.append(f"Every library had {config.threads} thread{'s' * (config.threads != 1)}.")
    sentences += left_out(rows)
    ends = {backend for result in results.values() if (backend := result.about.get("back end"))}
    if ends:
        sentences.append(f"Back end: {', '.join(sorted(ends))}.")
    for name, result in results.items():
        if result.disturbed:
            rounds = len(result.seconds["symdrop", next(dropping for _, dropping in result.seconds)])
            sentences.append(
                f"{name}: in {result.disturbed} of {rounds} rounds other programs were computing on this machine."
            )
    return "\n".join(sentences)


def show(
    console: Console, rows: Sequence[Row], results: Mapping[str, Result], versions: Mapping[str, str], quick: bool
) -> None:
    """Print the table and the remarks."""
    console.print(Group(results_table(rows, quick), Text(remarks(rows, results, versions))))


def as_json(
    rows: Sequence[Row], results: Mapping[str, Result], versions: Mapping[str, str], settings: Mapping[str, Any]
) -> str:
    """Everything that was measured, every round of it."""
    rounds = {
        work: {
            f"{name}{' with dropout' if dropping else ''}": seconds
            for (name, dropping), seconds in result.seconds.items()
        }
        for work, result in results.items()
    }
    content = {
        "machine": machine(),
        "versions": dict(versions),
        "settings": dict(settings),
        "back_end": {work: result.about.get("back end") for work, result in results.items()},
        "rows": [{**row._asdict(), "reached": row.reached} for row in rows],
        "seconds_per_step": rounds,
        "rounds_run": {work: result.rounds for work, result in results.items()},
        "disturbed_rounds": {work: result.disturbed for work, result in results.items()},
    }
    return json.dumps(content, indent=1) + "\n"

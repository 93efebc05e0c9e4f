"""``python -m symdrop bench theano``: old scripts here, and under Theano or PyTensor in an interpreter of their own.

Every measurement is a fresh process with an empty cache; engines take turns, and the least of their times counts, since
whatever else the machine does only adds to it. Values are compared before anything is reported.

Read next: command.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from rich.box import SIMPLE_HEAD
from rich.table import Table

from .process import LIMIT, ContestError, has_library
from .report import time_in_words

CHILD = Path(__file__).parent / "scripts" / "child.py"
PROGRAMS = ("mlp", "lenet", "gru")
PEERS = ("theano", "pytensor")
# What each time may be at most, of the other's; one that is reached by nothing but the import has no promise.
TARGETS: Mapping[str, float] = {"compile": 0.2, "step": 0.5}
MEASURED = ("import", "compile", "step")
# Single precision, and sums in another order.
TOLERANCE = 2e-3


class OldScript(NamedTuple):
    """A program as two engines ran it.

    Args:
        program: one of ``PROGRAMS``.
        peer: the other engine, empty where it could not run it.
        own, other: the least seconds of each thing measured.
        reason: why the other could not.
    """

    program: str
    peer: str
    own: Mapping[str, float]
    other: Mapping[str, float]
    reason: str = ""


def old_scripts(
    interpreters: Sequence[str], rounds: int, steps: int, small: bool, tell: Callable[[str], None]
) -> list[OldScript]:
    """Every program, here and in each interpreter that has Theano or PyTensor.

    Args:
        interpreters: those of the peers.
        rounds: how many processes each engine gets.
        steps: how many steps each of them takes.
        small: whether sizes are small, to see that all works.
        tell: is given a line about what is going on.

    Raises:
        ContestError: if an interpreter has neither, symdrop fails, or engines compute different values.
    """
    engines = {_peer(one): one for one in interpreters}
    found = []
    for program in PROGRAMS:
        runs: dict[str, list[dict[str, float]]] = {}
        reasons: dict[str, str] = {}
        for _ in range(rounds):
            for engine, interpreter in {"symdrop": sys.executable, **engines}.items():
                tell(f"{program}: {engine}")
                try:
                    if engine not in reasons:
                        runs.setdefault(engine, []).append(_run(engine, interpreter, program, steps, small))
                except ContestError as error:
                    if engine == "symdrop":
                        raise
                    reasons[engine] = error.reason
        own = _least(runs["symdrop"])
        found += [OldScript(program, peer, own, {}, why) for peer, why in reasons.items()]
        for peer in (name for name in runs if name != "symdrop" and name not in reasons):
            other = _least(runs[peer])
            _agree(program, peer, own, other)
            found.append(OldScript(program, peer, own, other))
        if not engines:
            found.append(OldScript(program, "", own, {}))
    return found


def _peer(interpreter: str) -> str:
    for peer in PEERS:
        if has_library(interpreter, peer):
            return peer
    raise ContestError(f"{interpreter} has neither {' nor '.join(PEERS)}")


def _run(engine: str, interpreter: str, program: str, steps: int, small: bool) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        flags = f"base_compiledir={folder}"
        done = subprocess.run(
            [interpreter, "-W", "ignore", str(CHILD), engine, program, str(steps), *["--small"] * small],
            capture_output=True,
            text=True,
            timeout=LIMIT,
            env={**os.environ, "SYMDROP_CACHE": folder, "THEANO_FLAGS": flags, "PYTENSOR_FLAGS": flags},
        )
    if done.returncode:
        error = ContestError(f"{engine} cannot run {program}")
        error.reason = ([*filter(None, map(str.strip, done.stderr.splitlines()))] or ["it said nothing"])[-1]
        error.args = (f"{engine} cannot run {program}: {error.reason}",)
        raise error
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _least(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: min(run[name] for run in runs) for name in (*MEASURED, "value", "after")}


def _agree(program: str, peer: str, own: Mapping[str, float], other: Mapping[str, float]) -> None:
    """The cost before the first step and after the steps, unless the other engine draws other masks."""
    for name in ("value",) if program == "mlp" and peer == "pytensor" else ("value", "after"):
        if abs(own[name] - other[name]) > TOLERANCE * abs(other[name]):
            raise ContestError(f"{program}: symdrop and {peer} compute different costs, {own[name]} and {other[name]}")


def scripts_table(found: Sequence[OldScript], quick: bool) -> Table:
    """One line for each thing measured of each program."""
    title = "small sizes, no care: this shows that all works, and nothing else" if quick else "old scripts"
    table = Table(title=title, box=SIMPLE_HEAD)
    for column in ("program", "what", "symdrop", "other", "ratio", "at most", "reached"):
        table.add_column(column, no_wrap=True)
    for one in found:
        for name in MEASURED:
            ratio = one.own[name] / one.other[name] if one.other else None
            target = TARGETS.get(name) if one.other else None
            table.add_row(
                one.program,
                f"{name}, {one.peer}" if one.peer else name,
                time_in_words(one.own[name]),
                time_in_words(one.other[name]) if one.other else one.reason[:60],
                "" if ratio is None else f"{ratio:.3g}",
                "" if target is None else f"{target}",
                "" if target is None or ratio is None or quick else ("yes" if ratio <= target else "no"),
            )
        table.add_section()
    return table

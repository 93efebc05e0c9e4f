"""A race: all contestants of a work take turns, and only rounds that nobody disturbed count.

Before anything is timed, values are compared. Without dropout all libraries compute the
same, so they must agree to rounding; with it each draws masks of its own, so only the size
of the values can be compared, and that something was dropped at all.

Read next: fresh.py
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import NamedTuple

import numpy as np

from .contest import Work
from .neighbours import DISTURBED, busy_processes, observed_turn
from .process import ContestError, Process

# These need nothing that symdrop itself does not need: if they fail, so does the race.
OWN = ("symdrop", "numpy", "copy")
# A name for a contestant with or without dropout.
Line = tuple[str, bool]


class Plan(NamedTuple):
    """How carefully to measure.

    Args:
        rounds: how often everybody takes a turn.
        pause: seconds between turns, in which the threads of the last contestant stop spinning and fall asleep.
        least: seconds a batch of calls takes at least; a turn is six batches.
        small: whether to take small sizes, to see that all works.
        repeats: how many fresh processes time compiling.
        imports: how many fresh processes time an import.
        beside: how many busy processes run beside the race.
    """

    rounds: int = 9
    pause: float = 0.3
    least: float = 0.1
    small: bool = False
    repeats: int = 3
    imports: int = 9
    beside: int = 0


QUICK = Plan(rounds=2, pause=0.0, least=0.001, small=True, repeats=1, imports=2)


class Result(NamedTuple):
    """The result of a race.

    Args:
        seconds: per step, one number for every round.
        failed: by library, why it did not run.
        versions: of the libraries.
        about: what the symdrop entry says about itself.
        rounds: rounds run in all.
        disturbed: how many of the rounds in ``seconds`` were disturbed.
    """

    seconds: dict[Line, list[float]]
    failed: dict[str, str]
    versions: dict[str, str]
    about: dict[str, str]
    rounds: int
    disturbed: int

    def median(self, line: Line) -> float:
        """Seconds per step."""
        return float(np.median(self.seconds[line]))

    def ratio(self, line: Line, other: Line) -> float:
        """The median over the rounds of one's time divided by the other's."""
        return float(np.median(np.divide(self.seconds[line], self.seconds[other])))


def run_race(work: Work, interpreters: Mapping[str, str], plan: Plan, tell: Callable[[str], None]) -> Result:
    """Compare values, then time.

    Args:
        work: what everybody does.
        interpreters: where each library is; those missing here are left out.
        plan: how carefully.
        tell: is given a line about what is going on.

    Raises:
        ContestError: if values differ, or if symdrop or NumPy fail.
    """
    failed: dict[str, str] = {}
    about: dict[str, str] = {}
    versions: dict[str, str] = {}
    with ExitStack() as stack:
        runners: dict[Line, Process] = {}
        compared: dict[Line, np.ndarray] = {}
        for name in work.entries:
            if name not in interpreters:
                continue
            try:
                for dropping in (False, True) if work.drops else (False,):
                    if name == "copy" and dropping != work.drops:
                        continue
                    tell(f"{work.name}: {name} compiles{' with dropout' if dropping else ''}")
                    process, values = _start(work, name, dropping, interpreters[name], plan, about)
                    versions[name] = process.version
                    compared[name, dropping] = values
                    if dropping or work.plain:
                        runners[name, dropping] = stack.enter_context(process)
                    else:
                        process.close()
            except ContestError as error:
                _leave_out(name, error, runners, failed)
        check(work, {line: values for line, values in compared.items() if line[0] not in failed})
        _first_turns(runners, failed)
        kept, disturbed = _rounds(work, runners, plan, tell, stack.enter_context(busy_processes(plan.beside)))
    taken = (kept + disturbed)[: plan.rounds]
    seconds = {line: [turn[line] for turn in taken] for line in runners}
    return Result(seconds, failed, versions, about, len(kept) + len(disturbed), max(0, plan.rounds - len(kept)))


def _start(
    work: Work, name: str, dropping: bool, interpreter: str, plan: Plan, about: dict[str, str]
) -> tuple[Process, np.ndarray]:
    words = ["race", work.name, name, "--least", str(plan.least)]
    words += ["--dropping"] * dropping + ["--small"] * plan.small
    process = Process(interpreter, words)
    try:
        answer = process.answer()
    except BaseException:
        process.close()
        raise
    about |= answer["about"]
    return process, np.array(answer["compared"])


def _leave_out(name: str, error: ContestError, runners: dict[Line, Process], failed: dict[str, str]) -> None:
    """Go on without a peer that failed; raises the error if that is none."""
    if name in OWN:
        raise error
    failed[name] = error.reason or str(error)
    for line in [line for line in runners if line[0] == name]:
        runners.pop(line).close()


def _first_turns(runners: dict[Line, Process], failed: dict[str, str]) -> None:
    """Let everybody find out how many calls a turn takes, one after the other; who fails is left out."""
    for line in list(runners):
        if line in runners:
            try:
                runners[line].run()
            except ContestError as error:
                _leave_out(line[0], error, runners, failed)


def _rounds(
    work: Work, runners: Mapping[Line, Process], plan: Plan, tell: Callable[[str], None], beside: tuple[int, ...] = ()
) -> tuple[list[dict[Line, float]], list[dict[Line, float]]]:
    """Rounds nobody disturbed, and the others; gives up at three times as many rounds as were asked for."""
    kept: list[dict[Line, float]] = []
    disturbed: list[dict[Line, float]] = []
    tries = 1 if plan.small else 3
    while len(kept) < plan.rounds and len(kept) + len(disturbed) < tries * plan.rounds:
        tell(f"{work.name}: round {len(kept) + 1} of {plan.rounds}" + f", {len(disturbed)} disturbed" * bool(disturbed))
        seconds, most = {}, 0.0
        for line, process in runners.items():
            time.sleep(plan.pause)
            answer, others = observed_turn(process, beside)
            seconds[line], most = answer["seconds"], max(most, others)
        (kept if most <= DISTURBED else disturbed).append(seconds)
    return kept, disturbed


def check(work: Work, compared: Mapping[Line, np.ndarray]) -> None:
    """Compare every entry with the one in NumPy.

    Args:
        work: says how much values may differ.
        compared: shape (steps, values) for every line; a line without values is not compared.

    Raises:
        ContestError: if values differ by more, or dropout drops nothing.

    Example:
        >>> from symdrop.bench.contest import WORKS
        >>> right, wrong = np.array([[0.5], [0.4]]), np.array([[0.5], [0.3]])
        >>> check(WORKS["TINY"], {("numpy", False): right, ("jax", False): wrong})
        Traceback (most recent call last):
            ...
        symdrop.bench.process.ContestError: TINY: jax computes [0.3] at step 1 without dropout, numpy [0.4]
    """
    for (name, dropping), values in compared.items():
        wanted = compared["numpy", dropping]
        if values.size == 0:
            continue
        if not dropping:
            for step, (found, expected) in enumerate(zip(values, wanted, strict=True)):
                if not np.allclose(found, expected, rtol=work.tolerance, atol=0):
                    sentence = f"{name} computes {found.tolist()} at step {step} without dropout"
                    raise ContestError(f"{work.name}: {sentence}, numpy {expected.tolist()}")
            continue
        found, expected = values.mean(axis=0), wanted.mean(axis=0)
        if not np.allclose(found, expected, rtol=work.rough, atol=0):
            sentence = f"{name} computes {found.tolist()} with dropout, on average"
            raise ContestError(f"{work.name}: {sentence}, numpy {expected.tolist()}")
        if np.allclose(values, compared[name, False], rtol=work.tolerance, atol=0):
            raise ContestError(f"{work.name}: {name} drops nothing")

"""Workers: processes that check programs, so that one that crashes or hangs is found out.

Read next: __main__.py
"""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import warnings
from collections import Counter
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import Any

from .check import Verdict, check
from .make import make
from .minimise import counted
from .program import Program

# Longer than any program takes, on a busy machine too.
PATIENCE = 300.0
# Compiled code and arrays add up: after so many programs a worker is replaced.
PROGRAMS = 400


def serve(pipe: Connection, backends: Sequence[str]) -> None:
    """Check what comes through the pipe: seeds or programs, each with options of ``check``."""
    warnings.simplefilter("ignore")
    faulthandler.enable()
    while True:
        request, options = pipe.recv()
        if isinstance(request, Program):
            pipe.send((check(request, backends, **options), request, [], Counter()))
            continue
        program, refused = make(request)
        pipe.send(program)
        pipe.send((check(program, backends, **options), program, counted(program), refused))


class Worker:
    """A process that checks programs.

    Args:
        backends: by which back ends.
        patience: seconds after which a program hangs.
    """

    def __init__(self, backends: Sequence[str], patience: float = PATIENCE) -> None:
        self.backends, self.patience = tuple(backends), patience
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, self.backends), daemon=True)
        self.process.start()
        theirs.close()
        self.checked = 0

    def judge(self, program: Program, **options: Any) -> Verdict:
        """The verdict on a program, with the options of ``check``; a crash and a hang are verdicts too."""
        verdict: Verdict = self._ask(program, options)[0]
        return verdict

    def try_seed(self, seed: int, **options: Any) -> tuple[Verdict, Program | None, list[str], Counter[str]]:
        """The verdict on the program of a seed, the program, what it holds, and what was refused."""
        answer: tuple[Verdict, Program | None, list[str], Counter[str]] = self._ask(seed, options)
        return answer

    def _ask(self, request: Any, options: dict[str, Any]) -> Any:
        program = request if isinstance(request, Program) else None
        if self.checked >= PROGRAMS:
            self.stop()
            self._start()
        self.checked += 1
        try:
            self.pipe.send((request, options))
            while True:
                if not self.pipe.poll(self.patience):
                    verdict = Verdict("timeout", "", f"no answer for {self.patience:g} seconds")
                    break
                answer = self.pipe.recv()
                if not isinstance(answer, Program):
                    return answer
                program = answer
        except (EOFError, OSError):
            self.process.join(10)
            verdict = Verdict("crash", f"exit code {self.process.exitcode}")
        self.stop()
        self._start()
        return verdict, program, [], Counter()

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def jobs() -> int:
    """How many workers are useful here."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

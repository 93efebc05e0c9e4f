"""The other end of the pipe: starting contest processes, giving orders, reading answers.

Read next: neighbours.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from ..config import config
from ..errors import SymdropError, shown

PACKAGE = Path(__file__).resolve().parent.parent
# Compiling may take long, but not this long.
LIMIT = 600.0

# symdrop as it stands here, in an interpreter that need not have it installed and must not see what else is beside it.
START = """
import importlib.util, sys
folder = sys.argv.pop(1)
spec = importlib.util.spec_from_file_location("symdrop", folder + "/__init__.py", submodule_search_locations=[folder])
sys.modules["symdrop"] = package = importlib.util.module_from_spec(spec)
spec.loader.exec_module(package)
from symdrop.bench.contest.worker import main
main()
"""


class ContestError(SymdropError, RuntimeError):
    """A contest process that failed, or values that differ.

    Attributes:
        reason: why a process failed, without what it was told to do.
    """

    reason = ""


def thread_counts() -> dict[str, str]:
    """The environment in which every library has as many threads as symdrop: OpenMP's (torch), NumPy's BLAS, jax."""
    return dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC"), str(config.threads))


class Process:
    """One library, doing one work in a process of its own.

    Args:
        interpreter: the Python that has the library.
        words: what to do, as ``contest/worker.py`` reads it.
        environment: variables to set besides those of this process.

    Attributes:
        version: of the library.

    Raises:
        ContestError: if the process fails or ends instead of answering; why is in the message.

    Example:
        >>> import sys
        >>> with Process(sys.executable, ["race", "TINY", "numpy", "--least", "0.001"]) as process:
        ...     len(process.answer()["compared"]), process.run()["seconds"] > 0
        (10, True)
    """

    def __init__(self, interpreter: str, words: list[str], environment: Mapping[str, str] | None = None) -> None:
        self.words = words
        self._said = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
        self._process = subprocess.Popen(
            [interpreter, "-c", START, str(PACKAGE), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            encoding="utf-8",
            env={**os.environ, **thread_counts(), **(environment or {})},
        )
        self.version: str = self.answer()["version"]

    def answer(self) -> dict[str, Any]:
        """The next answer; waits for it."""
        assert self._process.stdout is not None
        late = threading.Event()
        timer = threading.Timer(LIMIT, self._give_up, [late])
        timer.start()
        try:
            line = self._process.stdout.readline()
        finally:
            timer.cancel()
        answer: dict[str, Any] = json.loads(line) if line else {}
        if not line or "failed" in answer:
            error = ContestError()
            error.reason = f"no answer in {LIMIT:g} s" if late.is_set() else answer.get("failed") or self._last_words()
            error.args = (f"{' '.join(self.words)}: {error.reason}",)
            self.close()
            raise error
        return answer

    def _give_up(self, late: threading.Event) -> None:
        late.set()
        self._process.kill()

    def _last_words(self) -> str:
        self._process.wait()
        self._said.seek(0)
        return ([line.strip() for line in self._said if line.strip()] or ["it said nothing"])[-1]

    def run(self) -> dict[str, Any]:
        """Let it take its turn."""
        assert self._process.stdin is not None
        try:
            print(file=self._process.stdin, flush=True)
        except OSError:
            pass  # it has ended; why is told by what it said last
        return self.answer()

    def close(self) -> None:
        """End the process: it leaves by itself when the pipe is closed, unless it is in the middle of something."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    pass
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.close()

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def has_library(interpreter: str, name: str) -> bool:
    """True if an interpreter would find a library, without loading it.

    Raises:
        ContestError: if there is no such interpreter.
    """
    code = f"import importlib.util, sys; sys.exit(0 if importlib.util.find_spec({shown(name)}) else 3)"
    try:
        status = subprocess.run([interpreter, "-c", code], capture_output=True, timeout=LIMIT).returncode
    except OSError as error:
        raise ContestError(f"{shown(interpreter)} cannot be run as a Python interpreter: {error.strerror}") from None
    if status not in (0, 3):
        raise ContestError(
            f"{shown(interpreter)} does not behave like a Python interpreter: it ended with status {status}"
        )
    return status == 0


def interpreter_for(name: str, peers: str | None) -> str | None:
    """The interpreter that has a peer: the one named for peers, else this one, else None."""
    for interpreter in filter(None, (peers, sys.executable)):
        if has_library(interpreter, name):
            return interpreter
    return None

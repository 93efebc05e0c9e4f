"""The command: random programs for so many seconds, failures minimised and printed, exit status 1 if there are any.

    python -m tests.fuzz --seconds 300 --seed 1 --backend both --jobs 1 --stats
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from threading import Lock

from .check import Verdict
from .minimise import minimised, script
from .worker import Worker

BACKENDS = {"numpy": ("numpy",), "native": ("native",), "both": ("numpy", "native")}


def parsed(arguments: list[str] | None = None) -> argparse.Namespace:
    """The arguments of the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=60, help="how long to go on")
    parser.add_argument("--programs", type=int, default=None, help="how many programs, in place of a time")
    parser.add_argument("--seed", type=int, default=None, help="of the first program; by default a fresh one")
    parser.add_argument("--backend", choices=BACKENDS, default="both", help="which back end")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--minimise", type=float, default=60, help="seconds spent on making a failure smaller")
    parser.add_argument("--failures", type=int, default=10, help="distinct failures after which to stop")
    parser.add_argument("--jax", type=int, default=40, help="compare every so many-th program with jax, if installed")
    parser.add_argument("--stats", action="store_true", help="print what the programs held, and what was refused")
    return parser.parse_args(arguments)


class Session:
    """A run of the command."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.backends = options, BACKENDS[options.backend]
        self.seeds = count(random.SystemRandom().randrange(10**9) if options.seed is None else options.seed)
        self.first = next(self.seeds)
        self.seeds = count(self.first)
        self.end = time.monotonic() + options.seconds
        self.programs, self.lock = 0, Lock()
        self.kinds: Counter[str] = Counter()
        self.held: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.failures: list[tuple[int, Verdict]] = []

    def next_seed(self) -> int | None:
        """The next program's seed, or None at the end."""
        with self.lock:
            limit = self.options.programs
            done = self.programs >= limit if limit is not None else time.monotonic() > self.end
            if done or len(self.failures) >= self.options.failures:
                return None
            self.programs += 1
            return next(self.seeds)

    def work(self) -> None:
        """Check programs until the end."""
        worker = Worker(self.backends)
        while (seed := self.next_seed()) is not None:
            options = {"guard": ("off", "end", "start", "end")[seed % 4], "jax": seed % self.options.jax == 0}
            verdict, program, held, refused = worker.try_seed(seed, **options)
            with self.lock:
                self.kinds[verdict.kind] += 1
                self.held.update(held)
                self.refused.update(refused)
                known = any(verdict.like(other) for _, other in self.failures)
                if verdict.failed and not known:
                    self.failures.append((seed, verdict))
            if verdict.failed:
                text = f"# seed {seed}: {verdict.kind} {verdict.about} (as before)"
                if program is None:
                    text = f"# seed {seed}: {verdict.kind} {verdict.about} while growing"
                elif not known:
                    smaller = minimised(program, verdict, partial(worker.judge, **options), self.options.minimise)
                    last = worker.judge(smaller, **options)
                    text = f"# seed {seed}\n{script(smaller, last, self.backends[-1], options['guard'])}"
                with self.lock:
                    print(text, flush=True)
        worker.stop()

    def report(self) -> None:
        """Print what came out."""
        if self.options.stats:
            for name, number in sorted(self.held.items()):
                print(f"{number:7} {name}")
            for name, number in self.refused.most_common():
                print(f"{number:7} refused: {name}")
        kinds = ", ".join(f"{number} {kind}" for kind, number in self.kinds.most_common())
        print(f"seed {self.first}: {self.programs} programs ({kinds}), {len(self.failures)} failures")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; its exit status."""
    session = Session(parsed(arguments))
    print(f"seed {session.first}, {session.options.backend}, {session.options.jobs} processes", flush=True)
    with tempfile.TemporaryDirectory() as cache, ThreadPoolExecutor(session.options.jobs) as pool:
        # Code of programs that nobody runs again.
        os.environ["SYMDROP_CACHE"] = cache
        for done in [pool.submit(session.work) for _ in range(session.options.jobs)]:
            done.result()
    session.report()
    return 1 if session.failures else 0


if __name__ == "__main__":
    sys.exit(main())

"""The thread pool: a caller deals out the parts of a body, and whoever is awake takes some (fork-join, work stealing).

`pool.ll` holds its text and names its functions. Nobody waits for a thread that has taken no part: one that comes late,
because another program has its processor, finds less to do, or nothing. What a part computes must not depend on who
computes it; how many parts there are must not matter either. Who asks while the team is busy, or where no thread can be
made, runs the body alone, as `body(frame, 0, 1)`. So callers never wait for each other, and a body may itself ask for a
team.

Workers are made when first asked for. An idle one spins for a while, then sleeps until it is given a part. One that
notices, by the clock, that it was preempted sleeps at once, and for PENALTY it is woken for much work only: it shares
its processor, and would be waited for if it were preempted again in the middle of a part. One that was woken on the
processor of its caller, where each of the two waits for the other, is woken elsewhere when it has slept for long. A
forked child has none of its parent's threads: the pool notices by the process number and begins anew.

Sources: R. Blumofe and C. Leiserson, "Scheduling multithreaded computations by work stealing", JACM 46(5), 1999; halves
of what is left, as in guided self-scheduling: C. Polychronopoulos and D. Kuck, IEEE Transactions on Computers 36(12),
1987; spinning for a time, then sleeping: A. Karlin et al., "Empirical studies of competitive spinning", SOSP 1991.

Read next: interrupts.py
"""

from __future__ import annotations

from ....lower.ir.frame import LEAST
from ..templates import fill

# More threads than this are never asked for; every one has a seat of 128 bytes.
MOST_THREADS = 256

# Times in nanoseconds. An idle thread offers its processor to others after SPIN and sleeps after PATIENCE; a caller who
# waits for a part sleeps after JOIN, which keeps its place in the queue. A gap between two looks at the clock that is
# longer than PREEMPTED is a preemption, and for PENALTY the thread is left out of regions of less than WORTH times the
# least work worth sharing.
SPIN, PATIENCE, JOIN, PREEMPTED, PENALTY, WORTH = 20_000, 1_000_000, 100_000, 100_000, 20_000_000, 32
# A thread that has slept for REST, and was not preempted for DISTURBED, may be woken elsewhere than beside its caller.
REST, DISTURBED = 10_000_000, 100_000_000

# By LLVM's name of the architecture: the numbers of Linux's calls futex and gettid, and the instruction that says
# "spinning".
_CALLS = {"x86_64": ("202", "186", "llvm.x86.sse2.pause()"), "aarch64": ("98", "178", "llvm.aarch64.hint(i32 1)")}

# The number of the clock that never goes back, by system.
_CLOCKS = {"linux": 1, "darwin": 6, "macos": 6}


def text(triple: str) -> str:
    """The pool as LLVM text: of threads on Linux, elsewhere one that runs every body alone. Before it the clock, where
    that is known.

    Args:
        triple: the machine, as LLVM names it.

    Returns:
        Definitions and declarations, to be joined with those of the other pieces.

    Example:
        >>> "pthread_create" in text("x86_64-unknown-linux-gnu"), "pthread_create" in text("arm64-apple-darwin")
        (True, False)
    """
    number = clock(triple)
    time = "" if number is None else fill("runtime/clock.ll", clock=number) + "\n"
    architecture = triple.split("-")[0]
    if architecture not in _CALLS or "linux" not in triple:
        return time + fill("runtime/pool_alone.ll")
    futex, gettid, pause = _CALLS[architecture]
    return time + fill(
        "runtime/pool.ll",
        futex=futex,
        gettid=gettid,
        pause=pause,
        declared=pause.replace(" 1", ""),
        most=MOST_THREADS,
        bytes=MOST_THREADS * 128,
        least=LEAST,
        spin=SPIN,
        patience=PATIENCE,
        join=JOIN,
        preempted=PREEMPTED,
        penalty=PENALTY,
        worth=WORTH,
        rest=REST,
        disturbed=DISTURBED,
    )


def clock(triple: str) -> int | None:
    """The number of a system's clock that never goes back, or None if it is not known.

    Example:
        >>> clock("x86_64-unknown-linux-gnu"), clock("x86_64-pc-windows-msvc")
        (1, None)
    """
    return next((number for system, number in _CLOCKS.items() if system in triple), None)

"""The thread pool: one team of threads runs one body over shared work.

`pool.ll` holds its text and names its functions. Who asks while the team is busy, or where no thread can be made, runs
the body alone, as `body(frame, 0, 1)`. So callers never wait for each other, a body may itself ask for a team, and
what a body computes must not depend on how many share it.

Workers are made when first asked for. An idle one spins for a millisecond, then sleeps until it is
called. A forked child has none of its parent's threads: the pool notices by the process number and
begins anew.

Read next: interrupts.py
"""

from __future__ import annotations

from ..templates import fill

# More threads than this are never asked for; every one has a mailbox of 128 bytes.
MOST_THREADS = 256

# By LLVM's name of the architecture: the number of Linux's futex call, and the instruction that says "spinning".
_FUTEX = {"x86_64": ("202", "llvm.x86.sse2.pause()"), "aarch64": ("98", "llvm.aarch64.hint(i32 1)")}

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
    if architecture not in _FUTEX or "linux" not in triple:
        return time + fill("runtime/pool_alone.ll")
    futex, pause = _FUTEX[architecture]
    return time + fill(
        "runtime/pool.ll",
        futex=futex,
        pause=pause,
        declared=pause.replace(" 1", ""),
        most=MOST_THREADS,
        words=MOST_THREADS * 32,
        bytes=MOST_THREADS * 128,
    )


def clock(triple: str) -> int | None:
    """The number of a system's clock that never goes back, or None if it is not known.

    Example:
        >>> clock("x86_64-unknown-linux-gnu"), clock("x86_64-pc-windows-msvc")
        (1, None)
    """
    return next((number for system, number in _CLOCKS.items() if system in triple), None)

"""Signals while native code runs: a long call looks at them, and a handler may end it.

Python only notes a signal; the handler is run by the main thread when that next runs Python. A call made
by `symdrop_interruptible` (`poll.ll`) therefore takes Python's lock every few milliseconds, before a parallel region,
and lets handlers run. If one raises, as the handler of Ctrl-C does, the word INTERRUPTED of the frame is set, and
`symdrop_poll` says that the call is to be left. The exception stays with the thread, and is raised where the call
returns.

Looking at the clock takes as long as a small step of a loop. So it is looked at every time where this was
long ago the last time, and at every second, fourth ... 64th time where it was not; or at once where `now` is large.

Read next: entry.py
"""

from __future__ import annotations

from ....lower.ir.frame import ASKING, INTERRUPTED
from ..templates import fill
from . import pool


def text(triple: str) -> str:
    """The functions as LLVM text; on systems whose clock is not known a call asks for no signals.

    Args:
        triple: the machine, as LLVM names it.

    Returns:
        Definitions and declarations, to be joined with those of the pool.

    Example:
        >>> "PyErr_CheckSignals" in text("x86_64-unknown-linux-gnu"), "PyErr_CheckSignals" in text("x86_64-windows")
        (True, False)
    """
    look = "runtime/signals.ll" if pool.clock(triple) is not None else "runtime/no_signals.ll"
    return "\n".join(fill(path, asking=ASKING, interrupted=INTERRUPTED) for path in (look, "runtime/poll.ll"))

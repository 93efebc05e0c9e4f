"""Tiered compilation: calls run quick code until full code has been made behind the program.

LLVM's quickest level takes a third of the time of the one whose code is best, and its code runs a tenth to a quarter
longer: bodies of loops are long and straight, and within such a body it keeps values in registers too. So a program
begins with quick code; the compile queue makes its full code, one module after the other, and puts it in the place of
the quick code between two calls. Frames and results are the same: text for LLVM says all that decides about bits, and
neither tier reorders or contracts anything (docs/decisions/0008-no-contraction.md).

It begins when calls have taken ``WORTH`` seconds. Before, the processors are the user's, who waits for first results,
and LLVM lets one in at a time; and of functions that run once, as many do, full code is of no use.

Both are kept in the cache: a process that ends before its full code was made has not worked in vain. A program begins
with the best code that is found there.

Read next: reading.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...config import config
from ...errors import user_line
from .jit import compiler
from .jit.compile_queue import QUEUE
from .runtime import library
from .segment import NativeSegment
from .selfcheck import described, sources, trouble, warn_once

# Full code takes some hundredths of a second or more to make, and saves a tenth of the time of calls, or less.
WORTH = 0.1


def first_tier() -> compiler.Tier:
    """The tier of code that is made before a function's first call."""
    return "full" if config.tiered_compilation == "full" else "quick"


def tier_of(segments: Sequence[NativeSegment]) -> compiler.Tier:
    """The tier of a program: "quick" if any of its segments runs quick code."""
    return "quick" if any(segment.code.tier == "quick" for segment in segments) else "full"


def multiplied(segments: Sequence[NativeSegment]) -> list[str]:
    """The types, by their suffixes, whose products a program calls."""
    return library.multiplied(name for segment in segments for name in segment.convention.called)


class TierUp:
    """The way of a program's segments from quick code to full code, as the compile queue takes it.

    Args:
        segments: the segments.
        finished: called when their full code runs.
    """

    def __init__(self, segments: Sequence[NativeSegment], finished: Callable[[], None]) -> None:
        self._segments = segments
        self._finished = finished
        # The queue's thread has no line of the user's on its stack.
        self._line = user_line()
        self._left: list[tuple[str, compiler.Target]] | None = None
        self._begun = False
        self._unspent = WORTH
        for segment in segments:
            segment.count_time(self._spend)

    def _spend(self, seconds: float) -> float:
        """Count the seconds of calls; those that are left until full code is worth its price."""
        self._unspent -= seconds
        if self._unspent <= 0:
            self.begin()
        return 0.0 if self._begun else self._unspent

    def begin(self) -> None:
        """Put it into the queue, unless that was done before."""
        if not self._begun:
            self._begun = True
            QUEUE.put(self)

    @property
    def calls(self) -> int:
        """How often they were called."""
        return sum(segment.calls for segment in self._segments)

    def advance(self, modules: int) -> bool:
        """Write the modules, then compile so many more of them, and if none is left, let full code run.

        Returns:
            False at the end, be it good or bad.
        """
        try:
            if self._left is None:
                found = [source for segment in self._segments for source in segment.full_sources()]
                wanted = dict.fromkeys([*sources("full", multiplied(self._segments)), *found])
                # Side by side are compiled those that take about the same time.
                self._left = sorted(wanted, key=lambda source: len(source[0]))
                return True
            if self._left:
                compiler.compile_objects([self._left.pop() for _ in range(min(modules, len(self._left)))])
                return True
            reason = trouble("full", multiplied(self._segments))
            if reason is None:
                for segment in self._segments:
                    segment.tier_up(compiler.compile_objects(segment.lowered.modules("full")).codes)
                self._finished()
                return False
        except Exception as error:
            reason = described(error)
        warn_once(f"full code cannot be made, so a function keeps the code that was made quickly: {reason}", self._line)
        return False

    def forked(self) -> None:
        """Have the next call begin the queue's thread, which this child of a fork has not."""
        for segment in self._segments:
            segment.refuse_direct()

"""Interrupts at any bytecode of a call, at more of them than a signal can come at."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from symdrop.compiler import transactions


def interrupted(call: Callable[[], object], after: int) -> bool:
    """Call, and raise KeyboardInterrupt at a bytecode; True if there were so many.

    Args:
        call: what to do.
        after: the number of the bytecode.
    """
    seen = 0

    def interrupt(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal seen
        frame.f_trace_opcodes = True
        seen += event == "opcode"
        if event == "opcode" and seen == after:
            raise KeyboardInterrupt
        return interrupt

    # What others have the garbage collector call is no bytecode of the call.
    gc.disable()
    sys.settrace(interrupt)
    try:
        call()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(None)
        gc.enable()
        # A tracer also raises between taking a lock and the block that releases it, where CPython handles no
        # signal: the lock would stay with this thread, and a later test's threads would wait for it for ever.
        while transactions._MOMENT._is_owned():  # type: ignore[attr-defined]
            transactions._MOMENT.release()
    return False

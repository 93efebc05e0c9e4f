"""The lock of lowering is free again after an interrupt at any of its lines.

The thread that compiles in the background takes it too, and a process that ends waits for that thread: a lock that an
interrupt left locked would make the process never end.
"""

from __future__ import annotations

import sys
from typing import Any

import pytest

import symdrop as sd
from symdrop.backends.native import driver
from symdrop.backends.native.driver import LoweringLock


class Interrupt(BaseException):
    """As Ctrl-C raises it, anywhere."""


def interrupting(number: int) -> Any:
    """A trace function that raises at that line event of entering, which counts from 0."""
    left = [number]

    def trace(frame: Any, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename != driver.__file__:
            return None
        if event == "line":
            left[0] -= 1
            if left[0] < 0:
                sys.settrace(None)
                raise Interrupt
        return trace

    return trace


@pytest.mark.parametrize("number", range(5))
def test_an_interrupt_leaves_the_lock_free(number: int) -> None:
    """Wherever entering is cut short, another thread may lower, and settings are what they were."""
    lock = LoweringLock()
    before, traced = sd.config.compute_test_value, sys.gettrace()
    with pytest.raises(Interrupt):
        sys.settrace(interrupting(number))
        try:
            with lock:
                sys.settrace(None)
                raise AssertionError("entering has fewer lines than that")
        finally:
            sys.settrace(traced)
    assert not lock._lock._is_owned() and not lock._entered
    assert sd.config.compute_test_value == before


def test_it_may_be_entered_again_by_its_thread() -> None:
    """Stages are computed from other stages; the setting comes back when the outermost block ends, or fails."""
    lock = LoweringLock()
    with sd.config.change(compute_test_value="raise"):
        with lock:
            assert sd.config.compute_test_value == "off"
            with pytest.raises(ZeroDivisionError), lock:
                raise ZeroDivisionError
            assert lock._lock._is_owned() and sd.config.compute_test_value == "off"
        assert sd.config.compute_test_value == "raise"
    assert not lock._lock._is_owned()

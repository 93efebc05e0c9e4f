"""Parallel compilation: LLVM on several processors at once.

The bindings let one thread in at a time. LLVM itself takes as many as have a context, a module and a
machine of their own; so what takes longest, from a module to machine code, is called past the bindings.

Read next: compile_queue.py
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from ....processors import usable_processors


def side_by_side(jobs: Sequence[Callable[[], Any]]) -> list[Any]:
    """The results of some functions, called by this thread and as many others as there are processors to use.

    Args:
        jobs: the functions; what is called first stands first.

    Raises:
        BaseException: what the first of them raised that raised anything, after all have ended.

    Example:
        >>> side_by_side([lambda: 1, lambda: 2])
        [1, 2]
    """
    made: list[Any] = [None] * len(jobs)
    raised: dict[int, BaseException] = {}
    left = list(reversed(range(len(jobs))))

    def work() -> None:
        while left:
            try:
                i = left.pop()
            except IndexError:
                return  # another thread was faster
            try:
                made[i] = jobs[i]()
            except BaseException as error:
                raised[i] = error

    # Counting processors reads files of the system, which takes longer than many a job; mostly there is one or none.
    others = min(len(jobs), usable_processors()) - 1 if len(jobs) > 1 else 0
    helpers = [threading.Thread(target=work) for _ in range(others)]
    for helper in helpers:
        helper.start()
    work()
    for helper in helpers:
        helper.join()
    if raised:
        raise raised[min(raised)]
    return made


def emit_object(machine: Any, module: Any) -> bytes:
    """The object file of a module.

    Args:
        machine: the bindings' object for a target, which no other thread uses.
        module: theirs for a module.
    """
    library = _library()
    if library is None:
        return bytes(machine.emit_object(module))
    error = ctypes.c_char_p()
    buffer = library.LLVMPY_TargetMachineEmitToMemory(machine, module, 1, ctypes.addressof(error))
    if not buffer:
        raise RuntimeError((error.value or b"").decode())
    try:
        return ctypes.string_at(library.LLVMPY_GetBufferStart(buffer), library.LLVMPY_GetBufferSize(buffer))
    finally:
        library.LLVMPY_DisposeMemoryBuffer(buffer)


@cache
def _library() -> Any:
    """The functions behind the bindings, without their lock; None if they are not where they were."""
    from llvmlite.binding import ffi

    pointer = ctypes.c_void_p
    types = {
        "TargetMachineEmitToMemory": (pointer, [pointer, pointer, ctypes.c_int, pointer]),
        "GetBufferStart": (pointer, [pointer]),
        "GetBufferSize": (ctypes.c_size_t, [pointer]),
        "DisposeMemoryBuffer": (None, [pointer]),
    }
    try:
        library = ctypes.CDLL(ffi.lib._name, handle=ffi.lib._handle)
        for name, (result, arguments) in types.items():
            function = getattr(library, f"LLVMPY_{name}")
            function.restype, function.argtypes = result, arguments
    except AttributeError:
        return None
    return library

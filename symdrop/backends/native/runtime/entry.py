"""The fast call path: a function that Python calls without Python in between.

It does what the longer way in `compiler/run.py` does, for the calls that need no more: all arguments
are plain arrays of the right type, nobody else holds a state that is to change, and the work is small.
Anything else makes it answer NotImplemented having changed nothing, and the longer way begins anew.

One function (`entry.ll`, and for arrays `arrays.ll`) serves every step; what differs lies in a table of 64-bit words,
the memory of the array that Python passes as `self`. `direct.py` fills it in:

    header      the words of HEADER, in this order
    argument    type number, ndim, sizes (-1: any)
    state       container, whether it changes, then as an argument
    output      type number, ndim, list of pooled arrays, turn
    update      word of the frame where the state's pointer lies, ndim

Python's lock is held from the first check to the last update, and no Python code runs in between. So
one frame and one arena serve all calls, and nobody can see, or lay hands on, a state that is half done.

Read next: product.py
"""

from __future__ import annotations

import ctypes
import struct

from ....lower.ir.frame import ARENA, ARENA_BYTES, FIRST_WORD, THREADS, WORK
from ..templates import fill

# The head of the table: names of words, and LLVM's types of them.
HEADER = {
    # how many records there are of each kind
    "arguments": "i64", "states": "i64", "outputs": "i64", "updates": "i64",
    # addresses
    "prepare": "ptr", "run": "ptr", "frame": "ptr",
    # a list with the array that is the arena, and what it can hold
    "arena": "ptr", "arena_bytes": "i64",
    # the most work done while Python waits; the most work for one thread, and how many share more
    "small": "i64", "alone": "i64", "team": "i64",
    # whether the one output comes without a list around it
    "single": "i64",
    # of NumPy: the type of arrays, and the function that makes one
    "array_type": "ptr", "new_array": "ptr",
    # in a container: where its slots lie, and what `busy` may be
    "value_at": "i64", "busy_at": "i64", "free": "ptr", "overwritten": "ptr",
    # NotImplemented
    "not_implemented": "ptr",
    # how many calls there were, and may be before one has to go the longer way
    "calls": "i64", "limit": "i64",
}  # fmt: skip

METHOD = "symdrop_entry_method"

# NumPy's flags: arrays that a step may read are C-contiguous and aligned; those that it may overwrite are also
# writeable, and owners of their memory.
READABLE = 0x001 | 0x100
OWN = READABLE | 0x400 | 0x004

# As many old outputs are kept for later calls, for each output.
POOLED = 3


def replace(method: int, by: int) -> None:
    """Let the functions that Python has made of a method run the code of another one, given their addresses.

    Python reads the address of the code at every call, with its lock held.
    """
    at = struct.calcsize("P")
    ctypes.c_void_p.from_address(method + at).value = ctypes.c_void_p.from_address(by + at).value


def text() -> str:
    """The entry as LLVM text.

    Returns:
        Definitions and declarations, to be joined with those of the other pieces.

    Example:
        >>> "@symdrop_entry_method" in text()
        True
    """
    words = list(HEADER)
    arrays = fill("runtime/arrays.ll", own=OWN, pooled=POOLED)
    entry = fill(
        "runtime/entry.ll",
        header=[(number, *word) for number, word in enumerate(HEADER.items())],
        records=len(HEADER),
        own=OWN,
        readable=READABLE,
        threads=THREADS,
        arena=ARENA,
        arena_bytes=ARENA_BYTES,
        work=WORK,
        first_array=FIRST_WORD,
        arena_list=words.index("arena"),
        capacity=words.index("arena_bytes"),
        method=METHOD,
    )
    return f"{arrays}\n{entry}"

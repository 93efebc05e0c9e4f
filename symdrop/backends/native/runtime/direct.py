"""The fast call path, Python side: its table and output pools, and a check of where CPython and NumPy keep things.

The entry reads arrays, lists and containers where CPython and NumPy keep them. `layout` looks at objects
it knows and says where that is; if anything lies elsewhere, functions are called by the longer way only.

Read next: ../cache_entry.py
"""

from __future__ import annotations

import ctypes
import sys
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from ....lower.ir.frame import FIRST_WORD, LEAST
from ....op import Container
from ....op.states import FREE, ONE_AT_A_TIME, OVERWRITTEN, is_own
from ....types import TensorType
from . import entry, library

Array = np.ndarray[Any, Any]

_ARGUMENTS, _PREPARE, _CALLS, _LIMIT = map(list(entry.HEADER).index, ("arguments", "prepare", "calls", "limit"))
# More calls than there ever are.
_UNLIMITED = 2**63 - 1

# More work than this, in elements computed, is done with Python's lock released; it takes a millisecond or so.
SMALL_WORK = 1 << 20
# More work than this is shared by several threads, and of a parallel region more than this.
ALONE_WORK = 1 << 15
LEAST_WORK = 1 << 12


@dataclass(frozen=True)
class StructLayout:
    """Offsets that differ between builds of Python and NumPy.

    Attributes:
        new_array: address of NumPy's function that makes an array.
        value_at: offset of a container's ``value``, in bytes.
        busy_at: offset of its ``busy``.
    """

    new_array: int
    value_at: int
    busy_at: int


@cache
def layout() -> StructLayout | None:
    """The offsets that the fast call path relies on, or None if arrays, lists or references are not as it expects
    them."""
    expected = (
        sys.implementation.name == "cpython"
        and sys.byteorder == "little"
        and ctypes.sizeof(ctypes.c_void_p) == 8
        and ONE_AT_A_TIME
    )
    try:
        if expected and _arrays_are_known() and _lists_are_known():
            value_at, busy_at = _slots()
            return StructLayout(_new_array(), value_at, busy_at)
    except (AttributeError, ImportError, ValueError, TypeError):
        pass
    return None


def _word(address: int) -> int:
    return ctypes.c_int64.from_address(address).value


def _half(address: int) -> int:
    return ctypes.c_int32.from_address(address).value


def _arrays_are_known() -> bool:
    owner = np.zeros((2, 3, 5), "float32")
    view = owner[:, ::2]
    for array in (owner, view, np.asarray(True), np.zeros((0, 4), ">i2")):
        at, ndim = id(array), array.ndim
        sizes = [_word(_word(at + 32) + 8 * axis) for axis in range(ndim)]
        watcher_free = _word(at + 72) == 0
        watcher = weakref.ref(array)
        if not (
            _word(at + 8) == id(np.ndarray)
            and _word(at + 16) == array.ctypes.data
            and _half(at + 24) == ndim
            and tuple(sizes) == array.shape
            and _word(at + 48) == (0 if array.base is None else id(array.base))
            and _word(at + 56) == id(array.dtype)
            and _half(at + 64) & 0xFFFF == array.flags.num & 0xFFFF
            and watcher_free
            and _word(at + 72) == id(watcher)
            and ctypes.c_char.from_address(id(array.dtype) + 26).value == array.dtype.byteorder.encode()
            and _half(id(array.dtype) + 28) == array.dtype.num
        ):
            return False
    return True


def _lists_are_known() -> bool:
    pool = [np.zeros(1), np.zeros(2)]
    first, second = map(id, pool)
    at = id(pool)
    items = _word(at + 24)
    known = _word(at + 16) == 2 and (_word(items), _word(items + 8)) == (first, second) and _half(first) == 1
    kept = pool[0]
    return known and _half(first) == 2 and kept is pool[0]


def _slots() -> tuple[int, int]:
    container = Container(np.zeros(1))
    marks = container.value, object()
    container.busy = marks[1]  # type: ignore[assignment]
    words = [_word(id(container) + at) for at in range(0, Container.__basicsize__, 8)]
    return words.index(id(marks[0])) * 8, words.index(id(marks[1])) * 8


def _new_array() -> int:
    """NumPy's PyArray_New, through the table that NumPy keeps for modules written in C."""
    capsule = import_module("numpy._core._multiarray_umath")._ARRAY_API

    pointer_of = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
        ("PyCapsule_GetPointer", ctypes.pythonapi)
    )
    address = _word(pointer_of(capsule, None) + 8 * 93)
    sizes = (ctypes.c_int64 * 2)(3, 5)
    none, zero = None, 0
    new = ctypes.PYFUNCTYPE(
        ctypes.py_object, ctypes.py_object, ctypes.c_int, ctypes.c_void_p, ctypes.c_int,
        ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_void_p,
    )(address)  # fmt: skip
    made = new(np.ndarray, 2, ctypes.addressof(sizes), np.dtype("float32").num, none, none, zero, zero, none)
    if type(made) is not np.ndarray or made.shape != (3, 5) or made.dtype != "float32" or not made.flags.owndata:
        raise ValueError("NumPy's function to make arrays is not where it is expected")
    return address


def _references_of_a_local() -> int:
    array = np.empty(0)
    return sys.getrefcount(array)


_OWN_REFERENCES = _references_of_a_local()


class OutputPool:
    """Old outputs of one kind, used again once their taker has let them go with every view.

    Args:
        dtype: what their elements are.

    Example:
        >>> pool = OutputPool("float32")
        >>> first = pool.take((2, 3))
        >>> pool.give(first)
        >>> place = id(first)
        >>> del first
        >>> id(pool.take((2, 3))) == place
        True
    """

    def __init__(self, dtype: str) -> None:
        self.dtype = np.dtype(dtype)
        self.arrays: list[Array] = []

    def take(self, shape: tuple[int, ...]) -> Array:
        """An array for nobody but the caller, its elements undefined."""
        for _ in range(len(self.arrays)):
            # Who takes an array out of the list has it alone, whatever other threads do.
            try:
                array = self.arrays.pop(0)
            except IndexError:
                break
            if ONE_AT_A_TIME and sys.getrefcount(array) <= _OWN_REFERENCES and self._fits(array, shape):
                return array
            self.arrays.append(array)
        return np.empty(shape, self.dtype)

    def give(self, array: Array) -> None:
        """Let later calls have an array once nobody else refers to it."""
        self.arrays.append(array)
        while len(self.arrays) > entry.POOLED:
            try:
                self.arrays.pop(0)
            except IndexError:
                break

    def _fits(self, array: Array, shape: tuple[int, ...]) -> bool:
        return array.shape == shape and array.dtype == self.dtype and is_own(array)


class FastPath:
    """Makes a Python function of a step.

    Args:
        prepare: address of the step's ``prepare``.
        run: address of its ``run``.
        words: how long its frame is, in words.
        inputs: types of its inputs, those of the states last.
        outputs: types of its outputs, those of new values of states last.
        states: by position of such an output, the position of the input that it overwrites.
        containers: where the states live.
        pools: for every other output where its arrays come from.
        single: whether calls return the one output itself instead of a list.
        small: the most work done while Python waits.
        team: how many threads share work that is not little.
        keep: what must live as long as the function does, such as the code.

    Attributes:
        call: takes arrays; returns what calls of the function return, or NotImplemented having changed nothing.

    Raises:
        RuntimeError: if ``layout()`` is None.
    """

    call: Callable[..., Any]

    def __init__(
        self,
        *,
        prepare: int,
        run: int,
        words: int,
        inputs: Sequence[TensorType],
        outputs: Sequence[TensorType],
        states: Mapping[int, int],
        containers: Sequence[Container],
        pools: Sequence[OutputPool],
        single: bool,
        small: int = SMALL_WORK,
        team: int = 1,
        keep: Sequence[Any] = (),
    ) -> None:
        known = layout()
        if known is None:
            raise RuntimeError("this Python keeps its objects in an unknown way")
        frame = np.zeros(words + 8, "int64")
        aligned = -frame.ctypes.data % 64 // 8
        frame[aligned + LEAST] = LEAST_WORK
        arena: list[Any] = [None]
        arguments = len(inputs) - len(containers)
        header = {
            "arguments": arguments,
            "states": len(containers),
            "outputs": len(pools),
            "updates": len(outputs) - len(pools),
            "prepare": prepare,
            "run": run,
            "frame": frame.ctypes.data + 8 * aligned,
            "arena": id(arena),
            "arena_bytes": 0,
            "small": small,
            "alone": ALONE_WORK,
            "team": team,
            "single": single,
            "array_type": id(np.ndarray),
            "new_array": known.new_array,
            "value_at": known.value_at,
            "busy_at": known.busy_at,
            "free": id(FREE),
            "overwritten": id(OVERWRITTEN),
            "not_implemented": id(NotImplemented),
            "calls": 0,
            "limit": _UNLIMITED,
        }
        table = [int(header[name]) for name in entry.HEADER]
        changed = set(states.values())
        places, word = [], FIRST_WORD
        for position, type in enumerate(inputs):
            if position >= arguments:
                table += [id(containers[position - arguments]), position in changed]
            sizes = [-1 if size is None else size for size in type.shape]
            table += [np.dtype(type.dtype).num, len(sizes), *sizes]
            places.append(word)
            word += 1 + len(sizes)
        for type, pool in zip(outputs, pools, strict=False):
            table += [np.dtype(type.dtype).num, len(type.shape), id(pool.arrays), 0]
        for position in range(len(pools), len(outputs)):
            table += [places[states[position]], len(outputs[position].shape)]
        self._table = np.array(table, "int64")
        self._arguments = arguments
        self._keep = [*keep]
        kept = (frame, arena, tuple(containers), tuple(pools), self._keep)
        make = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.py_object, ctypes.py_object)(
            ("PyCFunction_NewEx", ctypes.pythonapi)
        )
        # The function holds on to its "module", and so to all that its table points to.
        self.call = make(library.address(entry.METHOD, "quick"), self._table, kept)

    @property
    def calls(self) -> int:
        """How many calls it has made."""
        return int(self._table[_CALLS])

    def allow(self, calls: int) -> None:
        """Make a call go the longer way after so many more, until ``replace_code`` or ``allow_all``."""
        self._table[_LIMIT] = self._table[_CALLS] + calls

    def allow_all(self) -> None:
        """Take back what ``allow`` said."""
        self._table[_LIMIT] = _UNLIMITED

    def refuse(self) -> None:
        """Make calls go the longer way, until ``replace_code``."""
        self._table[_ARGUMENTS] = -1

    def replace_code(self, prepare: int, run: int, keep: Any) -> None:
        """Let calls that begin from now on run other code for the same frame.

        Args:
            prepare, run, keep: as of the constructor. What was kept before lives on: where Python code runs in the
                middle of a call, such as a weak reference's callback, this may happen in the middle of one.
        """
        self._keep.append(keep)
        self._table[_ARGUMENTS] = self._arguments
        self.allow_all()
        # In one moment for all calls: these hold Python's lock.
        self._table[_PREPARE : _PREPARE + 2] = prepare, run

"""A loader of ELF object files: sections are placed in memory and linked, without LLVM.

Importing LLVM takes longer than everything else that a process with a filled cache has to do. What
LLVM makes of our texts is simple enough to be loaded by hand: on Linux, a 64-bit ELF file for x86
whose code reaches constants and functions relative to itself. Here is what a linker does with it:

1. Every section that is needed at run time gets its place in one stretch of memory: first what may
   not be written (code, constants), then what may (variables).
2. Beside the code stands, for every function from outside, a stub: a jump to its address, and the
   address itself. Code can only name what is within 2 GB.
3. Each *relocation* is a place in a section into which the address of some symbol is written, or the
   distance to it.

A file that holds anything else is `Unknown`, and left to LLVM (llvm_loader.py).

Source: "System V Application Binary Interface", AMD64 supplement, chapter 4.

Read next: target.py
"""

from __future__ import annotations

import ctypes
import mmap
import platform
import struct
import sys
from collections.abc import Mapping

from .elf import LOCAL, PER_THREAD, PROGRAM, UNDEFINED, WRITTEN, ObjectFile, Symbol, Unknown

# Of a file that can be linked, for x86-64.
_KNOWN = 1, 62
# Kinds of relocation: an address; distances to a symbol, to a stub for it, and to the place of its address.
_ADDRESS, _TO_SYMBOL, _TO_STUB, _TO_ADDRESS = 1, (2,), (4,), (9, 41, 42)
# jmp *0(%rip), and after it the address
_STUB = b"\xff\x25\x00\x00\x00\x00"
_STUB_BYTES = 16


class Missing(Exception):
    """Unresolved symbols; the arguments are their names."""


def here() -> bool:
    """True if object files of this system are of the kind that is known here."""
    return sys.platform == "linux" and platform.machine() == "x86_64" and struct.calcsize("P") == 8


class Image:
    """An object file in memory.

    Attributes:
        exported: the addresses of what it defines.

    Args:
        code: the file.
        symbols: addresses of the functions and variables it refers to; others come from the process.

    Raises:
        Unknown: if it holds something else than is known here.
        Missing: if it refers to symbols that nobody has.
        OSError: if this system lends no memory for code.
    """

    def __init__(self, code: bytes, symbols: Mapping[str, int]) -> None:
        file = ObjectFile(code)
        self._sections, self._symbols = file.sections, file.symbols
        if (file.kind, file.machine) != _KNOWN:
            raise Unknown("not an object file for x86-64")
        if any(section.flags & PER_THREAD for section in self._sections):
            raise Unknown("variables of threads")
        outside = [symbol.name for symbol in self._symbols if symbol.section == UNDEFINED and symbol.name]
        self._outside = {name: symbols.get(name) or of_process(name) for name in outside}
        missing = [name for name, address in self._outside.items() if address is None]
        if missing:
            raise Missing(*missing)
        self._relocations = file.relocations()
        self._arrange()
        # Unmapped when the last reference to it goes, and that is here.
        self._memory = mmap.mmap(-1, self._size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._address = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
        self._fill(file)
        self._protect()
        self.exported = {
            s.name: self._address_of(s) for s in self._symbols if s.binding != LOCAL and s.section in self._places
        }

    def address(self, name: str) -> int:
        """The address of an exported function or variable.

        Raises:
            LookupError: if there is none of that name.
        """
        return self.exported[name]

    def close(self) -> None:
        """Nothing: the memory goes with the object."""

    def _arrange(self) -> None:
        """Decide where in the memory everything goes: code and constants, stubs, and from a new page on variables."""
        self._places: dict[int, int] = {}
        end = self._arrange_sections(0, written=False)
        self._stubs: dict[int, int] = {}
        end = -(-end // _STUB_BYTES) * _STUB_BYTES
        for _, _, kind, number, _ in self._relocations:
            outside = self._symbols[number].section == UNDEFINED
            if (outside or kind in _TO_ADDRESS) and number not in self._stubs:
                self._stubs[number] = end
                end += _STUB_BYTES
        self._fixed = -(-end // mmap.PAGESIZE) * mmap.PAGESIZE
        self._size = max(self._arrange_sections(self._fixed, written=True), 1)

    def _arrange_sections(self, end: int, written: bool) -> int:
        for i, section in enumerate(self._sections):
            if section.is_loaded and bool(section.flags & WRITTEN) == written:
                end = -(-end // max(section.align, 1)) * max(section.align, 1)
                self._places[i] = end
                end += section.size
        return end

    def _fill(self, file: ObjectFile) -> None:
        for i, place in self._places.items():
            section = self._sections[i]
            if section.kind == PROGRAM:
                self._memory[place : place + section.size] = file.bytes_of(section)
        for number, place in self._stubs.items():
            stub = _STUB + struct.pack("<Q", self._address_of(self._symbols[number]))
            self._memory[place : place + len(stub)] = stub
        for inside, at, kind, number, addend in self._relocations:
            place = self._places[inside] + at
            if kind == _ADDRESS:
                struct.pack_into("<Q", self._memory, place, self._address_of(self._symbols[number]) + addend)
            else:
                struct.pack_into("<i", self._memory, place, self._target(kind, number) + addend - place)

    def _target(self, kind: int, number: int) -> int:
        """The address in memory that a relocation points to."""
        symbol = self._symbols[number]
        if kind in _TO_ADDRESS:
            return self._stubs[number] + len(_STUB)
        if kind in _TO_STUB and symbol.section == UNDEFINED:
            return self._stubs[number]
        if kind in _TO_SYMBOL + _TO_STUB and symbol.section in self._places:
            return self._places[symbol.section] + symbol.value
        raise Unknown(f"relocation {kind} to {symbol}")

    def _address_of(self, symbol: Symbol) -> int:
        if symbol.section == UNDEFINED:
            return self._outside[symbol.name] or 0
        if symbol.section not in self._places:
            raise Unknown(f"the address of {symbol}")
        return self._address + self._places[symbol.section] + symbol.value

    def _protect(self) -> None:
        """From now on code and constants may be run and read, and not be written."""
        if self._fixed:
            process = ctypes.CDLL(None, use_errno=True)
            arguments = ctypes.c_void_p(self._address), ctypes.c_size_t(self._fixed)
            if process.mprotect(*arguments, mmap.PROT_READ | mmap.PROT_EXEC):
                raise OSError(ctypes.get_errno(), "memory cannot be made executable")


def of_process(name: str) -> int | None:
    """The address of a symbol of this process, libm's functions included.

    Example:
        >>> of_process("no such function") is None
        True
    """
    try:
        return ctypes.cast(ctypes.CDLL(None)[name], ctypes.c_void_p).value
    except AttributeError:
        return None

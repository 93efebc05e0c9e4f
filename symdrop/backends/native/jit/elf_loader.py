"""Putting an object file where it can run, without LLVM.

Importing LLVM takes longer than everything else that a process with a filled cache has to do. What
LLVM makes of our texts is simple enough to be loaded by hand: on Linux, a 64-bit ELF file for x86
whose code reaches constants and functions relative to itself. Here is what a linker does with it:

1. Every section that is needed at run time gets its place in one stretch of memory: first what may
   not be written (code, constants), then what may (variables).
2. Beside the code stands, for every function from outside, a stub: a jump to its address, and the
   address itself. Code can only name what is within 2 GB.
3. Each *relocation* is a place in a section into which the address of some symbol is written, or the
   distance to it.

A file that holds anything else is `Unknown`, and machine.py leaves it to LLVM.

Source: "System V Application Binary Interface", AMD64 supplement, chapter 4.

Read next: target.py
"""

from __future__ import annotations

import ctypes
import mmap
import platform
import struct
import sys
from collections.abc import Iterator, Mapping
from typing import NamedTuple

# Kinds of section, and what flags say about one.
_PROGRAM, _SYMBOLS, _ADDENDS, _ZEROS = 1, 2, 4, 8
_WRITTEN, _NEEDED, _PER_THREAD = 1, 2, 0x400
# Kinds of relocation: an address; distances to a symbol, to a stub for it, and to the place of its address.
_ADDRESS, _TO_SYMBOL, _TO_STUB, _TO_ADDRESS = 1, (2,), (4,), (9, 41, 42)
# jmp *0(%rip), and after it the address
_STUB = b"\xff\x25\x00\x00\x00\x00"
_STUB_BYTES = 16
_UNDEFINED, _LOCAL = 0, 0


class Unknown(Exception):
    """An object file with something in it that this loader does not know."""


class Missing(Exception):
    """Symbols that nobody has; the arguments are their names."""


class _Section(NamedTuple):
    kind: int
    flags: int
    start: int
    size: int
    link: int
    info: int
    align: int


class _Symbol(NamedTuple):
    name: str
    binding: int
    section: int
    value: int


class _Relocation(NamedTuple):
    section: int
    at: int
    kind: int
    symbol: int
    addend: int


def _is_loaded(section: _Section) -> bool:
    """True for sections that are loaded; tables for unwinding the stack, names and notes are not."""
    return bool(section.flags & _NEEDED) and section.kind in (_PROGRAM, _ZEROS)


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
        try:
            self._read(code)
        except (struct.error, IndexError, ValueError) as error:
            raise Unknown(str(error)) from None
        self._outside = {
            s.name: symbols.get(s.name) or of_process(s.name)
            for s in self._symbols
            if s.section == _UNDEFINED and s.name
        }
        missing = [name for name, address in self._outside.items() if address is None]
        if missing:
            raise Missing(*missing)
        self._relocations = [
            found for section in self._of_kind(_ADDENDS) for found in self._relocations_of(section, code)
        ]
        self._arrange()
        # Unmapped when the last reference to it goes, and that is here.
        self._memory = mmap.mmap(-1, self._size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._address = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
        self._fill(code)
        self._protect()
        self.exported = {
            s.name: self._address_of(s) for s in self._symbols if s.binding != _LOCAL and s.section in self._places
        }

    def address(self, name: str) -> int:
        """The address of an exported function or variable.

        Raises:
            LookupError: if there is none of that name.
        """
        return self.exported[name]

    def close(self) -> None:
        """Nothing: the memory goes with the object."""

    def _read(self, code: bytes) -> None:
        if code[:6] != b"\x7fELF\x02\x01" or struct.unpack_from("<HH", code, 16) != (1, 62):
            raise Unknown("not an object file for x86-64")
        (table,), (width, number) = struct.unpack_from("<Q", code, 40), struct.unpack_from("<HH", code, 58)
        self._sections: list[_Section] = []
        for i in range(number):
            _, kind, flags, _, start, size, link, info, align, _ = struct.unpack_from(
                "<IIQQQQIIQQ", code, table + i * width
            )
            self._sections.append(_Section(kind, flags, start, size, link, info, align))
            if flags & _PER_THREAD:
                raise Unknown("variables of threads")
        self._symbols = [symbol for section in self._of_kind(_SYMBOLS) for symbol in self._symbols_of(section, code)]

    def _of_kind(self, kind: int) -> list[_Section]:
        return [section for section in self._sections if section.kind == kind]

    def _symbols_of(self, section: _Section, code: bytes) -> Iterator[_Symbol]:
        names = self._sections[section.link].start
        table = code[section.start : section.start + section.size]
        for name, info, _, place, value, _ in struct.iter_unpack("<IBBHQQ", table):
            text = code[names + name : code.index(b"\0", names + name)].decode()
            yield _Symbol(text, info >> 4, place, value)

    def _relocations_of(self, section: _Section, code: bytes) -> Iterator[_Relocation]:
        if _is_loaded(self._sections[section.info]):
            table = code[section.start : section.start + section.size]
            for at, which, addend in struct.iter_unpack("<QQq", table):
                yield _Relocation(section.info, at, which & 0xFFFFFFFF, which >> 32, addend)

    def _arrange(self) -> None:
        """Decide where in the memory everything goes: code and constants, stubs, and from a new page on variables."""
        self._places: dict[int, int] = {}
        end = self._arrange_sections(0, written=False)
        self._stubs: dict[int, int] = {}
        end = -(-end // _STUB_BYTES) * _STUB_BYTES
        for _, _, kind, number, _ in self._relocations:
            outside = self._symbols[number].section == _UNDEFINED
            if (outside or kind in _TO_ADDRESS) and number not in self._stubs:
                self._stubs[number] = end
                end += _STUB_BYTES
        self._fixed = -(-end // mmap.PAGESIZE) * mmap.PAGESIZE
        self._size = max(self._arrange_sections(self._fixed, written=True), 1)

    def _arrange_sections(self, end: int, written: bool) -> int:
        for i, section in enumerate(self._sections):
            if _is_loaded(section) and bool(section.flags & _WRITTEN) == written:
                end = -(-end // max(section.align, 1)) * max(section.align, 1)
                self._places[i] = end
                end += section.size
        return end

    def _fill(self, code: bytes) -> None:
        for i, place in self._places.items():
            section = self._sections[i]
            if section.kind == _PROGRAM:
                self._memory[place : place + section.size] = code[section.start : section.start + section.size]
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
        if kind in _TO_STUB and symbol.section == _UNDEFINED:
            return self._stubs[number]
        if kind in _TO_SYMBOL + _TO_STUB and symbol.section in self._places:
            return self._places[symbol.section] + symbol.value
        raise Unknown(f"relocation {kind} to {symbol}")

    def _address_of(self, symbol: _Symbol) -> int:
        if symbol.section == _UNDEFINED:
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


def names(code: bytes) -> tuple[list[str], list[str]]:
    """The names that an object needs, and those that it defines; LLVM's complaint about a missing one names none.

    Read from the symbol table of a 64-bit little-endian ELF file. Other formats are left to LLVM.
    """
    needed: list[str] = []
    defined: list[str] = []
    if code[:6] != b"\x7fELF\x02\x01":
        return needed, defined
    try:
        place, width, number = *struct.unpack_from("<Q", code, 40), *struct.unpack_from("<HH", code, 58)
        sections = [struct.unpack_from("<IIQQQQI", code, place + i * width) for i in range(number)]
        for _, kind, _, _, start, size, strings in sections:
            if kind == 2:  # a symbol table; `strings` numbers the section of its names
                first = sections[strings][4]
                for name, _, _, place, _, _ in struct.iter_unpack("<IBBHQQ", code[start : start + size]):
                    if name:
                        text = code[first + name : code.index(b"\0", first + name)].decode()
                        (defined if place else needed).append(text)
    except (struct.error, IndexError, ValueError):
        return [], []
    return needed, defined

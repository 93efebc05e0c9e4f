"""The tables of an ELF object file: sections, symbols and relocations.

An object file is a compiled module that is not linked yet. Of the format's variants this is the one of 64 bits, low
bytes first, whatever the processor.

Source: "System V Application Binary Interface", edition 4.1, chapter 4.

Read next: elf_loader.py
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

# Kinds of section, and what flags say about one.
PROGRAM, SYMBOLS, ADDENDS, ZEROS = 1, 2, 4, 8
WRITTEN, NEEDED, PER_THREAD = 1, 2, 0x400
# The section of a symbol that the file does not define, and the binding of one that only the file itself sees.
UNDEFINED, LOCAL = 0, 0

_MAGIC = b"\x7fELF\x02\x01"


class Unknown(Exception):
    """An object file with something in it that is not known here."""


class Section(NamedTuple):
    """A stretch of the file.

    Attributes:
        kind: one of PROGRAM, SYMBOLS, ADDENDS, ZEROS, or another.
        flags: some of WRITTEN, NEEDED, PER_THREAD, and others.
        start: where it lies in the file, in bytes.
        size: its length in bytes; of ZEROS, what it takes in memory.
        link: of symbols, the number of the section with their names.
        info: of relocations, the number of the section that they change.
        align: what its address must be a multiple of.
    """

    kind: int
    flags: int
    start: int
    size: int
    link: int
    info: int
    align: int

    @property
    def is_loaded(self) -> bool:
        """True for sections that are loaded; tables for unwinding the stack, names and notes are not."""
        return bool(self.flags & NEEDED) and self.kind in (PROGRAM, ZEROS)


class Symbol(NamedTuple):
    """A symbol: a name for an offset in a section.

    Attributes:
        name: the name, or "".
        binding: LOCAL, or another if other files may refer to it.
        section: the number of the section it lies in, or UNDEFINED.
        value: where in that section.
    """

    name: str
    binding: int
    section: int
    value: int


class Relocation(NamedTuple):
    """A place into which the address of a symbol, or the distance to it, is to be written.

    Attributes:
        section: the number of the section with the place.
        at: where in that section.
        kind: which form of address, by the processor's numbers.
        symbol: the number of the symbol.
        addend: what is added to its address.
    """

    section: int
    at: int
    kind: int
    symbol: int
    addend: int


@contextmanager
def _damage() -> Iterator[None]:
    """Errors of reading what a file does not hold, as ``Unknown``."""
    try:
        yield
    except (struct.error, IndexError, ValueError, OverflowError) as error:
        raise Unknown(str(error)) from None


class ObjectFile:
    """The tables of an object file.

    Args:
        code: the file.

    Attributes:
        kind: 1 for a file that can be linked.
        machine: the processor's number: 62 for x86-64.
        sections: in the order of the file.
        symbols: those of all tables.

    Raises:
        Unknown: if it is none, or damaged.
    """

    def __init__(self, code: bytes) -> None:
        if not code.startswith(_MAGIC):
            raise Unknown("no ELF file of 64 bits, low bytes first")
        self._code = code
        with _damage():
            self.kind, self.machine = struct.unpack_from("<HH", code, 16)
            (table,), (width, number) = struct.unpack_from("<Q", code, 40), struct.unpack_from("<HH", code, 58)
            self.sections = [self._section(table + i * width) for i in range(number)]
            self.symbols = [symbol for section in self._of_kind(SYMBOLS) for symbol in self._symbols_of(section)]

    def relocations(self) -> list[Relocation]:
        """The relocations of sections that are loaded.

        Raises:
            Unknown: if the file is damaged.
        """
        with _damage():
            return [found for section in self._of_kind(ADDENDS) for found in self._relocations_of(section)]

    def bytes_of(self, section: Section) -> bytes:
        """The bytes of a section."""
        return self._code[section.start : section.start + section.size]

    def _section(self, at: int) -> Section:
        _, kind, flags, _, start, size, link, info, align, _ = struct.unpack_from("<IIQQQQIIQQ", self._code, at)
        return Section(kind, flags, start, size, link, info, align)

    def _of_kind(self, kind: int) -> list[Section]:
        return [section for section in self.sections if section.kind == kind]

    def _symbols_of(self, section: Section) -> Iterator[Symbol]:
        names = self.sections[section.link].start
        for name, info, _, place, value, _ in struct.iter_unpack("<IBBHQQ", self.bytes_of(section)):
            text = self._code[names + name : self._code.index(b"\0", names + name)].decode()
            yield Symbol(text, info >> 4, place, value)

    def _relocations_of(self, section: Section) -> Iterator[Relocation]:
        if self.sections[section.info].is_loaded:
            for at, which, addend in struct.iter_unpack("<QQq", self.bytes_of(section)):
                yield Relocation(section.info, at, which & 0xFFFFFFFF, which >> 32, addend)


def names(code: bytes) -> tuple[list[str], list[str]]:
    """The names that an object needs, and those that it defines; none of a file of another format."""
    try:
        named = [symbol for symbol in ObjectFile(code).symbols if symbol.name]
    except Unknown:
        return [], []
    needed, defined = ([s.name for s in named if (s.section == UNDEFINED) == outside] for outside in (True, False))
    return needed, defined

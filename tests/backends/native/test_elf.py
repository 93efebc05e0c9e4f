"""The reader of object files, against LLVM's own, and on files that are damaged."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from llvmlite.binding import ObjectFileRef

import symdrop
from symdrop.backends.native.jit import compiler, elf

TEXT = """
declare double @sin(double)
@table = constant [3 x i64] [i64 1, i64 2, i64 3]
@zeros = global [5 x i32] zeroinitializer
define internal double @inside(double %x) noinline {
  %y = call double @sin(double %x)
  ret double %y
}
define double @outside(double %x) {
  %y = call double @inside(double %x)
  %z = fadd double %y, 2.5
  ret double %z
}
"""
PACKAGE = Path(symdrop.__file__).parent
CODE = compiler.compile_object(TEXT, compiler.host())
pytestmark = pytest.mark.skipif(CODE[:4] != b"\x7fELF", reason="object files of this system are of another kind")


def test_sections_are_those_that_llvm_finds():
    """Sizes and bytes of all sections are what LLVM's reader of object files says."""
    file, theirs = elf.ObjectFile(CODE), ObjectFileRef.from_data(CODE)
    found = [(part.size(), part.data()) for part in theirs.sections()]
    assert [section.size for section in file.sections] == [size for size, _ in found]
    for ours, (_, data) in zip(file.sections, found, strict=True):
        assert ours.kind == elf.ZEROS or file.bytes_of(ours) == data


def test_names_that_are_needed_and_defined():
    """What other files must bring, and what the file has, functions that nobody outside sees included."""
    needed, defined = elf.names(CODE)
    assert needed == ["sin"] and {"outside", "inside", "table", "zeros"} <= set(defined)
    outside = {symbol.name for symbol in elf.ObjectFile(CODE).symbols if symbol.binding != elf.LOCAL and symbol.section}
    assert outside == {"outside", "table", "zeros"}


def test_relocations_name_what_they_point_to():
    """A call of a function from outside is a place in loaded code that names the function's symbol."""
    file = elf.ObjectFile(CODE)
    assert "sin" in {file.symbols[found.symbol].name for found in file.relocations()}
    assert all(file.sections[found.section].is_loaded for found in file.relocations())


def test_damaged_files_are_unknown():
    """A file that ends too soon, or in which bytes are others, is read or refused by one kind of error; none hangs."""
    draw = random.Random(3)
    broken = [CODE[:length] for length in range(0, len(CODE), 7)]
    for _ in range(400):
        code = bytearray(CODE)
        code[draw.randrange(len(code))] = draw.randrange(256)
        broken.append(bytes(code))
    refused = 0
    for code in broken:
        try:
            elf.ObjectFile(code).relocations()
        except elf.Unknown:
            refused += 1
        needed, defined = elf.names(code)
        assert isinstance(needed, list) and isinstance(defined, list)
    assert refused > 100


def test_the_tables_are_read_in_one_place():
    """No other file of the package takes an object file apart."""
    readers = [path for path in PACKAGE.rglob("*.py") if r"\x7fELF" in path.read_text()]
    assert [path.name for path in readers] == ["elf.py"]

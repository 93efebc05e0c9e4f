"""Matrix products: which part of C is computed with what.

`product.ll` holds the text and names the functions. No thread waits for another.

    small            loops that pack nothing (lower/loops/small_product.py), by who has the first part
    with a vector    the same, in parts; where the vector is multiplied by rows of the matrix, some of these at a time
                     (lower/loops/row_product.py)
    few columns      of a transposed A: vectors run along rows (lower/loops/few_columns.py); else only B is packed
    few rows         loops over blocks, in which B is read where it lies, if its columns lie side by side
    others           loops over blocks (lower/loops/cache_blocking.py), in parts of C

A part is of rows or of columns of C, and as any part of a kernel it may be halved (pool.py). One of the operands is
read by all parts: a thread packs it once, and finds it packed for the next part that it takes.

Every element's sum has one order in all of ours, so the bits depend on no thread. OpenBLAS is not like
that: it sums pieces of less than a million multiplications in another order, and at the right edge of C in another than
elsewhere; but rows may be cut at any multiple of 12 (measured for its x86-64 kernels). So where all products are left
to it (`config.blas`) sizes are told apart by m * n * k alone:

    medium    pieces that depend on the product alone, dealt out to the threads; so are products with a vector
    large     where C is broad, as many pieces as the machine has processors; else a share of the rows for
              every thread, of more than a million

The register tiles and the loops of a row times a matrix, where nearly all of the time is spent, are a module of their
own, which is full code in both tiers: quick code would keep their sums in memory, and a step of products would take
seven times as long.

Between `symdrop_blas_enter` and `symdrop_blas_leave` (`blas_callers.ll`) the library uses no threads of its own: a
second set of spinning threads would ruin ours. The setting belongs to the whole process, so callers are counted; the
first changes it, the last gives back what the user had set. A library that cannot be held to one thread, because
get_threads is null, is called by thread 0 alone and may use its own threads.

Source: blocks in registers, K. Goto and R. van de Geijn, "Anatomy of high-performance matrix
multiplication", ACM TOMS 34(3), 2008.

Read next: ../blas.py
"""

from __future__ import annotations

from typing import Any

from ....lower.ir.product_types import DTYPES
from ....lower.ir.vector_ir import Procedure
from ....lower.loops.cache_blocking import product_procedures, register_tiles
from ....lower.loops.few_columns import FEW, few_columns
from ....lower.loops.register_tile import SCRATCH_BYTES, SMALL, Tiling, tiling
from ....lower.loops.row_product import COLUMNS as WAITING
from ....lower.loops.row_product import row_product
from ....lower.loops.small_product import (
    column_product,
    dot_products,
    gathered_product,
    narrow_product,
    small_product,
)
from ..llvm.emit import declare_procedure, write_procedure
from ..llvm.literals import TYPES
from ..templates import fill

# With a vector: up to so many, and up to so many elements of the result.
SMALL_VECTOR = 4096
SMALL_COUNT = 32
# With a transposed B, which own loops have to copy: up to so many elements of it.
SMALL_COPY = 256

# Medium products: the multiplications of a piece, more where OpenBLAS packs all of B for every piece.
PIECE = 1 << 17
PIECE_ACROSS = 1 << 19
# From here on products are large. Broad ones have a piece for every processor of the machine, whether or not
# all take part, of at least so many columns; of others, a share is of more multiplications than the million.
LARGE = 1 << 22
BROAD = 64
MILLION = 1 << 20

# Pieces begin at multiples of these.
UNIT_ROWS = 12
UNIT_COLUMNS = 16
UNIT_VECTOR = 64
PIECE_VECTOR = 1 << 16

# From so many elements on a product of two vectors is summed up in partial sums.
DOTS = 16

# Up to so many rows B is read where it lies, if its columns lie side by side, so many steps at a time; up to several of
# so many columns, unless rows of B lie a power of two apart, so that they fall into few sets of the caches. Of long
# rows B is read in lines of the cache, which else would be fetched twice.
FEW_ROWS = 12
SEVERAL_ROWS, SEVERAL_COLUMNS = 48, 128
SHORT_DEPTH = 128
LONG_ROWS = 512

# Blocked loops give a thread at least so many columns, if C is no taller than broad. Its share is cut into at most so
# many pieces, of at least so many multiplications and so many rows or columns; of more where each part packs both
# operands, and where each reads so many neighbours in every row of a matrix, at the speed of memory.
SHARE_COLUMNS = 64
PIECES = 8
SHARE = 1 << 16
PIECE_SIZE = 48
LARGE_PIECE_SIZE = 512
ROW_PIECE_SIZE = 4096

_SIZES = {"SMALL": SMALL, "SCRATCH_BYTES": SCRATCH_BYTES} | {
    name: value for name, value in globals().items() if name.isupper()
}


def tiles(vector_bits: int, suffix: str, registers: int = 16, fma: bool = True) -> str:
    """The innermost loops of the products of one type, in which most of their time is spent, as a module.

    Args:
        vector_bits, suffix, registers, fma: as of ``text``.
    """
    written: dict[str, str] = {}
    for procedure in _innermost(tiling(DTYPES[suffix], vector_bits, registers)):
        written |= write_procedure(procedure, fma, is_always_full=True)
    return "\n".join(written.values())


def few(vector_bits: int, suffix: str, registers: int = 16, fma: bool = True) -> str:
    """The ways of few columns of a transposed operand, as a module of its own: it takes as long to compile as all else.

    Args:
        vector_bits, suffix, registers, fma: as of ``text``.
    """
    chosen = tiling(DTYPES[suffix], vector_bits, registers)
    written: dict[str, str] = {}
    for procedure in _few(chosen):
        written |= write_procedure(procedure, fma, is_always_full=True)
    return "\n".join(written.values())


def _few(chosen: Tiling) -> list[Procedure]:
    return [made(chosen.dtype, chosen.width) for made in (few_columns, narrow_product)]


def _innermost(chosen: Tiling) -> list[Procedure]:
    return [*register_tiles(chosen).values(), row_product(chosen.dtype, chosen.width)]


def text(vector_bits: int, suffix: str, registers: int = 16, fma: bool = True, is_short: bool = False) -> str:
    """The products of one type, which call ``tiles`` and ``few``; callers of the BLAS are counted by functions found
    elsewhere (``callers``).

    Args:
        vector_bits: width of the machine's vectors: 128, 256 or 512.
        suffix: of the type: "f32", "f64", or "i8" to "i64".
        registers: how many vectors its registers hold.
        fma: whether it multiplies and adds in one instruction.
        is_short: whether few columns go the way of others, as in quick code: half of the text, for the same bits.

    Returns:
        Definitions and declarations, to be joined with those of ``routines``.

    Example:
        >>> "define void @symdrop_product_f64(" in text(256, "f64")
        True
    """
    bits, dtype = int(suffix[1:]), DTYPES[suffix]
    # Of integers no BLAS has products: what is named is null for them.
    letter = "d" if suffix == "f64" else "s"
    zero, one, unequal = ("0.0", "1.0", "fcmp une") if suffix[0] == "f" else ("0", "1", "icmp ne")
    chosen = tiling(dtype, vector_bits, registers)
    width, element = chosen.width, TYPES[dtype]
    procedures: dict[str, str] = {}
    for unpacked in (small_product, column_product, gathered_product, dot_products):
        procedures |= write_procedure(unpacked(chosen.dtype, width), fma, is_inlined=True)
    declared = register_tiles(chosen)
    few = [] if is_short else _few(chosen)
    for procedure in product_procedures(chosen, declared):
        procedures |= write_procedure(procedure, fma)
    holes: dict[str, Any] = {
        **_SIZES, "s": suffix, "T": element, "UNEQUAL": unequal, "ZERO": zero,
        "D": chosen.dtype, "BYTES": bits // 8, "DEPTH": chosen.depth, "SUMS": chosen.sums_at, "COLUMNS": chosen.columns,
        "PANELS": chosen.panels, "ROOM": chosen.room,
        "ROWS": chosen.rows, "FEW": FEW * width,
        "column_ranges": [
            ("lead", "0", "false"), ("whole", "%lead_columns", "true"), ("rest", "%rest_within", "false"),
        ],
        "few": ["few"] * bool(few), "WAITING": WAITING,
        "TURNED": "turned" if few else "blocks", "NARROW": "narrow" if few else "blocks",
        "PANELS_AT": chosen.panels_at, "packings": [("copy", f"copy_{chosen.columns}"), ("transpose", "transpose")],
        "gemm": f"{letter}gemm", "gemv": f"{letter}gemv",
        "scale_values": list(enumerate(("%alpha", "%beta", one, one))),
        "entries": [("product", "%reads"), ("gemm", "true")],
        "prologues": list(enumerate(("a_procedure", "a_context", "b_procedure", "b_context"))),
    }  # fmt: skip
    head = map(declare_procedure, [*_innermost(chosen), *few])
    return "\n".join([*head, *procedures.values(), *(fill(f"runtime/{name}.ll", **holes) for name in _TEMPLATES)])


_TEMPLATES = ("blas_calls", "product")


def routines() -> str:
    """The addresses of the BLAS's routines, which ``symdrop_set_blas`` sets, as LLVM text."""
    return fill("runtime/blas_routines.ll")


def callers() -> str:
    """The count of those who are in the BLAS, as LLVM text."""
    return fill("runtime/blas_callers.ll")

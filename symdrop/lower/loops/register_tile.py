"""Register tiles: the innermost loop of a contraction, a few rows of the result by two vectors of columns.

A tile's sums stay in registers while the loop runs over the summed index p. At each step it loads two vectors of the
right operand's panel and, one after the other, a number of the left one's for every row, and multiplies and adds in one
rounding. So every element of the result is one chain of fused multiply-adds over p in order, whatever the shape of the
tile; its bits do not depend on tiles, blocks or threads. This is the only place where products are fused with sums.

How many rows a tile has is limited by the registers of the machine: `tiling` chooses.

Source: K. Goto and R. van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34(3), 2008;
F. Van Zee and R. van de Geijn, "BLIS: a framework for rapidly instantiating BLAS functionality", ACM TOMS 41(3), 2015.

Read next: partial_tile.py
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ..ir.frame import itemsize
from ..ir.vector_ir import INDEX, IRBuilder, Loop, Procedure, Value
from ..vectorize.index_expressions import IndexArithmetic
from ..vectorize.vector_maths import VectorMaths

# Vectors of columns in a register tile.
_VECTORS = 2
# How many heights of tiles there are, at least, for the rows that fill no whole one.
_HEIGHTS = 3
# Bytes of the left operand's block, for the second cache, which is larger where vectors have 512 bits; of one panel of
# the right operand, which comes from the first cache, and of all that are kept, for the third.
_BLOCK_BYTES = {512: 640 << 10}
_SMALLEST_BLOCK_BYTES = 264 << 10
_PANEL_BYTES = 32 << 10
_PANELS_BYTES = 2 << 20
# The most steps of a panel.
_DEPTH = 512
# Panels of the right operand that are packed together.
PANELS = 8
# A tile reads the left operand's panel from the second cache, and fetches it into the first so many steps ahead.
_AHEAD = 16
_CACHE_LINE = 64
# Steps of the summed index between two jumps.
_UNROLLED = 2
# Bytes of sums that are put aside where the result's old value is needed until the end, and columns of a block of them.
_SUMS_BYTES = 1056 << 10
_SUMS_COLUMNS = 512
# Bytes of scratch memory that a thread is given: enough for every tiling.
SCRATCH_BYTES = 3904 << 10
# A product of fewer multiplications than this needs no scratch memory.
SMALL = 8192


@dataclass(frozen=True, slots=True)
class Tiling:
    """Sizes of tiles, panels and blocks for one machine and dtype.

    Attributes:
        dtype: of the elements.
        width: elements of a vector.
        vectors: of columns, in a register tile.
        rows: most rows of a register tile.
        depth: most steps of a panel along the summed index.
        block_rows: most rows of a block of the left operand.
        panels: elements of all panels of the right operand that are kept.
        sums: elements of sums that are put aside.
        sums_columns: most columns of a block whose sums are.
        ends_tiles: whether an epilogue is called for each register tile, not for all panels that are packed together:
            a tile is large enough for it where vectors are wide.
    """

    dtype: str
    width: int
    vectors: int
    rows: int
    depth: int
    block_rows: int
    panels: int
    sums: int
    sums_columns: int
    ends_tiles: bool

    @property
    def columns(self) -> int:
        """Columns of a register tile."""
        return self.vectors * self.width

    @property
    def heights(self) -> Sequence[int]:
        """The numbers of rows for which there are tiles, the lowest first."""
        return sorted(range(self.rows, 0, -max(2, self.rows // _HEIGHTS // 2 * 2)))

    @property
    def room(self) -> int:
        """Elements between panels of the left operand, for the part of their last vector that is no row of theirs."""
        return -self.rows % self.width

    @property
    def scratch(self) -> int:
        """Elements of scratch memory that a thread needs: a block, panels, sums put aside, and a partial tile."""
        return self.tile_at + self.rows * self.columns

    @property
    def panels_at(self) -> int:
        """The offset of the right operand's panels in the scratch memory, behind the block."""
        tiles = -(-self.block_rows // self.rows)
        return -(-tiles * (self.depth * self.rows + self.room) // _CACHE_LINE) * _CACHE_LINE

    @property
    def sums_at(self) -> int:
        """The offset of the sums in the scratch memory, behind the panels."""
        return self.panels_at + self.panels

    @property
    def tile_at(self) -> int:
        """The offset of a partial tile in the scratch memory, behind the sums."""
        return self.sums_at + self.sums


def vector_width(dtype: str, vector_bits: int) -> int:
    """How many elements a product takes side by side: as many as there are of 32 bits, if they are smaller.

    More of them would be multiplied and transposed in such long sequences of instructions that compiling takes seconds.
    """
    return vector_bits // 8 // max(4, itemsize(dtype))


def tiling(dtype: str, vector_bits: int, registers: int) -> Tiling:
    """The tiling for a machine.

    Args:
        dtype: of the elements.
        vector_bits: width of its vectors.
        registers: how many vectors its registers hold.

    Example:
        >>> tiling("float32", 512, 32).rows, tiling("float64", 256, 16).rows
        (14, 6)
    """
    width, vectors = vector_width(dtype, vector_bits), _VECTORS
    rows = (registers - vectors - 1) // vectors // 2 * 2
    depth = most_steps(dtype, width)
    block_bytes = _BLOCK_BYTES.get(vector_bits, _SMALLEST_BLOCK_BYTES)
    block_rows = block_bytes // (depth * itemsize(dtype)) // rows * rows
    panels, sums = _PANELS_BYTES // itemsize(dtype), _SUMS_BYTES // itemsize(dtype)
    return Tiling(dtype, width, vectors, rows, depth, block_rows, panels, sums, _SUMS_COLUMNS, vector_bits == 512)


def most_steps(dtype: str, width: int) -> int:
    """The most steps of a panel, for vectors of so many elements."""
    return min(_PANEL_BYTES // (_VECTORS * width * itemsize(dtype)), _DEPTH)


# What a register tile is given: memory, and indices by name; conditions are 0 or 1.
_MEMORY = ("a", "b", "sums", "out", "scales")
_INDICES = (
    "depth", "a_at", "b_at", "b_step", "b_next", "sums_at", "sums_row", "out_at", "out_row", "scales_at", "old", "keep",
)  # fmt: skip


def register_tile(tiling: Tiling, rows: int) -> Procedure:
    """The procedure of a register tile: ``rows`` rows of two vectors of columns.

    It is given, as memory and where in it: the packed panel ``a``; ``b``, a packed panel or columns of the operand
    itself, whose steps lie ``b_step`` apart, and of each of which another element is fetched, ``b_next`` behind the
    first; ``sums``, with which the sums begin if they are ``old``, else with zeros; ``out``, which becomes
    alpha * sums, + beta * out if that is to ``keep``; and ``scales``, alpha and beta. Rows of sums and out lie ``_row``
    apart.
    """
    builder = IRBuilder(VectorMaths, tiling.width)
    made = builder.procedure(f"tile_{rows}_{tiling.dtype}", _MEMORY, dict.fromkeys(_INDICES, INDEX))
    _TileEmitter(builder, tiling, rows, made.numbers).write()
    return made


class _TileEmitter(IndexArithmetic):
    def __init__(self, builder: IRBuilder, tiling: Tiling, rows: int, given: Mapping[str, Value]) -> None:
        super().__init__(builder)
        self.tiling = tiling
        self.rows = rows
        self.given = given

    def write(self) -> None:
        """Write the loop over the steps, the scaling of the sums, and their stores."""
        given = self.given
        sums = self._begin()
        self._fetch_next()
        most = self.builder.make("and", given["depth"], self.index(-_UNROLLED))
        for start, stop, count in ((self.index(0), most, _UNROLLED), (most, given["depth"], 1)):
            with self.builder.loop(start, stop, count, "p") as loop:
                carried = [loop.carry(value) for value in sums]
                after = self._steps(loop.index, count, [one.now for one in carried])
                for one, value in zip(carried, after, strict=True):
                    one.next = value
            sums = [loop.result(one) for one in carried]
        self._end(sums)

    def _fetch_next(self) -> None:
        """Prefetch the results of the next tile below."""
        t, given = self.tiling, self.given
        for row in range(self.rows, 2 * self.rows):
            at = self.add(given["out_at"], self.mul(given["out_row"], self.index(row)))
            for v in range(t.vectors):
                self.builder.prefetch("out", self.add(at, self.index(v * t.width)), t.dtype, cache=1)

    def _steps(self, p: Value, count: int, sums: Sequence[Value]) -> Sequence[Value]:
        """The sums after some steps from p on."""
        t = self.tiling
        a_at = self.add(self.given["a_at"], self.mul(p, self.index(t.rows)))
        for line in range(0, count * t.rows, _CACHE_LINE // itemsize(t.dtype)):
            self.builder.prefetch("a", self.add(a_at, self.index(_AHEAD * t.rows + line)), t.dtype, cache=1)
        for step in range(count):
            sums = self._step(self.add(p, self.index(step)), sums)
        return sums

    def _step(self, p: Value, sums: Sequence[Value]) -> list[Value]:
        t, builder = self.tiling, self.builder
        a_at = self.add(self.given["a_at"], self.mul(p, self.index(t.rows)))
        b_at = self.add(self.given["b_at"], self.mul(p, self.given["b_step"]))
        builder.prefetch("b", self.add(b_at, self.given["b_next"]), t.dtype, cache=1)
        right = [
            builder.load("b", self.add(b_at, self.index(v * t.width)), t.dtype, t.width)
            for v in range(self.tiling.vectors)
        ]
        made = []
        for row in range(self.rows):
            left = builder.splat(builder.load("a", self.add(a_at, self.index(row)), t.dtype), t.width)
            made += [
                builder.make("fma", left, right[v], sums[row * self.tiling.vectors + v])
                for v in range(self.tiling.vectors)
            ]
        return made

    def _begin(self) -> list[Value]:
        t = self.tiling
        zero = self.builder.splat(self.builder.constant(0, t.dtype), t.width)
        with self._if_so(self.given["old"]) as loop:
            carried = [loop.carry(zero) for _ in range(self.rows * t.vectors)]
            for one, place in zip(carried, self._places("sums"), strict=True):
                one.next = self.builder.load_here("sums", place, t.dtype, t.width)
        return [loop.result(one) for one in carried]

    def _end(self, sums: Sequence[Value]) -> None:
        t, builder, given = self.tiling, self.builder, self.given
        alpha, beta = (self.add(given["scales_at"], self.index(i)) for i in range(2))
        for keeps in (given["keep"], self.sub(self.index(1), given["keep"])):
            with self._if_so(keeps):
                scale = builder.splat(builder.load_here("scales", alpha, t.dtype), t.width)
                kept = builder.splat(builder.load_here("scales", beta, t.dtype), t.width)
                for value, place in zip(sums, self._places("out"), strict=True):
                    made = builder.make("mul", value, scale)
                    if keeps is given["keep"]:
                        before = builder.load_here("out", place, t.dtype, t.width)
                        made = builder.make("fma", kept, before, made)
                    builder.store("out", place, made)

    def _places(self, memory: str) -> Iterator[Value]:
        """The offsets of a tile's vectors, row after row."""
        at, apart = self.given[f"{memory}_at"], self.given[f"{memory}_row"]
        for row in range(self.rows):
            line = self.add(at, self.mul(apart, self.index(row)))
            for v in range(self.tiling.vectors):
                yield self.add(line, self.index(v * self.tiling.width))

    @contextmanager
    def _if_so(self, holds: Value) -> Iterator[Loop]:
        """A condition, 0 or 1, as a loop of so many steps."""
        with self.builder.loop(self.index(0), holds, 1, "once, if so") as loop:
            yield loop

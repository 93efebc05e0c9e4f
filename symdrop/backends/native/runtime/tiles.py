"""The innermost loops of matrix products, LLVM text: as many sums as registers hold.

A *tile* is some rows of C, one or two vectors wide. For every step along the summed axis, vectors from a
row of B are multiplied by single elements of A. *Dots* are some rows times a single column; there the
vectors run along the summed axis, and are added up in the end.

Every element's sum has one order, whatever the tile it lies in.

Read next: small.py
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from string import Template

# Rows at a time: first as many as keep the processor's multipliers busy, then what is left over.
ROWS = (4, 1)


@dataclass(frozen=True)
class Lanes:
    """A vector of floating-point numbers as LLVM names it.

    Attributes:
        suffix: "f32" or "f64".
        type: LLVM's type of an element.
        bytes: of an element.
        width: elements in a vector.
    """

    suffix: str
    type: str
    bytes: int
    width: int

    def fill(self, text: str, **names: object) -> str:
        """A text with these types in place of $T (element), $V (vector), $M (mask), ..., and other names' values."""
        width = self.width
        iota = ", ".join(f"i64 {lane}" for lane in range(width))
        return Template(text).substitute(
            s=self.suffix, T=self.type, W=width, WW=2 * width, align=self.bytes, V=f"<{width} x {self.type}>",
            M=f"<{width} x i1>", I=f"<{width} x i64>", iota=f"<{iota}>", **names,
        )  # fmt: skip


def lanes(suffix: str, vector_bits: int) -> Lanes:
    """The vectors of a type on a machine.

    Example:
        >>> lanes("f64", 256).width
        4
    """
    bits = int(suffix[1:])
    return Lanes(suffix, {32: "float", 64: "double"}[bits], bits // 8, vector_bits // bits)


def text(lane: Lanes) -> str:
    """``product_wide_<rows>``, ``product_last_<rows>`` and ``product_dots_<rows>`` for one type.

    Example:
        >>> "@product_dots_4_f32(" in text(lanes("f32", 256))
        True
    """
    tiles = [line for rows in ROWS for name in _TILES for line in _tile(lane.width, rows, name)]
    dots = [line for rows in ROWS for line in _dots(lane.width, rows)]
    return lane.fill("\n".join([_VECTORS, *tiles, *dots]))


_VECTORS = """
declare $V @llvm.masked.load.v$W$s.p0(ptr, i32, $M, $V)
declare void @llvm.masked.store.v$W$s.p0($V, ptr, i32, $M)
declare $T @llvm.vector.reduce.fadd.v$W$s($T, $V)

define internal $I @product_all_$s(i64 %number) nounwind alwaysinline {
  %one = insertelement $I poison, i64 %number, i64 0
  %all = shufflevector $I %one, $I poison, <$W x i32> zeroinitializer
  ret $I %all
}
; True in the first `count` lanes.
define internal $M @product_first_$s(i64 %count) nounwind alwaysinline {
  %counts = call $I @product_all_$s(i64 %count)
  %mask = icmp slt $I $iota, %counts
  ret $M %mask
}
define internal $V @product_splat_$s($T %value) nounwind alwaysinline {
  %one = insertelement $V poison, $T %value, i64 0
  %all = shufflevector $V %one, $V poison, <$W x i32> zeroinitializer
  ret $V %all
}
"""

# The tiles: how many vectors wide, and how these are loaded and stored.
_TILES = {"wide": (2, "plain"), "last": (1, "masked")}

_LOAD = {
    "plain": "load $V, ptr {place}, align $align",
    "masked": "call $V @llvm.masked.load.v$W$s.p0(ptr {place}, i32 $align, $M %mask, $V zeroinitializer)",
}
_STORE = {
    "plain": "store $V {value}, ptr {place}, align $align",
    "masked": "call void @llvm.masked.store.v$W$s.p0($V {value}, ptr {place}, i32 $align, $M %mask)",
}


def _tile(width: int, rows: int, name: str) -> Iterator[str]:
    """Some rows times one or two vectors of columns; ``b`` and ``c`` point to the first column."""
    vectors, access = _TILES[name]
    cells = [(r, v, f"{r}_{v}") for r in range(rows) for v in range(vectors)]
    yield f"""
define internal void @product_{name}_{rows}_$s(i64 %k, $T %alpha, ptr %a, i64 %a_row, i64 %a_step, ptr %b,
    i64 %b_step, $T %beta, ptr %c, i64 %c_row, i1 %keep, $M %mask) nounwind alwaysinline {{
entry:
  %some = icmp sgt i64 %k, 0"""
    for r in range(rows):
        yield f"  %a_at_{r} = mul i64 %a_row, {r}"
    yield "  br i1 %some, label %sum, label %finish"
    yield "sum:"
    yield "  %p = phi i64 [ 0, %entry ], [ %p_next, %sum ]"
    yield "  %a_p = phi ptr [ %a, %entry ], [ %a_next, %sum ]"
    yield "  %b_p = phi ptr [ %b, %entry ], [ %b_next, %sum ]"
    for _, _, cell in cells:
        yield f"  %sum_{cell} = phi $V [ zeroinitializer, %entry ], [ %more_{cell}, %sum ]"
    for v in range(vectors):
        yield f"  %b_at_{v} = getelementptr $T, ptr %b_p, i64 {v * width}"
        yield f"  %b_{v} = " + _LOAD[access].format(place=f"%b_at_{v}")
    for r in range(rows):
        yield f"  %a_of_{r} = getelementptr $T, ptr %a_p, i64 %a_at_{r}"
        yield f"  %one_{r} = load $T, ptr %a_of_{r}"
        yield f"  %a_{r} = call $V @product_splat_$s($T %one_{r})"
    for r, v, cell in cells:
        yield f"  %times_{cell} = fmul contract $V %a_{r}, %b_{v}"
        yield f"  %more_{cell} = fadd contract $V %times_{cell}, %sum_{cell}"
    yield "  %a_next = getelementptr $T, ptr %a_p, i64 %a_step"
    yield "  %b_next = getelementptr $T, ptr %b_p, i64 %b_step"
    yield "  %p_next = add i64 %p, 1"
    yield "  %again = icmp slt i64 %p_next, %k"
    yield "  br i1 %again, label %sum, label %finish"
    yield "finish:"
    for _, _, cell in cells:
        yield f"  %total_{cell} = phi $V [ zeroinitializer, %entry ], [ %more_{cell}, %sum ]"
    yield "  %alphas = call $V @product_splat_$s($T %alpha)"
    for r in range(rows):
        yield f"  %c_at_{r} = mul i64 %c_row, {r}"
        yield f"  %c_{r} = getelementptr $T, ptr %c, i64 %c_at_{r}"
    for r, v, cell in cells:
        yield f"  %c_of_{cell} = getelementptr $T, ptr %c_{r}, i64 {v * width}"
        yield f"  %new_{cell} = fmul contract $V %alphas, %total_{cell}"
    yield "  br i1 %keep, label %mix, label %write"
    yield "mix:"
    yield "  %betas = call $V @product_splat_$s($T %beta)"
    for _, _, cell in cells:
        yield f"  %old_{cell} = " + _LOAD[access].format(place=f"%c_of_{cell}")
        yield f"  %kept_{cell} = fmul contract $V %betas, %old_{cell}"
        yield f"  %mixed_{cell} = fadd contract $V %kept_{cell}, %new_{cell}"
    yield "  br label %write"
    yield "write:"
    for _, _, cell in cells:
        yield f"  %result_{cell} = phi $V [ %new_{cell}, %finish ], [ %mixed_{cell}, %mix ]"
    for _, _, cell in cells:
        yield "  " + _STORE[access].format(value=f"%result_{cell}", place=f"%c_of_{cell}")
    yield "  ret void\n}"


def _dots(width: int, rows: int) -> Iterator[str]:
    """Some rows of a single column; rows of A and the column of B lie together."""
    yield f"""
define internal void @product_dots_{rows}_$s(i64 %n, i64 %k, $T %alpha, ptr %a, i64 %a_row, i64 %a_step, ptr %b,
    i64 %b_step, $T %beta, ptr %c, i64 %c_row, i1 %keep) nounwind alwaysinline {{
entry:
  %over = srem i64 %k, $WW
  %bound = sub i64 %k, %over
  %over_1 = sub i64 %over, $W
  %mask_0 = call $M @product_first_$s(i64 %over)
  %mask_1 = call $M @product_first_$s(i64 %over_1)
  br label %sum
sum:
  %p = phi i64 [ 0, %entry ], [ %p_next, %add ]"""
    for r in range(rows):
        for v in range(2):
            yield f"  %sum_{r}_{v} = phi $V [ zeroinitializer, %entry ], [ %add_{r}_{v}, %add ]"
    yield "  %b_p = getelementptr $T, ptr %b, i64 %p"
    for r in range(rows):
        yield f"  %a_at_{r} = mul i64 %a_row, {r}"
        yield f"  %a_of_{r} = getelementptr $T, ptr %a, i64 %a_at_{r}"
        yield f"  %a_p_{r} = getelementptr $T, ptr %a_of_{r}, i64 %p"
    yield "  %full = icmp slt i64 %p, %bound"
    yield "  br i1 %full, label %add, label %last"
    for block, access in (("add", "plain"), ("last", "masked")):
        yield f"{block}:"
        for v in range(2):
            load = _LOAD[access].replace("%mask", f"%mask_{v}")
            yield f"  %{block}_b_at_{v} = getelementptr $T, ptr %b_p, i64 {v * width}"
            yield f"  %{block}_b_{v} = " + load.format(place=f"%{block}_b_at_{v}")
            for r in range(rows):
                cell = f"{r}_{v}"
                yield f"  %{block}_a_at_{cell} = getelementptr $T, ptr %a_p_{r}, i64 {v * width}"
                yield f"  %{block}_a_{cell} = " + load.format(place=f"%{block}_a_at_{cell}")
                yield f"  %{block}_times_{cell} = fmul contract $V %{block}_a_{cell}, %{block}_b_{v}"
                yield f"  %{block}_{cell} = fadd contract $V %{block}_times_{cell}, %sum_{cell}"
        if block == "add":
            yield "  %p_next = add i64 %p, $WW\n  br label %sum"
    for r in range(rows):
        yield f"  %both_{r} = fadd $V %last_{r}_0, %last_{r}_1"
        yield f"  %total_{r} = call reassoc $T @llvm.vector.reduce.fadd.v$W$s($T -0.0, $V %both_{r})"
        yield f"  %new_{r} = fmul contract $T %alpha, %total_{r}"
        yield f"  %c_at_{r} = mul i64 %c_row, {r}"
        yield f"  %c_{r} = getelementptr $T, ptr %c, i64 %c_at_{r}"
    yield "  br i1 %keep, label %mix, label %write\nmix:"
    for r in range(rows):
        yield f"  %old_{r} = load $T, ptr %c_{r}"
        yield f"  %kept_{r} = fmul contract $T %beta, %old_{r}"
        yield f"  %mixed_{r} = fadd contract $T %kept_{r}, %new_{r}"
    yield "  br label %write\nwrite:"
    for r in range(rows):
        yield f"  %result_{r} = phi $T [ %new_{r}, %last ], [ %mixed_{r}, %mix ]"
    for r in range(rows):
        yield f"  store $T %result_{r}, ptr %c_{r}"
    yield "  ret void\n}"

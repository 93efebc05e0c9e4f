; The innermost loops of matrix products for one type: as many sums as registers hold.
;
; A tile is some rows of C, one or two vectors wide. For every step along the summed axis, vectors from a row of B are
; multiplied by single elements of A. Dots are some rows times a single column; there the vectors run along the summed
; axis, and are added up in the end. Every element's sum has one order, whatever the tile it lies in.
;
; Holes: s, T, V, M, I: "f32" or "f64", and LLVM's types of an element, a vector, a mask, a vector of indices; W and WW:
; the elements of one vector and of two; row_counts, tile_kinds, two_vectors, ways: what is unrolled (product.py).

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

; A vector from memory, and into it: all lanes of a "wide" tile; of a "last" one those that exist.
define internal $V @product_load_wide_$s(ptr %place, $M %mask) nounwind alwaysinline {
  %vector = load $V, ptr %place, align $align
  ret $V %vector
}
define internal $V @product_load_last_$s(ptr %place, $M %mask) nounwind alwaysinline {
  %vector = call $V @llvm.masked.load.v$W$s.p0(ptr %place, i32 $align, $M %mask, $V zeroinitializer)
  ret $V %vector
}
define internal void @product_store_wide_$s($V %vector, ptr %place, $M %mask) nounwind alwaysinline {
  store $V %vector, ptr %place, align $align
  ret void
}
define internal void @product_store_last_$s($V %vector, ptr %place, $M %mask) nounwind alwaysinline {
  call void @llvm.masked.store.v$W$s.p0($V %vector, ptr %place, i32 $align, $M %mask)
  ret void
}

;; for rows, each_row in row_counts
;; for kind, vectors in tile_kinds
; A tile: $rows rows of C, one or two vectors wide; `b` and `c` point to the first column.
; Of its last vector only the lanes of `mask` exist where the kind is "last".
define internal void @product_${kind}_${rows}_$s(i64 %k, $T %alpha, ptr %a, i64 %a_row, i64 %a_step, ptr %b,
    i64 %b_step, $T %beta, ptr %c, i64 %c_row, i1 %keep, $M %mask) nounwind alwaysinline {
entry:
  %some = icmp sgt i64 %k, 0
;; for r in each_row
  %a_at_$r = mul i64 %a_row, $r
;; end
  br i1 %some, label %sum, label %finish
sum:
  %p = phi i64 [ 0, %entry ], [ %p_next, %sum ]
  %a_p = phi ptr [ %a, %entry ], [ %a_next, %sum ]
  %b_p = phi ptr [ %b, %entry ], [ %b_next, %sum ]
;; for r in each_row
;; for v, first in vectors
  %sum_${r}_$v = phi $V [ zeroinitializer, %entry ], [ %more_${r}_$v, %sum ]
;; end
;; end
;; for v, first in vectors
  %b_at_$v = getelementptr $T, ptr %b_p, i64 $first
  %b_$v = call $V @product_load_${kind}_$s(ptr %b_at_$v, $M %mask)
;; end
;; for r in each_row
  %a_of_$r = getelementptr $T, ptr %a_p, i64 %a_at_$r
  %one_$r = load $T, ptr %a_of_$r
  %a_$r = call $V @product_splat_$s($T %one_$r)
;; end
;; for r in each_row
;; for v, first in vectors
  %times_${r}_$v = fmul contract $V %a_$r, %b_$v
  %more_${r}_$v = fadd contract $V %times_${r}_$v, %sum_${r}_$v
;; end
;; end
  %a_next = getelementptr $T, ptr %a_p, i64 %a_step
  %b_next = getelementptr $T, ptr %b_p, i64 %b_step
  %p_next = add i64 %p, 1
  %again = icmp slt i64 %p_next, %k
  br i1 %again, label %sum, label %finish
finish:
;; for r in each_row
;; for v, first in vectors
  %total_${r}_$v = phi $V [ zeroinitializer, %entry ], [ %more_${r}_$v, %sum ]
;; end
;; end
  %alphas = call $V @product_splat_$s($T %alpha)
;; for r in each_row
  %c_at_$r = mul i64 %c_row, $r
  %c_$r = getelementptr $T, ptr %c, i64 %c_at_$r
;; end
;; for r in each_row
;; for v, first in vectors
  %c_of_${r}_$v = getelementptr $T, ptr %c_$r, i64 $first
  %new_${r}_$v = fmul contract $V %alphas, %total_${r}_$v
;; end
;; end
  br i1 %keep, label %mix, label %write
mix:
  %betas = call $V @product_splat_$s($T %beta)
;; for r in each_row
;; for v, first in vectors
  %old_${r}_$v = call $V @product_load_${kind}_$s(ptr %c_of_${r}_$v, $M %mask)
  %kept_${r}_$v = fmul contract $V %betas, %old_${r}_$v
  %mixed_${r}_$v = fadd contract $V %kept_${r}_$v, %new_${r}_$v
;; end
;; end
  br label %write
write:
;; for r in each_row
;; for v, first in vectors
  %result_${r}_$v = phi $V [ %new_${r}_$v, %finish ], [ %mixed_${r}_$v, %mix ]
;; end
;; end
;; for r in each_row
;; for v, first in vectors
  call void @product_store_${kind}_$s($V %result_${r}_$v, ptr %c_of_${r}_$v, $M %mask)
;; end
;; end
  ret void
}
;; end

; Dots: $rows rows of a single column; rows of A and the column of B lie together, and vectors run along them.
define internal void @product_dots_${rows}_$s(i64 %n, i64 %k, $T %alpha, ptr %a, i64 %a_row, i64 %a_step, ptr %b,
    i64 %b_step, $T %beta, ptr %c, i64 %c_row, i1 %keep) nounwind alwaysinline {
entry:
  %over = srem i64 %k, $WW
  %bound = sub i64 %k, %over
  %over_1 = sub i64 %over, $W
  %mask_0 = call $M @product_first_$s(i64 %over)
  %mask_1 = call $M @product_first_$s(i64 %over_1)
  br label %sum
sum:
  %p = phi i64 [ 0, %entry ], [ %p_next, %onward ]
;; for r in each_row
;; for v, first in two_vectors
  %sum_${r}_$v = phi $V [ zeroinitializer, %entry ], [ %wide_${r}_$v, %onward ]
;; end
;; end
  %b_p = getelementptr $T, ptr %b, i64 %p
;; for r in each_row
  %a_at_$r = mul i64 %a_row, $r
  %a_of_$r = getelementptr $T, ptr %a, i64 %a_at_$r
  %a_p_$r = getelementptr $T, ptr %a_of_$r, i64 %p
;; end
  %full = icmp slt i64 %p, %bound
  br i1 %full, label %wide, label %last
;; for kind, then in ways
$kind:
;; for v, first in two_vectors
  %${kind}_b_at_$v = getelementptr $T, ptr %b_p, i64 $first
  %${kind}_b_$v = call $V @product_load_${kind}_$s(ptr %${kind}_b_at_$v, $M %mask_$v)
;; for r in each_row
  %${kind}_a_at_${r}_$v = getelementptr $T, ptr %a_p_$r, i64 $first
  %${kind}_a_${r}_$v = call $V @product_load_${kind}_$s(ptr %${kind}_a_at_${r}_$v, $M %mask_$v)
  %${kind}_times_${r}_$v = fmul contract $V %${kind}_a_${r}_$v, %${kind}_b_$v
  %${kind}_${r}_$v = fadd contract $V %${kind}_times_${r}_$v, %sum_${r}_$v
;; end
;; end
  br label %$then
;; end
onward:
  %p_next = add i64 %p, $WW
  br label %sum
total:
;; for r in each_row
  %both_$r = fadd $V %last_${r}_0, %last_${r}_1
  %total_$r = call reassoc $T @llvm.vector.reduce.fadd.v$W$s($T -0.0, $V %both_$r)
  %new_$r = fmul contract $T %alpha, %total_$r
  %c_at_$r = mul i64 %c_row, $r
  %c_$r = getelementptr $T, ptr %c, i64 %c_at_$r
;; end
  br i1 %keep, label %mix, label %write
mix:
;; for r in each_row
  %old_$r = load $T, ptr %c_$r
  %kept_$r = fmul contract $T %beta, %old_$r
  %mixed_$r = fadd contract $T %kept_$r, %new_$r
;; end
  br label %write
write:
;; for r in each_row
  %result_$r = phi $T [ %new_$r, %total ], [ %mixed_$r, %mix ]
;; end
;; for r in each_row
  store $T %result_$r, ptr %c_$r
;; end
  ret void
}
;; end

; Small matrix products for one type, as plain vector loops: no library is called.
;
;   product_loops_f32(m, n, k, alpha, a, a_row, a_step, b, b_step, b_column, beta, c, c_row, keep)
;
; C[i, j] = alpha * sum over p of A[i, p] * B[p, j] + beta * C[i, j], the last term only if `keep`. Rows, columns and
; steps along p are given as distances in elements, so that a transposed matrix is one with its two distances exchanged.
; It is right for any sizes, and quick for small ones, where a library would spend more time on being called than on the
; product.
;
; C is computed in strips of a few rows, a strip in tiles (product_tiles.ll). Where rows of B do not lie together (a
; transposed B), some columns are copied together first. Sharing out the rows in fours changes no bit.

; All columns of a few rows.
;; for rows, each_row in row_counts
define internal void @product_strip_${rows}_$s(i64 %n, i64 %k, $T %alpha, ptr %a, i64 %a_row, i64 %a_step, ptr %b,
    i64 %b_step, $T %beta, ptr %c, i64 %c_row, i1 %keep) nounwind alwaysinline {
entry:
  br label %next
next:
  %j = phi i64 [ 0, %entry ], [ %j_wide, %wide ], [ %j_last, %last ]
  %left = sub i64 %n, %j
  %some = icmp sgt i64 %left, 0
  br i1 %some, label %here, label %done
here:
  %b_j = getelementptr $T, ptr %b, i64 %j
  %c_j = getelementptr $T, ptr %c, i64 %j
  %mask = call $M @product_first_$s(i64 %left)
  %many = icmp sge i64 %left, $WW
  br i1 %many, label %wide, label %last
wide:
  call void @product_wide_${rows}_$s(i64 %k, $T %alpha, ptr %a, i64 %a_row, i64 %a_step, ptr %b_j,
    i64 %b_step, $T %beta, ptr %c_j, i64 %c_row, i1 %keep, $M %mask)
  %j_wide = add i64 %j, $WW
  br label %next
last:
  call void @product_last_${rows}_$s(i64 %k, $T %alpha, ptr %a, i64 %a_row, i64 %a_step, ptr %b_j,
    i64 %b_step, $T %beta, ptr %c_j, i64 %c_row, i1 %keep, $M %mask)
  %j_last = add i64 %j, $W
  br label %next
done:
  ret void
}
;; end

; All rows: as many at a time as there are left.
;; for kind in strip, dots
define internal void @product_${kind}_rows_$s(i64 %m, i64 %n, i64 %k, $T %alpha, ptr %a, i64 %a_row, i64 %a_step,
    ptr %b, i64 %b_step, $T %beta, ptr %c, i64 %c_row, i1 %keep) nounwind alwaysinline {
entry:
  br label %next
next:
  %i = phi i64 [ 0, %entry ], [ %i_4, %take_4 ], [ %i_1, %take_1 ]
  %left = sub i64 %m, %i
  %a_at = mul i64 %i, %a_row
  %a_i = getelementptr $T, ptr %a, i64 %a_at
  %c_at = mul i64 %i, %c_row
  %c_i = getelementptr $T, ptr %c, i64 %c_at
  br label %try_4
;; for rows, fewer in turns
try_$rows:
  %has_$rows = icmp sge i64 %left, $rows
  br i1 %has_$rows, label %take_$rows, label %try_$fewer
take_$rows:
  call void @product_${kind}_${rows}_$s(i64 %n, i64 %k, $T %alpha, ptr %a_i, i64 %a_row, i64 %a_step, ptr %b,
    i64 %b_step, $T %beta, ptr %c_i, i64 %c_row, i1 %keep)
  %i_$rows = add i64 %i, $rows
  br label %next
;; end
try_0:
  ret void
}
;; end

; Some columns of B, their elements side by side for every step.
define internal void @product_copy_$s(i64 %width, i64 %depth, ptr %b, i64 %b_step, i64 %b_column,
    ptr %copy) nounwind {
entry:
  br label %column
column:
  %j = phi i64 [ 0, %entry ], [ %j_next, %onward ]
  %b_at = mul i64 %j, %b_column
  %b_j = getelementptr $T, ptr %b, i64 %b_at
  %copy_j = getelementptr $T, ptr %copy, i64 %j
  br label %step
step:
  %p = phi i64 [ 0, %column ], [ %p_next, %element ]
  %more = icmp slt i64 %p, %depth
  br i1 %more, label %element, label %onward
element:
  %from_at = mul i64 %p, %b_step
  %from = getelementptr $T, ptr %b_j, i64 %from_at
  %to_at = mul i64 %p, $WW
  %to = getelementptr $T, ptr %copy_j, i64 %to_at
  %value = load $T, ptr %from
  store $T %value, ptr %to
  %p_next = add i64 %p, 1
  br label %step
onward:
  %j_next = add i64 %j, 1
  %columns_left = icmp slt i64 %j_next, %width
  br i1 %columns_left, label %column, label %done
done:
  ret void
}

; A product with a vector is looked at from the side on which the processor's vectors are full.
define internal void @product_loops_$s(i64 %m.0, i64 %n.0, i64 %k, $T %alpha, ptr %a.0, i64 %a_row.0, i64 %a_step.0,
    ptr %b.0, i64 %b_step.0, i64 %b_column.0, $T %beta, ptr %c, i64 %c_row.0, i1 %keep) nounwind {
entry:
  %copy = alloca [$COPY x $T], align 64
  %single_row = icmp eq i64 %m.0, 1
  %single_column = icmp eq i64 %n.0, 1
  %a_beside = icmp eq i64 %a_row.0, 1
  %b_apart = icmp ne i64 %b_column.0, 1
  %c_beside = icmp eq i64 %c_row.0, 1
  %a_and_c = and i1 %a_beside, %c_beside
  %to_row = and i1 %single_column, %a_and_c
  %to_column = and i1 %single_row, %b_apart
  %turn = or i1 %to_column, %to_row
  %m = select i1 %turn, i64 %n.0, i64 %m.0
  %n = select i1 %turn, i64 %m.0, i64 %n.0
  %a = select i1 %turn, ptr %b.0, ptr %a.0
  %b = select i1 %turn, ptr %a.0, ptr %b.0
  %a_row = select i1 %turn, i64 %b_column.0, i64 %a_row.0
  %b_column = select i1 %turn, i64 %a_row.0, i64 %b_column.0
  %a_step = select i1 %turn, i64 %b_step.0, i64 %a_step.0
  %b_step = select i1 %turn, i64 %a_step.0, i64 %b_step.0
  %c_row = select i1 %turn, i64 1, i64 %c_row.0

  %one_column = icmp eq i64 %n, 1
  %beside = icmp eq i64 %b_column, 1
  %together = or i1 %one_column, %beside
  %a_along = icmp eq i64 %a_step, 1
  %b_along = icmp eq i64 %b_step, 1
  %along = and i1 %a_along, %b_along
  %long = icmp sge i64 %k, $W
  %fit = and i1 %along, %long
  %dots = and i1 %fit, %one_column
  br i1 %dots, label %by_dots, label %by_strips
by_dots:
  call void @product_dots_rows_$s(i64 %m, i64 1, i64 %k, $T %alpha, ptr %a, i64 %a_row, i64 1, ptr %b, i64 1,
    $T %beta, ptr %c, i64 %c_row, i1 %keep)
  ret void

by_strips:
  %most_columns = select i1 %together, i64 %n, i64 $WW
  %most_steps = select i1 %together, i64 %k, i64 $STEPS
  br label %columns
columns:
  %j = phi i64 [ 0, %by_strips ], [ %j_next, %onward ]
  %columns_left = sub i64 %n, %j
  %width = call i64 @llvm.smin.i64(i64 %columns_left, i64 %most_columns)
  %b_at = mul i64 %j, %b_column
  %b_j = getelementptr $T, ptr %b, i64 %b_at
  %c_j = getelementptr $T, ptr %c, i64 %j
  br label %steps
steps:
  %p = phi i64 [ 0, %columns ], [ %p_next, %compute ]
  %steps_left = sub i64 %k, %p
  %depth = call i64 @llvm.smin.i64(i64 %steps_left, i64 %most_steps)
  %a_p_at = mul i64 %p, %a_step
  %a_p = getelementptr $T, ptr %a, i64 %a_p_at
  %b_p_at = mul i64 %p, %b_step
  %b_p = getelementptr $T, ptr %b_j, i64 %b_p_at
  %later = icmp sgt i64 %p, 0
  %keeps = or i1 %later, %keep
  %factor = select i1 %later, $T 1.0, $T %beta
  br i1 %together, label %compute, label %copied
copied:
  call void @product_copy_$s(i64 %width, i64 %depth, ptr %b_p, i64 %b_step, i64 %b_column, ptr %copy)
  br label %compute
compute:
  %from = phi ptr [ %b_p, %steps ], [ %copy, %copied ]
  %from_step = phi i64 [ %b_step, %steps ], [ $WW, %copied ]
  call void @product_strip_rows_$s(i64 %m, i64 %width, i64 %depth, $T %alpha, ptr %a_p, i64 %a_row, i64 %a_step,
    ptr %from, i64 %from_step, $T %factor, ptr %c_j, i64 %c_row, i1 %keeps)
  %p_next = add i64 %p, %most_steps
  %more_steps = icmp slt i64 %p_next, %k
  br i1 %more_steps, label %steps, label %onward
onward:
  %j_next = add i64 %j, %most_columns
  %more_columns = icmp slt i64 %j_next, %n
  br i1 %more_columns, label %columns, label %done
done:
  ret void
}

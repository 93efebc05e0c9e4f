; Matrix products: which part of C is computed with what; product.py says why.
;
;   symdrop_product_f32(m, n, k, alpha, A, lda, transA, B, ldb, transB, beta, C, ldc, part, parts, scratch, worker,
;     epilogue, context, prologues)
;   symdrop_gemm_f32(...)    the same where beta * C counts even if beta is 0, as NaN * 0 is NaN in NumPy
;
;   epilogue(context, row, row_end, column, column_end)    if it is not null, called for each finished block of C
;   prologues    where it is not null, for A and for B a procedure and its context, or nulls: the procedure packs panels
;                (lower/loops/prologue.py), the operand lies nowhere, and C is computed by blocks whatever its sizes are
;
; Row-major C[m, n] = alpha * op(A)[m, k] @ op(B)[k, n] + beta * C, a part of it; f64 likewise. Scratch is memory for
; all threads, of which the worker (pool.ll) says which is the caller's.
; Holes in capitals are the sizes of product.py at which one way becomes slower than another.

;; let arguments
i64 %m, i64 %n, i64 %k, $T %alpha, ptr %a, i64 %lda, i64 %trans_a,
    ptr %b, i64 %ldb, i64 %trans_b, $T %beta, ptr %c, i64 %ldc, i64 %part, i64 %parts, ptr %scratch,
    ptr %worker, ptr %epilogue, ptr %context, ptr %prologues
;; end
;; let given
i64 %m, i64 %n, i64 %k, $T %alpha, ptr %a, i64 %lda, i64 %trans_a,
    ptr %b, i64 %ldb, i64 %trans_b, $T %beta, ptr %c, i64 %ldc, i64 %part, i64 %parts, ptr %scratch,
    ptr %whoever, ptr %epilogue, ptr %context, ptr %prologues
;; end
;; let strides
  %ta = icmp ne i64 %trans_a, 0
  %tb = icmp ne i64 %trans_b, 0
  %a_row = select i1 %ta, i64 1, i64 %lda
  %a_step = select i1 %ta, i64 %lda, i64 1
  %b_step = select i1 %tb, i64 1, i64 %ldb
  %b_column = select i1 %tb, i64 %ldb, i64 1
;; end

; The entry points for steps: the shortest way for small products.
;; for name, keep in entries
define void @symdrop_${name}_$s($arguments) nounwind {
  %mn = mul i64 %m, %n
  %work = mul i64 %mn, %k
  %row = icmp eq i64 %m, 1
  %column = icmp eq i64 %n, 1
  %vector = or i1 %row, %column
  %count_limit = mul i64 %k, $SMALL_COUNT
  %vector_limit = call i64 @llvm.smin.i64(i64 %count_limit, i64 $SMALL_VECTOR)
  %copy_limit = mul i64 %m, $SMALL_COPY
  %across_limit = call i64 @llvm.smin.i64(i64 %copy_limit, i64 $SMALL)
  %across = icmp ne i64 %trans_b, 0
  %matrix_limit = select i1 %across, i64 %across_limit, i64 $SMALL
  %limit = select i1 %vector, i64 %vector_limit, i64 %matrix_limit
  %little = icmp sle i64 %work, %limit
  %single = icmp sle i64 %mn, 1
  %small.0 = or i1 %single, %little
  %in_memory = icmp eq ptr %prologues, null
  %nothing = icmp eq i64 %work, 0
  %readable = or i1 %in_memory, %nothing
  %small = and i1 %small.0, %readable
  %reads = $UNEQUAL $T %beta, $ZERO
  br i1 %small, label %first, label %share
first:
  %some_rows = icmp sgt i64 %m, 0
  %some_columns = icmp sgt i64 %n, 0
  %some = and i1 %some_rows, %some_columns
  %zeroth = icmp eq i64 %part, 0
  %act = and i1 %some, %zeroth
  br i1 %act, label %loops, label %done
loops:
$strides
  call void @product_loops_$s(i64 %m, i64 %n, i64 %k, $T %alpha, ptr %a, i64 %a_row, i64 %a_step,
    ptr %b, i64 %b_step, i64 %b_column, $T %beta, ptr %c, i64 %ldc, i1 $keep)
  call void @product_finish_$s(ptr %epilogue, ptr %context, i64 0, i64 %m, i64 0, i64 %n)
  ret void
share:
  tail call void @product_share_$s($arguments, i64 %work, i1 $keep)
  ret void
done:
  ret void
}
;; end

define internal void @product_finish_$s(ptr %epilogue, ptr %context, i64 %row, i64 %row_end, i64 %column,
    i64 %column_end) nounwind alwaysinline {
  %none = icmp eq ptr %epilogue, null
  br i1 %none, label %done, label %call
call:
  call void %epilogue(ptr %context, i64 %row, i64 %row_end, i64 %column, i64 %column_end)
  ret void
done:
  ret void
}

; Small products (lower/loops/small_product.py). A product with a vector is looked at from the side on which the
; processor's vectors are full: a row times a transposed matrix is that matrix times a column, and a transposed matrix
; times a column a row times the matrix.
define internal void @product_loops_$s(i64 %m.0, i64 %n.0, i64 %k, $T %alpha, ptr %a.0, i64 %a_row.0, i64 %a_step.0,
    ptr %b.0, i64 %b_step.0, i64 %b_column.0, $T %beta, ptr %c, i64 %c_row.0, i1 %keep) nounwind {
entry:
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
  %keeps = zext i1 %keep to i64
  %one_column = icmp eq i64 %n, 1
  %a_along = icmp eq i64 %a_step, 1
  %b_along = icmp eq i64 %b_step, 1
  %along = and i1 %a_along, %b_along
  %long = icmp sge i64 %k, $DOTS
  %fit = and i1 %along, %long
  %are_dots = and i1 %fit, %one_column
  br i1 %are_dots, label %dots, label %choose
choose:
  br i1 %one_column, label %column, label %columns
columns:
  %b_beside = icmp eq i64 %b_column, 1
  br i1 %b_beside, label %beside, label %gathered
beside:
  %one_row = icmp eq i64 %m, 1
  %elements = mul i64 %n, %k
  %many = icmp sgt i64 %elements, $SMALL_VECTOR
  %long_row = and i1 %one_row, %many
  br i1 %long_row, label %along_row, label %small
along_row:
  call void @product_row_$s(ptr %a, ptr %b, ptr %c, i64 %n, i64 %k, i64 %a_step, i64 %b_step, i64 %keeps, $T %alpha,
    $T %beta)
  ret void
;; for kind in dots, small, column, gathered
$kind:
  call void @${kind}_$D(ptr %a, ptr %b, ptr %c, i64 %m, i64 %n, i64 %k, i64 %a_row, i64 %a_step, i64 %b_step,
    i64 %b_column, i64 %c_row, i64 %keeps, $T %alpha, $T %beta)
  ret void
;; end
}

; A function of its own, so that only those pay for its memory who need it.
define internal void @product_row_$s(ptr %a, ptr %b, ptr %c, i64 %n, i64 %k, i64 %a_step, i64 %b_step, i64 %keep,
    $T %alpha, $T %beta) nounwind noinline {
  %sums = alloca [$WAITING x $T], align 64
  call void @row_$D(ptr %a, ptr %b, ptr %c, ptr %sums, i64 %n, i64 %k, i64 %a_step, i64 %b_step, i64 %keep, $T %alpha,
    $T %beta)
  ret void
}

; To BLAS a factor of 0 means not to look at what it multiplies; to own loops it is a factor. Nor do they mind sizes
; past 2**31.
define internal void @product_share_$s($given, i64 %work,
    i1 %keep) nounwind {
entry:
  %alone = alloca [5 x i64]
  store [5 x i64] [i64 0, i64 1, i64 0, i64 -1, i64 0], ptr %alone
  %is_alone = icmp eq ptr %whoever, null
  %worker = select i1 %is_alone, ptr %alone, ptr %whoever
$strides
  %alpha_acts = $UNEQUAL $T %alpha, $ZERO
  %beta_acts = $UNEQUAL $T %beta, $ZERO
  %unread = xor i1 %keep, true
  %beta_fits = or i1 %beta_acts, %unread
  %factors = and i1 %alpha_acts, %beta_fits
  %size.1 = or i64 %m, %n
  %size.2 = or i64 %size.1, %k
  %size.3 = or i64 %size.2, %lda
  %size.4 = or i64 %size.3, %ldb
  %size.5 = or i64 %size.4, %ldc
  %fits = icmp sle i64 %size.5, 2147483647
  %able.0 = and i1 %factors, %fits
  %in_memory = icmp eq ptr %prologues, null
  %able = and i1 %able.0, %in_memory
  %column = icmp eq i64 %n, 1
  %row = icmp eq i64 %m, 1
  %vector = or i1 %column, %row
  %keeps = zext i1 %keep to i64
  br i1 %vector, label %vectors, label %choose
vectors:
  %gemv = load ptr, ptr @blas_$gemv
  %have_gemv = icmp ne ptr %gemv, null
  %by_gemv = and i1 %have_gemv, %able
  br i1 %by_gemv, label %with_vector, label %own
choose:
  %gemm = load ptr, ptr @blas_$gemm
  %have_gemm = icmp ne ptr %gemm, null
  %by_gemm = and i1 %have_gemm, %able
  br i1 %by_gemm, label %matrices, label %own

; C is cut into pieces of columns, unless it is taller than broad, several for every thread; a part is some of them in a
; row. The last one has what is left over. A piece of a product with a vector is one itself, and has several rows or
; columns, as the whole has.
;
; The operand that all pieces read is packed whole where it has room, and found packed by the next part that the same
; worker takes of the same product. Where it has not, every part packs it, and pieces are larger. So are those of a row
; times a matrix, of which each reads a stretch of every row of the matrix.
own:
  %team.at = getelementptr i64, ptr %worker, i64 1
  %team = load i64, ptr %team.at
  %many = mul i64 %team, $SHARE_COLUMNS
  %no_taller = icmp sge i64 %n, %m
  %broad_enough = icmp sge i64 %n, %many
  %broad = and i1 %no_taller, %broad_enough
  %by_columns = or i1 %broad, %row
  %size = select i1 %by_columns, i64 %n, i64 %m
  %unit = select i1 %by_columns, i64 $COLUMNS, i64 $ROWS
  %units.0 = sdiv i64 %size, %unit
  %units = call i64 @llvm.smax.i64(i64 %units.0, i64 1)
  %kept_size = select i1 %by_columns, i64 %m, i64 %n
  %kept_unit = select i1 %by_columns, i64 $ROWS, i64 $COLUMNS
  %kept_up.0 = add i64 %kept_size, %kept_unit
  %kept_up = sub i64 %kept_up.0, 1
  %kept_panels = sdiv i64 %kept_up, %kept_unit
  %kept_panel.0 = mul i64 %k, %kept_unit
  %kept_panel = add i64 %kept_panel.0, $ROOM
  %kept_elements = mul i64 %kept_panels, %kept_panel
  %keeps_one = icmp sle i64 %kept_elements, $PANELS
  %matrix_size = select i1 %keeps_one, i64 $PIECE_SIZE, i64 $LARGE_PIECE_SIZE
  %least_size = select i1 %row, i64 $ROW_PIECE_SIZE, i64 %matrix_size
  %team_size = mul i64 %team, %least_size
  %each.0 = sdiv i64 %size, %team_size
  %each.1 = call i64 @llvm.smin.i64(i64 %each.0, i64 $PIECES)
  %each = call i64 @llvm.smax.i64(i64 %each.1, i64 1)
  %pieces.0 = mul i64 %team, %each
  %pieces.1 = sdiv i64 %work, $SHARE
  %pieces.2 = call i64 @llvm.smin.i64(i64 %pieces.0, i64 %pieces.1)
  %pieces.3 = call i64 @llvm.smin.i64(i64 %pieces.2, i64 %units)
  %pieces = call i64 @llvm.smax.i64(i64 %pieces.3, i64 1)
  %part_next = add i64 %part, 1
  %piece.0 = mul i64 %part, %pieces
  %piece = sdiv i64 %piece.0, %parts
  %piece_end.0 = mul i64 %part_next, %pieces
  %piece_end = sdiv i64 %piece_end.0, %parts
  %has_some = icmp slt i64 %piece, %piece_end
  br i1 %has_some, label %block, label %done
block:
  %seat = load i64, ptr %worker
  %own_scratch.at = mul i64 %seat, $SCRATCH_BYTES
  %own_scratch = getelementptr i8, ptr %scratch, i64 %own_scratch.at
  %block_first.0 = mul i64 %piece, %units
  %block_first.1 = sdiv i64 %block_first.0, %pieces
  %block_first = mul i64 %block_first.1, %unit
  %block_end.0 = mul i64 %piece_end, %units
  %block_end.1 = sdiv i64 %block_end.0, %pieces
  %block_end.2 = mul i64 %block_end.1, %unit
  %is_last = icmp eq i64 %piece_end, %pieces
  %block_end = select i1 %is_last, i64 %size, i64 %block_end.2
  %block_size = sub i64 %block_end, %block_first
  %rows_here = select i1 %by_columns, i64 %m, i64 %block_size
  %columns_here = select i1 %by_columns, i64 %block_size, i64 %n
  %row_here = select i1 %by_columns, i64 0, i64 %block_first
  %column_here = select i1 %by_columns, i64 %block_first, i64 0
  %a_here_at = mul i64 %row_here, %a_row
  %a_here = getelementptr $T, ptr %a, i64 %a_here_at
  %b_here_at = mul i64 %column_here, %b_column
  %b_here = getelementptr $T, ptr %b, i64 %b_here_at
  %c_here_at.0 = mul i64 %row_here, %ldc
  %c_here_at = add i64 %c_here_at.0, %column_here
  %c_here = getelementptr $T, ptr %c, i64 %c_here_at
  %little = icmp sle i64 %work, $SMALL
  ; Of so few columns a register tile would compute half in vain.
  %few = icmp sle i64 %n, $FEW
  %unpacked.0 = or i1 %vector, %little
  %unpacked = and i1 %unpacked.0, %in_memory
  br i1 %unpacked, label %loops, label %packed
packed:
  %along_rows.0 = and i1 %few, %ta
  %along_rows = and i1 %along_rows.0, %in_memory
  ; Whoever writes to the scratch memory says what lies there now.
  %job.at = getelementptr i64, ptr %worker, i64 2
  %kept_job.at = getelementptr i64, ptr %worker, i64 3
  %kept.at = getelementptr i64, ptr %worker, i64 4
  %job = load i64, ptr %job.at
  %kept_job = load i64, ptr %kept_job.at
  %kept = load ptr, ptr %kept.at
  %same_job = icmp eq i64 %job, %kept_job
  %same_product = icmp eq ptr %kept, %c
  %is_packed.0 = and i1 %same_job, %same_product
  %is_packed.1 = and i1 %is_packed.0, %keeps_one
  %has_others = icmp sgt i64 %parts, 1
  %is_packed = and i1 %is_packed.1, %has_others
  %blocked = xor i1 %along_rows, true
  %will_keep.0 = and i1 %keeps_one, %has_others
  %will_keep = and i1 %will_keep.0, %blocked
  %job.kept = select i1 %will_keep, i64 %job, i64 -1
  store i64 %job.kept, ptr %kept_job.at
  store ptr %c, ptr %kept.at
  %along_columns.0 = and i1 %few, %keeps_one
  %along_columns = and i1 %along_columns.0, %in_memory
  ; A few rows times rows of B whose elements lie side by side; more if these do not fall into few sets of the caches.
  %row_bytes = mul i64 %b_step, $BYTES
  %row_beyond_sets = and i64 %row_bytes, 511
  %rows_collide = icmp eq i64 %row_beyond_sets, 0
  %are_narrow = icmp slt i64 %n, $SEVERAL_COLUMNS
  %want_fewer = or i1 %rows_collide, %are_narrow
  %most_rows = select i1 %want_fewer, i64 $FEW_ROWS, i64 $SEVERAL_ROWS
  %are_few_rows.0 = icmp sle i64 %m, %most_rows
  %are_few_rows.1 = and i1 %are_few_rows.0, %in_memory
  %b_lies_along = icmp eq i64 %b_column, 1
  %are_few_rows = and i1 %are_few_rows.1, %b_lies_along
  br i1 %along_rows, label %$TURNED, label %choose_rows
choose_rows:
  br i1 %are_few_rows, label %in_place, label %choose_columns
choose_columns:
  br i1 %along_columns, label %$NARROW, label %blocks
loops:
  call void @product_loops_$s(i64 %rows_here, i64 %columns_here, i64 %k, $T %alpha, ptr %a_here, i64 %a_row,
    i64 %a_step, ptr %b_here, i64 %b_step, i64 %b_column, $T %beta, ptr %c_here, i64 %ldc, i1 %keep)
  br label %finish
;; for full in few
turned:
  call void @few_$D(ptr %a_here, ptr %b_here, ptr %c_here, ptr %own_scratch, i64 %rows_here, i64 %columns_here,
    i64 %k, i64 %a_step, i64 %b_step, i64 %b_column, i64 %ldc, i64 %keeps, $T %alpha, $T %beta)
  br label %finish
narrow:
  %panel = getelementptr $T, ptr %own_scratch, i64 $PANELS_AT
  br i1 %is_packed, label %packed_narrow, label %pack_narrow
pack_narrow:
  %copies = icmp eq i64 %b_column, 1
  br i1 %copies, label %copy_narrow, label %transpose_narrow
;; for how, procedure in packings
${how}_narrow:
  call void @${procedure}_$D(ptr %b, ptr %panel, i64 %b_column, i64 %b_step, i64 %n, i64 0, i64 0, i64 %k, i64 1, i64 0,
    i64 0, i64 $COLUMNS)
  br label %packed_narrow
;; end
packed_narrow:
  call void @narrow_$D(ptr %a_here, ptr %panel, ptr %c_here, i64 %rows_here, i64 %n, i64 %k, i64 %a_row, i64 %a_step,
    i64 $COLUMNS, i64 1, i64 %ldc, i64 %keeps, $T %alpha, $T %beta)
  br label %finish
;; end
finish:
  %row_end = add i64 %row_here, %rows_here
  %column_end = add i64 %column_here, %columns_here
  call void @product_finish_$s(ptr %epilogue, ptr %context, i64 %row_here, i64 %row_end, i64 %column_here,
    i64 %column_end)
  ret void
in_place:
  ; From where on rows of B are lines of the cache, if they are; what lies before, and the last columns, which fill no
  ; panel, are packed. Nothing is kept.
  %b_address = ptrtoint ptr %b_here to i64
  %b_before = sub i64 0, %b_address
  %lead_bytes = and i64 %b_before, 63
  %lead.0 = sdiv i64 %lead_bytes, $BYTES
  %row_beyond = and i64 %row_bytes, 63
  %are_lines.0 = icmp eq i64 %row_beyond, 0
  %are_long = icmp sge i64 %columns_here, $LONG_ROWS
  %are_lines = and i1 %are_lines.0, %are_long
  %lead.1 = select i1 %are_lines, i64 %lead.0, i64 0
  %lead_columns = call i64 @llvm.smin.i64(i64 %lead.1, i64 %columns_here)
  %after_lead = sub i64 %columns_here, %lead_columns
  %whole_panels = sdiv i64 %after_lead, $COLUMNS
  %whole_columns = mul i64 %whole_panels, $COLUMNS
  %rest_columns = sub i64 %after_lead, %whole_columns
  %rest_within = add i64 %lead_columns, %whole_columns
;; for which, within, is_in_place in column_ranges
  %$which.at = add i64 %column_here, $within
  %$which.b = getelementptr $T, ptr %b_here, i64 $within
  %$which.c = getelementptr $T, ptr %c_here, i64 $within
  call void @product_blocked_$s(i64 %rows_here, i64 %${which}_columns, i64 %k, $T %alpha, ptr %a_here, i64 %a_row,
    i64 %a_step, ptr %$which.b, i64 %b_step, i64 %b_column, $T %beta, ptr %$which.c, i64 %ldc, i64 %keeps,
    ptr %own_scratch, ptr %epilogue, ptr %context, ptr null, i64 %row_here, i64 %$which.at, i64 0, i64 0, i64 0,
    i1 $is_in_place)
;; end
  ret void
blocks:
  %keeps_a.1 = and i1 %keeps_one, %by_columns
  %keeps_b.1 = xor i1 %keeps_a.1, %keeps_one
  %keeps_a = zext i1 %keeps_a.1 to i64
  %keeps_b = zext i1 %keeps_b.1 to i64
  %packed_before = zext i1 %is_packed to i64
  call void @product_blocked_$s(i64 %rows_here, i64 %columns_here, i64 %k, $T %alpha, ptr %a_here, i64 %a_row,
    i64 %a_step, ptr %b_here, i64 %b_step, i64 %b_column, $T %beta, ptr %c_here, i64 %ldc, i64 %keeps, ptr %own_scratch,
    ptr %epilogue, ptr %context, ptr %prologues, i64 %row_here, i64 %column_here, i64 %keeps_a, i64 %keeps_b,
    i64 %packed_before, i1 false)
  ret void

matrices:
  call void @product_larger_$s($arguments, i64 %work)
  ret void

; A single row is a product of B transposed with a vector.
with_vector:
  %tb_not = xor i1 %tb, true
  %rows = select i1 %column, i64 %m, i64 %n
  %matrix = select i1 %column, ptr %a, ptr %b
  %ld = select i1 %column, i64 %lda, i64 %ldb
  %trans = select i1 %column, i1 %ta, i1 %tb_not
  %x = select i1 %column, ptr %b, ptr %a
  %x_step = select i1 %column, i64 %b_step, i64 %a_step
  %y_step = select i1 %column, i64 %ldc, i64 1
  call void @product_vector_$s(i64 %rows, i64 %k, $T %alpha, ptr %matrix, i64 %ld, i1 %trans, ptr %x, i64 %x_step,
    $T %beta, ptr %c, i64 %y_step, i64 %part, i64 %parts, ptr %epilogue, ptr %context, i1 %column)
  ret void

done:
  ret void
}

; C by blocks that fit the caches (lower/loops/cache_blocking.py). Scales are for the last block of the summed index and
; those before it; where these must leave the old C alone their sums are put aside.
@product_in_memory_$s = internal constant [4 x ptr] zeroinitializer

define internal void @product_blocked_$s(i64 %m, i64 %n, i64 %k, $T %alpha, ptr %a, i64 %a_row, i64 %a_step, ptr %b,
    i64 %b_step, i64 %b_column, $T %beta, ptr %c, i64 %c_row, i64 %keep, ptr %scratch,
    ptr %epilogue, ptr %context, ptr %prologues, i64 %row_first, i64 %column_first, i64 %keeps_a, i64 %keeps_b,
    i64 %packed, i1 %in_place) nounwind {
  %in_memory = icmp eq ptr %prologues, null
  %operands = select i1 %in_memory, ptr @product_in_memory_$s, ptr %prologues
;; for number, name in prologues
  %$name.at = getelementptr ptr, ptr %operands, i64 $number
  %$name = load ptr, ptr %$name.at
;; end
;; for one in a, b
  %${one}_is_computed = icmp ne ptr %${one}_procedure, null
  %${one}_computed = zext i1 %${one}_is_computed to i64
;; end
  %scales = alloca [4 x $T]
;; for number, value in scale_values
  %scale.$number = getelementptr $T, ptr %scales, i64 $number
  store $T $value, ptr %scale.$number
;; end
  %read_in_place = zext i1 %in_place to i64
  %panels = select i1 %in_place, ptr %b, ptr %scratch
  %depth = select i1 %in_place, i64 $SHORT_DEPTH, i64 $DEPTH
  %several = icmp sgt i64 %k, %depth
  %keeps = icmp ne i64 %keep, 0
  %aside = and i1 %several, %keeps
  %is_aside = zext i1 %aside to i64
  %sums_aside = getelementptr $T, ptr %scratch, i64 $SUMS
  %sums = select i1 %aside, ptr %sums_aside, ptr %c
  call void @product_$D(ptr %a, ptr %b, ptr %panels, ptr %c, ptr %sums, ptr %scales, ptr %scratch,
    ptr %epilogue, ptr %context, ptr %a_procedure, ptr %a_context, ptr %b_procedure, ptr %b_context,
    i64 %m, i64 %n, i64 %k, i64 %a_row, i64 %a_step, i64 %b_step, i64 %b_column,
    i64 %c_row, i64 %keep, i64 %is_aside, i64 %row_first, i64 %column_first, i64 %keeps_a, i64 %keeps_b,
    i64 %packed, i64 %a_computed, i64 %b_computed, i64 %depth, i64 %read_in_place)
  ret void
}

; Medium and large products in a library. Cutting C into rows is better than into columns, unless it is broad: for every
; piece all of the other matrix is packed. Piece p begins at unit p * units / pieces.
define internal void @product_larger_$s($arguments, i64 %work) nounwind {
entry:
$strides
  %twice = shl i64 %m, 1
  %by_columns = icmp sgt i64 %n, %twice
  %size = select i1 %by_columns, i64 %n, i64 %m
  %unit = select i1 %by_columns, i64 $UNIT_COLUMNS, i64 $UNIT_ROWS
  %unit_less = sub i64 %unit, 1
  %size_up = add i64 %size, %unit_less
  %units = sdiv i64 %size_up, %unit
  %large = icmp sge i64 %work, $LARGE
  br i1 %large, label %much, label %some
some:
  %piece = select i1 %tb, i64 $PIECE_ACROSS, i64 $PIECE
  %some_pieces = sdiv i64 %work, %piece
  br label %decided
much:
  br i1 %by_columns, label %broad, label %tall
broad:
  %processors = load i64, ptr @blas_processors
  %enough = sdiv i64 %n, $BROAD
  %broad_pieces = call i64 @llvm.smin.i64(i64 %enough, i64 %processors)
  br label %decided
tall:
  ; A share has `full` units and perhaps part of another: enough of them are a million.
  %a_row_of_work = sdiv i64 %work, %m
  %a_unit_of_work = mul i64 %a_row_of_work, $UNIT_ROWS
  %full = sdiv i64 $MILLION, %a_unit_of_work
  %share = add i64 %full, 2
  %shares = sdiv i64 %units, %share
  %team.at = getelementptr i64, ptr %worker, i64 1
  %team = load i64, ptr %team.at
  %tall_pieces = call i64 @llvm.smin.i64(i64 %shares, i64 %team)
  br label %decided
decided:
  %least.0 = phi i64 [ %some_pieces, %some ], [ %broad_pieces, %broad ], [ %tall_pieces, %tall ]
  %least.1 = call i64 @llvm.smin.i64(i64 %least.0, i64 %units)
  %get = load ptr, ptr @blas_get_threads
  %unheld = icmp eq ptr %get, null
  %least.2 = select i1 %unheld, i64 1, i64 %least.1
  %pieces = call i64 @llvm.smax.i64(i64 %least.2, i64 1)
  %part_next = add i64 %part, 1
  %p_first.0 = mul i64 %part, %pieces
  %p_first = sdiv i64 %p_first.0, %parts
  %p_end.0 = mul i64 %part_next, %pieces
  %p_end = sdiv i64 %p_end.0, %parts
  %mine = icmp slt i64 %p_first, %p_end
  br i1 %mine, label %enter, label %done
enter:
  call void @symdrop_blas_enter()
  br label %one
one:
  %p = phi i64 [ %p_first, %enter ], [ %p_next, %one ]
  %p_after = add i64 %p, 1
  %first.0 = mul i64 %p, %units
  %first.1 = sdiv i64 %first.0, %pieces
  %first = mul i64 %first.1, %unit
  %end.0 = mul i64 %p_after, %units
  %end.1 = sdiv i64 %end.0, %pieces
  %end.2 = mul i64 %end.1, %unit
  %end = call i64 @llvm.smin.i64(i64 %end.2, i64 %size)
  %length = sub i64 %end, %first
  %rows = select i1 %by_columns, i64 %m, i64 %length
  %columns = select i1 %by_columns, i64 %length, i64 %n
  %i = select i1 %by_columns, i64 0, i64 %first
  %j = select i1 %by_columns, i64 %first, i64 0
  %a_at = mul i64 %i, %a_row
  %a_i = getelementptr $T, ptr %a, i64 %a_at
  %b_at = mul i64 %j, %b_column
  %b_j = getelementptr $T, ptr %b, i64 %b_at
  %c_at = mul i64 %i, %ldc
  %c_i = getelementptr $T, ptr %c, i64 %c_at
  %c_ij = getelementptr $T, ptr %c_i, i64 %j
  call void @blas_gemm_$s(i64 %rows, i64 %columns, i64 %k, $T %alpha, ptr %a_i, i64 %lda, i1 %ta, ptr %b_j, i64 %ldb,
    i1 %tb, $T %beta, ptr %c_ij, i64 %ldc)
  %row_end = add i64 %i, %rows
  %column_end = add i64 %j, %columns
  call void @product_finish_$s(ptr %epilogue, ptr %context, i64 %i, i64 %row_end, i64 %j, i64 %column_end)
  %p_next = add i64 %p, 1
  %again = icmp slt i64 %p_next, %p_end
  br i1 %again, label %one, label %leave
leave:
  call void @symdrop_blas_leave()
  br label %done
done:
  ret void
}

; As medium products: a dozen pieces are shared out evenly by 2, 3, 4, 6 or 12 threads.
define internal void @product_vector_$s(i64 %m, i64 %k, $T %alpha, ptr %a, i64 %lda, i1 %ta, ptr %x, i64 %x_step,
    $T %beta, ptr %y, i64 %y_step, i64 %part, i64 %parts, ptr %epilogue, ptr %context, i1 %column) nounwind {
entry:
  %a_row = select i1 %ta, i64 1, i64 %lda
  %m_up = add i64 %m, $UNIT_VECTOR
  %m_less = sub i64 %m_up, 1
  %units = sdiv i64 %m_less, $UNIT_VECTOR
  %work = mul i64 %m, %k
  %by_work = sdiv i64 %work, $PIECE_VECTOR
  %least.0 = call i64 @llvm.smin.i64(i64 %by_work, i64 %units)
  %least.1 = call i64 @llvm.smin.i64(i64 %least.0, i64 12)
  %get = load ptr, ptr @blas_get_threads
  %unheld = icmp eq ptr %get, null
  %least.2 = select i1 %unheld, i64 1, i64 %least.1
  %pieces = call i64 @llvm.smax.i64(i64 %least.2, i64 1)
  %part_next = add i64 %part, 1
  %p_first.0 = mul i64 %part, %pieces
  %p_first = sdiv i64 %p_first.0, %parts
  %p_end.0 = mul i64 %part_next, %pieces
  %p_end = sdiv i64 %p_end.0, %parts
  %mine = icmp slt i64 %p_first, %p_end
  br i1 %mine, label %enter, label %done
enter:
  call void @symdrop_blas_enter()
  br label %one
one:
  %p = phi i64 [ %p_first, %enter ], [ %p_next, %one ]
  %p_after = add i64 %p, 1
  %first.0 = mul i64 %p, %units
  %first.1 = sdiv i64 %first.0, %pieces
  %first = mul i64 %first.1, $UNIT_VECTOR
  %end.0 = mul i64 %p_after, %units
  %end.1 = sdiv i64 %end.0, %pieces
  %end.2 = mul i64 %end.1, $UNIT_VECTOR
  %end = call i64 @llvm.smin.i64(i64 %end.2, i64 %m)
  %length = sub i64 %end, %first
  %a_at = mul i64 %first, %a_row
  %a_i = getelementptr $T, ptr %a, i64 %a_at
  %y_at = mul i64 %first, %y_step
  %y_i = getelementptr $T, ptr %y, i64 %y_at
  call void @blas_gemv_$s(i64 %length, i64 %k, $T %alpha, ptr %a_i, i64 %lda, i1 %ta, ptr %x, i64 %x_step, $T %beta,
    ptr %y_i, i64 %y_step)
  %row = select i1 %column, i64 %first, i64 0
  %row_end = select i1 %column, i64 %end, i64 1
  %from = select i1 %column, i64 0, i64 %first
  %to = select i1 %column, i64 1, i64 %end
  call void @product_finish_$s(ptr %epilogue, ptr %context, i64 %row, i64 %row_end, i64 %from, i64 %to)
  %p_next = add i64 %p, 1
  %again = icmp slt i64 %p_next, %p_end
  br i1 %again, label %one, label %leave
leave:
  call void @symdrop_blas_leave()
  br label %done
done:
  ret void
}

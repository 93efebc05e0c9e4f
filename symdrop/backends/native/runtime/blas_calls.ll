; Calls of a BLAS for one type.
;
;   blas_gemm_f32(m, n, k, alpha, a, lda, ta, b, ldb, tb, beta, c, ldc)     row-major C = alpha op(A) op(B) + beta C
;   blas_gemv_f32(m, k, alpha, a, lda, ta, x, x_step, beta, y, y_step)      row-major y = alpha op(A) x + beta y
;
; Fortran takes addresses of everything, integers of 32 bits or of 64, and matrices column by column. What it sees is
; every row-major matrix transposed: C' = op(B)' op(A)', with both operands exchanged. A library that reads 32 bits
; finds the lower half of an integer where the whole lies, the machine being little-endian. 84 is the letter T, 78 N.
; Holes: s, "f32" or "f64"; T, LLVM's name of it; gemm and gemv, the routines of that type.

define internal void @blas_gemm_$s(i64 %m, i64 %n, i64 %k, $T %alpha, ptr %a, i64 %lda, i1 %ta, ptr %b, i64 %ldb,
    i1 %tb, $T %beta, ptr %c, i64 %ldc) nounwind {
;; for name in m, n, k, lda, ldb, ldc
  %i_$name = alloca i64
  store i64 %$name, ptr %i_$name
;; end
  %p_alpha = alloca $T
  %p_beta = alloca $T
  %p_ta = alloca i8
  %p_tb = alloca i8
  store $T %alpha, ptr %p_alpha
  store $T %beta, ptr %p_beta
  %letter_a = select i1 %ta, i8 84, i8 78
  %letter_b = select i1 %tb, i8 84, i8 78
  store i8 %letter_a, ptr %p_ta
  store i8 %letter_b, ptr %p_tb
  %gemm = load ptr, ptr @blas_$gemm
  call void %gemm(ptr %p_tb, ptr %p_ta, ptr %i_n, ptr %i_m, ptr %i_k, ptr %p_alpha, ptr %b, ptr %i_ldb,
    ptr %a, ptr %i_lda, ptr %p_beta, ptr %c, ptr %i_ldc)
  ret void
}

define internal void @blas_gemv_$s(i64 %m, i64 %k, $T %alpha, ptr %a, i64 %lda, i1 %ta, ptr %x, i64 %x_step, $T %beta,
    ptr %y, i64 %y_step) nounwind {
  %rows = select i1 %ta, i64 %m, i64 %k
  %columns = select i1 %ta, i64 %k, i64 %m
;; for name in rows, columns, lda, x_step, y_step
  %i_$name = alloca i64
  store i64 %$name, ptr %i_$name
;; end
  %p_alpha = alloca $T
  %p_beta = alloca $T
  %p_ta = alloca i8
  store $T %alpha, ptr %p_alpha
  store $T %beta, ptr %p_beta
  %letter = select i1 %ta, i8 78, i8 84
  store i8 %letter, ptr %p_ta
  %gemv = load ptr, ptr @blas_$gemv
  call void %gemv(ptr %p_ta, ptr %i_rows, ptr %i_columns, ptr %p_alpha, ptr %a, ptr %i_lda, ptr %x, ptr %i_x_step,
    ptr %p_beta, ptr %y, ptr %i_y_step)
  ret void
}

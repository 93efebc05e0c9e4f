"""Calling a BLAS from LLVM text: its routines, and holding it to one thread meanwhile.

    symdrop_set_blas(sgemm, dgemm, sgemv, dgemv, get_threads, set_threads, processors)
        once after loading; any address may be null
    symdrop_blas_after_fork()
        in a forked child, before anything else
    blas_gemm_f32(m, n, k, alpha, a, lda, ta, b, ldb, tb, beta, c, ldc)
        row-major C = alpha op(A) op(B) + beta C
    blas_gemv_f32(m, k, alpha, a, lda, ta, x, x_step, beta, y, y_step)
        row-major y = alpha op(A) x + beta y

Between `symdrop_blas_enter` and `symdrop_blas_leave` the library uses no threads of its own: a second set of spinning
threads would ruin ours. The setting belongs to the whole process, so callers are counted; the first
changes it, the last gives back what the user had set. Only where get_threads is null is nothing changed.

Fortran takes addresses of everything, integers of 32 bits or of 64, and matrices column by column. What it sees is
every row-major matrix transposed: C' = op(B)' op(A)', with both operands exchanged.

Read next: product.py
"""

from __future__ import annotations

from .tiles import Lanes

POINTERS = """
@blas_sgemm = internal global ptr null
@blas_dgemm = internal global ptr null
@blas_sgemv = internal global ptr null
@blas_dgemv = internal global ptr null
@blas_get_threads = internal global ptr null
@blas_set_threads = internal global ptr null
@blas_processors = internal global i64 1

define void @symdrop_set_blas(ptr %sgemm, ptr %dgemm, ptr %sgemv, ptr %dgemv, ptr %get, ptr %set,
    i64 %processors) nounwind {
  store ptr %sgemm, ptr @blas_sgemm
  store ptr %dgemm, ptr @blas_dgemm
  store ptr %sgemv, ptr @blas_sgemv
  store ptr %dgemv, ptr @blas_dgemv
  store ptr %get, ptr @blas_get_threads
  store ptr %set, ptr @blas_set_threads
  store i64 %processors, ptr @blas_processors
  ret void
}
"""

# A process has one such count, however many libraries of products it has loaded: they all call the same BLAS.
COUNTING = """
@blas_lock = internal global i32 0, align 128
@blas_callers = internal global i32 0      ; how many of our threads are in the library
@blas_threads = internal global i32 0      ; what its user had set

define internal void @blas_use(i32 %from, i32 %to) nounwind {
  %same = icmp eq i32 %from, %to
  br i1 %same, label %done, label %change
change:
  %set = load ptr, ptr @blas_set_threads
  call void %set(i32 %to)
  br label %done
done:
  ret void
}
; One caller more (1) or less (-1).
define internal void @blas_count(i32 %one) nounwind {
entry:
  %get = load ptr, ptr @blas_get_threads
  %free = icmp eq ptr %get, null
  br i1 %free, label %done, label %try
try:
  %held = atomicrmw xchg ptr @blas_lock, i32 1 acquire
  %mine = icmp eq i32 %held, 0
  br i1 %mine, label %count, label %try
count:
  %before = load i32, ptr @blas_callers
  %after = add i32 %before, %one
  store i32 %after, ptr @blas_callers
  %first = icmp eq i32 %before, 0
  br i1 %first, label %hold, label %others
hold:
  %threads = call i32 %get()
  store i32 %threads, ptr @blas_threads
  call void @blas_use(i32 %threads, i32 1)
  br label %release
others:
  %last = icmp eq i32 %after, 0
  br i1 %last, label %restore, label %release
restore:
  %was = load i32, ptr @blas_threads
  call void @blas_use(i32 1, i32 %was)
  br label %release
release:
  store atomic i32 0, ptr @blas_lock release, align 4
  br label %done
done:
  ret void
}
define void @symdrop_blas_enter() nounwind {
  call void @blas_count(i32 1)
  ret void
}
define void @symdrop_blas_leave() nounwind {
  call void @blas_count(i32 -1)
  ret void
}
; The child has none of the threads that were in the library or held the lock.
define void @symdrop_blas_after_fork() nounwind {
  %callers = load i32, ptr @blas_callers
  store i32 0, ptr @blas_callers
  store i32 0, ptr @blas_lock
  %none = icmp eq i32 %callers, 0
  br i1 %none, label %done, label %restore
restore:
  %was = load i32, ptr @blas_threads
  call void @blas_use(i32 1, i32 %was)
  br label %done
done:
  ret void
}
"""

# For products whose count is another library's.
COUNTED = """
declare void @symdrop_blas_enter() nounwind
declare void @symdrop_blas_leave() nounwind
"""


def text(lane: Lanes) -> str:
    """The calls for one type.

    Example:
        >>> from .tiles import lanes
        >>> "define internal void @blas_gemm_f64(" in text(lanes("f64", 256))
        True
    """
    letter = {"f32": "s", "f64": "d"}[lane.suffix]
    return lane.fill(_CALLS, gemm=f"{letter}gemm", gemv=f"{letter}gemv")


def _place(names: str) -> str:
    """Put integers where Fortran finds them: %i_<name> points to the value of %<name>.

    A library that reads 32 bits finds the lower half there, the machine being little-endian.
    """
    return "\n".join(f"  %i_{name} = alloca i64\n  store i64 %{name}, ptr %i_{name}" for name in names.split())


_CALLS = f"""
define internal void @blas_gemm_$s(i64 %m, i64 %n, i64 %k, $T %alpha, ptr %a, i64 %lda, i1 %ta, ptr %b, i64 %ldb,
    i1 %tb, $T %beta, ptr %c, i64 %ldc) nounwind {{
{_place("m n k lda ldb ldc")}
  %p_alpha = alloca $T
  %p_beta = alloca $T
  %p_ta = alloca i8
  %p_tb = alloca i8
  store $T %alpha, ptr %p_alpha
  store $T %beta, ptr %p_beta
  %letter_a = select i1 %ta, i8 {ord("T")}, i8 {ord("N")}
  %letter_b = select i1 %tb, i8 {ord("T")}, i8 {ord("N")}
  store i8 %letter_a, ptr %p_ta
  store i8 %letter_b, ptr %p_tb
  %gemm = load ptr, ptr @blas_$gemm
  call void %gemm(ptr %p_tb, ptr %p_ta, ptr %i_n, ptr %i_m, ptr %i_k, ptr %p_alpha, ptr %b, ptr %i_ldb,
    ptr %a, ptr %i_lda, ptr %p_beta, ptr %c, ptr %i_ldc)
  ret void
}}
define internal void @blas_gemv_$s(i64 %m, i64 %k, $T %alpha, ptr %a, i64 %lda, i1 %ta, ptr %x, i64 %x_step, $T %beta,
    ptr %y, i64 %y_step) nounwind {{
  %rows = select i1 %ta, i64 %m, i64 %k
  %columns = select i1 %ta, i64 %k, i64 %m
{_place("rows columns lda x_step y_step")}
  %p_alpha = alloca $T
  %p_beta = alloca $T
  %p_ta = alloca i8
  store $T %alpha, ptr %p_alpha
  store $T %beta, ptr %p_beta
  %letter = select i1 %ta, i8 {ord("N")}, i8 {ord("T")}
  store i8 %letter, ptr %p_ta
  %gemv = load ptr, ptr @blas_$gemv
  call void %gemv(ptr %p_ta, ptr %i_rows, ptr %i_columns, ptr %p_alpha, ptr %a, ptr %i_lda, ptr %x, ptr %i_x_step,
    ptr %p_beta, ptr %y, ptr %i_y_step)
  ret void
}}
"""

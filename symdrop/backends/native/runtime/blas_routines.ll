; The routines of a BLAS: set once after loading, by symdrop_set_blas; any address may be null.

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

; Holding a BLAS to one thread while ours are in it; callers are counted.
;
;   symdrop_blas_enter(), symdrop_blas_leave()      around every call
;   symdrop_blas_after_fork()                       in a forked child, before anything else
;
; A process has one such count, however many libraries of products it has loaded: they all call the same BLAS.

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

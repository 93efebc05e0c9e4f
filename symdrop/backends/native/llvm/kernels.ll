; Calls of kernels. Holes: numbers; thread, threads.
;; for number in numbers
  call void @kernel_$number(ptr %frame, i64 $thread, i64 $threads)
;; end

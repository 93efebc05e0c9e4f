; Calls of kernels that are not divided. Holes: numbers.
;; for number in numbers
  call void @kernel_$number(ptr %frame, i64 0, i64 1, ptr null)
;; end

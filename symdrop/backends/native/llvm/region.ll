; The body of a parallel region: a part of each of its kernels, and in one part those that are not divided.
; Holes: name; numbers of kernels, shared and alone.

define internal void @$name(ptr noalias %frame, i64 %thread, i64 %threads, ptr %worker) nounwind {
entry:
;; for number in shared
  call void @kernel_$number(ptr %frame, i64 %thread, i64 %threads, ptr %worker)
;; end
  %first = icmp eq i64 %thread, 0
  br i1 %first, label %alone, label %done
alone:
;; for number in alone
  call void @kernel_$number(ptr %frame, i64 0, i64 1, ptr %worker)
;; end
  br label %done
done:
  ret void
}

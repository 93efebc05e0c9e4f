; The whole step: every thread of its team runs `body`. Holes: threads, failed: words of the frame.

define i64 @run(ptr noalias %frame) nounwind {
entry:
  %threads.word = getelementptr i64, ptr %frame, i64 $threads
  %threads = load i64, ptr %threads.word, align 8
  %single = icmp sle i64 %threads, 1
  br i1 %single, label %alone, label %team
alone:
  call void @body(ptr %frame, i64 0, i64 1)
  br label %done
team:
  call void @symdrop_parallel(ptr @body, ptr %frame, i64 %threads)
  br label %done
done:
  %failed.word = getelementptr i64, ptr %frame, i64 $failed
  %failed = load i64, ptr %failed.word, align 8
  ret i64 %failed
}

; The whole step, the work of which is shared with the threads of a team. Holes: threads, failed: words of the frame.

declare i64 @symdrop_enter(i64)
declare void @symdrop_leave(i64)

define i64 @run(ptr noalias %frame) nounwind {
entry:
  %threads.word = getelementptr i64, ptr %frame, i64 $threads
  %threads = load i64, ptr %threads.word, align 8
  %single = icmp sle i64 %threads, 1
  br i1 %single, label %alone, label %several
alone:
  %alone.left = call i64 @body(ptr %frame, i64 1)
  br label %done
several:
  %team = call i64 @symdrop_enter(i64 %threads)
  %left = call i64 @body(ptr %frame, i64 %team)
  call void @symdrop_leave(i64 %team)
  br label %done
done:
  %failed.word = getelementptr i64, ptr %frame, i64 $failed
  %failed = load i64, ptr %failed.word, align 8
  ret i64 %failed
}

; A long call that signals may end.
;
;   symdrop_interruptible(run, frame)              run(frame) without Python's lock; for the main thread
;   symdrop_meet(frame, thread, threads, now)      a barrier behind which all threads know whether to leave
;
; Holes: asking, interrupted: words of the frame.

declare ptr @PyEval_SaveThread() nounwind
declare void @PyEval_RestoreThread(ptr) nounwind

; What is kept: the thread as Python knows it; when signals are looked at next; when the clock was looked at; after
; how many meetings it is looked at again; how many of these are left.
define i64 @symdrop_interruptible(ptr %run, ptr %frame) nounwind {
  %kept = alloca [5 x i64]
  %begun = call i64 @clock_now()
  %due = add i64 %begun, 5000000
  store [5 x i64] [i64 0, i64 0, i64 0, i64 1, i64 1], ptr %kept
  %due.at = getelementptr i64, ptr %kept, i64 1
  store i64 %due, ptr %due.at
  %asking = getelementptr i64, ptr %frame, i64 $asking
  store ptr %kept, ptr %asking
  %python = call ptr @PyEval_SaveThread()
  store ptr %python, ptr %kept
  %failed = call i64 %run(ptr %frame)
  call void @PyEval_RestoreThread(ptr %python)
  store ptr null, ptr %asking
  ret i64 %failed
}

define i64 @symdrop_meet(ptr %frame, i64 %thread, i64 %threads, i64 %now) nounwind {
entry:
  %first = icmp eq i64 %thread, 0
  br i1 %first, label %asked, label %meet
asked:
  %asking = getelementptr i64, ptr %frame, i64 $asking
  %kept = load ptr, ptr %asking
  %never = icmp eq ptr %kept, null
  br i1 %never, label %meet, label %count
count:
  %left.at = getelementptr i64, ptr %kept, i64 4
  %before = load i64, ptr %left.at
  %left = sub i64 %before, 1
  store i64 %left, ptr %left.at
  %wait = icmp sgt i64 %left, %now
  br i1 %wait, label %skip, label %look
; There are some left only where nothing has been interrupted.
skip:
  %alone = icmp sle i64 %threads, 1
  br i1 %alone, label %stay, label %meet
stay:
  ret i64 0
look:
  call void @interrupt_look(ptr %frame, ptr %kept)
  br label %meet
meet:
  %interrupted = getelementptr i64, ptr %frame, i64 $interrupted
  %leave = call i64 @pool_meet(i64 %threads, ptr %interrupted)
  ret i64 %leave
}

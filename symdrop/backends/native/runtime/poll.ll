; A long call that signals may end.
;
;   symdrop_interruptible(run, frame)              run(frame) without Python's lock; for the main thread
;   symdrop_poll(frame, now)                       whether to leave, looked up now and then; at once if `now` is large
;
; Holes: asking, interrupted: words of the frame.

declare ptr @PyEval_SaveThread() nounwind
declare void @PyEval_RestoreThread(ptr) nounwind

; What is kept: the thread as Python knows it; when signals are looked at next; when the clock was looked at; after
; how many polls it is looked at again; how many of these are left.
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

define i64 @symdrop_poll(ptr %frame, i64 %now) nounwind {
entry:
  %asking = getelementptr i64, ptr %frame, i64 $asking
  %kept = load ptr, ptr %asking
  %never = icmp eq ptr %kept, null
  br i1 %never, label %stay, label %count
count:
  %left.at = getelementptr i64, ptr %kept, i64 4
  %before = load i64, ptr %left.at
  %left = sub i64 %before, 1
  store i64 %left, ptr %left.at
  %skip = icmp sgt i64 %left, %now
  br i1 %skip, label %stay, label %look
; There are some left only where nothing has been interrupted.
stay:
  ret i64 0
look:
  call void @interrupt_look(ptr %frame, ptr %kept)
  %interrupted = getelementptr i64, ptr %frame, i64 $interrupted
  %leave = load i64, ptr %interrupted
  ret i64 %leave
}

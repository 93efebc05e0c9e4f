; Looking at signals: Python's lock is taken, and handlers run. Holes: asking, interrupted: words of the frame.
; Times are in nanoseconds. Who holds Python's lock may keep it for a while; handlers, too, take their time: of that at
; most a thirty-third is spent on asking, unless a fifth of a second has passed.

declare i32 @PyErr_CheckSignals() nounwind

define internal void @interrupt_look(ptr %frame, ptr %kept) nounwind noinline {
entry:
  %left.at = getelementptr i64, ptr %kept, i64 4
  %interrupted = getelementptr i64, ptr %frame, i64 $interrupted
  %over.word = load i64, ptr %interrupted
  %over = icmp ne i64 %over.word, 0
  br i1 %over, label %none.left, label %clock
clock:
  %due.at = getelementptr i64, ptr %kept, i64 1
  %last.at = getelementptr i64, ptr %kept, i64 2
  %every.at = getelementptr i64, ptr %kept, i64 3
  %now = call i64 @clock_now()
  %last = load i64, ptr %last.at
  store i64 %now, ptr %last.at
  %gap = sub i64 %now, %last
  %quick = icmp slt i64 %gap, 100000
  %every = load i64, ptr %every.at
  %twice = shl i64 %every, 1
  %many = icmp sgt i64 %twice, 64
  %some = select i1 %many, i64 64, i64 %twice
  %then = select i1 %quick, i64 %some, i64 1
  store i64 %then, ptr %every.at
  store i64 %then, ptr %left.at
  %due = load i64, ptr %due.at
  %early = icmp slt i64 %now, %due
  br i1 %early, label %done, label %signals
signals:
  %python = load ptr, ptr %kept
  call void @PyEval_RestoreThread(ptr %python)
  %raised = call i32 @PyErr_CheckSignals()
  %again = call ptr @PyEval_SaveThread()
  store ptr %again, ptr %kept
  %after = call i64 @clock_now()
  %took = sub i64 %after, %now
  %much = shl i64 %took, 5
  %short = icmp slt i64 %much, 5000000
  %least = select i1 %short, i64 5000000, i64 %much
  %long = icmp sgt i64 %least, 200000000
  %pause = select i1 %long, i64 200000000, i64 %least
  %next = add i64 %after, %pause
  store i64 %next, ptr %due.at
  store i64 %after, ptr %last.at
  %leave = icmp ne i32 %raised, 0
  br i1 %leave, label %interrupt, label %done
interrupt:
  store atomic i64 1, ptr %interrupted monotonic, align 8
  br label %none.left
; Asked once more, Python would find an exception where none may be; and all later meetings are left.
none.left:
  store i64 0, ptr %left.at
  br label %done
done:
  ret void
}

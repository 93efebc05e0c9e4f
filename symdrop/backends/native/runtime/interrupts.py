"""Signals while native code runs, as LLVM text: a long call looks at them, and a handler may end it.

    symdrop_interruptible(run, frame)              run(frame) without Python's lock; for the main thread
    symdrop_meet(frame, thread, threads, now)      a barrier behind which all threads know whether to leave

Python only notes a signal; the handler is run by the main thread when that next runs Python. A call made
by `symdrop_interruptible` therefore takes Python's lock every few milliseconds, where threads meet, and lets
handlers run. If one raises, as the handler of Ctrl-C does, the word INTERRUPTED of the frame is set, and
`symdrop_meet` tells all threads of the team alike: the barrier decides once, for everybody. The exception
stays with the thread, and is raised where the call returns.

Looking at the clock takes as long as a small step of a loop. So it is looked at every time where this was
long ago the last time, and at every second, fourth ... 64th time where it was not; or at once where `now` is large.

Read next: arrays.py
"""

from __future__ import annotations

from string import Template

# Words of a frame: what a call that can be interrupted keeps (null in others), and whether it is to end.
ASKING, INTERRUPTED = 5, 6

# The number of the clock that never goes back, by system.
_CLOCKS = {"linux": 1, "darwin": 6, "macos": 6}


def text(triple: str) -> str:
    """The functions as LLVM text; on systems whose clock is not known a call asks for no signals.

    Args:
        triple: the machine, as LLVM names it.

    Returns:
        Definitions and declarations, to be joined with those of the pool.

    Example:
        >>> "PyErr_CheckSignals" in text("x86_64-unknown-linux-gnu"), "PyErr_CheckSignals" in text("x86_64-windows")
        (True, False)
    """
    clock = next((number for system, number in _CLOCKS.items() if system in triple), None)
    asking = _NEVER if clock is None else Template(_ASK).substitute(clock=clock, asking=ASKING, interrupted=INTERRUPTED)
    return asking + Template(_MEET).substitute(asking=ASKING, interrupted=INTERRUPTED)


_MEET = """
declare ptr @PyEval_SaveThread() nounwind
declare void @PyEval_RestoreThread(ptr) nounwind

; What is kept: the thread as Python knows it; when signals are looked at next; when the clock was looked at; after
; how many meetings it is looked at again; how many of these are left.
define i64 @symdrop_interruptible(ptr %run, ptr %frame) nounwind {
  %kept = alloca [5 x i64]
  %begun = call i64 @interrupt_now()
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
"""

_NEVER = """
define internal i64 @interrupt_now() nounwind {
  ret i64 0
}

define internal void @interrupt_look(ptr %frame, ptr %kept) nounwind {
  ret void
}
"""

# Times are in nanoseconds. Who holds Python's lock may keep it for a while; handlers, too, take their time: of that at
# most a thirty-third is spent on asking, unless a fifth of a second has passed.
_ASK = """
declare i32 @PyErr_CheckSignals() nounwind
declare i32 @clock_gettime(i32, ptr) nounwind

define internal i64 @interrupt_now() nounwind {
  %time = alloca [2 x i64]
  %status = call i32 @clock_gettime(i32 $clock, ptr %time)
  %fraction = getelementptr i64, ptr %time, i64 1
  %seconds = load i64, ptr %time
  %nanoseconds = load i64, ptr %fraction
  %whole = mul i64 %seconds, 1000000000
  %now = add i64 %whole, %nanoseconds
  ret i64 %now
}

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
  %now = call i64 @interrupt_now()
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
  %after = call i64 @interrupt_now()
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
"""

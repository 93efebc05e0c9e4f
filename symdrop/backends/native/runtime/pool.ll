; The thread pool: fork-join, with work stealing. One caller deals out the parts of a body; whoever is awake joins.
;
;   symdrop_enter(threads)          the size of the team that the caller has from now on: as many threads, or 1
;   symdrop_share(body, frame, team, word, finest)
;                                   body(frame, part, parts, worker) once for every part, and all have ended; the
;                                   frame's word says how much work that is, and a thread's share has at most
;                                   2 ** finest parts
;   symdrop_leave(team)             the team is free for others
;   symdrop_parallel(body, frame, threads)      all of that, with one part for every thread
;   symdrop_workers()               how many threads besides callers exist
;
; The parts of a job are dealt out to seats, one a thread, each a stretch of them. Who sits there takes parts from its
; front: first half of the stretch, then half of what is left; who has none left takes them from other seats. A part is
; taken by a compare-and-swap of the seat's ticket, which names the job: so a thread that comes late, or was stopped,
; finds all taken, or the next job's ticket; nobody waits for it. Only a thread that is in a part is waited for.
;
; Holes: futex and gettid, the numbers of Linux's calls; pause, the instruction that says "spinning", and how it is
; declared; most, the most threads of a team, and the bytes of so many seats; least, the word of the frame with the work
; that is too little to be shared; times in nanoseconds: spin, patience, preempted, penalty, rest, disturbed; worth, how
; many times the least work is worth waking a thread that was preempted.

declare i32 @getpid() nounwind
declare i32 @sched_yield() nounwind
declare i32 @sched_getcpu() nounwind
declare i32 @sched_getaffinity(i32, i64, ptr) nounwind
declare i32 @sched_setaffinity(i32, i64, ptr) nounwind
declare i32 @pthread_create(ptr, ptr, ptr, ptr) nounwind
declare i32 @pthread_detach(i64) nounwind
declare i32 @pthread_sigmask(i32, ptr, ptr) nounwind
declare i64 @syscall(i64, ...) nounwind
declare void @$declared
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
declare i64 @llvm.ctlz.i64(i64, i1)
declare i64 @llvm.smin.i64(i64, i64)
declare i64 @llvm.smax.i64(i64, i64)

; What a part is told about who computes it, null where one thread computes everything: the number of its seat; how
; many stretches the job has; the number of the job; and, of a product, of which job and for which result the memory of
; the seat holds something packed.
%worker = type { i64, i64, i64, i64, ptr }
; A seat: the ticket, which is the number of the job << 16 | the stretch << 8 | a level; whether its thread sleeps; when
; that was last preempted; its stretch in the job that is being dealt out, 0 for none; the worker; the number of the
; thread to the kernel; the processor from which it was woken, plus 1; whether it once woke on that processor; and since
; when it sleeps. At level 0 nothing of the stretch is left, at level n the last 2 ** (n - 1) of its smallest parts.
%seat = type { i64, i32, i64, i64, %worker, i32, i32, i32, i64, [32 x i8] }
%job = type { ptr, ptr, i64, i64, i64 }

; Every word that threads fight over has 128 bytes to itself, since processors fetch lines in pairs.
@pool_owner = internal global i32 0, align 128      ; the process whose threads these are; negative while it begins
@pool_busy = internal global i32 0, align 128       ; 1 while somebody has the team
@pool_workers = internal global i64 0, align 128    ; threads made so far
@pool_number = internal global i64 0                ; jobs so far
@pool_left = internal global { i32, i32 } zeroinitializer, align 128    ; smallest parts not done; if the caller sleeps
; The job: body, frame, how many stretches there are, log2 of their length, how many seats.
@pool_job = internal global %job zeroinitializer, align 128
@pool_seats = internal global [$most x %seat] zeroinitializer, align 128

; Spins until a word is no longer `old`, or for `patience` nanoseconds. Gives 0 where it has changed, -1 where it has
; not, or how long the processor was given to others between two looks at the clock, where that was long.
define internal i64 @pool_spin(ptr %word, i32 %old, i64 %patience, i1 %polite) nounwind noinline {
entry:
  br label %spin
spin:
  %turn = phi i32 [ 0, %entry ], [ %next, %again ]
  %new = load atomic i32, ptr %word acquire, align 4
  %same = icmp eq i32 %new, %old
  br i1 %same, label %again, label %changed
again:
  call void @$pause
  %next = add i32 %turn, 1
  %short = icmp ult i32 %next, 64
  br i1 %short, label %spin, label %long
long:
  %began = call i64 @clock_now()
  br label %look
look:
  %last = phi i64 [ %began, %long ], [ %now, %spent ], [ %now, %yield ]
  br label %glance
glance:
  %i = phi i32 [ 0, %look ], [ %glances, %relax ]
  %newer = load atomic i32, ptr %word acquire, align 4
  %still = icmp eq i32 %newer, %old
  br i1 %still, label %relax, label %changed
relax:
  call void @$pause
  %glances = add i32 %i, 1
  %more = icmp ult i32 %glances, 16
  br i1 %more, label %glance, label %time
time:
  %now = call i64 @clock_now()
  %gap = sub i64 %now, %last
  %lost = icmp sgt i64 %gap, $preempted
  br i1 %lost, label %preempted, label %waited
waited:
  %so_far = sub i64 %now, %began
  %patient = icmp slt i64 %so_far, %patience
  br i1 %patient, label %spent, label %given_up
; Who else wants this processor is let in, if anybody does: then the gap says so.
spent:
  %old.enough = icmp sge i64 %so_far, $spin
  %offers = and i1 %polite, %old.enough
  br i1 %offers, label %yield, label %look
yield:
  %yielded = call i32 @sched_yield()
  br label %look
changed:
  ret i64 0
preempted:
  ret i64 %gap
given_up:
  ret i64 -1
}

; Runs parts of a job until none is left to take, first of the stretch of one's own seat; gives how many smallest parts.
define internal i32 @pool_take(i64 %own, i64 %number) nounwind {
entry:
  %body = load ptr, ptr @pool_job
  %frame = load ptr, ptr getelementptr (%job, ptr @pool_job, i64 0, i32 1)
  %stretches = load i64, ptr getelementptr (%job, ptr @pool_job, i64 0, i32 2)
  %length = load i64, ptr getelementptr (%job, ptr @pool_job, i64 0, i32 3)
  %seats = load i64, ptr getelementptr (%job, ptr @pool_job, i64 0, i32 4)
  %worker = getelementptr [$most x %seat], ptr @pool_seats, i64 0, i64 %own, i32 4
  %worker.team = getelementptr %worker, ptr %worker, i64 0, i32 1
  %worker.job = getelementptr %worker, ptr %worker, i64 0, i32 2
  store i64 %own, ptr %worker
  store i64 %stretches, ptr %worker.team
  store i64 %number, ptr %worker.job
  br label %visit
visit:
  %visited = phi i64 [ 0, %entry ], [ %visits, %onward ]
  %before = phi i32 [ 0, %entry ], [ %done, %onward ]
  %more = icmp slt i64 %visited, %seats
  br i1 %more, label %sit, label %none
sit:
  %beside = add i64 %own, %visited
  %around = sub i64 %beside, %seats
  %wraps = icmp sge i64 %beside, %seats
  %chosen = select i1 %wraps, i64 %around, i64 %beside
  %seat = getelementptr [$most x %seat], ptr @pool_seats, i64 0, i64 %chosen
  br label %look
look:
  %done = phi i32 [ %before, %sit ], [ %done, %take ], [ %after, %run ]
  %ticket = load atomic i64, ptr %seat acquire, align 8
  %job = lshr i64 %ticket, 16
  %level = and i64 %ticket, 255
  %current = icmp eq i64 %job, %number
  %some = icmp ne i64 %level, 0
  %open = and i1 %current, %some
  br i1 %open, label %take, label %onward
take:
  %rest = sub i64 %ticket, 1
  %exchange = cmpxchg ptr %seat, i64 %ticket, i64 %rest acq_rel monotonic
  %won = extractvalue { i64, i1 } %exchange, 1
  br i1 %won, label %run, label %look
run:
  %stretch.0 = lshr i64 %ticket, 8
  %stretch = and i64 %stretch.0, 255
  %left.log = sub i64 %level, 1
  %half.log = sub i64 %level, 2
  %log = call i64 @llvm.smax.i64(i64 %half.log, i64 0)
  %end.0 = add i64 %stretch, 1
  %end = shl i64 %end.0, %length
  %left = shl i64 1, %left.log
  %first = sub i64 %end, %left
  %part = lshr i64 %first, %log
  %all = shl i64 %stretches, %length
  %parts = lshr i64 %all, %log
  call void %body(ptr %frame, i64 %part, i64 %parts, ptr %worker)
  %size = shl i64 1, %log
  %count = trunc i64 %size to i32
  %after = add i32 %done, %count
  br label %look
onward:
  %visits = add i64 %visited, 1
  br label %visit
none:
  ret i32 %before
}

define internal void @pool_sleep(ptr %word, i32 %old, ptr %asleep) nounwind {
  store atomic i32 1, ptr %asleep seq_cst, align 4
  %woken = call i64 (i64, ...) @syscall(i64 $futex, ptr %word, i32 128, i32 %old, ptr null)
  store atomic i32 0, ptr %asleep seq_cst, align 4
  ret void
}
define internal void @pool_wake(ptr %word) nounwind {
  %woken = call i64 (i64, ...) @syscall(i64 $futex, ptr %word, i32 129, i32 1)
  ret void
}

; Whether a thread is better woken on another processor than its caller's: it has once been woken on that, has slept for
; long, and was not preempted lately. If it was, another program has the other processors, and loses nothing to us.
define internal i1 @pool_elsewhere(ptr %seat) nounwind {
entry:
  %late.at = getelementptr %seat, ptr %seat, i64 0, i32 2
  %beside.at = getelementptr %seat, ptr %seat, i64 0, i32 7
  %since.at = getelementptr %seat, ptr %seat, i64 0, i32 8
  %beside = load atomic i32, ptr %beside.at monotonic, align 4
  %once = icmp ne i32 %beside, 0
  br i1 %once, label %look, label %no
look:
  %late = load atomic i64, ptr %late.at monotonic, align 8
  %since = load atomic i64, ptr %since.at monotonic, align 8
  %now = call i64 @clock_now()
  %slept = sub i64 %now, %since
  %ago = sub i64 %now, %late
  %rested = icmp sge i64 %slept, $rest
  %undisturbed = icmp sge i64 %ago, $disturbed
  %yes = and i1 %rested, %undisturbed
  ret i1 %yes
no:
  ret i1 false
}
; Wakes the thread of a seat, elsewhere than here if that is better: the kernel puts a thread beside its waker where it
; takes the other processors to be busy, and moves it after milliseconds. What the thread may use is narrowed for the
; moment in which the kernel chooses, which is in the call that wakes; where that leaves nothing, it refuses.
define internal void @pool_rouse(ptr %seat) nounwind noinline {
entry:
  %allowed = alloca [16 x i64]
  %thread.at = getelementptr %seat, ptr %seat, i64 0, i32 5
  %from.at = getelementptr %seat, ptr %seat, i64 0, i32 6
  %thread = load atomic i32, ptr %thread.at acquire, align 4
  %here = call i32 @sched_getcpu()
  %from = add i32 %here, 1
  store atomic i32 %from, ptr %from.at monotonic, align 4
  %better = call i1 @pool_elsewhere(ptr %seat)
  %fits = icmp ult i32 %here, 1024
  %tries = and i1 %better, %fits
  br i1 %tries, label %ask, label %wake
ask:
  %unknown = call i32 @sched_getaffinity(i32 %thread, i64 128, ptr %allowed)
  %known = icmp eq i32 %unknown, 0
  br i1 %known, label %narrow, label %wake
narrow:
  %here.64 = zext i32 %here to i64
  %which = lshr i64 %here.64, 6
  %word.at = getelementptr i64, ptr %allowed, i64 %which
  %word = load i64, ptr %word.at
  %place = and i64 %here.64, 63
  %bit = shl i64 1, %place
  %mask = xor i64 %bit, -1
  %others = and i64 %word, %mask
  store i64 %others, ptr %word.at
  %refused = call i32 @sched_setaffinity(i32 %thread, i64 128, ptr %allowed)
  call void @pool_wake(ptr %seat)
  store i64 %word, ptr %word.at
  %narrowed = icmp eq i32 %refused, 0
  br i1 %narrowed, label %restore, label %done
restore:
  %restored = call i32 @sched_setaffinity(i32 %thread, i64 128, ptr %allowed)
  br label %done
wake:
  call void @pool_wake(ptr %seat)
  br label %done
done:
  ret void
}
; Notes whether this thread was woken on the processor of who woke it.
define internal void @pool_woken(ptr %seat) nounwind {
entry:
  %from.at = getelementptr %seat, ptr %seat, i64 0, i32 6
  %beside.at = getelementptr %seat, ptr %seat, i64 0, i32 7
  %from = load atomic i32, ptr %from.at monotonic, align 4
  %here = call i32 @sched_getcpu()
  %mine = add i32 %here, 1
  %same = icmp eq i32 %mine, %from
  br i1 %same, label %note, label %done
note:
  store atomic i32 1, ptr %beside.at monotonic, align 4
  br label %done
done:
  ret void
}

; Nanoseconds for which this thread has slept, or waited for a processor, since it began.
define internal i64 @pool_idle_time() nounwind {
  %wall = call i64 @clock_now()
  %used = call i64 @clock_read(i32 3)
  %idle = sub i64 %wall, %used
  ret i64 %idle
}

; What a thread of the pool does: waits for a ticket of a new job, takes parts, waits again, and sleeps after a while;
; at once where another program had its processor meanwhile. It notes the time then.
define internal ptr @pool_work(ptr %argument) nounwind {
entry:
  %own = ptrtoint ptr %argument to i64
  %seat = getelementptr [$most x %seat], ptr @pool_seats, i64 0, i64 %own
  %asleep = getelementptr %seat, ptr %seat, i64 0, i32 1
  %late = getelementptr %seat, ptr %seat, i64 0, i32 2
  %since = getelementptr %seat, ptr %seat, i64 0, i32 8
  %idle.0 = call i64 @pool_idle_time()
  %thread.at = getelementptr %seat, ptr %seat, i64 0, i32 5
  %thread.long = call i64 (i64, ...) @syscall(i64 $gettid)
  %thread = trunc i64 %thread.long to i32
  store atomic i32 %thread, ptr %thread.at release, align 4
  br label %watch
watch:
  %seen = phi i64 [ 0, %entry ], [ %seen, %spin ], [ %done, %sleep ], [ %number, %run ], [ %number, %count ],
    [ %number, %last ], [ %number, %waited ]
  %idle = phi i64 [ %idle.0, %entry ], [ %idle, %spin ], [ %idle.now, %sleep ], [ %idle, %run ], [ %idle, %count ],
    [ %idle, %last ], [ %idle.last, %waited ]
  %ticket = load atomic i64, ptr %seat acquire, align 8
  %number = lshr i64 %ticket, 16
  %new = icmp ne i64 %number, %seen
  br i1 %new, label %run, label %spin
spin:
  %old = trunc i64 %ticket to i32
  %spun = call i64 @pool_spin(ptr %seat, i32 %old, i64 $patience, i1 true)
  %changed = icmp eq i64 %spun, 0
  br i1 %changed, label %watch, label %tired
tired:
  %preempted = icmp sgt i64 %spun, 0
  br i1 %preempted, label %note, label %sleep
note:
  %from.note = phi i32 [ %old, %tired ], [ %old.last, %waited ]
  %seen.note = phi i64 [ %seen, %tired ], [ %number, %waited ]
  %noted = call i64 @clock_now()
  store atomic i64 %noted, ptr %late monotonic, align 8
  br label %sleep
; Whoever deals out a job looks at `asleep` after doing so, and the kernel lets nobody sleep whose ticket is another.
sleep:
  %from = phi i32 [ %old, %tired ], [ %from.note, %note ]
  %done = phi i64 [ %seen, %tired ], [ %seen.note, %note ]
  %tired.at = call i64 @clock_now()
  store atomic i64 %tired.at, ptr %since monotonic, align 8
  call void @pool_sleep(ptr %seat, i32 %from, ptr %asleep)
  call void @pool_woken(ptr %seat)
  %idle.now = call i64 @pool_idle_time()
  br label %watch
run:
  %did = call i32 @pool_take(i64 %own, i64 %number)
  %none = icmp eq i32 %did, 0
  br i1 %none, label %watch, label %count
count:
  %left = atomicrmw sub ptr @pool_left, i32 %did seq_cst
  %finishes = icmp eq i32 %left, %did
  br i1 %finishes, label %last, label %watch
; The caller may have waited for long.
last:
  %waits = load atomic i32, ptr getelementptr (i8, ptr @pool_left, i64 4) seq_cst, align 4
  %sleeps = icmp ne i32 %waits, 0
  br i1 %sleeps, label %waited, label %watch
waited:
  %ticket.last = load atomic i64, ptr %seat acquire, align 8
  %old.last = trunc i64 %ticket.last to i32
  call void @pool_wake(ptr @pool_left)
  %idle.last = call i64 @pool_idle_time()
  %lost = sub i64 %idle.last, %idle
  %much = icmp sgt i64 %lost, $preempted
  br i1 %much, label %note, label %watch
}

; Signals belong to the threads of Python; a worker keeps only those that mean a fault of its own
; (illegal instruction, trap, abort, bus, floating point, segmentation).
define internal i32 @pool_make(i64 %thread) nounwind {
  %blocked = alloca [16 x i64]
  %before = alloca [16 x i64]
  %id = alloca i64
  call void @llvm.memset.p0.i64(ptr %blocked, i8 -1, i64 128, i1 false)
  store i64 -1273, ptr %blocked
  %masked = call i32 @pthread_sigmask(i32 2, ptr %blocked, ptr %before)
  %argument = inttoptr i64 %thread to ptr
  %status = call i32 @pthread_create(ptr %id, ptr null, ptr @pool_work, ptr %argument)
  %unmasked = call i32 @pthread_sigmask(i32 2, ptr %before, ptr null)
  %made = icmp eq i32 %status, 0
  br i1 %made, label %detach, label %done
detach:
  %name = load i64, ptr %id
  %detached = call i32 @pthread_detach(i64 %name)
  br label %done
done:
  ret i32 %status
}

; As many threads as asked for, the caller included, or as many as could be made.
define internal i64 @pool_hire(i64 %asked) nounwind {
entry:
  %many = icmp sgt i64 %asked, $most
  %wanted = select i1 %many, i64 $most, i64 %asked
  %before = load i64, ptr @pool_workers
  br label %look
look:
  %have = phi i64 [ %before, %entry ], [ %team, %more ]
  %team = add i64 %have, 1
  %enough = icmp sge i64 %team, %wanted
  br i1 %enough, label %full, label %make
make:
  %status = call i32 @pool_make(i64 %team)
  %made = icmp eq i32 %status, 0
  br i1 %made, label %more, label %short
more:
  store i64 %team, ptr @pool_workers
  br label %look
full:
  ret i64 %wanted
short:
  ret i64 %team
}

; Whether the pool is this process's own, begun anew if a parent's was found.
define internal i1 @pool_own() nounwind {
entry:
  %me = call i32 @getpid()
  %owner = load atomic i32, ptr @pool_owner acquire, align 4
  %mine = icmp eq i32 %owner, %me
  br i1 %mine, label %yes, label %other
other:
  %beginning = sub i32 0, %me
  %begun = icmp eq i32 %owner, %beginning
  br i1 %begun, label %no, label %claim
claim:
  %exchange = cmpxchg ptr @pool_owner, i32 %owner, i32 %beginning acq_rel monotonic
  %won = extractvalue { i32, i1 } %exchange, 1
  br i1 %won, label %begin, label %no
begin:
  store atomic i32 0, ptr @pool_busy monotonic, align 4
  store i64 0, ptr @pool_left
  store i64 0, ptr @pool_workers
  call void @llvm.memset.p0.i64(ptr align 128 @pool_seats, i8 0, i64 $bytes, i1 false)
  store atomic i32 %me, ptr @pool_owner release, align 4
  br label %yes
yes:
  ret i1 true
no:
  ret i1 false
}

; Waits until all parts are done.
define internal void @pool_join() nounwind noinline {
entry:
  br label %look
look:
  %left = load atomic i32, ptr @pool_left acquire, align 4
  %none = icmp eq i32 %left, 0
  br i1 %none, label %done, label %spin
spin:
  %spun = call i64 @pool_spin(ptr @pool_left, i32 %left, i64 $join, i1 false)
  %changed = icmp eq i64 %spun, 0
  br i1 %changed, label %look, label %sleep
sleep:
  call void @pool_sleep(ptr @pool_left, i32 %left, ptr getelementptr (i8, ptr @pool_left, i64 4))
  br label %look
done:
  ret void
}

; Stretches of 2 ** length smallest parts for the caller and all threads that are awake, or worth waking.
define internal void @pool_deal(ptr %body, ptr %frame, i64 %team, i64 %length, i1 %worth) nounwind {
entry:
  br label %choose
choose:
  %c = phi i64 [ 1, %entry ], [ %c.next, %in ], [ %c.next, %out ]
  %stretches = phi i64 [ 1, %entry ], [ %plus, %in ], [ %stretches, %out ]
  %c.more = icmp slt i64 %c, %team
  br i1 %c.more, label %ask, label %chosen
ask:
  %c.seat = getelementptr [$most x %seat], ptr @pool_seats, i64 0, i64 %c
  %c.stretch = getelementptr %seat, ptr %c.seat, i64 0, i32 3
  %c.asleep = getelementptr %seat, ptr %c.seat, i64 0, i32 1
  %c.late = getelementptr %seat, ptr %c.seat, i64 0, i32 2
  %c.next = add i64 %c, 1
  %sleeps = load atomic i32, ptr %c.asleep monotonic, align 4
  %awake = icmp eq i32 %sleeps, 0
  %take = or i1 %awake, %worth
  br i1 %take, label %in, label %when
when:
  %noted = load atomic i64, ptr %c.late monotonic, align 8
  %never = icmp eq i64 %noted, 0
  br i1 %never, label %in, label %since
since:
  %now = call i64 @clock_now()
  %ago = sub i64 %now, %noted
  %recent = icmp slt i64 %ago, $penalty
  br i1 %recent, label %out, label %in
in:
  store i64 %stretches, ptr %c.stretch
  %plus = add i64 %stretches, 1
  br label %choose
out:
  store i64 0, ptr %c.stretch
  br label %choose
chosen:
  %nobody = icmp eq i64 %stretches, 1
  br i1 %nobody, label %alone, label %deal
alone:
  call void %body(ptr %frame, i64 0, i64 1, ptr null)
  ret void
deal:
  %job.frame = getelementptr %job, ptr @pool_job, i64 0, i32 1
  %job.stretches = getelementptr %job, ptr @pool_job, i64 0, i32 2
  %job.length = getelementptr %job, ptr @pool_job, i64 0, i32 3
  %job.seats = getelementptr %job, ptr @pool_job, i64 0, i32 4
  store atomic ptr %body, ptr @pool_job monotonic, align 8
  store atomic ptr %frame, ptr %job.frame monotonic, align 8
  store atomic i64 %stretches, ptr %job.stretches monotonic, align 8
  store atomic i64 %length, ptr %job.length monotonic, align 8
  store atomic i64 %team, ptr %job.seats monotonic, align 8
  %all.0 = shl i64 %stretches, %length
  %all = trunc i64 %all.0 to i32
  store atomic i32 %all, ptr @pool_left monotonic, align 4
  %before = load i64, ptr @pool_number
  %number = add i64 %before, 1
  store i64 %number, ptr @pool_number
  %head = shl i64 %number, 16
  %level = add i64 %length, 1
  %first = or i64 %head, %level
  store atomic i64 %first, ptr @pool_seats release, align 8
  br label %next
next:
  %d = phi i64 [ 1, %deal ], [ %d.next, %give ], [ %d.next, %offer ], [ %d.next, %wake ]
  %d.more = icmp slt i64 %d, %team
  br i1 %d.more, label %offer, label %run
offer:
  %d.next = add i64 %d, 1
  %d.seat = getelementptr [$most x %seat], ptr @pool_seats, i64 0, i64 %d
  %d.stretch = getelementptr %seat, ptr %d.seat, i64 0, i32 3
  %d.asleep = getelementptr %seat, ptr %d.seat, i64 0, i32 1
  %stretch = load i64, ptr %d.stretch
  %left.out = icmp eq i64 %stretch, 0
  br i1 %left.out, label %next, label %give
give:
  %which = shl i64 %stretch, 8
  %ticket = or i64 %first, %which
  %previous = atomicrmw xchg ptr %d.seat, i64 %ticket seq_cst
  %sleeping = load atomic i32, ptr %d.asleep seq_cst, align 4
  %rouse = icmp ne i32 %sleeping, 0
  br i1 %rouse, label %wake, label %next
wake:
  call void @pool_rouse(ptr %d.seat)
  br label %next
run:
  %did = call i32 @pool_take(i64 0, i64 %number)
  %left = atomicrmw sub ptr @pool_left, i32 %did acq_rel
  %over = icmp eq i32 %left, %did
  br i1 %over, label %done, label %join
join:
  call void @pool_join()
  br label %done
done:
  ret void
}

define i64 @symdrop_enter(i64 %threads) nounwind {
entry:
  %one = icmp sle i64 %threads, 1
  br i1 %one, label %alone, label %several
several:
  %own = call i1 @pool_own()
  br i1 %own, label %try, label %alone
try:
  %exchange = cmpxchg ptr @pool_busy, i32 0, i32 1 acq_rel monotonic
  %free = extractvalue { i32, i1 } %exchange, 1
  br i1 %free, label %hire, label %alone
hire:
  %team = call i64 @pool_hire(i64 %threads)
  %nobody = icmp eq i64 %team, 1
  br i1 %nobody, label %leave, label %together
leave:
  store atomic i32 0, ptr @pool_busy release, align 4
  br label %alone
together:
  ret i64 %team
alone:
  ret i64 1
}

define void @symdrop_leave(i64 %team) nounwind {
entry:
  %alone = icmp sle i64 %team, 1
  br i1 %alone, label %done, label %free
free:
  store atomic i32 0, ptr @pool_busy release, align 4
  br label %done
done:
  ret void
}

define void @symdrop_share(ptr %body, ptr %frame, i64 %team, i64 %word, i64 %finest) nounwind {
entry:
  %single = icmp sle i64 %team, 1
  br i1 %single, label %alone, label %several
several:
  %work.at = getelementptr i64, ptr %frame, i64 %word
  %least.at = getelementptr i64, ptr %frame, i64 $least
  %work = load i64, ptr %work.at
  %least = load i64, ptr %least.at
  %little = icmp sle i64 %work, %least
  br i1 %little, label %alone, label %together
together:
  %grain.0 = mul i64 %least, %team
  %grain = call i64 @llvm.smax.i64(i64 %grain.0, i64 1)
  %grains.0 = sdiv i64 %work, %grain
  %grains = call i64 @llvm.smax.i64(i64 %grains.0, i64 1)
  %zeros = call i64 @llvm.ctlz.i64(i64 %grains, i1 true)
  %log = sub i64 63, %zeros
  %length = call i64 @llvm.smin.i64(i64 %log, i64 %finest)
  %price = mul i64 %least, $worth
  %worth = icmp sgt i64 %work, %price
  call void @pool_deal(ptr %body, ptr %frame, i64 %team, i64 %length, i1 %worth)
  ret void
alone:
  call void %body(ptr %frame, i64 0, i64 1, ptr null)
  ret void
}

define void @symdrop_parallel(ptr %body, ptr %frame, i64 %threads) nounwind {
entry:
  %team = call i64 @symdrop_enter(i64 %threads)
  %alone = icmp sle i64 %team, 1
  br i1 %alone, label %one, label %several
one:
  call void %body(ptr %frame, i64 0, i64 1, ptr null)
  br label %done
several:
  call void @pool_deal(ptr %body, ptr %frame, i64 %team, i64 0, i1 true)
  call void @symdrop_leave(i64 %team)
  br label %done
done:
  ret void
}

define i64 @symdrop_workers() nounwind {
  %workers = load i64, ptr @pool_workers
  ret i64 %workers
}

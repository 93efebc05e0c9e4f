; The thread pool: one team of threads runs one body over shared work.
;
;   symdrop_parallel(body, frame, threads)   body(frame, thread, threads) on every thread, the caller being thread 0
;   symdrop_barrier(threads)                 inside a body: nobody goes on before all have come
;   pool_meet(threads, word)                 the same, and gives all of them one answer: whether the word was set
;   symdrop_workers()                        how many threads besides callers exist
;
; Holes: futex, the number of Linux's call; pause, the instruction that says "spinning", and how it is declared; most,
; the most threads of a team, and the words and bytes of so many mailboxes.

declare i32 @getpid() nounwind
declare i32 @sched_yield() nounwind
declare i32 @pthread_create(ptr, ptr, ptr, ptr) nounwind
declare i32 @pthread_detach(i64) nounwind
declare i32 @pthread_sigmask(i32, ptr, ptr) nounwind
declare i64 @syscall(i64, ...) nounwind
declare void @$declared
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)

; Every word that threads fight over has 128 bytes to itself, since processors fetch lines in pairs.
@pool_owner = internal global i32 0, align 128      ; the process whose threads these are; negative while it begins
@pool_busy = internal global i32 0, align 128       ; 1 while somebody's job runs
@pool_workers = internal global i64 0, align 128    ; threads made so far
@pool_job = internal global { ptr, ptr, i64 } zeroinitializer, align 128
@pool_running = internal global i32 0, align 128    ; workers that have not finished the job
@pool_finished = internal global i32 0, align 128   ; counts jobs whose workers have all finished
@pool_arrived = internal global i32 0, align 128    ; threads waiting at the barrier
@pool_phase = internal global i32 0, align 128      ; counts barriers passed, by twos; see pool_meet
@pool_nothing = internal constant i64 0
; A mailbox for every worker, 32 words apart: a count of the jobs given to it, then 1 while it sleeps.
@pool_mailboxes = internal global [$words x i32] zeroinitializer, align 128

; Spins until a word is no longer `old`, or for `patience` nanoseconds; gives what it then is.
define internal i32 @pool_await(ptr %word, i32 %old, i64 %patience) nounwind noinline {
entry:
  br label %spin
spin:
  %turn = phi i32 [ 0, %entry ], [ %next, %again ]
  %new = load atomic i32, ptr %word acquire, align 4
  %same = icmp eq i32 %new, %old
  br i1 %same, label %again, label %done
again:
  call void @$pause
  %next = add i32 %turn, 1
  %short = icmp ult i32 %next, 1000
  br i1 %short, label %spin, label %long
; A partner that takes this long may be waiting for this very processor.
long:
  %began = call i64 @clock_now()
  br label %yield
yield:
  %yielded = call i32 @sched_yield()
  br label %look
look:
  %glance = phi i32 [ 0, %yield ], [ %glances, %relax ]
  %newer = load atomic i32, ptr %word acquire, align 4
  %still = icmp eq i32 %newer, %old
  br i1 %still, label %relax, label %done
relax:
  call void @$pause
  %glances = add i32 %glance, 1
  %more = icmp ult i32 %glances, 32
  br i1 %more, label %look, label %clock
clock:
  %now = call i64 @clock_now()
  %spent = sub i64 %now, %began
  %patient = icmp slt i64 %spent, %patience
  br i1 %patient, label %yield, label %done
done:
  %result = phi i32 [ %new, %spin ], [ %newer, %look ], [ %old, %clock ]
  ret i32 %result
}

; The last thread to come reads the word and says with the phase itself what it found: a phase is odd where it was set.
define internal i64 @pool_meet(i64 %threads, ptr %word) nounwind {
entry:
  %alone = icmp sle i64 %threads, 1
  br i1 %alone, label %look, label %arrive
look:
  %found = load atomic i64, ptr %word monotonic, align 8
  ret i64 %found
arrive:
  %phase = load atomic i32, ptr @pool_phase monotonic, align 4
  %before = atomicrmw add ptr @pool_arrived, i32 1 acq_rel
  %all = trunc i64 %threads to i32
  %arrived = add i32 %before, 1
  %last = icmp eq i32 %arrived, %all
  br i1 %last, label %open, label %wait
open:
  store atomic i32 0, ptr @pool_arrived monotonic, align 4
  %said = load atomic i64, ptr %word monotonic, align 8
  %set = icmp ne i64 %said, 0
  %answer = zext i1 %set to i32
  %odd = or i32 %phase, 1
  %even = add i32 %odd, 1
  %following = or i32 %even, %answer
  store atomic i32 %following, ptr @pool_phase release, align 4
  br label %done
wait:
  %passed = call i32 @pool_await(ptr @pool_phase, i32 %phase, i64 9223372036854775807)
  br label %done
done:
  %opened = phi i32 [ %following, %open ], [ %passed, %wait ]
  %bit = and i32 %opened, 1
  %result = zext i32 %bit to i64
  ret i64 %result
}

define void @symdrop_barrier(i64 %threads) nounwind {
  %nothing = call i64 @pool_meet(i64 %threads, ptr @pool_nothing)
  ret void
}

define internal ptr @pool_mailbox(i64 %worker) nounwind {
  %word = mul i64 %worker, 32
  %mailbox = getelementptr i32, ptr @pool_mailboxes, i64 %word
  ret ptr %mailbox
}

define internal ptr @pool_work(ptr %argument) nounwind {
entry:
  %thread = ptrtoint ptr %argument to i64
  %mailbox = call ptr @pool_mailbox(i64 %thread)
  %asleep = getelementptr i32, ptr %mailbox, i64 1
  br label %idle
idle:
  %done = phi i32 [ 0, %entry ], [ %given, %run ], [ %given, %finish ], [ %done, %sleep ]
  %given = call i32 @pool_await(ptr %mailbox, i32 %done, i64 1000000)
  %nothing = icmp eq i32 %given, %done
  br i1 %nothing, label %sleep, label %run
; Whoever gives a job looks at this word after giving it, and the kernel lets nobody sleep who has been given one.
sleep:
  store atomic i32 1, ptr %asleep seq_cst, align 4
  %woken = call i64 (i64, ...) @syscall(i64 $futex, ptr %mailbox, i32 128, i32 %done, ptr null)
  store atomic i32 0, ptr %asleep seq_cst, align 4
  br label %idle
run:
  %job = load { ptr, ptr, i64 }, ptr @pool_job
  %body = extractvalue { ptr, ptr, i64 } %job, 0
  %frame = extractvalue { ptr, ptr, i64 } %job, 1
  %threads = extractvalue { ptr, ptr, i64 } %job, 2
  call void %body(ptr %frame, i64 %thread, i64 %threads)
  %left = atomicrmw sub ptr @pool_running, i32 1 acq_rel
  %last = icmp eq i32 %left, 1
  br i1 %last, label %finish, label %idle
finish:
  %finished = atomicrmw add ptr @pool_finished, i32 1 release
  br label %idle
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
  store i64 0, ptr @pool_workers
  store atomic i32 0, ptr @pool_arrived monotonic, align 4
  call void @llvm.memset.p0.i64(ptr align 128 @pool_mailboxes, i8 0, i64 $bytes, i1 false)
  store atomic i32 %me, ptr @pool_owner release, align 4
  br label %yes
yes:
  ret i1 true
no:
  ret i1 false
}

define void @symdrop_parallel(ptr %body, ptr %frame, i64 %threads) nounwind {
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
  br i1 %nobody, label %leave, label %give
leave:
  store atomic i32 0, ptr @pool_busy release, align 4
  br label %alone
give:
  store ptr %body, ptr @pool_job
  store ptr %frame, ptr getelementptr (i8, ptr @pool_job, i64 8)
  store i64 %team, ptr getelementptr (i8, ptr @pool_job, i64 16)
  %others = sub i64 %team, 1
  %count = trunc i64 %others to i32
  store atomic i32 %count, ptr @pool_running monotonic, align 4
  %finished = load atomic i32, ptr @pool_finished monotonic, align 4
  br label %next
next:
  %worker = phi i64 [ 1, %give ], [ %following, %given ]
  %mailbox = call ptr @pool_mailbox(i64 %worker)
  %before = atomicrmw add ptr %mailbox, i32 1 seq_cst
  %asleep = getelementptr i32, ptr %mailbox, i64 1
  %state = load atomic i32, ptr %asleep seq_cst, align 4
  %sleeping = icmp ne i32 %state, 0
  br i1 %sleeping, label %wake, label %given
wake:
  %woken = call i64 (i64, ...) @syscall(i64 $futex, ptr %mailbox, i32 129, i32 1)
  br label %given
given:
  %following = add i64 %worker, 1
  %further = icmp slt i64 %following, %team
  br i1 %further, label %next, label %run
run:
  call void %body(ptr %frame, i64 0, i64 %team)
  %joined = call i32 @pool_await(ptr @pool_finished, i32 %finished, i64 9223372036854775807)
  store atomic i32 0, ptr @pool_busy release, align 4
  ret void
alone:
  call void %body(ptr %frame, i64 0, i64 1)
  ret void
}

define i64 @symdrop_workers() nounwind {
  %workers = load i64, ptr @pool_workers
  ret i64 %workers
}

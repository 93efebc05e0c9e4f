; The fast call path: a function that Python calls without Python in between; entry.py describes the table.
; Holes: header, the words of the table's head; places in the table and in the frame; flags of arrays.

declare void @Py_IncRef(ptr) nounwind
declare void @Py_DecRef(ptr) nounwind
declare ptr @PyList_New(i64) nounwind
declare i32 @PyList_SetItem(ptr, i64, ptr) nounwind

@entry_name = internal constant [5 x i8] c"step\00"
@$method = global { ptr, ptr, i32, ptr } { ptr @entry_name, ptr @symdrop_entry, i32 128, ptr null }

; Sees to it that the arena holds as many bytes, aligned to 64. Null if there is no memory.
define internal i1 @entry_grow(ptr %table, ptr %frame, i64 %bytes, ptr %array_type, ptr %new_array) nounwind noinline {
entry:
  %list.at = getelementptr i64, ptr %table, i64 $arena_list
  %list = load ptr, ptr %list.at
  %size = alloca i64
  %double = shl i64 %bytes, 1
  %room = add i64 %double, 64
  store i64 %room, ptr %size
  %made = call ptr @entry_new(ptr %new_array, ptr %array_type, i32 1, ptr %size, i32 2)
  %none = icmp eq ptr %made, null
  br i1 %none, label %no, label %place
place:
  %data.at = getelementptr i8, ptr %made, i64 16
  %data = load i64, ptr %data.at
  %above = add i64 %data, 63
  %aligned = and i64 %above, -64
  %arena.at = getelementptr i64, ptr %frame, i64 $arena
  store i64 %aligned, ptr %arena.at
  %bytes.at = getelementptr i64, ptr %table, i64 $capacity
  store i64 %double, ptr %bytes.at
  %status = call i32 @PyList_SetItem(ptr %list, i64 0, ptr %made)
  ret i1 true
no:
  ret i1 false
}

define internal void @entry_drop(ptr %taken, i64 %count) nounwind noinline {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %drop ]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %drop, label %done
drop:
  %next = add i64 %i, 1
  %array.at = getelementptr ptr, ptr %taken, i64 %i
  %array = load ptr, ptr %array.at
  call void @Py_DecRef(ptr %array)
  br label %loop
done:
  ret void
}

define ptr @symdrop_entry(ptr %self, ptr %arguments.given, i64 %given) nounwind {
entry:
  %table.at = getelementptr i8, ptr %self, i64 16
  %table = load ptr, ptr %table.at
;; for number, name, type in header
  %$name.word = getelementptr i64, ptr %table, i64 $number
  %$name = load $type, ptr %$name.word
;; end
  %first.record = getelementptr i64, ptr %table, i64 $records
  %first.words = getelementptr i64, ptr %frame, i64 $first_array
  %taken = alloca ptr, i64 %outputs
  %complete = icmp eq i64 %given, %arguments
  %may.more = icmp slt i64 %calls, %limit
  %goes = and i1 %complete, %may.more
  br i1 %goes, label %argument, label %bail_out

argument:
  %i = phi i64 [ 0, %entry ], [ %i.next, %argument.next ]
  %a.record = phi ptr [ %first.record, %entry ], [ %a.record.next, %argument.next ]
  %a.words = phi ptr [ %first.words, %entry ], [ %a.words.next, %argument.next ]
  %i.more = icmp slt i64 %i, %arguments
  br i1 %i.more, label %argument.fits, label %state
argument.fits:
  %a.at = getelementptr ptr, ptr %arguments.given, i64 %i
  %a.ndim.at = getelementptr i64, ptr %a.record, i64 1
  %a.fixed = getelementptr i64, ptr %a.record, i64 2
  %a.array = load ptr, ptr %a.at
  %a.number = load i64, ptr %a.record
  %a.ndim = load i64, ptr %a.ndim.at
  %a.fits = call i1 @entry_fits(ptr %a.array, ptr %array_type, i32 $readable, i64 %a.number, i64 %a.ndim)
  br i1 %a.fits, label %argument.place, label %bail_out
argument.place:
  %a.placed = call i1 @entry_place(ptr %a.array, ptr %a.fixed, i64 %a.ndim, ptr %a.words)
  br i1 %a.placed, label %argument.next, label %bail_out
argument.next:
  %i.next = add i64 %i, 1
  %a.record.next = getelementptr i64, ptr %a.fixed, i64 %a.ndim
  %a.words.sizes = getelementptr i64, ptr %a.words, i64 1
  %a.words.next = getelementptr i64, ptr %a.words.sizes, i64 %a.ndim
  br label %argument

state:
  %j = phi i64 [ 0, %argument ], [ %j.next, %state.next ]
  %s.record = phi ptr [ %a.record, %argument ], [ %s.record.next, %state.next ]
  %s.words = phi ptr [ %a.words, %argument ], [ %s.words.next, %state.next ]
  %j.more = icmp slt i64 %j, %states
  br i1 %j.more, label %state.look, label %prepared
state.look:
  %s.changes.at = getelementptr i64, ptr %s.record, i64 1
  %s.number.at = getelementptr i64, ptr %s.record, i64 2
  %s.ndim.at = getelementptr i64, ptr %s.record, i64 3
  %s.fixed = getelementptr i64, ptr %s.record, i64 4
  %s.container = load ptr, ptr %s.record
  %s.changes.word = load i64, ptr %s.changes.at
  %s.number = load i64, ptr %s.number.at
  %s.ndim = load i64, ptr %s.ndim.at
  %s.value.at = getelementptr i8, ptr %s.container, i64 %value_at
  %s.busy.at = getelementptr i8, ptr %s.container, i64 %busy_at
  %s.array = load ptr, ptr %s.value.at
  %s.busy = load ptr, ptr %s.busy.at
  %s.none = icmp eq ptr %s.array, null
  br i1 %s.none, label %bail_out, label %state.busy
state.busy:
  %s.changes = icmp ne i64 %s.changes.word, 0
  %s.free = icmp eq ptr %s.busy, %free
  %s.torn = icmp eq ptr %s.busy, %overwritten
  %s.whole = xor i1 %s.torn, true
  %s.fine = select i1 %s.changes, i1 %s.free, i1 %s.whole
  br i1 %s.fine, label %state.fits, label %bail_out
state.fits:
  %s.flags = select i1 %s.changes, i32 $own, i32 $readable
  %s.fits = call i1 @entry_fits(ptr %s.array, ptr %array_type, i32 %s.flags, i64 %s.number, i64 %s.ndim)
  br i1 %s.fits, label %state.sole, label %bail_out
state.sole:
  %s.sole = call i1 @entry_sole(ptr %s.array)
  %s.read = xor i1 %s.changes, true
  %s.may = or i1 %s.read, %s.sole
  br i1 %s.may, label %state.place, label %bail_out
state.place:
  %s.placed = call i1 @entry_place(ptr %s.array, ptr %s.fixed, i64 %s.ndim, ptr %s.words)
  br i1 %s.placed, label %state.next, label %bail_out
state.next:
  %j.next = add i64 %j, 1
  %s.record.next = getelementptr i64, ptr %s.fixed, i64 %s.ndim
  %s.words.sizes = getelementptr i64, ptr %s.words, i64 1
  %s.words.next = getelementptr i64, ptr %s.words.sizes, i64 %s.ndim
  br label %state

prepared:
  ; Each thread that may take part is given memory.
  %most.at = getelementptr i64, ptr %frame, i64 $threads
  store i64 %team, ptr %most.at
  %prepare.status = call i64 %prepare(ptr %frame)
  %prepare.done = icmp eq i64 %prepare.status, 0
  br i1 %prepare.done, label %measured, label %bail_out
measured:
  %work.at = getelementptr i64, ptr %frame, i64 $work
  %bytes.at = getelementptr i64, ptr %frame, i64 $arena_bytes
  %work = load i64, ptr %work.at
  %bytes = load i64, ptr %bytes.at
  %is.little = icmp ule i64 %work, %alone
  %threads = select i1 %is.little, i64 1, i64 %team
  %threads.at = getelementptr i64, ptr %frame, i64 $threads
  store i64 %threads, ptr %threads.at
  %is.small = icmp ule i64 %work, %small
  br i1 %is.small, label %roomy, label %bail_out
roomy:
  %fitting = icmp sle i64 %bytes, %arena_bytes
  br i1 %fitting, label %output, label %grow
grow:
  %grown = call i1 @entry_grow(ptr %table, ptr %frame, i64 %bytes, ptr %array_type, ptr %new_array)
  br i1 %grown, label %output, label %fail

output:
  %k = phi i64 [ 0, %roomy ], [ 0, %grow ], [ %k.next, %output.next ]
  %o.record = phi ptr [ %s.record, %roomy ], [ %s.record, %grow ], [ %o.record.next, %output.next ]
  %o.words = phi ptr [ %s.words, %roomy ], [ %s.words, %grow ], [ %o.words.next, %output.next ]
  %k.more = icmp slt i64 %k, %outputs
  br i1 %k.more, label %output.take, label %update
output.take:
  %o.array = call ptr @entry_take(ptr %o.record, ptr %o.words, ptr %array_type, ptr %new_array)
  %o.none = icmp eq ptr %o.array, null
  br i1 %o.none, label %output.none, label %output.next
output.next:
  %o.taken.at = getelementptr ptr, ptr %taken, i64 %k
  store ptr %o.array, ptr %o.taken.at
  %o.data.at = getelementptr i8, ptr %o.array, i64 16
  %o.data = load ptr, ptr %o.data.at
  store ptr %o.data, ptr %o.words
  %o.ndim.at = getelementptr i64, ptr %o.record, i64 1
  %o.ndim = load i64, ptr %o.ndim.at
  %k.next = add i64 %k, 1
  %o.record.next = getelementptr i64, ptr %o.record, i64 4
  %o.words.sizes = getelementptr i64, ptr %o.words, i64 1
  %o.words.next = getelementptr i64, ptr %o.words.sizes, i64 %o.ndim
  br label %output
output.none:
  call void @entry_drop(ptr %taken, i64 %k)
  br label %fail

update:
  %u = phi i64 [ 0, %output ], [ %u.next, %update.next ]
  %u.record = phi ptr [ %o.record, %output ], [ %u.record.next, %update.next ]
  %u.words = phi ptr [ %o.words, %output ], [ %u.words.next, %update.next ]
  %u.more = icmp slt i64 %u, %updates
  br i1 %u.more, label %update.same, label %compute
update.same:
  %u.ndim.at = getelementptr i64, ptr %u.record, i64 1
  %u.word = load i64, ptr %u.record
  %u.ndim = load i64, ptr %u.ndim.at
  %u.old = getelementptr i64, ptr %frame, i64 %u.word
  %u.old.sizes = getelementptr i64, ptr %u.old, i64 1
  %u.sizes = getelementptr i64, ptr %u.words, i64 1
  %u.data = load ptr, ptr %u.old
  store ptr %u.data, ptr %u.words
  %u.same = call i1 @entry_same_sizes(ptr %u.old.sizes, ptr %u.sizes, i64 %u.ndim)
  br i1 %u.same, label %update.next, label %drop
update.next:
  %u.next = add i64 %u, 1
  %u.record.next = getelementptr i64, ptr %u.record, i64 2
  %u.words.next = getelementptr i64, ptr %u.sizes, i64 %u.ndim
  br label %update

compute:
  %calls.more = add i64 %calls, 1
  store i64 %calls.more, ptr %calls.word
  %run.status = call i64 %run(ptr %frame)
  %run.done = icmp eq i64 %run.status, 0
  br i1 %run.done, label %package, label %drop
drop:
  call void @entry_drop(ptr %taken, i64 %outputs)
  br label %bail_out

; From here on Python code may run (a collection, a weak reference's callback) and call this function again:
; the frame is no longer looked at.
package:
  %is.single = icmp ne i64 %single, 0
  br i1 %is.single, label %package.single, label %package.list
package.single:
  %only = load ptr, ptr %taken
  br label %keep
package.list:
  %made = call ptr @PyList_New(i64 %outputs)
  %made.none = icmp eq ptr %made, null
  br i1 %made.none, label %package.none, label %package.item
package.none:
  call void @entry_drop(ptr %taken, i64 %outputs)
  br label %fail
package.item:
  %p = phi i64 [ 0, %package.list ], [ %p.next, %package.set ]
  %p.more = icmp slt i64 %p, %outputs
  br i1 %p.more, label %package.set, label %keep
package.set:
  %p.next = add i64 %p, 1
  %p.at = getelementptr ptr, ptr %taken, i64 %p
  %p.array = load ptr, ptr %p.at
  %p.status = call i32 @PyList_SetItem(ptr %made, i64 %p, ptr %p.array)
  br label %package.item

; A pooled array has a second reference by now; one with a single reference is new.
keep:
  %result = phi ptr [ %only, %package.single ], [ %made, %package.item ]
  br label %keep.next
keep.next:
  %q = phi i64 [ 0, %keep ], [ %q.next, %keep.skip ]
  %q.record = phi ptr [ %s.record, %keep ], [ %q.record.next, %keep.skip ]
  %q.more = icmp slt i64 %q, %outputs
  br i1 %q.more, label %keep.look, label %done
keep.look:
  %q.at = getelementptr ptr, ptr %taken, i64 %q
  %q.array = load ptr, ptr %q.at
  %q.references = load i32, ptr %q.array
  %q.new = icmp eq i32 %q.references, 1
  br i1 %q.new, label %keep.pool, label %keep.skip
keep.pool:
  call void @entry_keep(ptr %q.record, ptr %q.array)
  br label %keep.skip
keep.skip:
  %q.next = add i64 %q, 1
  %q.record.next = getelementptr i64, ptr %q.record, i64 4
  br label %keep.next
done:
  ret ptr %result

bail_out:
  call void @Py_IncRef(ptr %not_implemented)
  ret ptr %not_implemented
fail:
  ret ptr null
}

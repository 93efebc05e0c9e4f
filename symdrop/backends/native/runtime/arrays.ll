; NumPy's arrays: reading them, and taking one for an output. Holes: own, flags of an array that may be overwritten;
; pooled, how many old outputs are kept.
;
; The places are those of NumPy 2 and CPython on machines of 64 bits; direct.py looks before they are used.
;
;   0 references   8 type   16 data   24 ndim   32 sizes   48 base   56 dtype   64 flags   72 weak references
;   of a dtype: 26 byte order   28 number     of a list: 16 length   24 items

declare void @Py_IncRef(ptr) nounwind
declare i32 @PyList_Append(ptr, ptr) nounwind
declare i32 @PyList_SetItem(ptr, i64, ptr) nounwind
declare void @PyErr_Clear() nounwind

; Whether an array has this type and rank, all these flags, and native byte order.
define internal i1 @entry_fits(ptr %array, ptr %array_type, i32 %flags, i64 %number, i64 %ndim) alwaysinline nounwind {
entry:
  %type.at = getelementptr i8, ptr %array, i64 8
  %type = load ptr, ptr %type.at
  %plain = icmp eq ptr %type, %array_type
  br i1 %plain, label %look, label %no
look:
  %ndim.at = getelementptr i8, ptr %array, i64 24
  %dtype.at = getelementptr i8, ptr %array, i64 56
  %flags.at = getelementptr i8, ptr %array, i64 64
  %ndim.32 = load i32, ptr %ndim.at
  %dtype = load ptr, ptr %dtype.at
  %has = load i32, ptr %flags.at
  %order.at = getelementptr i8, ptr %dtype, i64 26
  %number.at = getelementptr i8, ptr %dtype, i64 28
  %order = load i8, ptr %order.at
  %number.32 = load i32, ptr %number.at
  %ndim.64 = sext i32 %ndim.32 to i64
  %number.64 = sext i32 %number.32 to i64
  %relevant = and i32 %has, %flags
  %a = icmp eq i64 %ndim.64, %ndim
  %b = icmp eq i64 %number.64, %number
  %c = icmp eq i32 %relevant, %flags
  %d = icmp ne i8 %order, 62
  %ab = and i1 %a, %b
  %cd = and i1 %c, %d
  %all = and i1 %ab, %cd
  ret i1 %all
no:
  ret i1 false
}

; Whether the owner of the one reference to an array may overwrite it: it is no view of another, and nobody watches it.
define internal i1 @entry_sole(ptr %array) alwaysinline nounwind {
  %base.at = getelementptr i8, ptr %array, i64 48
  %watch.at = getelementptr i8, ptr %array, i64 72
  %references = load i32, ptr %array
  %base = load ptr, ptr %base.at
  %watch = load ptr, ptr %watch.at
  %a = icmp eq i32 %references, 1
  %b = icmp eq ptr %base, null
  %c = icmp eq ptr %watch, null
  %ab = and i1 %a, %b
  %all = and i1 %ab, %c
  ret i1 %all
}

; Writes where an array lies and its sizes into the frame, unless a size that the record fixes is another.
define internal i1 @entry_place(ptr %array, ptr %fixed, i64 %ndim, ptr %words) alwaysinline nounwind {
entry:
  %data.at = getelementptr i8, ptr %array, i64 16
  %sizes.at = getelementptr i8, ptr %array, i64 32
  %data = load ptr, ptr %data.at
  %sizes = load ptr, ptr %sizes.at
  store ptr %data, ptr %words
  br label %axes
axes:
  %axis = phi i64 [ 0, %entry ], [ %next, %right ]
  %more = icmp slt i64 %axis, %ndim
  br i1 %more, label %look, label %yes
look:
  %next = add i64 %axis, 1
  %size.at = getelementptr i64, ptr %sizes, i64 %axis
  %fixed.at = getelementptr i64, ptr %fixed, i64 %axis
  %word.at = getelementptr i64, ptr %words, i64 %next
  %size = load i64, ptr %size.at
  %want = load i64, ptr %fixed.at
  store i64 %size, ptr %word.at
  %any = icmp slt i64 %want, 0
  %same = icmp eq i64 %size, %want
  %fine = or i1 %any, %same
  br i1 %fine, label %right, label %no
right:
  br label %axes
yes:
  ret i1 true
no:
  ret i1 false
}

define internal i1 @entry_same_sizes(ptr %a, ptr %b, i64 %ndim) alwaysinline nounwind {
entry:
  br label %axes
axes:
  %axis = phi i64 [ 0, %entry ], [ %next, %look ]
  %more = icmp slt i64 %axis, %ndim
  br i1 %more, label %look, label %yes
look:
  %next = add i64 %axis, 1
  %a.at = getelementptr i64, ptr %a, i64 %axis
  %b.at = getelementptr i64, ptr %b, i64 %axis
  %a.size = load i64, ptr %a.at
  %b.size = load i64, ptr %b.at
  %same = icmp eq i64 %a.size, %b.size
  br i1 %same, label %axes, label %no
yes:
  ret i1 true
no:
  ret i1 false
}

; NumPy's PyArray_New for a fresh array in C order. Null and an exception if there is no memory.
define internal ptr @entry_new(ptr %new, ptr %type, i32 %ndim, ptr %sizes, i32 %number) alwaysinline nounwind {
  %made = call ptr %new(ptr %type, i32 %ndim, ptr %sizes, i32 %number, ptr null, ptr null, i32 0, i32 0, ptr null)
  ret ptr %made
}

; An array for an output, of the sizes that `prepare` wrote: an old one that its taker has let go, or a new one.
; The reference is the caller's. Null and an exception if there is no memory.
define internal ptr @entry_take(ptr %record, ptr %words, ptr %array_type, ptr %new_array) nounwind {
entry:
  %ndim.at = getelementptr i64, ptr %record, i64 1
  %list.at = getelementptr i64, ptr %record, i64 2
  %number = load i64, ptr %record
  %ndim = load i64, ptr %ndim.at
  %list = load ptr, ptr %list.at
  %count.at = getelementptr i8, ptr %list, i64 16
  %items.at = getelementptr i8, ptr %list, i64 24
  %count = load i64, ptr %count.at
  %items = load ptr, ptr %items.at
  %want = getelementptr i64, ptr %words, i64 1
  br label %search
search:
  %i = phi i64 [ 0, %entry ], [ %next, %skip ]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %look, label %make
look:
  %item.at = getelementptr ptr, ptr %items, i64 %i
  %item = load ptr, ptr %item.at
  %fits = call i1 @entry_fits(ptr %item, ptr %array_type, i32 $own, i64 %number, i64 %ndim)
  br i1 %fits, label %alone, label %skip
alone:
  %sole = call i1 @entry_sole(ptr %item)
  br i1 %sole, label %measure, label %skip
measure:
  %sizes.at = getelementptr i8, ptr %item, i64 32
  %sizes = load ptr, ptr %sizes.at
  %same = call i1 @entry_same_sizes(ptr %sizes, ptr %want, i64 %ndim)
  br i1 %same, label %found, label %skip
skip:
  %next = add i64 %i, 1
  br label %search
found:
  call void @Py_IncRef(ptr %item)
  ret ptr %item
make:
  %ndim.32 = trunc i64 %ndim to i32
  %number.32 = trunc i64 %number to i32
  %made = call ptr @entry_new(ptr %new_array, ptr %array_type, i32 %ndim.32, ptr %want, i32 %number.32)
  ret ptr %made
}

; Lets the pool of an output hold a new array too, in place of an older one if it is full.
define internal void @entry_keep(ptr %record, ptr %array) nounwind {
entry:
  %list.at = getelementptr i64, ptr %record, i64 2
  %turn.at = getelementptr i64, ptr %record, i64 3
  %list = load ptr, ptr %list.at
  %turn = load i64, ptr %turn.at
  %count.at = getelementptr i8, ptr %list, i64 16
  %count = load i64, ptr %count.at
  %room = icmp slt i64 %count, $pooled
  br i1 %room, label %append, label %replace
append:
  %appended = call i32 @PyList_Append(ptr %list, ptr %array)
  br label %check
replace:
  %following = add i64 %turn, 1
  %place = urem i64 %turn, $pooled
  store i64 %following, ptr %turn.at
  call void @Py_IncRef(ptr %array)
  %replaced = call i32 @PyList_SetItem(ptr %list, i64 %place, ptr %array)
  br label %check
check:
  %status = phi i32 [ %appended, %append ], [ %replaced, %replace ]
  %failed = icmp ne i32 %status, 0
  br i1 %failed, label %clear, label %done
clear:
  call void @PyErr_Clear()
  br label %done
done:
  ret void
}

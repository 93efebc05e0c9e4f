; A function of the C library called for one element of its vectors after another; they lie in memory meanwhile.
; A rare one takes two more arguments: what its result is elsewhere, and where to call.
;
; Holes: wide and name, of this function and of the C library's; parameters, operands, arguments of the call; width;
; T, V, bytes: types of an element, a vector, a vector of bytes; mask, the type of `where`, once in `rare`, or nothing
; once in `common`; made, the vector in which results replace something: the first argument, or the results elsewhere.

define internal $V @$wide($parameters) noinline {
entry:
;; for k in operands
  %m$k = alloca $V
  store $V %x$k, ptr %m$k
;; end
;; for mask in rare
  %m = alloca $V
  store $V %y, ptr %m
  %b = zext $mask %where to $bytes
  %n = alloca $bytes
  store $bytes %b, ptr %n
;; end
  br label %head
head:
  %i = phi i64 [0, %entry], [%j, %next]
;; for mask in rare
  %q = getelementptr i8, ptr %n, i64 %i
  %t = load i8, ptr %q
  %here = icmp ne i8 %t, 0
  br i1 %here, label %call, label %next
;; end
;; for nothing in common
  br label %call
;; end
call:
;; for k in operands
  %p$k = getelementptr $T, ptr %m$k, i64 %i
  %e$k = load $T, ptr %p$k
;; end
  %r = call $T @$name($arguments)
  %p = getelementptr $T, ptr $made, i64 %i
  store $T %r, ptr %p
  br label %next
next:
  %j = add i64 %i, 1
  %more = icmp slt i64 %j, $width
  br i1 %more, label %head, label %done
done:
  %made = load $V, ptr $made
  ret $V %made
}

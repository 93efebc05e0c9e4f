; A loop over kernels, run by one thread. Holes: name; counter, of its steps; body, its lines; first, count, position,
; made, arena: words of the frame; backward or forward, of which one is the name of what is added to the first position;
; stop, perhaps the word of a buffer in which a step says that it is the last, or endless.
  store i64 0, ptr $counter
  %$name.first.word = getelementptr i64, ptr %frame, i64 $first
  %$name.count.word = getelementptr i64, ptr %frame, i64 $count
  %$name.first = load i64, ptr %$name.first.word, align 8
  %$name.count = load i64, ptr %$name.count.word, align 8
  br label %$name.head
$name.head:
  %$name.step = load i64, ptr $counter
  %$name.more = icmp slt i64 %$name.step, %$name.count
  br i1 %$name.more, label %$name.next, label %$name.done
$name.next:
  %$name.after = add i64 %$name.step, 1
  store i64 %$name.after, ptr $counter
;; for offset in backward
  %$name.$offset = sub i64 %$name.count, %$name.after
  %$name.position = add i64 %$name.first, %$name.$offset
;; end
;; for offset in forward
  %$name.position = add i64 %$name.first, %$name.$offset
;; end
  %$name.position.word = getelementptr i64, ptr %frame, i64 $position
  store i64 %$name.position, ptr %$name.position.word, align 8
$body
;; for head in endless
  br label %$name.$head
;; end
;; for word in stop
  %$name.offset.word = getelementptr i64, ptr %frame, i64 $word
  %$name.offset = load i64, ptr %$name.offset.word, align 8
  %$name.arena.word = getelementptr i64, ptr %frame, i64 $arena
  %$name.arena = load ptr, ptr %$name.arena.word, align 8
  %$name.flag = getelementptr i8, ptr %$name.arena, i64 %$name.offset
  %$name.byte = load i8, ptr %$name.flag, align 1
  %$name.last = icmp ne i8 %$name.byte, 0
  br i1 %$name.last, label %$name.done, label %$name.head
;; end
$name.done:
;; for word in stop
  %$name.made = load i64, ptr $counter
  %$name.made.word = getelementptr i64, ptr %frame, i64 $made
  store i64 %$name.made, ptr %$name.made.word, align 8
;; end

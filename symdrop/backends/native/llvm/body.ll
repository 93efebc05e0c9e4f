; A step, or a part of one, as the thread that calls it runs it; gives 1 if it was left.
; Holes: name; asking, a word of the frame; counters, of the steps of its loops; lines.

define i64 @$name(ptr noalias %frame, i64 %team) nounwind {
entry:
;; for counter in counters
  $counter = alloca i64
;; end
  %asking.word = getelementptr i64, ptr %frame, i64 $asking
  %asking = load i64, ptr %asking.word, align 8
  %silent = icmp eq i64 %asking, 0
  %single = icmp sle i64 %team, 1
$lines
  ret i64 0
left:
  ret i64 1
}

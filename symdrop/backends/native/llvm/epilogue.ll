; The epilogue of a product: what is computed from each block of its result, once that is there.
;
; Holes: name; parameters, the rows and columns of a block; K, the type of the context, in which lies what is captured;
; captured, of each its number, type and name; lines.
define internal void @$name(ptr %context, $parameters) nounwind noinline "stackrealign" {
entry:
;; for number, type, own in captured
  %captured.$number = getelementptr $K, ptr %context, i64 0, i32 $number
  $own = load $type, ptr %captured.$number
;; end
$lines
  ret void
}

; The prologue of a product: fills packed panels of an operand that lies nowhere.
;
; Holes: name; parameters, which panels and steps; K, the type of the context, in which lies what is captured; captured,
; of each its number, type and name; own, of the function's own memory the name, the type and number of its elements;
; lines.
define internal void @$name(ptr %context, ptr %panels, $parameters) nounwind noinline "stackrealign" {
entry:
;; for memory, type, elements in own
  $memory = alloca [$elements x $type], align 64
;; end
;; for number, type, own in captured
  %captured.$number = getelementptr $K, ptr %context, i64 0, i32 $number
  $own = load $type, ptr %captured.$number
;; end
$lines
  ret void
}

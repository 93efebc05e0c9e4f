; A call of a part of the step, which may be left. Holes: name; label, one of its own.
  %$label.left = call i64 @$name(ptr %frame, i64 %team)
  %$label.stay = icmp eq i64 %$label.left, 0
  br i1 %$label.stay, label %$label.go, label %left
$label.go:

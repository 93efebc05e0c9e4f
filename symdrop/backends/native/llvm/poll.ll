; Leaves if a signal's handler raised, in a call that looks at signals. Holes: label, one of its own; now, how soon.
  br i1 %silent, label %$label.go, label %$label.ask
$label.ask:
  %$label.left = call i64 @symdrop_poll(ptr %frame, i64 $now)
  %$label.stay = icmp eq i64 %$label.left, 0
  br i1 %$label.stay, label %$label.go, label %left
$label.go:

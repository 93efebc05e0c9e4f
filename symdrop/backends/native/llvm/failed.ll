; The commit point: all checks have run; leaves if one failed. Hole: label, one of its own.
  %$label.failed = load i64, ptr %frame, align 8
  %$label.stay = icmp eq i64 %$label.failed, 0
  br i1 %$label.stay, label %$label.go, label %left
$label.go:

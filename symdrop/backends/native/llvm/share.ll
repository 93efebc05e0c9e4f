; The work of a region is handed out to the team, if there is one. Holes: body, a function; work, the frame's word that
; says how much it is; finest, how finely it may be divided; label, one of its own.
  br i1 %single, label %$label.one, label %$label.several
$label.one:
  call void @$body(ptr %frame, i64 0, i64 1, ptr null)
  br label %$label.done
$label.several:
  call void @symdrop_share(ptr @$body, ptr %frame, i64 %team, i64 $work, i64 $finest)
  br label %$label.done
$label.done:

; The work of a region is handed out to the team. Holes: body, a function; work, the frame's word that says how much it
; is; finest, how finely it may be divided.
  call void @symdrop_share(ptr @$body, ptr %frame, i64 %team, i64 $work, i64 $finest)

; A pool without threads: every body runs alone.

define i64 @symdrop_enter(i64 %threads) nounwind {
  ret i64 1
}
define void @symdrop_leave(i64 %team) nounwind {
  ret void
}
define void @symdrop_share(ptr %body, ptr %frame, i64 %team, i64 %word, i64 %finest) nounwind {
  call void %body(ptr %frame, i64 0, i64 1, ptr null)
  ret void
}
define void @symdrop_parallel(ptr %body, ptr %frame, i64 %threads) nounwind {
  call void %body(ptr %frame, i64 0, i64 1, ptr null)
  ret void
}
define i64 @symdrop_workers() nounwind {
  ret i64 0
}

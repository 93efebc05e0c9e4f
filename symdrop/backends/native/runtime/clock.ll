; Clocks: the time in nanoseconds by a clock that never goes back. Hole: clock, its number.

declare i32 @clock_gettime(i32, ptr) nounwind

define internal i64 @clock_read(i32 %clock) nounwind {
  %time = alloca [2 x i64]
  %status = call i32 @clock_gettime(i32 %clock, ptr %time)
  %fraction = getelementptr i64, ptr %time, i64 1
  %seconds = load i64, ptr %time
  %nanoseconds = load i64, ptr %fraction
  %whole = mul i64 %seconds, 1000000000
  %now = add i64 %whole, %nanoseconds
  ret i64 %now
}

define internal i64 @clock_now() nounwind {
  %now = call i64 @clock_read(i32 $clock)
  ret i64 %now
}

; Two bodies for the pool, chains of multiply-adds and a copy, and functions that run them by a team.
; Holes: V, a vector of `width` floats; chains, of each its number and the sum of those before it; last; rounds.

declare $V @llvm.fma.v${width}f32($V, $V, $V)
declare void @symdrop_parallel(ptr, ptr, i64)

define void @fma_body(ptr %frame, i64 %thread, i64 %threads, ptr %worker) nounwind {
entry:
  br label %head
head:
  %i = phi i64 [0, %entry], [%next, %head]
;; for i, before in chains
  %a$i = phi $V [splat (float 1.0), %entry], [%b$i, %head]
;; end
;; for i, before in chains
  %b$i = call $V @llvm.fma.v${width}f32($V %a$i, $V splat (float 0.5), $V splat (float 1.0))
;; end
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, $rounds
  br i1 %more, label %head, label %done
done:
;; for i, before in chains
  %s$i = fadd $V $before, %b$i
;; end
  %offset = mul i64 %thread, 16
  %place = add i64 %offset, 8
  %out = getelementptr i64, ptr %frame, i64 %place
  store $V %s$last, ptr %out, align 8
  ret void
}

define void @copy_body(ptr %frame, i64 %thread, i64 %threads, ptr %worker) nounwind {
entry:
  %to.at = getelementptr i64, ptr %frame, i64 1
  %n.at = getelementptr i64, ptr %frame, i64 2
  %from = load ptr, ptr %frame
  %to = load ptr, ptr %to.at
  %n = load i64, ptr %n.at
  %share = sdiv i64 %n, %threads
  %first = mul i64 %share, %thread
  %stop = add i64 %first, %share
  br label %head
head:
  %i = phi i64 [%first, %entry], [%next, %head]
  %x = getelementptr float, ptr %from, i64 %i
  %y = getelementptr float, ptr %to, i64 %i
  %v = load $V, ptr %x, align 4
  store $V %v, ptr %y, align 4
  %next = add i64 %i, $width
  %more = icmp slt i64 %next, %stop
  br i1 %more, label %head, label %done
done:
  ret void
}

;; for name in fma, copy
define void @$name(ptr %frame, i64 %threads) nounwind {
  call void @symdrop_parallel(ptr @${name}_body, ptr %frame, i64 %threads)
  ret void
}
;; end

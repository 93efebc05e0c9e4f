; A choice between kernels. Holes: name; chosen, a word of the frame; ways, of each its label and its lines.
  %$name.word = getelementptr i64, ptr %frame, i64 $chosen
  %$name.chosen = load i64, ptr %$name.word, align 8
  %$name.then = icmp ne i64 %$name.chosen, 0
  br i1 %$name.then, label %$name.yes, label %$name.no
;; for way, lines in ways
$name.$way:
$lines
  br label %$name.done
;; end
$name.done:

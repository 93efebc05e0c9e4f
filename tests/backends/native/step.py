"""A step written by hand in LLVM's language, so that tests of the runtime need no code generator.

``Step`` runs it the long way; ``StepProgram`` and ``Pair`` make a function of it, beside NumPy's.
"""

import ctypes

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends.base import Program
from symdrop.backends.native.runtime import direct, library
from symdrop.compiler.run import Function
from symdrop.compiler.stages import Stages
from symdrop.errors import ArgumentError, ShapeError
from symdrop.types import TensorType

# Words of the frame of the step below.
X, W, COUNT, OUT, NEW_W, NEW_COUNT, WORDS = 8, 10, 12, 13, 15, 17, 18

# out = w; w = (w + x)[::-1]; count = count + 1. Two regions: in the first all parts add into the arena, in the second
# they store what others have added. A first x that is not a number is a check that fails while running.
STEP = """
declare void @symdrop_parallel(ptr, ptr, i64)
declare i64 @symdrop_enter(i64)
declare void @symdrop_share(ptr, ptr, i64, i64, i64)
declare void @symdrop_leave(i64)
declare i64 @symdrop_workers()

define i64 @word(ptr %frame, i64 %i) alwaysinline {
  %at = getelementptr i64, ptr %frame, i64 %i
  %value = load i64, ptr %at
  ret i64 %value
}
define ptr @pointer(ptr %frame, i64 %i) alwaysinline {
  %value = call i64 @word(ptr %frame, i64 %i)
  %pointer = inttoptr i64 %value to ptr
  ret ptr %pointer
}
define void @put(ptr %frame, i64 %i, i64 %value) alwaysinline {
  %at = getelementptr i64, ptr %frame, i64 %i
  store i64 %value, ptr %at
  ret void
}
define i64 @prepare(ptr %frame) {
  %n = call i64 @word(ptr %frame, i64 9)
  %m = call i64 @word(ptr %frame, i64 11)
  %bytes = mul i64 %n, 8
  call void @put(ptr %frame, i64 3, i64 %bytes)
  call void @put(ptr %frame, i64 4, i64 %n)
  call void @put(ptr %frame, i64 14, i64 %n)
  call void @put(ptr %frame, i64 16, i64 %n)
  %differ = icmp ne i64 %n, %m
  %status = zext i1 %differ to i64
  ret i64 %status
}
define i64 @run(ptr %frame) {
entry:
  %n = call i64 @word(ptr %frame, i64 9)
  %some = icmp ne i64 %n, 0
  br i1 %some, label %check, label %go
check:
  %x = call ptr @pointer(ptr %frame, i64 8)
  %first = load double, ptr %x
  %bad = fcmp uno double %first, 0.0
  br i1 %bad, label %fail, label %go
fail:
  ret i64 2
go:
  %threads = call i64 @word(ptr %frame, i64 1)
  %team = call i64 @symdrop_enter(i64 %threads)
  call void @symdrop_share(ptr @add, ptr %frame, i64 %team, i64 4, i64 3)
  call void @symdrop_share(ptr @store, ptr %frame, i64 %team, i64 4, i64 3)
  call void @symdrop_leave(i64 %team)
  %count = call ptr @pointer(ptr %frame, i64 12)
  %old = load i64, ptr %count
  %new = add i64 %old, 1
  store i64 %new, ptr %count
  ret i64 0
}
define void @add(ptr %frame, i64 %thread, i64 %threads) {
entry:
  %x = call ptr @pointer(ptr %frame, i64 8)
  %n = call i64 @word(ptr %frame, i64 9)
  %w = call ptr @pointer(ptr %frame, i64 10)
  %out = call ptr @pointer(ptr %frame, i64 13)
  %arena = call ptr @pointer(ptr %frame, i64 2)
  %a = mul i64 %n, %thread
  %begin = udiv i64 %a, %threads
  %next.thread = add i64 %thread, 1
  %b = mul i64 %n, %next.thread
  %end = udiv i64 %b, %threads
  br label %add
add:
  %i = phi i64 [ %begin, %entry ], [ %i.next, %add.one ]
  %more = icmp slt i64 %i, %end
  br i1 %more, label %add.one, label %done
add.one:
  %x.at = getelementptr double, ptr %x, i64 %i
  %w.at = getelementptr double, ptr %w, i64 %i
  %out.at = getelementptr double, ptr %out, i64 %i
  %arena.at = getelementptr double, ptr %arena, i64 %i
  %x.i = load double, ptr %x.at
  %w.i = load double, ptr %w.at
  %sum = fadd double %x.i, %w.i
  store double %w.i, ptr %out.at
  store double %sum, ptr %arena.at
  %i.next = add i64 %i, 1
  br label %add
done:
  ret void
}
define void @store(ptr %frame, i64 %thread, i64 %threads) {
entry:
  %n = call i64 @word(ptr %frame, i64 9)
  %w = call ptr @pointer(ptr %frame, i64 10)
  %arena = call ptr @pointer(ptr %frame, i64 2)
  %last = sub i64 %n, 1
  %a = mul i64 %n, %thread
  %begin = udiv i64 %a, %threads
  %next.thread = add i64 %thread, 1
  %b = mul i64 %n, %next.thread
  %end = udiv i64 %b, %threads
  br label %store
store:
  %j = phi i64 [ %begin, %entry ], [ %j.next, %store.one ]
  %j.more = icmp slt i64 %j, %end
  br i1 %j.more, label %store.one, label %done
store.one:
  %mirror = sub i64 %last, %j
  %from = getelementptr double, ptr %arena, i64 %mirror
  %to = getelementptr double, ptr %w, i64 %j
  %value = load double, ptr %from
  store double %value, ptr %to
  %j.next = add i64 %j, 1
  br label %store
done:
  ret void
}
define void @mark(ptr %frame, i64 %thread, i64 %threads) {
  %at = getelementptr i64, ptr %frame, i64 %thread
  %old = load i64, ptr %at
  %new = add i64 %old, %threads
  store i64 %new, ptr %at
  ret void
}
; A team inside a team.
define void @nest(ptr %frame, i64 %thread, i64 %threads) {
  %row = mul i64 %thread, 512
  %part = getelementptr i64, ptr %frame, i64 %row
  call void @symdrop_parallel(ptr @mark, ptr %part, i64 4)
  ret void
}
"""


class Step:
    """The functions of STEP for Python, and the runtime's."""

    def __init__(self, code):
        pointer, number = ctypes.c_void_p, ctypes.c_int64
        self.prepare = ctypes.CFUNCTYPE(number, pointer)(code.address("prepare"))
        self.run = ctypes.CFUNCTYPE(number, pointer)(code.address("run"))
        self.parallel = ctypes.CFUNCTYPE(None, pointer, pointer, number)(library.address("symdrop_parallel"))
        self.workers = ctypes.CFUNCTYPE(number)(library.address("symdrop_workers"))
        self.mark, self.nest = code.address("mark"), code.address("nest")
        self.code = code

    def __call__(self, x, w, count, threads):
        """One step as the long way makes it; w and count are overwritten."""
        out = np.empty_like(w)
        frame = np.zeros(WORDS, "int64")
        for word, array in ((X, x), (W, w), (COUNT, count), (OUT, out), (NEW_W, w), (NEW_COUNT, count)):
            frame[word] = array.ctypes.data
            frame[word + 1 : word + 1 + array.ndim] = array.shape
        frame[1] = threads
        if self.prepare(frame.ctypes.data):
            raise ShapeError("the sizes of x and w differ")
        arena = np.empty(max(frame[3], 1), "uint8")
        frame[2] = arena.ctypes.data
        if self.run(frame.ctypes.data):
            raise ArgumentError("x is not a number")
        return out


# A function whose program is the step above.


class StepProgram(Program):
    """STEP as a program that works in place."""

    in_place = True
    kernels = ("step",)

    def __init__(self, step, small, threads):
        self.step, self.small, self.threads = step, small, threads
        self.long_calls = 0
        self.pool = direct.OutputPool("float64")

    def __call__(self, values, spares):
        self.long_calls += 1
        x, w, count = values
        out = self.step(np.require(x, requirements="CA"), w, count, self.threads)
        return [out, w, count]

    def direct(self, containers, outputs, single):
        vector, scalar = TensorType("float64", (None,)), TensorType("int64", ())
        made = direct.FastPath(
            prepare=self.step.code.address("prepare"), run=self.step.code.address("run"), words=WORDS,
            inputs=[vector, vector, scalar], outputs=[vector, vector, scalar], states={1: 1, 2: 2},
            containers=containers, pools=[self.pool], single=single, small=self.small, keep=[self.step],
        )  # fmt: skip
        return made.call

    def source(self, what):
        return STEP


def stages_of(f):
    """The stages of a function for another one."""
    stages = Stages(f.name)
    stages.graphs.update(f.stages)
    return stages


class Pair:
    """The same function on both sides: the step's, and NumPy's to compare with, over states of their own."""

    def __init__(self, step, n=5, small=direct.SMALL_WORK, threads=1, kind=None):
        self.w, self.count, self.numpy = self.build(n, kind)
        _, _, other = built = self.build(n, kind)
        self.numpy_w, self.numpy_count = self.w, self.count
        self.w, self.count = built[:2]
        self.program = StepProgram(step, small, threads)
        self.f = Function(
            other._recipe, other._compile, other._signature, self.program, stages_of(other), [self.w, self.count],
            {self.w: other.updates[self.w], self.count: other.updates[self.count]}, "step",
            other._checked._keys, other._checked._single,
        )  # fmt: skip

    @staticmethod
    def build(n, kind):
        x = T.dvector("x")
        w, count = sd.shared(np.arange(float(n)), "w"), sd.shared(np.int64(0), "count")
        out = w * 1
        outputs = kind(out) if kind else out
        updates = {w: (w + x)[::-1], count: count + 1}
        return w, count, sd.function([x], outputs, updates=updates, name="f", backend="numpy")

    def states(self):
        return self.w.get_value(), self.count.get_value()

    def check(self):
        """Both sides have the same states."""
        np.testing.assert_array_equal(self.w.get_value(), self.numpy_w.get_value())
        assert self.count.get_value() == self.numpy_count.get_value()


needs_layout = pytest.mark.skipif(direct.layout() is None, reason="this Python keeps its objects elsewhere")

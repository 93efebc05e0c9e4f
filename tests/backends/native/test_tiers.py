"""Tiered compilation: quick code and full code compute the same bits, and one takes over from the other unnoticed."""

from __future__ import annotations

import contextlib
import copy
import os
import pickle
import signal
import threading
import time
import weakref

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends.native import selfcheck, tiers
from symdrop.backends.native.jit import compiler
from symdrop.backends.native.jit.compile_queue import QUEUE
from symdrop.backends.native.jit.target import ALWAYS_FULL
from symdrop.bench.contest import WORKS
from symdrop.config import config
from symdrop.errors import GraphTypeError
from symdrop.op import lookup
from tests.backends.native.machine_code import X86
from tests.helpers.native import native, whole
from tests.helpers.threads import in_threads
from tests.ops.samples import ELEMENTWISE, SAMPLED, leaf, operands, outputs_of, parameters, samples

pytestmark = pytest.mark.usefixtures("own_cache", "tiered")


@pytest.fixture
def tiered():
    """The setting that programs have by default; no code is being made when the next test begins."""
    with sd.config.change(tiered_compilation="on"):
        yield
    QUEUE.wait_for_all()


def squares(factor, name=None):
    """A function that no other test compiles, and a state that counts its calls."""
    x, count = T.vector("x"), sd.shared(0, name="count")
    return native([x], T.exp(-x * x * factor).sum(), updates={count: count + 1}, name=name), count


ROW = np.linspace(-1, 1, 99, dtype="float32")

# One after the other.


def test_quick_code_runs_until_full_code_is_there():
    """The first result does not wait for LLVM's best; what comes later has the same bits, and neither call is lost."""
    with compiler.LOCK:
        # The thread behind the program waits for LLVM meanwhile.
        f, count = squares(1.25)
        first = f(ROW)
        assert f.tier == "quick" and f.wait(0) is False and f.wait(0.01) is False
    assert f.wait() is True and f.tier == "full"
    assert f(ROW).tobytes() == first.tobytes()
    assert int(count.get_value()) == 2


def test_full_code_is_made_for_what_runs_long():
    """First results come sooner so, and functions that are called once, or never, cost no more."""
    f, _ = squares(1.3)
    QUEUE.wait_for_all()
    assert f.tier == "quick" and not QUEUE.is_working()
    first = f(ROW)
    QUEUE.wait_for_all()
    assert f.tier == "quick" and not QUEUE.is_working()
    end = time.monotonic() + 200
    while f.tier == "quick" and time.monotonic() < end:
        assert f(ROW).tobytes() == first.tobytes()
        if QUEUE.is_working():
            QUEUE.wait_for_all()
    assert f.tier == "full" and f(ROW).tobytes() == first.tobytes()


def test_time_is_taken_of_few_calls(monkeypatch):
    """Calls that are counted go the fast call path, but for some in between by which the others are judged."""
    monkeypatch.setattr(tiers, "WORTH", 1e9)
    f, count = squares(1.4)
    for _ in range(2000):
        f(ROW)
    step = whole(f)
    assert f.tier == "quick" and step.calls == int(count.get_value()) == 2000 and step._long_calls == 1
    step._spend = lambda seconds: 0.0
    step._direct.allow(0)
    f(ROW)
    f(ROW)
    assert step._spend is None and step._long_calls == 2 and step.calls == 2002


def test_calls_by_both_ways_change_over():
    """The fast call path jumps to addresses of its own, the longer way to those of the segment."""
    f, _ = squares(1.5)
    step = whole(f)
    with compiler.LOCK:
        before = [f(ROW), f(np.asfortranarray(np.stack([ROW, ROW]))[0])]
        f._checked.direct, direct = None, f._checked.direct
        before.append(f._checked(ROW))
        quick = step.code
        f._checked.direct = direct
    f.wait()
    assert step.code is not quick and step.code.tier == "full"
    after = [f(ROW), f(np.asfortranarray(np.stack([ROW, ROW]))[0])]
    f._checked.direct = None
    after.append(f._checked(ROW))
    assert {value.tobytes() for value in before + after} == {before[0].tobytes()}
    assert step.calls >= 3


def test_full_code_is_found_by_the_next_function(compilations):
    """With a filled cache no quick code is made."""
    f, _ = squares(1.75)
    f.wait()
    made = len(compilations)
    again, _ = squares(1.75)
    assert again.tier == "full" and len(compilations) == made


def test_without_the_tiers_code_is_full_before_the_first_call(compilations):
    """Who measures the first call, or wants no thread, can have it so; and LLVM is asked once for each module."""
    with sd.config.change(tiered_compilation="full"):
        f, _ = squares(2.25)
    assert f.tier == "full" and f.wait(0) and not QUEUE.is_working()
    assert len(set(compilations)) == len(compilations)


def test_quick_code_can_be_all_there_is():
    """Who compiles much and runs little, such as a suite of tests, does without the thread; the cache keeps it."""
    with sd.config.change(tiered_compilation="quick"):
        f, _ = squares(2.5)
        assert f.tier == "quick" and f.wait() and not QUEUE.is_working()
        again, _ = squares(2.5)
        assert again._program.found == "the whole program" and again.tier == "quick"
    later, _ = squares(2.5)
    assert later.tier in ("quick", "full") and later.wait() and later.tier == "full"


def test_back_ends_without_tiers_say_their_name():
    """One question suits all functions."""
    x = T.vector("x")
    f = sd.function([x], x * 2, backend="numpy")
    assert f.tier == "numpy" and f.wait() is True
    both = sd.function([x], T.where(sd.training, x, x * 3), training="runtime", backend="native")
    assert both.wait() and both.tier == "full"
    for wrong in ("soon", True, float("nan")):
        with pytest.raises(GraphTypeError, match=r"timeout=.*number of seconds"):
            f.wait(wrong)
        with pytest.raises(GraphTypeError, match=r"timeout=.*number of seconds"):
            both.wait(wrong)
    assert f.wait(-1) and f.wait(1e300) and both.wait(np.float32(2))


# Bits.


def both_tiers(make):
    """What a function of each tier gives, as bytes."""
    found = []
    for tier in ("quick", "full"):
        with sd.config.change(tiered_compilation=tier):
            f, arguments, calls = make()
        assert f.backend == "native" and f.tier == tier
        found.append([np.asarray(value).tobytes() for _ in range(calls) for value in _as_list(f(*arguments))])
    return found


def _as_list(result):
    return result if isinstance(result, list) else [result]


@pytest.mark.parametrize("name", ["MLP", "GRU", "TINY"])
def test_training_has_the_same_bits_in_both_tiers(name):
    """Dropout, products, loops and updates: losses of some steps."""

    def make():
        contestant = WORKS[name].entries["symdrop"](True, True)()
        return contestant.step, contestant.arguments, 3

    quick, full = both_tiers(make)
    assert quick == full and len(set(quick)) > 1


def elementwise_nodes(dtype):
    """Every elementwise op of the registry that takes this dtype, on values of its domain; and how many rows there are.

    The length is no multiple of any vector's, so the masked rest is there too.
    """
    rng = np.random.default_rng(3)
    for name in ELEMENTWISE:
        op = lookup(name)
        arrays = operands(rng, op, dtype, [(83,)] * op.arity)
        leaves = [leaf(array, known=False) for array in arrays]
        with contextlib.suppress(GraphTypeError):
            yield op(*leaves, **parameters(op)), leaves, arrays


def sampled_nodes(dtype):
    """Every other op of the registry on its own samples, of which two are enough here."""
    for name in SAMPLED:
        op = lookup(name)
        for arrays, params in samples(op, dtype)[:2]:
            leaves = [leaf(array, known=False) for array in arrays]
            with contextlib.suppress(GraphTypeError):
                yield op(*leaves, **params), leaves, arrays


@pytest.mark.parametrize(
    ("nodes", "dtype"),
    [*[(elementwise_nodes, dtype) for dtype in ("float32", "float64", "int32")], (sampled_nodes, "float32")],
)
def test_every_op_has_the_same_bits_in_both_tiers(nodes, dtype):
    """A multiplication and an addition fused in one tier alone would show here, as would an order of a sum."""
    cases = list(nodes(dtype))
    for start in range(0, len(cases), 30):
        some = cases[start : start + 30]
        outputs = [one for node, *_ in some for one in outputs_of(node)]
        leaves, arrays = ([x for case in some for x in case[i]] for i in (1, 2))

        def make(leaves=leaves, outputs=outputs, arrays=arrays):
            with config.change(debug=""):
                options = {"on_unused_input": "ignore", "no_default_updates": True}
                return sd.function(leaves, outputs, backend="native", **options), arrays, 1

        quick, full = both_tiers(make)
        wrong = [node.op.name for node, *pair in zip(outputs, quick, full, strict=True) if pair[0] != pair[1]]
        assert not wrong


@pytest.mark.skipif(not X86, reason="names of x86 instructions")
@pytest.mark.parametrize("level", compiler.LEVELS[: compiler.LEVELS.index(compiler.host().level) + 1])
def test_quick_code_contracts_nothing_and_stays_within_its_level(level):
    """LLVM's quickest level has rules of its own for choosing instructions."""
    text = """
    define void @run(ptr noalias %o, ptr noalias %x) nounwind {
      %a = load <16 x float>, ptr %x, align 4
      %b = fmul <16 x float> %a, %a
      %c = fadd <16 x float> %b, %a
      store <16 x float> %c, ptr %o, align 4
      ret void
    }
    """
    for tier in ("quick", "full"):
        code = compiler.assembly(text, compiler.target(level), tier=tier)
        assert "mulps" in code and "addps" in code and "fmadd" not in code
        assert ("zmm" in code) <= (level == "avx512") and ("ymm" in code) <= (level != "scalar")


MASK = """
declare <16 x i1> @first(i64)
declare void @last(ptr, <16 x i1>)
define void @run(ptr %p) {
  %m = call <16 x i1> @first(i64 3)
  call void @last(ptr %p, <16 x i1> %m)
  ret void
}
"""
FREE = """
define float @run(float %x) {
  %a = fmul contract float %x, %x
  %b = fadd contract float %a, %x
  ret float %b
}
"""


PLAIN = FREE.replace("contract ", "")
TILE = PLAIN.replace(") {", f") {ALWAYS_FULL} {{")


@pytest.mark.parametrize(("text", "tier"), [(MASK, "full"), (FREE, "full"), (PLAIN, "quick"), (TILE, "full")])
def test_text_that_quick_code_would_not_fit_has_full_code(text, tier):
    """LLVM's quickest level ends the process where a call returns a mask, on machines whose masks have registers.

    Instructions that leave the bits to LLVM would have others in each tier. And a register tile would be many times
    slower.
    """
    assert compiler.compile_objects([(text, compiler.host())], tier="quick").tier == tier


# What may come between.


def test_a_failing_compilation_leaves_quick_code(monkeypatch):
    """A fault of LLVM behind the program must not touch what runs."""
    make = compiler.compile_objects

    def refuse(wanted, optimise=False, tier="full"):
        if tier == "full" and threading.current_thread() is not threading.main_thread():
            raise compiler.CodeError("no such instruction")
        return make(wanted, optimise, tier)

    monkeypatch.setattr(compiler, "compile_objects", refuse)
    selfcheck.warn_once.known.clear()
    with pytest.warns(RuntimeWarning, match=r"full code cannot be made.*no such instruction") as caught:
        f, _ = squares(3.25)
        g, _ = squares(3.5)
        assert f.wait() and g.wait()
    assert len(caught) == 1
    assert f.tier == g.tier == "quick" and f(ROW) > 0 and not QUEUE.is_working()


def test_a_warning_made_an_error_is_told_by_the_thread(monkeypatch):
    """The thread goes on for others."""
    monkeypatch.setattr(tiers, "trouble", lambda *_: "no such machine")
    selfcheck.warn_once.known.clear()
    told = []
    monkeypatch.setattr(threading, "excepthook", told.append)
    f, _ = squares(3.75)
    assert f.wait() and f.tier == "quick"
    assert [str(one.exc_value) for one in told] == [
        "full code cannot be made, so a function keeps the code that was made quickly: no such machine"
    ]


def test_functions_that_are_gone_are_not_compiled(compilations):
    """A program that compiles a function for one call must not pay for code that nobody will run."""
    with compiler.LOCK:
        f, _ = squares(4.25)
        f(ROW)
        gone = weakref.ref(f._program)
        # The thread may hold the one that it is at.
        quick = len(compilations)
        other, _ = squares(4.5)
        del other
        quick = len(compilations)
        del f
    QUEUE.wait_for_all()
    assert gone() is None
    assert len(compilations) <= quick + 1


def test_copies_have_code_of_their_own():
    """A copy made while quick code runs is compiled like any other, and neither waits for the other."""
    with compiler.LOCK:
        f, _ = squares(4.75)
        copies = [copy.copy(f), pickle.loads(pickle.dumps(f))]
        expected = f(ROW)
    for one in copies:
        assert one.wait() and one.tier == "full" and one(ROW).tobytes() == expected.tobytes()
    assert f.wait() and f.tier == "full"


def test_threads_call_while_the_code_changes(eager_switching):
    """Calls of both ways are under way in the moment of the change: none is lost, none sees half of it."""
    for factor in (5.25, 5.5):
        with compiler.LOCK:
            f, count = squares(factor)
            expected = f(ROW).tobytes()
        seen, done = set(), threading.Event()

        def call(given, f=f, seen=seen, done=done):
            while not done.is_set():
                seen.add(f(given).tobytes())

        def finish(f=f, done=done):
            f.wait()
            for _ in range(20):
                f(ROW)
            done.set()

        in_threads(lambda: call(ROW), lambda: call(np.stack([ROW, ROW]).T[:, 0]), finish)
        assert seen == {expected}
        before = int(count.get_value())
        f(ROW)
        assert int(count.get_value()) == before + 1


def test_guarded_memory_in_both_tiers():
    """Quick code touches nothing outside its buffers either."""
    with sd.config.change(guard="end"):
        f, _ = squares(5.75)
        first = f(ROW)
        f.wait()
        assert f.tier == "full" and f(ROW).tobytes() == first.tobytes()


@pytest.mark.skipif(os.name != "posix", reason="sends a signal to itself")
def test_waiting_can_be_interrupted():
    """Ctrl-C while one waits ends the waiting, and nothing else; no lock stays taken."""
    # Of a process in the background the shell may have the signal ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with compiler.LOCK:
            f, _ = squares(6.25)
            timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
            timer.start()
            with pytest.raises(KeyboardInterrupt):
                f.wait()
            timer.join()
            assert f.tier == "quick"
    finally:
        signal.signal(signal.SIGINT, before)
    assert f.wait() and f.tier == "full"

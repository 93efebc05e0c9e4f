"""Random graphs, compiled by both back ends, agree: bit for bit where arithmetic is exact, within rounding elsewhere.

A graph grows rule by rule from inputs and states. Every rule takes nodes that are there
and makes one more; the value of each node is computed at once by the reference semantics,
so that rules can choose operands that fit. The sizes of inputs are three dimensions whose
lengths change from call to call. Where they no longer fit both back ends must refuse the
call with the same error, and leave the states alone.

``SYMDROP_TEST_GRAPHS=2000`` tries as many graphs of each kind instead of a few.
"""

import ctypes
import os
import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import symdrop as sd
from symdrop.backends.native.jit import compiler
from symdrop.backends.native.segment import NativeSegment
from symdrop.errors import ArgumentError
from symdrop.graph import toposort
from symdrop.lower.ir.frame import NO_WORD
from tests.backends.native.garden import FLOATS, INTEGERS, REFUSALS, Garden
from tests.backends.native.rules import EXACT, SMOOTH

pytestmark = pytest.mark.usefixtures("quick_code")

GRAPHS = int(os.environ.get("SYMDROP_TEST_GRAPHS", "0"))


def difference(got, expected, slack):
    """What is wrong with a value, or None; slack is None where it must be exact."""
    if (got.dtype, got.shape) != (expected.dtype, expected.shape):
        return f"{got.dtype}{got.shape} instead of {expected.dtype}{expected.shape}"
    if slack is None or got.dtype.kind != "f":
        same = (got == expected) | (got != got) & (expected != expected)
    else:
        with np.errstate(all="ignore"):
            same = (got == expected) | (np.isnan(got) & np.isnan(expected)) | (abs(got - expected) <= slack)
    return None if same.all() else f"{got[~same][:3]} instead of {expected[~same][:3]}"


def largest(array):
    """The largest size of its finite numbers."""
    return np.max(abs(array), where=np.isfinite(array), initial=0)


def disguised(array, kind):
    """The same values in Fortran order, with gaps, backwards, off their alignment, with bytes swapped, or read-only."""
    wide = np.zeros([2 * size + 1 for size in array.shape], array.dtype)
    raw = np.zeros(array.nbytes + 1, "uint8")
    everywhere = (slice(1, None, 2),) * array.ndim
    backwards = (slice(None, None, -1),) * array.ndim
    wide[everywhere] = array
    raw[1:].view(array.dtype).reshape(array.shape)[...] = array
    frozen = array.copy()
    frozen.flags.writeable = False
    return (
        array, np.asarray(array, order="F"), wide[everywhere], np.asarray(array[backwards].copy()[backwards]),
        raw[1:].view(array.dtype).reshape(array.shape), array.astype(array.dtype.newbyteorder(">")), frozen,
    )[kind]  # fmt: skip


def attempt(f, arguments):
    try:
        return f(*arguments)
    except REFUSALS as error:
        return error


class WorstTeam:
    """Runs a segment as a team would whose threads are as badly timed as can be.

    Each region is divided as finely as may be, and its parts run their kernels one by one, in any order of parts. Where
    kernels stand in one region that must not, some order gives other values.

    Args:
        segment: a native segment without loops and choices.
        choose: picks the orders.
    """

    def __init__(self, segment, choose):
        self.choose, self.module = choose, segment.lowered.module
        self.kernels = [_kernel(segment.code.library.address(f"kernel_{i}")) for i in range(len(self.module.nests))]

    def __call__(self, address):
        failed = ctypes.c_int64.from_address(address)
        for region in self.module.regions:
            if region.begin == self.module.commit_point and failed.value:
                break
            parts = 1 if region.work == NO_WORD else 3 << region.finest
            left = [[i for i in range(region.begin, region.end) if self._has_part(i, part)] for part in range(parts)]
            while any(left):
                part = self.choose(0, parts - 1)
                if left[part]:
                    i = left[part].pop(0)
                    self.kernels[i](address, part, 1 if self.module.nests[i].alone else parts)
        return failed.value

    def _has_part(self, number, part):
        return part == 0 or not self.module.nests[number].alone


_kernel = ctypes.PYFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)


class Pair:
    """A graph compiled by both back ends.

    Args:
        garden: where it grew.
        settings: under which the native back end compiles.
    """

    def __init__(self, garden, outputs, updates, **settings):
        self.garden = garden
        options = {"updates": updates, "on_unused_input": "ignore", "training": True}
        self.reference = sd.function(garden.inputs, outputs, backend="numpy", **options)
        with sd.config.change(**settings):
            self.native = sd.function(garden.inputs, outputs, backend="native", **options)
        assert (self.native.backend, self.native.compile_count) == ("native", 1)
        nodes = [node for node in toposort([*outputs, *updates.values()]) if node.items is None]
        self.eps = max([np.finfo(node.dtype).eps for node in nodes if node.dtype in FLOATS], default=0)
        self.states = [*garden.states, garden.stream._step]

    def run(self, f, arguments, before):
        for state, value in zip(self.states, before, strict=True):
            state.set_value(value)
        results = attempt(f, arguments)
        return results, [state.get_value() for state in self.states]

    def slack(self, arguments, before, expected):
        """By how much floats may differ: what changing all that goes in by one rounding does, many times over."""
        if self.garden.exact:
            return [None] * len(expected)
        rng = np.random.default_rng(0)

        def nudged(array):
            if array.dtype.kind != "f":
                return array
            nudge = 1 + np.finfo(array.dtype).eps * rng.choice([-1, 1], array.shape)
            return np.asarray(array * nudge).astype(array.dtype)

        moved = [0.0] * len(expected)
        for _ in range(3):
            results, states = self.run(self.reference, [*map(nudged, arguments)], [*map(nudged, before)])
            with np.errstate(all="ignore"):
                changes = [largest(a * 1.0 - b) for a, b in zip(expected, (*results, *states), strict=True)]
            moved = [*map(max, moved, changes)]
        return [256 * self.eps * (1 + largest(a)) + 50 * m for a, m in zip(expected, moved, strict=True)]

    def call(self, arguments, before, kinds=(0,)):
        """Call both; returns the states after the call."""
        expected, after = self.run(self.reference, arguments, before)
        refused = isinstance(expected, Exception)
        slack = [] if refused else self.slack(arguments, before, [*expected, *after])
        for kind in kinds:
            given = [disguised(argument, kind) for argument in arguments]
            got, states = self.run(self.native, given, before)
            assert type(got) is type(expected), (got, expected)
            for argument, one in zip(arguments, given, strict=True):
                assert difference(one.astype(argument.dtype), argument, None) is None, "an input was overwritten"
            if refused:
                assert not [d for pair in zip(states, before, strict=True) if (d := difference(*pair, None))]
                continue
            wrong = map(difference, (*got, *states), (*expected, *after), slack)
            assert not {i: text for i, text in enumerate(wrong) if text}
            others = [*given, *(state.get_value(borrow=True) for state in self.garden.states)]
            for i, one in enumerate(got):
                assert not any(np.may_share_memory(one, other) for other in (*got[:i], *others))
        return after


def check(garden, rules, most=16, calls=3, kinds=(0,), **settings):
    """Let a graph grow, and call it several times, the last time with other sizes."""
    for _ in range(garden.number(3, most)):
        garden.grow(rules)
    outputs, updates = garden.outputs(), garden.updates()
    start = [garden.values[state] for state in garden.states]
    arguments = [garden.values[node] for node in garden.inputs]
    try:
        pair = Pair(garden, outputs, updates, **settings)
    except REFUSALS:
        return
    states = pair.call(arguments, [*start, np.asarray(0)], kinds)
    for number in range(1, calls):
        if number == calls - 1:
            garden.dims = {name: garden.length() for name in garden.dims}
            states = [garden.data(*type) for type in garden.states.values()] + states[-1:]
        arguments = [make() for make in garden.makers]
        if max(value.size for value in (*arguments, *states)) <= garden.most:
            states = pair.call(arguments, states, kinds)


choices = st.randoms(use_true_random=False).map(lambda source: source.randint)


def choices_of(seed):
    return random.Random(seed).randint


def few(examples):
    quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    return settings(max_examples=GRAPHS or examples, deadline=None, suppress_health_check=quiet, derandomize=not GRAPHS)


@few(40)
@given(choices, st.integers(1, 6))
def test_exact_graphs(choose, kind):
    """Integers, truth values, draws, and floats whose sums are exact: every bit is the same."""
    check(Garden(choose), EXACT, kinds=(0, kind))


@few(25)
@given(choices)
def test_smooth_graphs(choose):
    """Functions of floats, softmaxes, cross-entropies, products and gradients differ by rounding only."""
    check(Garden(choose, exact=False, dtypes=("float32", "float32", "float64")), SMOOTH)


@pytest.mark.slow
@pytest.mark.parametrize("first", [1000, 1050])
def test_more_graphs(first):
    """Twice as many again of both kinds, from seeds of their own."""
    for seed in range(first, first + 50):
        check(Garden(choices_of(seed)), EXACT, kinds=(0, 1 + seed % 6))
        check(Garden(choices_of(seed), exact=False, dtypes=("float32", "float32", "float64")), SMOOTH)


@pytest.mark.parametrize("target", ["avx512", "avx2", "scalar"])
def test_graphs_on_other_machines(target):
    """One description, every width of vector: the same bits."""
    try:
        compiler.target(target)
    except ArgumentError:
        pytest.skip(f"this machine has no {target}")
    for seed in range(GRAPHS or 12):
        check(Garden(choices_of(seed)), EXACT, calls=2, target=target)


def test_large_graphs_on_several_threads():
    """Values large enough to be shared out among threads: results do not depend on how many there are."""
    for seed in range(GRAPHS or 12):
        for threads in (1, 2, 3):
            lengths = iter(random.Random(seed).sample(range(200, 600), 3)).__next__
            with sd.config.change(threads=threads):
                check(Garden(choices_of(seed), lengths=lengths, most=400_000), EXACT, calls=1)


@pytest.mark.parametrize(
    ("side", "threads"),
    [("end", 3), ("start", 1), *(pytest.param(*both, marks=pytest.mark.slow) for both in (("end", 1), ("start", 3)))],
)
def test_guarded_graphs(side, threads):
    """With a protected page behind (or before) every buffer nothing outside one is touched, by however many threads."""
    for seed in range(GRAPHS or 20):
        for exact, rules in ((True, EXACT), (False, SMOOTH)):
            dtypes = (*FLOATS, "bool", *INTEGERS) if exact else FLOATS
            with sd.config.change(guard=side, threads=threads):
                check(Garden(choices_of(seed), exact, dtypes), rules)


def test_badly_timed_threads(monkeypatch):
    """Whoever is late or early: kernels that touch the same memory stand in different regions."""
    make = NativeSegment.__init__

    def make_late(segment, *arguments):
        make(segment, *arguments)
        segment.code.run_quickly = WorstTeam(segment, choices_of(1))

    monkeypatch.setattr(NativeSegment, "__init__", make_late)
    for seed in range(GRAPHS or 40):
        with sd.config.change(guard="end", threads=3):
            check(Garden(choices_of(seed)), EXACT, most=30)

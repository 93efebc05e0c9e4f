"""The native back end as a whole: what it says of itself, what it does when it cannot work, and that nothing it is
interrupted in is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends import native
from symdrop.backends.native import selfcheck
from symdrop.backends.native.tools.roofline import measure
from symdrop.errors import ArgumentError
from symdrop.lower.ir.product_types import DTYPES


def step():
    """A training step: a product, a mask, a row of softmax, states in place."""
    x, y = T.matrix("x"), T.ivector("y")
    W = sd.shared(np.full((5, 3), 0.1, "float32"), name="W")
    h = sd.dropout(x, p=0.5, stream=sd.RandomStream(seed=1))
    loss = T.nnet.categorical_crossentropy(T.nnet.softmax(h @ W), y).mean()
    f = sd.function([x, y], loss, updates={W: W - 0.1 * sd.grad(loss, W)}, training=True, backend="native")
    return f, W, (np.ones((4, 5), "float32"), np.array([0, 1, 2, 0], "int32"))


def test_it_can_be_read_from_loops_to_instructions():
    """Everything between the graph and the machine can be printed."""
    f, _, arguments = step()
    f(*arguments)
    assert "threefry2x32" in f.source("kernels") and "for " in f.source("kernels")
    assert len(f.source("lanes")) > len(f.source("kernels"))
    assert "define i64 @run" in f.source("llvm")
    assert "kernel_0" in f.source("asm")
    with pytest.raises(ArgumentError, match="kernels"):
        f.source("everything")


def test_a_profile_changes_no_state():
    """Kernels are run on copies; the table names each of them and what the machine could do."""
    f, W, arguments = step()
    before = W.get_value()
    profile = f.profile(*arguments, repeats=2)
    assert [kernel.title for kernel in profile.kernels] == list(f.kernels)
    assert "of bandwidth" in str(profile) and "Gflop/s" in str(profile)
    np.testing.assert_array_equal(W.get_value(), before)
    assert measure(1).peak > 0
    with pytest.raises(ArgumentError, match="native"):
        sd.function([], T.constant(1.0), backend="numpy").profile()


def test_a_product_reads_its_result_only_where_it_adds_to_it():
    """Bytes are counted as a reader of the formula would: C = A @ B moves C once, C += A @ B twice."""
    a, b, c = T.fmatrix("a"), T.fmatrix("b"), sd.shared(np.zeros((5, 7), "float32"), name="c")
    arguments = np.ones((5, 3), "float32"), np.ones((3, 7), "float32")
    plain = sd.function([a, b], a @ b, backend="native").profile(*arguments, repeats=1)
    added = sd.function([a, b], updates={c: c + a @ b}, backend="native").profile(*arguments, repeats=1)
    assert [kernel.moved for kernel in plain.kernels] == [4 * (15 + 21 + 35)]
    assert [kernel.moved for kernel in added.kernels] == [4 * (15 + 21 + 2 * 35)]


def test_refused_arguments_are_refused_by_a_profile_too():
    """A label out of range is the same error as in a call."""
    f, _, (x, _) = step()
    with pytest.raises(IndexError):
        f.profile(x, np.array([0, 1, 2, 3], "int32"))


def test_without_native_code_numpy_computes(monkeypatch):
    """Where native code does not work, a function still does; one warning says why."""
    monkeypatch.setattr(native, "trouble", lambda *_: "no such machine")
    native.warn_once.known.clear()
    x = T.vector("x")
    with pytest.warns(RuntimeWarning, match="no such machine") as caught:
        f = sd.function([x], x * 2, backend="native")
        g = sd.function([x], x * 3, backend="native")
    assert len(caught) == 1 and f.backend == g.backend == "numpy"
    assert f(np.ones(3, "float32")).tolist() == [2, 2, 2]


def test_the_check_at_first_use_finds_nothing_wrong_here():
    """The sample runs, and equals what NumPy makes of it."""
    assert [selfcheck.try_native("full", check) for check in ("loops", *DTYPES)] == [None] * (1 + len(DTYPES))


@pytest.mark.usefixtures("own_cache")
def test_products_are_checked_for_those_who_multiply(compilations, monkeypatch):
    """Their code takes longer to make than that of most steps; and code that was never tried is not run."""
    monkeypatch.setattr(selfcheck._trouble, "known", {})
    x = T.tensor("float64", (None, None), "x")
    sd.function([x], T.tanh(x), backend="native")
    assert not [text for text in compilations if "@symdrop_product_" in text]
    tried = selfcheck.try_native
    monkeypatch.setattr(selfcheck, "try_native", lambda tier, check: "no" if check == "f64" else tried(tier, check))
    native.warn_once.known.clear()
    assert sd.function([x], T.tanh(x * 2), backend="native").backend == "native"
    with pytest.warns(RuntimeWarning, match="native code does not work here.*no"):
        assert sd.function([x], T.tanh(x * 2) @ x, backend="native").backend == "numpy"


def test_fallbacks_are_named():
    """What has no lowering runs in NumPy, between native pieces, and is listed as such."""
    x = T.vector("x")
    w = sd.shared(np.zeros(3, "float32"), name="w")
    f = sd.function([x], T.sort(x * 2) + 1, updates={w: w + T.sort(x)}, backend="native")
    assert any(line.startswith("fallback") for line in f.kernels)
    assert "NumPy evaluates" in f.source()
    np.testing.assert_array_equal(f(np.array([3, 1, 2], "float32")), [3, 5, 7])
    np.testing.assert_array_equal(w.get_value(), [1, 2, 3])
    with pytest.raises(ArgumentError, match="one native call"):
        f.profile(np.ones(3, "float32"))


_ENDLESS = """
import numpy as np, symdrop as sd, symdrop.tensor as T
x = T.matrix("x")
w = sd.shared(np.zeros((700, 700), "float32"))
f = sd.function([x], (x @ x).sum(), updates={w: w + x @ w}, backend="native")
a = np.ones((700, 700), "float32")
f(a)
print("running", flush=True)
while True:
    f(a)
"""


def test_a_process_killed_in_a_call_leaves_nothing_broken(tmp_path):
    """The next process finds a cache it can use, and computes."""
    environment = {**os.environ, "SYMDROP_CACHE": str(tmp_path)}
    killed = subprocess.Popen([sys.executable, "-c", _ENDLESS], env=environment, stdout=subprocess.PIPE, text=True)
    assert killed.stdout is not None and killed.stdout.readline() == "running\n"
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    killed.stdout.close()
    again = _ENDLESS.replace("while True:\n    f(a)", "assert f(a) == 700.0**3")
    done = subprocess.run([sys.executable, "-c", again], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_one_compile_serves_fifty_sizes():
    """Sizes are words of the frame, not of the code."""
    x, v = T.matrix("x"), T.vector("v")
    f = sd.function([x, v], T.nnet.softmax(x * v) @ v, backend="native")
    rng = np.random.default_rng(0)
    for n in range(50):
        a, b = rng.random((n, n + 1), "float32"), rng.random(n + 1, "float32")
        e = np.exp(a * b)
        np.testing.assert_allclose(f(a, b), (e / e.sum(axis=1, keepdims=True)) @ b, rtol=2e-5)
    assert f.compile_count == 1 and f.backend == "native" and not any("fallback" in line for line in f.kernels)


def test_equal_layers_are_compiled_once():
    """Kernels of layers that differ in places, sizes and sites alone are one function, and compute what each should."""
    x, stream = T.fmatrix("x"), sd.RandomStream(seed=5)
    outputs = [x]
    for i in range(4):
        w = sd.shared(np.full((6 + i, 7 + i), 0.25, "float32"))
        outputs.append(sd.dropout(T.nnet.relu(outputs[-1] @ w + 1), p=0.5, stream=stream))
    value = np.ones((5, 6), "float32")
    made = [sd.function([x], outputs[1:], training=True, backend=backend) for backend in ("native", "numpy")]
    text = made[0].source("llvm")
    assert text.count("@equal_") > 8 and text.count("define internal void @equal_") < 6
    start = stream.get_state()
    mine = made[0](value)
    stream.set_state(start)
    for one, other in zip(mine, made[1](value), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)

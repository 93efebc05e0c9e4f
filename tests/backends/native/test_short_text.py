"""The text of quick code: less than that of full code, for the same bits."""

from __future__ import annotations

import re

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends.native.jit import compiler
from symdrop.backends.native.jit.target import ALWAYS_QUICK
from tests.helpers.native import native, whole

pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.mark.skipif(not compiler.host().has_masks, reason="text is shortened where masks cost nothing")
def test_quick_code_is_made_of_less_text():
    """One masked loop stands for a vectorised loop and its remainder, one way for two; bits are those of full code."""

    def made(tier):
        x = T.fmatrix("x")
        with sd.config.change(tiered_compilation=tier):
            return native([x], sd.dropout(T.exp(x), p=0.25, stream=sd.RandomStream(seed=7)), training=True)

    short, long = made("quick"), made("full")
    stages, head = whole(long).lowered, r"l\d+\.body:"
    quick, full = ("".join(text for text, _ in stages.modules(tier)) for tier in ("quick", "full"))
    assert 2 * len(re.findall(head, quick)) <= len(re.findall(head, full)) and len(quick) < 0.6 * len(full)
    assert stages.is_shortened("quick") and not stages.is_shortened("full")
    for rows, columns in ((1, 1), (3, 31), (2, 32), (5, 96), (64, 129)):
        values = np.linspace(-3, 3, rows * columns, dtype="float32").reshape(rows, columns)
        assert short(values).tobytes() == long(values).tobytes()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_products_have_the_same_bits_in_both_tiers(dtype):
    """Quick code computes few columns of a transposed operand as it does any others."""

    def made(tier):
        a, b = T.matrix("a", dtype=dtype), T.matrix("b", dtype=dtype)
        with sd.config.change(tiered_compilation=tier):
            return native([a, b], [a.T @ b, a.T @ b + 1, (a.T @ b).T])

    quick, full = made("quick"), made("full")
    assert (quick.tier, full.tier) == ("quick", "full")
    rng = np.random.default_rng(3)
    for k, m, n in ((128, 1024, 10), (600, 77, 5), (33, 200, 1), (129, 64, 16), (300, 90, 17)):
        a, b = rng.standard_normal((k, m)).astype(dtype), rng.standard_normal((k, n)).astype(dtype)
        for one, other in zip(quick(a, b), full(a, b), strict=True):
            assert one.tobytes() == other.tobytes(), (k, m, n)


def test_full_code_of_shortened_text_is_quick_code_still(monkeypatch):
    """Where LLVM's quickest level cannot be had for a module, what was left out of its text is to come all the same."""
    monkeypatch.setattr(compiler, "_tier", lambda text, tier: "full")
    x = T.vector("x")
    with sd.config.change(tiered_compilation="quick"):
        f = native([x], T.exp(-x * x * 6.5).sum())
    assert f.tier == ("quick" if compiler.host().has_masks else "full")


def test_modules_share_functions():
    """What several modules call one of them defines, or LLVM would translate Threefry for each of them."""
    x, w = T.fmatrices("x", "w")
    y = x
    for power in range(1, 5):  # products keep the kernels apart; their text is more than a module takes of two
        formula = T.exp(y) * T.log(y * y + power) + T.sin(y)
        y = sd.dropout(T.tanh(formula), p=0.25, stream=sd.RandomStream(seed=power)) @ w
    stages = whole(native([x, w], y, training=True)).lowered
    texts = [text for text, _ in stages.modules("full")]
    calls = [text for text in texts if re.search(r"^  %.* = call .*@threefry", text, re.MULTILINE)]
    assert len(calls) > 1
    defined = re.findall(r"^define [^@]*@(threefry\w+)\(", "\n".join(texts), re.MULTILINE)
    assert defined and len(defined) == len(set(defined))
    assert all("threefry" not in text or text is texts[0] or "declare" in text for text in texts)


def long_prepare(loop):
    """A function whose sizes take long to compute; around its kernels perhaps a loop."""
    xs = [T.matrix(f"x{i}") for i in range(24)]
    made = [T.tanh(x) @ x.T for x in xs]
    if loop:
        made.append(sd.scan(lambda state: state * 1.5, outputs_info=[T.ones(3)], n_steps=5)[0])
    return native(xs, made)


@pytest.mark.parametrize("loop", [False, True])
def test_what_runs_once_a_step_has_quick_code_only(loop):
    """It gains nothing by LLVM's best, which takes long for it; kernels, and what a loop runs, do gain."""
    with sd.config.change(tiered_compilation="on"):
        f = long_prepare(loop)
    arguments = [np.full((2, 3), i / 24, "float32") for i in range(24)]
    first = f(*arguments)
    assert f.wait() is True and f.tier == "full"
    texts = [text for text, _ in whole(f).lowered.modules("full")]
    quick = "".join(text for text in texts if text.startswith(ALWAYS_QUICK))
    assert "define void @prepare_0(" in quick and "define void @kernel_" not in quick
    assert ("define i64 @body(" in quick or "define internal i64 @body(" in quick) is not loop
    for one, other in zip(first, f(*arguments), strict=True):
        assert one.tobytes() == other.tobytes()

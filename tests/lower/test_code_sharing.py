"""Code sharing: kernels of one canonical form are lowered once, and nobody can tell that they were."""

import re
import threading

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends.native import driver
from symdrop.errors import VerificationError
from symdrop.lower.build.code_sharing import CodeTable
from symdrop.lower.build.module_verifier import verify_kernels
from symdrop.lower.ir.frame import FrameLayout
from symdrop.lower.ir.kernel_code import KernelCode, Renaming
from symdrop.lower.ir.loop_nest import LoopNest
from symdrop.lower.ir.vector_ir import INDEX, IRBuilder, values_of
from symdrop.lower.printer import listing
from symdrop.lower.vectorize.vector_maths import VectorMaths


def lowered(inputs, outputs, updates=None):
    """The module of a function, as the driver makes it."""
    f = sd.function(inputs, outputs, updates=updates, training=True, backend="native", on_unused_input="ignore")
    return f._program.pieces[0].lowered.module


def layers(count):
    """A training step of equal layers with dropout."""
    rng = np.random.default_rng(0)
    x, stream = T.fmatrix("x"), sd.RandomStream(seed=1)
    h, weights = x, []
    for layer in range(count):
        weights.append(sd.shared(rng.standard_normal((32, 32), dtype="float32"), name=f"W{layer}"))
        h = sd.dropout(T.tanh(h @ weights[-1]), p=0.5, stream=stream)
    cost = T.mean(h**2)
    return [x], [cost], {w: w - 0.1 * g for w, g in zip(weights, sd.grad(cost, weights), strict=True)}


def blocks(count):
    """Equal blocks of attention: rows, passes, batches of products."""
    rng = np.random.default_rng(0)
    x = T.ftensor3("x")
    h, weights = x, []
    for block in range(count):
        own = [sd.shared(rng.standard_normal((16, 16), dtype="float32"), name=f"W{block}{k}") for k in range(3)]
        q, k, v = (h @ w for w in own)
        h = h + T.nnet.softmax(q @ k.transpose(0, 2, 1) * 0.25) @ v
        h = (h - h.mean(axis=-1, keepdims=True)) / T.sqrt(h.var(axis=-1, keepdims=True) + 1e-5)
        weights += own
    cost = T.sum(h**2)
    return [x], [cost], {w: w - 0.1 * g for w, g in zip(weights, sd.grad(cost, weights), strict=True)}


def recurrent(count):
    """Equal layers of loops: bodies, whose kernels read rows."""
    rng = np.random.default_rng(0)
    x = T.ftensor3("x")
    h, weights = x, []
    for layer in range(count):
        weights.append(sd.shared(rng.standard_normal((8, 8), dtype="float32"), name=f"U{layer}"))
        h, _ = sd.scan(lambda row, s, u: T.tanh(row + s @ u), h, T.zeros_like(h[0]), non_sequences=weights[-1])
    cost = T.mean(h**2)
    return [x], [cost], {w: w - 0.1 * g for w, g in zip(weights, sd.grad(cost, weights), strict=True)}


def pairs(make):
    """A function of two vectors whose outputs are two kernels apart, of an exponential and something like it."""
    x, y = T.fmatrix("x"), T.fmatrix("y")
    first, second = make(x, y)
    return lowered([x, y], [first, second])


def codes(module):
    """How many kernels a module has, and how many codes."""
    return len(module.nests), len({id(nest.code) for nest in module.nests})


@pytest.mark.parametrize("make", [layers, blocks])
def test_equal_layers_are_lowered_once(make, monkeypatch):
    """However many layers there are, the table lowers and the writer writes as often as for a few."""
    counted = {}

    def counting(count):
        made = []
        original, own = CodeTable.code, threading.get_ident()

        def code(self, describe, lower, title):
            # Full code of a test before this one may still be in the making, on a thread behind.
            if threading.get_ident() == own:
                return original(self, describe, lambda: made.append(title) or lower(), title)
            return original(self, describe, lower, title)

        with monkeypatch.context() as patch, sd.config.change(debug=""):
            patch.setattr(CodeTable, "code", code)
            module = lowered(*make(count))
        assert codes(module)[0] > 3 * count
        return len(made)

    for count in (12, 24):
        counted[count] = counting(count)
    assert len(set(counted.values())) == 1, counted


@pytest.mark.parametrize("make", [layers, blocks, recurrent])
def test_texts_are_those_of_kernels_lowered_one_by_one(make, monkeypatch):
    """Byte for byte, for both tiers: sharing is seen in the time that compiling takes, and nowhere else."""
    shared = lowered(*make(4))
    monkeypatch.setattr(CodeTable, "_form", lambda self, describe: None)
    apart = lowered(*make(4))
    assert codes(shared)[1] < codes(apart)[1] == codes(apart)[0]
    for short in ({}, {"is_short": True}, {"is_short": True, "has_masks": False}):
        one, two = (driver.ModuleWriter(module, fma=True, **short) for module in (shared, apart))
        assert one.text() == two.text()
        assert one.modules() == two.modules()
    assert listing(shared) == listing(apart)
    assert listing(shared, full=True) == listing(apart, full=True)


def test_a_listing_calls_memory_as_the_kernel_does():
    """Who reads the second of two equal kernels finds its own buffers, not those of the first."""
    module = lowered(*layers(3))
    texts = listing(module).split("kernel ")
    for layer in range(3):
        assert any(f"@ W{layer} " in text for text in texts)


# What is not equal.


def doubled(x, y):
    return T.exp(x).sum(axis=1), T.exp(y).sum(axis=1)


APART = {
    "another op": lambda x, y: (T.exp(x).sum(axis=1), T.sinh(y).sum(axis=1)),
    "another axis": lambda x, y: (T.exp(x).sum(axis=1), T.exp(y).sum(axis=0)),
    "another constant": lambda x, y: (T.exp(x * 2).sum(axis=1), T.exp(y * 3).sum(axis=1)),
    "zero without its sign": lambda x, y: (T.maximum(x, 0.0).sum(axis=1), T.maximum(y, -0.0).sum(axis=1)),
    "an input twice": lambda x, y: (T.exp(x * y).sum(axis=1), T.exp(x * x).sum(axis=1)),
    "operands exchanged": lambda x, y: (T.exp(x - T.tanh(y)).sum(axis=1), T.exp(T.tanh(x) - y).sum(axis=1)),
    "a size that is known": lambda x, y: (
        T.exp(x).sum(axis=1),
        T.exp(T.specify_shape(y, (None, 16))).sum(axis=1),
    ),
    "a transposed input": lambda x, y: (T.exp(x + y).sum(axis=1), T.exp(x + y.T).sum(axis=1)),
    "another dtype": lambda x, y: (T.exp(x).sum(axis=1), T.exp(y.astype("float64")).sum(axis=1)),
    "another reduction": lambda x, y: (T.exp(x).sum(axis=1), T.exp(y).max(axis=1)),
}


def test_kernels_that_differ_in_names_alone_have_one_code():
    """The pair from which each of the following differs in one thing."""
    assert codes(pairs(doubled)) == (2, 1)


@pytest.mark.parametrize("make", APART.values(), ids=APART)
def test_kernels_that_differ_in_anything_have_codes_of_their_own(make):
    """When in doubt, they are not equal."""
    kernels, own = codes(pairs(make))
    assert kernels == own


def test_kernels_with_a_check_have_codes_of_their_own():
    """A check that fails names itself by a number, which no renaming changes."""
    x, i, j = T.fvector("x"), T.ivector("i"), T.ivector("j")
    module = lowered([x, i, j], [T.exp(x[i]), T.exp(x[j])])
    checking = [nest for nest in module.nests if any(value.op == "check" for value in values_of(nest.body))]
    assert len(checking) == 2 and checking[0].code is not checking[1].code
    assert codes(module) == (4, 3)
    with pytest.raises(IndexError, match="7"):
        sd.function([x, i, j], [T.exp(x[i]), T.exp(x[j])], backend="native")(np.ones(3, "float32"), [1], [7])


def test_draws_at_two_sites_have_one_code_and_two_masks():
    """The words of a key are constants, which are renamed as buffers are."""
    x, stream = T.fmatrix("x"), sd.RandomStream(seed=4)
    masks = [sd.dropout(x, p=0.5, stream=stream).sum(axis=1) for _ in range(2)]
    f = sd.function([x], masks, training=True, backend="native", no_default_updates=True)
    assert codes(f._program.pieces[0].lowered.module)[1] <= 2
    expected = sd.function([x], masks, training=True, backend="numpy", no_default_updates=True)
    value = np.ones((8, 65), "float32")
    for own, other in zip(f(value), expected(value), strict=True):
        np.testing.assert_array_equal(own, other)
    assert not np.array_equal(*f(value))


# What is wrong is found.


def test_a_form_that_says_too_little_is_found_out():
    """With verification on, every kernel is lowered all the same, and what it would share is compared with that."""
    memory = FrameLayout(sd.Graph([], []))
    table = CodeTable(memory)

    def lower(number):
        builder = IRBuilder(VectorMaths, 1)
        builder.make("add", builder.make("thread", type=INDEX, width=1), builder.constant(number, INDEX))
        return KernelCode(builder.body)

    table.code(lambda form: form.add("k"), lambda: lower(1), "k")
    table.code(lambda form: form.add("k"), lambda: lower(1), "k")
    with pytest.raises(VerificationError, match=re.escape("kernel 'k': its code is")):
        table.code(lambda form: form.add("k"), lambda: lower(2), "k")


def test_a_renaming_keeps_buffers_apart():
    """Two buffers that became one would be read and written as if they were not."""
    module = lowered(*layers(3))
    nest = next(nest for nest in module.nests if len(nest.renaming.buffers) > 1)
    one, *_ = nest.renaming.buffers.values()
    verify_kernels([nest], "test")
    wrong = Renaming(dict.fromkeys(nest.renaming.buffers, one), nest.renaming.words)
    with pytest.raises(VerificationError, match=r"stage 'test', kernel .* names of its own"):
        verify_kernels([LoopNest(nest.title, nest.code, wrong)], "test")
    lost = Renaming(nest.renaming.buffers, {})
    with pytest.raises(VerificationError, match=r"stage 'test', kernel .* names of its own"):
        verify_kernels([LoopNest(nest.title, nest.code, lost)], "test")

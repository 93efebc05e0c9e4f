"""One small function a technique of the compiler, and the kernels it becomes, word for word.

``pytest tests/lower/test_techniques.py --update-golden`` writes tests/golden/lower anew; what changed is read in the
diff. The vectors have 256 bits, whatever machine runs this.
"""

from pathlib import Path

import numpy as np
import pytest

import symdrop as sd
import symdrop.tensor as T
from symdrop.backends.native import driver
from symdrop.lower.printer import listing

# Vectors of the machine that is compiled for, which need not be this one.
BITS = 256


def softmax_in_one_kernel():
    """Loop fusion: maximum, exponentials, sum and quotient are passes over one row that stays in the first cache."""
    x = T.fmatrix("x")
    return sd.function([x], T.nnet.softmax(x), backend="native")


def hoisting_out_of_a_scan():
    """Loop-invariant code motion: the product of the whole sequence is made before the loop, which keeps one tanh."""
    x, w = T.fmatrix("x"), T.fmatrix("w", shape=(3, 3))
    states, _ = sd.scan(lambda row, state: T.tanh(row @ w + state), x, T.zeros((3,)))
    return sd.function([x, w], states, backend="native")


def in_place_update():
    """Buffer assignment: a state's new value is written over the old one, and of a few changed rows only these."""
    x, i = T.fmatrix("x"), T.ivector("i")
    state = sd.shared(np.zeros((5, 3), "float32"), name="state")
    return sd.function([x, i], updates={state: T.inc_subtensor(state[i], x)}, backend="native")


def masked_tail():
    """Strip mining: a row is taken as many elements at a time as vectors hold, and what is left over with a mask."""
    x = T.fvector("x")
    return sd.function([x], x * 2 + 1, backend="native")


def no_tail():
    """Strip mining where a row is known to fill vectors: nothing can be left over."""
    x = T.fmatrix("x", shape=(None, 64))
    return sd.function([x], T.abs(x).sum(axis=1), backend="native")


def non_temporal_stores():
    """Large outputs go past the caches: the same kernel a second time, chosen by sizes and addresses."""
    x = T.fmatrix("x")
    return sd.function([x], T.maximum(x, 0.5), backend="native")


def dropout_recomputed():
    """Rematerialisation: the mask is drawn again from its key wherever a kernel needs it, and never stored."""
    x, w = T.fmatrix("x", shape=(None, 3)), sd.shared(np.ones((3, 2), "float32"), name="w")
    h = sd.dropout(T.tanh(x), 0.5, stream=sd.RandomStream(seed=1))
    loss = (h @ w).sum()
    return sd.function([x], [loss, sd.grad(loss, x)], training=True, backend="native")


def lazy_branch():
    """Lazy evaluation: each side of a branch has kernels of its own, of which one side's are run."""
    x, c = T.fvector("x"), T.fscalar("c")
    return sd.function([x, c], sd.ifelse(c > 0, T.exp(x).sum(), T.tanh(x).sum()), backend="native")


def epilogue_of_a_product():
    """Epilogues: bias and relu are computed from each block of a product while it is in the cache, and replace it."""
    x, w, b = T.fmatrix("x"), T.fmatrix("w"), T.fvector("b")
    return sd.function([x, w, b], T.nnet.relu(x @ w + b), backend="native")


def prologue_of_a_product():
    """Prologues: windows of images are read where they are packed for the product, and never laid out as a matrix."""
    x, w = T.ftensor4("x"), T.ftensor4("w")
    return sd.function([x, w], T.nnet.conv(x, w), backend="native")


def sums_down_columns():
    """Loop interchange: a strip of columns is added up row by row, its sums in memory of the thread's own between."""
    x = T.fmatrix("x")
    return sd.function([x], [T.mean(x, axis=0), T.var(x, axis=0)], backend="native")


CASES = {
    make.__name__: make
    for make in (
        softmax_in_one_kernel, hoisting_out_of_a_scan, in_place_update, masked_tail, no_tail, non_temporal_stores,
        dropout_recomputed, lazy_branch, epilogue_of_a_product, prologue_of_a_product,
        sums_down_columns,
    )
}  # fmt: skip
# What is shown of every operation, where the technique is one of single operations.
FULL = {"masked_tail", "no_tail", "non_temporal_stores"}


@pytest.mark.parametrize("name", CASES)
def test_kernels_of_a_technique(name, golden):
    """The lowered IR says what the technique has done; a change of it is made on purpose or not at all."""
    stages = CASES[name]()._program.pieces[0].lowered
    module = driver.lower_segment(stages.segment.graph, stages._states, BITS)
    golden(f"lower/{name}", f"# {CASES[name].__doc__}\n\n{listing(module, name in FULL).rstrip()}\n")


def test_every_file_is_compared():
    """A technique that goes takes its file along."""
    kept = (Path(__file__).parents[1] / "golden" / "lower").glob("*.txt")
    assert sorted(file.stem for file in kept) == sorted(CASES)
